/* The white paper of an area as a file: asked for, followed, downloaded. */

import { el, fill } from "riskmap/dom.js";
import { ProgressBar, followJob } from "riskmap/jobs.js";
import { areaName } from "riskmap/supervisor/areas.js";

const FORMATS = ["docx", "pdf"];

export class ReportForm {
  constructor(app) {
    this.app = app;
    this.slot = el("div", {});
    this.buttons = FORMATS.map((format) =>
      el(
        "button",
        { type: "button", class: "rm-button is-main", dataset: { format }, onclick: () => this.#make(format) },
        app.text.t(`report.${format}`),
      ),
    );
    this.node = el("section", { class: "rm-report" }, el("div", { class: "rm-overview-actions" }, this.buttons), this.slot);
  }

  /** Show the form for an area in the right panel. */
  show(area) {
    const { text } = this.app;
    if (this.area?.adcode !== area.adcode) fill(this.slot);
    this.area = area;
    const about = text.t("report.subtitle", { area: areaName(text, area) });
    this.app.panel.show(text.t("report.title"), about, this.node, { sticky: true });
  }

  async #make(format) {
    const { app } = this;
    const { text } = app;
    const controller = new AbortController();
    const bar = new ProgressBar(text, text.t("report.running"), () => controller.abort());
    fill(this.slot, bar.node);
    this.#enable(false);
    try {
      const job = await app.source.post("/reports", { area: this.area.adcode, format, lang: text.lang });
      await followJob(app, job, { onstatus: (status) => bar.show(status), signal: controller.signal });
      const { files } = await app.source.get(`/jobs/${encodeURIComponent(job.id)}`);
      const links = files.map((file) => el("a", { class: "rm-download", href: file.href, download: file.name }, file.name));
      fill(this.slot, el("p", { role: "status" }, text.t("report.ready"), links));
    } catch (error) {
      if (error.status === 401) app.report(error);
      const said = error.name === "AbortError" ? text.t("report.cancelled") : error.message;
      fill(this.slot, el("p", { class: "rm-warning", role: "alert" }, said));
    } finally {
      this.#enable(true);
    }
  }

  #enable(on) {
    for (const button of this.buttons) button.disabled = !on;
  }
}
