/* The plant on the map: boundary, units, and equipment that can be dragged or moved by keys. */

import { el } from "riskmap/dom.js";
import { rounded, shifted } from "riskmap/park/draft.js";
import { arrangeNames } from "riskmap/park/names.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const STEP_M = 1;
const WIDE_STEP_M = 10;
/** Zoom from which all names fit beside each other. */
const NAMED_ZOOM = 18;

/** Symbol of an equipment by the group of its kind: a sphere, a machine, a pipe, a store. */
const SYMBOLS = { vessel: "●", machine: "◆", pipe: "━", store: "■" };

export class Plan {
  #markers = new Map();

  /** `on` has onselect(id), ondrag(id, position) and ondrop(id, position); without it nothing can be moved. */
  constructor(map, text, groupOf, on = null) {
    Object.assign(this, { map, text, groupOf, on });
    this.group = L.layerGroup().addTo(map);
    this.outline = L.layerGroup().addTo(map);
    map.on("zoomend", () => this.#name());
    this.#name();
  }

  #name() {
    const { map } = this;
    const isNamed = map.getZoom() >= NAMED_ZOOM;
    map.getContainer().classList.toggle("is-named", isNamed);
    if (isNamed) arrangeNames(map, [...this.#markers.values()]);
  }

  /** Draw a plant file; `changed` names the equipment that differs from the present layout. */
  draw(file, { selected = null, changed = new Set() } = {}) {
    this.outline.clearLayers();
    for (const layer of outlines(file)) this.outline.addLayer(layer);
    const items = file.units.flatMap((unit) => unit.equipment);
    const there = new Set(items.map((item) => item.id));
    for (const [id, marker] of this.#markers) if (!there.has(id)) this.#drop(id, marker);
    for (const item of items) this.#place(item, item.id === selected, changed.has(item.id));
    this.#name();
  }

  clear() {
    this.outline.clearLayers();
    this.group.clearLayers();
    this.#markers.clear();
  }

  focus(id) {
    this.#markers.get(id)?.getElement()?.focus();
  }

  bounds() {
    const corners = [];
    this.outline.eachLayer((layer) => corners.push(layer.getBounds()));
    return corners.reduce((whole, part) => whole.extend(part), L.latLngBounds([]));
  }

  #drop(id, marker) {
    this.group.removeLayer(marker);
    this.#markers.delete(id);
  }

  #place(item, selected, changed) {
    const [lon, lat] = item.position;
    let marker = this.#markers.get(item.id);
    if (!marker) this.#markers.set(item.id, (marker = this.#make(item)));
    marker.setLatLng([lat, lon]);
    const node = marker.getElement();
    node?.classList.toggle("is-selected", selected);
    node?.classList.toggle("is-changed", changed);
    node?.setAttribute("aria-label", this.#said(item));
    if (!this.on) node?.setAttribute("role", "img");
    if (marker.options.icon.options.html.lastChild) marker.options.icon.options.html.lastChild.textContent = item.name;
  }

  #said(item) {
    return this.text.t(this.on ? "park.tank.label" : "park.tank.fixed", { name: item.name });
  }

  #make(item) {
    const html = el(
      "span",
      { class: "rm-park-symbol" },
      el("b", { "aria-hidden": "true" }, SYMBOLS[this.groupOf(item.kind)] ?? SYMBOLS.vessel),
      el("i", { dir: "auto" }, item.name),
    );
    const icon = L.divIcon({ html, className: "rm-park-tank", iconSize: [26, 26] });
    const marker = L.marker([item.position[1], item.position[0]], {
      icon,
      draggable: Boolean(this.on),
      autoPan: false,
      keyboard: Boolean(this.on),
      interactive: Boolean(this.on),
      title: this.#said(item),
      pmIgnore: true,
      riseOnHover: true,
    }).addTo(this.group);
    if (this.on) this.#listen(marker, item.id);
    return marker;
  }

  #listen(marker, id) {
    const position = () => rounded([marker.getLatLng().lng, marker.getLatLng().lat]);
    marker.on("click", (event) => {
      L.DomEvent.stopPropagation(event);
      this.on.onselect(id);
    });
    marker.on("drag", () => this.on.ondrag(id, position()));
    marker.on("dragend", () => this.on.ondrop(id, position()));
    L.DomEvent.on(marker.getElement(), "keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        L.DomEvent.stop(event);
        this.on.onselect(id);
        return;
      }
      const step = STEPS[event.key];
      if (!step) return;
      L.DomEvent.stop(event); // the map would move instead
      const metres = event.shiftKey ? WIDE_STEP_M : STEP_M;
      this.on.ondrop(id, shifted(position(), step[0] * metres, step[1] * metres));
    });
  }
}

function outlines(file) {
  const area = (ring, look) =>
    L.polygon(
      ring.map(([lon, lat]) => [lat, lon]),
      { interactive: false, pmIgnore: true, fillColor: look.color, ...look },
    );
  const units = file.units.filter((unit) => unit.boundary);
  return [
    area(file.plant.boundary, { color: "#1c2426", weight: 2.2, fillOpacity: 0.05 }),
    ...units.map((unit) => area(unit.boundary, { color: "#4c5a5c", weight: 1.3, dashArray: "4 3", fillOpacity: 0.06 })),
  ];
}
