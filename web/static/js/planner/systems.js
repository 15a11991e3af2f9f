/* The coordinate systems that plots of Chinese projects come in, to be chosen by name; any other by its code. */

import { el } from "riskmap/dom.js";

/** Strips of the Gauss-Krüger projection on CGCS2000: code of the first, its central meridian, how many, how wide. */
const STRIPS = [
  { key: "three_numbered", code: 4513, zone: 25, meridian: 75, count: 21, width: 3 },
  { key: "three", code: 4534, zone: null, meridian: 75, count: 21, width: 3 },
  { key: "six_numbered", code: 4491, zone: 13, meridian: 75, count: 11, width: 6 },
  { key: "six", code: 4502, zone: null, meridian: 75, count: 11, width: 6 },
];
const DEGREES = ["EPSG:4490", "EPSG:4326", "GCJ-02", "BD-09"];
const OTHER = "other";

/** Return {node, value}: a list of systems; empty for what the file itself states. */
export function systemChoice(text) {
  const option = (value, name) => el("option", { value }, name);
  const code = el("input", { type: "text", name: "crs_code", placeholder: "EPSG:4543", hidden: true });
  code.setAttribute("aria-label", text.t("planner.crs.code"));
  const list = el(
    "select",
    { name: "crs", onchange: () => (code.hidden = list.value !== OTHER) },
    option("", text.t("planner.file.declared")),
    DEGREES.map((name) => option(name, text.t(`planner.crs.${name}`))),
    STRIPS.map((strip) => el("optgroup", { label: text.t(`planner.crs.${strip.key}`) }, stripsOf(text, strip))),
    option(OTHER, text.t("planner.crs.other")),
  );
  return {
    node: el("div", { class: "rm-form" }, el("label", {}, text.t("planner.file.crs"), list), code),
    get value() {
      return list.value === OTHER ? code.value.trim() : list.value;
    },
  };
}

function stripsOf(text, { code, zone, meridian, count, width }) {
  return Array.from({ length: count }, (_, i) => {
    const named = text.t("planner.crs.meridian", { lon: meridian + i * width });
    const numbered = zone === null ? named : `${text.t("planner.crs.zone", { zone: zone + i })} · ${named}`;
    return el("option", { value: `EPSG:${code + i}` }, numbered);
  });
}
