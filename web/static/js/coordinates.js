/* Reads a coordinate as people type it: decimal or 度分秒, with or without N/E, 东经/北纬. */

const NUMBER = "(\\d+(?:\\.\\d+)?)";
const ANGLE = new RegExp(
  `([NSEW]|东经|西经|北纬|南纬|经度|纬度)?\\s*[:：]?\\s*(-)?${NUMBER}(?:\\s*[°度d]\\s*(?:${NUMBER}\\s*[′'分m]\\s*(?:${NUMBER}\\s*(?:″|"|''|秒|s)\\s*)?)?)?\\s*([NSEW])?`,
  "giu",
);
const LATITUDE = new Set(["N", "S", "北纬", "南纬", "纬度"]);
const LONGITUDE = new Set(["E", "W", "东经", "西经", "经度"]);
const NEGATIVE = new Set(["S", "W", "南纬", "西经"]);

/** Return {lon, lat} of a text that is a coordinate, else null. Two bare numbers are longitude, latitude. */
export function parseCoordinate(text) {
  const angles = [...text.matchAll(ANGLE)].map(readAngle);
  const rest = text.replace(ANGLE, "").replace(/[\s,，;；、]/gu, "");
  if (angles.length !== 2 || rest || angles.some((angle) => angle === null)) return null;
  const [lon, lat] = ordered(angles);
  if (!lon || Math.abs(lon.degrees) > 180 || Math.abs(lat.degrees) > 90) return null;
  return { lon: lon.degrees, lat: lat.degrees };
}

function readAngle([, before, minus, degrees, minutes = "0", seconds = "0", after]) {
  if (Number(minutes) >= 60 || Number(seconds) >= 60) return null;
  const mark = (before ?? after)?.toUpperCase();
  const value = Number(degrees) + Number(minutes) / 60 + Number(seconds) / 3600;
  return { degrees: minus || NEGATIVE.has(mark) ? -value : value, mark };
}

function ordered([first, second]) {
  if (LATITUDE.has(first.mark) && LATITUDE.has(second.mark)) return [null, null];
  if (LONGITUDE.has(first.mark) && LONGITUDE.has(second.mark)) return [null, null];
  if (LATITUDE.has(first.mark) || LONGITUDE.has(second.mark)) return [second, first];
  if (LONGITUDE.has(first.mark) || LATITUDE.has(second.mark)) return [first, second];
  // Without marks: a value over 90 can only be a longitude; else longitude stands first.
  return Math.abs(second.degrees) > 90 && Math.abs(first.degrees) <= 90 ? [second, first] : [first, second];
}
