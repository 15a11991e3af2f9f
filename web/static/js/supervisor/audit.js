/* Audit of the whole register, with progress and cancel; and what flips between two days, data states or rule sets. */

import { el, fill } from "riskmap/dom.js";
import { ProgressBar, followJob } from "riskmap/jobs.js";
import { showFlips } from "riskmap/supervisor/flips.js";

const BASES = ["none", "day", "data", "product"];

export class AuditForm {
  constructor(app) {
    this.app = app;
    const { text } = app;
    this.slot = el("div", {});
    this.day = el("input", { type: "date", name: "on" });
    this.base = el(
      "select",
      { name: "compare", onchange: () => this.#adapt() },
      BASES.map((key) => el("option", { value: key }, text.t(`audit.base.${key}`))),
    );
    this.before = el("input", { type: "date", name: "before" });
    this.beforeRow = el("label", { hidden: true }, text.t("audit.before"), this.before);
    this.hint = el("p", { class: "rm-overview-note" });
    this.start = el("button", { type: "submit", class: "rm-button is-main" });
    this.node = el(
      "section",
      { class: "rm-audit" },
      el(
        "form",
        {
          class: "rm-form",
          onsubmit: (event) => {
            event.preventDefault();
            this.#run();
          },
        },
        el("label", {}, text.t("audit.on"), this.day),
        el("label", {}, text.t("audit.compare"), this.base),
        this.beforeRow,
        this.hint,
        this.start,
      ),
      this.slot,
    );
    this.#adapt();
  }

  /** Show the form, or how far the audit is, in the right panel. */
  show() {
    const { text } = this.app;
    this.app.panel.show(text.t("audit.title"), text.t("audit.subtitle"), this.node, { sticky: true });
  }

  #adapt() {
    const { text } = this.app;
    const base = this.base.value;
    this.beforeRow.hidden = !["day", "data"].includes(base);
    this.before.required = !this.beforeRow.hidden;
    this.hint.textContent = text.t(base === "none" ? "audit.hint.audit" : "audit.hint.compare");
    this.start.textContent = text.t(base === "none" ? "audit.start" : "audit.start_compare");
  }

  #wanted() {
    const compare = { none: undefined, day: this.before.value, data: `data:${this.before.value}`, product: "rules:product" };
    return { on: this.day.value || undefined, compare: compare[this.base.value] };
  }

  async #run() {
    const { app } = this;
    const controller = new AbortController();
    const bar = new ProgressBar(app.text, app.text.t("audit.running"), () => controller.abort());
    fill(this.slot, bar.node);
    this.start.disabled = true;
    try {
      const wanted = this.#wanted();
      const job = await app.source.post("/audit", wanted);
      const result = await followJob(app, job, { onstatus: (status) => bar.show(status), signal: controller.signal });
      this.#finish(wanted, result);
    } catch (error) {
      const cancelled = error.name === "AbortError";
      if (error.status === 401) app.report(error);
      const said = cancelled ? app.text.t("audit.cancelled") : error.message;
      fill(this.slot, el("p", { class: cancelled ? "rm-overview-note" : "rm-warning", role: "alert" }, said));
    } finally {
      this.start.disabled = false;
    }
  }

  #finish(wanted, result) {
    const { app } = this;
    const { text } = app;
    if (wanted.compare) {
      const reopen = () => showFlips(app, wanted, result.flips);
      const said = text.t("audit.flipped", { number: text.number(result.flips.length) });
      fill(
        this.slot,
        el(
          "p",
          { class: "rm-overview-note", role: "status" },
          said,
          " ",
          el("button", { type: "button", class: "rm-button", onclick: reopen }, text.t("audit.show")),
        ),
      );
      reopen();
      return;
    }
    const said = text.t("audit.done", { subjects: text.number(result.subjects), day: result.checked_on });
    fill(this.slot, el("p", { class: "rm-overview-note", role: "status" }, said));
    app.emit("audited");
  }
}
