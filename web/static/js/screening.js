/* What the failure of the selected pond may reach, or the fan of the selected gully. Screening only. */

import { el, fill } from "riskmap/dom.js";
import { describeNeed, fieldName } from "riskmap/needs.js";
import { featureId } from "riskmap/shapes.js";

const ZONES = { high: "#e3a857", central: "#d9730d", low: "#b3261e" };
const WEIGHT = { high: 10, central: 8, low: 6 };
const LISTED = 12;

export class Screening {
  #drawn = L.layerGroup();
  #shown = null;

  constructor(app) {
    this.app = app;
    this.#drawn.addTo(app.map);
    this.node = el("section", { class: "rm-attributes rm-screening" });
  }

  /** Return the part of the panel for a selection; null where there is nothing to screen, or nobody who can. */
  section(layer, feature) {
    const ask = this.app.source.canCheck && !this.app.moment ? this.#asks(layer, feature) : null;
    const of = ask && `${ask.path} ${feature.properties.version}`;
    if (of !== this.#shown) this.#offer(ask, of);
    return ask && this.node;
  }

  /** Take everything off the map. */
  clear() {
    this.#offer(null, null);
  }

  #asks(layer, feature) {
    const id = encodeURIComponent(featureId(feature));
    if (layer === "tailings_ponds" || (layer === "proposals" && feature.properties.kind === "tailings_pond"))
      return { path: `/ponds/${id}?layer=${layer}`, words: "pond", show: (found) => this.#showPond(found) };
    if (layer === "geohazards" && feature.properties.geohazard_kind === "debris_flow")
      return { path: `/fans?gully=${id}`, words: "fan", show: ({ fans: [fan] }) => this.#showFan(fan) };
    return null;
  }

  #offer(ask, of) {
    const { text } = this.app;
    this.#shown = of;
    this.#drawn.clearLayers();
    if (!ask) return;
    const button = el(
      "button",
      { type: "button", class: "rm-button", onclick: () => this.#load(ask, of, button) },
      text.t(`screening.${ask.words}.ask`),
    );
    fill(this.node, el("h3", {}, text.t(`screening.${ask.words}.title`)), button);
  }

  async #load(ask, of, button) {
    button.disabled = true;
    try {
      const found = await this.app.source.ask(ask.path);
      if (this.#shown === of) ask.show(found);
    } catch (error) {
      button.disabled = false;
      this.app.report(error);
    }
  }

  #showPond({ grade, monitoring, overhead, run_out: run, needs }) {
    const { text } = this.app;
    const comma = text.t("screening.comma");
    const missing = Object.values(monitoring).flatMap((items) => items ?? []);
    const items = new Set(missing.map((item) => text.pick(item)));
    this.#fill("pond", [
      grade.design &&
        text.t("screening.grade", {
          grade: grade.design,
          capacity: grade.by_capacity,
          height: grade.by_height,
        }),
      items.size ? text.t("screening.missing", { items: [...items].join(comma) }) : null,
      overhead &&
        text.t(overhead.targets.length ? "screening.overhead" : "screening.nobody", {
          limit: length(overhead.limit_m),
          width: length(overhead.half_width_m),
          count: overhead.targets.length,
          names: named(overhead.targets).join(comma),
        }),
      ...(run ? this.#runOut(run) : []),
      ...needs.map((need) => text.t("segments.needs", { need: describeNeed(this.app, need) })),
    ]);
    if (run) this.#draw(Object.keys(ZONES).map((zone) => this.#line(run, zone)), 1);
  }

  #runOut(run) {
    const { app } = this;
    const ends = { low: length(run.low_m), central: length(run.central_m), high: length(run.high_m) };
    const width = length(run.half_width_m);
    return [
      app.text.t("screening.band", { ...ends, width, factor: run.scatter }),
      ...Object.entries(run.targets).flatMap(([layer, { features, people }]) => [
        app.text.t("screening.inside", { layer: app.layerName(layer), count: features.length }),
        ...Object.entries(people).map(([field, zones]) =>
          app.text.t("screening.people", { field: fieldName(app, field, layer), ...counts(zones) }),
        ),
      ]),
    ];
  }

  #line(run, zone) {
    const style = { color: ZONES[zone], weight: WEIGHT[zone], opacity: 0.7, lineCap: "butt" };
    const words = { end: length(run[`${zone}_m`]), width: length(run.half_width_m) };
    const pointToLayer = (_, place) => L.circleMarker(place, { radius: 4 });
    const line = L.geoJSON(run.lines[zone], { style, pointToLayer });
    return line.bindTooltip(this.app.text.t(`screening.zone.${zone}`, words), { sticky: true });
  }

  #showFan(found) {
    const { app } = this;
    const { fan, outline, problem, needs, warnings, targets } = found;
    const size = fan && {
      length: length(fan.length_m),
      width: length(fan.width_m),
      area: (fan.area_m2 / 1e6).toFixed(3),
    };
    this.#fill("fan", [
      size && app.text.t("screening.fan.size", size),
      problem && app.text.pick(problem),
      ...warnings.map((warning) => app.text.pick(warning)),
      ...Object.entries(targets).map(([layer, { ids }]) =>
        app.text.t("screening.inside", { layer: app.layerName(layer), count: ids.length }),
      ),
      ...needs.map((need) => app.text.t("segments.needs", { need: describeNeed(app, `geohazards.${need}`) })),
    ]);
    const style = { color: ZONES.central, weight: 2, fillOpacity: 0.25 };
    if (outline) this.#draw([L.geoJSON(outline, { style })], 0);
  }

  #fill(words, lines) {
    const { text } = this.app;
    const items = lines.filter(Boolean).map((line) => el("li", {}, line));
    const title = el("h3", {}, text.t(`screening.${words}.title`));
    fill(this.node, title, el("p", {}, text.t("screening.note")), el("ul", {}, items));
  }

  /** Draw layers and move the map to one of them: the farthest run-out may leave the country. */
  #draw(layers, focus) {
    for (const layer of layers) layer.addTo(this.#drawn);
    const bounds = layers[focus].getBounds().pad(0.1);
    this.app.map.fitBounds(bounds, { maxZoom: 14, ...this.app.roomBesidePanels() });
  }
}

/** The first of some targets by mileage, with an ellipsis where there are more. */
function named(targets) {
  const name = ({ name, id, certain }) => `${name ?? id}${certain ? "" : "?"}`;
  const names = targets.slice(0, LISTED).map((one) => `${name(one)} (${length(one.mileage_m)})`);
  return targets.length > LISTED ? [...names, "…"] : names;
}

function length(metres) {
  return metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`;
}

/** People of each zone; a plus says that of some features they are unknown. */
function counts(zones) {
  const said = ({ known, unknown }) => `${known}${unknown ? "+" : ""}`;
  return Object.fromEntries(Object.entries(zones).map(([zone, count]) => [zone, said(count)]));
}
