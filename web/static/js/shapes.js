/* From a GeoJSON feature to what is drawn. */

import { SymbolMarker } from "riskmap/canvas.js";
import { CrowdMarker, describeCrowd } from "riskmap/crowds.js";
import { el } from "riskmap/dom.js";
import { layerStyle, pointOptions, riverOptions, verdictStyle } from "riskmap/styles.js";
import { letterKey, severity } from "riskmap/verdicts.js";

/** Return the Leaflet layers of a feature: its shape, and a symbol for areas that would be too small to see. */
export function drawFeature(app, slug, feature) {
  if (!feature.geometry) return [];
  const style = layerStyle(slug);
  const verdict = app.verdicts.whole(slug, featureId(feature));
  const look = verdict ? verdictStyle(verdict.verdict, verdict.decided) : null;
  const shape = L.GeoJSON.geometryToLayer(feature, {
    pointToLayer: (_, latlng) => symbolAt(latlng, app, style, feature, verdict, look),
  });
  const drawn = [shape];
  if (shape.setStyle && !isPoint(feature)) shape.setStyle(pathOptions(slug, style, feature, look));
  if (style.symbol && isArea(feature)) {
    drawn.push(symbolAt(largestPart(shape).getCenter(), app, style, feature, verdict, look));
  }
  for (const layer of drawn) makeInteractive(app, slug, feature, layer, style);
  return drawn;
}

/** Return the id of a feature as text. */
export function featureId(feature) {
  return String(feature.id ?? feature.properties.id);
}

/** Whether the data says of itself that it is an illustration. */
export function isIllustrative(feature) {
  return feature.properties.source === "illustrative";
}

/** Return the bounds of the largest part of a polygon: between the parts of one there is nothing. */
function largestPart(shape) {
  const rings = shape.getLatLngs().map((part) => (Array.isArray(part[0]) ? part[0] : part));
  const parts = rings.map((ring) => L.latLngBounds(ring));
  const size = (bounds) => (bounds.getNorth() - bounds.getSouth()) * (bounds.getEast() - bounds.getWest());
  return parts.reduce((best, part) => (size(part) > size(best) ? part : best));
}

function isPoint(feature) {
  return feature.geometry.type.endsWith("Point");
}

function isArea(feature) {
  return feature.geometry.type.endsWith("Polygon");
}

function pathOptions(slug, style, feature, look) {
  const { color, weight, dashArray = null, fillColor = color, fillOpacity = 0, hatch = null } = style;
  const options = { color, weight, dashArray, fillColor, fillOpacity, hatch, fill: isArea(feature) };
  if (slug === "rivers") Object.assign(options, riverOptions(feature.properties));
  if (look) Object.assign(options, { color: look.edge, fillColor: look.fill, fillOpacity: 0.45, hatch: look.hatch });
  if (look?.dash) options.dashArray = look.dash;
  else if (isIllustrative(feature)) options.dashArray ??= "5 4";
  return options;
}

function symbolAt(latlng, app, style, feature, verdict, look) {
  const options = { ...pointOptions(style), baseRadius: style.radius ?? 5 };
  if (look) {
    Object.assign(options, { fillColor: look.fill, color: look.edge, hatch: look.hatch, letterColor: look.ink });
    Object.assign(options, {
      letter: app.text.t(letterKey(verdict)),
      baseRadius: 9,
      weight: 1.5,
      severity: severity(verdict),
    });
  }
  if (look?.dash) options.dashArray = look.dash;
  else if (isIllustrative(feature)) Object.assign(options, illustrativeEdge(options, look));
  options.radius = options.baseRadius * symbolScale(app.map.getZoom());
  return style.symbol && !style.apart ? new CrowdMarker(latlng, { ...options, rank: style.rank }) : new SymbolMarker(latlng, options);
}

/** A dashed edge in the symbol's dark tone: the mark of example data. */
function illustrativeEdge(options, look) {
  return { dashArray: "3 2", color: look ? look.edge : options.fillColor, fillOpacity: look ? 1 : 0.55, weight: 1.5 };
}

/** Return by how much symbols grow with the zoom. */
export function symbolScale(zoom) {
  if (zoom < 8) return 0.7;
  if (zoom < 10) return 0.85;
  return zoom < 13 ? 1 : 1.2;
}

function makeInteractive(app, slug, feature, layer, style) {
  if (style.passive) {
    layer.options.interactive = false;
    return;
  }
  layer.on("click", (event) => {
    if (app.busy) return;
    L.DomEvent.stopPropagation(event);
    if (layer.crowd) return app.map.setView(event.latlng, app.map.getZoom() + 2);
    app.emit("select", { layer: slug, feature });
  });
  const name = app.nameOf(feature) ?? (layer instanceof CrowdMarker ? featureId(feature) : null);
  const said = () => el("span", {}, layer.crowd ? describeCrowd(app.text, layer.crowd) : name);
  if (name) layer.bindTooltip(said, { sticky: true, direction: "top", className: "rm-tip" });
}
