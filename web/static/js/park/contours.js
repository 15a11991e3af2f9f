/* Contours of individual risk, labelled on the line, so that they are read in grey print too. */

import { el } from "riskmap/dom.js";
import { levelStyle, riskText } from "riskmap/park/levels.js";

const PANE = "riskContours";
const LABELS = "riskLabels";

/** Draws contours on a map, above everything and in nobody's way. */
export class Contours {
  constructor(map, text) {
    Object.assign(this, { map, text });
    for (const [name, order] of [
      [PANE, 430],
      [LABELS, 620],
    ]) {
      const pane = map.getPane(name) ?? map.createPane(name);
      pane.style.zIndex = order;
      pane.style.pointerEvents = "none";
    }
    this.renderer = L.svg({ pane: PANE, padding: 0.6 });
    this.group = L.layerGroup().addTo(map);
  }

  /** Draw contours {risk_per_year, geometry}; a coarse preview is paler. */
  draw(contours, { coarse = false } = {}) {
    this.group.clearLayers();
    for (const contour of contours) if (contour.geometry.coordinates.length) this.#add(contour, coarse);
  }

  clear() {
    this.group.clearLayers();
  }

  #add({ risk_per_year: risk, geometry }, coarse) {
    const style = levelStyle(risk);
    const shared = { renderer: this.renderer, pane: PANE, interactive: false, pmIgnore: true, fill: false };
    const path = (look) => L.geoJSON(geometry, { ...shared, style: { ...shared, ...look } });
    this.group.addLayer(path({ color: "#ffffff", weight: style.weight + 3, opacity: 0.75 }));
    const { color, weight, dashArray } = style;
    this.group.addLayer(path({ color, weight, dashArray, opacity: coarse ? 0.75 : 1, className: "rm-park-contour" }));
    this.group.addLayer(this.#label(risk, style, geometry));
  }

  #label(risk, style, geometry) {
    const words = el("span", { class: "rm-park-level", style: { "--ink": style.color } }, riskText(this.text, risk));
    const icon = L.divIcon({
      html: words,
      className: "rm-park-level-anchor",
      iconSize: [0, 0],
      iconAnchor: outward(style.bearing),
    });
    return L.marker(farthest(geometry, style.bearing), {
      icon,
      pane: LABELS,
      interactive: false,
      keyboard: false,
      pmIgnore: true,
    });
  }
}

/** Return the corner of an area that lies farthest in a direction: every level has its own, so that labels stay apart. */
function farthest(geometry, bearing) {
  const angle = (bearing * Math.PI) / 180;
  const reach = ([lon, lat]) => lon * Math.cos(angle) * Math.cos((lat * Math.PI) / 180) + lat * Math.sin(angle);
  const corners = geometry.coordinates.flatMap((part) => part[0]);
  const [lon, lat] = corners.reduce((best, corner) => (reach(corner) > reach(best) ? corner : best));
  return [lat, lon];
}

/** Return the anchor that sets a label beside its line, away from what it surrounds. [px] */
function outward(bearing) {
  const angle = (bearing * Math.PI) / 180;
  return [-26 * Math.cos(angle), 13 * Math.sin(angle)];
}
