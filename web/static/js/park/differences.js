/* What differs between two layouts, as lists: equipment, distances, areas, targets. */

import { el } from "riskmap/dom.js";
import { measureText, riskText } from "riskmap/park/levels.js";
import { effectText, lineMark } from "riskmap/park/preview.js";

/** Return the panel of a comparison. */
export function differenceList(bench, result, names) {
  const { text } = bench.app;
  const { differences } = result;
  return [
    el("p", { class: "rm-park-effect" }, effectText(text, crossings(result))),
    el("p", { class: "rm-hint" }, text.t("park.unverified_long")),
    block(text.t("park.diff.equipment", { n: differences.equipment.length }), equipment(bench, differences.equipment)),
    block(text.t("park.diff.zones"), zones(bench, differences.zones, names)),
    block(text.t("park.diff.areas"), areas(text, differences.contours, names)),
    block(text.t("park.diff.targets"), targets(text, differences.targets)),
  ];
}

/** Return for each level how many targets came inside it and how many left. */
function crossings({ present, differences }) {
  const risks = differences.targets.filter(({ unit }) => unit === "/a");
  return present.contours.map(({ risk_per_year: level }) => {
    const [before, now] = ["found_before", "found"].map((name) => risks.map((row) => row[name] > level));
    const entered = now.filter((isInside, i) => isInside && !before[i]).length;
    const left = before.filter((wasInside, i) => wasInside && !now[i]).length;
    return { risk_per_year: level, entered, left };
  });
}

function block(title, body) {
  return el("section", { class: "rm-park-block" }, el("h3", {}, title), body);
}

function equipment({ app: { text } }, rows) {
  if (!rows.length) return el("p", { class: "rm-muted" }, text.t("park.diff.same"));
  return el(
    "ul",
    { class: "rm-park-diff" },
    rows.map((row) => el("li", {}, el("b", { dir: "auto" }, row.name), " ", change(text, row))),
  );
}

function change(text, { what, moved_m: moved, fields }) {
  const shown = (value) =>
    value === null || value === undefined
      ? text.t("finding.unknown")
      : typeof value === "number"
        ? text.number(value)
        : value;
  const parts = fields.map(
    ({ field, before, after }) => `${text.find(`park.field.${field}`) ?? field} ${shown(before)} → ${shown(after)}`,
  );
  if (moved) parts.unshift(text.t("park.diff.moved", { m: text.metres(moved) }));
  return parts.length ? parts.join(text.t("park.separator")) : text.t(`park.diff.${what}`);
}

function head(text, ...names) {
  return el(
    "thead",
    {},
    el(
      "tr",
      {},
      names.map((name) => el("th", { scope: "col" }, name)),
    ),
  );
}

function zones(bench, rows, names) {
  const { text } = bench.app;
  const own = rows.filter((row) => row.column === ownColumn(bench));
  const classes = (row) =>
    row.target_classes.map((word) => bench.tanks.name("target_class", word)).join(text.t("list.separator"));
  return el(
    "table",
    { class: "rm-park-table" },
    head(text, text.t("park.zones.classes"), names[0], names[1]),
    el(
      "tbody",
      {},
      own.map((row) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, classes(row)),
          metres(text, row.greatest_before_m),
          metres(text, row.greatest_m),
        ),
      ),
    ),
  );
}

function ownColumn({ draft }) {
  return draft.file.plant.state === "in_service" ? "in_service" : "new";
}

function metres(text, value) {
  return el("td", {}, value === null ? text.t("finding.unknown") : text.metres(value));
}

function areas(text, rows, names) {
  return el(
    "table",
    { class: "rm-park-table" },
    head(text, text.t("park.preview.level"), names[0], names[1]),
    el(
      "tbody",
      {},
      rows.map((row) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, lineMark(row.risk_per_year), riskText(text, row.risk_per_year)),
          el("td", {}, text.area(row.area_before_m2)),
          el("td", {}, text.area(row.area_m2)),
        ),
      ),
    ),
  );
}

function targets(text, all) {
  const rows = all.filter(
    (row) => measureText(text, row.found_before, row.unit) !== measureText(text, row.found, row.unit),
  );
  if (!rows.length) return el("p", { class: "rm-muted" }, text.t("park.diff.no_targets"));
  const line = (row) => `${measureText(text, row.found_before, row.unit)} → ${measureText(text, row.found, row.unit)}`;
  return el(
    "ul",
    { class: "rm-park-diff" },
    rows.map((row) =>
      el(
        "li",
        {},
        el("b", { dir: "auto" }, row.name ?? row.id),
        " ",
        line(row),
        " ",
        el("small", {}, text.t("park.diff.limit", { limit: measureText(text, row.limit, row.unit) })),
      ),
    ),
  );
}
