/* An evidence bundle that somebody brings: recomputed by the server, the same or each difference by name. */

import { el, fill } from "riskmap/dom.js";
import { busy, note, problem } from "riskmap/planner/busy.js";
import { verifyBundle } from "riskmap/planner/service.js";

export class Verification {
  constructor(app) {
    const { text } = app;
    this.app = app;
    this.bundle = el("input", { type: "file", accept: ".zip" });
    this.key = el("input", { type: "file", accept: ".pem,.pub" });
    this.said = el("div", { "aria-live": "polite", dataset: { verification: "" } });
    this.node = el(
      "details",
      { class: "rm-fold", dataset: { step: "verify" } },
      el("summary", {}, text.t("planner.verify.title")),
      el(
        "div",
        { class: "rm-form" },
        el("label", {}, text.t("planner.verify.bundle"), this.bundle),
        el("label", {}, text.t("planner.verify.key"), this.key),
        el("button", { type: "button", class: "rm-button", onclick: () => this.#verify() }, text.t("planner.verify.run")),
        this.said,
      ),
    );
  }

  async #verify() {
    const { app } = this;
    const [bundle] = this.bundle.files;
    if (!bundle) return fill(this.said, problem(app.text.t("planner.file.none")));
    const report = await busy(app, this.said, app.text.t("planner.verify.running"), (signal) =>
      verifyBundle(app, bundle, this.key.files[0], signal),
    );
    if (report) fill(this.said, this.#verdict(report), this.#differences(report.differences), report.notes.map((one) => note(app.text.pick(one))));
  }

  #verdict({ same, signature_said: signature, checked_on: day }) {
    const { text } = this.app;
    const words = [text.t(same ? "planner.verify.same" : "planner.verify.differs"), text.pick(signature)];
    if (day) words.push(text.t("planner.verify.day", { day }));
    return same ? el("p", { role: "status" }, words.join(" · ")) : problem(words.join(" · "));
  }

  #differences(differences) {
    const { text } = this.app;
    const rows = differences.map(({ part_said: part, name, expected, found }) =>
      el("li", {}, `${text.pick(part)} · ${name}: `, el("code", {}, show(expected)), " → ", el("code", {}, show(found))),
    );
    return rows.length ? el("ul", { class: "rm-differences" }, rows) : null;
  }
}

function show(value) {
  return value === null ? "—" : typeof value === "string" ? value : JSON.stringify(value);
}
