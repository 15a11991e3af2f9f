/* A finding as a card: verdict, clause, ruler, and what to do. */

import { el } from "riskmap/dom.js";
import { marginText } from "riskmap/findings.js";
import { describeNeed, fieldName, sharedNeeds } from "riskmap/needs.js";
import { ruler } from "riskmap/ruler.js";
import { verdictMark } from "riskmap/swatch.js";
import { certaintyKey, conclude } from "riskmap/verdicts.js";

/** Return the band that says what several findings amount to; `worst` is the finding that it rests on, if known. */
export function conclusionBand(app, mark, worst = mark) {
  const { text } = app;
  if (!mark) return el("div", { class: "rm-conclusion is-unchecked" }, text.t("detail.unchecked"));
  return el(
    "div",
    { class: `rm-conclusion is-${mark.conclusion}`, dataset: { conclusion: mark.conclusion } },
    verdictMark(text, mark),
    el(
      "div",
      {},
      el("strong", {}, text.t(`conclusion.${mark.conclusion}`)),
      el(
        "span",
        {},
        certaintyKey(worst) === "finding.undecided" ? text.t("finding.undecided") : text.word("verdict", worst.verdict),
      ),
    ),
  );
}

/** Groups of findings, in the order of the panel; the last three say nothing against a site and start folded. */
const GROUPS = ["fail", "undecidable", "conditional", "advisory", "pass", "not_in_force"];
const FOLDED = new Set(["advisory", "pass", "not_in_force"]);

function groupOf(finding) {
  if (finding.verdict === "not_in_force") return "not_in_force";
  return finding.advisory ? "advisory" : conclude(finding);
}

/** Return the cards of findings grouped by what they amount to; the worst is open. `show` zooms to one. */
export function findingCards(app, findings, show) {
  const groups = GROUPS.map((key) => [key, findings.filter((finding) => groupOf(finding) === key)]);
  const shown = groups.filter(([, members]) => members.length);
  return shown.map(([key, members], place) => groupBlock(app, key, members, place === 0, show));
}

function groupBlock(app, key, members, isFirst, show) {
  const { text } = app;
  return el(
    "details",
    { class: `rm-group is-${key}`, open: isFirst || !FOLDED.has(key), dataset: { group: key } },
    el(
      "summary",
      {},
      el("span", {}, text.t(`group.${key}`)),
      el("b", { class: "rm-count" }, text.number(members.length)),
    ),
    members.map((finding, place) => findingCard(app, finding, isFirst && place === 0, show(finding))),
  );
}

function findingCard(app, finding, open, show) {
  const { text } = app;
  const parts = [
    badges(text, finding),
    measures(text, finding),
    undecidedNote(text, finding),
    paragraph(text.pick(finding.explanation), "rm-explanation"),
    fact(text.t("finding.remedy"), conclude(finding) === "pass" ? "" : text.pick(finding.remedy)),
    needs(app, finding),
    facts(app, finding),
    show ? el("button", { type: "button", class: "rm-button", onclick: show }, text.t("finding.show")) : null,
  ];
  return el(
    "details",
    { class: `rm-card is-${conclude(finding)}`, open, dataset: { rule: finding.rule } },
    head(app, finding),
    parts,
  );
}

function head(app, finding) {
  const { text } = app;
  const brief = briefMeasure(text, finding);
  return el(
    "summary",
    {},
    verdictMark(text, app.verdicts.mark(finding)),
    el(
      "div",
      {},
      el("h3", {}, text.pick(finding.title)),
      el(
        "p",
        { class: "rm-clause" },
        [
          text.pick(finding.authority),
          text.pick({ zh: finding.edition_zh, en: finding.edition }),
          text.pick({ zh: finding.clause_zh, en: finding.clause }),
        ]
          .filter(Boolean)
          .join(" · "),
      ),
      brief ? el("p", { class: "rm-brief" }, brief) : null,
    ),
  );
}

/** The line that stands for the figures while a card is folded. */
function briefMeasure(text, finding) {
  if (hasDistance(finding)) return `${marginText(text, finding)} ${text.doubt(finding.doubt_m)}`;
  return hasLimit(finding) && finding.found !== null ? text.quantity(finding.found, finding.unit) : null;
}

function badges(text, finding) {
  const certainty = certaintyKey(finding);
  return el(
    "p",
    { class: "rm-badges" },
    el("span", { class: "rm-badge" }, text.word("verdict", finding.verdict)),
    el("span", { class: `rm-badge ${certainty === "finding.decided" ? "" : "is-undecided"}` }, text.t(certainty)),
    finding.advisory ? el("span", { class: "rm-badge is-advisory" }, text.t("finding.advisory")) : null,
  );
}

function hasDistance({ distance_m: distance, limit_m: limit }) {
  return distance !== null && limit !== null;
}

function hasLimit({ limit }) {
  return limit !== null && limit !== undefined;
}

/** A limit of 0 m means "not within": there is nothing for a ruler to show. */
function measures(text, finding) {
  if (hasDistance(finding)) return [finding.limit_m > 0 ? ruler(text, finding) : null, distances(text, finding)];
  return hasLimit(finding) ? otherMeasure(text, finding) : null;
}

function distances(text, finding) {
  return el(
    "dl",
    { class: "rm-figures" },
    figure(text.t("finding.distance"), `${text.metres(finding.distance_m)}`, text.doubt(finding.doubt_m)),
    figure(text.t("finding.limit"), text.metres(finding.limit_m)),
    figure(text.t("finding.margin"), marginText(text, finding)),
  );
}

function otherMeasure(text, { found, limit, unit }) {
  return el(
    "dl",
    { class: "rm-figures" },
    figure(text.t("finding.found"), text.quantity(found, unit)),
    figure(text.t("finding.limit"), text.quantity(limit, unit)),
  );
}

function figure(name, value, small = null) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value, small ? el("small", {}, small) : null));
}

function undecidedNote(text, finding) {
  if (certaintyKey(finding) !== "finding.undecided") return null;
  const crossed = finding.if_crossed
    ? text.t("finding.if_crossed", { verdict: text.word("verdict", finding.if_crossed) })
    : "";
  return el("p", { class: "rm-warning" }, text.t("finding.undecidable_here"), crossed);
}

function paragraph(sentence, className) {
  return sentence ? el("p", { class: className }, sentence) : null;
}

function fact(name, value) {
  return value ? el("p", { class: "rm-fact" }, el("b", {}, name), " ", value) : null;
}

function needs(app, finding) {
  if (!finding.needs?.length) return null;
  const items = finding.needs.map((need) => el("li", {}, describeNeed(app, need)));
  return el("div", { class: "rm-fact" }, el("b", {}, app.text.t("finding.needs")), el("ul", {}, items));
}

function facts(app, finding) {
  const { text } = app;
  const { target } = finding;
  const dates = [finding.in_force_from, finding.in_force_to ?? text.t("finding.open_end")].filter(Boolean).join(" – ");
  return el(
    "details",
    { class: "rm-more" },
    el("summary", {}, text.t("finding.more")),
    fact(text.t("finding.in_force"), dates),
    fact(text.t("finding.standing"), text.t(`standing.${finding.standing}`)),
    fact(text.t("finding.target"), target ? `${app.layerName(target.layer)} · ${target.name ?? target.id}` : ""),
    fact(text.t("finding.measured"), measured(app, finding)),
    fact(text.t("finding.rule"), finding.rule),
  );
}

/** Return both ends of a measurement in words; an attribute that was compared has the label of its field. */
function measured(app, { measured_from: from, measured_to: to }) {
  const name = (word) => {
    const part = app.text.word("part", word);
    return part === word ? fieldName(app, word) : part;
  };
  return [from, to].filter(Boolean).map(name).join(" → ");
}

/** Return the short list of what several findings need for a decision, folded. */
export function neededList(app, findings) {
  const { text } = app;
  const open = findings.filter((finding) => !finding.advisory && conclude(finding) === "undecidable");
  const shared = sharedNeeds(app, open);
  if (!shared.length) return null;
  const share = ({ count }) => (count > 1 ? el("small", {}, text.t("answer.rules", { n: count })) : null);
  return el(
    "details",
    { class: "rm-needed" },
    el("summary", {}, text.t("answer.needs", { n: shared.length })),
    el(
      "ul",
      {},
      shared.map((need) => el("li", {}, need.words, " ", share(need))),
    ),
  );
}
