/* How things look. Red, orange, yellow and blue are kept for risk; layers use other colours. */

/** Colour and hatching of each verdict; the letter comes from the catalogue (letter.<verdict>). */
export const VERDICT_STYLES = {
  prohibited: { fill: "#c4161c", ink: "#ffffff", edge: "#7d0b10" },
  depends_on_bank_line: { fill: "#f4efe6", ink: "#4a3b2a", edge: "#4a3b2a", hatch: "#a08a6a" },
  insufficient_data: { fill: "#d4d6d8", ink: "#3c4246", edge: "#5b6266", dash: "1 4" },
  conditional: { fill: "#f2c200", ink: "#332800", edge: "#8a6d00" },
  permit_needed: { fill: "#f2c200", ink: "#332800", edge: "#8a6d00" },
  legacy_rectify: { fill: "#e8780c", ink: "#ffffff", edge: "#8f4500" },
  not_in_force: { fill: "#e6e8ea", ink: "#3c4246", edge: "#8a9196" },
  no_ban: { fill: "#2a6fb5", ink: "#ffffff", edge: "#174a7d" },
};

/** Return the look of a verdict; what cannot be decided at this accuracy is hatched. */
export function verdictStyle(verdict, decided) {
  const style = VERDICT_STYLES[verdict] ?? VERDICT_STYLES.insufficient_data;
  if (decided || style.hatch || style.dash) return style;
  return { ...style, hatch: "#ffffff" };
}

const POINT = { radius: 5, weight: 1.2, color: "#ffffff", fillOpacity: 1 };

/**
 * Look of each layer: `rank` is the drawing order, `minZoom` the zoom from which it is asked for, `symbol` marks areas
 * that would be too small to see, `on` says whether it is on at first, `apart` that its symbols never stand for others.
 */
const LAYER_STYLES = {
  admin_areas: {
    rank: 1,
    on: true,
    color: "#8d8794",
    weight: 1.3,
    dashArray: "7 4 2 4",
    fillOpacity: 0,
    passive: true,
  },
  rasters: { rank: 2, on: false, color: "#6f6a75", weight: 1, fillOpacity: 0.05 },
  lakes: { rank: 3, on: true, color: "#8fb3b4", weight: 1, fillColor: "#c3d9d9", fillOpacity: 0.9 },
  rivers: { rank: 4, on: true, color: "#6fa0a3", weight: 1.6, fillColor: "#c3d9d9", fillOpacity: 0.8 },
  zones: { rank: 5, on: true, color: "#5d7a35", weight: 1.3, fillOpacity: 0.08, hatch: "#5d7a3555" },
  geohazards: { rank: 6, on: false, color: "#7d6a58", weight: 1.4, dashArray: "2 4", fillOpacity: 0.1 },
  risk_contours: { rank: 7, on: true, color: "#5b3f73", weight: 1.6, fillOpacity: 0 },
  roads: { rank: 8, on: true, minZoom: 11, color: "#b9b2a6", weight: 1.6 },
  railways: { rank: 9, on: true, minZoom: 9, color: "#77726b", weight: 1.6, dashArray: "8 5" },
  power_lines: { rank: 10, on: false, minZoom: 10, color: "#93909b", weight: 1, dashArray: "1 4" },
  crossings: { rank: 11, on: false, minZoom: 10, color: "#6f6a63", weight: 2, shape: "square", radius: 3.5 },
  park_zones: { rank: 12, on: true, minZoom: 11, color: "#7b5aa6", weight: 1, dashArray: "3 3", fillOpacity: 0.07 },
  chemical_parks: {
    rank: 13,
    on: true,
    color: "#6b3fa0",
    weight: 1.8,
    fillOpacity: 0.14,
    symbol: true,
    shape: "hexagon",
    radius: 7.5,
  },
  mines: {
    rank: 14,
    on: true,
    minZoom: 10,
    color: "#6a5a48",
    weight: 1.4,
    fillOpacity: 0.14,
    symbol: true,
    shape: "diamond",
    radius: 5,
  },
  tailings_ponds: {
    rank: 15,
    on: true,
    color: "#7a5230",
    weight: 1.5,
    fillOpacity: 0.28,
    symbol: true,
    shape: "triangle",
    radius: 7.5,
  },
  buildings: {
    rank: 16,
    on: true,
    minZoom: 13,
    color: "#857f76",
    weight: 1,
    fillOpacity: 0.35,
    shape: "square",
    radius: 3,
  },
  settlements: { rank: 17, on: true, color: "#57534c", weight: 1, fillOpacity: 0.18, radius: 2.6 },
  pipelines: { rank: 18, on: true, color: "#8c2f7b", weight: 2.4 },
  pipeline_sites: {
    rank: 19,
    on: true,
    minZoom: 11,
    color: "#8c2f7b",
    weight: 1.2,
    fillOpacity: 0.3,
    shape: "square",
    radius: 4.5,
  },
  dams: { rank: 20, on: false, color: "#4c5a5c", weight: 2.5, shape: "square", radius: 4.5 },
  wind_roses: { rank: 21, on: false, color: "#5a6d6e", radius: 4 },
  protection_targets: {
    rank: 22,
    on: true,
    minZoom: 11,
    color: "#2f7d4f",
    weight: 1.3,
    fillOpacity: 0.2,
    symbol: true,
    apart: true,
    radius: 5,
  },
  hazard_units: {
    rank: 23,
    on: true,
    minZoom: 11,
    color: "#34495a",
    weight: 1.2,
    fillOpacity: 0.3,
    shape: "square",
    radius: 4,
  },
  hazard_sites: {
    rank: 24,
    on: true,
    minZoom: 11,
    color: "#4d3a5e",
    weight: 1.3,
    fillOpacity: 0.2,
    symbol: true,
    shape: "diamond",
    radius: 5.5,
  },
  enterprises: {
    rank: 25,
    on: true,
    color: "#22474f",
    weight: 1.4,
    fillOpacity: 0.16,
    symbol: true,
    shape: "square",
    radius: 6,
  },
  proposals: {
    rank: 26,
    on: true,
    color: "#1c1c1c",
    weight: 1.6,
    dashArray: "6 3",
    fillOpacity: 0.1,
    symbol: true,
    shape: "diamond",
    radius: 7.5,
  },
};

/** Layers that have their own controls instead of a row in the tree. */
export const OWN_CONTROL = new Set(["findings", "grid_runs", "grid_cells", "plants"]);

/** Return the look of a layer. */
export function layerStyle(slug) {
  return LAYER_STYLES[slug] ?? { rank: 30, on: false, color: "#6f6a75", weight: 1.3, fillOpacity: 0.1, radius: 4 };
}

/** Return a point's options in the look of its layer. */
export function pointOptions(style) {
  return { ...POINT, shape: style.shape, radius: style.radius ?? POINT.radius, fillColor: style.color, fill: true };
}

const AREA = { fillOpacity: 0.5, weight: 0.6, color: "#ffffff" };

/** The four colours of a grid: how a cell is drawn, its mark in the legend, and the ink of its letter. */
export const GRID_COLOURS = {
  blue: { mark: "#2a6fb5", ink: "#ffffff", letter: "#0f365c", area: { ...AREA, fillColor: "#2a6fb5" } },
  yellow: { mark: "#f2c200", ink: "#332800", letter: "#332800", area: { ...AREA, fillColor: "#f2c200" } },
  orange: { mark: "#e8780c", ink: "#ffffff", letter: "#4d2600", area: { ...AREA, fillColor: "#e8780c" } },
  red: { mark: "#c4161c", ink: "#ffffff", letter: "#4a0508", area: { ...AREA, fillColor: "#c4161c", fillOpacity: 0.58 } },
};

/** Cells without a colour: zero is plain, no object hatched, no data grey and dotted. */
export const GRID_STATES = {
  value: AREA,
  zero: { fillColor: "#ffffff", fillOpacity: 0.45, weight: 1, color: "#8a9196" },
  no_object: { fillColor: "#ffffff", fillOpacity: 0.1, weight: 0.4, color: "#b8bcbf", hatch: "#b8bcbf88" },
  missing: { fillColor: "#d4d6d8", fillOpacity: 0.45, weight: 1, color: "#5b6266", dashArray: "1 4" },
};

/** Outlines of significant spots. */
export const SPOT_STYLES = {
  hot: { weight: 3, color: "#1c1c1c", dashArray: null },
  cold: { weight: 3, color: "#1c1c1c", dashArray: "6 5" },
};

/** Clusters of local Moran: colours that no grade of risk has; outliers hatched, all with their letters. */
export const CLUSTER_STYLES = {
  high_high: cluster("#762a83", "#ffffff"),
  low_low: cluster("#1b7837", "#ffffff"),
  high_low: cluster("#c2a5cf", "#40004b", "#762a83cc"),
  low_high: cluster("#a6dba0", "#00441b", "#1b7837cc"),
};

export const NO_CLUSTER = { fillColor: "#ffffff", fillOpacity: 0.25, weight: 0.5, color: "#b8bcbf" };

function cluster(fillColor, ink, hatch = null) {
  return { mark: fillColor, ink, area: { fillColor, fillOpacity: 0.7, weight: 0.8, color: "#ffffff", hatch } };
}

const RIVER_WEIGHTS = { main_stem: 3, tributary: 1.8, other: 1 };
const LINE_DASHES = { water_side: "2 4" };

/** Return what a river's role and kind of line change in its look. */
export function riverOptions({ role, line_kind: lineKind }) {
  const weight = lineKind === "centre" ? (RIVER_WEIGHTS[role] ?? 1.2) : 1.6;
  return { weight, dashArray: LINE_DASHES[lineKind] ?? null, color: lineKind === "centre" ? "#86b0b2" : "#2f6f74" };
}
