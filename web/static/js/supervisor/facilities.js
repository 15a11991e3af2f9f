/* Facilities of an area with their conclusions, the worst first, a page at a time. */

import { el, fill } from "riskmap/dom.js";
import { marginText } from "riskmap/findings.js";
import { goTo } from "riskmap/supervisor/go.js";
import { shareMark } from "riskmap/supervisor/shares.js";

const PAGE = 20;

export class Facilities {
  #controller = null;

  constructor(app) {
    this.app = app;
    this.choice = { area: "all", conclusion: null, layer: null };
    this.list = el("ul", { class: "rm-facilities", dataset: { list: "facilities" } });
    this.more = el(
      "button",
      { type: "button", class: "rm-button", hidden: true, onclick: () => this.#load() },
      app.text.t("overview.more", { left: "…" }),
    );
    this.count = el("b", { class: "rm-count" });
    this.node = el(
      "section",
      { class: "rm-overview-block" },
      el("h3", {}, app.text.t("overview.facilities"), this.count),
      this.list,
      this.more,
    );
  }

  /** Show other facilities; what is not named stays as chosen. */
  choose(choice) {
    Object.assign(this.choice, choice);
    this.shown = 0;
    this.#load();
  }

  async #load() {
    this.#controller?.abort();
    this.#controller = new AbortController();
    const { source, text } = this.app;
    const wanted = { ...this.choice, limit: PAGE, offset: this.shown };
    try {
      const answer = await source.get("/register/facilities", wanted, this.#controller.signal);
      if (this.shown === 0) fill(this.list);
      this.list.append(...answer.facilities.map((facility) => this.#row(facility)));
      this.shown += answer.number_returned;
      this.count.textContent = text.number(answer.number_matched);
      this.more.hidden = this.shown >= answer.number_matched;
      this.more.textContent = text.t("overview.more", { left: text.number(answer.number_matched - this.shown) });
    } catch (error) {
      this.app.report(error);
    }
  }

  #row(facility) {
    const { app } = this;
    const kind = facility.kind ? app.text.word("kind", facility.kind) : app.layerName(facility.layer);
    const margin = facility.margin_m === null ? null : marginText(app.text, facility);
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", onclick: () => goTo(app, facility.layer, facility.id) },
        shareMark(app.text, facility.conclusion),
        el("span", { class: "rm-facility-name" }, facility.name || facility.id),
        el("small", {}, [kind, margin].filter(Boolean).join(" · ")),
      ),
    );
  }
}
