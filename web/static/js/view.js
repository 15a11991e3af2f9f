/* The frame around the map: title, zoom, whole extent, full screen, language, scale bar, address of the view. */

import { el, iconButton } from "riskmap/dom.js";
import { InlineSource } from "riskmap/inline.js";
import { switchLanguage } from "riskmap/text.js";

const FACILITIES = new Set(["tailings_ponds", "chemical_parks", "enterprises", "proposals"]);

export function create(app) {
  const { text, map } = app;
  let home = asBounds(app.config.bounds);
  app.regions.bar.prepend(
    iconButton("layers", text.t("view.panel"), () => togglePanel(app), { class: "rm-tool rm-panel-button" }),
    el("div", { class: "rm-brand" }, el("h1", {}, text.t("app.name"))),
    app.workbenches.nav,
  );
  app.regions.bar.append(
    el(
      "div",
      { class: "rm-bar-end" },
      // A page without a server has no other pages.
      app.source instanceof InlineSource
        ? null
        : el(
            "a",
            { class: "rm-button rm-language", href: `/validation?lang=${text.lang}` },
            text.t("view.validation"),
          ),
      el(
        "button",
        {
          type: "button",
          class: "rm-button rm-language",
          lang: text.lang === "zh" ? "en" : "zh-CN",
          onclick: () => switchLanguage(text.lang === "zh" ? "en" : "zh"),
        },
        text.t("view.language"),
      ),
      iconButton("full", text.t("view.full_screen"), toggleFullScreen),
    ),
  );
  app.tools.prepend(
    iconButton("plus", text.t("view.zoom_in"), () => map.zoomIn()),
    iconButton("minus", text.t("view.zoom_out"), () => map.zoomOut()),
    iconButton("home", text.t("view.home"), () => map.fitBounds(home, app.roomBesidePanels())),
  );
  app.on("layers", (layers) => {
    home = homeBounds(home, layers);
    restoreView(app, home);
  });
  L.control.scale({ imperial: false, maxWidth: 120, position: "bottomleft" }).addTo(map);
  restoreView(app, home);
  map.on("moveend", () => keepView(map));
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(app.regions.map);
}

function asBounds([west, south, east, north]) {
  return L.latLngBounds([south, west], [north, east]);
}

/** The configured view, unless what is stored lies somewhere else altogether. */
function homeBounds(configured, layers) {
  const extents = layers
    .filter((layer) => FACILITIES.has(layer.slug) && layer.bounds)
    .map((layer) => asBounds(layer.bounds));
  if (!extents.length || extents.some((extent) => extent.intersects(configured))) return configured;
  return extents.reduce((whole, extent) => whole.extend(extent));
}

function togglePanel(app) {
  app.regions.left.hidden = !app.regions.left.hidden;
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

function restoreView(app, home) {
  const { map } = app;
  const [, zoom, lat, lng] = /^#(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)/.exec(location.hash) ?? [];
  if (zoom) map.setView([Number(lat), Number(lng)], Number(zoom), { animate: false });
  else map.fitBounds(home, { animate: false, ...app.roomBesidePanels() });
}

function keepView(map) {
  const { lat, lng } = map.getCenter();
  history.replaceState(null, "", `#${map.getZoom()}/${lat.toFixed(5)}/${lng.toFixed(5)}`);
}
