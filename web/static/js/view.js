/* The frame around the map: title, zoom, whole extent, full screen, language, scale bar, address of the view. */

import { el, iconButton } from "riskmap/dom.js";
import { InlineSource } from "riskmap/inline.js";
import { switchLanguage } from "riskmap/text.js";

const FACILITIES = new Set(["tailings_ponds", "chemical_parks", "enterprises", "proposals"]);

export function create(app) {
  const { text, map } = app;
  let home = asBounds(app.config.bounds);
  app.regions.bar.prepend(
    el(
      "button",
      { type: "button", class: "rm-button rm-language rm-skip", onclick: () => map.getContainer().focus() },
      text.t("view.skip"),
    ),
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
      app.config.canLogOut ? logOutForm(text) : null,
    ),
  );
  app.barEnd = app.regions.bar.querySelector(".rm-bar-end");
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

/** End the session; a form, so that it works as any other and needs no answer to be read. */
function logOutForm(text) {
  const button = iconButton("leave", text.t("view.log_out"), null, { type: "submit" });
  return el("form", { method: "post", action: "/logout", class: "rm-log-out" }, button);
}

function restoreView(app, home) {
  const { map, wanted } = app;
  const { place } = wanted;
  if (place) map.setView([place.lat, place.lng], place.zoom, { animate: false });
  else map.fitBounds(home, { animate: false, ...app.roomBesidePanels() });
}
