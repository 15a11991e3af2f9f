/* Layout of a stored park: spacing and four-zone separation, each finding drawn with its clause. */

import { conclusionBand, findingCards } from "riskmap/cards.js";
import { el, fill } from "riskmap/dom.js";
import { EvidenceLines } from "riskmap/evidence.js";
import { checkSpacing, listFeatures } from "riskmap/park/service.js";
import { verdictMark } from "riskmap/swatch.js";
import { conclude } from "riskmap/verdicts.js";

export class Spacing {
  constructor(bench) {
    Object.assign(this, { bench, app: bench.app });
    const { text } = this.app;
    this.lines = new EvidenceLines(this.app);
    this.parks = el("select", { "aria-label": text.t("park.spacing.park") });
    this.note = el("div", { "aria-live": "polite" });
    this.run = el(
      "button",
      { type: "button", class: "rm-button", onclick: () => this.#check() },
      text.t("park.spacing.run"),
    );
    this.node = el(
      "div",
      { class: "rm-park-form" },
      el("p", { class: "rm-hint" }, text.t("park.spacing.hint")),
      el("div", { class: "rm-form rm-park-inline" }, this.parks, this.run),
      this.note,
    );
    this.#load();
  }

  clear() {
    this.lines.draw([]);
  }

  async #load() {
    try {
      const parks = await listFeatures(this.app, "chemical_parks");
      this.found = new Map(parks.map((park) => [park.properties.id, park]));
      fill(
        this.parks,
        parks.map((park) => el("option", { value: park.properties.id }, this.app.nameOf(park) ?? park.properties.id)),
      );
      this.run.disabled = !parks.length;
    } catch (error) {
      this.#say(error.message);
    }
  }

  #say(words) {
    fill(this.note, el("p", { class: "rm-warning", role: "alert" }, words));
  }

  async #check() {
    const { text } = this.app;
    fill(this.note, el("p", { class: "rm-hint" }, text.t("check.running")));
    this.run.disabled = true;
    try {
      const result = await checkSpacing(this.app, this.parks.value);
      fill(this.note);
      this.#show(result);
    } catch (error) {
      this.#say(error.message);
    }
    this.run.disabled = false;
  }

  #show(result) {
    const { app } = this;
    const counted = result.proposals.flatMap((one) => one.findings);
    const mark = app.verdicts.worst(counted) ?? { verdict: "no_ban", decided: true, conclusion: "pass" };
    app.panel.show(
      result.park.name ?? result.park.id,
      app.text.t("park.spacing.subtitle", { day: result.checked_on, rules: result.rules_version }),
      [
        conclusionBand(app, { ...mark, conclusion: result.conclusion }),
        result.proposals.map((one) => this.#subject(one, result)),
      ],
      { sticky: true, onclose: () => this.clear() },
    );
    const park = this.found.get(result.park.id);
    if (park?.geometry) app.map.fitBounds(L.geoJSON(park).getBounds().pad(0.1), app.roomBesidePanels());
    this.#draw(result.proposals.flatMap(features));
  }

  /** Draw what stands against the layout; a finding that is asked for comes on top. */
  #draw(all, shown = null) {
    this.lines.draw(
      all.filter(
        ({ properties }) =>
          properties === shown?.properties || !(properties.advisory || conclude(properties) === "pass"),
      ),
    );
    this.lines.select(shown?.properties.subject ?? null);
    if (shown) this.lines.zoomTo(shown);
  }

  #subject(proposal, result) {
    if (!proposal.findings.length) return null;
    const { app } = this;
    const found = app.verdicts.sorted([...proposal.findings]);
    const mark = app.verdicts.worst(found);
    const all = () => result.proposals.flatMap(features);
    const show = (finding) => finding.evidence && (() => this.#draw(all(), asFeature(proposal, finding)));
    return el(
      "details",
      { class: "rm-park-subject", open: proposal.conclusion === "fail" },
      el(
        "summary",
        {},
        mark
          ? verdictMark(app.text, mark)
          : el("span", { class: "rm-badge is-advisory" }, app.text.t("finding.advisory")),
        el("b", { dir: "auto" }, proposal.name ?? proposal.id),
        el("small", {}, app.layerName(proposal.layer)),
      ),
      findingCards(app, found, show),
    );
  }
}

function features(proposal) {
  return proposal.findings.map((finding) => asFeature(proposal, finding));
}

function asFeature({ layer, id, name }, finding) {
  return { type: "Feature", geometry: finding.evidence, properties: { ...finding, subject: { layer, id, name } } };
}
