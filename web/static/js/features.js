/* Loads what the view shows, layer by layer, and draws it. What is left out is said, never dropped silently. */

import { CrowdMarker, gather } from "riskmap/crowds.js";
import { drawFeature, featureId, symbolScale } from "riskmap/shapes.js";
import { OWN_CONTROL, layerStyle } from "riskmap/styles.js";
import { TileStack, TileView } from "riskmap/tiles.js";

const PAUSE_MS = 180;
const PADDING = 0.25;

export class FeatureView {
  #timer = null;

  constructor(app) {
    this.app = app;
    this.states = new Map();
    this.tiled = new Map();
    this.stack = new TileStack(app);
    this.stopped = false;
    app.on("layers", (layers) => this.#addLayers(layers));
    app.on("verdicts", (slugs) => this.#redraw(slugs));
    app.map.options.renderer = app.canvas; // one canvas for all: a second one above would take the first one's clicks
    app.map.on("moveend", () => this.#refreshSoon());
    app.map.on("zoomend", () => this.#scaleSymbols());
    app.map.on("click", (event) => this.#openTiled(event));
  }

  #addLayers(layers) {
    for (const layer of layers) {
      if (OWN_CONTROL.has(layer.slug) || !layer.geometry.length) continue;
      const style = layerStyle(layer.slug);
      const visible = this.#isWanted(layer, style);
      if (layer.count > this.app.config.featureLimit && this.app.source.hasTiles) {
        this.#addTiled(layer, visible);
        continue;
      }
      this.states.set(layer.slug, {
        slug: layer.slug,
        style,
        visible,
        count: layer.count,
        features: [],
        drawn: new Map(),
        opacity: this.app.wanted.opacity.get(layer.slug) ?? 1,
        group: L.layerGroup().addTo(this.app.map),
      });
    }
  }

  /** Layers too large to be sent whole come as tiles, drawn below the others. */
  #addTiled(layer, visible) {
    const view = new TileView(this.stack, layer, this.app.wanted.opacity.get(layer.slug) ?? 1);
    this.tiled.set(layer.slug, view);
    view.setVisible(visible);
  }

  #openTiled({ latlng }) {
    if (this.app.busy) return;
    const ranked = [...this.tiled.values()].sort((a, b) => layerStyle(b.slug).rank - layerStyle(a.slug).rank);
    for (const view of ranked) {
      const props = view.at(latlng);
      if (props) return view.open(props, latlng);
    }
    this.app.emit("ground", latlng.wrap());
  }

  /** Whether a layer is on at first: as the address says, else by its style where it holds anything. */
  #isWanted({ slug, count }, style) {
    const { on, off } = this.app.wanted;
    return on.has(slug) || (style.on && count > 0 && !off.has(slug));
  }

  /** Whether a layer can be shown here. */
  has(slug) {
    return this.tiled.has(slug) || this.states.has(slug);
  }

  /** Return how opaque a layer is. */
  opacityOf(slug) {
    return this.tiled.get(slug)?.symbolizer.opacity ?? this.states.get(slug).opacity;
  }

  /** Return where the view differs from the first one: layers {on, off}, and the {opacity} of those that are not full. */
  choices() {
    const slugs = [...this.states.keys(), ...this.tiled.keys()].sort();
    const usual = (slug) => layerStyle(slug).on && this.app.layer(slug).count > 0;
    return {
      on: new Set(slugs.filter((slug) => this.isVisible(slug) && !usual(slug))),
      off: new Set(slugs.filter((slug) => !this.isVisible(slug) && usual(slug))),
      opacity: new Map(slugs.map((slug) => [slug, this.opacityOf(slug)]).filter(([, share]) => share < 1)),
    };
  }

  /** Whether a layer is shown, at zooms at which it can be. */
  isVisible(slug) {
    return (this.tiled.get(slug) ?? this.states.get(slug)).visible;
  }

  /** Show or hide a layer. */
  setVisible(slug, visible) {
    if (this.tiled.has(slug)) return this.tiled.get(slug).setVisible(visible);
    const state = this.states.get(slug);
    state.visible = visible;
    return this.#load(state).then((drawn) => this.#finish(drawn));
  }

  /** Load what is missing in the current view. */
  async refresh() {
    const drawn = await Promise.all([...this.states.values()].map((state) => this.#load(state)));
    this.#finish(drawn.includes(true));
  }

  /** Load a layer again, after something in it was changed. */
  reload(slug) {
    const state = this.states.get(slug);
    if (!state) return this.renewTiles();
    Object.assign(state, { complete: false, pending: null });
    return this.refresh();
  }

  /** Ask for new tiles of layers that have changed, or of which something else was found. */
  async renewTiles() {
    if (!this.tiled.size) return;
    try {
      for (const { slug, tile_version } of (await this.app.source.layers()).layers) {
        this.app.layer(slug).tile_version = tile_version;
        this.tiled.get(slug)?.renew(tile_version);
      }
    } catch (error) {
      this.app.report(error);
    }
  }

  /** Draw nothing any more: the map goes. */
  stop() {
    this.stopped = true;
    clearTimeout(this.#timer);
    for (const state of this.states.values()) state.controller?.abort();
  }

  /** Load everything again: the source gives the state of another day. */
  reloadAll() {
    for (const state of this.states.values()) Object.assign(state, { complete: false, pending: null });
    this.stack.renew();
    return this.refresh();
  }

  /** Return what was drawn for a feature. */
  shapes(slug, id) {
    return this.states.get(slug)?.drawn.get(String(id)) ?? [];
  }

  /** Draw layers again, in the present verdicts' colours. */
  #redraw(slugs) {
    for (const slug of slugs) {
      if (this.states.has(slug)) this.#draw(this.states.get(slug));
    }
    if ([...slugs].some((slug) => this.tiled.has(slug))) this.stack.redraw();
    this.#order();
    this.app.emit("drawn");
  }

  /** Set how opaque a layer is, 0 to 1. */
  setOpacity(slug, opacity) {
    if (this.tiled.has(slug)) return this.tiled.get(slug).setOpacity(opacity);
    const state = this.states.get(slug);
    state.opacity = opacity;
    this.#draw(state);
    this.#order();
  }

  #refreshSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), PAUSE_MS);
  }

  /** Load what the view shows of a layer; true when it was drawn anew. */
  async #load(state) {
    const { map, source, config } = this.app;
    if (!state.visible || map.getZoom() < (state.style.minZoom ?? 0)) return this.#clear(state);
    if (state.complete && state.bounds.contains(map.getBounds())) return false;
    if (state.pending?.contains(map.getBounds())) return false;
    state.controller?.abort();
    state.controller = new AbortController();
    const bounds = map.getBounds().pad(PADDING);
    state.pending = bounds;
    try {
      const answer = await source.features(state.slug, {
        bounds: clipped(bounds),
        limit: config.featureLimit,
        signal: state.controller.signal,
      });
      if (this.stopped) return false;
      Object.assign(state, {
        bounds,
        features: answer.features,
        shown: answer.number_returned,
        matched: answer.number_matched,
        complete: answer.number_returned >= answer.number_matched,
      });
      this.#draw(state);
      return true;
    } catch (error) {
      this.app.report(error);
      return false;
    } finally {
      if (state.pending === bounds) state.pending = null;
    }
  }

  #clear(state) {
    state.controller?.abort();
    if (!state.bounds) return false;
    Object.assign(state, { bounds: null, complete: false, features: [], shown: 0, matched: 0 });
    this.#draw(state);
    return true;
  }

  #draw(state) {
    state.group.clearLayers();
    state.drawn.clear();
    for (const feature of state.features) {
      const shapes = drawFeature(this.app, state.slug, feature);
      state.drawn.set(featureId(feature), shapes);
      for (const shape of shapes) state.group.addLayer(faded(shape, state.opacity));
    }
  }

  #finish(anythingDrawn) {
    if (this.stopped) return;
    if (anythingDrawn) this.#order();
    this.app.emit("drawn");
    for (const { slug, visible, shown, matched } of this.states.values())
      this.app.setCoverage(slug, shown ?? 0, visible ? (matched ?? 0) : 0);
  }

  /** Layers arrive in any order; the canvas draws in the order of the ranks. */
  #order() {
    const byRank = [...this.states.values()].sort((a, b) => a.style.rank - b.style.rank);
    for (const state of byRank) {
      for (const shapes of state.drawn.values()) for (const shape of shapes) shape.bringToFront?.();
    }
    this.app.emit("ordered");
    this.raiseVerdicts();
    this.#gatherSymbols();
  }

  /** Lay the symbols of verdicts on top of all else, the worst last. */
  raiseVerdicts() {
    const marked = this.#allShapes().filter((shape) => shape.options.severity);
    for (const shape of marked.sort((a, b) => a.options.severity - b.options.severity)) shape.bringToFront();
  }

  #scaleSymbols() {
    const scale = symbolScale(this.app.map.getZoom());
    for (const state of this.states.values()) {
      state.group.eachLayer((shape) => {
        if (shape.options.baseRadius) shape.setRadius(shape.options.baseRadius * scale);
      });
    }
    this.#gatherSymbols();
  }

  #gatherSymbols() {
    gather(this.app.map, this.#allShapes().filter((shape) => shape instanceof CrowdMarker));
  }

  /** Return the symbols of facilities that are to be seen, without those for which another stands. */
  symbols() {
    return this.#allShapes().filter((shape) => shape instanceof CrowdMarker && !shape.isBehind);
  }

  #allShapes() {
    return [...this.states.values()].flatMap((state) => [...state.drawn.values()].flat());
  }
}

function faded(shape, opacity) {
  if (opacity < 1 && shape.setStyle) {
    shape.setStyle({ opacity, fillOpacity: (shape.options.fillOpacity ?? 1) * opacity, hatchOpacity: opacity });
  }
  return shape;
}

/** Return (west, south, east, north) of Leaflet bounds, inside the world. */
export function clipped(bounds) {
  return [
    Math.max(bounds.getWest(), -180),
    Math.max(bounds.getSouth(), -90),
    Math.min(bounds.getEast(), 180),
    Math.min(bounds.getNorth(), 90),
  ];
}
