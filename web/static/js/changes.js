/* What would change a verdict, as a short list: the smallest step first. */

import { el } from "riskmap/dom.js";
import { describeNeed } from "riskmap/needs.js";

/** Return the folded list of a proposal's changes, or null where the answer has none. */
export function changeList(app, changes, findings) {
  if (!changes?.length) return null;
  const titles = new Map(findings.map((finding) => [finding.rule, app.text.pick(finding.title)]));
  return el(
    "details",
    { class: "rm-changes" },
    el("summary", {}, app.text.t("answer.changes", { n: changes.length })),
    el(
      "ol",
      {},
      changes.map((change) => el("li", {}, changeText(app, change), note(titles.get(change.rule)), there(app, change))),
    ),
  );
}

/** The sentence of a missing input names it as the rules do; here it has its label. */
function changeText(app, change) {
  const { text } = app;
  const said =
    change.step === "bring"
      ? change.needs.map((need) => describeNeed(app, need)).join(text.t("list.separator"))
      : text.pick(change.text);
  return [el("b", {}, text.t(`change.${change.step}`)), " ", said];
}

function there(app, { conclusion_there: conclusion }) {
  if (!conclusion) return null;
  return note(app.text.t("change.there", { conclusion: app.text.t(`conclusion.${conclusion}`) }));
}

function note(words) {
  return words ? el("small", {}, words) : null;
}
