/* Attributes that are more than one word or number: positions, lists of words, lists of records. */

import { el } from "riskmap/dom.js";

/** Which list of words a column of a record takes its words from. */
const WORDS = { item: "monitoring", level: "warning_level", phase: "phase" };
const MOST_RECORDS = 200;

/** Return what a field of the type "json" holds: read by people where its form is known, else as it is. */
export function structuredValue(text, field, value) {
  if (value.type === "Point") return value.coordinates.map((degrees) => degrees.toFixed(6)).join(", ");
  if (isList(value, (one) => typeof one === "string"))
    return value.map((word) => text.word(field.name, word)).join(text.t("list.comma"));
  if (isList(value, isRecord)) return recordTable(text, value);
  return el("pre", { tabindex: "0" }, JSON.stringify(value, null, 1));
}

function isList(value, test) {
  return Array.isArray(value) && value.length > 0 && value.length <= MOST_RECORDS && value.every(test);
}

/** Whether something is an object of nothing but words and numbers. */
function isRecord(value) {
  const isPlain = (one) => one === null || typeof one !== "object";
  return value !== null && typeof value === "object" && !Array.isArray(value) && Object.values(value).every(isPlain);
}

function recordTable(text, records) {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const heads = columns.map((column) => el("th", { scope: "col" }, text.find(`column.${column}`) ?? column));
  const rows = records.map((record) =>
    el(
      "tr",
      {},
      columns.map((column) => el("td", {}, shown(text, column, record[column]))),
    ),
  );
  const table = el("table", {}, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows));
  return el("div", { class: "rm-records", tabindex: "0" }, table);
}

function shown(text, column, value) {
  if (value === null || value === undefined || value === "") return "—";
  if (typeof value === "number") return text.number(value);
  return column in WORDS ? text.word(WORDS[column], String(value)) : String(value);
}
