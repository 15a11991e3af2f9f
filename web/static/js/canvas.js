/* Leaflet's canvas with two more things: hatching, and symbols that carry a letter. */

export const HATCH_STEP_PX = 6;

/** Canvas renderer that hatches paths whose options say so. */
export const RiskCanvas = L.Canvas.extend({
  _fillStroke(ctx, layer) {
    L.Canvas.prototype._fillStroke.call(this, ctx, layer);
    if (!layer.options.hatch) return;
    ctx.globalAlpha = layer.options.hatchOpacity ?? 0.9;
    ctx.fillStyle = hatchPattern(ctx, layer.options.hatch);
    ctx.fill("evenodd");
  },

  _updateSymbol(layer) {
    if (!this._drawing || layer._empty()) return;
    const ctx = this._ctx;
    ctx.beginPath();
    tracePath(ctx, layer.options.shape, layer._point, Math.max(Math.round(layer._radius), 1));
    this._fillStroke(ctx, layer);
    const { letter, hatch, fillColor, letterColor = "#fff", shape } = layer.options;
    if (!letter) return;
    ctx.globalAlpha = 1;
    if (hatch) clearCentre(ctx, shape, layer._point, layer._radius, fillColor);
    writeLetter(ctx, shape, layer._point, layer._radius, letter, letterColor);
  },
});

/** A point drawn as a shape of fixed size on the screen, with a letter where its options have one. */
export const SymbolMarker = L.CircleMarker.extend({
  _updatePath() {
    this._renderer._updateSymbol(this);
  },
});

const PATTERNS = new Map();

/** Return the hatching of a colour, repeated every `HATCH_STEP_PX`. */
export function hatchPattern(ctx, colour) {
  if (!PATTERNS.has(colour)) PATTERNS.set(colour, ctx.createPattern(hatchTile(colour), "repeat"));
  return PATTERNS.get(colour);
}

function hatchTile(colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH_STEP_PX;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6;
  pen.beginPath();
  for (const shift of [-HATCH_STEP_PX, 0, HATCH_STEP_PX]) {
    pen.moveTo(shift - 1, HATCH_STEP_PX + 1);
    pen.lineTo(shift + HATCH_STEP_PX + 1, -1);
  }
  pen.stroke();
  return tile;
}

const CORNERS = {
  square: [
    [-0.88, -0.88],
    [0.88, -0.88],
    [0.88, 0.88],
    [-0.88, 0.88],
  ],
  diamond: [
    [0, -1.15],
    [1.15, 0],
    [0, 1.15],
    [-1.15, 0],
  ],
  triangle: [
    [0, -1.2],
    [1.15, 0.85],
    [-1.15, 0.85],
  ],
  hexagon: [
    [-1.08, 0],
    [-0.54, -0.94],
    [0.54, -0.94],
    [1.08, 0],
    [0.54, 0.94],
    [-0.54, 0.94],
  ],
};

/** Trace the outline of a symbol. */
export function tracePath(ctx, shape, point, radius) {
  const corners = CORNERS[shape];
  if (!corners) {
    ctx.arc(point.x, point.y, radius, 0, Math.PI * 2);
    return;
  }
  for (const [x, y] of corners) ctx.lineTo(point.x + x * radius, point.y + y * radius);
  ctx.closePath();
}

/** Clear the middle of a hatched symbol: a letter is not read on hatching, which stays around it. */
export function clearCentre(ctx, shape, point, radius, colour) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.arc(point.x, point.y + dropOf(shape, radius), radius * 0.72, 0, Math.PI * 2);
  ctx.fill();
}

/** Write the letter of a symbol. */
export function writeLetter(ctx, shape, point, radius, letter, colour) {
  ctx.font = `600 ${Math.round(radius * 1.25)}px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = colour;
  ctx.fillText(letter, point.x, point.y + dropOf(shape, radius) + 0.5);
}

/** Return how far below its middle a symbol is widest. [px] */
function dropOf(shape, radius) {
  return shape === "triangle" ? radius * 0.22 : 0;
}
