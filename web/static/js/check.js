/* The form that asks what a drawn plot is to be, and the answer of the rules. */

import { conclusionBand, findingCards, neededList } from "riskmap/cards.js";
import { changeList } from "riskmap/changes.js";
import { el, fill } from "riskmap/dom.js";
import { EvidenceLines } from "riskmap/evidence.js";
import { conclude } from "riskmap/verdicts.js";

const CGCS2000 = "urn:ogc:def:crs:EPSG::4490";

export class CheckForm {
  constructor(app, plot) {
    Object.assign(this, { app, plot, lines: new EvidenceLines(app) });
  }

  /** Ask about a drawn layer. */
  open(layer) {
    const { text } = this.app;
    this.layer = layer;
    this.answer = el("div", { class: "rm-answer", "aria-live": "polite" });
    this.app.panel.show(text.t("check.title"), text.t("check.subtitle"), [this.#form(), this.answer], {
      onclose: this.clear,
      sticky: true,
    });
  }

  close() {
    this.app.panel.close();
    this.clear();
  }

  clear = () => {
    this.plot.clearLayers();
    this.lines.draw([]);
  };

  #form() {
    const { text, config, source } = this.app;
    if (!source.canCheck) return el("p", { class: "rm-warning" }, text.t("check.needs_server"));
    const purpose = choice(text, "purpose", config.words.purpose);
    const state = choice(text, "state", config.words.state, () => {
      purpose.hidden = state.querySelector("select").value !== "rebuild";
    });
    purpose.hidden = true;
    return el(
      "form",
      { class: "rm-form", onsubmit: (event) => this.#submit(event) },
      choice(text, "kind", config.words.kind),
      state,
      purpose,
      el(
        "label",
        {},
        text.t("check.accuracy"),
        el("input", { name: "accuracy_m", type: "number", min: "0", step: "any", value: "5" }),
        el("small", {}, text.t("check.accuracy_hint")),
      ),
      el("button", { type: "submit", class: "rm-button is-main" }, text.t("check.run")),
    );
  }

  async #submit(event) {
    event.preventDefault();
    const { text } = this.app;
    fill(this.answer, el("p", { class: "rm-muted" }, text.t("check.running")));
    try {
      const result = await this.app.source.check(this.#collection(new FormData(event.target)));
      this.#show(result);
    } catch (error) {
      fill(this.answer, el("p", { class: "rm-warning", role: "alert" }, error.message));
    }
  }

  #collection(form) {
    const feature = this.layer.toGeoJSON(9);
    const accuracy = form.get("accuracy_m");
    feature.id = "plot";
    feature.properties = {
      id: "plot",
      name: this.app.text.t("check.plot"),
      kind: form.get("kind"),
      state: form.get("state"),
      purpose: form.get("state") === "rebuild" ? form.get("purpose") : null,
      accuracy_m: accuracy === "" ? null : Number(accuracy),
    };
    return { type: "FeatureCollection", crs: { type: "name", properties: { name: CGCS2000 } }, features: [feature] };
  }

  #show(result) {
    const [proposal] = result.proposals;
    const features = proposal.findings.map((finding) => asFeature(proposal, finding));
    const findings = this.app.verdicts.sorted([...proposal.findings]);
    const mark = this.app.verdicts.worst(findings) ?? { verdict: "no_ban", decided: true, conclusion: "pass" };
    this.#drawLines(features);
    fill(
      this.answer,
      conclusionBand(this.app, { ...mark, conclusion: proposal.conclusion }),
      el(
        "p",
        { class: "rm-muted" },
        this.app.text.t("answer.counts", { n: findings.length }),
        " · ",
        this.app.text.t("check.basis", { day: result.checked_on, rules: result.rules_version }),
      ),
      neededList(this.app, findings),
      changeList(this.app, proposal.changes, findings),
      findingCards(this.app, findings, (finding) => finding.evidence && (() => this.#showOne(features, finding))),
    );
    this.answer.scrollIntoView({ block: "start" });
  }

  /** Draw what stands against the plot, and one finding more: those that pass would cover the map. */
  #drawLines(features, rule = null) {
    const drawn = features.filter(
      ({ properties }) => properties.rule === rule || !(properties.advisory || conclude(properties) === "pass"),
    );
    this.lines.draw(drawn);
    this.lines.select({ layer: "plot", id: "plot" });
  }

  #showOne(features, finding) {
    this.#drawLines(features, finding.rule);
    this.lines.zoomTo(features.find(({ properties }) => properties.rule === finding.rule));
  }
}

function asFeature(proposal, finding) {
  const properties = { ...finding, subject: { layer: "plot", id: "plot", name: proposal.name } };
  return { type: "Feature", geometry: finding.evidence, properties };
}

function choice(text, name, words, onchange = null) {
  const options = words.map((one) => el("option", { value: one.word }, text.pick(one)));
  return el("label", {}, text.t(`check.${name}`), el("select", { name, onchange }, options));
}
