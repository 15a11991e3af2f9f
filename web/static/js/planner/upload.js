/* Plots of a file: read by the server in any format that can be imported, shown, and one of them taken. */

import { el, fill } from "riskmap/dom.js";
import { busy, note, problem } from "riskmap/planner/busy.js";
import { controlPoints } from "riskmap/planner/control_points.js";
import { collectionOf, versionOf } from "riskmap/planner/draft.js";
import { conclusionMark } from "riskmap/planner/marks.js";
import { checkPlots, readPlots } from "riskmap/planner/service.js";
import { systemChoice } from "riskmap/planner/systems.js";
import { geometryOf } from "riskmap/planner/typed.js";

const ACCEPTED = ".geojson,.json,.zip,.shp,.dbf,.shx,.prj,.cpg,.gpkg,.kml,.kmz,.dxf,.xlsx,.csv,.parquet";

export class Upload {
  constructor(app, step) {
    Object.assign(this, { app, step });
    const { text } = app;
    this.files = el("input", { type: "file", multiple: true, accept: ACCEPTED, onchange: () => this.#read() });
    this.system = systemChoice(text);
    this.encoding = el(
      "select",
      {},
      ["", "gbk", "utf-8"].map((word) => el("option", { value: word }, word || text.t("planner.file.declared"))),
    );
    this.control = controlPoints(text);
    this.said = el("div", { class: "rm-upload-said", "aria-live": "polite" });
    this.node = el(
      "div",
      { class: "rm-form" },
      el("label", {}, text.t("planner.file.choose"), this.files),
      el("small", { class: "rm-muted" }, text.t("planner.file.hint")),
      this.system.node,
      el("label", {}, text.t("planner.file.encoding"), this.encoding),
      this.control.node,
      el("button", { type: "button", class: "rm-button", onclick: () => this.#read() }, text.t("planner.file.read")),
      this.said,
    );
  }

  async #read() {
    const { app } = this;
    if (!this.files.files.length) return fill(this.said, problem(app.text.t("planner.file.none")));
    const reading = { crs: this.system.value, encoding: this.encoding.value, controlPoints: this.control.value };
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
    if (features.some(({ properties }) => properties.kind)) this.#check(features, marks, status);
    const said = note(text.t("planner.file.plots", { n: features.length }));
    return [this.#outline(features), said, status, el("ol", { class: "rm-plots" }, rows)];
  }

  /** A table of corners reads as many points: they may be meant as one plot. */
  #outline(features) {
    const points = features.map(({ geometry }) => geometry);
    if (points.length < 3 || points.some(({ type }) => type !== "Point")) return null;
    const corners = points.map(({ coordinates: [lon, lat] }) => [lon, lat]);
    const take = () => this.#take({ geometry: geometryOf(corners, "polygon"), properties: {} });
    const { text } = this.app;
    return el(
      "button",
      { type: "button", class: "rm-button", dataset: { action: "outline" }, onclick: take },
      text.t("planner.file.outline", { n: corners.length }),
    );
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
