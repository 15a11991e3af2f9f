/* Keeps the address of the view current, takes a view up from it, and hands it on as a link. */

import { writeAddress } from "riskmap/address.js";
import { el, fill, iconButton } from "riskmap/dom.js";

const PAUSE_MS = 150;

export function create(app) {
  const keeper = new ViewKeeper(app);
  app.restoreView = () => keeper.restore();
  const dialog = el("dialog", { class: "rm-share", "aria-label": app.text.t("share.title") });
  app.root.append(dialog);
  app.barEnd.prepend(iconButton("share", app.text.t("share.open"), () => showLink(app, keeper, dialog)));
}

class ViewKeeper {
  #timer = null;
  #ready = false;

  constructor(app) {
    this.app = app;
    const soon = () => this.#soon();
    app.map.on("moveend", soon);
    for (const name of ["drawn", "select", "unselect", "workbench", "moment"]) app.on(name, soon);
    app.root.addEventListener("change", soon);
    // Only a link that is opened in the page itself changes the fragment: what we write does not.
    addEventListener("hashchange", () => location.reload());
  }

  /** Take up the view that the address had when the page was opened. */
  async restore() {
    const { app } = this;
    const { wanted } = app;
    if (wanted.bench && wanted.bench !== app.workbenches.current) app.workbenches.open(wanted.bench);
    if (wanted.base) choose(app.slots.base.querySelectorAll("input[name=basemap]"), wanted.base);
    for (const [i, value] of wanted.grid.entries()) await pick(app.slots.grids.querySelectorAll("select")[i], value);
    if (wanted.at && app.showMoment) await app.showMoment(wanted.at);
    if (wanted.select) await this.#select(wanted.select);
    this.#place();
    this.#ready = true;
    this.#soon();
  }

  #select({ layer, id }) {
    return new Promise((resolve) => {
      this.app.emit("open", { layer, id, then: resolve, otherwise: resolve });
    });
  }

  /** Panels that have opened meanwhile have moved the middle of the map. */
  #place() {
    const { place } = this.app.wanted;
    if (place) this.app.map.setView([place.lat, place.lng], place.zoom, { animate: false });
  }

  #soon() {
    clearTimeout(this.#timer);
    if (this.#ready) this.#timer = setTimeout(() => this.write(), PAUSE_MS);
  }

  /** Put the present view into the address and return the fragment. */
  write() {
    const fragment = writeAddress(this.#state());
    if (fragment !== location.hash) history.replaceState(null, "", fragment);
    return fragment;
  }

  #state() {
    const { app } = this;
    const { lat, lng } = app.map.getCenter();
    const { on, off, opacity } = app.features.choices();
    const values = (nodes) => [...nodes].map((node) => node.value);
    const [base = null] = values(app.slots.base.querySelectorAll("input[name=basemap]:checked"));
    const grid = values(app.slots.grids.querySelectorAll("select"));
    return {
      place: { zoom: app.map.getZoom(), lat, lng },
      on,
      off,
      opacity,
      base: base === "none" ? null : base,
      rasters: values(app.slots.base.querySelectorAll("input[name=raster]:checked")),
      grid: grid[0] ? grid : [],
      at: app.moment,
      bench: app.workbenches.current,
      select: app.selection,
    };
  }
}

function choose(inputs, value) {
  const input = [...inputs].find((one) => one.value === value);
  if (!input || input.checked) return;
  input.checked = true;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Choose from a list as a reader does, and wait until what follows from it is there. */
async function pick(select, value) {
  if (!select || select.value === value || ![...select.options].some((option) => option.value === value)) return;
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await new Promise(requestAnimationFrame);
}

function showLink(app, keeper, dialog) {
  const { text } = app;
  const link = new URL(location.href);
  link.hash = keeper.write();
  link.searchParams.set("lang", text.lang);
  const field = el("input", { type: "text", readonly: true, value: link.href, "aria-label": text.t("share.link") });
  const said = el("p", { class: "rm-muted", role: "status" }, text.t("share.hint"));
  const copy = el(
    "button",
    { type: "button", class: "rm-button is-main", onclick: () => copyLink(text, field, said) },
    text.t("share.copy"),
  );
  const close = el(
    "button",
    { type: "button", class: "rm-button", onclick: () => dialog.close() },
    text.t("action.close"),
  );
  fill(dialog, el("h2", {}, text.t("share.title")), field, said, el("p", { class: "rm-dialog-end" }, copy, close));
  dialog.showModal();
  field.select();
}

/** The clipboard is closed to pages that come over plain HTTP from another machine: then the marked text is copied. */
async function copyLink(text, field, said) {
  field.select();
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
    else document.execCommand("copy");
    said.textContent = text.t("share.copied");
  } catch {
    said.textContent = text.t("share.by_hand");
  }
}
