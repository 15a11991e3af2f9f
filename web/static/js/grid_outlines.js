/* Cells of a grid as numbers: what a tile of the server says, and outlines on the square of web Mercator. */

const IDS = 0;
const HOT = 8;
const COLD = 16;
const CLUSTER_BITS = 5;

/** Looks in the order of the server (layers/grid_tiles.py): states first, then colours. */
const STATES = ["missing", "no_object", "zero"];
const COLOURS = ["blue", "yellow", "orange", "red"];
const CLUSTERS = [undefined, "high_high", "low_low", "high_low", "low_high"];

/** Return {state, colour, spot, cluster} of a look of the server. */
export function lookOf(code) {
  const place = code & 7;
  const spot = code & HOT ? "hot" : code & COLD ? "cold" : undefined;
  const found = { spot, cluster: CLUSTERS[code >> CLUSTER_BITS] };
  if (place < STATES.length) return { state: STATES[place], ...found };
  return { state: "value", colour: COLOURS[place - STATES.length], ...found };
}

/** Return {ids, spots, looks} of a tile: ids as pairs of 32 bits, or spots as column and row in pixels. */
export function decodeTile(buffer) {
  const [kind, count] = new Uint32Array(buffer, 0, 2);
  const looks = new Uint8Array(buffer, 8 + count * (kind === IDS ? 8 : 4), count);
  if (kind !== IDS) return { ids: [], spots: new Uint16Array(buffer, 8, 2 * count), looks };
  const halves = new Uint32Array(buffer, 8, 2 * count);
  return { ids: Array.from(looks, (_, i) => [halves[2 * i], halves[2 * i + 1]]), spots: null, looks };
}

/** Return a place on the square: 0 to 1 from its north-west corner. */
export function onSquare(lng, lat) {
  const sine = Math.min(Math.max(Math.sin((lat * Math.PI) / 180), -0.9999), 0.9999);
  return [(lng + 180) / 360, 0.5 - Math.atanh(sine) / (2 * Math.PI)];
}

/** Outlines of cells, computed once: `xy` from `starts[i]` to `starts[i + 1]`, and the box of each. */
export class Outlines {
  constructor(h3, ids) {
    const xy = [];
    this.starts = new Uint32Array(ids.length + 1);
    this.boxes = new Float64Array(4 * ids.length);
    ids.forEach((id, i) => {
      this.boxes.set(trace(h3.cellToBoundary(id), xy), 4 * i);
      this.starts[i + 1] = xy.length;
    });
    this.xy = Float64Array.from(xy);
  }

  /** Return the places of the cells whose box meets another one, (west, north, east, south) on the square. */
  meeting([west, north, east, south]) {
    const found = [];
    for (let i = 0; i < this.starts.length - 1; i += 1) {
      const at = 4 * i;
      const apart =
        this.boxes[at] > east || this.boxes[at + 2] < west || this.boxes[at + 1] > south || this.boxes[at + 3] < north;
      if (!apart) found.push(i);
    }
    return found;
  }
}

/** Append an outline and return its box; across the antimeridian it stays on the side on which it begins. */
function trace(boundary, xy) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  let first = null;
  for (const [lat, lng] of boundary) {
    const [x, y] = onSquare(lng, lat);
    first ??= x;
    const near = x - Math.round(x - first);
    xy.push(near, y);
    box[0] = Math.min(box[0], near);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], near);
    box[3] = Math.max(box[3], y);
  }
  return box;
}
