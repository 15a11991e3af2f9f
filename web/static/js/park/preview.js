/* What a change does, in a line per level: how many targets came inside, how many left. */

import { el, fill } from "riskmap/dom.js";
import { levelStyle, riskText } from "riskmap/park/levels.js";

export class Preview {
  constructor(app) {
    this.app = app;
    this.node = el("div", { class: "rm-park-preview", role: "status", "aria-live": "polite" });
  }

  /** Say something plain instead. */
  say(words) {
    fill(this.node, words ? el("p", { class: "rm-hint" }, words) : null);
  }

  fail(error) {
    fill(this.node, el("p", { class: "rm-warning", role: "alert" }, error.message));
  }

  /** Show a preview; `millis` is how long the server took to answer. */
  show({ result, millis }) {
    const { text } = this.app;
    this.node.dataset.millis = String(Math.round(millis));
    fill(
      this.node,
      el("p", { class: "rm-park-effect" }, effectText(text, result.changes)),
      el(
        "table",
        { class: "rm-park-levels" },
        this.#head(),
        el(
          "tbody",
          {},
          result.changes.map((row) => this.#row(row)),
        ),
      ),
      result.cut_off ? el("p", { class: "rm-warning" }, text.t("park.cut_off")) : null,
      el("p", { class: "rm-hint" }, text.t("park.preview.coarse", { ms: Math.round(millis) })),
    );
  }

  #head() {
    const names = ["level", "before", "now", "change"];
    return el(
      "thead",
      {},
      el(
        "tr",
        {},
        names.map((name) => el("th", { scope: "col" }, this.app.text.t(`park.preview.${name}`))),
      ),
    );
  }

  #row({ risk_per_year: risk, inside, inside_before: before }) {
    const { text } = this.app;
    const change = inside - before;
    return el(
      "tr",
      { class: change > 0 ? "is-more" : change < 0 ? "is-less" : "" },
      el("th", { scope: "row" }, lineMark(risk), riskText(text, risk)),
      el("td", {}, text.number(before)),
      el("td", {}, text.number(inside)),
      el("td", {}, change > 0 ? `+${change}` : text.number(change)),
    );
  }
}

/** Return in a line how many targets came inside each level and how many left, the highest level first. */
export function effectText(text, changes) {
  const moved = [...changes].sort((a, b) => b.risk_per_year - a.risk_per_year).filter((row) => row.entered || row.left);
  if (!moved.length) return text.t("park.effect.none");
  const sentence = ({ risk_per_year: risk, entered, left }) =>
    [
      entered ? text.t("park.effect.entered", { risk: riskText(text, risk), n: entered }) : null,
      left ? text.t("park.effect.left", { risk: riskText(text, risk), n: left }) : null,
    ].filter(Boolean);
  return moved.flatMap(sentence).join(text.t("park.separator"));
}

const SVG = "http://www.w3.org/2000/svg";

/** Return the line of a level as it stands on the map. */
export function lineMark(risk) {
  const { color, weight, dashArray } = levelStyle(risk);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 34 8");
  svg.setAttribute("class", "rm-park-line");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  const look = {
    d: "M1 4H33",
    stroke: color,
    "stroke-width": weight,
    "stroke-dasharray": dashArray,
    "stroke-linecap": "round",
  };
  for (const [name, value] of Object.entries(look)) if (value) line.setAttribute(name, value);
  svg.append(line);
  return svg;
}
