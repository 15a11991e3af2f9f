/* A revised plot beside a former version of its case: only what changed. Both are checked by the same rules and data. */

import { el, fill } from "riskmap/dom.js";
import { fieldName } from "riskmap/needs.js";
import { busy, note } from "riskmap/planner/busy.js";
import { attributesOf, collectionOf, versionOf } from "riskmap/planner/draft.js";
import { conclusionMark } from "riskmap/planner/marks.js";
import { checkPlots, versionsOf } from "riskmap/planner/service.js";
import { conclude } from "riskmap/verdicts.js";

/** Margins that differ by less are the same to a reader. [m] */
const SAME_M = 0.05;
const FORMER_LOOK = { color: "#6b7478", weight: 2, dashArray: "2 5", fill: false, interactive: false };

export class Comparison {
  constructor(app, draft) {
    Object.assign(this, { app, draft, former: L.layerGroup().addTo(app.map) });
    this.slot = el("div", { "aria-live": "polite" });
    this.node = el("div", {});
    draft.onchange((what) => {
      if (what === "case" && this.isShown) app.panel.close(); // the other case has nothing to do with it
      if (what !== "attributes" && what !== "plot") this.#render();
    });
    this.#render();
  }

  /** A case that is stored can be compared with any of its versions. */
  #render() {
    const { text } = this.app;
    if (!this.draft.saved) return fill(this.node);
    fill(
      this.node,
      el(
        "details",
        { class: "rm-fold", ontoggle: ({ target }) => target.open && this.#offer(target) },
        el("summary", {}, text.t("planner.compare.title")),
        el("div", { class: "rm-form" }),
        this.slot,
      ),
    );
  }

  async #offer(details) {
    const { app, draft } = this;
    const { text } = app;
    const versions = await busy(app, this.slot, text.t("state.loading"), () => versionsOf(app, draft.saved.id));
    if (!versions) return;
    const select = el(
      "select",
      {},
      versions.map((feature, i) => el("option", { value: i }, versionName(text, feature))),
    );
    // Unsaved changes are compared with what is stored, a stored revision with the version before it.
    select.value = draft.isDirty || versions.length === 1 ? "0" : "1";
    const button = el(
      "button",
      { type: "button", class: "rm-button", onclick: () => this.#run(versions[Number(select.value)]) },
      text.t("planner.compare.run"),
    );
    fill(details.querySelector(".rm-form"), el("label", {}, text.t("planner.compare.with"), select), button);
  }

  async #run(former) {
    const { app, draft } = this;
    const asked = collectionOf([versionOf("former", former), draft.feature("revised")]);
    const answer = await busy(app, this.slot, app.text.t("check.running"), (signal) => checkPlots(app, asked, signal));
    if (!answer) return;
    const [before, after] = answer.proposals;
    this.#drawFormer(former);
    this.#show(former, before, after);
    const both = [former.geometry, draft.geometry].filter(Boolean).map((geometry) => L.geoJSON(geometry).getBounds());
    const bounds = both.reduce((whole, one) => whole.extend(one), L.latLngBounds([]));
    app.map.fitBounds(bounds.pad(0.5), { maxZoom: 15, ...app.roomBesidePanels() });
  }

  #show(former, before, after) {
    const { app } = this;
    const { text } = app;
    this.isShown = true;
    const changes = changedFindings(before.findings, after.findings);
    const same = after.findings.length - changes.filter((change) => change.after).length;
    app.panel.show(
      text.t("planner.compare.heading"),
      text.t("planner.compare.subtitle", { former: versionName(text, former) }),
      el(
        "div",
        { class: "rm-comparison" },
        el(
          "p",
          { class: "rm-flip is-whole" },
          conclusionMark(text, before.conclusion),
          el("span", { "aria-label": text.t("planner.compare.becomes") }, "→"),
          conclusionMark(text, after.conclusion),
        ),
        attributeChanges(app, former, this.draft),
        changeList(app, changes),
        note(text.t("planner.compare.same", { n: text.number(same) })),
      ),
      { onclose: this.#leave, sticky: true },
    );
  }

  #drawFormer({ geometry }) {
    this.#clear();
    if (!geometry) return;
    const pointToLayer = (_, latlng) => L.circleMarker(latlng, { ...FORMER_LOOK, radius: 9 });
    this.former.addLayer(L.geoJSON(geometry, { style: FORMER_LOOK, pointToLayer, interactive: false }));
  }

  #clear() {
    this.former.clearLayers();
  }

  #leave = () => {
    this.isShown = false;
    this.#clear();
  };
}

function versionName(text, { properties: { version, valid_from: at } }) {
  return text.t("planner.compare.version", { version, day: text.day(at) });
}

/** Return {before, after} of each rule whose answer differs, flips first; either is null where the rule is not asked. */
export function changedFindings(before, after) {
  const former = new Map(before.map((finding) => [finding.rule, finding]));
  const pairs = after.map((finding) => ({ before: former.get(finding.rule) ?? null, after: finding }));
  const asked = new Set(after.map((finding) => finding.rule));
  const gone = before.filter((finding) => !asked.has(finding.rule)).map((finding) => ({ before: finding, after: null }));
  const changed = [...pairs, ...gone].filter((pair) => flips(pair) || !sameMargin(pair));
  return changed.sort((a, b) => Number(flips(b)) - Number(flips(a)) || Number(isAdvisory(a)) - Number(isAdvisory(b)));
}

/** Return the changes: those that turn an answer, and those of rules that do not pass; the rest is folded. */
function changeList(app, changes) {
  const { text } = app;
  const minor = changes.filter(isMinor);
  const major = changes.filter((change) => !isMinor(change));
  const cards = (some) => some.map((change) => changeCard(app, change));
  return [
    major.length ? cards(major) : note(text.t("planner.compare.no_flip")),
    minor.length
      ? el(
          "details",
          { class: "rm-more" },
          el("summary", {}, text.t("planner.compare.margins", { n: text.number(minor.length) })),
          cards(minor),
        )
      : null,
  ];
}

/** Whether only the margin of a rule differs that passes before and after, or that does not count. */
function isMinor(change) {
  return !flips(change) && (isAdvisory(change) || conclude(change.after) === "pass");
}

function flips({ before, after }) {
  if (!before || !after) return true;
  return before.verdict !== after.verdict || before.decided !== after.decided || conclude(before) !== conclude(after);
}

function sameMargin({ before, after }) {
  const [a, b] = [before.margin_m, after.margin_m];
  return a === null || b === null ? a === b : Math.abs(a - b) < SAME_M;
}

function isAdvisory({ before, after }) {
  return (after ?? before).advisory;
}

function changeCard(app, change) {
  const { text } = app;
  const { before, after } = change;
  const finding = after ?? before;
  const side = (one) => (one ? conclusionMark(text, conclude(one)) : text.t("planner.compare.not_asked"));
  const isFlip = flips(change);
  return el(
    "article",
    { class: `rm-change ${isFlip ? "is-flip" : ""}`, dataset: { rule: finding.rule } },
    el("h3", {}, text.pick(finding.title)),
    el("p", { class: "rm-clause" }, text.pick(finding.authority), " · ", text.pick({ zh: finding.clause_zh, en: finding.clause })),
    isFlip ? el("p", { class: "rm-flip" }, side(before), el("span", {}, "→"), side(after)) : null,
    marginChange(text, before?.margin_m ?? null, after?.margin_m ?? null),
    finding.advisory ? el("span", { class: "rm-badge is-advisory" }, text.t("finding.advisory")) : null,
  );
}

function marginChange(text, before, after) {
  if (before === null && after === null) return null;
  const said = (margin) => (margin === null ? text.t("margin.none") : text.metres(margin));
  const gained = before === null || after === null ? null : after - before;
  return el(
    "p",
    { class: "rm-margins" },
    `${text.t("finding.margin")} ${said(before)} → ${said(after)}`,
    gained === null ? null : el("b", {}, ` (${gained > 0 ? "+" : ""}${text.metres(gained)})`),
  );
}

/** Return which stated attributes differ, in one sentence, or null. */
function attributeChanges(app, former, draft) {
  const { text } = app;
  const before = attributesOf(former.properties);
  const names = [...new Set([...Object.keys(before), ...Object.keys(attributesOf(draft.properties))])];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(draft.properties[name] ?? undefined));
  const words = changed.map((name) => fieldName(app, name, "proposals"));
  if (JSON.stringify(former.geometry) !== JSON.stringify(draft.geometry)) words.unshift(text.t("planner.step.plot"));
  return note(
    words.length
      ? text.t("planner.compare.changed", { what: words.join(text.t("list.separator")) })
      : text.t("planner.compare.nothing"),
  );
}
