/* To a facility on the map: opened in the details, with the map around it. */

const CLOSE_ZOOM = 14;

/** Open a facility and move the map there; one of its rules may be shown first. */
export async function goTo(app, layer, id, rule = null) {
  try {
    const feature = await app.source.feature(layer, id);
    app.emit("select", { layer, feature, rule });
    const bounds = feature.geometry ? L.geoJSON(feature).getBounds() : null;
    if (bounds?.isValid()) app.map.fitBounds(bounds.pad(0.5), { maxZoom: CLOSE_ZOOM, ...app.roomBesidePanels() });
  } catch (error) {
    app.report(error);
  }
}
