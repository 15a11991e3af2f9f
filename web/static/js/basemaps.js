/* The local background is always there; tiled maps lie under it when switched on. The
 * bottom bar has the credits: over the map they would hide symbols. */

import { el } from "riskmap/dom.js";

export function create(app) {
  const { text, config } = app;
  const attribution = L.control.attribution({ prefix: false }).addTo(app.map);
  app.credits = attribution.getContainer();
  app.credits.tabIndex = 0;
  for (const names of config.attributions) attribution.addAttribution(plain(text.pick(names)));
  app.on("layers", () => config.baseMaps.length && app.slots.base.prepend(choice(app, attribution)));
  app.regions.map.setAttribute("aria-label", text.t("region.map"));
}

function choice(app, attribution) {
  const { text, config } = app;
  const group = L.layerGroup().addTo(app.map);
  let credit = null;
  const show = (baseMap) => {
    group.clearLayers();
    if (credit) attribution.removeAttribution(credit);
    credit = baseMap ? plain(baseMap.attribution) : null;
    if (credit) attribution.addAttribution(credit);
    for (const tiles of baseTiles(baseMap)) group.addLayer(tiles);
  };
  const options = [null, ...config.baseMaps].map((baseMap, i) => radio(text, baseMap, i === 0, show));
  return el("fieldset", { class: "rm-basemaps" }, el("legend", {}, text.t("basemap.choose")), options);
}

/** Return the tiles of a base map, or of none. */
export function baseTiles(baseMap) {
  const options = { maxNativeZoom: baseMap?.maxZoom, maxZoom: 20 };
  return (baseMap?.urls ?? []).map((url) => L.tileLayer(url, options));
}

function radio(text, baseMap, checked, show) {
  const input = el("input", {
    type: "radio",
    name: "basemap",
    value: baseMap?.slug ?? "none",
    checked,
    onchange: () => show(baseMap),
  });
  return el("label", {}, input, baseMap ? text.pick(baseMap) : text.t("basemap.none"));
}

/** Leaflet takes credits as markup: hand it escaped text. */
function plain(words) {
  return el("span", {}, words).innerHTML;
}
