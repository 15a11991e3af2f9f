/* Grids on the tiles of the map: all cells of one look are one path, and ground without cells is drawn as ground. */

import { HATCH_STEP_PX, hatchPattern } from "riskmap/canvas.js";
import { GRID_STATES } from "riskmap/styles.js";

const TILE_PX = 512;
const DOT_STEP_PX = 5;
const PATTERN_PX = HATCH_STEP_PX * DOT_STEP_PX; // patterns of neighbouring tiles fit together
const SPOT_PX = 2;
const LETTER_FONT = '600 11px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

/** A place inside a tile, in pixels; numbers stay small, a canvas knows few digits. */
class Frame {
  constructor({ x, y, z }) {
    this.scale = TILE_PX * 2 ** (z - 1);
    this.shift = [(x * TILE_PX) % PATTERN_PX, (y * TILE_PX) % PATTERN_PX];
    this.origin = [x * TILE_PX - this.shift[0], y * TILE_PX - this.shift[1]];
  }

  x(square) {
    return Math.round(square * this.scale - this.origin[0]);
  }

  y(square) {
    return Math.round(square * this.scale - this.origin[1]);
  }

  /** The tile and a margin for edges, (west, north, east, south). */
  box(margin) {
    const [west, north] = this.shift;
    return [west - margin, north - margin, west + TILE_PX + margin, north + TILE_PX + margin];
  }
}

/**
 * The layer. `load(coords, signal)` returns what a tile shows: {outlines, rows, spots, looks, styles, letters, ground};
 * `styles` and `letters` are by look, `ground` is the rings for which the grid speaks, null where that is not drawn.
 */
export const GridTiles = L.GridLayer.extend({
  options: { tileSize: TILE_PX, minZoom: 1, noWrap: true, zIndex: 3, updateWhenZooming: false },

  initialize(load, options) {
    L.setOptions(this, options);
    this.load = load;
    this.seen = new Map();
    this.on("tileunload", ({ tile }) => this._forget(tile));
  },

  createTile(coords, done) {
    const tile = document.createElement("canvas");
    this.seen.set(tile, { coords, looks: new Set() });
    this._show(tile);
    this._settle(tile).then(
      () => done(null, tile),
      (error) => done(error, tile),
    );
    return tile;
  },

  /** Draw the tiles again with what there is now; they stay where they are meanwhile. */
  repaint() {
    return Promise.all([...this.seen.keys()].map((tile) => this._show(tile)));
  },

  /** Return the looks of the cells on the screen. */
  looks() {
    return new Set([...this.seen.values()].flatMap(({ looks }) => [...looks]));
  },

  /** Load what a tile shows and draw it; what it was to show before is wanted no more. */
  _show(tile) {
    const seen = this.seen.get(tile);
    seen.controller?.abort();
    seen.controller = new AbortController();
    seen.shown = this._draw(tile, seen, seen.controller.signal);
    return seen.shown;
  },

  async _draw(tile, seen, signal) {
    const content = await this.load(seen.coords, signal).catch((error) => {
      if (!signal.aborted) throw error;
    });
    if (signal.aborted) return;
    seen.looks = new Set(content.looks);
    paint(tile, new Frame(seen.coords), content);
  },

  /** Wait for the last drawing of a tile: it may be drawn again before it is there. */
  async _settle(tile) {
    const seen = this.seen.get(tile);
    for (let last = null; last !== seen.shown; ) await (last = seen.shown);
  },

  _forget(tile) {
    this.seen.get(tile)?.controller.abort();
    this.seen.delete(tile);
  },
});

function paint(tile, frame, content) {
  const ratio = L.Browser.retina ? 2 : 1;
  tile.width = tile.height = TILE_PX * ratio; // this clears it as well
  const pen = tile.getContext("2d");
  pen.scale(ratio, ratio);
  pen.translate(-frame.shift[0], -frame.shift[1]);
  pen.lineJoin = "round";
  const draw = content.spots ? spotTracer(pen, frame, content) : cellTracer(pen, frame, content);
  if (content.ground) {
    paintGround(pen, frame, content.ground, draw);
    erase(pen, draw);
  }
  for (const [look, style] of content.styles) if (draw(look)) paintLook(pen, style, !content.spots);
  if (content.letters && !content.spots) writeLetters(pen, frame, content);
}

/** Return what traces all cells of a look, or of all looks, and says whether there are any. */
function cellTracer(pen, frame, { outlines: { starts, xy }, rows, looks }) {
  return (wanted) => {
    let any = false;
    pen.beginPath();
    for (const row of rows) {
      if (wanted !== undefined && looks[row] !== wanted) continue;
      any = true;
      pen.moveTo(frame.x(xy[starts[row]]), frame.y(xy[starts[row] + 1]));
      for (let i = starts[row] + 2; i < starts[row + 1]; i += 2) pen.lineTo(frame.x(xy[i]), frame.y(xy[i + 1]));
      pen.closePath();
    }
    return any;
  };
}

function spotTracer(pen, frame, { spots, looks }) {
  return (wanted) => {
    let any = false;
    pen.beginPath();
    for (let i = 0; i < looks.length; i += 1) {
      if (wanted !== undefined && looks[i] !== wanted) continue;
      any = true;
      pen.rect(spots[2 * i] + frame.shift[0], spots[2 * i + 1] + frame.shift[1], SPOT_PX, SPOT_PX);
    }
    return any;
  };
}

function paintLook(pen, { fillColor, fillOpacity, hatch, color, weight, dashArray }, edges) {
  pen.globalAlpha = fillOpacity;
  pen.fillStyle = fillColor;
  pen.fill();
  if (hatch) paintHatch(pen, hatch);
  pen.globalAlpha = 1;
  if (edges) strokeEdge(pen, color, weight, dashArray);
}

function paintHatch(pen, hatch) {
  pen.globalAlpha = 0.9;
  pen.fillStyle = hatchPattern(pen, hatch);
  pen.fill("evenodd");
}

/** A line of dots is a line in a pattern of dots: to cut thousands of edges into dots takes ten times as long. */
function strokeEdge(pen, color, weight, dashArray) {
  const dotted = dashArray === GRID_STATES.missing.dashArray;
  pen.strokeStyle = dotted ? dotPattern(pen, color) : color;
  pen.lineWidth = weight;
  pen.setLineDash(dashArray && !dotted ? dashArray.split(" ").map(Number) : []);
  pen.stroke();
  pen.setLineDash([]);
}

/** One pixel in five of every row, column and diagonal. */
function dotPattern(pen, color) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = DOT_STEP_PX;
  const dots = tile.getContext("2d");
  dots.fillStyle = color;
  for (let i = 0; i < DOT_STEP_PX; i += 1) dots.fillRect(i, (2 * i) % DOT_STEP_PX, 1, 1);
  return pen.createPattern(tile, "repeat");
}

/** No data: dotted grey up to a dotted edge. Data, and nothing there: hatched. */
function paintGround(pen, frame, rings, traceCells) {
  const { missing, no_object: empty } = GRID_STATES;
  const known = clip(frame, rings);
  const [west, north, east, south] = frame.box(0);
  pen.save();
  traceRings(pen, known);
  pen.rect(west, north, east - west, south - north);
  pen.clip("evenodd");
  pen.globalAlpha = missing.fillOpacity;
  pen.fillStyle = missing.fillColor;
  pen.fillRect(west, north, east - west, south - north);
  pen.globalAlpha = 0.3;
  pen.fillStyle = dotPattern(pen, missing.color);
  pen.fillRect(west, north, east - west, south - north);
  pen.globalAlpha = 1;
  // Half of these edges lies inside cells and is erased with them: what stays is the border of what has no data.
  if (traceCells()) strokeEdge(pen, missing.color, 2 * missing.weight, missing.dashArray);
  pen.restore();
  if (!known.length) return;
  traceRings(pen, known);
  pen.globalAlpha = empty.fillOpacity;
  pen.fillStyle = empty.fillColor;
  pen.fill("evenodd");
  paintHatch(pen, empty.hatch);
  pen.globalAlpha = 1;
  strokeEdge(pen, missing.color, missing.weight, missing.dashArray);
}

function clip(frame, rings) {
  const [west, north, east, south] = frame.box(PATTERN_PX);
  const box = L.bounds([west, north], [east, south]);
  const placed = rings.map((ring) => ring.map(([x, y]) => L.point(frame.x(x), frame.y(y))));
  return placed.map((ring) => L.PolyUtil.clipPolygon(ring, box)).filter((ring) => ring.length > 2);
}

function traceRings(pen, rings) {
  pen.beginPath();
  for (const ring of rings) {
    ring.forEach(({ x, y }, i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
  }
}

/** Cells are seen through: nothing of the ground may shine from below. */
function erase(pen, draw) {
  pen.globalAlpha = 1;
  pen.globalCompositeOperation = "destination-out";
  if (draw()) pen.fill();
  pen.globalCompositeOperation = "source-over";
}

/** Colours carry their letter, for readers who do not tell them apart. */
function writeLetters(pen, frame, { outlines: { boxes }, rows, looks, letters }) {
  pen.font = LETTER_FONT;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const row of rows) {
    const [letter, colour] = letters.get(looks[row]) ?? [];
    if (!letter) continue;
    pen.fillStyle = colour;
    const [x, y] = [boxes[4 * row] + boxes[4 * row + 2], boxes[4 * row + 1] + boxes[4 * row + 3]];
    pen.fillText(letter, frame.x(x / 2), frame.y(y / 2) + 0.5);
  }
}
