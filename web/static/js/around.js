/* "Around here": everything within a radius of a place, measured by the server, on the map and as a list. */

import { AroundList } from "riskmap/around_list.js";
import { parseCoordinate } from "riskmap/coordinates.js";
import { el, fill, iconButton } from "riskmap/dom.js";

const FIRST_RADIUS_M = 1000;
const LARGEST_M = 200_000;
const PAGE = 50;
const LOOK = { color: "#111111", weight: 2, dashArray: "2 5", fillColor: "#111111", fillOpacity: 0.04, interactive: false };
const LINE = { color: "#111111", weight: 2.5, interactive: false };

/** A page that asks no server has nothing that measures. */
export function create(app) {
  if (!app.source.canCheck) return;
  const tool = new AroundTool(app);
  app.showAround = (feature) => tool.askAround(feature);
}

class AroundTool {
  #controller = null;
  #asked = null;
  #feature = null;

  constructor(app) {
    this.app = app;
    this.ground = L.layerGroup().addTo(app.map);
    this.line = L.layerGroup().addTo(app.map);
    this.button = iconButton("target", app.text.t("around.open"), () => this.#open());
    app.tools.append(this.button);
    this.said = el("div", {});
    this.#makeForm();
    app.map.on("pm:create", ({ layer }) => app.drawing === "around" && this.#picked(layer));
    app.on("clear", () => this.#clear());
    app.on("moment", () => this.#asked && this.#ask());
  }

  /** Ask about what lies around a stored feature {layer, id, name}. */
  askAround(feature) {
    this.#take(feature);
    this.#open();
    this.#ask();
  }

  #makeForm() {
    const { text } = this.app;
    this.place = el("input", {
      type: "text",
      required: true,
      placeholder: text.t("around.place_hint"),
      oninput: () => this.#typed(),
    });
    this.radius = el("input", {
      type: "number",
      min: "1",
      max: String(LARGEST_M),
      step: "any",
      required: true,
      value: String(FIRST_RADIUS_M),
    });
    const button = (key, onclick) => el("button", { type: "button", class: "rm-button", onclick }, text.t(key));
    this.form = el(
      "form",
      { class: "rm-form rm-around-form", onsubmit: (event) => this.#submit(event) },
      el("label", {}, text.t("around.place"), this.place),
      el(
        "div",
        { class: "rm-around-ways" },
        button("around.pick", () => this.#pick()),
        button("around.centre", () => this.#takePlace(this.app.map.getCenter())),
      ),
      el("label", {}, text.t("around.radius"), this.radius),
      el("button", { type: "submit", class: "rm-button is-main" }, text.t("around.ask")),
    );
  }

  #open() {
    const { app } = this;
    const { selection } = app;
    if (selection && !this.#asked && !this.place.value) this.#take(this.#selected(selection));
    const body = [this.form, this.said];
    app.panel.show(app.text.t("around.title"), app.text.t("around.subtitle"), body, {
      sticky: true,
      knowsDays: true,
      onclose: this.#leave,
    });
    this.place.focus();
  }

  #selected({ layer, id }) {
    return { layer, id, name: this.app.regions.right.querySelector("h2")?.textContent ?? id };
  }

  /** The list stays for the next time; what it drew goes with the panel. */
  #leave = () => {
    this.ground.clearLayers();
    this.line.clearLayers();
  };

  #clear() {
    this.#asked = null;
    this.#controller?.abort();
    this.#leave();
    fill(this.said);
  }

  #typed() {
    this.#feature = null;
    this.place.setCustomValidity("");
  }

  #take({ layer, id, name }) {
    this.#feature = { layer, id };
    this.place.value = `${this.app.layerName(layer)} · ${name || id}`;
    this.place.setCustomValidity("");
  }

  #takePlace({ lng, lat }) {
    this.#typed();
    this.place.value = `${lng.toFixed(6)}, ${lat.toFixed(6)}`;
  }

  #pick() {
    const { app } = this;
    app.startDrawing("around", this.button, "CircleMarker", {
      templineStyle: LOOK,
      hintlineStyle: LOOK,
      pathOptions: { ...LOOK, radius: 6 },
    });
    app.emit("hint", app.text.t("around.pick_hint"));
  }

  #picked(layer) {
    const { app } = this;
    app.stopDrawing();
    layer.remove();
    app.emit("hint", null);
    this.#takePlace(layer.getLatLng().wrap());
    this.form.requestSubmit();
  }

  /** What the form says, as the server takes it; null where the place is none. */
  #wanted() {
    const place = this.#feature ? null : parseCoordinate(this.place.value);
    if (!this.#feature && !place) return null;
    const { layer, id } = this.#feature ?? {};
    return { place: place ? `${place.lon},${place.lat}` : `${layer}/${id}`, radius_m: this.radius.valueAsNumber };
  }

  #submit(event) {
    event.preventDefault();
    const wrong = this.#wanted() ? "" : this.app.text.t("around.no_place");
    this.place.setCustomValidity(wrong);
    if (this.form.reportValidity()) this.#ask();
  }

  async #ask() {
    const { app } = this;
    const asked = { ...this.#wanted(), at: app.source.at };
    this.#controller?.abort();
    this.#controller = new AbortController();
    fill(this.said, el("p", { class: "rm-muted", role: "status" }, app.text.t("around.asking")));
    try {
      const answer = await this.#fetch({ ...asked, limit: PAGE }, this.#controller.signal);
      this.#asked = asked;
      this.#show(answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === 401) app.report(error);
      fill(this.said, el("p", { class: "rm-warning", role: "alert" }, error.message));
    }
  }

  #fetch(query, signal) {
    return this.app.source.get("/around", query, signal);
  }

  #show(answer) {
    const { app } = this;
    const asked = this.#asked;
    this.list = new AroundList(app, answer, {
      fetch: (query) => this.#fetch({ ...asked, ...query, limit: PAGE }),
      address: (ending) => `${app.source.apiUrl}/around.${ending}?${app.source.query({ ...asked, lang: app.text.lang })}`,
      onchoose: (one) => this.#draw(one),
    });
    fill(this.said, this.list.node);
    this.#drawGround(answer);
  }

  #drawGround({ area, origin }) {
    const { map } = this.app;
    this.#leave();
    const ground = L.geoJSON(area, { style: LOOK, interactive: false }).addTo(this.ground);
    if (origin.geometry.type === "Point") {
      const [lng, lat] = origin.geometry.coordinates;
      L.circleMarker([lat, lng], { ...LOOK, dashArray: null, radius: 4, fillOpacity: 1 }).addTo(this.ground);
    }
    if (!map.getBounds().contains(ground.getBounds())) map.fitBounds(ground.getBounds(), this.app.roomBesidePanels());
  }

  /** Show the shortest line to a feature. */
  #draw({ start, end, distance_m: metres }) {
    const ends = [start, end].map(([lng, lat]) => [lat, lng]);
    const words = this.app.text.length(metres);
    this.line.clearLayers();
    const tip = { permanent: true, direction: "center", className: "rm-distance" };
    L.polyline(ends, LINE).bindTooltip(() => el("span", {}, words), tip).addTo(this.line);
    L.circleMarker(ends[1], { ...LINE, radius: 9, fill: false }).addTo(this.line);
    if (!this.app.map.getBounds().contains(ends[1])) this.app.map.panTo(ends[1]);
  }
}
