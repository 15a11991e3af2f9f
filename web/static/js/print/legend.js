/* Legend of a sheet: what is drawn in the view, and nothing else. */

import { el } from "riskmap/dom.js";
import { levelStyle, riskText } from "riskmap/park/levels.js";
import { featureId } from "riskmap/shapes.js";
import { layerStyle } from "riskmap/styles.js";
import { layerSwatch, lineSwatch, verdictMark } from "riskmap/swatch.js";
import { letterKey } from "riskmap/verdicts.js";

/** Return the layers that the view shows something of. */
export function drawnLayers(app) {
  const zoom = app.map.getZoom();
  return app.layers.filter(({ slug }) => {
    if (!app.features.has(slug) || !app.features.isVisible(slug)) return false;
    if (zoom < (layerStyle(slug).minZoom ?? 0)) return false;
    return app.features.tiled.has(slug) || inView(app, slug).length > 0;
  });
}

/** Return the features of a layer whose shape meets the view. */
function inView(app, slug) {
  const state = app.features.states.get(slug);
  const view = app.map.getBounds();
  return state.features.filter((feature) => {
    const shape = state.drawn.get(featureId(feature))?.[0];
    const bounds = shape?.getBounds?.() ?? (shape?.getLatLng && L.latLngBounds([shape.getLatLng()]));
    return bounds?.isValid() && view.intersects(bounds);
  });
}

/** Return the blocks of the legend. */
export function legendBlocks(app, layers) {
  return [
    el("ul", {}, layers.map((layer) => layerRow(app, layer))),
    verdictBlock(app, layers),
    contourBlock(app),
    regionBlock(app),
    ...[...app.root.querySelectorAll("[data-print-legend], .rm-grid-legend")].filter(isShown).map(copyOf),
  ];
}

function layerRow(app, layer) {
  const day = app.moment ?? app.text.day(layer.newest);
  return el(
    "li",
    {},
    layerSwatch(layer),
    el("span", {}, app.text.pick(layer)),
    el("small", {}, day),
  );
}

/** Marks of the verdicts that facilities in the view have. */
function verdictBlock(app, layers) {
  const found = new Map();
  for (const { slug } of layers.filter((layer) => app.features.states.has(layer.slug))) {
    for (const feature of inView(app, slug)) {
      const mark = app.verdicts.whole(slug, featureId(feature));
      if (mark) found.set(letterKey(mark), mark);
    }
  }
  if (!found.size) return null;
  const rank = ({ verdict, decided }) => app.verdicts.order.indexOf(verdict) * 2 + (decided ? 0 : 1);
  const rows = [...found.values()].sort((a, b) => rank(a) - rank(b)).map((mark) => verdictRow(app, mark));
  if (app.features.symbols().some((symbol) => symbol.crowd))
    rows.push(el("li", {}, el("b", { class: "rm-crowd-badge" }, "2"), app.text.t("crowd.legend")));
  return [el("h3", {}, app.text.t("theme.findings")), el("ul", {}, rows)];
}

function verdictRow(app, mark) {
  const { text } = app;
  const undecided = letterKey(mark) === "letter.undecided";
  return el("li", {}, verdictMark(text, mark), undecided ? text.t("legend.undecided") : text.word("verdict", mark.verdict));
}

/** Contours of individual risk that are drawn, with those whose label finds no room on the map. */
function contourBlock({ map, text }) {
  const risks = new Set();
  map.eachLayer(({ options }) => options?.riskPerYear && risks.add(options.riskPerYear));
  if (!risks.size) return null;
  const rows = [...risks]
    .sort((a, b) => b - a)
    .map((risk) => el("li", {}, lineSwatch(levelStyle(risk)), text.t("park.per_year", { risk: riskText(text, risk) })));
  return [el("h3", {}, text.t("print.contours")), el("ul", {}, rows)];
}

/** Where a project may go: drawn as long as its list is there, whatever tab is open. */
function regionBlock({ root, text }) {
  const regions = root.querySelector(".rm-areas");
  return regions && [el("h3", {}, text.t("planner.where.title")), copyOf(regions)];
}

function isShown(node) {
  return node.childNodes.length > 0 && !node.closest("[hidden]");
}

/** A copy without what only works on the screen. */
function copyOf(node) {
  const copy = node.cloneNode(true);
  for (const part of [copy, ...copy.querySelectorAll("*")]) {
    part.removeAttribute("id");
    part.removeAttribute("aria-live");
  }
  for (const control of copy.querySelectorAll("button, input, select")) control.replaceWith(...control.childNodes);
  return copy;
}

/** Return the sources that the drawn features name, without those that are only illustrations. */
export function sourcesOf(app, layers) {
  const named = layers
    .filter(({ slug }) => app.features.states.has(slug))
    .flatMap(({ slug }) => inView(app, slug).map((feature) => feature.properties.source));
  return [...new Set(named)].filter((source) => source && source !== "illustrative").sort();
}

/** Whether something that is drawn is only an illustration. */
export function showsIllustrations(app, layers) {
  return layers.some(
    ({ slug, illustrative }) =>
      illustrative > 0 &&
      (app.features.tiled.has(slug) ||
        inView(app, slug).some((feature) => feature.properties.source === "illustrative")),
  );
}
