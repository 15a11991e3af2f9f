/* Workbench of a park administrator: layout of a plant, its risk, and what moving a tank would change. */

import { Bench } from "riskmap/park/bench.js";

export function create(app) {
  if (!app.source.canCheck) return; // a page without a server computes nothing
  const panel = app.workbenches.add("park", app.text.t("workbench.park"), app.text.t("park.tab"));
  const bench = new Bench(app, panel);
  app.on("workbench", (key) => (key === "park" ? bench.open() : bench.leave()));
}
