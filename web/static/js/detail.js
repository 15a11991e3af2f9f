/* All that is known about the selection. Every value is shown as text. */

import { conclusionBand, findingCards } from "riskmap/cards.js";
import { el } from "riskmap/dom.js";
import { dms } from "riskmap/geodesy.js";
import { Panel } from "riskmap/panel.js";
import { Screening } from "riskmap/screening.js";
import { PipelineSegments } from "riskmap/segments.js";
import { featureId, isIllustrative } from "riskmap/shapes.js";
import { structuredValue } from "riskmap/values.js";

const CHECKED = new Set(["tailings_ponds", "chemical_parks", "enterprises", "proposals"]);
const HIDDEN = new Set(["id", "name", "extra", "geom", "finding", "valid_to"]);
const LAST = ["adcode", "accuracy_m", "source", "valid_from", "version"];

export function create(app) {
  app.panel = new Panel(app);
  const detail = new Detail(app);
  app.on("select", (selection) => detail.show(selection));
  app.on("open", (wanted) => detail.open(wanted));
  app.on("verdicts", () => detail.refresh());
  app.map.on("click", () => app.busy || app.panel.sticky || app.panel.close());
}

class Detail {
  #ring = L.layerGroup();
  #opening = null;

  constructor(app) {
    this.app = app;
    this.selection = null;
    this.segments = new PipelineSegments(app);
    this.screening = new Screening(app);
    this.#ring.addTo(app.map);
  }

  /**
   * Fetch a feature by id and show it; `then` moves the map once the panel has taken its room. `otherwise` is called
   * where it cannot be shown, or something else has been selected meanwhile.
   */
  async open({ layer, id, rule = null, then = null, otherwise = null }) {
    const opening = (this.#opening = {});
    try {
      const feature = await this.app.source.feature(layer, id);
      if (this.#opening !== opening) return otherwise?.();
      this.show({ layer, feature, rule });
      then?.(feature);
    } catch (error) {
      this.app.report(error);
      otherwise?.();
    }
    return undefined;
  }

  show(selection) {
    this.#opening = null;
    this.selection = selection;
    this.#render();
    this.app.selection = { layer: selection.layer, id: featureId(selection.feature) };
    this.#highlight();
    this.app.evidence.select({ layer: selection.layer, id: featureId(selection.feature) });
    if (selection.rule) this.#scrollTo(selection.rule);
  }

  /** Bring a finding's card into view; the first stands below the conclusion and needs no scrolling. */
  #scrollTo(rule) {
    const cards = [...this.app.regions.right.querySelectorAll(".rm-card")];
    const place = cards.findIndex((card) => card.dataset.rule === rule);
    if (place <= 0) return;
    cards[place].open = true;
    cards[place].closest(".rm-group").open = true;
    cards[place].scrollIntoView({ block: "nearest" });
  }

  /** Show the selection again, with the findings that are known by now. */
  refresh() {
    if (!this.selection) return;
    const { layer, feature } = this.selection;
    const count = this.app.verdicts.findings(layer, featureId(feature)).length;
    if (count !== this.selection.findingCount) this.#render();
  }

  #render() {
    const { layer, feature } = this.selection;
    const found = this.app.verdicts.findings(layer, featureId(feature));
    this.selection.findingCount = found.length;
    const name = this.app.nameOf(feature) ?? featureId(feature);
    this.app.panel.show(
      name,
      this.#subtitle(layer, feature),
      [
        this.#ways(layer, feature, name),
        this.#verdict(found, layer),
        this.segments.section(layer, feature),
        this.screening.section(layer, feature),
        this.#attributes(layer, feature),
      ],
      { onclose: this.#leave },
    );
  }

  #leave = () => {
    this.selection = this.app.selection = null;
    this.#ring.clearLayers();
    this.segments.clear();
    this.screening.clear();
    this.app.evidence.select(null);
    this.app.emit("unselect");
  };

  #subtitle(layer, feature) {
    const { text } = this.app;
    const badge = isIllustrative(feature)
      ? el("span", { class: "rm-badge is-example" }, text.t("illustrative.badge"))
      : null;
    return [this.app.layerName(layer), " · ", el("code", {}, featureId(feature)), " ", badge];
  }

  /** What a server can tell besides: what lies around, and the page of an enterprise. */
  #ways(layer, feature, name) {
    const { app } = this;
    const { text } = app;
    const id = featureId(feature);
    if (!app.showAround || !feature.geometry) return null;
    const href = `/enterprises/${encodeURIComponent(id)}?lang=${text.lang}`;
    return el(
      "p",
      { class: "rm-detail-ways" },
      layer === "enterprises"
        ? el("a", { class: "rm-button rm-dossier", href, target: "_blank" }, text.t("report.dossier"))
        : null,
      el(
        "button",
        { type: "button", class: "rm-button", onclick: () => app.showAround({ layer, id, name }) },
        text.t("around.this"),
      ),
    );
  }

  #verdict(found, layer) {
    const findings = found.map((feature) => feature.properties);
    if (!findings.length) return CHECKED.has(layer) ? conclusionBand(this.app, null) : null;
    return [
      conclusionBand(this.app, this.app.verdicts.worst(findings)),
      findingCards(this.app, findings, (finding) =>
        this.#zoomer(found.find((feature) => feature.properties === finding)),
      ),
    ];
  }

  #zoomer(feature) {
    return feature.geometry && (() => this.app.evidence.zoomTo(feature));
  }

  #attributes(layer, feature) {
    const { text } = this.app;
    const rows = orderedFields(this.app.layer(layer)?.fields ?? []).map((field) =>
      this.#row(field, feature.properties[field.name]),
    );
    return el(
      "section",
      { class: "rm-attributes" },
      el("h3", {}, text.t("detail.attributes")),
      el("dl", {}, rows, this.#position(feature), this.#extra(feature.properties.extra)),
    );
  }

  #row(field, value) {
    if (value === null || value === undefined || value === "") {
      return field.name === "accuracy_m" ? pair(this.app.text.pick(field), this.app.text.t("accuracy.unknown")) : null;
    }
    return pair(this.app.text.pick(field), this.#shown(field, value));
  }

  #shown(field, value) {
    const { text } = this.app;
    if (field.type === "number" || field.type === "integer")
      return `${field.name.endsWith("_year") ? value : text.number(value)} ${field.unit ?? ""}`.trim();
    if (field.type === "time") return text.day(value);
    if (field.type === "boolean") return text.t(value ? "value.yes" : "value.no");
    if (field.type === "json") return structuredValue(text, field, value);
    return field.type === "text" ? text.word(field.name, String(value)) : String(value);
  }

  #position(feature) {
    const shape = feature.geometry ? L.geoJSON(feature).getBounds() : null;
    if (!shape?.isValid()) return pair(this.app.text.t("detail.position"), this.app.text.t("detail.no_geometry"));
    const { lat, lng } = shape.getCenter();
    return pair(
      this.app.text.t("detail.position"),
      `${lng.toFixed(6)}, ${lat.toFixed(6)} (${dms(lng)} E ${dms(lat)} N, CGCS2000)`,
    );
  }

  #extra(extra) {
    return Object.entries(extra ?? {}).map(([name, value]) =>
      pair(name, typeof value === "object" ? JSON.stringify(value) : String(value)),
    );
  }

  #highlight() {
    this.#ring.clearLayers();
    const { feature } = this.selection;
    if (!feature.geometry) return;
    const look = { interactive: false, color: "#111111", weight: 2.5, fill: false, opacity: 0.9 };
    L.geoJSON(feature, {
      interactive: false,
      style: look,
      pointToLayer: (_, latlng) => L.circleMarker(latlng, { ...look, radius: 15 }),
    }).addTo(this.#ring);
  }
}

function orderedFields(fields) {
  const own = fields.filter((field) => !HIDDEN.has(field.name) && !LAST.includes(field.name));
  return own.concat(LAST.flatMap((name) => fields.filter((field) => field.name === name)));
}

function pair(name, value) {
  return [el("dt", {}, name), el("dd", { dir: "auto" }, value)];
}
