/* To a facility on the map: opened in the details, with the map around it. */

const CLOSE_ZOOM = 14;

/** Open a facility and move the map there; one of its rules may be shown first. */
export function goTo(app, layer, id, rule = null) {
  app.emit("open", { layer, id, rule, then: (feature) => showAround(app, feature) });
}

function showAround(app, feature) {
  const bounds = feature.geometry ? L.geoJSON(feature).getBounds() : null;
  if (bounds?.isValid()) app.map.fitBounds(bounds.pad(0.5), { maxZoom: CLOSE_ZOOM, ...app.roomBesidePanels() });
}
