/* The mark of a conclusion where its findings are not at hand. */

import { el } from "riskmap/dom.js";
import { verdictMark } from "riskmap/swatch.js";

const MARKS = {
  fail: { verdict: "prohibited", decided: true },
  undecidable: { verdict: "prohibited", decided: false },
  conditional: { verdict: "conditional", decided: true },
  pass: { verdict: "no_ban", decided: true },
};

/** Return the mark of a conclusion and its word. */
export function conclusionMark(text, conclusion) {
  const mark = { ...MARKS[conclusion], conclusion };
  return el("span", { class: "rm-marked" }, verdictMark(text, mark), text.t(`conclusion.${conclusion}`));
}
