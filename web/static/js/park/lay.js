/* The panel of the workbench: its sections, from the choice of a plant to the check of a park. */

import { el, fill } from "riskmap/dom.js";

/** Lay the parts of a bench into its panel; what needs a plant is hidden until one is chosen. */
export function layBench(bench) {
  const { text } = bench.app;
  const button = (key, onclick) => el("button", { type: "button", class: "rm-button", onclick }, text.t(key));
  bench.undoButton = button("park.undo", () => bench.takeBack());
  bench.resetButton = button("park.reset", () => bench.reset());
  const buttons = el("p", { class: "rm-park-buttons" }, bench.undoButton, bench.resetButton);
  const part = (name, ...children) => section(text.t(`park.section.${name}`), children);
  bench.editing = el(
    "div",
    {},
    part("equipment", el("div", { class: "rm-park-sticky" }, bench.preview.node, buttons), bench.tanks.node),
    part("ranking", bench.ranking.node),
    part("layouts", bench.layouts.node),
  );
  bench.editing.hidden = true;
  const body = el(
    "div",
    { class: "rm-park", onkeydown: (event) => takeBackByKey(bench, event) },
    part("plant", bench.chooser.node, bench.task.node),
    bench.editing,
    part("together", bench.together.node),
    part("spacing", bench.spacing.node),
  );
  fill(bench.panel, body);
}

function section(title, ...children) {
  return el("section", { class: "rm-park-section" }, el("h2", {}, title), children);
}

function takeBackByKey(bench, event) {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (!typing && event.key === "z" && (event.ctrlKey || event.metaKey)) bench.takeBack();
}
