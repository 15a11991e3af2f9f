/* What flips between two audits: each verdict before and after, and why. */

import { el } from "riskmap/dom.js";
import { fieldName } from "riskmap/needs.js";
import { goTo } from "riskmap/supervisor/go.js";
import { verdictMark } from "riskmap/swatch.js";

const SHOWN = 200;

/** The forms of a reason, and how each is said. */
const REASONS = [
  [/^(rule changed|rule added|rule removed|date|data)$/, (app, word) => app.text.t(`flip.${word.replace(" ", "_")}`)],
  [
    /^(\w+)\/(.+) (added|removed)$/,
    (app, slug, id, what) => app.text.t(`flip.feature_${what}`, { layer: app.layerName(slug), id }),
  ],
  [/^layer (\w+)$/, (app, slug) => app.text.t("flip.layer", { layer: app.layerName(slug) })],
  [
    /^(\w+)\/(.+)\.(\w+)$/,
    (app, slug, id, field) =>
      app.text.t("flip.field", {
        layer: app.layerName(slug),
        id,
        field: field === "geom" ? app.text.t("flip.geometry") : fieldName(app, field, slug),
      }),
  ],
];

/** Show flips in the right panel, grouped by what became of the verdict, the worst first. */
export async function showFlips(app, { on, compare }, flips) {
  const { text } = app;
  const { rules } = await app.source.get("/rules");
  const titles = new Map(rules.map((rule) => [rule.id, rule.title]));
  const groups = new Map();
  for (const flip of flips) {
    const key = sides(text, flip);
    groups.set(key, [...(groups.get(key) ?? []), flip]);
  }
  const worst = ([flip]) => app.verdicts.order.indexOf(flip.after);
  const ranked = [...groups.values()].sort((a, b) => worst(a) - worst(b) || b.length - a.length);
  const blocks = ranked.map((group) => groupBlock(app, group, titles));
  app.panel.show(
    text.t("flip.title", { number: text.number(flips.length) }),
    text.t("flip.between", { before: basis(text, compare), after: on ?? text.t("audit.today") }),
    flips.length ? blocks : el("p", { class: "rm-muted" }, text.t("flip.none")),
    { sticky: true },
  );
}

function basis(text, compare) {
  if (compare === "rules:product") return text.t("audit.base.product");
  return compare.startsWith("data:") ? text.t("flip.data_of", { day: compare.slice(5) }) : compare;
}

/** Return both verdicts of a flip in words. */
function sides(text, flip) {
  const said = (verdict, decided) =>
    text.t(decided ? "flip.decided" : "flip.undecided", { verdict: text.word("verdict", verdict) });
  return `${said(flip.before, flip.decided_before)} → ${said(flip.after, flip.decided_after)}`;
}

function groupBlock(app, group, titles) {
  const { text } = app;
  const left = group.length - SHOWN;
  return el(
    "details",
    { class: "rm-group rm-flips", open: true, dataset: { flips: `${group[0].before} ${group[0].after}` } },
    el(
      "summary",
      {},
      el("span", {}, sides(text, group[0])),
      el("b", { class: "rm-count" }, text.number(group.length)),
    ),
    el(
      "ol",
      {},
      group.slice(0, SHOWN).map((flip) => flipRow(app, flip, titles)),
    ),
    left > 0 ? el("p", { class: "rm-muted" }, text.t("flip.left", { left: text.number(left) })) : null,
  );
}

function flipRow(app, flip, titles) {
  const { text } = app;
  const marks = [
    verdictMark(text, { verdict: flip.before, decided: flip.decided_before }),
    el("span", { "aria-hidden": "true" }, "→"),
    verdictMark(text, { verdict: flip.after, decided: flip.decided_after }),
  ];
  const reasons = flip.reasons.map((reason) => describeReason(app, reason)).join(text.t("list.separator"));
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", onclick: () => goTo(app, flip.layer, flip.id, flip.rule) },
      el("span", { class: "rm-flip-marks" }, marks),
      el("span", { class: "rm-facility-name" }, flip.name || flip.id),
      el("small", {}, text.pick(titles.get(flip.rule)) || flip.rule),
      el("small", { class: "rm-flip-why" }, text.t("flip.because", { reasons })),
    ),
  );
}

/** Return a reason as a reader understands it; one of an unknown form as it stands. */
export function describeReason(app, reason) {
  for (const [form, say] of REASONS) {
    const parts = form.exec(reason);
    if (parts) return say(app, ...parts.slice(1));
  }
  return reason;
}
