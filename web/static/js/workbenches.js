/* Workbenches: the same map, with the tools of one trade at a time. The whole map is there without any. */

import { el } from "riskmap/dom.js";
import { WHOLE_MAP } from "riskmap/tabs.js";

export class Workbenches {
  #buttons = new Map();

  constructor(app) {
    this.app = app;
    this.nav = el("nav", { class: "rm-workbenches", "aria-label": app.text.t("view.workbenches"), hidden: true });
    this.current = WHOLE_MAP;
    this.#addButton(WHOLE_MAP, app.text.t("workbench.map"));
  }

  /** Add a workbench and return the panel of its own tab in the left panel. */
  add(key, title, tabTitle) {
    this.#addButton(key, title);
    this.nav.hidden = false;
    return this.app.tabs.add(key, tabTitle, key);
  }

  /** Open a workbench; the others hear of it by the event "workbench". */
  open(key) {
    this.current = key;
    for (const [name, button] of this.#buttons) {
      if (name === key) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
    this.app.regions.left.hidden = false;
    this.app.tabs.open(key);
    this.app.emit("workbench", key);
  }

  #addButton(key, title) {
    const button = el("button", { type: "button", onclick: () => this.open(key) }, title);
    if (key === this.current) button.setAttribute("aria-current", "page");
    this.#buttons.set(key, button);
    this.nav.append(button);
  }
}
