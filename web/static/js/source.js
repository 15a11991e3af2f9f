/* Where data comes from: the server. inline.js offers the same methods over data that the page brings. */

/** An answer that is no answer; the message is for readers. */
export class SourceError extends Error {
  constructor(message, status) {
    super(message);
    this.name = "SourceError";
    this.status = status;
  }
}

export class HttpSource {
  constructor(apiUrl, text) {
    this.apiUrl = apiUrl;
    this.text = text;
    this.canCheck = true;
    this.hasTiles = true;
  }

  layers() {
    return this.#get("/layers");
  }

  features(slug, { bounds, limit, filter = {}, signal }) {
    return this.#get(
      `/layers/${encodeURIComponent(slug)}/features`,
      { bbox: joined(bounds), limit, ...filter },
      signal,
    );
  }

  feature(slug, id) {
    return this.#get(`/layers/${encodeURIComponent(slug)}/features/${encodeURIComponent(id)}`);
  }

  search(text, signal) {
    return this.#get("/search", { q: text }, signal);
  }

  findings({ bounds, limit, filter = {}, signal } = {}) {
    return this.#get("/findings", { bbox: joined(bounds), limit, ...filter }, signal);
  }

  findingsSummary() {
    return this.#get("/findings/summary");
  }

  grids() {
    return this.#get("/grids");
  }

  cells(run, { bounds, limit, empty, signal }) {
    return this.#get(`/grids/${encodeURIComponent(run)}/cells`, { bbox: joined(bounds), limit, empty }, signal);
  }

  explainCell(run, cell) {
    return this.#get(`/grids/${encodeURIComponent(run)}/cells/${encodeURIComponent(cell)}`);
  }

  check(collection) {
    const body = JSON.stringify(collection);
    return this.ask("/check", { method: "POST", body, headers: { "Content-Type": "application/json" } });
  }

  /** Return the JSON that the server answers; `options` are those of fetch. */
  async ask(path, options) {
    const response = await this.#send(path, options);
    return response.status === 204 ? null : response.json();
  }

  /** Return what the server answers as a file. */
  async download(path, options) {
    return (await this.#send(path, options)).blob();
  }

  /** Return the JSON at an address; a list among the parameters means any of its values. */
  get(path, parameters = {}, signal = undefined) {
    const { bbox } = parameters;
    return this.#get(path, { ...parameters, bbox: Array.isArray(bbox) ? joined(bbox) : bbox }, signal);
  }

  /** Return what the server answers to JSON sent there. */
  post(path, body) {
    const headers = { "Content-Type": "application/json" };
    return this.ask(path, { method: "POST", body: JSON.stringify(body), headers });
  }

  /** Return parameters as the query of an address. */
  query(parameters) {
    return queryText(parameters);
  }

  #get(path, parameters = {}, signal = undefined) {
    const text = queryText(parameters);
    return this.ask(text ? `${path}?${text}` : path, { signal });
  }

  async #send(path, options) {
    const response = await fetch(this.apiUrl + path, { credentials: "same-origin", ...options }).catch((error) => {
      throw error.name === "AbortError" ? error : new SourceError(this.text.t("error.unreachable"), 0);
    });
    if (response.ok) return response;
    const body = await response.json().catch(() => null);
    throw new SourceError(this.#reason(body?.error, response.status), response.status);
  }

  #reason(error, status) {
    return (this.text.lang === "zh" && error?.message_zh) || error?.message || this.text.t("error.status", { status });
  }
}

function queryText(parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null) query.append(name, one);
  }
  return query.toString();
}

function joined(bounds) {
  return bounds ? bounds.map((degrees) => degrees.toFixed(6)).join(",") : undefined;
}
