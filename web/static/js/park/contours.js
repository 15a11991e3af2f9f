/* Contours of individual risk, labelled on the line, so that they are read in grey print too. */

import { el } from "riskmap/dom.js";
import { boxAround, meetsAny } from "riskmap/park/boxes.js";
import { levelStyle, riskText } from "riskmap/park/levels.js";

const PANE = "riskContours";
const LABELS = "riskLabels";
const LABEL_PX = [58, 22];
/** What else says something on the map; draw it first. */
const OTHERS = ".rm-park-target, .rm-park-target-tip";
/** Turns from a level's own direction that are tried where other words stand. [°] */
const TURNS = [0, 20, -20, 45, -45, 90, -90, 135, -135, 180];

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
    this.shown = [];
    this.group = L.layerGroup().addTo(map);
    this.labels = L.layerGroup().addTo(map);
    map.on("zoomend", () => this.#name());
  }

  /** Draw contours {risk_per_year, geometry}; a coarse preview is paler. */
  draw(contours, { coarse = false } = {}) {
    this.clear();
    this.shown = contours.filter(({ geometry }) => geometry.coordinates.length);
    for (const contour of this.shown) this.#add(contour, coarse);
    this.#name();
  }

  clear() {
    this.shown = [];
    this.group.clearLayers();
    this.labels.clearLayers();
  }

  /** Write each level beside its line where no other words stand; the legend names those that find no room. */
  #name() {
    this.labels.clearLayers();
    const taken = this.#others();
    for (const { risk_per_year: risk, geometry } of this.shown) {
      const style = levelStyle(risk);
      const bearings = TURNS.map((turn) => style.bearing + turn);
      const bearing = bearings.find((each) => !meetsAny(this.#box(geometry, each), taken));
      if (bearing === undefined) continue;
      taken.push(this.#box(geometry, bearing));
      this.labels.addLayer(this.#label(risk, style, farthest(geometry, bearing), bearing));
    }
  }

  /** Rectangles of the targets and of what is said of them. */
  #others() {
    const container = this.map.getContainer();
    const frame = container.getBoundingClientRect();
    return [...container.querySelectorAll(OTHERS)].map((node) => {
      const { left, right, top, bottom } = node.getBoundingClientRect();
      return { west: left - frame.left, east: right - frame.left, north: top - frame.top, south: bottom - frame.top };
    });
  }

  #box(geometry, bearing) {
    const [x, y] = outward(bearing);
    const at = this.map.latLngToContainerPoint(farthest(geometry, bearing));
    return boxAround({ x: at.x - x, y: at.y - y }, ...LABEL_PX);
  }

  #add({ risk_per_year: risk, geometry }, coarse) {
    const style = levelStyle(risk);
    const shared = { renderer: this.renderer, pane: PANE, interactive: false, pmIgnore: true, fill: false };
    const path = (look) => L.geoJSON(geometry, { ...shared, riskPerYear: risk, style: { ...shared, ...look } });
    this.group.addLayer(path({ color: "#ffffff", weight: style.weight + 3, opacity: 0.75 }));
    const { color, weight, dashArray } = style;
    this.group.addLayer(path({ color, weight, dashArray, opacity: coarse ? 0.75 : 1, className: "rm-park-contour" }));
  }

  #label(risk, style, place, bearing) {
    const words = el("span", { class: "rm-park-level", style: { "--ink": style.color } }, riskText(this.text, risk));
    const icon = L.divIcon({
      html: words,
      className: "rm-park-level-anchor",
      iconSize: [0, 0],
      iconAnchor: outward(bearing),
    });
    return L.marker(place, {
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
