/* Warnings of a pond's monitoring points, typed one a line: item, point, level. */

import { el } from "riskmap/dom.js";

const LEVELS = ["normal", "blue", "yellow", "orange", "red"];

/** Return a box for the points; `change(value)` hears the list of them, null while it is empty or cannot be read. */
export function pointsInput(text, { name }, value, items, change) {
  const named = { monitoring: namesOf(text, "monitoring", items), warning_level: namesOf(text, "warning_level", LEVELS) };
  const box = el("textarea", {
    name,
    rows: "3",
    placeholder: text.t("planner.points_example"),
    oninput: ({ target }) => {
      const lines = target.value.split("\n").filter((line) => line.trim());
      const points = lines.map((line) => readPoint(named, line));
      const bad = points.indexOf(null);
      target.setCustomValidity(bad < 0 ? "" : text.t("planner.points_unread", { line: lines[bad].trim() }));
      change(bad < 0 && points.length ? points : null);
    },
  });
  box.value = (value ?? []).map((point) => writePoint(text, point)).join("\n");
  return box;
}

function namesOf(text, list, words) {
  return new Map(words.flatMap((word) => [[word, word], [text.word(list, word), word]]));
}

function readPoint(named, line) {
  const [item, point, level] = line.split(/[,，;；\t]/).map((word) => word.trim());
  const known = named.monitoring.get(item);
  if (!known || !point || (level && !named.warning_level.has(level))) return null;
  return level ? { item: known, point, level: named.warning_level.get(level) } : { item: known, point };
}

function writePoint(text, { item, point, level }) {
  const words = [text.word("monitoring", item), point];
  if (level) words.push(text.word("warning_level", level));
  return words.join(", ");
}
