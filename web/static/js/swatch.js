/* Small pictures for legends and badges: the same marks as on the map. */

import { el } from "riskmap/dom.js";
import { layerStyle, verdictStyle } from "riskmap/styles.js";
import { letterKey } from "riskmap/verdicts.js";

const SVG = "http://www.w3.org/2000/svg";

const SHAPES = {
  square: ["rect", { x: 4, y: 4, width: 10, height: 10 }],
  diamond: ["path", { d: "M9 2l7 7-7 7-7-7z" }],
  triangle: ["path", { d: "M9 2.5 16 15H2z" }],
  hexagon: ["path", { d: "M5.5 3h7L16 9l-3.5 6h-7L2 9z" }],
  circle: ["circle", { cx: 9, cy: 9, r: 5 }],
};

/** Return the mark of a layer as it stands in its legend. */
export function layerSwatch(layer) {
  const style = layerStyle(layer.slug);
  const kinds = layer.geometry;
  if (style.symbol || (kinds.includes("point") && !kinds.includes("line"))) return picture(pointMark(style));
  if (kinds.includes("polygon") && !kinds.includes("line")) return picture(areaMark(style));
  return picture(lineMark(style));
}

/** Return the mark of a line. */
export function lineSwatch(style) {
  return picture(lineMark(style));
}

function pointMark(style) {
  const [tag, geometry] = SHAPES[style.shape ?? "circle"];
  return [tag, { ...geometry, fill: style.color, "fill-opacity": 0.85, stroke: "#fff", "stroke-width": 1 }];
}

function areaMark(style) {
  const fillOpacity = Math.max(style.fillOpacity ?? 0, 0.15);
  return [
    "rect",
    {
      x: 2,
      y: 4,
      width: 14,
      height: 10,
      rx: 1,
      fill: style.fillColor ?? style.color,
      "fill-opacity": fillOpacity,
      stroke: style.color,
      "stroke-width": 1.3,
    },
  ];
}

function lineMark(style) {
  return [
    "path",
    {
      d: "M1 12c4-7 8 3 16-6",
      fill: "none",
      stroke: style.color,
      "stroke-width": Math.min(style.weight, 2.6),
      "stroke-dasharray": style.dashArray ?? null,
    },
  ];
}

function picture([tag, attributes]) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 18 18");
  svg.setAttribute("class", "rm-swatch");
  svg.setAttribute("aria-hidden", "true");
  const mark = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) mark.setAttribute(name, value);
  svg.append(mark);
  return svg;
}

/** Return the mark of a verdict: its colour, its letter, hatched when undecided, dotted when data is missing. */
export function verdictMark(text, mark) {
  const style = verdictStyle(mark.verdict, mark.decided);
  const classes = ["rm-mark", style.hatch ? "is-hatched" : "", style.dash ? "is-dotted" : ""].join(" ");
  return el(
    "span",
    {
      class: classes,
      style: {
        "--fill": style.fill,
        "--ink": style.ink,
        "--edge": style.edge,
        "--hatch": style.hatch ?? "transparent",
      },
      "aria-hidden": "true",
    },
    el("b", {}, text.t(letterKey(mark))),
  );
}
