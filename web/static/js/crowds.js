/* Symbols that would lie on each other: far out, the worst of them stands for all and carries their number. */

import { SymbolMarker } from "riskmap/canvas.js";
import { CONCLUSIONS } from "riskmap/verdicts.js";

/** From this zoom on every symbol stands for itself. */
const APART_ZOOM = 12;
/** Symbols nearer to each other than this are one crowd. [px] */
const REACH_PX = 20;
const BADGE = { height: 13, perDigit: 6, fill: "#1c2426", ink: "#ffffff" };
/** What a badge reaches beyond its symbol. [px] */
const BADGE_ROOM = [20, 8];

/** A symbol that may stand for others (its `crowd`, itself the first) or be stood for (`isBehind`). */
export const CrowdMarker = SymbolMarker.extend({
  crowd: null,
  isBehind: false,

  /** Stand for these markers, or stand behind one that does, or neither. */
  setCrowd(crowd, isBehind) {
    if (!this.crowd && !crowd && this.isBehind === isBehind) return;
    Object.assign(this, { crowd, isBehind });
    this.redraw();
  },

  _updatePath() {
    if (this.isBehind) return;
    SymbolMarker.prototype._updatePath.call(this);
    if (this.crowd && this._renderer._drawing && !this._empty()) drawBadge(this);
  },

  _updateBounds() {
    SymbolMarker.prototype._updateBounds.call(this);
    const { min, max } = this._pxBounds;
    this._pxBounds = L.bounds(min.subtract(BADGE_ROOM), max.add(BADGE_ROOM));
  },

  _containsPoint(point) {
    return !this.isBehind && SymbolMarker.prototype._containsPoint.call(this, point);
  },
});

/** Let the worst of the markers that lie on each other stand for them, as far out as symbols do that. */
export function gather(map, markers) {
  const heads = map.getZoom() < APART_ZOOM ? crowdsOf(map, markers) : new Map(markers.map((one) => [one, [one]]));
  for (const [head, crowd] of heads) {
    head.setCrowd(crowd.length > 1 ? crowd : null, false);
    for (const marker of crowd.slice(1)) marker.setCrowd(null, true);
  }
}

/** Return crowds by the marker that stands for each: the worst, then the one drawn on top. */
function crowdsOf(map, markers) {
  const points = new Map(markers.map((marker) => [marker, map.latLngToLayerPoint(marker.getLatLng())]));
  const ranked = [...markers].sort((a, b) => gradeOf(b) - gradeOf(a) || b.options.rank - a.options.rank);
  const [crowds, heads] = [new Map(), new Map()];
  for (const marker of ranked) {
    const head = nearestHead(heads, points, points.get(marker));
    if (head) crowds.get(head).push(marker);
    else {
      crowds.set(marker, [marker]);
      const square = squareOf(points.get(marker)).join();
      heads.set(square, [...(heads.get(square) ?? []), marker]);
    }
  }
  return crowds;
}

function nearestHead(heads, points, point) {
  const [column, row] = squareOf(point);
  const near = [-1, 0, 1].flatMap((dx) => [-1, 0, 1].flatMap((dy) => heads.get(`${column + dx},${row + dy}`) ?? []));
  const distance = (head) => points.get(head).distanceTo(point);
  const nearest = near.sort((a, b) => distance(a) - distance(b))[0];
  return nearest && distance(nearest) < REACH_PX ? nearest : null;
}

function squareOf({ x, y }) {
  return [Math.floor(x / REACH_PX), Math.floor(y / REACH_PX)];
}

function gradeOf({ options: { severity = 0 } }) {
  return severity;
}

/** Return how many of a crowd have which conclusion, in words, worst first. */
export function describeCrowd(text, crowd) {
  const counts = CONCLUSIONS.map((word, i) => [
    `conclusion.${word}`,
    crowd.filter((marker) => gradeOf(marker) === CONCLUSIONS.length - i).length,
  ]);
  counts.push(["detail.unchecked", crowd.filter((marker) => !gradeOf(marker)).length]);
  const parts = counts.filter(([, n]) => n).map(([key, n]) => `${text.t(key)} ${n}`);
  return text.t("crowd.said", { n: crowd.length, parts: parts.join(text.t("list.separator")) });
}

/** Write a crowd's number beside the upper right corner of its symbol. */
function drawBadge({ crowd, _point: point, _radius: radius, _renderer: { _ctx: pen } }) {
  const words = String(crowd.length);
  const [round, straight] = [BADGE.height / 2, (words.length - 1) * BADGE.perDigit];
  const [x, y] = [point.x + radius * 0.45 + round, point.y - radius];
  pen.globalAlpha = 1;
  pen.beginPath();
  pen.arc(x, y, round, Math.PI / 2, -Math.PI / 2);
  pen.arc(x + straight, y, round, -Math.PI / 2, Math.PI / 2);
  pen.closePath();
  pen.fillStyle = BADGE.fill;
  pen.fill();
  pen.strokeStyle = BADGE.ink;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.stroke();
  pen.font = "600 9.5px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = BADGE.ink;
  pen.fillText(words, x + straight / 2, y + 0.5);
}
