/* Charts of an area's key figures: conclusions by area and by layer, findings over the audits; each with its numbers. */

import { el } from "riskmap/dom.js";
import { areaName } from "riskmap/supervisor/areas.js";
import { CONCLUSIONS, conclusionName } from "riskmap/supervisor/shares.js";

const BAR_PX = 30;
const AXES_PX = 90;
const INK = "#3c4246";

/** Fill of each conclusion, and of the list of findings of that name; what is undecided is hatched. */
const FILLS = { fail: "#c4161c", undecidable: "#8d9499", conditional: "#f2c200", legacy: "#e8780c", pass: "#2a6fb5", unchecked: "#ffffff" };
const HATCHED = "undecidable";
const DASHES = { fail: [], legacy: [8, 3], undecidable: [2, 3], conditional: [8, 3, 2, 3] };

/** Show the charts of an area in the right panel. */
export async function showCharts(app, answer) {
  const { text } = app;
  const node = el("div", { class: "rm-charts" });
  app.panel.show(text.t("charts.title"), areaName(text, answer.area), node, { sticky: true });
  try {
    const [{ default: Chart }, { audits }] = await Promise.all([
      import("chart.js"),
      app.source.get("/register/trend", { area: answer.area.adcode }),
    ]);
    const named = (area) => (area.adcode ? areaName(text, area) : text.t("overview.no_code"));
    const layers = answer.layers.filter((one) => one.facilities > 0);
    if (answer.areas.length) node.append(barBlock(app, Chart, "charts.areas", answer.areas, named));
    if (layers.length) node.append(barBlock(app, Chart, "charts.layers", layers, (one) => app.layerName(one.layer)));
    node.append(trendBlock(app, Chart, audits));
  } catch (error) {
    app.report(error);
  }
}

function barBlock(app, Chart, key, rows, nameOf) {
  const { text } = app;
  const shown = [...rows].sort((a, b) => b.facilities - a.facilities);
  const labels = shown.map(nameOf);
  const series = CONCLUSIONS.map((word) => ({
    label: conclusionName(text, word),
    data: shown.map((row) => row.conclusions[word]),
    backgroundColor: word === HATCHED ? hatch(FILLS[word]) : FILLS[word],
    borderColor: INK,
    borderWidth: 1,
  }));
  const options = {
    ...common(text),
    indexAxis: "y",
    scales: { x: { stacked: true, ticks: whole(text) }, y: { stacked: true, ticks: { autoSkip: false } } },
  };
  const canvas = drawn(Chart, { type: "bar", data: { labels, datasets: series }, options }, AXES_PX + BAR_PX * shown.length);
  return block(text, key, canvas, labels, series, text.t("charts.facilities"));
}

function trendBlock(app, Chart, audits) {
  const { text } = app;
  if (audits.length < 2)
    return el("section", {}, el("h3", {}, text.t("charts.trend")), el("p", { class: "rm-muted" }, text.t("charts.trend_none")));
  const labels = audits.map((audit) => audit.checked_on);
  const series = Object.entries(DASHES).map(([word, borderDash]) => ({
    label: text.t(`list.${word}`),
    data: audits.map((audit) => audit.findings[word]),
    borderColor: FILLS[word],
    backgroundColor: FILLS[word],
    borderDash,
    borderWidth: 2,
  }));
  const options = { ...common(text), scales: { y: { beginAtZero: true, ticks: whole(text) } } };
  const canvas = drawn(Chart, { type: "line", data: { labels, datasets: series }, options }, 240);
  return block(text, "charts.trend", canvas, labels, series, text.t("charts.day"));
}

function common(text) {
  return {
    animation: false,
    maintainAspectRatio: false,
    locale: text.lang === "zh" ? "zh-CN" : "en",
    plugins: { legend: { position: "bottom", labels: { boxWidth: 14, color: INK } } },
  };
}

function whole(text) {
  return { precision: 0, callback: (value) => text.number(value) };
}

/** Return a canvas of a height with its chart, drawn once it has a place on the page. */
function drawn(Chart, config, height) {
  const canvas = el("canvas", {});
  const frame = el("div", { class: "rm-chart", style: { height: `${height}px` } }, canvas);
  requestAnimationFrame(() => new Chart(canvas, config));
  return frame;
}

/** A chart is a picture to some readers: the same numbers stand in a table below. */
function block(text, key, frame, labels, series, corner) {
  const title = text.t(key);
  frame.firstChild.setAttribute("role", "img");
  frame.firstChild.setAttribute("aria-label", title);
  const head = [corner, ...series.map((one) => one.label)].map((word) => el("th", { scope: "col" }, word));
  const rows = labels.map((label, i) =>
    el("tr", {}, el("th", { scope: "row", dir: "auto" }, label), series.map((one) => el("td", {}, text.number(one.data[i])))),
  );
  return el(
    "section",
    { dataset: { chart: key } },
    el("h3", {}, title),
    frame,
    el("details", {}, el("summary", {}, text.t("charts.numbers")), el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows))),
  );
}

function hatch(colour) {
  const tile = el("canvas", { width: 6, height: 6 });
  const pen = tile.getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, 6, 6);
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  for (const shift of [-6, 0, 6]) {
    pen.beginPath();
    pen.moveTo(shift - 1, 7);
    pen.lineTo(shift + 7, -1);
    pen.stroke();
  }
  return pen.createPattern(tile, "repeat");
}
