/* What an answer rests on: hazard grade, method, models, warnings, and the numbers that await confirmation. */

import { el } from "riskmap/dom.js";
import { riskText } from "riskmap/park/levels.js";

/** Return the folded parts below an answer. */
export function basis(app, result) {
  const { text } = app;
  return el(
    "section",
    { class: "rm-park-block rm-park-basis" },
    el("h3", {}, text.t("park.basis.title")),
    fold(
      text.t("park.hazard.title", { grade: gradeText(text, result) }),
      result.units.map((unit) => unitLine(text, unit)),
      true,
    ),
    fold(
      text.t("park.routing.title"),
      result.routing.reasons.map((reason) => text.pick(reason)),
    ),
    fold(
      text.t("park.warnings.title", { n: result.warnings.length }),
      result.warnings.map((warning) => text.pick(warning)),
      result.warnings.length > 0,
    ),
    domino(app, result),
    fold(
      text.t("park.models.title", { n: result.models.filter((model) => !model.verified).length }),
      result.models.map((model) => [
        text.pick(model.name),
        model.verified ? null : unverified(text),
        model.failed.length ? failed(text, model) : null,
      ]),
    ),
    fold(
      text.t("park.awaiting.title", { n: result.awaiting_confirmation.length }),
      result.awaiting_confirmation.map((row) => parameter(text, row)),
    ),
    el("p", { class: "rm-hint" }, text.t("park.basis.library", { library: text.t(`distance.library.${result.frequency_library}`) })),
  );
}

function fold(title, rows, open = false) {
  if (!rows.length) return null;
  return el(
    "details",
    { open },
    el("summary", {}, title),
    el(
      "ul",
      {},
      rows.map((row) => el("li", {}, row)),
    ),
  );
}

function gradeText(text, { units, grade }) {
  if (!units.some((unit) => unit.is_major)) return text.t("park.hazard.none");
  return grade === null ? text.t("park.hazard.open") : text.t("park.hazard.grade", { grade });
}

function unitLine(text, unit) {
  const sum = `${unit.name} · S = ${text.number(Number(unit.s.toPrecision(4)))}`;
  return unit.r === null ? sum : `${sum}, R = ${text.number(Number(unit.r.toPrecision(4)))}`;
}

function unverified(text) {
  return el("span", { class: "rm-badge is-advisory" }, text.t("park.unverified"));
}

/** Comparisons that a model failed: the validation page says which way it errs. */
function failed(text, { failed: sets }) {
  const words = text.t("park.models.failed", { n: sets.length });
  return el("a", { class: "rm-badge is-advisory", href: `/validation?lang=${text.lang}`, title: sets.join(", ") }, words);
}

function parameter(text, row) {
  const value = typeof row.value === "number" ? text.quantity(row.value, row.unit) : row.value;
  const said = text.lang === "zh" ? [row.clause_zh, row.source_zh] : [row.clause, row.source];
  const source = [row.standard, ...said].filter(Boolean).join(" · ");
  return [
    el("b", {}, `${row.table} / ${row.key}`),
    ` = ${value} `,
    el("small", {}, `${source} · ${text.t(`standing.${row.standing}`)}`),
  ];
}

function domino(app, { domino: found }) {
  const { text } = app;
  if (!found?.escalations.length) return null;
  const added = Object.entries(found.added_per_year).map(([id, risk]) =>
    text.t("park.domino.added", { id, risk: riskText(text, risk) }),
  );
  return fold(text.t("park.domino.title", { n: found.escalations.length }), [text.pick(found.note), ...added]);
}
