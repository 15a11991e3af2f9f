/* Risk grids: H3 cells drawn from their ids in four colours; zero, no object and no data are three different things. */

import { el, fill } from "riskmap/dom.js";
import { clipped } from "riskmap/features.js";
import { GridCell } from "riskmap/grid_cell.js";
import { downloads } from "riskmap/grid_files.js";
import { HeldCells, ServedCells, runForZoom } from "riskmap/grid_cells.js";
import { changeRows, partner } from "riskmap/grid_diff.js";
import { legendRows } from "riskmap/grid_legend.js";
import { GridStart } from "riskmap/grid_start.js";
import { GridTiles } from "riskmap/grid_tiles.js";

const CELL_LIMIT = 20000;
const PAUSE_MS = 60;
const MARGIN = 0.2; // fetched around the view, in parts of it: short moves then ask for nothing

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
    Object.assign(this, { app, slot, runs: [], metric: "", pyramid: null, wanted: "auto", run: null });
    Object.assign(this, { cells: null, compared: "", before: null, held: null });
    this.shown = "value";
    this.served = new ServedCells(
      app,
      (zoom) => this.#runAt(zoom),
      () => this.#showsClusters(),
    );
    this.tiles = new GridTiles((coords, signal) => this.cells.load(coords, signal));
    this.tiles.on("load", () => this.#tell()).on("tileerror", ({ error }) => app.report(error));
    this.choices = el("div", { class: "rm-grid-choices" });
    this.legend = el("div", { class: "rm-grid-legend", "aria-live": "polite" });
    this.opened = new GridCell(app);
    // A file of its own has nobody to compute a grid.
    this.start = app.source.post ? new GridStart(app, (result) => this.#computed(result)).node : null;
    app.map.on("moveend", () => this.#moved());
    app.on("ground", (latlng) => this.#open(latlng));
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
    if (this.#levels().some((run) => run.result?.sensitivity)) await this.#name();
    await this.#refresh();
  }

  /** Learn what the metrics of an index are called. */
  async #name() {
    if (this.labels || !this.app.source.get) return;
    const { metrics } = await this.app.source.get("/grids/metrics");
    this.labels = new Map(metrics.map((one) => [one.name, this.app.text.pick(one.label)]));
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
      this.#display(),
      this.#comparison(dates),
      this.app.source.post ? downloads(this.app, () => this.run) : null,
    );
  }

  /** Values in four colours, or clusters, where the grid has been tested for them. */
  #display() {
    const { text } = this.app;
    if (!this.#levels().some((run) => run.result?.clusters)) return null;
    const kinds = ["value", "cluster"].map((kind) => [kind, text.t(`grids.show.${kind}`)]);
    return choice(text.t("grids.show"), kinds, this.shown, (shown) => {
      Object.assign(this, { shown, held: null });
      return this.#refresh();
    });
  }

  #showsClusters() {
    return this.shown === "cluster" && Boolean(this.run?.result?.clusters);
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
    const { bandwidth_m: spread, hotspots, clusters } = run.parameters ?? {};
    const more = [
      run.area && [run.area].flat().map((one) => (typeof one === "number" ? one.toFixed(2) : one)).join(", "),
      spread && text.t("grids.spread", { metres: text.number(spread) }),
      hotspots && text.t("grids.with_spots"),
      clusters && text.t("grids.with_clusters"),
    ];
    return [said, ...more.filter(Boolean)].join(" · ");
  }

  #moved() {
    if (!this.metric) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), PAUSE_MS);
  }

  /** Return the run that is shown at a zoom. */
  #runAt(zoom) {
    const levels = this.#levels();
    const chosen = levels.find((run) => String(run.resolution) === this.wanted);
    return chosen ?? runForZoom(levels, Math.round(zoom));
  }

  async #refresh() {
    this.controller?.abort();
    this.run = this.metric ? this.#runAt(this.app.map.getZoom()) : null;
    this.before = this.run && this.compared ? partner(this.runs, this.run, this.compared) : null;
    if (!this.run || (this.compared && !this.before)) return this.#clear();
    const cells = this.before || !this.app.source.bytes ? await this.#hold() : this.served;
    if (cells) await this.#draw(cells);
  }

  /** Return the cells of the view, those that are here already if they reach; null where a later question overtook. */
  async #hold() {
    const { run, before } = this;
    const [view, shown] = [this.app.map.getBounds(), `${run.id} ${before?.id}`];
    if (this.held?.shown === shown && this.held.area.contains(view)) return this.cells;
    const area = view.pad(MARGIN);
    const bounds = clipped(area);
    this.controller = new AbortController();
    const { signal } = this.controller;
    try {
      const h3 = await import("h3-js");
      const answer = before
        ? await this.app.source.get("/grids/diff", { a: before.id, b: run.id, bbox: bounds }, signal)
        : await this.app.source.cells(run.id, { bounds, limit: CELL_LIMIT, signal });
      if (signal.aborted) return null;
      const matched = answer.number_matched ?? answer.cells.length;
      this.held = matched > answer.cells.length ? null : { shown, area };
      const kind = before ? "change" : this.#showsClusters() ? "cluster" : "value";
      const same = this.cells?.cells === answer.cells && this.kind === kind;
      this.kind = kind;
      return same ? this.cells : new HeldCells(this.app, h3, answer.cells, matched, kind);
    } catch (error) {
      if (signal.aborted) return null;
      // Cells of another grid must not stand under the name of this one.
      this.#clear();
      this.app.report(error);
      return null;
    }
  }

  #clear() {
    this.tiles.remove();
    Object.assign(this, { cells: null, held: null, drawn: "" });
    this.#tell();
  }

  /** Tiles of the same cells stay. */
  async #draw(cells) {
    const drawn = cells === this.served ? `${this.metric} ${this.pyramid} ${this.wanted} ${this.shown}` : "";
    const same = this.cells === cells && this.drawn === drawn;
    Object.assign(this, { cells, drawn });
    if (!this.app.map.hasLayer(this.tiles)) this.tiles.addTo(this.app.map);
    else if (!same) await this.tiles.repaint().catch((error) => this.app.report(error));
    if (!this.tiles.isLoading()) this.#tell();
  }

  #tell() {
    fill(this.legend, this.run ? this.#legendRows() : null);
  }

  #legendRows() {
    if (this.compared && !this.before) return el("p", { class: "rm-warning" }, this.app.text.t("grids.no_partner"));
    if (!this.cells) return null;
    if (this.before) return changeRows(this.app, this.run, this.before, this.cells.cells);
    const shown = this.cells.describe(this.tiles.looks());
    return legendRows(this.app, this.run, { ...shown, byCluster: this.#showsClusters(), labels: this.labels });
  }

  /** Open the cell at a place on which nothing else lies. */
  async #open({ lat, lng }) {
    const { run, cells } = this;
    if (!run || !cells) return;
    try {
      const h3 = await import("h3-js");
      const cell = await cells.find(run, h3.latLngToCell(lat, lng, run.resolution), h3);
      if (cell) this.opened.show(run, cell);
    } catch (error) {
      this.app.report(error);
    }
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
