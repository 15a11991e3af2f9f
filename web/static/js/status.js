/* Bottom bar: coordinates under the pointer in three notations, credits, and what is shown or left out. */

import { el, fill } from "riskmap/dom.js";
import { dms, gaussKruger } from "riskmap/geodesy.js";
import { OWN_CONTROL } from "riskmap/styles.js";

const NOTATIONS = ["decimal", "dms", "gauss_kruger"];

export function create(app) {
  const { text } = app;
  const coordinates = el("output", { class: "rm-coordinates" });
  const system = el("button", { type: "button", class: "rm-system", title: text.t("status.switch") });
  const message = el("p", { class: "rm-message", role: "status", "aria-live": "polite" });
  const zoom = el("span", { class: "rm-zoom" });
  const dataTime = el("span", { class: "rm-data-time" });
  const reading = app.config.canWrite ? null : el("strong", { class: "rm-read-only" }, text.t("status.read_only"));
  const credits = el("div", { class: "rm-credits" }, app.credits);
  app.regions.status.append(...[system, coordinates, reading, credits, message, dataTime, zoom].filter(Boolean));

  let notation = 0;
  let point = app.map.getCenter();
  const show = () => {
    system.textContent = text.t(`status.${NOTATIONS[notation]}`);
    coordinates.textContent = written(NOTATIONS[notation], point);
    zoom.textContent = text.t("status.zoom", { z: app.map.getZoom() });
  };
  system.addEventListener("click", () => {
    notation = (notation + 1) % NOTATIONS.length;
    show();
  });
  app.map.on("mousemove", ({ latlng }) => {
    point = latlng.wrap();
    show();
  });
  app.map.on("moveend", () => {
    point = app.map.getCenter().wrap();
    show();
  });
  app.on("coverage", (cut) =>
    fill(message, cut.length ? el("span", { class: "rm-cut" }, coverageText(app, cut)) : null),
  );
  app.on("hint", (words) => fill(message, words));
  app.on("problem", (words) =>
    fill(message, el("span", { class: "rm-problem", role: "alert" }, text.t("error.load", { reason: words }))),
  );
  app.on("layers", (layers) => fill(dataTime, newest(text, layers)));
  app.on("moment", ({ day }) =>
    fill(dataTime, day ? text.t("status.data_time", { day }) : newest(text, app.layers)),
  );
  show();
}

function newest(text, layers) {
  const imported = layers.filter((layer) => layer.count && !OWN_CONTROL.has(layer.slug));
  const days = imported.map((layer) => text.day(layer.newest));
  return days.length ? text.t("status.data_time", { day: days.sort().at(-1) }) : null;
}

function written(notation, { lng, lat }) {
  if (notation === "decimal") return `${lng.toFixed(6)}°, ${lat.toFixed(6)}°`;
  if (notation === "dms") return `${dms(lng)} E  ${dms(lat)} N`;
  const { easting, northing } = gaussKruger(lng, lat);
  return `X ${northing.toFixed(1)}  Y ${easting.toFixed(1)}`;
}

function coverageText(app, cut) {
  const { text } = app;
  const parts = cut.map(({ slug, shown, matched }) =>
    text.t("coverage.one", { layer: app.layerName(slug), shown: text.number(shown), matched: text.number(matched) }),
  );
  return text.t("coverage.zoom_in", { parts: parts.join(text.t("list.separator")) });
}
