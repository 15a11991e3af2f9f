/* Where the project may go: a search over an area, its regions on the map, and the strictest clause of each cell. */

import { el, fill } from "riskmap/dom.js";
import { clipped } from "riskmap/features.js";
import { ProgressBar, followJob } from "riskmap/jobs.js";
import { note, problem } from "riskmap/planner/busy.js";
import { conclusionMark } from "riskmap/planner/marks.js";
import { rulesOf, searchArea } from "riskmap/planner/service.js";
import { verdictStyle } from "riskmap/styles.js";

/** Regions, each in the look of its verdict; "conditional" is the part of "allowed" with conditions and lies on it. */
const REGIONS = [
  ["allowed", "no_ban"],
  ["conditional", "conditional"],
  ["undecided", "insufficient_data"],
  ["excluded", "prohibited"],
];
/** More cells than this take minutes. */
const MOST_CELLS = 3000;
const FINEST = 10;
const COARSEST = 5;

export class SiteSearch {
  #found = null;
  #cells = new Map();

  constructor(app, draft) {
    Object.assign(this, { app, draft, regions: L.layerGroup().addTo(app.map), cell: L.layerGroup().addTo(app.map) });
    const { text } = app;
    this.area = el("input", { type: "text", inputmode: "numeric", placeholder: text.t("planner.where.view") });
    this.aside = el("input", { type: "checkbox", checked: true });
    this.said = el("div", { "aria-live": "polite" });
    this.node = el(
      "details",
      { class: "rm-fold", dataset: { step: "where" } },
      el("summary", {}, text.t("planner.where.title")),
      el(
        "div",
        { class: "rm-form" },
        el("small", { class: "rm-muted" }, text.t("planner.where.hint")),
        el("label", {}, text.t("planner.where.area"), this.area),
        el("label", { class: "rm-tick" }, this.aside, text.t("planner.where.aside")),
        el(
          "button",
          { type: "button", class: "rm-button", dataset: { action: "where" }, onclick: () => this.#run() },
          text.t("planner.where.run"),
        ),
      ),
      this.said,
    );
    app.map.on("click", ({ latlng }) => this.#open(latlng));
    app.on("ordered", () => this.#order());
    draft.onchange((what) => what === "case" && this.#clear());
  }

  async #run() {
    const { app, draft } = this;
    const { text } = app;
    if (!draft.geometry || !draft.properties.kind) return fill(this.said, problem(text.t("planner.incomplete")));
    this.#clear();
    const controller = new AbortController();
    const bar = new ProgressBar(text, text.t("planner.where.running"), () => controller.abort());
    fill(this.said, bar.node);
    bar.node.scrollIntoView({ block: "nearest" });
    try {
      this.h3 ??= await import("h3-js");
      this.titles = titlesOf(await rulesOf(app, draft.properties.kind));
      const job = await searchArea(app, this.#wanted());
      const onstatus = (status) => bar.show(status);
      this.#show(await followJob(app, job, { onstatus, signal: controller.signal }));
    } catch (error) {
      if (error.status === 401) app.report(error);
      fill(this.said, error.name === "AbortError" ? note(text.t("planner.cancelled")) : problem(error.message));
    }
  }

  #wanted() {
    const bounds = clipped(this.app.map.getBounds());
    const code = this.area.value.trim();
    return {
      proposal: this.draft.collection(),
      area: code || bounds.map((degrees) => degrees.toFixed(6)).join(","),
      resolution: finestResolution(this.h3, bounds),
      set_aside_lacking: this.aside.checked,
    };
  }

  #show(result) {
    const { text } = this.app;
    this.#found = result;
    this.#cells = new Map(result.cells.map((cell) => [cell.h3_hex, cell]));
    for (const [name, verdict] of REGIONS) {
      // What is conditional lies on what is allowed, and must keep its own colour there.
      this.#drawRegion(result.regions[name], verdictStyle(verdict, true), name === "conditional" ? 0.7 : 0.3);
    }
    this.#order();
    const rows = REGIONS.map(([name, verdict]) => this.#areaRow(name, verdictStyle(verdict, true)));
    fill(
      this.said,
      el("ul", { class: "rm-areas" }, rows),
      note(text.t("planner.where.click")),
      el(
        "details",
        { class: "rm-more" },
        el("summary", {}, text.t("planner.where.notes", { n: result.notes.length })),
        result.notes.map((one) => note(text.pick(one))),
      ),
      el(
        "button",
        { type: "button", class: "rm-button", onclick: () => this.#clear() },
        text.t("planner.where.clear"),
      ),
    );
  }

  #drawRegion(geometry, style, fillOpacity) {
    if (!geometry || !(geometry.coordinates ?? geometry.geometries).length) return;
    const look = {
      interactive: false,
      color: style.edge,
      weight: 1,
      dashArray: style.dash ?? null,
      fillColor: style.fill,
      fillOpacity: style.dash ? 0.45 : fillOpacity,
      hatch: style.fill === "#c4161c" ? "#7d0b1055" : null,
    };
    L.geoJSON(geometry, { style: look, interactive: false }).eachLayer((region) => {
      this.regions.addLayer(region);
    });
  }

  /** Everything else lies above the regions; among them the first lies lowest. */
  #order() {
    for (const region of this.regions.getLayers().reverse()) region.bringToBack();
  }

  #areaRow(name, style) {
    const { text } = this.app;
    const km2 = this.#found.areas_km2[name];
    const share = (100 * km2) / this.#found.areas_km2.area;
    const swatch = el("span", {
      class: `rm-ramp ${style.dash ? "is-dotted" : ""} is-${name}`,
      style: { "--fill": style.fill },
      "aria-hidden": "true",
    });
    return el(
      "li",
      { dataset: { region: name } },
      swatch,
      el("span", {}, text.t(`planner.where.${name}`)),
      el("b", {}, `${text.number(km2, km2 < 10 ? 2 : 1)} km²`),
      el("small", {}, `${text.number(share, 1)} %`),
    );
  }

  /** Show why a cell is what it is. Facilities take their own clicks; this one fell between them. */
  #open({ lat, lng }) {
    if (!this.#found || this.app.busy || this.app.workbenches.current !== "planner") return;
    const cell = this.#cells.get(this.h3.latLngToCell(lat, lng, this.#found.resolution));
    if (!cell) return;
    const outline = this.h3.cellToBoundary(cell.h3_hex);
    this.cell.clearLayers().addLayer(L.polygon(outline, { color: "#111111", weight: 2, fill: false, interactive: false }));
    const { text } = this.app;
    const rule = this.#found.rules.find((one) => one.rule === cell.rule);
    const facts = [
      ["status", text.t(`planner.cell.${cell.status}`)],
      ["clause", rule ? this.#clause(rule) : text.t("planner.cell.no_clause")],
      ["margin", cell.margin_m === null ? null : text.metres(cell.margin_m)],
      ["fails", text.number(cell.fails)],
      ["undecided", text.number(cell.undecided)],
    ].filter(([, value]) => value !== null && value !== undefined);
    this.app.panel.show(
      text.t("planner.cell.title"),
      el("code", {}, cell.h3_hex),
      el(
        "section",
        { class: "rm-attributes", dataset: { cell: cell.h3_hex } },
        el("p", {}, conclusionMark(text, cell.conclusion)),
        el(
          "dl",
          {},
          facts.map(([name, value]) => [el("dt", {}, text.t(`planner.cell.${name}_label`)), el("dd", {}, value)]),
        ),
      ),
      { onclose: () => this.cell.clearLayers() },
    );
  }

  #clause({ rule, clause, clause_zh: clauseZh }) {
    const { text } = this.app;
    const { title, authority } = this.titles.get(rule) ?? {};
    const source = [text.pick(authority), text.pick({ zh: clauseZh, en: clause })].filter(Boolean).join(" · ");
    return [text.pick(title) || rule, el("br"), el("small", { class: "rm-clause" }, source)];
  }

  #clear() {
    this.#found = null;
    this.regions.clearLayers();
    this.cell.clearLayers();
    fill(this.said);
  }
}

function titlesOf({ rules }) {
  return new Map(rules.map((rule) => [rule.id, rule]));
}

/** Return the finest resolution at which an area has no more cells than a search takes in half a minute. */
function finestResolution(h3, [west, south, east, north]) {
  const middle = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const areaKm2 = (east - west) * (north - south) * middle * 111.2 ** 2;
  const fits = (resolution) => areaKm2 / h3.getHexagonAreaAvg(resolution, h3.UNITS.km2) <= MOST_CELLS;
  for (let resolution = FINEST; resolution > COARSEST; resolution--) if (fits(resolution)) return resolution;
  return COARSEST;
}
