/* Plots of a file: read by the server in any format that can be imported, shown, and one of them taken. */

import { el, fill } from "riskmap/dom.js";
import { busy, note, problem } from "riskmap/planner/busy.js";
import { controlPoints } from "riskmap/planner/control_points.js";
import { collectionOf, versionOf } from "riskmap/planner/draft.js";
import { conclusionMark } from "riskmap/planner/marks.js";
import { checkPlots, readPlots } from "riskmap/planner/service.js";

const SYSTEMS = ["EPSG:4490", "EPSG:4326", "GCJ-02", "BD-09", "EPSG:4542", "EPSG:4543", "EPSG:4544", "EPSG:4545"];
const ACCEPTED = ".geojson,.json,.zip,.shp,.dbf,.shx,.prj,.cpg,.gpkg,.kml,.kmz,.dxf,.xlsx,.csv,.parquet";

export class Upload {
  constructor(app, step) {
    Object.assign(this, { app, step });
    const { text } = app;
    this.files = el("input", { type: "file", multiple: true, accept: ACCEPTED, onchange: () => this.#read() });
    this.system = el("input", { type: "text", list: "rm-systems", placeholder: text.t("planner.file.declared") });
    this.encoding = el(
      "select",
      {},
      ["", "gbk", "utf-8"].map((word) => el("option", { value: word }, word || text.t("planner.file.declared"))),
    );
    this.control = controlPoints(text);
    this.said = el("div", { "aria-live": "polite" });
    this.node = el(
      "div",
      { class: "rm-form" },
      el("label", {}, text.t("planner.file.choose"), this.files),
      el("small", { class: "rm-muted" }, text.t("planner.file.hint")),
      el("label", {}, text.t("planner.file.crs"), this.system),
      el(
        "datalist",
        { id: "rm-systems" },
        SYSTEMS.map((name) => el("option", { value: name }, text.find(`planner.crs.${name}`) ?? name)),
      ),
      el("label", {}, text.t("planner.file.encoding"), this.encoding),
      this.control.node,
      el("button", { type: "button", class: "rm-button", onclick: () => this.#read() }, text.t("planner.file.read")),
      this.said,
    );
  }

  async #read() {
    const { app } = this;
    if (!this.files.files.length) return fill(this.said, problem(app.text.t("planner.file.none")));
    const reading = { crs: this.system.value.trim(), encoding: this.encoding.value, controlPoints: this.control.value };
    const answer = await busy(app, this.said, app.text.t("planner.file.reading"), (signal) =>
      readPlots(app, this.files.files, reading, signal),
    );
    if (!answer) return this.said.scrollIntoView({ block: "nearest" });
    const placed = answer.features.filter((feature) => feature.geometry);
    if (placed.length === 1) this.#take(placed[0]);
    fill(this.said, this.#remarks(answer), placed.length > 1 ? this.#list(placed) : null);
  }

  #take({ geometry, properties }) {
    this.step.begin({ geometry, properties });
  }

  #remarks({ notes, notes_zh: notesZh, rejected }) {
    const { text } = this.app;
    const said = text.lang === "zh" ? notesZh : notes;
    return [
      said.map((words) => note(words)),
      rejected.map((one) => {
        const reason = text.lang === "zh" ? one.reason_zh : one.reason;
        return problem(text.t("planner.file.rejected", { row: one.row, reason }));
      }),
    ];
  }

  /** All plots of the file with what is concluded about each, to be opened one by one. */
  #list(features) {
    const { text } = this.app;
    const marks = features.map(() => el("span", { class: "rm-plot-mark" }));
    const rows = features.map((feature, i) => {
      const { name, id } = feature.properties;
      const said = [marks[i], el("span", { dir: "auto" }, name ?? id)];
      return el("li", {}, el("button", { type: "button", onclick: () => this.#take(feature) }, said));
    });
    const status = el("div", {});
    this.#check(features, marks, status);
    return [note(text.t("planner.file.plots", { n: features.length })), status, el("ol", { class: "rm-plots" }, rows)];
  }

  async #check(features, marks, status) {
    const { app } = this;
    const asked = collectionOf(features.map((feature, i) => versionOf(`plot-${i}`, feature)));
    const answer = await busy(app, status, app.text.t("check.running"), (signal) => checkPlots(app, asked, signal));
    for (const proposal of answer?.proposals ?? []) {
      const place = Number(proposal.id.slice("plot-".length));
      fill(marks[place], conclusionMark(app.text, proposal.conclusion));
    }
  }
}
