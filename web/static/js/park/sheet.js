/* A layout on paper: one A4 sheet with map, equipment, distances and targets, printed by the browser. */

import { el, fill } from "riskmap/dom.js";
import { Contours } from "riskmap/park/contours.js";
import { Exposed } from "riskmap/park/exposed.js";
import { levelStyle, measureText, riskText } from "riskmap/park/levels.js";
import { Plan } from "riskmap/park/plan.js";
import { lineMark } from "riskmap/park/preview.js";
import { verdictBand } from "riskmap/park/targets.js";
import { conclude } from "riskmap/verdicts.js";

const LEAST_LEVEL = 3e-7;
const MOST_TARGETS = 20;
const MAP_PADDING = 0.06;

export class Sheet {
  constructor(bench) {
    Object.assign(this, { bench, app: bench.app, map: null });
    this.node = el("div", {
      class: "rm-park-sheet",
      role: "dialog",
      "aria-modal": "true",
      "aria-label": this.app.text.t("park.sheet.title"),
      hidden: true,
      onkeydown: ({ key }) => key === "Escape" && this.close(),
    });
    document.body.append(this.node);
  }

  /** Show the sheet of the layout that is open, as it was last computed exactly. */
  open() {
    const { text } = this.app;
    const result = this.bench.answer.result;
    const button = (key, onclick) => el("button", { type: "button", class: "rm-button", onclick }, text.t(key));
    const print = button("park.sheet.print", () => window.print());
    const canvas = el("div", { class: "rm-park-sheet-map" });
    fill(
      this.node,
      el("div", { class: "rm-park-sheet-bar" }, print, button("action.close", () => this.close())),
      el(
        "article",
        {},
        this.#head(result),
        verdictBand(this.app, result),
        canvas,
        this.#legend(result),
        this.#equipment(),
        this.#zones(result),
        this.#targets(result),
        this.#foot(result),
      ),
    );
    this.node.hidden = false;
    document.documentElement.classList.add("has-sheet");
    this.#draw(canvas, result);
    print.focus();
  }

  close() {
    this.map?.remove();
    this.map = null;
    this.node.hidden = true;
    document.documentElement.classList.remove("has-sheet");
  }

  #head(result) {
    const { text } = this.app;
    const { record, draft } = this.bench;
    const layout = record.layout ?? text.t("park.layout.present");
    const edited = draft.isChanged ? text.t("park.layout.edited", { name: layout }) : layout;
    return el(
      "header",
      {},
      el("h1", { dir: "auto" }, result.plant.name),
      el("p", {}, text.t("park.sheet.subtitle", { layout: edited, version: record.version, rose: result.wind_rose.name })),
      result.plant.illustrative ? el("p", { class: "rm-badge is-example" }, text.t("illustrative.badge")) : null,
    );
  }

  /** The drawing, north up; its frame has the shape of the paper's. */
  #draw(canvas, result) {
    const { text } = this.app;
    const { contours } = result;
    this.map = L.map(canvas, { zoomControl: false, attributionControl: false, zoomAnimation: false, zoomSnap: 0, pmIgnore: true });
    this.map.setView([0, 0], 1);
    const plan = new Plan(this.map, text, this.bench.groupOf);
    plan.draw(this.bench.draft.file);
    new Exposed(this.app, this.map).show(result);
    new Contours(this.map, text).draw(contours);
    const bounds = plan.bounds();
    for (const { geometry } of contours) if (geometry.coordinates.length) bounds.extend(L.geoJSON(geometry).getBounds());
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(this.map);
    canvas.append(el("b", { class: "rm-park-sheet-north" }, text.t("park.sheet.north")));
    this.map.fitBounds(bounds.pad(MAP_PADDING), { animate: false });
  }

  #legend({ contours }) {
    const { text } = this.app;
    const reached = contours.filter(({ geometry }) => geometry.coordinates.length);
    return el(
      "p",
      { class: "rm-park-sheet-legend" },
      text.t("park.contours.title"),
      reached.map(({ risk_per_year: risk }) =>
        el("span", { style: { "--ink": levelStyle(risk).color } }, lineMark(risk), riskText(text, risk)),
      ),
    );
  }

  #table(title, heads, rows) {
    return el(
      "table",
      {},
      el("caption", {}, title),
      el("thead", {}, el("tr", {}, heads.map((words) => el("th", { scope: "col" }, words)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map((words) => el("td", { dir: "auto" }, words))))),
    );
  }

  #equipment() {
    const { text } = this.app;
    const { draft, tanks } = this.bench;
    const heads = ["name", "substance", "kind"].map((field) => text.t(`park.field.${field}`));
    heads.push(text.t("park.sheet.mass"), text.t("park.field.lon"), text.t("park.field.lat"));
    const rows = draft.items().map(({ item }) => [
      item.name,
      tanks.name("substance", item.substance),
      tanks.name("kind", item.kind),
      tanks.mass(item),
      ...item.position.map((degrees) => degrees.toFixed(6)),
    ]);
    return this.#table(text.t("park.sheet.equipment"), heads, rows);
  }

  #zones({ zones, state }) {
    const { text } = this.app;
    const own = state === "in_service" ? "in_service" : "new";
    const named = (words) => words.map((word) => this.bench.tanks.name("target_class", word)).join(text.t("list.separator"));
    const rows = zones
      .filter((zone) => zone.column === own)
      .map((zone) => [
        named(zone.target_classes),
        zone.criterion_per_year === null
          ? text.quantity(zone.pressure_limit_pa, "Pa")
          : riskText(text, zone.criterion_per_year),
        text.metres(zone.greatest_m),
      ]);
    const heads = ["classes", "criterion", "greatest"].map((name) => text.t(`park.zones.${name}`));
    return rows.length ? this.#table(`${text.t("park.zones.title")} · ${text.t(`park.column.${own}`)}`, heads, rows) : null;
  }

  #targets({ findings }) {
    const { text } = this.app;
    const counts = (one) => one.target && (conclude(one) !== "pass" || one.unit !== "/a" || one.found > LEAST_LEVEL);
    const inside = findings.filter(counts).sort((a, b) => (b.found ?? -1) - (a.found ?? -1));
    const rows = inside.slice(0, MOST_TARGETS).map((finding) => [
      finding.target.name ?? finding.target.id,
      measureText(text, finding.found, finding.unit),
      measureText(text, finding.limit, finding.unit),
      [text.t(`conclusion.${conclude(finding)}`), finding.advisory ? ` (${text.t("finding.advisory")})` : null],
    ]);
    const heads = ["target", "risk", "limit", "verdict"].map((name) => text.t(`park.sheet.${name}`));
    const title = text.t("park.targets.title", { n: inside.length });
    return rows.length ? this.#table(title, heads, rows) : el("p", {}, title);
  }

  #foot({ warnings, awaiting_confirmation: awaiting, frequency_library: library, digest }) {
    const { text } = this.app;
    return el(
      "footer",
      {},
      el("p", {}, text.t("park.unverified_long"), " · ", text.t("park.awaiting.title", { n: awaiting.length })),
      warnings.map((warning) => el("p", {}, text.pick(warning))),
      el("p", {}, text.t("park.basis.library", { library }), ` · CGCS2000 · ${text.t("park.sheet.digest")} ${digest.slice(0, 12)}`),
    );
  }
}
