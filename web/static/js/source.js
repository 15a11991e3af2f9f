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
  /** `at` is the day whose data are asked for, null for the present. */
  constructor(apiUrl, text, at = null) {
    this.apiUrl = apiUrl;
    this.text = text;
    this.at = at;
    this.running = 0;
    this.canCheck = true;
    this.hasTiles = true;
  }

  /** Return the source of the same data as they were at the end of a day. */
  atDay(day) {
    return new HttpSource(this.apiUrl, this.text, day);
  }

  layers() {
    return this.#get("/layers");
  }

  /** Return the days on which something changed. */
  days() {
    return this.#get("/days");
  }

  /** Return how much each layer held at the end of a day. */
  day(day) {
    return this.#get(`/days/${encodeURIComponent(day)}`);
  }

  /** Return the rasters that can be drawn. */
  rasters() {
    return this.#get("/rasters");
  }

  features(slug, { bounds, limit, filter = {}, signal }) {
    return this.#get(
      `/layers/${encodeURIComponent(slug)}/features`,
      { bbox: joined(bounds), limit, at: this.at, ...filter },
      signal,
    );
  }

  feature(slug, id) {
    const path = `/layers/${encodeURIComponent(slug)}/features/${encodeURIComponent(id)}`;
    return this.#get(path, { at: this.at });
  }

  search(text, signal) {
    return this.#get("/search", { q: text }, signal);
  }

  findings({ bounds, limit, filter = {}, signal } = {}) {
    return this.#get("/findings", { bbox: joined(bounds), limit, at: this.at, ...filter }, signal);
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

  /** Return the bytes at an address outside the interface, such as a tile. */
  async bytes(url, signal) {
    return (await this.#send(url, { signal }, "")).arrayBuffer();
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

  async #send(path, options, base = this.apiUrl) {
    this.running += 1;
    const response = await fetch(base + path, { credentials: "same-origin", ...options })
      .catch((error) => {
        throw error.name === "AbortError" ? error : new SourceError(this.text.t("error.unreachable"), 0);
      })
      .finally(() => (this.running -= 1));
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
