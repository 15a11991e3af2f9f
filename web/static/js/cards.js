/* A finding as a card: verdict, clause, ruler, and what to do. */

import { el } from "riskmap/dom.js";
import { marginText } from "riskmap/findings.js";
import { describeNeed } from "riskmap/needs.js";
import { ruler } from "riskmap/ruler.js";
import { verdictMark } from "riskmap/swatch.js";
import { certaintyKey, conclude } from "riskmap/verdicts.js";

/** Return the band that says what several findings amount to. */
export function conclusionBand(app, mark) {
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
        certaintyKey(mark) === "finding.undecided" ? text.t("finding.undecided") : text.word("verdict", mark.verdict),
      ),
    ),
  );
}

/** Return the cards of findings, worst first; rules that are not in force are folded away. `show` zooms to one. */
export function findingCards(app, findings, show) {
  const card = (finding) => findingCard(app, finding, show(finding));
  const past = findings.filter((finding) => finding.verdict === "not_in_force");
  const folded = past.length
    ? el(
        "details",
        { class: "rm-more" },
        el("summary", {}, app.text.t("finding.not_in_force", { n: past.length })),
        past.map(card),
      )
    : null;
  return [findings.filter((finding) => finding.verdict !== "not_in_force").map(card), folded];
}

function findingCard(app, finding, show) {
  const { text } = app;
  const parts = [
    head(text, app, finding),
    finding.distance_m !== null && finding.limit_m !== null
      ? [ruler(text, finding), distances(text, finding)]
      : otherMeasure(text, finding),
    undecidedNote(text, finding),
    paragraph(text.pick(finding.explanation), "rm-explanation"),
    fact(text.t("finding.remedy"), conclude(finding) === "pass" ? "" : text.pick(finding.remedy)),
    needs(app, finding),
    facts(text, finding),
    show ? el("button", { type: "button", class: "rm-button", onclick: show }, text.t("finding.show")) : null,
  ];
  return el("article", { class: `rm-card is-${conclude(finding)}`, dataset: { rule: finding.rule } }, parts);
}

function head(text, app, finding) {
  const certainty = certaintyKey(finding);
  return el(
    "header",
    {},
    verdictMark(text, app.verdicts.mark(finding)),
    el(
      "div",
      {},
      el("h3", {}, text.pick(finding.title)),
      el(
        "p",
        { class: "rm-clause" },
        [text.pick(finding.authority), finding.edition, finding.clause].filter(Boolean).join(" · "),
      ),
      el(
        "p",
        { class: "rm-badges" },
        el("span", { class: "rm-badge" }, text.word("verdict", finding.verdict)),
        el("span", { class: `rm-badge ${certainty === "finding.decided" ? "" : "is-undecided"}` }, text.t(certainty)),
        finding.advisory ? el("span", { class: "rm-badge is-advisory" }, text.t("finding.advisory")) : null,
      ),
    ),
  );
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
  if (found === null || found === undefined) return null;
  return el(
    "dl",
    { class: "rm-figures" },
    figure(text.t("finding.found"), `${text.number(found)} ${unit ?? ""}`),
    figure(text.t("finding.limit"), `${text.number(limit)} ${unit ?? ""}`),
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

function facts(text, finding) {
  const { target } = finding;
  const dates = [finding.in_force_from, finding.in_force_to ?? text.t("finding.open_end")].filter(Boolean).join(" – ");
  return el(
    "details",
    { class: "rm-more" },
    el("summary", {}, text.t("finding.more")),
    fact(text.t("finding.in_force"), dates),
    fact(text.t("finding.standing"), text.t(`standing.${finding.standing}`)),
    fact(text.t("finding.target"), target ? (target.name ?? target.id) : ""),
    fact(text.t("finding.measured"), measured(text, finding)),
    fact(text.t("finding.rule"), finding.rule),
  );
}

function measured(text, { measured_from: from, measured_to: to }) {
  const name = (word) => (word ? text.word("line_kind", word) : "");
  return [name(from), name(to)].filter(Boolean).join(" → ");
}
