/* Risk grids: H3 cells drawn from their ids. The ramp is neutral: a density is a quantity, not a verdict. */

import { el, fill } from "riskmap/dom.js";
import { clipped } from "riskmap/features.js";
import { GRID_RAMP } from "riskmap/styles.js";

const CELL_LIMIT = 20000;
const PAUSE_MS = 180;

export function create(app) {
  app.grid = new GridLayer(app, app.slots.grids);
}

/** Learn which grids there are. */
export function load(app) {
  return app.grid.load();
}

class GridLayer {
  #timer = null;

  constructor(app, slot) {
    Object.assign(this, { app, slot, run: null, cells: [], whole: false, breaks: [] });
    this.group = L.layerGroup().addTo(app.map);
    this.legend = el("div", { class: "rm-grid-legend", "aria-live": "polite" });
    app.map.on("moveend", () => this.#moved());
    app.on("ordered", () => this.group.eachLayer((cell) => cell.bringToBack()));
    fill(slot, el("p", { class: "rm-muted" }, app.text.t("grids.none")));
  }

  async load() {
    this.runs = (await this.app.source.grids()).grids;
    if (!this.runs.length) return;
    const { text } = this.app;
    const options = this.runs.map((run) =>
      el(
        "option",
        { value: run.id },
        text.t("grids.option", { metric: metricName(text, run.metric), res: run.resolution }),
      ),
    );
    const select = el(
      "select",
      { "aria-label": text.t("grids.choose"), onchange: () => this.show(select.value) },
      el("option", { value: "" }, text.t("grids.off")),
      options,
    );
    fill(this.slot, select, this.legend);
  }

  /** Show the cells of a run, or of none. */
  async show(id) {
    this.run = this.runs.find((run) => String(run.id) === id) ?? null;
    Object.assign(this, { cells: [], whole: false, breaks: [] });
    if (this.run) await this.#fetch(null);
    this.#draw();
  }

  #moved() {
    if (!this.run || this.whole) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#fetch(clipped(this.app.map.getBounds().pad(0.2))).then(() => this.#draw()),
      PAUSE_MS,
    );
  }

  async #fetch(bounds) {
    this.controller?.abort();
    this.controller = new AbortController();
    try {
      this.h3 ??= await import("h3-js");
      const answer = await this.app.source.cells(this.run.id, {
        bounds,
        limit: CELL_LIMIT,
        signal: this.controller.signal,
      });
      const matched = answer.number_matched ?? answer.cells.length;
      Object.assign(this, { cells: answer.cells, matched, whole: !bounds && matched <= answer.cells.length });
      // The classes stay those of the first answer, so that a colour means the same wherever one pans.
      if (!this.breaks.length) this.breaks = classBreaks(answer.cells.map((cell) => cell.density));
    } catch (error) {
      this.app.report(error);
    }
  }

  #draw() {
    this.group.clearLayers();
    for (const cell of this.cells) this.group.addLayer(this.#polygon(cell));
    this.group.eachLayer((cell) => cell.bringToBack());
    fill(this.legend, this.run ? this.#legendRows() : null);
  }

  #polygon(cell) {
    const known = cell.density !== null && cell.density !== undefined;
    const look = known
      ? { fillColor: GRID_RAMP[classOf(cell.density, this.breaks)], fillOpacity: 0.62, weight: 0.6, color: "#ffffff" }
      : { fillColor: "#d4d6d8", fillOpacity: 0.5, weight: 1, color: "#5b6266", dashArray: "1 4" };
    const polygon = L.polygon(this.h3.cellToBoundary(cell.h3_hex), look);
    polygon.on("click", (event) => this.#open(event, cell));
    return polygon;
  }

  #open(event, cell) {
    if (this.app.busy) return;
    L.DomEvent.stopPropagation(event);
    const { text } = this.app;
    const rows = Object.entries(cell)
      .filter(([, value]) => typeof value !== "object")
      .map(([name, value]) => [
        el("dt", {}, text.find(`cell.${name}`) ?? name),
        el("dd", {}, typeof value === "number" ? text.number(value, name === "mass" ? null : 4) : value),
      ]);
    this.app.panel.show(
      text.t("grids.cell"),
      [metricName(text, this.run.metric), " · ", el("code", {}, cell.h3_hex)],
      el("section", { class: "rm-attributes" }, el("dl", {}, rows)),
    );
  }

  #legendRows() {
    const { text } = this.app;
    const edges = [0, ...this.breaks];
    const rows = edges.map((from, i) =>
      el(
        "li",
        {},
        el("span", { class: "rm-ramp", style: { "--fill": GRID_RAMP[i] } }),
        i === edges.length - 1 ? `≥ ${short(text, from)}` : `${short(text, from)} – ${short(text, edges[i + 1])}`,
      ),
    );
    const cut =
      this.matched > this.cells.length
        ? el(
            "p",
            { class: "rm-warning" },
            text.t("coverage.one", {
              layer: text.t("theme.grids"),
              shown: text.number(this.cells.length),
              matched: text.number(this.matched),
            }),
          )
        : null;
    return [
      el(
        "p",
        { class: "rm-legend-title" },
        text.t("grids.unit", {
          metric: metricName(text, this.run.metric),
          unit: this.run.unit ?? text.t("grids.per_km2"),
        }),
      ),
      el("ul", { class: "rm-legend" }, rows),
      cut,
    ];
  }
}

function metricName(text, metric) {
  return text.find(`metric.${metric}`) ?? metric;
}

function short(text, value) {
  return text.number(Number(value.toPrecision(2)));
}

/** Return the upper edges of all classes but the last: quantiles of the positive densities, two digits, each once. */
export function classBreaks(densities) {
  const sorted = densities.filter((density) => density > 0).sort((a, b) => a - b);
  const edges = GRID_RAMP.slice(1).map((_, i) => sorted[Math.floor(((i + 1) * sorted.length) / GRID_RAMP.length)]);
  const rounded = edges.filter((edge) => edge !== undefined).map((edge) => Number(edge.toPrecision(2)));
  return [...new Set(rounded)];
}

/** Return the class of a density: how many edges lie at or below it. */
export function classOf(density, breaks) {
  return breaks.filter((edge) => edge <= density).length;
}
