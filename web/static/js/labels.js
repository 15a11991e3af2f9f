/* Names of places and facilities, the most important first, as many as do not overlap. */

import { el } from "riskmap/dom.js";

const PANE = "rm-labels";
const MOST = 120;
const RANKS = { province: 0, prefecture: 1, county: 2, town: 3, village: 4 };
const FACILITIES = ["chemical_parks", "tailings_ponds", "enterprises", "proposals", "hazard_sites"];
const FACILITY_ZOOM = 12;
/** Far out, names from here down leave symbols free; those of prefectures and rivers are what one steers by. */
const LEAST = RANKS.county;
/** A longer name ends in an ellipsis (`.rm-label` in map.css); the details have all of it. */
const WIDEST_PX = 220;
const GROUND = ".rm-map, .rm-sheet-frame";
const FURNITURE = ".rm-tools, .leaflet-control, .rm-sheet-north";

export function create(app) {
  const pane = app.map.createPane(PANE);
  pane.classList.add("rm-labels");
  const group = L.layerGroup().addTo(app.map);
  const renew = () => place(app, group);
  app.on("drawn", renew);
  app.map.on("moveend", renew);
}

function place(app, group) {
  group.clearLayers();
  const taken = furnitureBoxes(app);
  const frame = app.map.getSize();
  const most = MOST + taken.length;
  const symbols = symbolBoxes(app);
  for (const label of candidates(app)) {
    if (taken.length >= most) break;
    const box = boxOf(app.map, label);
    if (!isWithin(box, frame)) continue; // a name that the frame cuts reads as another one
    const avoided = label.rank < LEAST ? taken : [...taken, ...symbols];
    if (avoided.some((other) => overlaps(box, other))) continue;
    taken.push(box);
    group.addLayer(marker(label));
  }
}

/** Return what lies over the map: tools, the scale bar, the north arrow of a sheet. */
function furnitureBoxes(app) {
  const map = app.map.getContainer();
  const { left, top } = map.getBoundingClientRect();
  return [...map.closest(GROUND).querySelectorAll(FURNITURE)].map((piece) => {
    const box = piece.getBoundingClientRect();
    return { left: box.left - left, right: box.right - left, top: box.top - top, bottom: box.bottom - top };
  });
}

/** Return where facilities' symbols lie while they have no names of their own. */
function symbolBoxes(app) {
  if (app.map.getZoom() >= FACILITY_ZOOM) return [];
  return app.features.symbols().map((symbol) => {
    const { x, y } = app.map.latLngToContainerPoint(symbol.getLatLng());
    const radius = symbol.getRadius();
    const badge = symbol.crowd ? radius : 0;
    return { left: x - radius, right: x + radius + badge, top: y - radius - badge / 2, bottom: y + radius };
  });
}

function candidates(app) {
  const zoom = app.map.getZoom();
  const view = app.map.getBounds();
  const found = [...settlements(app, zoom), ...rivers(app, view), ...lakes(app, zoom), ...facilities(app, zoom)];
  return found.filter((label) => view.contains(label.latlng)).sort((a, b) => a.rank - b.rank || b.weight - a.weight);
}

function settlements(app, zoom) {
  return named(app, "settlements")
    .map(({ feature, latlng, name }) => {
      const { rank, population } = feature.properties;
      return { name, latlng, rank: RANKS[rank] ?? 3, weight: population ?? 0, kind: rank ?? "town" };
    })
    .filter((label) => zoom >= [0, 0, 7, 9, 11][label.rank]);
}

function lakes(app, zoom) {
  if (zoom < 9) return [];
  return named(app, "lakes").map(({ latlng, name }) => ({ name, latlng, rank: 5, weight: 0, kind: "water" }));
}

/** Rivers are named once in a view, in the middle of what is seen of them; bank lines have technical names. */
function rivers(app, view) {
  const seen = new Map();
  for (const feature of app.features.states.get("rivers")?.features ?? []) {
    const name = app.nameOf(feature);
    if (!name || !["centre", "unknown", null].includes(feature.properties.line_kind)) continue;
    const inside = vertices(feature.geometry).filter(([lon, lat]) => view.contains([lat, lon]));
    if (inside.length > (seen.get(name)?.length ?? 0)) seen.set(name, inside);
  }
  return [...seen].map(([name, inside]) => {
    const [lon, lat] = inside[Math.floor(inside.length / 2)];
    return { name, latlng: L.latLng(lat, lon), rank: 1.5, weight: inside.length, kind: "water" };
  });
}

function vertices({ type, coordinates }) {
  return type === "LineString" ? coordinates : coordinates.flat(type === "MultiPolygon" ? 2 : 1);
}

function facilities(app, zoom) {
  if (zoom < FACILITY_ZOOM) return [];
  return FACILITIES.flatMap((slug, order) =>
    named(app, slug).map(({ latlng, name }) => ({ name, latlng, rank: 2.5 + order / 10, weight: 0, kind: "facility" })),
  );
}

function named(app, slug) {
  const state = app.features.states.get(slug);
  if (!state) return [];
  return state.features.flatMap((feature) => {
    const shape = state.drawn.get(String(feature.id ?? feature.properties.id))?.[0];
    const latlng = shape?.getLatLng?.() ?? shape?.getBounds?.().getCenter();
    const name = app.nameOf(feature);
    return name && latlng ? [{ feature, latlng, name }] : [];
  });
}

function boxOf(map, label) {
  const { x, y } = map.latLngToContainerPoint(label.latlng);
  const written = [...label.name].reduce((sum, letter) => sum + (letter > "\u2e80" ? 13 : 7), 0);
  const width = Math.min(written, WIDEST_PX) / 2 + 4;
  const top = label.kind === "facility" ? y + 10 : y - 18;
  return { left: x - width, right: x + width, top, bottom: top + 16 };
}

function isWithin(box, { x, y }) {
  return box.left >= 0 && box.right <= x && box.top >= 0 && box.bottom <= y;
}

function overlaps(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function marker({ name, latlng, kind }) {
  const html = el("span", { class: `rm-label is-${kind}` }, name);
  return L.marker(latlng, {
    pane: PANE,
    interactive: false,
    keyboard: false,
    pmIgnore: true,
    icon: L.divIcon({ html, className: "rm-label-anchor", iconSize: [0, 0] }),
  });
}
