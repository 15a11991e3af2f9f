/* One cell of a grid taken apart: the value, the sentences, the objects with their shares. */

import { el, fill } from "riskmap/dom.js";

const NOT_OPENED = new Set(["metrics", "rasters", "risk_contours", "files"]);

function basis({ by_raster: raster, by_contours: contours }) {
  if (raster && contours) return "both";
  return raster ? "raster" : "contours";
}

export class GridCell {
  constructor(app) {
    this.app = app;
  }

  /** Show a cell at once, and what it is made of when the server has said it. */
  async show(run, cell) {
    const { text, panel, source } = this.app;
    const made = el("section", { class: "rm-grid-made" });
    const name = text.pick(run.label) || run.metric;
    const facts = this.#facts(run, cell);
    panel.show(text.t("grids.cell"), [name, " · ", el("code", {}, cell.h3_hex)], [facts, made]);
    if (!source.explainCell) return;
    fill(made, el("p", { class: "rm-muted" }, text.t("grids.loading")));
    try {
      fill(made, this.#parts(await source.explainCell(run.id, cell.h3_hex)));
    } catch (error) {
      fill(made, el("p", { class: "rm-warning" }, error.message));
    }
  }

  #facts(run, cell) {
    const { text } = this.app;
    const changed = "mass_a" in cell;
    const rows = [
      changed ? [text.t("cell.before"), this.#short(cell.mass_a)] : null,
      changed ? [text.t("cell.after"), this.#short(cell.mass_b)] : null,
      changed ? [text.t("cell.change"), this.#short(cell.mass)] : null,
      changed ? null : [text.t(run.rate ? "cell.value" : "cell.density"), this.#short(cell.density)],
      changed || run.rate ? null : [text.t("cell.mass"), this.#short(cell.mass)],
      [text.t("cell.area_km2"), text.number(cell.area_km2, 4)],
      cell.state && !changed ? [text.t("cell.state"), text.t(`grids.state.${cell.state}`)] : null,
      this.#worst(cell),
      ...this.#tests(cell),
      "max_risk" in cell ? [text.t("cell.max_risk"), this.#short(cell.max_risk)] : null,
      "by_raster" in cell ? [text.t("cell.basis"), text.t(`cell.basis.${basis(cell)}`)] : null,
      "index_low" in cell && cell.index_low !== null
        ? [text.t("cell.index_range"), `${this.#short(cell.index_low)} – ${this.#short(cell.index_high)}`]
        : null,
    ].filter(Boolean);
    const list = rows.map(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]);
    return el("section", { class: "rm-attributes" }, el("dl", {}, list));
  }

  /** The worst of the finest cells within, if that is another one: a red that the mean hides. */
  #worst({ worst_density: worst, worst_h3: name, h3_hex: own }) {
    if (!worst || name === own) return null;
    return [this.app.text.t("cell.worst_density"), `${this.#short(worst)} · ${name}`];
  }

  /** What tests of significance say of the cell. */
  #tests({ spot, z, cluster, moran_i: i, p }) {
    const { text } = this.app;
    const said = (number) => (number === null || number === undefined ? "–" : text.number(number, 3));
    return [
      spot ? [text.t("cell.spot"), text.t(`cell.spot.${spot}`, { z: said(z), p: said(p) })] : null,
      cluster ? [text.t("cell.cluster"), text.t(`cell.cluster.${cluster}`, { i: said(i), p: said(p) })] : null,
    ];
  }

  #short(value) {
    if (value === null || value === undefined) return this.app.text.t("finding.unknown");
    const rounded = Number(value.toPrecision(6));
    return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : this.app.text.number(rounded);
  }

  #parts(told) {
    const { text } = this.app;
    const hidden = told.number_of_objects - told.objects.length;
    return [
      el("h3", {}, text.t("grids.explain")),
      told.clauses.map((clause) => el("p", { class: "rm-grid-clause" }, text.pick(clause))),
      told.number_of_objects
        ? el("h3", {}, text.t("grids.objects", { number: text.number(told.number_of_objects) }))
        : null,
      el(
        "ol",
        { class: "rm-grid-objects" },
        told.objects.map((one) => this.#object(one)),
      ),
      hidden > 0 ? el("p", { class: "rm-muted" }, text.t("grids.more", { number: text.number(hidden) })) : null,
    ];
  }

  #object(one) {
    const { text } = this.app;
    const sum = one.unknown
      ? text.t("grids.value_unknown")
      : text.t("grids.share", { share: one.share.toFixed(4), weight: this.#short(one.weight), mass: this.#short(one.mass) });
    const part = one.part === null ? null : text.t("grids.part", { part: (100 * one.part).toFixed(1) });
    return el(
      "li",
      {},
      this.#name(one),
      el("p", {}, [sum, part, one.incomplete ? text.t("grids.incomplete") : null].filter(Boolean).join(" · ")),
      one.clauses.map((clause) => el("p", { class: "rm-grid-clause" }, text.pick(clause))),
    );
  }

  #name(one) {
    const name = one.name || one.id;
    if (NOT_OPENED.has(one.layer)) return el("b", { dir: "auto" }, name);
    const open = () => this.app.emit("open", { layer: one.layer, id: one.id });
    const label = this.app.text.t("grids.open", { name });
    return el("button", { type: "button", class: "rm-link", dir: "auto", "aria-label": label, onclick: open }, name);
  }
}
