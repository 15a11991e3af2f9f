/* A sheet of paper with the map itself on it: title, legend, scale, north, system, sources, dates, disclaimer. */

import { el, fill } from "riskmap/dom.js";
import { dms } from "riskmap/geodesy.js";
import { drawnLayers, legendBlocks, showsIllustrations, sourcesOf } from "riskmap/print/legend.js";
import { scaleBar, scaleOf } from "riskmap/print/paper.js";

const BAR_PX = 150;
const MOST_SOURCES = 6;
const CORNERS = ["NorthWest", "NorthEast", "SouthWest", "SouthEast"];

export class Sheet {
  constructor(app) {
    this.app = app;
    const { text } = app;
    this.title = el("h1", { dir: "auto" });
    this.subtitle = el("p", {});
    this.place = el("div", { class: "rm-sheet-map" });
    this.corners = CORNERS.map((name) => el("span", { class: `rm-sheet-corner is-${name.toLowerCase()}` }));
    this.bar = el("div", { class: "rm-sheet-bar" });
    this.legend = el("div", { class: "rm-sheet-legend" });
    this.notes = el("dl", { class: "rm-sheet-notes" });
    this.node = el(
      "article",
      { class: "rm-sheet", "aria-label": text.t("print.sheet") },
      el("header", {}, this.title, this.subtitle),
      el("div", { class: "rm-sheet-frame" }, this.place, this.corners, north(text)),
      el("aside", {}, el("h2", {}, text.t("print.legend")), this.legend, this.bar),
      el("footer", {}, this.notes, el("p", { class: "rm-sheet-disclaimer" }, text.t("print.disclaimer"))),
    );
  }

  setTitle(words) {
    this.title.textContent = words;
  }

  /** Write what depends on the view; false when the legend has more than the sheet has room for. */
  update() {
    const { app } = this;
    const layers = drawnLayers(app);
    fill(this.legend, legendBlocks(app, layers));
    this.#writeScale();
    this.#writeCorners();
    this.#writeNotes(layers);
    this.subtitle.textContent = app.moment ? app.text.t("time.past", { day: app.moment }) : "";
    this.legend.classList.remove("is-dense");
    if (this.#overflows()) this.legend.classList.add("is-dense");
    return !this.#overflows();
  }

  #overflows() {
    return this.legend.scrollHeight > this.legend.clientHeight + 1;
  }

  #writeScale() {
    const { text, map } = this.app;
    const { metres, pixels } = scaleBar(map, BAR_PX);
    const length = metres < 1000 ? `${text.number(metres)} m` : `${text.number(metres / 1000)} km`;
    fill(
      this.bar,
      el("b", {}, `1 : ${text.number(Number(scaleOf(map).toPrecision(4)))}`),
      el("span", { class: "rm-sheet-rule", style: { width: `${pixels.toFixed(2)}px` } }),
      el("span", {}, `0 – ${length}`),
    );
  }

  #writeCorners() {
    const bounds = this.app.map.getBounds();
    CORNERS.forEach((name, i) => {
      const { lng, lat } = bounds[`get${name}`]().wrap();
      this.corners[i].textContent = `${dms(lng)} E  ${dms(lat)} N`;
    });
  }

  #writeNotes(layers) {
    const { app } = this;
    const { text } = app;
    const days = layers.map((layer) => text.day(layer.newest)).filter(Boolean);
    const rows = [
      ["print.crs", text.t("print.crs_is")],
      ["print.data_date", app.moment ?? days.sort().at(-1) ?? "—"],
      ["print.printed_on", today()],
      ["print.source", this.#sources(layers)],
      showsIllustrations(app, layers) ? ["illustrative.badge", text.t("print.illustrative")] : null,
    ];
    fill(
      this.notes,
      rows.filter(Boolean).map(([key, words]) => el("div", {}, el("dt", {}, text.t(key)), el("dd", {}, words))),
    );
  }

  #sources(layers) {
    const { text } = this.app;
    const named = sourcesOf(this.app, layers);
    const shown = named.slice(0, MOST_SOURCES).join(text.t("list.separator"));
    const rest = named.length > MOST_SOURCES ? text.t("print.more_sources", { n: named.length - MOST_SOURCES }) : "";
    const credits = this.app.credits.textContent;
    return [credits, shown + rest].filter(Boolean).join(" · ") || "—";
  }
}

/** Grid north of web Mercator is true north everywhere on the sheet. */
function north(text) {
  return el("div", { class: "rm-sheet-north", role: "img", "aria-label": text.t("print.north") }, text.t("print.north_letter"));
}

function today() {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
