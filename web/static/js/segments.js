/* Area classes and high-consequence areas of the selected pipeline: drawn by grade, listed by mileage. */

import { el, fill } from "riskmap/dom.js";
import { ProgressBar, followJob } from "riskmap/jobs.js";
import { describeNeed } from "riskmap/needs.js";
import { featureId } from "riskmap/shapes.js";

/** Grade III is the gravest; the words are those of GB 32167. */
const COLOURS = { III: "#b3261e", II: "#d9730d", I: "#c9a400", none: "#2f7d4f", insufficient_data: "#6b6b6b" };
const WIDTH = { III: 8, II: 7, I: 6, none: 5, insufficient_data: 5 };
const KINDS = ["oil_pipeline", "gas_pipeline"];
const GRADED = ["I", "II", "III"];

export class PipelineSegments {
  #lines = L.layerGroup();
  #shown = null;
  #stop = null;

  constructor(app) {
    this.app = app;
    this.#lines.addTo(app.map);
    this.node = el("section", { class: "rm-attributes rm-segments" });
  }

  /** Return the part of the panel for a selection; null where it is no pipeline, or nobody can classify it. */
  section(layer, feature) {
    const known = layer === "pipelines" && KINDS.includes(feature.properties.kind);
    const id = known && this.app.source.canCheck ? featureId(feature) : null;
    if (id !== this.#shown) this.#open(id);
    return id === null ? null : this.node;
  }

  /** Take the lines off the map. */
  clear() {
    this.#open(null);
  }

  #open(id) {
    this.#stop?.abort();
    this.#shown = id;
    this.#lines.clearLayers();
    fill(this.node);
    if (id !== null) this.#load(id);
  }

  async #load(id) {
    try {
      const found = await this.app.source.ask(`/pipelines/${encodeURIComponent(id)}/segments`);
      if (this.#shown !== id) return;
      if (found.run === null) this.#offer(id);
      else this.#show(id, found.features);
    } catch (error) {
      this.app.report(error);
    }
  }

  #offer(id) {
    const { text } = this.app;
    const button = el(
      "button",
      { type: "button", class: "rm-button", onclick: () => this.#classify(id) },
      text.t("segments.classify"),
    );
    fill(this.node, el("h3", {}, text.t("segments.title")), el("p", {}, text.t("segments.unknown")), button);
  }

  async #classify(id) {
    const { app } = this;
    this.#stop = new AbortController();
    const bar = new ProgressBar(app.text, app.text.t("segments.classify"), () => this.#stop.abort());
    fill(this.node, el("h3", {}, app.text.t("segments.title")), bar.node);
    try {
      const job = await app.source.ask("/pipelines", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ pipeline: id }),
      });
      await followJob(app, job, { onstatus: (status) => bar.show(status), signal: this.#stop.signal });
      if (this.#shown === id) await this.#load(id);
    } catch (error) {
      if (error.name !== "AbortError") app.report(error);
      if (this.#shown === id) this.#offer(id);
    }
  }

  #show(id, segments) {
    const { text } = this.app;
    const lines = segments.map((segment) => this.#draw(segment));
    const rows = segments.map((segment, at) => this.#row(segment.properties, lines[at]));
    fill(
      this.node,
      el("h3", {}, text.t("segments.title")),
      el("p", {}, text.t("segments.note")),
      el("ol", { class: "rm-segment-list", dataset: { pipeline: id } }, rows),
    );
  }

  #draw(segment) {
    const { hca_grade: grade, decided } = segment.properties;
    const line = L.geoJSON(segment, {
      style: {
        color: COLOURS[grade],
        weight: WIDTH[grade],
        opacity: 0.85,
        dashArray: decided ? null : "9 7",
        lineCap: "butt",
      },
    });
    return line.bindTooltip(this.#label(segment.properties), { sticky: true }).addTo(this.#lines);
  }

  #row(segment, line) {
    const { app } = this;
    const zoom = () => app.map.fitBounds(line.getBounds().pad(0.3), { maxZoom: 15, ...app.roomBesidePanels() });
    return el(
      "li",
      {},
      el("button", { type: "button", class: "rm-button rm-segment", onclick: zoom }, this.#label(segment)),
      el(
        "ul",
        {},
        segment.reasons.map(({ text: said, clause }) => el("li", {}, `${app.text.pick(said)} (${clause})`)),
        segment.needs.map((need) => el("li", {}, app.text.t("segments.needs", { need: describeNeed(app, need) }))),
      ),
    );
  }

  /** Mileage as kilometre posts, area class, grade of the high-consequence area. */
  #label({ start_m: start, end_m: end, area_class: area, hca_grade: grade, decided }) {
    const { text } = this.app;
    const classed = area !== null && area !== "insufficient_data";
    const words = [
      `${post(start)} – ${post(end)}`,
      classed ? text.t("segments.class", { area }) : null,
      GRADED.includes(grade) ? text.t("segments.grade", { grade }) : text.t(`segments.${grade}`),
      decided ? null : text.t("segments.open"),
    ];
    return words.filter(Boolean).join(" · ");
  }
}

/** A mileage as pipeline engineers write it: K12+345. */
function post(metres) {
  const whole = Math.round(metres);
  return `K${Math.floor(whole / 1000)}+${String(whole % 1000).padStart(3, "0")}`;
}
