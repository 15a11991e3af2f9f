/* Geodesic lengths and areas on the CGCS2000 ellipsoid; Gauss-Krüger coordinates; degrees as people write them. */

import geographiclib from "geographiclib";
import proj4 from "proj4";

const SEMI_MAJOR_M = 6378137;
const FLATTENING = 1 / 298.257222101;
const ELLIPSOID = new geographiclib.Geodesic.Geodesic(SEMI_MAJOR_M, FLATTENING);

/** Return the geodesic length of a path of {lat, lng}. [m] */
export function pathLength(path) {
  return segmentLengths(path).reduce((sum, metres) => sum + metres, 0);
}

/** Return the geodesic length of each segment of a path. [m] */
export function segmentLengths(path) {
  return path.slice(1).map((end, i) => ELLIPSOID.Inverse(path[i].lat, path[i].lng, end.lat, end.lng).s12);
}

/** Return {area, perimeter} of a ring of {lat, lng} with geodesic edges. [m², m] */
export function ringArea(ring) {
  const polygon = ELLIPSOID.Polygon(false);
  for (const { lat, lng } of ring) polygon.AddPoint(lat, lng);
  const { area, perimeter } = polygon.Compute(false, true);
  return { area: Math.abs(area), perimeter };
}

/** Return the place {lat, lng} at the end of a geodesic that leaves a place in a direction. [°, m] */
export function destination({ lat, lng }, azimuthDeg, metres) {
  const { lat2, lon2 } = ELLIPSOID.Direct(lat, lng, azimuthDeg, metres);
  return { lat: lat2, lng: lon2 };
}

/** Most corners of a polygon that stands for a circle. */
const MOST_CORNERS = 720;
const LEAST_CORNERS = 72;
/** How far the polygon should reach beyond the circle at most. [m] */
const EXCESS_M = 0.01;

/**
 * Return the polygon for a geodesic circle: {geometry, corners, excessM}.
 *
 * Its edges touch the circle and its corners lie outside, so that no part of the circle is left out; nowhere does it
 * reach farther than `excessM` beyond. The corner's distance follows from the right triangle of half an edge.
 */
export function circlePolygon(centre, radiusM) {
  const needed = Math.ceil(Math.PI / Math.acos(radiusM / (radiusM + EXCESS_M)));
  const corners = Math.min(Math.max(needed, LEAST_CORNERS), MOST_CORNERS);
  const angle = radiusM / SEMI_MAJOR_M;
  const reachM = SEMI_MAJOR_M * Math.atan(Math.tan(angle) / Math.cos(Math.PI / corners));
  const ring = Array.from({ length: corners }, (_, i) => destination(centre, -(360 * i) / corners, reachM));
  const coordinates = [...ring, ring[0]].map(({ lat, lng }) => [Number(lng.toFixed(9)), Number(lat.toFixed(9))]);
  return { geometry: { type: "Polygon", coordinates: [coordinates] }, corners, excessM: reachM - radiusM };
}

/** Return the projection of a Gauss-Krüger strip, as proj4 reads it. */
function strip(meridianLon) {
  return `+proj=tmerc +lat_0=0 +lon_0=${meridianLon} +k=1 +x_0=500000 +y_0=0 +a=${SEMI_MAJOR_M} +rf=298.257222101 +units=m`;
}

/** Return {lon, lat} of Gauss-Krüger coordinates without zone number. [m] */
export function fromGaussKruger(easting, northing, meridianLon) {
  const [lon, lat] = proj4(strip(meridianLon)).inverse([easting, northing]);
  return { lon, lat };
}

/** Return Gauss-Krüger 3° coordinates {zone, easting, northing}; the easting carries the zone number in front. [m] */
export function gaussKruger(lon, lat) {
  const zone = Math.round(lon / 3);
  const [x, northing] = proj4(strip(zone * 3), [lon, lat]);
  return { zone, easting: zone * 1e6 + x, northing };
}

/** Return degrees, minutes and seconds: 102°30′15.2″. */
export function dms(degrees) {
  const tenths = Math.round(Math.abs(degrees) * 36000);
  const seconds = (tenths % 600) / 10;
  const minutes = Math.floor(tenths / 600) % 60;
  const whole = Math.floor(tenths / 36000);
  return `${whole}°${String(minutes).padStart(2, "0")}′${seconds.toFixed(1).padStart(4, "0")}″`;
}
