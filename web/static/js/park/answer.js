/* The external safety distance in the right panel: what is exceeded, how far it reaches, and what it rests on. */

import { el, fill } from "riskmap/dom.js";
import { basis } from "riskmap/park/basis.js";
import { Exposed } from "riskmap/park/exposed.js";
import { riskText } from "riskmap/park/levels.js";
import { lineMark } from "riskmap/park/preview.js";
import { Sheet } from "riskmap/park/sheet.js";
import { targetList, verdictBand } from "riskmap/park/targets.js";

export class Answer {
  constructor(bench) {
    Object.assign(this, { bench, app: bench.app, result: null, files: [] });
    this.drawn = L.layerGroup().addTo(this.app.map);
    this.exposed = new Exposed(this.app);
    this.sheet = new Sheet(bench);
  }

  clear() {
    this.drawn.clearLayers();
    this.exposed.clear();
    if (this.result) this.app.panel.close();
    this.result = null;
  }

  /** Show an exact answer with its files. */
  show(result, files) {
    Object.assign(this, { result, files });
    if (this.bench.isOpen) this.open();
  }

  /** Show the panel again, after something else stood in it. */
  open() {
    const { text } = this.app;
    const { result } = this;
    this.drawn.clearLayers();
    this.exposed.show(result);
    this.state = el("p", { class: "rm-park-state", role: "status" }, text.t("park.exact"));
    this.app.panel.show(
      result.plant.name,
      [text.t("park.answer.title"), " · ", result.wind_rose.name, " ", this.#example()],
      [
        this.state,
        verdictBand(this.app, this.result),
        this.#zones(),
        targetList(this.app, this.result),
        this.#societal(),
        this.#contours(),
        basis(this.app, result),
        this.#downloads(),
      ],
      { sticky: true, onclose: this.#leave },
    );
  }

  /** A coarse preview is newer than what the panel says, until the exact answer is there. */
  mark(isExact) {
    if (!this.state) return;
    this.state.textContent = this.app.text.t(isExact ? "park.exact" : "park.coarse");
    this.state.classList.toggle("is-coarse", !isExact);
  }

  #leave = () => this.drawn.clearLayers();

  #example() {
    const words = this.app.text.t("illustrative.badge");
    return this.result.plant.illustrative ? el("span", { class: "rm-badge is-example" }, words) : null;
  }

  #zones() {
    const { text } = this.app;
    const { zones, state } = this.result;
    const own = state === "in_service" ? "in_service" : "new";
    if (!zones.length) return el("p", { class: "rm-muted" }, text.t("park.zones.none"));
    const table = (column, title) =>
      el(
        "table",
        { class: "rm-park-table" },
        el("caption", {}, title),
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ["classes", "criterion", "greatest"].map((name) =>
              el("th", { scope: "col" }, text.t(`park.zones.${name}`)),
            ),
          ),
        ),
        el(
          "tbody",
          {},
          zones.filter((zone) => zone.column === column).map((zone) => this.#zone(zone)),
        ),
      );
    const other = own === "new" ? "in_service" : "new";
    return el(
      "section",
      { class: "rm-park-block" },
      el("h3", {}, text.t("park.zones.title")),
      table(own, text.t(`park.column.${own}`)),
      el("details", {}, el("summary", {}, text.t("park.zones.other")), table(other, text.t(`park.column.${other}`))),
      el("p", { class: "rm-hint" }, text.t("park.zones.hint")),
    );
  }

  #zone(zone) {
    const { text } = this.app;
    const names = zone.target_classes
      .map((word) => this.bench.tanks.name("target_class", word))
      .join(text.t("list.separator"));
    const criterion =
      zone.criterion_per_year === null
        ? text.quantity(zone.pressure_limit_pa, "Pa")
        : riskText(text, zone.criterion_per_year);
    const show = el(
      "button",
      {
        type: "button",
        class: "rm-park-link",
        "aria-label": text.t("park.zones.show", { classes: names, distance: text.metres(zone.greatest_m) }),
        onclick: () => this.#drawZone(zone),
      },
      text.metres(zone.greatest_m),
    );
    const range = ({ low_m: low, high_m: high }) => `${text.number(low, 1)}–${text.metres(high)}`;
    const band = zone.band?.high_m ? el("small", {}, text.t("park.zones.band", { range: range(zone.band) })) : null;
    return el("tr", {}, el("th", { scope: "row" }, names), el("td", {}, criterion), el("td", {}, show, band));
  }

  /** Draw the zone of some classes of targets, and its greatest distance as a ruler. */
  #drawZone(zone) {
    const { text, map } = this.app;
    this.drawn.clearLayers();
    if (!zone.geometry.coordinates.length) return;
    const look = {
      color: "#1c2426",
      weight: 2,
      dashArray: "2 4",
      fillColor: "#1c2426",
      fillOpacity: 0.04,
      hatch: "#1c242655",
      interactive: false,
    };
    const area = L.geoJSON(zone.geometry, { style: look, interactive: false, pmIgnore: true }).addTo(this.drawn);
    const longest = zone.directions
      .filter(({ end }) => end)
      .reduce((best, one) => (one.distance_m > (best?.distance_m ?? 0) ? one : best), null);
    if (longest) {
      const [lon, lat] = longest.end;
      const words = el("span", {}, `${text.metres(zone.greatest_m)} · ${Math.round(longest.azimuth_deg)}°`);
      L.circleMarker([lat, lon], {
        radius: 5,
        color: "#1c2426",
        weight: 2,
        fillColor: "#ffffff",
        fillOpacity: 1,
        interactive: false,
      })
        .bindTooltip(words, { permanent: true, direction: "top", className: "rm-distance" })
        .addTo(this.drawn);
    }
    map.fitBounds(area.getBounds().pad(0.3), { maxZoom: 17, ...this.app.roomBesidePanels() });
  }

  #societal() {
    const { text } = this.app;
    const { societal } = this.result;
    const picture = this.files.find(({ name }) => name === "fn.svg");
    return el(
      "section",
      { class: "rm-park-block" },
      el("h3", {}, text.t("park.societal.title")),
      societal
        ? el(
            "p",
            {},
            text.t(`park.region.${societal.region}`),
            " · ",
            text.t("park.societal.pll", { pll: riskText(text, societal.pll_per_year) }),
          )
        : el("p", { class: "rm-muted" }, text.t("park.societal.none")),
      societal && picture
        ? el("img", {
            class: "rm-park-fn",
            src: picture.url,
            alt: text.t("park.societal.alt", { region: text.t(`park.region.${societal.region}`) }),
          })
        : null,
    );
  }

  #contours() {
    const { text } = this.app;
    const rows = this.result.contours.map(({ risk_per_year: risk, geometry }) =>
      el(
        "li",
        {},
        lineMark(risk),
        riskText(text, risk),
        geometry.coordinates.length ? null : el("small", {}, text.t("park.contours.not_reached")),
      ),
    );
    return rows.length
      ? el(
          "section",
          { class: "rm-park-block" },
          el("h3", {}, text.t("park.contours.title")),
          el("ul", { class: "rm-park-legend" }, rows),
        )
      : null;
  }

  #downloads() {
    const { text } = this.app;
    const links = this.files.map(({ name, url }) =>
      el("a", { class: "rm-button", href: url, download: name }, text.find(`park.file.${name}`) ?? name),
    );
    const sheet = el(
      "button",
      { type: "button", class: "rm-button", dataset: { action: "sheet" }, onclick: () => this.sheet.open() },
      text.t("park.sheet.open"),
    );
    return el(
      "section",
      { class: "rm-park-block" },
      el("h3", {}, text.t("park.downloads")),
      el("p", { class: "rm-park-buttons" }, sheet, links),
    );
  }
}
