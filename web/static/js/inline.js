/* Where data comes from on a page that asks no server: the page itself. */

import { SourceError } from "riskmap/source.js";

export class InlineSource {
  constructor(data, text) {
    this.data = data;
    this.text = text;
    this.canCheck = false;
  }

  async layers() {
    return { layers: this.data.layers };
  }

  async features(slug, { bounds, limit, filter = {} }) {
    return selection(this.data.features[slug] ?? [], bounds, limit, filter);
  }

  async feature(slug, id) {
    const found = (this.data.features[slug] ?? []).find((feature) => String(feature.id) === String(id));
    if (!found) throw new SourceError(this.text.t("error.not_in_file"), 404);
    return found;
  }

  async search(wanted) {
    const needle = wanted.toLowerCase();
    const hits = [];
    for (const [layer, features] of Object.entries(this.data.features)) {
      for (const feature of features) if (mentions(feature, needle)) hits.push(hitOf(layer, feature));
    }
    return { hits: hits.slice(0, 20) };
  }

  async findings({ bounds, limit, filter = {} } = {}) {
    return selection(this.data.findings, bounds, limit, filter);
  }

  async findingsSummary() {
    return this.data.summary;
  }

  async grids() {
    return { grids: this.data.grids.map((grid) => grid.run) };
  }

  async cells(run) {
    const grid = this.data.grids.find((one) => one.run.id === run);
    const cells = grid?.cells ?? [];
    return { cells, number_matched: cells.length, number_returned: cells.length };
  }

  async check() {
    throw new SourceError(this.text.t("check.needs_server"), 501);
  }
}

function selection(features, bounds, limit = Infinity, filter) {
  const wanted = Object.entries(filter);
  const found = features.filter(
    (feature) =>
      wanted.every(([name, value]) => [value].flat().includes(feature.properties[name])) &&
      (!bounds || touches(boundsOf(feature), bounds)),
  );
  const shown = found.slice(0, limit);
  return { type: "FeatureCollection", features: shown, number_matched: found.length, number_returned: shown.length };
}

function mentions(feature, needle) {
  const { name, id } = feature.properties;
  return `${name ?? ""}\n${id ?? feature.id}`.toLowerCase().includes(needle);
}

function hitOf(layer, feature) {
  const [west, south, east, north] = boundsOf(feature) ?? [null, null, null, null];
  const centre = west === null ? [null, null] : [(west + east) / 2, (south + north) / 2];
  return { layer, id: String(feature.id), name: feature.properties.name, lon: centre[0], lat: centre[1] };
}

function touches(box, bounds) {
  return box && box[0] <= bounds[2] && box[2] >= bounds[0] && box[1] <= bounds[3] && box[3] >= bounds[1];
}

const BOXES = new WeakMap();

/** Return (west, south, east, north) of a feature, or null without geometry. */
export function boundsOf(feature) {
  if (!feature.geometry) return null;
  if (!BOXES.has(feature)) BOXES.set(feature, boxOf(feature.geometry));
  return BOXES.get(feature);
}

function boxOf(geometry) {
  const parts = geometry.geometries?.map((one) => one.coordinates) ?? geometry.coordinates;
  const numbers = parts.flat(Infinity);
  const step = positionLength(parts);
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < numbers.length; i += step) {
    box[0] = Math.min(box[0], numbers[i]);
    box[1] = Math.min(box[1], numbers[i + 1]);
    box[2] = Math.max(box[2], numbers[i]);
    box[3] = Math.max(box[3], numbers[i + 1]);
  }
  return box;
}

function positionLength(coordinates) {
  let inner = coordinates;
  while (Array.isArray(inner[0])) inner = inner[0];
  return inner.length || 2;
}
