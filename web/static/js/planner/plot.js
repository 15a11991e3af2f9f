/* Step 1: where the project is to be. Drawn, read from a file, or typed; one plot at a time, which may be reshaped. */

import { el, fill } from "riskmap/dom.js";
import { pathLength, ringArea } from "riskmap/geodesy.js";
import { note } from "riskmap/planner/busy.js";
import { TypedPlot } from "riskmap/planner/typed.js";
import { Upload } from "riskmap/planner/upload.js";

const LOOK = { color: "#111111", weight: 2.4, dashArray: "6 3", fillColor: "#111111", fillOpacity: 0.08, radius: 7 };
/** Rounding of stored positions, a fraction of a millimetre. [°] */
const ON_EDGE_DEG = 5e-9;
const WAYS = ["point", "line", "polygon", "file", "typed"];

export class PlotStep {
  #shape = null;

  /** `begin(plot)` starts a new case with a plot of a file. */
  constructor(app, draft, begin) {
    Object.assign(this, { app, draft, begin });
    this.group = L.layerGroup().addTo(app.map);
    this.buttons = new Map(WAYS.map((way) => [way, this.#wayButton(way)]));
    this.body = el("div", { class: "rm-step-body" });
    this.summary = el("div", { class: "rm-plot", "aria-live": "polite" });
    this.node = el(
      "fieldset",
      { class: "rm-step", dataset: { step: "plot" } },
      el("legend", {}, el("b", {}, "1"), app.text.t("planner.step.plot")),
      el(
        "div",
        { class: "rm-ways", role: "group", "aria-label": app.text.t("planner.step.plot") },
        [...this.buttons.values()],
      ),
      this.body,
      this.summary,
    );
    draft.onchange((what) => what !== "attributes" && this.#draw());
    app.on("clear", () => draft.saved || draft.setPlot(null));
    this.#draw();
  }

  /** Move the map to the plot. */
  zoom() {
    const bounds = L.geoJSON(this.draft.geometry).getBounds();
    if (bounds.isValid()) this.app.map.fitBounds(bounds.pad(1.5), { maxZoom: 15, ...this.app.roomBesidePanels() });
  }

  /** Bring the plot out from under the panels, as far as there is room for it. */
  panInside() {
    const { map } = this.app;
    const room = this.app.roomBesidePanels();
    const bounds = L.geoJSON(this.draft.geometry).getBounds().pad(0.2);
    const [northWest, southEast] = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) =>
      map.latLngToContainerPoint(corner),
    );
    const size = map.getSize();
    const isFree =
      northWest.x >= room.paddingTopLeft[0] &&
      southEast.x <= size.x - room.paddingBottomRight[0] &&
      northWest.y >= 0 &&
      southEast.y <= size.y;
    if (!isFree) map.fitBounds(bounds, { maxZoom: map.getZoom(), ...room });
  }

  /** Close what was opened to state a plot. */
  fold() {
    fill(this.body);
    for (const button of this.buttons.values()) button.removeAttribute("aria-pressed");
  }

  #wayButton(way) {
    return el(
      "button",
      { type: "button", class: "rm-button", dataset: { way }, onclick: () => this.#choose(way) },
      this.app.text.t(`planner.way.${way}`),
    );
  }

  #choose(way) {
    this.fold();
    if (way !== "file" && way !== "typed") return this.app.drawPlot(way);
    this.buttons.get(way).setAttribute("aria-pressed", "true");
    const form = way === "file" ? new Upload(this.app, this) : new TypedPlot(this.app, this);
    fill(this.body, form.node);
    this.body.querySelector("input, textarea").focus();
  }

  #draw() {
    this.#shape?.pm?.disable();
    this.group.clearLayers();
    this.#shape = null;
    const { geometry } = this.draft;
    if (geometry) {
      const place = (_, latlng) => L.circleMarker(latlng, LOOK);
      this.#shape = L.GeoJSON.geometryToLayer({ type: "Feature", geometry }, { pointToLayer: place });
      this.#shape.setStyle(LOOK);
      this.#shape.options.interactive = false;
      this.group.addLayer(this.#shape);
    }
    this.#summarise();
  }

  #summarise() {
    const { text } = this.app;
    const { geometry } = this.draft;
    if (!geometry) return fill(this.summary, note(text.t("planner.plot.none")));
    const button = (key, onclick) => el("button", { type: "button", class: "rm-link", onclick }, text.t(key));
    this.reshape = el(
      "button",
      { type: "button", class: "rm-link", "aria-pressed": "false", onclick: () => this.#toggleReshape() },
      text.t("planner.plot.reshape"),
    );
    fill(
      this.summary,
      el("p", {}, el("b", {}, text.t(`planner.geometry.${geometry.type}`)), " ", describe(text, geometry)),
      el(
        "p",
        { class: "rm-links" },
        button("planner.plot.zoom", () => this.zoom()),
        geometry.type.startsWith("Multi") ? null : this.reshape,
        button("planner.plot.clear", () => this.draft.setPlot(null)),
      ),
    );
  }

  /** Let the corners be dragged; what comes out is taken when the reader says so. */
  #toggleReshape() {
    const { text } = this.app;
    const begins = this.reshape.getAttribute("aria-pressed") === "false";
    this.app.busy = begins;
    if (!begins) return this.draft.setPlot(this.#shape.toGeoJSON(9).geometry);
    const corners = this.#shape.getLatLngs?.();
    if (corners) this.#shape.setLatLngs(withoutPassed(corners));
    this.reshape.setAttribute("aria-pressed", "true");
    this.reshape.textContent = text.t("planner.plot.reshaped");
    this.#shape.pm.enable({ allowSelfIntersection: false, snappable: false });
    this.app.emit("hint", text.t("planner.plot.reshape_hint"));
  }
}

/** Return rings or a path without the vertices that lie on a straight edge: the store sets them, nobody moves them. */
function withoutPassed(corners) {
  if (Array.isArray(corners[0])) return corners.map(withoutPassed);
  return corners.filter((corner, i) => !liesOnEdge(corners.at(i - 1), corner, corners[(i + 1) % corners.length]));
}

function liesOnEdge(before, corner, after) {
  const [dx, dy] = [after.lng - before.lng, after.lat - before.lat];
  const length = Math.hypot(dx, dy);
  if (!length) return false;
  const across = (dx * (corner.lat - before.lat) - dy * (corner.lng - before.lng)) / length;
  const along = (dx * (corner.lng - before.lng) + dy * (corner.lat - before.lat)) / length;
  return Math.abs(across) < ON_EDGE_DEG && along > 0 && along < length;
}

/** Return size and place of a plot in words. */
function describe(text, geometry) {
  const { lng, lat } = L.geoJSON(geometry).getBounds().getCenter();
  const corners = (ring) => ring.map(([lon, y]) => ({ lng: lon, lat: y }));
  const parts = [];
  if (geometry.type === "Polygon") parts.push(text.area(areaOf(geometry.coordinates.map(corners))));
  if (geometry.type === "LineString") parts.push(text.length(pathLength(corners(geometry.coordinates))));
  parts.push(`${lng.toFixed(6)}, ${lat.toFixed(6)}`);
  return parts.join(" · ");
}

function areaOf([outer, ...holes]) {
  return holes.reduce((left, hole) => left - ringArea(hole).area, ringArea(outer).area);
}
