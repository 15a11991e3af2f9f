/* Sheets of paper and the scale of the map on them. */

import { destination } from "riskmap/geodesy.js";

/** Millimetres of the four sheets, width before height. */
export const PAPERS = {
  "a4-landscape": [297, 210],
  "a4-portrait": [210, 297],
  "a3-landscape": [420, 297],
  "a3-portrait": [297, 420],
};

/** Length of a pixel of a style sheet on paper. [m] */
const PIXEL_M = 0.0254 / 96;
/** Length of a pixel of web Mercator at the equator on zoom 0: the ellipsoid's circumference over 256. [m] */
const EQUATOR_M = (2 * Math.PI * 6378137) / 256;
/** As on printed maps: 1 : 10 000, 1 : 20 000, 1 : 25 000, 1 : 50 000. */
const SCALE_STEPS = [1, 2, 2.5, 5];
/** Denominators that differ by less than this part of themselves are the same: a centre is kept to the pixel. */
const SAME = 1e-4;
const BAR_STEPS = [1, 2, 5];

/** Return the denominator of the map's scale in its middle. */
export function scaleOf(map) {
  const { lat } = map.getCenter();
  return (EQUATOR_M * Math.cos((lat * Math.PI) / 180)) / 2 ** map.getZoom() / PIXEL_M;
}

/** Return the zoom at which the map has a scale in its middle. */
export function zoomOf(map, denominator) {
  const { lat } = map.getCenter();
  return Math.log2((EQUATOR_M * Math.cos((lat * Math.PI) / 180)) / (denominator * PIXEL_M));
}

/** Return round denominators from one end to the other. */
export function roundScales(from, to, steps = SCALE_STEPS) {
  const scales = [];
  for (let power = 10 ** Math.floor(Math.log10(from)); power <= to; power *= 10)
    for (const step of steps) if (step * power >= from && step * power <= to) scales.push(step * power);
  return scales;
}

/** Return the smallest round denominator that is at least so large. */
export function roundUp(denominator) {
  return roundScales(denominator, denominator * 10)[0];
}

/** Return the round denominator that is next to one, and whether it is that one. */
export function nearestRound(denominator, [least, most]) {
  const apart = (scale) => Math.abs(Math.log(scale / denominator));
  const round = roundScales(least, most).reduce((best, scale) => (apart(scale) < apart(best) ? scale : best));
  return { round, isRound: apart(round) < SAME };
}

/** Return the scale bar's {metres, pixels}: a round length of at most so many pixels, laid off to the east of the middle. */
export function scaleBar(map, mostPx) {
  const centre = map.getCenter();
  const about = scaleOf(map) * PIXEL_M * mostPx;
  const metres = roundScales(about / 10, about, BAR_STEPS).at(-1);
  const end = map.project(destination(centre, 90, metres));
  return { metres, pixels: end.x - map.project(centre).x };
}
