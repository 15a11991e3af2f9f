/* What the workbench asks of the server. */

import { followJob } from "riskmap/jobs.js";

const JSON_TYPE = { "Content-Type": "application/json" };

function post(app, path, body) {
  return app.source.ask(path, { method: "POST", body: JSON.stringify(body), headers: JSON_TYPE });
}

function at(id) {
  return `/plants/${encodeURIComponent(id)}`;
}

export const listPlants = async (app) => (await app.source.ask("/plants")).plants;

export const readWords = (app) => app.source.ask("/plants/words");

export const readPlant = (app, id) => app.source.ask(at(id));

export const createPlant = (app, file) => post(app, "/plants", file);

export const createLayout = (app, id, layout, file) => post(app, `${at(id)}/layouts`, { layout, file });

export const rankAt = (app, plant, weather, { lng: lon, lat }) =>
  post(app, "/distance/rank", { plant, weather, lon, lat });

export const listSums = async (app) => (await app.source.ask("/distance/together")).sums;

export const readSum = (app, run) => app.source.ask(`/distance/together/${encodeURIComponent(run)}`);

export const endSum = (app, run) =>
  app.source.ask(`/distance/together/${encodeURIComponent(run)}`, { method: "DELETE" });

export const checkSpacing = (app, park) => post(app, "/layout", { park });

/** Replace a stored plant; the server refuses when somebody else did so since it was read. */
export function replacePlant(app, id, file, version) {
  const headers = { ...JSON_TYPE, "If-Match": `"${version}"` };
  return app.source.ask(at(id), { method: "PUT", body: JSON.stringify(file), headers });
}

/** Return the plant file that was uploaded, in CGCS2000 and checked. */
export async function readPlantFile(app, file) {
  const body = new FormData();
  body.append("file", file);
  return (await app.source.ask("/plants/file", { method: "POST", body })).file;
}

/** Return the positions {id, name, lon, lat} that a drawing or GeoJSON file holds. */
export async function readDrawing(app, file, crs, controlPoints) {
  const body = new FormData();
  body.append("file", file);
  if (crs) body.append("crs", crs);
  if (controlPoints) body.append("control_points", controlPoints);
  const { features } = await app.source.ask("/plots", { method: "POST", body });
  const points = features.filter(({ geometry }) => geometry?.type === "Point");
  return points.map(({ id, properties, geometry: { coordinates } }) => ({
    id: String(id),
    name: properties.name,
    position: coordinates.slice(0, 2),
  }));
}

/** Return the features of a layer that a list offers. */
export async function listFeatures(app, slug) {
  const bounds = [-180, -90, 180, 90];
  return (await app.source.features(slug, { bounds, limit: 500 })).features;
}

/** Run a job to its end; return {result, files} with the addresses of its files. */
export async function runJob(app, path, body, { onstatus, signal }) {
  const job = await post(app, path, body);
  let files = [];
  const result = await followJob(app, job, {
    signal,
    onstatus: (status) => {
      files = status.files.map(({ name }) => ({ name, url: `${app.source.apiUrl}/jobs/${job.id}/files/${name}` }));
      onstatus(status);
    },
  });
  return { result, files };
}
