/* Stored rasters as tiles that the server draws: switch, opacity, and the classes of values. */

import { el } from "riskmap/dom.js";

const Z_INDEX = 2;

export function create(app) {
  app.rasters = [];
}

/** Learn which rasters there are; a page without a server has none. */
export async function load(app) {
  if (!app.source.canCheck) return;
  app.rasters = (await app.source.rasters()).rasters;
  if (app.rasters.length) app.slots.base.append(list(app));
}

function list(app) {
  return el(
    "fieldset",
    { class: "rm-rasters" },
    el("legend", {}, app.text.t("rasters.title")),
    app.rasters.map((raster) => row(app, raster)),
  );
}

function row(app, raster) {
  const { text } = app;
  const name = raster.name ?? raster.id;
  const badge = raster.illustrative ? el("span", { class: "rm-badge is-example" }, text.t("illustrative.badge")) : null;
  if (raster.problem) {
    const why = (text.lang === "zh" && raster.problem_zh) || raster.problem;
    return el("p", { class: "rm-muted" }, name, " ", badge, el("br"), why);
  }
  const tiles = rasterTiles(app, raster);
  const slider = opacitySlider(app, tiles, name);
  const more = el("div", { class: "rm-raster-more", hidden: true }, slider, legend(app, raster));
  const box = el("input", { type: "checkbox", name: "raster", value: raster.id, onchange: () => show(box.checked) });
  const show = (shown) => {
    more.hidden = !shown;
    if (shown) tiles.addTo(app.map);
    else tiles.remove();
  };
  box.checked = app.wanted.rasters.has(raster.id);
  show(box.checked);
  return el("div", { class: "rm-raster" }, el("label", {}, box, el("span", { dir: "auto" }, name), badge), more);
}

/** Return the tiles of a raster. */
export function rasterTiles(app, { id, version, bounds: [west, south, east, north], min_zoom: least, max_zoom: most }) {
  const url = `${app.config.rasterUrl}/${version}/{z}/{x}/{y}/${encodeURIComponent(id)}`;
  return L.tileLayer(url, {
    bounds: [
      [south, west],
      [north, east],
    ],
    minNativeZoom: least,
    maxNativeZoom: most,
    maxZoom: 20,
    zIndex: Z_INDEX,
    opacity: 0.7,
    className: "rm-raster-tile",
  });
}

function opacitySlider(app, tiles, name) {
  const slider = el("input", {
    type: "range",
    min: "0.1",
    max: "1",
    step: "0.1",
    value: "0.7",
    "aria-label": app.text.t("tree.opacity", { name }),
    oninput: () => tiles.setOpacity(Number(slider.value)),
  });
  return el("label", { class: "rm-opacity" }, app.text.t("tree.opacity_short"), slider);
}

/** Classes of values, the highest first; the print takes what carries `data-print-legend`. */
function legend(app, raster) {
  const { text } = app;
  const name = raster.name ?? raster.id;
  const unit = raster.unit ?? text.find(`rasters.unit.${raster.kind}`) ?? "";
  return el(
    "div",
    { class: "rm-raster-legend", dataset: { printLegend: "" } },
    el("p", { dir: "auto" }, unit ? text.t("rasters.in_unit", { name, unit }) : name),
    el("ul", {}, [...raster.shades].reverse().map((shade) => legendRow(text, shade))),
    el("p", { class: "rm-muted" }, text.t("rasters.none")),
  );
}

function legendRow(text, shade) {
  const swatch = el("span", {
    class: `rm-shade is-${shade.colour ? shade.hatch : "empty"}`,
    style: { "--fill": shade.colour ?? "transparent" },
    "aria-hidden": "true",
  });
  return el("li", {}, swatch, rangeText(text, shade));
}

function rangeText(text, { least, below, colour }) {
  const said = [least, below].map((value) => (value === null ? null : text.magnitude(value)));
  const range =
    least === null
      ? text.t("rasters.below", { below: said[1] })
      : below === null
        ? text.t("rasters.from", { least: said[0] })
        : text.t("rasters.between", { least: said[0], below: said[1] });
  return colour ? range : `${range} · ${text.t("rasters.not_drawn")}`;
}
