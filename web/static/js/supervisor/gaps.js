/* Blind spots: where data are missing, old or imprecise, by layer; and what open findings ask for. */

import { el } from "riskmap/dom.js";
import { describeNeed } from "riskmap/needs.js";
import { areaName } from "riskmap/supervisor/areas.js";

/** Show the blind spots of an area in the right panel. */
export async function showGaps(app, area) {
  const { text } = app;
  try {
    const gaps = await app.source.get("/register/gaps", { area: area.adcode });
    app.panel.show(text.t("gaps.title"), areaName(text, area), [layersPart(app, gaps), needsPart(app, gaps)], { sticky: true });
  } catch (error) {
    app.report(error);
  }
}

function layersPart(app, { layers, imprecise_m: imprecise }) {
  const { text } = app;
  const [filled, empty] = [layers.filter((one) => one.count > 0), layers.filter((one) => one.count === 0)];
  const troubled = filled.sort((a, b) => worth(b) - worth(a));
  return [
    el("p", { class: "rm-overview-note" }, text.t("gaps.lead", { m: text.number(imprecise) })),
    el(
      "ul",
      { class: "rm-gaps" },
      troubled.map((one) => layerRow(app, one)),
    ),
    empty.length
      ? el(
          "p",
          { class: "rm-warning" },
          text.t("gaps.empty", { layers: empty.map((one) => app.layerName(one.layer)).join(text.t("list.separator")) }),
        )
      : null,
  ];
}

/** How much of a layer is in doubt, to list the worst first. */
function worth({ accuracy_unknown: unknown, imprecise, without_geometry: lost, count }) {
  return (unknown + imprecise + lost) / count;
}

function layerRow(app, one) {
  const { text } = app;
  const facts = ["accuracy_unknown", "imprecise", "without_geometry", "without_adcode", "illustrative"]
    .filter((name) => one[name] > 0)
    .map((name) =>
      el(
        "li",
        {},
        text.t(`gaps.${name}`, {
          number: text.number(one[name]),
          percent: text.number((100 * one[name]) / one.count, 0),
          m: text.number(one.accuracy_max_m),
        }),
      ),
    );
  return el(
    "li",
    { dataset: { layer: one.layer } },
    el("b", {}, app.layerName(one.layer)),
    el("span", { class: "rm-count" }, text.number(one.count)),
    el("small", {}, text.t("gaps.dates", { oldest: text.day(one.oldest), newest: text.day(one.newest) })),
    el("meter", { min: "0", max: "1", value: String(worth(one)), "aria-label": text.t("gaps.meter") }),
    el("ul", {}, facts, one.surveys ? el("li", {}, text.t("gaps.surveys", { number: text.number(one.surveys) })) : null),
  );
}

function needsPart(app, { needs }) {
  const { text } = app;
  if (!needs.length) return null;
  return el(
    "section",
    { class: "rm-overview-block" },
    el("h3", {}, text.t("gaps.needs")),
    el("p", { class: "rm-overview-note" }, text.t("gaps.needs_lead")),
    el(
      "ol",
      { class: "rm-needs" },
      needs.map((one) =>
        el(
          "li",
          {},
          `${app.layerName(one.layer)}${text.t("gaps.colon")}${describeNeed(app, one.need)} `,
          el("small", {}, text.t("gaps.need_count", { facilities: text.number(one.facilities), findings: text.number(one.findings) })),
        ),
      ),
    ),
  );
}
