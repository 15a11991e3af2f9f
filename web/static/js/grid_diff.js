/* What changed between two grids of one metric: more, less, no change, not known; drawn and told. */

import { el } from "riskmap/dom.js";
import { GRID_STATES } from "riskmap/styles.js";

const LOOKS = { more: "#b2182b", less: "#1f5fa8" };
export const SIGNS = { more: "+", less: "−" };

/** Return the run to compare with: of another pyramid, of the same resolution. */
export function partner(runs, run, pyramid) {
  return runs.find((one) => one.pyramid === pyramid && one.resolution === run.resolution) ?? null;
}

/** Return which way a cell went. */
export function direction(cell) {
  if (cell.state === "missing") return "missing";
  if (cell.mass === 0) return "same";
  return cell.mass > 0 ? "more" : "less";
}

/** Return how a change is drawn: the stronger, the larger it is beside the largest one on the screen. */
export function changeStyle(cell, largest) {
  const way = direction(cell);
  if (way === "missing") return GRID_STATES.missing;
  if (way === "same") return GRID_STATES.zero;
  const strength = largest > 0 ? Math.sqrt(Math.abs(cell.density) / largest) : 1;
  return { fillColor: LOOKS[way], color: LOOKS[way], fillOpacity: 0.2 + 0.5 * strength, weight: 1 };
}

/** Return the largest change per km² of some cells, 0 without any. */
export function largestChange(cells) {
  return cells.reduce((most, cell) => Math.max(most, Math.abs(cell.density ?? 0)), 0);
}

/** Return the rows of the legend of a comparison. */
export function changeRows(app, run, before, cells) {
  const { text } = app;
  const ways = { more: 0, less: 0, same: 0, missing: 0 };
  for (const cell of cells) ways[direction(cell)] += 1;
  const total = cells.reduce((sum, cell) => sum + (cell.mass ?? 0), 0);
  const unit = run.rate ? null : text.pick(run.unit);
  return [
    el("p", { class: "rm-legend-title" }, text.t("grids.change", { metric: text.pick(run.label) || run.metric })),
    el(
      "ul",
      { class: "rm-legend" },
      ["more", "less", "same", "missing"].map((way) => row(text, way, ways[way])),
    ),
    unit ? el("p", { class: "rm-grid-method" }, text.t("grids.change_total", { total: short(text, total), unit })) : null,
    el("p", { class: "rm-grid-method" }, text.t("grids.change_of", { before: day(text, before), after: day(text, run) })),
  ];
}

/** Return the day that a grid tells of. */
export function day(text, run) {
  return run.at ? text.day(run.at) : text.day(run.valid_from);
}

function row(text, way, number) {
  const look = LOOKS[way] ? { "--fill": LOOKS[way], "--ink": "#ffffff" } : {};
  const kind = { same: " is-zero", missing: " is-missing" }[way] ?? "";
  const mark = el("span", { class: `rm-grid-mark${kind}`, style: look }, SIGNS[way] ?? "");
  return el("li", {}, mark, text.t(`grids.way.${way}`, { number: text.number(number) }));
}

function short(text, value) {
  const sign = value > 0 ? "+" : "";
  return sign + text.number(Number(value.toPrecision(4)));
}
