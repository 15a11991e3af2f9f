/* Layers of very many features, as vector tiles: a symbol that stands for several carries their number. */

import { tracePath } from "riskmap/canvas.js";
import { symbolScale } from "riskmap/shapes.js";
import { layerStyle, pointOptions, riverOptions, verdictStyle } from "riskmap/styles.js";

const POINT = 1;
const POLYGON = 3;
const REACH_PX = 12;
const DEEPEST = 16;

/** Draws the features of one layer on the canvas of a tile. */
class LayerSymbolizer {
  constructor(app, slug) {
    Object.assign(this, { app, slug, style: layerStyle(slug), opacity: 1 });
  }

  draw(pen, geometry, zoom, feature) {
    const verdict = this.app.verdicts.whole(this.slug, String(feature.props.id));
    const look = verdict && feature.props.n === 1 ? verdictStyle(verdict.verdict, verdict.decided) : null;
    pen.globalAlpha = this.opacity;
    if (feature.geomType === POINT) this.#drawSymbol(pen, geometry[0][0], feature.props.n, look);
    else this.#drawShape(pen, geometry, feature, look);
  }

  #drawSymbol(pen, point, number, look) {
    const { shape, radius, fillColor, color, weight } = pointOptions(this.style);
    const size = radius * symbolScale(this.app.map.getZoom()) + (number > 1 ? 2 + 2 * Math.log10(number) : 0);
    pen.beginPath();
    tracePath(pen, shape, point, size);
    pen.fillStyle = look?.fill ?? fillColor;
    pen.fill();
    pen.strokeStyle = look?.edge ?? color;
    pen.lineWidth = weight;
    pen.stroke();
    if (number > 1) writeNumber(pen, point, number);
  }

  #drawShape(pen, rings, feature, look) {
    const { color, weight, fillColor = color, fillOpacity = 0, dashArray } = this.style;
    const own = this.slug === "rivers" ? riverOptions(feature.props) : {};
    pen.beginPath();
    for (const ring of rings) ring.forEach(({ x, y }, i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    if (feature.geomType === POLYGON) {
      pen.globalAlpha = this.opacity * (look ? 0.45 : fillOpacity);
      pen.fillStyle = look?.fill ?? fillColor;
      pen.fill("evenodd");
    }
    pen.globalAlpha = this.opacity;
    pen.strokeStyle = look?.edge ?? own.color ?? color;
    pen.lineWidth = own.weight ?? weight;
    pen.setLineDash((own.dashArray ?? dashArray)?.split(" ").map(Number) ?? []);
    pen.stroke();
    pen.setLineDash([]);
  }
}

function writeNumber(pen, point, number) {
  pen.font = "600 9px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = "#ffffff";
  pen.fillText(shortNumber(number), point.x, point.y + 0.5);
}

function shortNumber(number) {
  return number < 1000 ? String(number) : `${(number / 1000).toFixed(number < 10000 ? 1 : 0)}k`;
}

/** One layer of the map, drawn from tiles. */
export class TileView {
  constructor(app, layer, opacity) {
    Object.assign(this, { app, slug: layer.slug, version: layer.data_version });
    this.symbolizer = new LayerSymbolizer(app, layer.slug);
    this.symbolizer.opacity = opacity;
    this.tiles = this.#makeTiles();
  }

  #makeTiles() {
    const { app, slug, version } = this;
    const at = app.moment ? `?at=${app.moment}` : "";
    return protomapsL.leafletLayer({
      url: `${app.config.tileUrl}/${encodeURIComponent(slug)}/${version}/{z}/{x}/{y}${at}`,
      paintRules: [{ dataLayer: slug, symbolizer: this.symbolizer }],
      labelRules: [],
      maxDataZoom: DEEPEST,
      minZoom: this.symbolizer.style.minZoom ?? 0,
      zIndex: 4, // above base maps, rasters and grids
      attribution: "",
      noWrap: true,
    });
  }

  /** Ask for the tiles of the day that is shown now. */
  reload() {
    this.tiles.remove();
    this.tiles = this.#makeTiles();
    this.setVisible(this.visible);
  }

  setVisible(visible) {
    this.visible = visible;
    if (visible) this.tiles.addTo(this.app.map);
    else this.tiles.remove();
  }

  setOpacity(opacity) {
    this.symbolizer.opacity = opacity;
    this.tiles.rerenderTiles();
  }

  /** Draw again, in the present verdicts' colours. */
  redraw() {
    this.tiles.rerenderTiles();
  }

  /** Return the properties of the topmost feature at a place, or null. */
  at({ lng, lat }) {
    if (!this.app.map.hasLayer(this.tiles) || this.symbolizer.style.passive) return null;
    const found = [...this.tiles.queryTileFeaturesDebug(lng, lat, REACH_PX).values()].flat();
    return found.at(-1)?.feature.props ?? null;
  }

  /** Open what stands at a place: one feature, or a closer look where there are several. */
  async open(props, latlng) {
    const { app } = this;
    if (props.n > 1 && app.map.getZoom() < app.map.getMaxZoom()) {
      app.map.setView(latlng, app.map.getZoom() + 2);
      return;
    }
    try {
      app.emit("select", { layer: this.slug, feature: await app.source.feature(this.slug, props.id) });
    } catch (error) {
      app.report(error);
    }
  }
}
