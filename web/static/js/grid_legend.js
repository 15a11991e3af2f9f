/* The legend of a grid: colours with their letters and limits, the unit, the states, what was left out. */

import { el } from "riskmap/dom.js";
import { CLUSTER_STYLES, GRID_COLOURS } from "riskmap/styles.js";

const ORDER = ["blue", "yellow", "orange", "red"];

/** Return the rows of the legend of a run; `shown` holds the cells on the screen. */
export function legendRows(app, run, shown) {
  const { text } = app;
  if (shown.byCluster) return clusterRows(text, run, shown);
  const classes = run.result?.classes ?? { method: "fixed", breaks: [], of: "density" };
  const spots = new Set(shown.cells.map((cell) => cell.spot));
  return [
    el("p", { class: "rm-legend-title" }, title(text, run)),
    el("ul", { class: "rm-legend" }, colourRows(text, classes)),
    el("p", { class: "rm-grid-method" }, text.t(`grids.method.${classes.method}`), of(text, classes)),
    el(
      "ul",
      { class: "rm-legend" },
      stateRows(text, shown, ["zero", "no_object", "missing"]),
      ["hot", "cold"].filter((spot) => spots.has(spot)).map((spot) => spotRow(text, spot)),
    ),
    spots.size > 1 || (spots.size && !spots.has(undefined)) ? method(text, "grids.hotspots_are") : null,
    worst(text, run),
    sensitivity(text, run, shown.labels),
    notes(text, run, shown),
  ];
}

function method(text, key) {
  return el("p", { class: "rm-grid-method" }, text.t(key));
}

/** The legend of clusters: the four words with their letters, the ground beside them, how they were found. */
function clusterRows(text, run, shown) {
  const { clusters } = run.result;
  const row = (name) => {
    const { mark, ink, area } = CLUSTER_STYLES[name];
    const kind = area.hatch ? "rm-grid-mark is-outlier" : "rm-grid-mark";
    const letter = el("span", { class: kind, style: { "--fill": mark, "--ink": ink } }, text.t(`grids.letter.${name}`));
    return el("li", {}, letter, text.t(`grids.cluster.${name}`, { number: text.number(clusters[name]) }));
  };
  return [
    el("p", { class: "rm-legend-title" }, text.t("grids.clusters_of", { metric: text.pick(run.label) || run.metric })),
    el("ul", { class: "rm-legend is-single" }, Object.keys(CLUSTER_STYLES).map(row)),
    el("ul", { class: "rm-legend" }, stateRows(text, shown, ["no_object", "missing"])),
    method(text, "grids.clusters_are"),
  ];
}

/** Coarser grids say where a red is that their mean hides. */
function worst(text, run) {
  return run.resolution < (run.parameters?.finest ?? run.resolution) ? method(text, "grids.worst_kept") : null;
}

/** How much an index leans on its weights. */
function sensitivity(text, run, labels = new Map()) {
  const told = run.result?.sensitivity;
  if (!told) return null;
  const least = Math.min(...told.changes.map((one) => one.rank_correlation ?? 1));
  const rows = told.changes.map((one) =>
    el(
      "tr",
      {},
      el("td", {}, labels.get(one.metric) ?? one.metric),
      el("td", {}, `× ${text.number(one.factor)}`),
      el("td", {}, short(text, one.greatest_change)),
      el("td", {}, one.rank_correlation === null ? "–" : text.number(one.rank_correlation, 3)),
    ),
  );
  const heads = ["metric", "weight", "change", "ranks"].map((name) => el("th", {}, text.t(`grids.sensitivity.${name}`)));
  return el(
    "details",
    { class: "rm-grid-sensitivity" },
    el("summary", {}, text.t("grids.sensitivity", { percent: text.number(100 * told.variation), least: text.number(least, 3) })),
    el("table", {}, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows)),
  );
}

function title(text, run) {
  const metric = text.pick(run.label) || run.metric;
  const unit = text.pick(run.unit);
  if (run.rate) return text.t("grids.rate_unit", { metric, unit });
  return text.t("grids.unit", { metric, unit: text.t("grids.per_km2", { unit }) });
}

function of(text, { of: column }) {
  return column && column !== "density" ? ` · ${text.t("grids.of_column", { column })}` : null;
}

function colourRows(text, { method, breaks, colour }) {
  if (method === "single") return [colourRow(text, colour, text.t("grids.any"))];
  return ORDER.slice(0, breaks.length + 1).map((name, i) => colourRow(text, name, range(text, breaks, i)));
}

function range(text, breaks, i) {
  if (i === breaks.length) return i ? `≥ ${short(text, breaks[i - 1])}` : text.t("grids.any");
  return i ? `${short(text, breaks[i - 1])} – ${short(text, breaks[i])}` : `< ${short(text, breaks[0])}`;
}

function colourRow(text, name, said) {
  const { mark, ink } = GRID_COLOURS[name];
  const letter = text.t(`grids.letter.${name}`);
  return el("li", {}, el("span", { class: "rm-grid-mark", style: { "--fill": mark, "--ink": ink } }, letter), said);
}

/** Explain those of some states that are on the screen. */
function stateRows(text, shown, states) {
  const seen = new Set([...shown.cells, ...shown.empty].map((cell) => cell.state));
  const row = (state) => el("li", {}, el("span", { class: `rm-grid-mark is-${state}` }), text.t(`grids.${state}`));
  return states.filter((state) => seen.has(state)).map(row);
}

function spotRow(text, spot) {
  return el("li", {}, el("span", { class: `rm-grid-mark is-${spot}` }), text.t(`grids.${spot}`));
}

function notes(text, run, shown) {
  const said = (run.result?.left_out ?? []).map((what) => text.t("grids.left_out", { what: text.pick(what) }));
  if (run.result?.unknown) said.unshift(text.t("grids.unknown", { number: text.number(run.result.unknown) }));
  if (shown.matched > shown.cells.length) {
    said.push(
      text.t("coverage.one", {
        layer: text.t("theme.grids"),
        shown: text.number(shown.cells.length),
        matched: text.number(shown.matched),
      }),
    );
  }
  return said.map((sentence) => el("p", { class: "rm-warning" }, sentence));
}

function short(text, value) {
  const rounded = Number(value.toPrecision(3));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : text.number(rounded);
}
