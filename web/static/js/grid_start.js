/* A new grid from the map: metric, resolution, date; progress, cancel, and the grid when it is there. */

import { el, fill } from "riskmap/dom.js";
import { ProgressBar, followJob } from "riskmap/jobs.js";

const FINEST = [5, 6, 7, 8, 9];
const USUAL = 7;
const LEVELS = 2;

export class GridStart {
  #known = null;

  /** `ondone` gets the result of the job. */
  constructor(app, ondone) {
    Object.assign(this, { app, ondone });
    const { text } = app;
    const option = (res) => el("option", { value: String(res), selected: res === USUAL }, text.t("grids.resolution", { res }));
    this.metric = el("select", { name: "metric", required: true });
    this.resolution = el("select", { name: "resolution" }, FINEST.map(option));
    this.date = el("input", { type: "date", name: "date" });
    this.start = el("button", { type: "submit", class: "rm-button is-main" }, text.t("grids.start"));
    this.slot = el("div", {});
    const onsubmit = (event) => {
      event.preventDefault();
      this.#run();
    };
    this.node = el(
      "details",
      { class: "rm-grid-start", ontoggle: () => this.#open() },
      el("summary", {}, text.t("grids.new")),
      el(
        "form",
        { class: "rm-form", onsubmit },
        el("label", {}, text.t("grids.metric"), this.metric),
        el("label", {}, text.t("grids.finest"), this.resolution),
        el("label", {}, text.t("grids.date"), this.date),
        this.start,
      ),
      this.slot,
    );
  }

  /** The metrics are asked for when somebody wants to choose. */
  async #open() {
    if (!this.node.open || this.#known) return;
    const { source, text } = this.app;
    try {
      this.#known = (await source.get("/grids/metrics")).metrics;
      const options = this.#known.map((one) => el("option", { value: one.name }, text.pick(one.label)));
      fill(this.metric, options);
    } catch (error) {
      this.app.report(error);
    }
  }

  #wanted() {
    const resolution = Number(this.resolution.value);
    const wanted = { metric: this.metric.value, resolution, coarsest: resolution - LEVELS };
    return this.date.value ? { ...wanted, date: this.date.value } : wanted;
  }

  async #run() {
    const { app } = this;
    const controller = new AbortController();
    const bar = new ProgressBar(app.text, app.text.t("grids.running"), () => controller.abort());
    fill(this.slot, bar.node);
    this.start.disabled = true;
    try {
      const job = await app.source.post("/grids", this.#wanted());
      const result = await followJob(app, job, { onstatus: (status) => bar.show(status), signal: controller.signal });
      const cells = app.text.number(result.cells);
      fill(this.slot, el("p", { class: "rm-grid-method", role: "status" }, app.text.t("grids.done", { cells })));
      await this.ondone(result);
    } catch (error) {
      const cancelled = error.name === "AbortError";
      const said = cancelled ? app.text.t("grids.cancelled") : error.message;
      fill(this.slot, el("p", { class: cancelled ? "rm-grid-method" : "rm-warning", role: "alert" }, said));
    } finally {
      this.start.disabled = false;
    }
  }
}
