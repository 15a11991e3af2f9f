/* A new grid from the map: what, where, how fine, spread or tested; its size first, then progress, then the grid. */

import { el, fill } from "riskmap/dom.js";
import { clipped } from "riskmap/features.js";
import { ProgressBar, followJob } from "riskmap/jobs.js";

const FINEST = [5, 6, 7, 8, 9];
const USUAL = 7;
const LEVELS = 2;
const AREAS = ["all", "view", "code"];
const WIDEST_M = 500000;

export class GridStart {
  #known = null;
  #asked = 0;

  /** `ondone` gets the result of the job. */
  constructor(app, ondone) {
    Object.assign(this, { app, ondone });
    const { text } = app;
    const option = (res) => el("option", { value: String(res), selected: res === USUAL }, text.t("grids.resolution", { res }));
    this.metric = el("select", { name: "metric", required: true });
    this.resolution = el("select", { name: "resolution" }, FINEST.map(option));
    this.date = el("input", { type: "date", name: "date" });
    const areas = AREAS.map((kind) => el("option", { value: kind }, text.t(`grids.area.${kind}`)));
    this.area = el("select", { name: "area", onchange: () => this.#showCode() }, areas);
    this.code = el("input", { name: "code", inputmode: "numeric", pattern: "[0-9]{2}([0-9]{2})?([0-9]{2})?" });
    this.codeLabel = el("label", { hidden: true }, text.t("grids.area_code"), this.code);
    this.bandwidth = el("input", { type: "number", name: "bandwidth", min: "1", max: String(WIDEST_M), step: "any" });
    this.hotspots = el("input", { type: "checkbox", name: "hotspots" });
    this.clusters = el("input", { type: "checkbox", name: "clusters" });
    this.start = el("button", { type: "submit", class: "rm-button is-main" }, text.t("grids.start"));
    this.size = el("div", { role: "status" });
    this.slot = el("div", {});
    this.node = el(
      "details",
      { class: "rm-grid-start", ontoggle: () => this.#open() },
      el("summary", {}, text.t("grids.new")),
      this.#form(),
      this.slot,
    );
  }

  #form() {
    const { text } = this.app;
    const onsubmit = (event) => {
      event.preventDefault();
      this.#run();
    };
    const label = (key, field) => el("label", {}, text.t(key), field);
    const check = (key, field) => el("label", { class: "rm-check" }, field, el("span", {}, text.t(key)));
    return el(
      "form",
      { class: "rm-form", onsubmit, onchange: () => this.#estimate() },
      label("grids.metric", this.metric),
      label("grids.finest", this.resolution),
      label("grids.area", this.area),
      this.codeLabel,
      label("grids.date", this.date),
      label("grids.bandwidth", this.bandwidth),
      check("grids.hotspots", this.hotspots),
      check("grids.clusters", this.clusters),
      this.size,
      this.start,
    );
  }

  #showCode() {
    this.codeLabel.hidden = this.area.value !== "code";
    this.code.required = !this.codeLabel.hidden;
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
    if (this.date.value) wanted.date = this.date.value;
    if (this.area.value === "view") wanted.area = clipped(this.app.map.getBounds()).join(",");
    if (this.area.value === "code") wanted.area = this.code.value;
    if (this.bandwidth.value) wanted.bandwidth_m = Number(this.bandwidth.value);
    for (const name of ["hotspots", "clusters"]) if (this[name].checked) wanted[name] = true;
    return wanted;
  }

  /** Say how large the grid would be; a later question overtakes an earlier one. Return whether it may be started. */
  async #estimate(wanted = null) {
    if (!wanted && !this.start.form.checkValidity()) return false;
    const { source } = this.app;
    const asked = (this.#asked += 1);
    try {
      const size = await source.post("/grids/estimate", wanted ?? this.#wanted());
      if (asked !== this.#asked) return false;
      this.#tellSize(size);
      return !size.refusal;
    } catch (error) {
      if (asked === this.#asked) this.#refuse(error.message);
      return false;
    }
  }

  #tellSize({ objects, shares, tested_cells: tested, refusal }) {
    const { text } = this.app;
    if (refusal) return this.#refuse(text.pick(refusal));
    const numbers = { objects: text.number(objects), shares: text.number(shares), tested: text.number(tested) };
    const said = [text.t(objects ? "grids.size" : "grids.size_raster", numbers)];
    if (tested) said.push(text.t("grids.size_tested", numbers));
    fill(this.size, said.map((sentence) => el("p", { class: "rm-grid-size" }, sentence)));
  }

  #refuse(message) {
    fill(this.size, el("p", { class: "rm-warning", role: "alert" }, message));
  }

  async #run() {
    const { app } = this;
    const controller = new AbortController();
    const wanted = this.#wanted();
    this.start.disabled = true;
    fill(this.slot);
    try {
      if (!(await this.#estimate(wanted))) return;
      const bar = new ProgressBar(app.text, app.text.t("grids.running"), () => controller.abort());
      fill(this.slot, bar.node);
      const job = await app.source.post("/grids", wanted);
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
