/* Protection targets on the live map: where each lies, its risk, its limit, and which of both is larger. */

import { el } from "riskmap/dom.js";
import { measureText } from "riskmap/park/levels.js";
import { verdictMark } from "riskmap/swatch.js";
import { conclude } from "riskmap/verdicts.js";

/** Targets that are drawn, those at the greatest risk first; the list names the rest. */
const MOST_MARKS = 60;
/** As many marks carry their numbers all the time; of more each says them when it is pointed at. */
const MOST_LABELS = 6;
const LEAST_LEVEL = 3e-7;
const MARK_PX = 22;

export class Exposed {
  #findings = new Map();

  /** On a small map no numbers stand beside the marks all the time. */
  constructor(app, map = app.map, mostLabels = MOST_LABELS) {
    Object.assign(this, { app, mostLabels, group: L.layerGroup().addTo(map) });
  }

  clear() {
    this.group.clearLayers();
  }

  /** Show the targets of an exact answer: those inside a contour, and those that could not be judged. */
  show({ findings, contours }) {
    const judged = findings.filter(({ target, to }) => target && to);
    this.#findings = new Map(judged.map((finding) => [keyOf(finding.target), finding]));
    const least = Math.min(...contours.map((contour) => contour.risk_per_year), LEAST_LEVEL);
    const inside = judged.filter((one) => conclude(one) !== "pass" || one.unit !== "/a" || one.found > least);
    this.#draw(inside.map((finding) => this.#exact(finding)));
  }

  /** Show a preview: the targets lie where the last exact answer found them. */
  follow({ targets }) {
    const known = targets.filter((target) => this.#findings.has(keyOf(target)));
    this.#draw(known.map((target) => this.#coarse(target)));
  }

  /** Show the targets of several plants together. */
  together(targets) {
    this.#draw(targets.map((target) => ({ ...this.#judged(target), position: target.position })));
  }

  #exact(finding) {
    const { text, verdicts } = this.app;
    const { target, to, found, limit, unit } = finding;
    const said = [found, limit].map((value) => measureText(text, value, unit));
    return { name: nameOf(target), position: to, found, said, mark: verdicts.mark(finding) };
  }

  #coarse(target) {
    const { to, limit } = this.#findings.get(keyOf(target));
    return { ...this.#judged({ ...target, limit_per_year: limit }), position: to };
  }

  #judged(target) {
    const { text } = this.app;
    const { risk_per_year: found, limit_per_year: limit, exceeded } = target;
    const verdict = exceeded === null ? "insufficient_data" : exceeded ? "prohibited" : "no_ban";
    const said = [found, limit].map((value) => measureText(text, value, "/a"));
    return { name: nameOf(target), found, said, mark: { verdict, decided: true } };
  }

  #draw(targets) {
    this.group.clearLayers();
    const shown = [...targets].sort((a, b) => (b.found ?? -1) - (a.found ?? -1)).slice(0, MOST_MARKS);
    for (const target of shown) this.group.addLayer(this.#marker(target, shown.length <= this.mostLabels));
  }

  #marker({ name, position: [lon, lat], said: [found, limit], mark }, permanent) {
    const { text } = this.app;
    const icon = L.divIcon({ html: verdictMark(text, mark), className: "rm-park-target", iconSize: [MARK_PX, MARK_PX] });
    const words = el(
      "span",
      { class: "rm-park-target-said" },
      el("b", { dir: "auto" }, name),
      el("span", {}, found),
      el("span", {}, text.t("park.diff.limit", { limit })),
    );
    return L.marker([lat, lon], { icon, keyboard: false, pmIgnore: true, alt: `${name}: ${found}` }).bindTooltip(words, {
      permanent,
      direction: "right",
      offset: [MARK_PX / 2, 0],
      className: "rm-tip rm-park-target-tip",
    });
  }
}

function keyOf({ layer, id }) {
  return `${layer}/${id}`;
}

function nameOf({ name, id }) {
  return name ?? id;
}
