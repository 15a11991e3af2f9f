/* The legend of a grid: colours with their letters and limits, the unit, the states, what was left out. */

import { el } from "riskmap/dom.js";
import { GRID_COLOURS } from "riskmap/styles.js";

const ORDER = ["blue", "yellow", "orange", "red"];

/** Return the rows of the legend of a run; `shown` holds the cells on the screen. */
export function legendRows(app, run, shown) {
  const { text } = app;
  const classes = run.result?.classes ?? { method: "fixed", breaks: [], of: "density" };
  const words = new Set([...shown.cells, ...shown.empty].map((cell) => cell.state));
  const spots = new Set(shown.cells.map((cell) => cell.spot));
  return [
    el("p", { class: "rm-legend-title" }, title(text, run)),
    el("ul", { class: "rm-legend" }, colourRows(text, classes)),
    el("p", { class: "rm-grid-method" }, text.t(`grids.method.${classes.method}`), of(text, classes)),
    el(
      "ul",
      { class: "rm-legend" },
      ["zero", "no_object", "missing"].filter((state) => words.has(state)).map((state) => stateRow(text, state)),
      ["hot", "cold"].filter((spot) => spots.has(spot)).map((spot) => spotRow(text, spot)),
    ),
    notes(text, run, shown),
  ];
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

function stateRow(text, state) {
  return el("li", {}, el("span", { class: `rm-grid-mark is-${state}` }), text.t(`grids.${state}`));
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
