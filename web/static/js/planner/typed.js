/* A plot typed as coordinates: decimal degrees, 度分秒, or Gauss-Krüger metres, one corner a line. */

import { parseCoordinate } from "riskmap/coordinates.js";
import { el, fill } from "riskmap/dom.js";
import { fromGaussKruger } from "riskmap/geodesy.js";
import { problem } from "riskmap/planner/busy.js";
import { select } from "riskmap/planner/fields.js";

/** Eastings with a zone in front: 13 to 23 are strips of 6°, 25 to 45 strips of 3°. */
const SIX_DEGREE_ZONES = [13, 23];
const THREE_DEGREE_ZONES = [25, 45];
/** Northings of China, and eastings without zone: more than half a strip away is a slip. [m] */
const NORTHINGS_M = [400_000, 6_000_000];
const EASTINGS_M = [150_000, 850_000];
const MERIDIANS = Array.from({ length: 21 }, (_, i) => 75 + 3 * i);

export class TypedPlot {
  constructor(app, step) {
    Object.assign(this, { app, step });
    const { text } = app;
    this.lines = el("textarea", { rows: "5", spellcheck: "false", placeholder: text.t("planner.typed.example") });
    this.meridian = select(
      {},
      text.t("planner.typed.in_easting"),
      MERIDIANS.map((lon) => [String(lon), `${lon}°`]),
      null,
    );
    this.shape = el(
      "select",
      {},
      ["polygon", "line"].map((word) => el("option", { value: word }, text.t(`planner.typed.${word}`))),
    );
    this.said = el("div", {});
    this.node = el(
      "div",
      { class: "rm-form" },
      el("label", {}, text.t("planner.typed.lines"), this.lines),
      el("small", { class: "rm-muted" }, text.t("planner.typed.hint")),
      el("label", {}, text.t("planner.typed.shape"), this.shape),
      el("label", {}, text.t("planner.typed.meridian"), this.meridian),
      this.said,
      el(
        "button",
        { type: "button", class: "rm-button", onclick: () => this.#take() },
        text.t("planner.typed.take"),
      ),
    );
  }

  #take() {
    const { text } = this.app;
    const meridian = this.meridian.value ? Number(this.meridian.value) : null;
    const { points, wrong } = parsePoints(this.lines.value, meridian);
    if (wrong)
      return fill(this.said, problem(text.t(wrong.key, { n: wrong.line, words: wrong.words })));
    if (!points.length) return fill(this.said, problem(text.t("planner.typed.none")));
    this.step.draft.setPlot(geometryOf(points, this.shape.value));
    this.step.fold();
    this.step.zoom();
  }
}

/** Return the points of lines of text, or {wrong: {line, words, key}} for the first line that is no coordinate. */
export function parsePoints(typed, meridian = null) {
  const points = [];
  for (const [i, words] of plain(typed).split("\n").entries()) {
    if (!words.trim()) continue;
    const point = parsePoint(words, meridian) ?? parsePoint(withoutNumber(words), meridian);
    if (!point) return { points: [], wrong: { line: i + 1, words: words.trim(), key: reasonOf(words) } };
    points.push([round(point.lon), round(point.lat)]);
  }
  return { points };
}

function parsePoint(words, meridian) {
  return parseMetres(words, meridian) ?? parseCoordinate(words) ?? parseCoordinate(withMarks(words));
}

/** Full-width letters and digits as Chinese input methods write them become plain ones; thin spaces in numbers go. */
function plain(typed) {
  const halved = typed.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
  return halved.replace(/(\d)[\u2009\u202f](?=\d{3})/g, "$1");
}

/** Degrees, minutes and seconds set apart by spaces alone: 103 03 00, 26 03 00. */
function withMarks(words) {
  const angle = String.raw`(\d{1,3})\s+(\d{1,2})\s+(\d{1,2}(?:\.\d+)?)`;
  const pair = new RegExp(String.raw`^\s*${angle}(?:\s*[,;；，、]\s*|\s+)${angle}\s*$`, "u");
  return words.replace(pair, "$1°$2′$3″ $4°$5′$6″");
}

/** Metres that no strip takes lack their zone or meridian; anything else is no coordinate at all. */
function reasonOf(words) {
  const lacksStrip = MERIDIANS.some((lon) => parseMetres(words, lon) ?? parseMetres(withoutNumber(words), lon));
  return lacksStrip ? "planner.typed.no_strip" : "planner.typed.wrong";
}

/** A list of corners often counts them in front: J1, 1., 1) and the like. */
function withoutNumber(words) {
  return words.trim().replace(/^[\p{L}]{0,3}\d{1,4}\s*[\s,，、.:：)）]\s*/u, "");
}

/** Return {lon, lat} of Gauss-Krüger metres, in either order: a northing never looks like an easting with its zone. */
function parseMetres(words, meridian) {
  const numbers = words.replace(/[xy]\s*[=:：]?/giu, " ").match(/\d+(?:\.\d+)?/g) ?? [];
  const rest = words.replace(/[xyXY=:：\s,，;；、]|\d+(?:\.\d+)?/gu, "").replace(/米|m/giu, "");
  if (numbers.length !== 2 || rest) return null;
  const [first, second] = numbers.map(Number);
  const strip = stripOf(second, meridian) ?? null;
  if (strip && within(first, NORTHINGS_M)) return fromGaussKruger(strip.easting, first, strip.meridian);
  const turned = stripOf(first, meridian) ?? null;
  return turned && within(second, NORTHINGS_M) ? fromGaussKruger(turned.easting, second, turned.meridian) : null;
}

function stripOf(value, meridian) {
  const zone = Math.floor(value / 1e6);
  const easting = value % 1e6;
  if (zone && within(easting, EASTINGS_M)) {
    if (within(zone, THREE_DEGREE_ZONES)) return { easting, meridian: zone * 3 };
    if (within(zone, SIX_DEGREE_ZONES)) return { easting, meridian: zone * 6 - 3 };
  }
  return !zone && meridian !== null && within(value, EASTINGS_M) ? { easting: value, meridian } : null;
}

function within(value, [least, most]) {
  return value >= least && value <= most;
}

/** Degrees to 1e-9, as the store publishes them. */
function round(degrees) {
  return Math.round(degrees * 1e9) / 1e9;
}

/** Return the geometry of points in their order: one is a point, two a line. */
export function geometryOf(points, shape) {
  const corners = isClosed(points) ? points.slice(0, -1) : points;
  if (corners.length === 1) return { type: "Point", coordinates: corners[0] };
  if (shape === "line" || corners.length === 2) return { type: "LineString", coordinates: points };
  return { type: "Polygon", coordinates: [[...corners, corners[0]]] };
}

function isClosed(points) {
  const [first, last] = [points[0], points.at(-1)];
  return points.length > 1 && first[0] === last[0] && first[1] === last[1];
}
