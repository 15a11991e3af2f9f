/* Marks of facilities in view from the server's count of all their findings, and the findings of the selected one.
   Layers drawn from tiles have their marks in these. */

import { clipped } from "riskmap/features.js";
import { featureId } from "riskmap/shapes.js";

const LIST_LIMIT = 1000;
let controller = null;

/** Load what all findings of each facility in view amount to; the map draws them so. Of former days there is no count. */
export async function loadMarks(app) {
  controller?.abort();
  const layer = [...app.features.states.values()].filter(holdsAny).map(({ slug }) => slug);
  if (app.moment || !layer.length) return;
  controller = new AbortController();
  try {
    const bbox = clipped(app.map.getBounds().pad(0.25));
    const wanted = { bbox, layer, limit: app.config.featureLimit };
    const { marks } = await app.source.get("/register/marks", wanted, controller.signal);
    const changed = app.verdicts.setMarks(marks);
    if (changed.size) app.emit("verdicts", changed);
  } catch (error) {
    app.report(error);
  }
}

/** Whether a layer holds anything: it did at first, or something of it has been drawn since. */
function holdsAny({ count, features }) {
  return count > 0 || features.length > 0;
}

/** Load all findings of a selected facility: those without a line lie in no view. */
export async function loadOwnFindings(app, { layer, feature }) {
  const filter = { subject_layer: layer, subject_id: featureId(feature) };
  try {
    const answer = await app.source.findings({ limit: LIST_LIMIT, filter });
    const changed = app.verdicts.add(answer.features);
    if (changed.size) app.emit("verdicts", changed);
  } catch (error) {
    app.report(error);
  }
}
