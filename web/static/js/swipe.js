/* Two states of the map side by side: a second map with layers and a day of its own, seen right of a line. */

import { baseTiles } from "riskmap/basemaps.js";
import { RiskCanvas } from "riskmap/canvas.js";
import { el, fill, iconButton } from "riskmap/dom.js";
import { FeatureView, clipped } from "riskmap/features.js";
import * as labels from "riskmap/labels.js";
import { rasterTiles } from "riskmap/rasters.js";
import { VerdictIndex } from "riskmap/verdicts.js";

const STEP_SHARE = 0.02;
const FIRST_SHARE = 0.5;

export function create(app) {
  const swipe = new Swipe(app);
  app.tools.append(swipe.button);
  app.on("verdicts", (slugs) => swipe.passOn(slugs));
  app.map.on("pm:drawstart", () => swipe.close());
}

class Swipe {
  constructor(app) {
    this.app = app;
    this.share = FIRST_SHARE;
    this.frame = null;
    this.button = iconButton("swipe", app.text.t("swipe.open"), () => this.#toggle(), { "aria-pressed": "false" });
  }

  #toggle() {
    return this.frame ? this.close() : this.#open();
  }

  async #open() {
    const { app } = this;
    const { text } = app;
    app.cancelDrawing();
    const days = app.source.canCheck ? (await app.source.days().catch(() => ({ days: [] }))).days : [];
    this.frame = el("div", { class: "rm-swipe-map", "aria-label": text.t("swipe.right") });
    this.line = el("div", {
      class: "rm-swipe-line",
      role: "slider",
      tabindex: "0",
      "aria-label": text.t("swipe.line"),
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      onpointerdown: (event) => this.line.setPointerCapture(event.pointerId),
      onpointermove: (event) => this.line.hasPointerCapture(event.pointerId) && this.#drag(event),
      onkeydown: (event) => this.#key(event),
    });
    this.choices = el("div", { class: "rm-swipe-choices", role: "group", "aria-label": text.t("swipe.right") });
    app.regions.map.append(this.frame, this.line, this.choices);
    this.#makeMap();
    this.#offer(days);
    this.#move(this.share);
    this.button.setAttribute("aria-pressed", "true");
    this.button.classList.add("is-on");
    app.regions.map.classList.add("is-swiped");
  }

  close() {
    if (!this.frame) return;
    this.app.map.off("move", this.follow);
    this.watch.disconnect();
    this.twin.features.stop();
    this.twin.map.remove();
    for (const node of [this.frame, this.line, this.choices]) node.remove();
    this.frame = null;
    this.button.setAttribute("aria-pressed", "false");
    this.button.classList.remove("is-on");
    this.app.regions.map.classList.remove("is-swiped");
  }

  /** Verdicts have changed: the right side shows the same ones, unless it shows another day. */
  passOn(slugs) {
    if (this.frame && this.twin.verdicts === this.app.verdicts) this.twin.emit("verdicts", slugs);
  }

  #makeMap() {
    const { app } = this;
    const map = L.map(this.frame, { zoomControl: false, attributionControl: false, keyboard: false, preferCanvas: true });
    map.setView(app.map.getCenter(), app.map.getZoom(), { animate: false });
    this.twin = twinOf(app, map);
    labels.create(this.twin);
    this.twin.emit("layers", app.layers);
    this.twin.features.refresh();
    this.follow = () => mirror(app.map, map);
    app.map.on("move", this.follow);
    map.on("move", () => mirror(map, app.map));
    this.watch = new ResizeObserver(() => {
      map.invalidateSize({ pan: false });
      mirror(app.map, map);
    });
    this.watch.observe(this.frame);
  }

  #offer(days) {
    const { text } = this.app;
    const day = el(
      "select",
      { "aria-label": text.t("swipe.day"), onchange: () => this.#showDay(day.value || null) },
      el("option", { value: "" }, text.t("time.now")),
      [...days].reverse().map((one) => el("option", { value: one }, one)),
    );
    day.value = this.app.moment ?? "";
    const { features } = this.twin;
    const layers = this.app.layers.filter((layer) => layer.count && features.has(layer.slug));
    const layerBoxes = layers.map((layer) => {
      const show = (shown) => features.setVisible(layer.slug, shown);
      return box(text.pick(layer), features.isVisible(layer.slug), show);
    });
    fill(
      this.choices,
      el("b", {}, text.t("swipe.right")),
      days.length ? day : null,
      this.#tileBoxes(),
      el("details", {}, el("summary", {}, text.t("swipe.layers")), layerBoxes),
    );
  }

  /** Switches of base maps and rasters, at first as on the left. */
  #tileBoxes() {
    const { app } = this;
    const on = new Set([...app.slots.base.querySelectorAll("input:checked")].map((input) => input.value));
    const sets = [
      ...app.config.baseMaps.map((one) => [one.slug, app.text.pick(one), baseTiles(one)]),
      ...app.rasters.filter((one) => !one.problem).map((one) => [one.id, one.name ?? one.id, [rasterTiles(app, one)]]),
    ];
    return sets.map(([value, name, tiles]) => {
      const group = L.layerGroup(tiles);
      const show = (shown) => (shown ? group.addTo(this.twin.map) : group.remove());
      show(on.has(value));
      return box(name, on.has(value), show);
    });
  }

  async #showDay(day) {
    const { app, twin } = this;
    twin.source.at = day;
    twin.moment = day;
    twin.verdicts = day === app.moment ? app.verdicts : new VerdictIndex(app.verdicts.order);
    twin.features.reloadAll();
    await twin.loadVerdicts();
  }

  #drag(event) {
    const box = this.app.regions.map.getBoundingClientRect();
    this.#move((event.clientX - box.left) / box.width);
  }

  #key(event) {
    const step = { ArrowLeft: -STEP_SHARE, ArrowRight: STEP_SHARE }[event.key];
    if (!step) return;
    event.preventDefault();
    this.#move(this.share + step);
  }

  #move(share) {
    this.share = Math.min(Math.max(share, 0), 1);
    const percent = `${(this.share * 100).toFixed(1)}%`;
    this.frame.style.setProperty("clip-path", `inset(0 0 0 ${percent})`);
    this.line.style.setProperty("left", percent);
    this.line.setAttribute("aria-valuenow", String(Math.round(this.share * 100)));
  }
}

function box(name, checked, show) {
  const input = el("input", { type: "checkbox", onchange: () => show(input.checked) });
  input.checked = checked;
  return el("label", {}, input, el("span", { dir: "auto" }, name));
}

/** Return an application that is the first one in all but its map, its data's day and what is on. */
function twinOf(app, map) {
  const handlers = new Map();
  const { on, off, opacity } = app.features.choices();
  const twin = Object.assign(Object.create(app), {
    map,
    moment: app.moment,
    source: app.source.atDay?.(app.moment) ?? app.source,
    canvas: new RiskCanvas({ padding: 0.2, tolerance: 5 }),
    wanted: { on, off, opacity },
    on: (name, handler) => handlers.set(name, [...(handlers.get(name) ?? []), handler]),
    emit(name, payload) {
      if (name === "select") app.emit(name, payload);
      for (const handler of handlers.get(name) ?? []) handler(payload);
    },
    setCoverage() {},
    loadVerdicts: () => loadVerdicts(twin, app),
  });
  twin.features = new FeatureView(twin);
  map.on("moveend", () => twin.loadVerdicts());
  return twin;
}

/** Another day has findings of its own; the same day those of the first map. */
async function loadVerdicts(twin, app) {
  if (twin.verdicts === app.verdicts) return;
  try {
    const bounds = clipped(twin.map.getBounds());
    const answer = await twin.source.findings({ bounds, limit: app.config.featureLimit, filter: { advisory: false } });
    const changed = twin.verdicts.add(answer.features);
    if (changed.size && !twin.features.stopped) twin.emit("verdicts", changed);
  } catch (error) {
    app.report(error);
  }
}

let mirroring = false;

/** Give one map the view of another; what that sets off in turn changes nothing. */
function mirror(from, to) {
  if (mirroring) return;
  mirroring = true;
  if (from.getZoom() === to.getZoom()) to.panTo(from.getCenter(), { animate: false, noMoveStart: true });
  else to.setView(from.getCenter(), from.getZoom(), { animate: false });
  mirroring = false;
}
