/* What the planner asks of the server. */

const CASES = "/layers/proposals/features";
/** Most cases of the list; the list says when there are more. */
const MOST_CASES = 2000;

/** Return the plots of files as features; nothing is stored. */
export function readPlots(app, files, { crs, encoding, controlPoints }, signal) {
  const body = new FormData();
  for (const file of files) body.append("file", file);
  if (crs) body.append("crs", crs);
  if (encoding) body.append("encoding", encoding);
  if (controlPoints) body.append("control_points", controlPoints);
  return app.source.ask("/plots", { method: "POST", body, signal });
}

/** Return the verdicts on plots. */
export function checkPlots(app, collection, signal) {
  return app.source.ask("/check", json("POST", collection, { signal }));
}

/** Return the letter on plots as a file of that format, for the day of the check that it follows. */
export function writeLetter(app, collection, { format, on }, signal) {
  const query = new URLSearchParams({ format, on, lang: app.text.lang });
  return app.source.download(`/check/letter?${query}`, json("POST", collection, { signal }));
}

/** Return the evidence bundle on plots as a file. */
export function writeBundle(app, collection, { on }, signal) {
  return app.source.download(`/check/bundle?${new URLSearchParams({ on })}`, json("POST", collection, { signal }));
}

/** Recompute an evidence bundle, signed by the holder of the key if one is given. */
export function verifyBundle(app, bundle, publicKey, signal) {
  const body = new FormData();
  body.append("bundle", bundle);
  if (publicKey) body.append("public_key", publicKey);
  return app.source.ask("/verify", { method: "POST", body, signal });
}

/** Return the rules that check a kind of project. */
export function rulesOf(app, kind) {
  return app.source.ask(`/rules?${new URLSearchParams({ kind })}`);
}

export function listCases(app, signal) {
  return app.source.ask(`${CASES}?limit=${MOST_CASES}`, { signal, cache: "no-cache" });
}

export function readCase(app, id) {
  return app.source.ask(address(id), { cache: "no-store" });
}

/** Return all versions of a case, the newest first. */
export async function versionsOf(app, id) {
  const { versions } = await app.source.ask(`${address(id)}/versions`, { cache: "no-store" });
  return versions.reverse();
}

export function createCase(app, feature) {
  return app.source.ask(CASES, json("POST", feature));
}

/** Store the next version of a case; an error of status 412 where somebody else has stored one since. */
export function changeCase(app, id, version, changes) {
  return app.source.ask(address(id), json("PATCH", changes, {}, { "If-Match": `"${version}"` }));
}

/** Start the search for places in an area; the answer is a job. */
export function searchArea(app, wanted) {
  return app.source.ask("/where", json("POST", wanted));
}

/** Start the search for the greatest value of a number that passes; the answer is a job. */
export function findLargest(app, wanted) {
  return app.source.ask("/largest", json("POST", wanted));
}

function address(id) {
  return `${CASES}/${id.split("/").map(encodeURIComponent).join("/")}`;
}

function json(method, value, options = {}, headers = {}) {
  return { method, body: JSON.stringify(value), headers: { "Content-Type": "application/json", ...headers }, ...options };
}
