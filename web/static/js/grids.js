/* Risk grids: H3 cells drawn from their ids in four colours; zero, no object and no data are three different things. */

import { SymbolMarker } from "riskmap/canvas.js";
import { el, fill } from "riskmap/dom.js";
import { clipped } from "riskmap/features.js";
import { GridCell } from "riskmap/grid_cell.js";
import { SIGNS, changeRows, changeStyle, direction, largestChange, partner } from "riskmap/grid_diff.js";
import { legendRows } from "riskmap/grid_legend.js";
import { GridStart } from "riskmap/grid_start.js";
import { GRID_COLOURS, GRID_STATES, SPOT_STYLES } from "riskmap/styles.js";

const CELL_LIMIT = 20000;
const PAUSE_MS = 60;
const MARGIN = 0.2; // fetched around the view, in parts of it: short moves then ask for nothing
const EDGE_PX = 9;
const LETTER_PX = 16;
const LETTER_LIMIT = 600;
const LETTER = { radius: 9, stroke: false, fill: false, interactive: false };
const METRES_PER_PIXEL = 156543;
const EDGES_M = [
  1281256, 483057, 182513, 68979, 26072, 9854, 3725, 1406, 531, 201, 75.9, 28.7, 10.8, 4.1, 1.5, 0.58,
];

export function create(app) {
  app.grid = new GridLayer(app, app.slots.grids);
}

/** Learn which grids there are. */
export function load(app) {
  return app.grid.load();
}

/** Return the run whose cells suit a zoom: the finest with edges of some pixels, else the coarsest. */
export function runForZoom(runs, zoom) {
  const metres = (EDGE_PX * METRES_PER_PIXEL) / 2 ** zoom;
  const sorted = [...runs].sort((a, b) => a.resolution - b.resolution);
  return sorted.filter((run) => EDGES_M[run.resolution] >= metres).at(-1) ?? sorted[0];
}

class GridLayer {
  #timer = null;

  constructor(app, slot) {
    Object.assign(this, { app, slot, runs: [], metric: "", pyramid: null, wanted: "auto", run: null });
    Object.assign(this, { cells: [], empty: [], matched: 0, compared: "", before: null });
    Object.assign(this, { held: null, look: "", polygons: new Map() });
    this.group = L.layerGroup().addTo(app.map);
    this.letters = L.layerGroup().addTo(app.map);
    this.choices = el("div", { class: "rm-grid-choices" });
    this.legend = el("div", { class: "rm-grid-legend", "aria-live": "polite" });
    this.opened = new GridCell(app);
    // A file of its own has nobody to compute a grid.
    this.start = app.source.post ? new GridStart(app, (result) => this.#computed(result)).node : null;
    app.map.on("moveend", () => this.#moved());
    app.on("ordered", () => this.#sink());
    fill(slot, el("p", { class: "rm-muted" }, app.text.t("grids.none")), this.start);
  }

  async load() {
    this.runs = (await this.app.source.grids()).grids;
    if (!this.runs.length) return;
    const { text } = this.app;
    const metrics = new Map(this.runs.map((run) => [run.metric, text.pick(run.label) || run.metric]));
    const options = [...metrics].map(([name, label]) => [name, label]);
    this.select = choice(text.t("grids.choose"), [["", text.t("grids.off")], ...options], "", (metric) =>
      this.show(metric),
    );
    fill(this.slot, this.select, this.choices, this.legend, this.start);
  }

  async #computed({ metric, pyramid }) {
    await this.load();
    this.select.value = metric;
    await this.show(metric, pyramid);
  }

  /** Show a grid of a metric, the newest by default, or none. */
  async show(metric, pyramid = null) {
    Object.assign(this, { metric, wanted: "auto", pyramid: null, compared: "" });
    this.pyramid = pyramid ?? this.#pyramids()[0]?.pyramid ?? null;
    this.#renderChoices();
    await this.#refresh();
  }

  #pyramids() {
    const mine = this.runs.filter((run) => run.metric === this.metric);
    return [...new Map(mine.map((run) => [run.pyramid, run])).values()];
  }

  #levels() {
    return this.runs.filter((run) => run.metric === this.metric && run.pyramid === this.pyramid);
  }

  #renderChoices() {
    const { text } = this.app;
    if (!this.metric) return fill(this.choices);
    const dates = this.#pyramids().map((run) => [run.pyramid, this.#describeDate(run)]);
    const levels = this.#levels()
      .map((run) => run.resolution)
      .sort((a, b) => a - b)
      .map((res) => [String(res), text.t("grids.resolution", { res })]);
    fill(
      this.choices,
      choice(text.t("grids.choose_date"), dates, this.pyramid, (pyramid) => {
        Object.assign(this, { pyramid, wanted: "auto", compared: "" });
        this.#renderChoices();
        return this.#refresh();
      }),
      choice(
        text.t("grids.choose_resolution"),
        [["auto", text.t("grids.auto")], ...levels],
        this.wanted,
        (wanted) => {
          this.wanted = wanted;
          return this.#refresh();
        },
      ),
      this.#comparison(dates),
    );
  }

  /** Another date of the same metric to compare with; there may be none. */
  #comparison(dates) {
    const { text, source } = this.app;
    const others = dates.filter(([pyramid]) => pyramid !== this.pyramid);
    if (!others.length || !source.get) return null;
    const said = others.map(([pyramid, name]) => [pyramid, text.t("grids.compare_with", { name })]);
    return choice(text.t("grids.compare"), [["", text.t("grids.no_comparison")], ...said], this.compared, (pyramid) => {
      this.compared = pyramid;
      return this.#refresh();
    });
  }

  #describeDate(run) {
    const { text } = this.app;
    const said = run.at ? text.t("grids.at", { day: text.day(run.at) }) : text.t("grids.now", { day: text.day(run.valid_from) });
    return run.area ? `${said} · ${[run.area].flat().join(", ")}` : said;
  }

  #moved() {
    if (!this.metric) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), PAUSE_MS);
  }

  async #refresh() {
    this.controller?.abort();
    const levels = this.#levels();
    const chosen = levels.find((run) => String(run.resolution) === this.wanted);
    this.run = this.metric ? (chosen ?? runForZoom(levels, this.app.map.getZoom())) : null;
    this.before = this.run && this.compared ? partner(this.runs, this.run, this.compared) : null;
    if (!this.run) Object.assign(this, { cells: [], empty: [], matched: 0, held: null });
    else if (!this.#holds(this.app.map.getBounds()) && !(await this.#fetch(this.app.map.getBounds().pad(MARGIN)))) return;
    this.#draw();
  }

  /** Whether all cells of a view are here already. */
  #holds(view) {
    return this.held !== null && this.held.shown === this.#shown() && this.held.area.contains(view);
  }

  #shown() {
    return `${this.run?.id} ${this.before?.id}`;
  }

  /** Return whether the cells of an area are here; a later question may have overtaken this one. */
  async #fetch(area) {
    const { run } = this;
    const [bounds, shown] = [clipped(area), this.#shown()];
    this.controller = new AbortController();
    const { signal } = this.controller;
    try {
      this.h3 ??= await import("h3-js");
      const answer = this.before
        ? await this.app.source.get("/grids/diff", { a: this.before.id, b: run.id, bbox: bounds }, signal)
        : await this.app.source.cells(run.id, { bounds, limit: CELL_LIMIT, empty: true, signal });
      if (signal.aborted) return false;
      const matched = answer.number_matched ?? answer.cells.length;
      Object.assign(this, { cells: answer.cells, empty: answer.empty ?? [], matched });
      this.held = matched > answer.cells.length ? null : { shown, area };
    } catch (error) {
      if (signal.aborted) return false;
      // Cells of another grid must not stand under the name of this one.
      Object.assign(this, { cells: [], empty: [], matched: 0, held: null });
      this.app.report(error);
    }
    return true;
  }

  #draw() {
    this.letters.clearLayers();
    this.largest = this.before ? largestChange(this.cells) : 0;
    // What is added first ends up in front: each goes to the back in turn.
    const spots = this.cells.filter((cell) => cell.spot in SPOT_STYLES);
    const others = this.cells.filter((cell) => !(cell.spot in SPOT_STYLES));
    this.#drawPolygons([...spots, ...others, ...this.empty]);
    if (this.run && this.cells.length <= LETTER_LIMIT && this.#edgePx() >= LETTER_PX) this.#drawLetters();
    this.#sink();
    fill(this.legend, this.run ? this.#legendRows() : null);
  }

  /** Cells of the same look that are drawn already stay. */
  #drawPolygons(cells) {
    const look = `${this.#shown()} ${this.largest}`;
    if (look !== this.look) {
      this.group.clearLayers();
      this.polygons.clear();
    }
    const drawn = this.polygons;
    this.polygons = new Map(cells.map((cell) => [cell.h3_hex, drawn.get(cell.h3_hex) ?? this.#polygon(cell)]));
    for (const [id, polygon] of drawn) if (!this.polygons.has(id)) this.group.removeLayer(polygon);
    for (const [id, polygon] of this.polygons) if (!drawn.has(id)) this.group.addLayer(polygon);
    this.look = look;
  }

  #legendRows() {
    if (this.compared && !this.before) return el("p", { class: "rm-warning" }, this.app.text.t("grids.no_partner"));
    if (this.before) return changeRows(this.app, this.run, this.before, this.cells);
    return legendRows(this.app, this.run, this);
  }

  /** Cells lie below everything else. */
  #sink() {
    for (const polygon of this.polygons.values()) polygon.bringToBack();
  }

  #edgePx() {
    const { lat } = this.app.map.getCenter();
    const metres = (METRES_PER_PIXEL * Math.cos((lat * Math.PI) / 180)) / 2 ** this.app.map.getZoom();
    return EDGES_M[this.run.resolution] / metres;
  }

  #polygon(cell) {
    const look = this.before ? changeStyle(cell, this.largest) : cellStyle(cell);
    const polygon = L.polygon(this.h3.cellToBoundary(cell.h3_hex), look);
    polygon.on("click", (event) => this.#open(event, cell));
    return polygon;
  }

  /** Colours carry their letter where there is room, for readers who do not tell them apart. */
  #drawLetters() {
    for (const cell of this.cells) {
      const [letter, letterColor] = this.#letter(cell);
      if (!letter) continue;
      this.letters.addLayer(new SymbolMarker(this.h3.cellToLatLng(cell.h3_hex), { ...LETTER, letter, letterColor }));
    }
  }

  #letter(cell) {
    if (this.before) return [SIGNS[direction(cell)], "#1c1c1c"];
    if (cell.state !== "value" || !cell.colour) return [null, null];
    return [this.app.text.t(`grids.letter.${cell.colour}`), GRID_COLOURS[cell.colour].letter];
  }

  #open(event, cell) {
    if (this.app.busy) return;
    L.DomEvent.stopPropagation(event);
    this.opened.show(this.run, cell);
  }
}

function choice(label, options, value, onchange) {
  const select = el(
    "select",
    { "aria-label": label, onchange: () => onchange(select.value) },
    options.map(([name, said]) => el("option", { value: name }, said)),
  );
  select.value = value;
  return select;
}

/** Return how a cell is drawn: by its colour, by its state where it has none, outlined where it is a spot. */
export function cellStyle(cell) {
  const known = cell.state === undefined ? cell.density !== null : cell.state === "value";
  const look = known ? GRID_COLOURS[cell.colour ?? "blue"].area : GRID_STATES[cell.state ?? "missing"];
  return { ...look, ...(SPOT_STYLES[cell.spot] ?? {}) };
}
