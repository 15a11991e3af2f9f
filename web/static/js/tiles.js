/* Layers of very many features, as vector tiles: a symbol that stands for several carries their number. */

import { clearCentre, hatchPattern, tracePath, writeLetter } from "riskmap/canvas.js";
import { symbolScale } from "riskmap/shapes.js";
import { layerStyle, pointOptions, riverOptions, verdictStyle } from "riskmap/styles.js";
import { letterKey } from "riskmap/verdicts.js";

const POINT = 1;
const POLYGON = 3;
const REACH_PX = 12;
const DEEPEST = 16;
const MARKED_PX = 9;
const TWO_LINES_PX = 12.5;

/** Properties of a symbol for several facilities: how many have their worst finding in each list, worst first. */
const LISTS = ["fail", "undecidable", "legacy", "conditional", "pass"];

/** Draws the features of one layer on the canvas of a tile. */
class LayerSymbolizer {
  constructor(app, slug) {
    Object.assign(this, { app, slug, style: layerStyle(slug), opacity: 1 });
  }

  draw(pen, geometry, zoom, feature) {
    const mark = this.markOf(feature.props);
    const look = mark ? { ...verdictStyle(mark.verdict, mark.decided), letter: this.app.text.t(letterKey(mark)) } : null;
    pen.globalAlpha = this.opacity;
    if (feature.geomType === POINT) this.#drawSymbol(pen, geometry[0][0], feature.props, look);
    else this.#drawShape(pen, geometry, feature, look);
  }

  /** Return the worst mark of what a symbol stands for, or null; of former days only single findings are known. */
  markOf({ mark, id, n }) {
    const { verdicts } = this.app;
    if (mark === undefined) return n === 1 ? verdicts.whole(this.slug, String(id)) : null;
    const [verdict, crossed] = mark.split("?");
    return verdicts.mark({ verdict, decided: crossed === undefined, if_crossed: crossed || null });
  }

  #drawSymbol(pen, point, props, look) {
    const { shape, radius, fillColor, color, weight } = pointOptions(this.style);
    const grown = props.n > 1 ? 2 + 2 * Math.log10(props.n) : 0;
    const size = (look ? MARKED_PX : radius) * symbolScale(this.app.map.getZoom()) + grown;
    const drawn = look && grown ? Math.max(size, TWO_LINES_PX) : size;
    pen.beginPath();
    tracePath(pen, shape, point, drawn);
    fillPath(pen, look ?? { fill: fillColor });
    strokePath(pen, look?.edge ?? color, look ? 1.5 : weight, look?.dash);
    if (look?.hatch) clearCentre(pen, shape, point, grown ? drawn * 1.15 : drawn, look.fill);
    if (look && grown) writeTwoLines(pen, point, look, props);
    else if (look) writeLetter(pen, shape, point, drawn, look.letter, look.ink);
    else if (grown) writeNumber(pen, point, props.n);
  }

  #drawShape(pen, rings, feature, look) {
    const { color, weight, fillColor = color, fillOpacity = 0, dashArray } = this.style;
    const own = this.slug === "rivers" ? riverOptions(feature.props) : {};
    pen.beginPath();
    for (const ring of rings) ring.forEach(({ x, y }, i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    if (feature.geomType === POLYGON) {
      pen.globalAlpha = this.opacity * (look ? 0.45 : fillOpacity);
      fillPath(pen, look ?? { fill: fillColor });
    }
    pen.globalAlpha = this.opacity;
    const dash = look?.dash ?? own.dashArray ?? dashArray;
    strokePath(pen, look?.edge ?? own.color ?? color, own.weight ?? weight, dash);
    if (look && feature.geomType === POLYGON) this.#drawSymbol(pen, middleOf(rings[0]), feature.props, look);
  }
}

function fillPath(pen, { fill, hatch }) {
  pen.fillStyle = fill;
  pen.fill("evenodd");
  if (!hatch) return;
  pen.fillStyle = hatchPattern(pen, hatch);
  pen.fill("evenodd");
}

function strokePath(pen, colour, weight, dash) {
  pen.strokeStyle = colour;
  pen.lineWidth = weight;
  pen.setLineDash(dash?.split(" ").map(Number) ?? []);
  pen.stroke();
  pen.setLineDash([]);
}

function middleOf(ring) {
  const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2;
  return { x: middle(ring.map(({ x }) => x)), y: middle(ring.map(({ y }) => y)) };
}

/** Write what is worst among several and how many it is of, then how many there are. */
function writeTwoLines(pen, point, { letter, ink }, props) {
  const worst = props[LISTS.find((list) => props[list])];
  writeLine(pen, point.x, point.y - 4, letter + shortNumber(worst), ink);
  writeLine(pen, point.x, point.y + 5, shortNumber(props.n), ink);
}

function writeNumber(pen, point, number) {
  writeLine(pen, point.x, point.y + 0.5, shortNumber(number), "#ffffff");
}

function writeLine(pen, x, y, words, colour) {
  pen.font = "600 9px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = colour;
  pen.fillText(words, x, y);
}

function shortNumber(number) {
  return number < 1000 ? String(number) : `${(number / 1000).toFixed(number < 10000 ? 1 : 0)}k`;
}

/** All layers that are drawn from tiles: one request and one canvas for each place, however many they are. */
export class TileStack {
  #asked = null;

  constructor(app) {
    this.app = app;
    this.views = [];
    this.tiles = null;
    app.map.on("zoom", () => this.#refresh()); // some layers are asked for only from a zoom on
  }

  add(view) {
    this.views.push(view);
    this.views.sort((a, b) => a.symbolizer.style.rank - b.symbolizer.style.rank);
  }

  /** Ask for what is to be shown now: once, whatever else changes at this moment. */
  renew() {
    queueMicrotask(() => this.#refresh());
  }

  /** Draw again, in the present verdicts' colours. */
  redraw() {
    this.tiles?.rerenderTiles();
  }

  /** Return the features of a layer near a place, the topmost last. */
  query(slug, { lng, lat }) {
    const found = this.tiles?.queryTileFeaturesDebug(lng, lat, REACH_PX).values() ?? [];
    return [...found].flat().filter(({ layerName }) => layerName === slug);
  }

  /** Ask for the tiles of the layers that are shown at this zoom, unless they are here already. */
  #refresh() {
    const zoom = Math.round(this.app.map.getZoom());
    const shown = this.views.filter((view) => view.isShownAt(zoom));
    const url = shown.length ? this.#address(shown) : null;
    if (url === this.#asked) return;
    this.#asked = url;
    this.tiles?.remove();
    this.tiles = url && this.#makeTiles(url, shown).addTo(this.app.map);
  }

  #address(shown) {
    const at = this.app.moment ? `?at=${this.app.moment}` : "";
    const joined = (name) => shown.map((view) => view[name]).join(",");
    return `${this.app.config.tileUrl}/${joined("slug")}/${joined("version")}/{z}/{x}/{y}${at}`;
  }

  #makeTiles(url, shown) {
    return protomapsL.leafletLayer({
      url,
      paintRules: shown.map(({ slug, symbolizer }) => ({ dataLayer: slug, symbolizer })),
      labelRules: [],
      maxDataZoom: DEEPEST,
      zIndex: 4, // above base maps, rasters and grids
      attribution: "",
      noWrap: true,
    });
  }
}

/** One layer of the map, drawn from tiles. */
export class TileView {
  constructor(stack, layer, opacity) {
    Object.assign(this, { stack, app: stack.app, slug: layer.slug, version: layer.tile_version, visible: false });
    this.symbolizer = new LayerSymbolizer(this.app, layer.slug);
    this.symbolizer.opacity = opacity;
    stack.add(this);
  }

  isShownAt(zoom) {
    return this.visible && zoom >= (this.symbolizer.style.minZoom ?? 0);
  }

  /** Ask for the tiles of another version. */
  renew(version) {
    this.version = version;
    this.stack.renew();
  }

  setVisible(visible) {
    this.visible = visible;
    this.stack.renew();
  }

  setOpacity(opacity) {
    this.symbolizer.opacity = opacity;
    this.stack.redraw();
  }

  /** Return the properties of the topmost feature at a place, or null. */
  at(latlng) {
    if (this.symbolizer.style.passive) return null;
    return this.stack.query(this.slug, latlng).at(-1)?.feature.props ?? null;
  }

  /** Open what stands at a place: one feature, or a closer look where there are several. */
  open(props, latlng) {
    const { map } = this.app;
    if (props.n > 1 && map.getZoom() < map.getMaxZoom()) map.setView(latlng, map.getZoom() + 2);
    else this.app.emit("open", { layer: this.slug, id: props.id });
  }
}
