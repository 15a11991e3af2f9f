/* Where the tiles of a grid get their cells from: tile by tile from the server, or from cells that are here already. */

import { SIGNS, changeStyle, direction, largestChange } from "riskmap/grid_diff.js";
import { Outlines, decodeTile, lookOf, onSquare } from "riskmap/grid_outlines.js";
import { CLUSTER_STYLES, GRID_COLOURS, GRID_STATES, NO_CLUSTER, SPOT_STYLES } from "riskmap/styles.js";

const METRES_PER_PIXEL = 156543;
const EDGES_M = [
  1281256, 483057, 182513, 68979, 26072, 9854, 3725, 1406, 531, 201, 75.9, 28.7, 10.8, 4.1, 1.5, 0.58,
];
const EDGE_PX = 9;
const LETTER_PX = 16;
const DEGREES_AROUND = 2e-6; // addresses carry six decimals
const MARGIN_PX = 4; // edges of cells beyond a tile reach into it
const TILE_PX = 512;

/** Return the run whose cells suit a zoom: the finest with edges of some pixels, else the coarsest. */
export function runForZoom(runs, zoom) {
  const metres = (EDGE_PX * METRES_PER_PIXEL) / 2 ** zoom;
  const sorted = [...runs].sort((a, b) => a.resolution - b.resolution);
  return sorted.filter((run) => EDGES_M[run.resolution] >= metres).at(-1) ?? sorted[0];
}

/** Return how a cell is drawn: by its colour, by its state where it has none, outlined where it is a spot. */
export function cellStyle(cell) {
  const known = cell.state === undefined ? cell.density !== null : cell.state === "value";
  const look = known ? GRID_COLOURS[cell.colour ?? "blue"].area : GRID_STATES[cell.state ?? "missing"];
  return { ...look, ...(SPOT_STYLES[cell.spot] ?? {}) };
}

/** Return how a cell is drawn where clusters are shown: by what local Moran finds, plain where that is nothing. */
export function clusterStyle(cell) {
  if (cell.cluster in CLUSTER_STYLES) return CLUSTER_STYLES[cell.cluster].area;
  return cell.state === "missing" ? GRID_STATES.missing : NO_CLUSTER;
}

/** Return whether cells of a resolution have room for a letter at a zoom; `y` is the row of a tile. */
function hasRoom(resolution, { y, z }) {
  const north = Math.PI * (1 - (2 * (y + 0.5)) / 2 ** (z - 1));
  return (EDGES_M[resolution] * Math.cosh(north) * 2 ** z) / METRES_PER_PIXEL >= LETTER_PX;
}

/** Return the letter of a coloured cell and its ink, null for others; that of its cluster where those are shown. */
function letterOf(text, { state, colour, cluster }, byCluster) {
  if (byCluster) {
    return cluster in CLUSTER_STYLES ? [text.t(`grids.letter.${cluster}`), CLUSTER_STYLES[cluster].ink] : null;
  }
  const coloured = (state === undefined || state === "value") && colour;
  return coloured ? [text.t(`grids.letter.${colour}`), GRID_COLOURS[colour].letter] : null;
}

/** The cells of stored grids, fetched when a tile of them is drawn; the browser keeps what it has fetched. */
export class ServedCells {
  #grounds = new Map();

  /** `runAt` gives the run that is shown at a zoom, `byCluster` says whether its clusters are shown. */
  constructor(app, runAt, byCluster) {
    Object.assign(this, { app, runAt, byCluster });
  }

  async load(coords, signal) {
    const run = this.runAt(coords.z);
    const url = `${this.app.config.gridUrl}/${encodeURIComponent(run.id)}`;
    const [h3, buffer, ground] = await Promise.all([
      import("h3-js"),
      this.app.source.bytes(`${url}/${coords.z - 1}/${coords.x}/${coords.y}`, signal),
      this.#ground(`${url}/ground`),
    ]);
    const { ids, spots, looks } = decodeTile(buffer);
    const known = new Map([...new Set(looks)].map((code) => [code, lookOf(code)]));
    const byCluster = this.byCluster();
    const style = byCluster ? clusterStyle : cellStyle;
    return {
      outlines: new Outlines(h3, ids),
      rows: [...ids.keys()],
      spots,
      looks,
      styles: new Map([...known].map(([code, look]) => [code, style(look)])),
      letters: hasRoom(run.resolution, coords)
        ? new Map([...known].map(([code, look]) => [code, letterOf(this.app.text, look, byCluster)]))
        : null,
      ground,
    };
  }

  /** What there is to see of some looks, as the legend tells it. */
  describe(looks) {
    return { cells: [...looks].map(lookOf), empty: [{ state: "no_object" }, { state: "missing" }], matched: 0 };
  }

  /** Return a cell with its numbers. */
  async find(run, id, h3) {
    const [lat, lng] = h3.cellToLatLng(id);
    const bounds = [lng - DEGREES_AROUND, lat - DEGREES_AROUND, lng + DEGREES_AROUND, lat + DEGREES_AROUND];
    const { cells, empty } = await this.app.source.cells(run.id, { bounds, limit: 10, empty: true });
    return [...cells, ...empty].find((cell) => cell.h3_hex === id);
  }

  #ground(url) {
    if (!this.#grounds.has(url)) this.#grounds.set(url, this.app.source.bytes(url).then(ringsOf));
    return this.#grounds.get(url);
  }
}

/** Return the rings of a GeoJSON area on the square. */
function ringsOf(bytes) {
  const { type, coordinates } = JSON.parse(new TextDecoder().decode(bytes));
  const polygons = type === "MultiPolygon" ? coordinates : [coordinates];
  return polygons.flat().map((ring) => ring.map(([lng, lat]) => onSquare(lng, lat)));
}

/** Cells that are here: of a page that asks no server, or what changed between two grids. */
export class HeldCells {
  /** `matched` is how many there are in the view, held or not; `shown` is "value", "cluster" or "change". */
  constructor(app, h3, cells, matched, shown) {
    const changed = shown === "change";
    const plain = shown === "cluster" ? clusterStyle : cellStyle;
    Object.assign(this, { app, cells, matched });
    this.outlines = new Outlines(h3, cells.map((cell) => cell.h3_hex));
    const largest = changed ? largestChange(cells) : 0;
    const styles = new Map();
    this.letters = new Map();
    this.looks = cells.map((cell) => {
      const style = changed ? changeStyle(cell, largest) : plain(cell);
      const look = `${style.fillColor} ${style.fillOpacity.toFixed(2)} ${style.weight} ${style.dashArray} ${style.hatch}`;
      styles.set(look, style);
      this.letters.set(look, changed ? [SIGNS[direction(cell)], "#1c1c1c"] : letterOf(app.text, cell, shown === "cluster"));
      return look;
    });
    // Outlines of spots lie over their neighbours.
    this.styles = new Map([...styles].sort(([, a], [, b]) => a.weight - b.weight));
  }

  async load(coords) {
    const { outlines, looks, styles } = this;
    const side = TILE_PX * 2 ** (coords.z - 1);
    const place = [coords.x, coords.y, coords.x + 1, coords.y + 1];
    const box = place.map((at, i) => (at * TILE_PX + (i < 2 ? -MARGIN_PX : MARGIN_PX)) / side);
    const rows = outlines.meeting(box);
    const [first] = this.cells;
    const letters = first && hasRoom(parseInt(first.h3_hex[1], 16), coords) ? this.letters : null;
    return { outlines, rows, spots: null, looks, styles, letters, ground: null };
  }

  describe() {
    return { cells: this.cells, empty: [], matched: this.matched };
  }

  async find(run, id) {
    return this.cells.find((cell) => cell.h3_hex === id);
  }
}
