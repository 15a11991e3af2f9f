/* Tabs of the left panel, usable by keyboard. */

import { el } from "riskmap/dom.js";

export class Tabs {
  #tabs = [];

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

  /** Add a tab and return its panel. */
  add(key, title) {
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
    this.#tabs.push({ key, button, panel });
    this.show(this.#tabs[0].key);
    return panel;
  }

  show(key) {
    for (const tab of this.#tabs) {
      const shown = tab.key === key;
      tab.button.setAttribute("aria-selected", String(shown));
      tab.button.tabIndex = shown ? 0 : -1;
      tab.panel.hidden = !shown;
    }
  }

  #move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const now = this.#tabs.findIndex((tab) => tab.button === document.activeElement);
    const next = this.#tabs[(now + step + this.#tabs.length) % this.#tabs.length];
    this.show(next.key);
    next.button.focus();
  }
}
