/* How large the project may be where it is: the greatest value of one of its numbers with which it still passes. */

import { el, fill } from "riskmap/dom.js";
import { ProgressBar, followJob } from "riskmap/jobs.js";
import { select } from "riskmap/planner/fields.js";
import { askedBy } from "riskmap/planner/form.js";
import { note, problem } from "riskmap/planner/busy.js";
import { findLargest, rulesOf } from "riskmap/planner/service.js";

export class LargestSearch {
  constructor(app, draft) {
    Object.assign(this, { app, draft });
    const { text } = app;
    this.field = el("div", {});
    this.least = bound("least", "0");
    this.most = bound("most", "");
    this.said = el("div", { "aria-live": "polite" });
    this.node = el(
      "details",
      { class: "rm-fold", dataset: { step: "largest" }, ontoggle: () => this.#offer() },
      el("summary", {}, text.t("planner.largest.title")),
      el(
        "div",
        { class: "rm-form" },
        el("small", { class: "rm-muted" }, text.t("planner.largest.hint")),
        this.field,
        el("label", {}, text.t("planner.largest.least"), this.least),
        el("label", {}, text.t("planner.largest.most"), this.most),
        el(
          "button",
          { type: "button", class: "rm-button", dataset: { action: "largest" }, onclick: () => this.#run() },
          text.t("planner.largest.run"),
        ),
      ),
      this.said,
    );
    draft.onchange((what) => what === "case" && fill(this.said));
  }

  /** Offer the numbers that the rules for the kind ask for. */
  async #offer() {
    const { app, draft } = this;
    const { kind, state } = draft.properties;
    if (!this.node.open || !kind) return fill(this.field);
    const { rules } = await rulesOf(app, kind);
    this.titles = new Map(rules.map((rule) => [rule.id, app.text.pick(rule.title)]));
    const asked = askedBy(rules, state ?? null);
    this.fields = (app.layer("proposals")?.fields ?? []).filter(
      ({ name, type }) => asked.has(name) && type === "number" && name !== "accuracy_m",
    );
    const options = this.fields.map((field) => [field.name, app.text.pick(field)]);
    const list = select({ name: "largest" }, app.text.t("planner.choose"), options, null);
    fill(this.field, el("label", {}, app.text.t("planner.largest.field"), list));
  }

  async #run() {
    const { app, draft } = this;
    const { text } = app;
    if (!draft.geometry || !draft.properties.kind) return fill(this.said, problem(text.t("planner.incomplete")));
    const attribute = this.field.querySelector("select")?.value;
    if (!attribute || !this.least.value || !this.most.value)
      return fill(this.said, problem(text.t("planner.largest.incomplete")));
    const [least, most] = [Number(this.least.value), Number(this.most.value)];
    const controller = new AbortController();
    const bar = new ProgressBar(text, text.t("planner.largest.running"), () => controller.abort());
    fill(this.said, bar.node);
    try {
      const job = await findLargest(app, { proposal: draft.collection(), attribute, least, most });
      const onstatus = (status) => bar.show(status);
      this.#show(attribute, most, await followJob(app, job, { onstatus, signal: controller.signal }));
    } catch (error) {
      if (error.status === 401) app.report(error);
      fill(this.said, error.name === "AbortError" ? note(text.t("planner.cancelled")) : problem(error.message));
    }
  }

  #show(attribute, most, { value, included, bounded, rules, because }) {
    const { text } = this.app;
    const { unit } = this.fields.find(({ name }) => name === attribute);
    const said = (key, number) => text.t(`planner.largest.${key}`, { value: text.quantity(number, unit) });
    const answer = value === null ? text.t("planner.largest.none") : said(keyOf(bounded, included), bounded ? value : most);
    const stops = rules.map((rule) => el("li", {}, this.titles.get(rule) ?? rule));
    fill(
      this.said,
      el("p", {}, el("b", {}, because ? text.pick(because) : answer)),
      stops.length ? [note(text.t("planner.largest.rules")), el("ul", {}, stops)] : null,
    );
  }
}

function keyOf(bounded, included) {
  if (!bounded) return "unbounded";
  return included ? "included" : "below";
}

function bound(name, value) {
  return el("input", { type: "number", name: `largest_${name}`, min: "0", step: "any", value });
}
