/* Tabs of the left panel, usable by keyboard; some belong to one workbench only. */

import { el } from "riskmap/dom.js";

/** Name of the workbench that is the whole map, open at first. */
export const WHOLE_MAP = "map";

/** Name of the tab that shows any day; the others know the present alone. */
const LAYERS = "layers";

export class Tabs {
  #tabs = [];
  #workbench = WHOLE_MAP;
  #note = null;

  constructor(region, label) {
    this.list = el("div", {
      class: "rm-tabs",
      role: "tablist",
      "aria-label": label,
      onkeydown: (event) => this.#move(event),
    });
    region.append(this.list);
    this.region = region;
  }

  /** Add a tab and return its panel; one of a workbench is there only while that is open. */
  add(key, title, workbench = null) {
    const panel = el("section", {
      class: "rm-tab-panel",
      role: "tabpanel",
      id: `panel-${key}`,
      "aria-labelledby": `tab-${key}`,
      tabindex: "0",
    });
    const button = el(
      "button",
      {
        type: "button",
        class: "rm-tab",
        role: "tab",
        id: `tab-${key}`,
        "aria-controls": `panel-${key}`,
        onclick: () => this.show(key),
      },
      title,
    );
    this.list.append(button);
    this.region.append(panel);
    this.#tabs.push({ key, button, panel, workbench });
    this.open(this.#workbench);
    return panel;
  }

  /** Show the tabs of a workbench and those of all; its own first one opens, on the whole map the layers. */
  open(workbench) {
    this.#workbench = workbench;
    for (const tab of this.#tabs) tab.button.hidden = tab.workbench !== null && tab.workbench !== workbench;
    const own = workbench === WHOLE_MAP ? null : this.#tabs.find((tab) => tab.workbench === workbench);
    this.show((own ?? this.#tabs.find((tab) => !tab.button.hidden) ?? this.#tabs[0]).key);
  }

  show(key) {
    for (const tab of this.#tabs) {
      const shown = tab.key === key;
      tab.button.setAttribute("aria-selected", String(shown));
      tab.button.tabIndex = shown ? 0 : -1;
      tab.panel.hidden = !shown;
    }
    if (this.#note) this.#note.hidden = key === LAYERS;
  }

  /** Have all tabs but the layers wait, with a note above them that says why; with null they work again. */
  suspend(note) {
    this.#note?.remove();
    this.#note = note;
    for (const { key, panel } of this.#tabs) panel.inert = note !== null && key !== LAYERS;
    if (!note) return;
    this.list.after(note);
    note.hidden = !this.#tabs.find(({ panel }) => !panel.hidden)?.panel.inert;
  }

  #move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const there = this.#tabs.filter((tab) => !tab.button.hidden);
    const now = there.findIndex((tab) => tab.button === document.activeElement);
    const next = there[(now + step + there.length) % there.length];
    this.show(next.key);
    next.button.focus();
  }
}
