/* Print and export: the map moves onto a sheet, is moved there as on the screen, and goes to the printer or into a PDF. */

import { el, fill, iconButton } from "riskmap/dom.js";
import { PAPERS, nearestRound, roundScales, roundUp, scaleOf, zoomOf } from "riskmap/print/paper.js";
import { Sheet } from "riskmap/print/sheet.js";

const PAPER = "a4-landscape";
const SCALES = [1000, 5_000_000];
/** Longer than parts of the map wait after a move before they ask for what is missing. [ms] */
const PAUSE_MS = 300;

export function create(app) {
  const printer = new Printer(app);
  app.barEnd.prepend(iconButton("print", app.text.t("print.open"), () => printer.open()));
}

class Printer {
  #timer = null;

  constructor(app) {
    this.app = app;
    this.dialog = null;
    this.follow = () => this.#soon();
    for (const name of ["drawn", "verdicts"]) app.on(name, this.follow);
  }

  /** Lay the view on a sheet: all that is seen on the screen is on it, at the next round scale. */
  open() {
    if (this.dialog) return;
    const { app } = this;
    const { map } = app;
    app.cancelDrawing();
    const seen = map.getBounds();
    this.before = { centre: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap, retina: L.Browser.retina };
    this.home = map.getContainer().parentNode;
    this.opener = document.activeElement;
    this.sheet = new Sheet(app);
    this.dialog = el(
      "div",
      { class: "rm-print", role: "dialog", "aria-modal": "true", "aria-label": app.text.t("print.title") },
      this.#bar(),
      el("div", { class: "rm-print-desk" }, this.sheet.node),
    );
    document.body.append(this.dialog);
    app.root.inert = true;
    document.documentElement.classList.add("is-printing");
    L.Browser.retina = true; // canvases with twice the pixels: paper is finer than a screen
    map.options.zoomSnap = 0; // round scales are no whole zooms
    this.sheet.place.append(map.getContainer());
    this.#lay(PAPER);
    map.fitBounds(seen, { animate: false });
    this.#setScale(roundUp(scaleOf(map)));
    map.on("moveend", this.follow);
    this.dialog.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.titleField.focus();
  }

  close() {
    const { app } = this;
    const { map } = app;
    map.off("moveend", this.follow);
    this.home.append(map.getContainer());
    L.Browser.retina = this.before.retina;
    map.options.zoomSnap = this.before.snap;
    this.dialog.remove();
    this.dialog = null;
    app.root.inert = false;
    document.documentElement.classList.remove("is-printing");
    map.invalidateSize({ pan: false, animate: false });
    map.setView(this.before.centre, this.before.zoom, { animate: false });
    this.opener?.focus();
  }

  #bar() {
    const { text } = this.app;
    this.titleField = el("input", {
      type: "text",
      maxlength: "80",
      value: text.t("app.name"),
      oninput: () => this.sheet.setTitle(this.titleField.value),
    });
    this.paper = el(
      "select",
      { onchange: () => this.#lay(this.paper.value) },
      Object.keys(PAPERS).map((name) => el("option", { value: name }, text.t(`print.paper.${name}`))),
    );
    this.scale = el("select", { onchange: () => this.#setScale(Number(this.scale.value)) });
    this.warning = el("p", { class: "rm-print-warning", role: "status" });
    this.sheet.setTitle(this.titleField.value);
    return el(
      "form",
      { class: "rm-print-bar", onsubmit: (event) => this.#print(event) },
      el("label", {}, text.t("print.name"), this.titleField),
      el("label", {}, text.t("print.paper"), this.paper),
      el("label", {}, text.t("print.scale"), this.scale),
      this.warning,
      el("button", { type: "submit", class: "rm-button is-main" }, text.t("print.go")),
      el("button", { type: "button", class: "rm-button", onclick: () => this.close() }, text.t("action.close")),
    );
  }

  /** Lay the map on another sheet; middle and scale stay. */
  #lay(paper) {
    const { map } = this.app;
    const [centre, zoom] = [map.getCenter(), map.getZoom()];
    this.sheet.node.dataset.paper = paper;
    this.paper.value = paper;
    map.invalidateSize({ pan: false, animate: false });
    map.setView(centre, zoom, { animate: false });
    this.#soon();
  }

  #setScale(denominator) {
    const { map } = this.app;
    map.setView(map.getCenter(), zoomOf(map, denominator), { animate: false });
    this.#offerScales();
  }

  #offerScales() {
    fill(
      this.scale,
      roundScales(...SCALES).map((scale) => el("option", { value: String(scale) }, `1 : ${this.app.text.number(scale)}`)),
    );
    this.scale.value = String(nearestRound(scaleOf(this.app.map), SCALES).round);
  }

  /** Only round scales go onto paper: a move by hand, which changes the scale with the latitude, ends at the next one. */
  #roundScale() {
    const { round, isRound } = nearestRound(scaleOf(this.app.map), SCALES);
    if (!isRound) this.#setScale(round);
    return isRound;
  }

  #soon() {
    clearTimeout(this.#timer);
    if (!this.dialog) return;
    this.dialog.dataset.ready = "false";
    this.#timer = setTimeout(() => this.#settle(), PAUSE_MS);
  }

  /** Wait until all that the view asks for is there, then write what depends on it. */
  async #settle() {
    while (this.dialog && (this.app.source.running || isLoadingTiles(this.app.map)))
      await pause();
    // Another scale is another move, after which this begins anew.
    if (this.dialog && this.#roundScale()) this.#update();
  }

  #update() {
    this.#offerScales();
    const fits = this.sheet.update();
    this.warning.textContent = fits ? "" : this.app.text.t("print.legend_cut");
    this.dialog.dataset.ready = "true";
  }

  /** What is still on its way belongs on the paper. */
  async #print(event) {
    event.preventDefault();
    while (this.dialog && this.dialog.dataset.ready !== "true") await pause();
    if (this.dialog) print();
  }
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS / 4));
}

function isLoadingTiles(map) {
  let loading = false;
  map.eachLayer((layer) => (loading ||= Boolean(layer.isLoading?.())));
  return loading;
}
