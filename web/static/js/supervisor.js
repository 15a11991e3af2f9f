/* The supervisor's tools on the whole map: key figures by area, lists to work through, audits, blind spots. */

import { AuditForm } from "riskmap/supervisor/audit.js";
import { RegisterLists } from "riskmap/supervisor/lists.js";
import { loadMarks, loadOwnFindings } from "riskmap/supervisor/marks.js";
import { Overview } from "riskmap/supervisor/overview.js";
import { ReportForm } from "riskmap/supervisor/report.js";

/** A page that asks no server has no register to count: it keeps its simple lists. */
export function create(app) {
  if (!app.source.canCheck) return;
  const overview = new Overview(app, app.tabs.add("overview", app.text.t("tab.overview"), "map"));
  app.overview = overview;
  app.lists = new RegisterLists(app, app.findingsPanel);
  const audit = new AuditForm(app);
  overview.tools.push(["audit.title", () => audit.show()]);
  app.on("area", (adcode) => load(app, adcode));
  app.on("select", (selection) => loadOwnFindings(app, selection));
  app.map.on("moveend", () => loadMarks(app));
  app.on("moment", () => loadMarks(app));
  app.on("audited", () => {
    app.verdicts.forget();
    app.emit("area", overview.adcode);
    app.features.renewTiles();
    loadMarks(app);
  });
  const report = new ReportForm(app);
  overview.tools.push(["report.title", (area) => report.show(area)]);
  app.on("layers", () => loadMarks(app)); // before that nobody knows which layers come as tiles
}

/** Show the figures of an area and its lists. */
export async function load(app, adcode) {
  const figures = await app.overview?.load(adcode);
  if (figures) await app.lists.show(figures);
}
