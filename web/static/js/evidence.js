/* Lines from a facility to the nearest bank point, with the exact distance and its doubt. */

import { el } from "riskmap/dom.js";
import { verdictStyle } from "riskmap/styles.js";
import { conclude } from "riskmap/verdicts.js";

const LABEL_ZOOM = 11;
/** A label on a shorter line would hide it. [px] */
const LABEL_LENGTH_PX = 100;
/** A shorter line lies under the symbol of its facility, or over it. [px] */
const SEEN_LENGTH_PX = 24;
/** Beyond this many limits an undecided distance only clutters the map; selecting the facility shows it. */
const FAR = 3;

export class EvidenceLines {
  #features = [];
  #selected = null;

  constructor(app) {
    this.app = app;
    this.visible = true;
    this.group = L.layerGroup().addTo(app.map);
    app.map.on("zoomend", () => this.#render());
    app.on("ordered", () => this.group.eachLayer((line) => line.bringToFront?.()));
  }

  /** Draw the lines of these findings; those that pass only when their subject is selected. */
  draw(features) {
    this.#features = features;
    this.#render();
  }

  setVisible(visible) {
    this.visible = visible;
    this.#render();
  }

  /** Show also the passing findings of one subject, {layer, id}, or of none. */
  select(subject) {
    this.#selected = subject;
    this.#render();
  }

  /** Show a finding's line, or its subject where it has none. */
  zoomTo(feature) {
    const bounds = feature.geometry ? L.geoJSON(feature).getBounds() : null;
    if (bounds?.isValid()) this.app.map.fitBounds(bounds.pad(0.35), { maxZoom: 14, ...this.app.roomBesidePanels() });
  }

  #render() {
    this.group.clearLayers();
    const shown = this.#features.filter((feature) => feature.geometry && this.#shows(feature) && this.#isSeen(feature));
    for (const feature of shown) this.#line(feature, this.#isSelected(feature) || this.#hasRoom(feature));
    this.app.features.raiseVerdicts(); // a line ends at the middle of a symbol, whose letter stays to be read
  }

  #shows(feature) {
    const finding = feature.properties;
    // What lacks data says nothing of a distance: its line is shown with its facility, if it is near.
    const lacking = finding.verdict === "insufficient_data";
    const near = finding.limit_m === null ? !lacking : finding.distance_m <= FAR * finding.limit_m;
    if (this.#isSelected(feature)) return near || !lacking;
    return this.visible && near && !lacking && !finding.advisory && conclude(finding) !== "pass";
  }

  #isSeen(feature) {
    const isNear = this.app.map.getZoom() >= LABEL_ZOOM;
    return isNear || this.#isSelected(feature) || this.#lengthPx(feature) >= SEEN_LENGTH_PX;
  }

  #hasRoom(feature) {
    return this.app.map.getZoom() >= LABEL_ZOOM && this.#lengthPx(feature) >= LABEL_LENGTH_PX;
  }

  #lengthPx({ properties: { from, to } }) {
    if (!from || !to) return 0;
    const [start, end] = [from, to].map(([lon, lat]) => this.app.map.latLngToLayerPoint([lat, lon]));
    return start.distanceTo(end);
  }

  #isSelected({ properties: { subject } }) {
    return subject.layer === this.#selected?.layer && String(subject.id) === String(this.#selected?.id);
  }

  #line(feature, labelled) {
    const finding = feature.properties;
    const mark = this.app.verdicts.mark(finding);
    const style = verdictStyle(mark.verdict, mark.decided);
    const look = { color: lineColour(style), weight: 2.5, dashArray: mark.decided ? null : "7 5", fillOpacity: 0.15 };
    const halo = L.geoJSON(feature, {
      style: { color: "#ffffff", weight: 5, opacity: 0.8 },
      interactive: false,
      pointToLayer,
    });
    const line = L.geoJSON(feature, { style: look, pointToLayer });
    line.on("click", (event) => this.#open(event, finding));
    if (labelled && finding.distance_m !== null)
      line.bindTooltip(() => this.#label(finding), { permanent: true, direction: "center", className: "rm-distance" });
    this.group.addLayer(halo).addLayer(line);
  }

  #label({ distance_m: distance, doubt_m: doubt }) {
    const { text } = this.app;
    return el("span", {}, `${text.metres(distance)} ${text.doubt(doubt)}`);
  }

  #open(event, { subject, rule }) {
    if (this.app.busy) return;
    L.DomEvent.stopPropagation(event);
    this.app.emit("open", { layer: subject.layer, id: subject.id, rule });
  }
}

/** A facility that lies in the water has a point instead of a line. */
function pointToLayer(_, latlng) {
  return L.circleMarker(latlng, { radius: 6, fill: false });
}

/** Light fills are no colours for a thin line: their edge is. */
function lineColour(style) {
  return ["#f2c200", "#d4d6d8", "#e6e8ea", "#f4efe6"].includes(style.fill) ? style.edge : style.fill;
}
