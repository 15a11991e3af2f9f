/* Control points of a drawing without a coordinate system: what lies where in the drawing, and where that is. */

import { el } from "riskmap/dom.js";

/** Return {node, value}: a folded field for control points, one a line, and what is typed there. */
export function controlPoints(text) {
  const lines = el("textarea", {
    name: "control_points",
    rows: "3",
    spellcheck: "false",
    placeholder: text.t("planner.control.example"),
  });
  return {
    node: el(
      "details",
      { class: "rm-control-points" },
      el("summary", {}, text.t("planner.control.title")),
      el(
        "div",
        { class: "rm-form" },
        el("label", {}, text.t("planner.control.lines"), lines),
        el("small", { class: "rm-muted" }, text.t("planner.control.hint")),
      ),
    ),
    get value() {
      return lines.value.trim();
    },
  };
}
