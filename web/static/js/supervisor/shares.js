/* Conclusions as shares: a bar, its legend, and the marks of both. Every colour goes with a letter or a pattern. */

import { el } from "riskmap/dom.js";

/** Conclusions about a facility, worst first; `unchecked` where no check has looked at it as it stands. */
export const CONCLUSIONS = ["fail", "undecidable", "conditional", "pass", "unchecked"];

/** Return a bar of the shares of conclusions; `of` scales it against a larger whole. */
export function shareBar(app, figures, of = figures.facilities) {
  const { text } = app;
  const parts = CONCLUSIONS.filter((word) => figures.conclusions[word] > 0);
  const said = parts.map((word) => `${conclusionName(text, word)} ${text.number(figures.conclusions[word])}`);
  return el(
    "span",
    { class: "rm-shares", role: "img", "aria-label": said.join(text.t("list.separator")) },
    parts.map((word) =>
      el("i", {
        class: `rm-share is-${word}`,
        style: { width: `${(100 * figures.conclusions[word]) / Math.max(of, 1)}%` },
      }),
    ),
  );
}

/** Return the legend of a bar as buttons that choose a conclusion; the chosen one is pressed. */
export function shareLegend(app, figures, chosen, onchoose) {
  const { text } = app;
  return el(
    "div",
    { class: "rm-share-legend", role: "group", "aria-label": text.t("overview.conclusions") },
    CONCLUSIONS.map((word) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": String(word === chosen),
          disabled: figures.conclusions[word] === 0,
          dataset: { conclusion: word },
          onclick: () => onchoose(word === chosen ? null : word),
        },
        shareMark(text, word),
        el("span", {}, conclusionName(text, word)),
        el("b", {}, text.number(figures.conclusions[word])),
        el("small", {}, share(text, figures.conclusions[word], figures.facilities)),
      ),
    ),
  );
}

/** Return the mark of a conclusion: its colour or pattern with a letter. */
export function shareMark(text, word) {
  return el("span", { class: `rm-share-mark is-${word}`, "aria-hidden": "true" }, text.t(`overview.letter.${word}`));
}

export function conclusionName(text, word) {
  return word === "unchecked" ? text.t("overview.unchecked") : text.t(`conclusion.${word}`);
}

function share(text, part, whole) {
  return whole ? `${text.number((100 * part) / whole, 1)} %` : "";
}
