/* Inputs for attributes of a project, by the type of the field. Empty means unknown, never zero. */

import { parseCoordinate } from "riskmap/coordinates.js";
import { el } from "riskmap/dom.js";
import { pointsInput } from "riskmap/planner/points.js";

/** What a pond may monitor; their names are in the catalogue. */
const MONITORED = [
  "pond_level",
  "rainfall",
  "beach_length",
  "phreatic_line",
  "displacement",
  "beach_crest",
  "freeboard",
  "video",
  "beach_slope",
  "basin_displacement",
];

/** Return a labelled input; `change(value)` hears what is stated, null for unknown. */
export function fieldInput(text, field, value, change) {
  if (field.name === "monitoring") return monitoredInput(text, field, value, change);
  const input = bare(text, field, value, change);
  return el("label", { dataset: { field: field.name } }, label(text, field), input);
}

/** Return a list to choose one word from; the first, empty choice means unknown. */
export function select(attributes, empty, options, value) {
  const node = el(
    "select",
    attributes,
    el("option", { value: "" }, empty),
    options.map(([word, name]) => el("option", { value: word }, name)),
  );
  node.value = value ?? "";
  return node;
}

function bare(text, field, value, change) {
  const { name, type, choices } = field;
  const unknown = text.t("finding.unknown");
  if (choices.length) {
    const options = choices.map((word) => [word, text.word(name, word)]);
    return select({ name, onchange: ({ target }) => change(target.value || null) }, unknown, options, value);
  }
  if (type === "boolean") return yesNo(text, name, unknown, value, change);
  if (type === "number" || type === "integer") return numberInput(field, value, change);
  if (name === "monitoring_points") return pointsInput(text, field, value, MONITORED, change);
  if (name === "toe_point") return pointInput(text, name, value, change);
  const kind = type === "date" ? "date" : "text";
  return el("input", { name, type: kind, value: value ?? "", oninput: ({ target }) => change(target.value || null) });
}

function yesNo(text, name, unknown, value, change) {
  const options = [
    ["true", text.t("value.yes")],
    ["false", text.t("value.no")],
  ];
  const told = (word) => change(word === "" ? null : word === "true");
  const current = value === null || value === undefined ? "" : String(value);
  return select({ name, onchange: ({ target }) => told(target.value) }, unknown, options, current);
}

function numberInput({ name, type }, value, change) {
  const told = ({ value: typed }) => change(typed.trim() === "" ? null : Number(typed));
  return el("input", {
    name,
    type: "number",
    min: "0",
    step: type === "integer" ? "1" : "any",
    value: value ?? "",
    oninput: ({ target }) => told(target),
  });
}

/** A place typed as a coordinate; what is none is marked and stays unknown. */
function pointInput(text, name, value, change) {
  const typed = value?.coordinates ? value.coordinates.join(", ") : "";
  return el("input", {
    name,
    type: "text",
    value: typed,
    placeholder: text.t("planner.point_example"),
    oninput: ({ target }) => {
      const point = parseCoordinate(target.value);
      target.setCustomValidity(point || !target.value.trim() ? "" : text.t("planner.typed.none"));
      change(point ? { type: "Point", coordinates: [point.lon, point.lat] } : null);
    },
  });
}

/** What is monitored: unknown, or the items that are ticked. */
function monitoredInput(text, field, value, change) {
  const boxes = MONITORED.map((item) => [item, el("input", { type: "checkbox", checked: value?.includes(item) })]);
  const known = el("input", { type: "checkbox", checked: Array.isArray(value) });
  const tell = () =>
    change(known.checked ? boxes.filter(([, box]) => box.checked).map(([item]) => item) : null);
  const items = el(
    "div",
    { class: "rm-ticks", hidden: !known.checked },
    boxes.map(([item, box]) => el("label", {}, box, text.word("monitoring", item))),
  );
  const node = el(
    "fieldset",
    { class: "rm-ticks-field", dataset: { field: field.name } },
    el("legend", {}, label(text, field)),
    el("label", {}, known, text.t("planner.monitoring_known")),
    items,
  );
  node.addEventListener("change", () => {
    items.hidden = !known.checked;
    tell();
  });
  return node;
}

function label(text, field) {
  const unit = field.unit ? ` (${text.word("unit", field.unit)})` : "";
  return el("span", { dataset: { needed: text.t("planner.needed") } }, text.pick(field), unit);
}
