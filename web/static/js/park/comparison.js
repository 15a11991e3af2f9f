/* Two layouts side by side on two maps that move together, and a map of what differs. */

import { el, fill } from "riskmap/dom.js";
import { Contours } from "riskmap/park/contours.js";
import { differenceList } from "riskmap/park/differences.js";
import { Exposed } from "riskmap/park/exposed.js";
import { riskText } from "riskmap/park/levels.js";
import { Plan } from "riskmap/park/plan.js";
import { Task } from "riskmap/park/task.js";

/** Narrower than this two maps stand one above the other. [px] */
const NARROW_PX = 560;
/** Areas that come into a level and that leave it: hatched, and marked with a letter for grey print. */
const CHANGES = {
  gained: { color: "#a50f15", hatch: "#a50f15", letter: "+" },
  lost: { color: "#2a6fb5", hatch: "#2a6fb555", letter: "−" },
};

export class Comparison {
  constructor(bench) {
    Object.assign(this, { bench, app: bench.app, maps: [], task: new Task(bench.app) });
    this.drawn = L.layerGroup().addTo(this.app.map);
    this.frame = el("div", { class: "rm-park-compare", hidden: true });
    this.app.regions.map.append(this.frame);
    this.bar = el("div", { class: "rm-park-compare-bar", hidden: true });
    this.app.regions.map.append(this.bar);
    new ResizeObserver(() => this.result && this.#place()).observe(this.app.regions.right);
    this.app.map.on("resize", () => this.result && this.#place());
  }

  /** Compare two files; `names` are those of their layouts. */
  async run(former, present, names) {
    const { text } = this.app;
    const body = { former, present, weather: this.bench.weather };
    const answer = await this.task.run(text.t("park.comparing"), "/distance/compare", body);
    if (!answer) return;
    this.close();
    Object.assign(this, { names, files: [former, present], result: answer.result });
    this.#open();
  }

  close() {
    if (!this.result) return;
    this.result = null;
    this.#closeMaps();
    this.drawn.clearLayers();
    this.bar.hidden = true;
    if (this.bench.draft && this.bench.isOpen) this.bench.wake();
  }

  /** Lay maps and buttons into the room that panels leave on narrow screens. */
  #place() {
    const { paddingTopLeft, paddingBottomRight } = this.app.roomBesidePanels();
    for (const node of [this.frame, this.bar]) {
      node.style.setProperty("--left", `${paddingTopLeft[0]}px`);
      node.style.setProperty("--right", `${paddingBottomRight[0]}px`);
    }
    this.frame.style.setProperty("--top", `${this.bar.offsetTop + this.bar.offsetHeight}px`); // it may take two lines
    this.frame.classList.toggle("is-narrow", this.frame.clientWidth < NARROW_PX);
    for (const map of this.maps) map.invalidateSize();
  }

  #open() {
    const { text } = this.app;
    const { differences } = this.result;
    this.levels = el(
      "select",
      { "aria-label": text.t("park.compare.level"), onchange: () => this.#drawDifference() },
      differences.contours
        .filter((row) => row.area_m2 || row.area_before_m2)
        .map((row) => el("option", { value: row.risk_per_year }, riskText(text, row.risk_per_year))),
    );
    const mode = (key, open) =>
      el(
        "button",
        { type: "button", class: "rm-button", dataset: { mode: key }, onclick: () => this.#mode(key, open) },
        text.t(`park.compare.${key}`),
      );
    fill(
      this.bar,
      mode("side", () => this.#openMaps()),
      mode("difference", () => this.#drawDifference()),
      this.levels,
      el("button", { type: "button", class: "rm-button", onclick: () => this.close() }, text.t("action.close")),
    );
    this.bar.hidden = false;
    this.app.panel.show(
      text.t("park.compare.title"),
      this.names.join(" → "),
      differenceList(this.bench, this.result, this.names),
      { sticky: true },
    );
    this.#mode("side", () => this.#openMaps());
  }

  #mode(key, open) {
    for (const button of this.bar.querySelectorAll("[data-mode]"))
      button.setAttribute("aria-pressed", String(button.dataset.mode === key));
    this.levels.hidden = key === "side";
    this.#closeMaps();
    this.drawn.clearLayers();
    open();
  }

  #openMaps() {
    this.frame.hidden = false;
    this.app.tools.hidden = true;
    this.#place();
    const answers = [this.result.former, this.result.present];
    this.maps = this.files.map((file, place) => this.#map(file, answers[place], place));
    const [left, right] = this.maps;
    const follow = (from, to) =>
      from.on("move", () =>
        to.getZoom() === from.getZoom() && to.getCenter().equals(from.getCenter(), 1e-9)
          ? null
          : to.setView(from.getCenter(), from.getZoom(), { animate: false }),
      );
    follow(left, right);
    follow(right, left);
  }

  #map(file, answer, place) {
    const { text } = this.app;
    const name = this.names[place];
    const canvas = el("div", { class: "rm-park-compare-map", role: "region", "aria-label": `${place + 1}: ${name}` });
    this.frame.append(el("figure", {}, el("figcaption", { dir: "auto" }, name), canvas));
    const map = L.map(canvas, {
      zoomControl: false,
      attributionControl: false,
      zoomAnimation: false,
      zoomSnap: 0.25,
      pmIgnore: true,
    });
    map.setView([0, 0], 1);
    const plan = new Plan(map, text, this.bench.groupOf);
    plan.draw(file, { changed: new Set(this.result.differences.equipment.map(({ id }) => id)) });
    new Exposed(this.app, map, 0).show(answer);
    new Contours(map, text).draw(answer.contours);
    L.control.scale({ imperial: false, maxWidth: 110 }).addTo(map);
    map.fitBounds(this.#bounds(plan), { animate: false });
    return map;
  }

  #bounds(plan) {
    const bounds = plan.bounds().pad(0.4);
    const areas = [this.result.former, this.result.present].flatMap((answer) =>
      answer.contours.map(({ geometry }) => geometry),
    );
    for (const geometry of areas) if (geometry.coordinates.length) bounds.extend(L.geoJSON(geometry).getBounds());
    return bounds;
  }

  #closeMaps() {
    for (const map of this.maps) map.remove();
    this.maps = [];
    fill(this.frame);
    this.frame.hidden = true;
    this.app.tools.hidden = false;
  }

  #drawDifference() {
    const { text } = this.app;
    this.drawn.clearLayers();
    const row = this.result.differences.contours.find((one) => String(one.risk_per_year) === this.levels.value);
    this.bench.contours.clear();
    this.bench.plan.draw(this.files[1], { changed: new Set(this.result.differences.equipment.map(({ id }) => id)) });
    if (!row) return;
    const level = (answer) => answer.contours.filter((one) => one.risk_per_year === row.risk_per_year);
    const former = L.geoJSON(level(this.result.former)[0]?.geometry, {
      style: { color: "#566164", weight: 2, dashArray: "5 4", fill: false, interactive: false },
      interactive: false,
      pmIgnore: true,
    });
    for (const [key, look] of Object.entries(CHANGES)) this.#area(row[key], look);
    this.drawn.addLayer(former);
    this.bench.contours.draw(level(this.result.present));
    this.app.emit("hint", text.t("park.compare.legend"));
    this.app.map.fitBounds(this.#bounds(this.bench.plan), this.app.roomBesidePanels());
  }

  #area(geometry, { color, hatch, letter }) {
    if (!geometry.coordinates.length) return;
    const style = { color, weight: 1, fillColor: color, fillOpacity: 0.12, hatch, interactive: false };
    L.geoJSON(geometry, { style, interactive: false, pmIgnore: true }).addTo(this.drawn);
    const largest = geometry.coordinates.reduce((best, part) => (part[0].length > best[0].length ? part : best));
    const [lon, lat] = largest[0][Math.floor(largest[0].length / 4)];
    const icon = L.divIcon({
      html: el("b", { class: "rm-park-change", style: { "--ink": color } }, letter),
      className: "rm-park-level-anchor",
      iconSize: [0, 0],
    });
    L.marker([lat, lon], { icon, interactive: false, keyboard: false, pmIgnore: true }).addTo(this.drawn);
  }
}
