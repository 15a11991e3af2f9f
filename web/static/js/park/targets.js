/* What is judged: in a line, and target by target. */

import { el } from "riskmap/dom.js";
import { measureText, riskText } from "riskmap/park/levels.js";
import { verdictMark } from "riskmap/swatch.js";
import { conclude } from "riskmap/verdicts.js";

const MOST_TARGETS = 60;
const LEAST_LEVEL = 3e-7;

/** Return the band that says what counts, and what would count if its numbers were confirmed: the two are not mixed. */
export function verdictBand(app, result) {
  const { text } = app;
  const judged = result.findings.filter((finding) => finding.target);
  const exceeded = judged.filter((finding) => finding.verdict === "prohibited");
  const open = judged.filter((finding) => finding.verdict === "insufficient_data");
  const isAdvisory = result.findings.length > 0 && result.findings.every((finding) => finding.advisory);
  const mark = app.verdicts.worst(result.findings.map((finding) => ({ ...finding, advisory: false })));
  const numbers = { exceeded: exceeded.length, open: open.length, all: judged.length };
  return el(
    "div",
    {
      class: `rm-conclusion is-${isAdvisory || !mark ? "undecidable" : mark.conclusion}`,
      dataset: { exceeded: exceeded.length },
    },
    mark ? verdictMark(text, mark) : null,
    el(
      "div",
      {},
      el("strong", {}, text.t(isAdvisory ? "park.advisory" : `conclusion.${result.conclusion}`)),
      el("span", {}, text.t("park.judged", numbers), isAdvisory ? text.t("park.judged.advisory") : null),
    ),
  );
}

/** Return the targets inside the contours or not decided, those at the greatest risk first. */
export function targetList(app, result) {
  const { text } = app;
  const least = Math.min(...result.contours.map((contour) => contour.risk_per_year), LEAST_LEVEL);
  const judged = result.findings.filter((finding) => finding.target);
  const counts = (finding) => conclude(finding) !== "pass" || (finding.unit === "/a" && finding.found > least);
  const inside = judged.filter(counts).sort((a, b) => (b.found ?? -1) - (a.found ?? -1));
  const shown = inside.slice(0, MOST_TARGETS);
  const open = result.findings.filter((finding) => !finding.target);
  return el(
    "section",
    { class: "rm-park-block" },
    el("h3", {}, text.t("park.targets.title", { n: inside.length })),
    open.map((finding) => el("p", { class: "rm-warning" }, text.pick(finding.explanation))),
    el(
      "ol",
      { class: "rm-park-targets" },
      shown.map((finding) => targetRow(app, finding)),
    ),
    inside.length > shown.length
      ? el("p", { class: "rm-warning" }, text.t("park.targets.cut", { shown: shown.length, all: inside.length }))
      : null,
    el(
      "p",
      { class: "rm-hint" },
      text.t("park.targets.rest", { n: judged.length - inside.length, risk: riskText(text, least) }),
    ),
  );
}

function targetRow(app, finding) {
  const { text, map } = app;
  const show = () => map.setView([finding.to[1], finding.to[0]], Math.max(map.getZoom(), 15));
  const name = finding.target.name ?? finding.target.id;
  return el(
    "li",
    {},
    verdictMark(text, app.verdicts.mark(finding)),
    finding.to
      ? el("button", { type: "button", class: "rm-park-link", onclick: show, dir: "auto" }, name)
      : el("b", { dir: "auto" }, name),
    el("span", {}, comparison(text, finding)),
    el(
      "span",
      { class: "rm-badges" },
      finding.decided ? null : el("span", { class: "rm-badge is-undecided" }, text.t("finding.undecided")),
      finding.advisory ? el("span", { class: "rm-badge is-advisory" }, text.t("finding.advisory")) : null,
    ),
  );
}

function comparison(text, { found, limit, unit, explanation }) {
  if (found === null || limit === null) return text.pick(explanation);
  return text.t("park.targets.against", {
    found: measureText(text, found, unit),
    limit: measureText(text, limit, unit),
  });
}
