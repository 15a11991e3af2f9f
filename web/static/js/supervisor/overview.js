/* Key figures of an administrative area, down to its facilities by clicks; the numbers of a level add up. */

import { el, fill } from "riskmap/dom.js";
import { WHOLE, areaName } from "riskmap/supervisor/areas.js";
import { showCharts } from "riskmap/supervisor/charts.js";
import { Facilities } from "riskmap/supervisor/facilities.js";
import { showGaps } from "riskmap/supervisor/gaps.js";
import { shareBar, shareLegend } from "riskmap/supervisor/shares.js";

export class Overview {
  #controller = null;

  constructor(app, panel) {
    this.app = app;
    this.adcode = WHOLE;
    this.body = el("div", { class: "rm-overview" }, el("p", { class: "rm-muted" }, app.text.t("state.loading")));
    panel.append(this.body);
    /** Buttons above the figures: key of the title, and what it does with the area shown. */
    this.tools = [
      ["overview.lists", () => app.tabs.show("findings")],
      ["overview.charts", () => showCharts(app, this.figures)],
      ["overview.gaps", (area) => showGaps(app, area)],
    ];
    this.facilities = new Facilities(app);
  }

  /** Show the figures of an area and return them; null where that failed, or another area was asked for meanwhile. */
  async load(adcode = this.adcode) {
    this.#controller?.abort();
    this.#controller = new AbortController();
    const moves = adcode !== this.adcode;
    try {
      this.figures = await this.app.source.get("/register/overview", { area: adcode }, this.#controller.signal);
    } catch (error) {
      this.app.report(error);
      return null;
    }
    this.adcode = adcode;
    this.facilities.choose({ area: adcode, conclusion: null, layer: null });
    this.#render();
    if (moves && this.figures.area.bounds) this.#zoom(this.figures.area.bounds);
    return this.figures;
  }

  #zoom([west, south, east, north]) {
    const corners = [
      [south, west],
      [north, east],
    ];
    this.app.map.fitBounds(corners, this.app.roomBesidePanels());
  }

  #render() {
    const { app, figures: answer } = this;
    fill(
      this.body,
      this.#path(),
      el("h2", { class: "rm-overview-title", dir: "auto" }, areaName(app.text, answer.area)),
      checkNote(app, answer.check),
      figureTiles(app, answer.figures),
      this.#tools(),
      shareBar(app, answer.figures),
      shareLegend(app, answer.figures, this.facilities.choice.conclusion, (word) => this.#choose({ conclusion: word })),
      this.#areas(),
      this.#layers(),
      this.facilities.node,
    );
  }

  #choose(choice) {
    this.facilities.choose(choice);
    this.#render();
    this.facilities.node.scrollIntoView({ block: "nearest" });
  }

  #path() {
    const { text } = this.app;
    if (!this.figures.above.length) return null;
    return el(
      "nav",
      { class: "rm-path", "aria-label": text.t("overview.path") },
      this.figures.above.map((area) =>
        el("button", { type: "button", onclick: () => this.app.emit("area", area.adcode) }, areaName(text, area)),
      ),
    );
  }

  #areas() {
    const { app, figures: answer } = this;
    if (!answer.areas.length) return null;
    const most = Math.max(...answer.areas.map((area) => area.facilities));
    const rows = answer.areas.map((area) =>
      barRow(app, {
        name: area.adcode ? areaName(app.text, area) : app.text.t("overview.no_code"),
        figures: area,
        most,
        onclick: area.adcode ? () => app.emit("area", area.adcode) : null,
      }),
    );
    return block(app.text.t("overview.areas"), el("ul", { class: "rm-bars", dataset: { bars: "areas" } }, rows));
  }

  #layers() {
    const { app, figures: answer } = this;
    const layers = answer.layers.filter((one) => one.facilities > 0);
    const most = Math.max(...layers.map((one) => one.facilities), 0);
    const rows = layers.map((one) =>
      barRow(app, {
        name: app.layerName(one.layer),
        figures: one,
        most,
        pressed: this.facilities.choice.layer === one.layer,
        onclick: () => this.#choose({ layer: this.facilities.choice.layer === one.layer ? null : one.layer }),
      }),
    );
    return block(app.text.t("overview.layers"), el("ul", { class: "rm-bars", dataset: { bars: "layers" } }, rows));
  }

  #tools() {
    const { text } = this.app;
    return el(
      "div",
      { class: "rm-overview-actions" },
      this.tools.map(([key, run]) =>
        el(
          "button",
          { type: "button", class: "rm-button", dataset: { tool: key }, onclick: () => run(this.figures.area) },
          text.t(key),
        ),
      ),
    );
  }
}

function checkNote(app, check) {
  const { text } = app;
  if (!check) return el("p", { class: "rm-warning" }, text.t("overview.never_checked"));
  const kind = text.t(`overview.check.${check.kind}`);
  const note = el("p", { class: "rm-overview-note" }, text.t("overview.checked", { kind, day: check.checked_on ?? "" }));
  if (!check.changed?.length) return note;
  const layers = check.changed.map((slug) => app.layerName(slug)).join(text.t("list.separator"));
  return [note, el("p", { class: "rm-warning" }, text.t("overview.changed", { layers }))];
}

function figureTiles(app, { facilities, findings, legacy, conclusions }) {
  const { text } = app;
  const tiles = [
    ["facilities", facilities],
    ["violations", findings.fail],
    ["legacy", legacy],
    ["undecidable", conclusions.undecidable],
  ];
  return el(
    "dl",
    { class: "rm-tiles" },
    tiles.map(([key, number]) =>
      el(
        "div",
        { dataset: { tile: key } },
        el("dt", {}, text.t(`overview.tile.${key}`)),
        el("dd", {}, text.number(number)),
      ),
    ),
  );
}

function barRow(app, { name, figures, most, onclick, pressed = null }) {
  const parts = [
    el("span", { class: "rm-bar-name", dir: "auto" }, name),
    el("b", {}, app.text.number(figures.facilities)),
    shareBar(app, figures, most),
  ];
  const row = onclick
    ? el("button", { type: "button", onclick, "aria-pressed": pressed === null ? null : String(pressed) }, parts)
    : el("div", {}, parts);
  return el("li", {}, row);
}

function block(title, ...content) {
  return el("section", { class: "rm-overview-block" }, el("h3", {}, title), content);
}
