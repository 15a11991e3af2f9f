/* Puts the page together: the map that Folium made, where data comes from, and the controls. */

import { readAddress } from "riskmap/address.js";
import * as around from "riskmap/around.js";
import * as basemaps from "riskmap/basemaps.js";
import * as detail from "riskmap/detail.js";
import * as draw from "riskmap/draw.js";
import { el, fill } from "riskmap/dom.js";
import { FeatureView } from "riskmap/features.js";
import * as findings from "riskmap/findings.js";
import * as grids from "riskmap/grids.js";
import { InlineSource } from "riskmap/inline.js";
import * as labels from "riskmap/labels.js";
import * as measure from "riskmap/measure.js";
import * as print from "riskmap/print.js";
import * as planner from "riskmap/planner.js";
import * as park from "riskmap/park.js";
import { RiskCanvas } from "riskmap/canvas.js";
import * as search from "riskmap/search.js";
import { HttpSource } from "riskmap/source.js";
import * as rasters from "riskmap/rasters.js";
import * as share from "riskmap/share.js";
import * as status from "riskmap/status.js";
import * as supervisor from "riskmap/supervisor.js";
import * as swipe from "riskmap/swipe.js";
import { Tabs } from "riskmap/tabs.js";
import { Text, chooseLanguage } from "riskmap/text.js";
import * as time from "riskmap/time.js";
import * as tree from "riskmap/tree.js";
import { VerdictIndex } from "riskmap/verdicts.js";
import * as view from "riskmap/view.js";
import { Workbenches } from "riskmap/workbenches.js";

const CONTROLS = {
  around,
  basemaps,
  detail,
  draw,
  findings,
  grids,
  labels,
  measure,
  park,
  planner,
  print,
  rasters,
  search,
  share,
  status,
  supervisor,
  swipe,
  time,
  tree,
  view,
};

/** What every control gets to work with. */
class App {
  #handlers = new Map();

  constructor(page) {
    const lang = chooseLanguage(page.config.lang);
    this.map = page.map;
    this.config = page.config;
    this.wanted = readAddress();
    this.selection = null;
    this.moment = null;
    this.text = new Text(lang, readJson("riskmap-messages"), page.config.words);
    const data = readJson("riskmap-data");
    this.source = data ? new InlineSource(data, this.text) : new HttpSource(page.config.apiUrl, this.text);
    this.root = document.querySelector(".rm-app");
    this.regions = Object.fromEntries(
      ["bar", "left", "map", "right", "status"].map((name) => [name, document.querySelector(`.rm-${name}`)]),
    );
    this.tabs = new Tabs(this.regions.left, this.text.t("region.left"));
    this.workbenches = new Workbenches(this);
    this.slots = Object.fromEntries(tree.THEMES.map((theme) => [theme, el("div", { class: "rm-slot" })]));
    this.layers = [];
    this.cut = new Map();
    this.canvas = new RiskCanvas({ padding: 0.2, tolerance: 5 });
    this.verdicts = new VerdictIndex(page.config.words.verdict.map(({ word }) => word));
    this.features = new FeatureView(this);
  }

  /** Have `handler` called with what is sent under that name. */
  on(name, handler) {
    if (!this.#handlers.has(name)) this.#handlers.set(name, []);
    this.#handlers.get(name).push(handler);
  }

  emit(name, payload) {
    for (const handler of this.#handlers.get(name) ?? []) handler(payload);
  }

  /** Return the padding that keeps a view clear of panels that lie over the map on narrow screens. [px] */
  roomBesidePanels() {
    const map = this.regions.map.getBoundingClientRect();
    const covering = (panel) => {
      const box = panel.getBoundingClientRect(); // without a size where it is hidden
      return box.top < map.bottom && box.width ? box : null;
    };
    const left = Math.max((covering(this.regions.left)?.right ?? 0) - map.left, 0);
    const right = Math.max(map.right - (covering(this.regions.right)?.left ?? map.right), 0);
    return { paddingTopLeft: [left, 0], paddingBottomRight: [right, 0] };
  }

  /** Say how many of a layer's features in the view are shown. */
  setCoverage(slug, shown, matched) {
    if (matched > shown) this.cut.set(slug, { slug, shown, matched });
    else this.cut.delete(slug);
    this.emit("coverage", [...this.cut.values()]);
  }

  layer(slug) {
    return this.layers.find((layer) => layer.slug === slug);
  }

  layerName(slug) {
    return this.text.pick(this.layer(slug)) || slug;
  }

  /** Return a feature's name in the reader's language, or null. */
  nameOf({ properties }) {
    return (this.text.lang === "en" && properties.extra?.name_en) || properties.name || null;
  }

  /** Show an error to the reader; aborted requests are none. */
  report(error) {
    if (error.status === 401) location.assign(this.config.loginUrl);
    else if (error.name !== "AbortError") this.emit("problem", error.message);
  }
}

function readJson(id) {
  const node = document.getElementById(id);
  return node ? JSON.parse(node.textContent) : null;
}

/** Start the page. */
export async function start(page) {
  const app = new App(page);
  document.documentElement.lang = app.text.lang === "zh" ? "zh-CN" : "en";
  document.title = app.text.t("app.title");
  app.regions.left.setAttribute("aria-label", app.text.t("region.left"));
  app.regions.right.setAttribute("aria-label", app.text.t("region.right"));
  for (const { component, options } of page.controls) CONTROLS[component].create(app, options);
  page.app = app;
  try {
    app.layers = (await app.source.layers()).layers;
    app.emit("layers", app.layers);
    await Promise.all([app.features.refresh(), findings.load(app), grids.load(app), rasters.load(app)]);
    await app.restoreView();
    app.root.dataset.state = "drawn"; // to count the register takes longer than to draw the map
    await supervisor.load(app);
    app.root.dataset.state = "ready";
  } catch (error) {
    app.report(error);
    app.root.dataset.state = "failed";
    fill(
      app.regions.left,
      el("p", { class: "rm-failed", role: "alert" }, app.text.t("error.start", { reason: error.message })),
    );
  }
}
