/* What the checks found: lists to work through, and the lines to the nearest bank on the map. */

import { EvidenceLines } from "riskmap/evidence.js";
import { el, fill } from "riskmap/dom.js";
import { clipped } from "riskmap/features.js";
import { verdictMark } from "riskmap/swatch.js";
import { conclude } from "riskmap/verdicts.js";

const LIST_LIMIT = 2000;
const PAUSE_MS = 180;

/** The lists, in the order of the tab; existing facilities to rectify have their own and are no violations. */
const LISTS = [
  { key: "fail", holds: (finding) => conclude(finding) === "fail", open: true },
  { key: "undecidable", holds: (finding) => conclude(finding) === "undecidable", open: true },
  {
    key: "legacy",
    holds: (finding) => conclude(finding) === "conditional" && finding.verdict === "legacy_rectify",
    open: true,
  },
  {
    key: "conditional",
    holds: (finding) => conclude(finding) === "conditional" && finding.verdict !== "legacy_rectify",
    open: false,
  },
  { key: "pass", holds: (finding) => conclude(finding) === "pass" && finding.verdict === "no_ban", open: false },
];

export function create(app) {
  const panel = app.tabs.add("findings", app.text.t("tab.findings"));
  app.evidence = new EvidenceLines(app);
  app.findingsPanel = el("div", { class: "rm-findings" });
  panel.append(app.findingsPanel);
  const legend = el("ul", { class: "rm-legend" });
  fill(legend, legendRows(app));
  app.slots.findings.append(lineSwitch(app), legend);
  let timer = null;
  app.map.on("moveend", () => {
    clearTimeout(timer);
    timer = setTimeout(() => loadView(app), PAUSE_MS);
  });
}

/** Load the findings of the first view and, where no server counts the register, the lists. */
export async function load(app) {
  if (!app.lists) await loadLists(app);
  await loadView(app);
}

async function loadLists(app) {
  const [summary, answer] = await Promise.all([
    app.source.findingsSummary(),
    app.source.findings({ limit: LIST_LIMIT, filter: { advisory: false, verdict: listed(app) } }),
  ]);
  const checked = summary?.checked_on ?? null;
  take(app, answer.features);
  fill(app.findingsPanel, checked ? listBlocks(app, answer, checked) : emptyNote(app));
}

/** Rules that are not in force have nothing for the lists. */
function listed(app) {
  return app.verdicts.order.filter((verdict) => verdict !== "not_in_force");
}

/** Verdicts whose lines are drawn without their facility being selected. */
function drawn(app) {
  return listed(app).filter((verdict) => verdict !== "insufficient_data");
}

let controller = null;
let pending = null;

/** Load the findings in view: their lines, and what they make of the facilities. */
export async function loadView(app) {
  if (pending?.contains(app.map.getBounds())) return;
  controller?.abort();
  controller = new AbortController();
  const bounds = app.map.getBounds().pad(0.25);
  pending = bounds;
  try {
    const answer = await app.source.findings({
      bounds: clipped(bounds),
      limit: app.config.featureLimit,
      filter: app.lists ? { advisory: false, verdict: drawn(app) } : {},
      signal: controller.signal,
    });
    take(app, answer.features);
    app.setCoverage("findings", answer.number_returned, answer.number_matched);
    app.evidence.draw(answer.features);
  } catch (error) {
    app.report(error);
  } finally {
    if (pending === bounds) pending = null;
  }
}

function take(app, features) {
  const changed = app.verdicts.add(features);
  if (changed.size) app.emit("verdicts", changed);
}

function emptyNote(app) {
  return el("p", { class: "rm-muted" }, app.text.t("findings.none"));
}

function listBlocks(app, answer, checked) {
  const { text } = app;
  const { number_returned: shown, number_matched: matched } = answer;
  return [
    el("p", { class: "rm-muted" }, text.t("findings.checked_on", { day: checked })),
    matched > shown
      ? el(
          "p",
          { class: "rm-warning" },
          text.t("findings.cut", { shown: text.number(shown), matched: text.number(matched) }),
        )
      : null,
    LISTS.map((list) => listBlock(app, list, answer.features)),
  ];
}

function listBlock(app, list, features) {
  const { text } = app;
  const found = features
    .filter((feature) => !feature.properties.advisory && list.holds(feature.properties))
    .sort(byMissingMetres);
  return el(
    "details",
    { class: `rm-list is-${list.key}`, open: list.open && found.length > 0, dataset: { list: list.key } },
    el(
      "summary",
      {},
      el("span", {}, text.t(`list.${list.key}`)),
      el("b", { class: "rm-count" }, text.number(found.length)),
    ),
    el("p", { class: "rm-hint" }, text.t(`list.${list.key}.hint`)),
    el(
      "ol",
      {},
      found.map((feature) => findingRow(app, feature)),
    ),
  );
}

/** Most metres missing first; what has no distance comes last. */
function byMissingMetres(a, b) {
  return (a.properties.margin_m ?? Infinity) - (b.properties.margin_m ?? Infinity);
}

/** Return a row of a list that opens its finding. */
export function findingRow(app, feature, open = openFinding) {
  const { text } = app;
  const finding = feature.properties;
  const { subject } = finding;
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", class: "rm-finding-row", onclick: () => open(app, feature) },
      verdictMark(text, app.verdicts.mark(finding)),
      el("span", { class: "rm-finding-name" }, subject.name || subject.id),
      el("span", { class: "rm-finding-margin" }, marginWithDoubt(text, finding)),
      el("span", { class: "rm-finding-rule" }, text.pick(finding.title)),
    ),
  );
}

function marginWithDoubt(text, finding) {
  if (finding.margin_m === null) return text.t("margin.none");
  return `${marginText(text, finding)} ${text.doubt(finding.doubt_m)}`;
}

/** Return how many metres are missing or spare. */
export function marginText(text, { margin_m: margin }) {
  return text.t(margin < 0 ? "margin.missing" : "margin.spare", { m: text.metres(Math.abs(margin)) });
}

/** Show a finding on the map and in the detail panel. */
export function openFinding(app, feature) {
  const { subject, rule } = feature.properties;
  app.emit("open", { layer: subject.layer, id: subject.id, rule, then: () => app.evidence.zoomTo(feature) });
}

function lineSwitch(app) {
  const box = el("input", {
    type: "checkbox",
    id: "evidence-lines",
    checked: true,
    onchange: () => app.evidence.setVisible(box.checked),
  });
  return el(
    "div",
    { class: "rm-row" },
    el("label", { for: box.id }, box, el("span", { class: "rm-row-name" }, app.text.t("evidence.switch"))),
  );
}

function legendRows(app) {
  const { text } = app;
  const rows = app.verdicts.order.map((verdict) => [{ verdict, decided: true }, text.word("verdict", verdict)]);
  rows.push([{ verdict: "prohibited", decided: false }, text.t("legend.undecided")]);
  return rows
    .map(([mark, name]) => el("li", {}, verdictMark(text, mark), name))
    .concat(
      el("li", {}, el("span", { class: "rm-example-line", "aria-hidden": "true" }), text.t("legend.illustrative")),
    );
}
