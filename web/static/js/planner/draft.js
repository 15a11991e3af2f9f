/* The case that is being worked on, saved or not. What is typed survives a reload of the page. */

const KEY = "riskmap.planner";
const CGCS2000 = { type: "name", properties: { name: "urn:ogc:def:crs:EPSG::4490" } };
/** What the store keeps of a feature beside its attributes. */
const KEPT = new Set(["id", "source", "valid_from", "valid_to", "version", "extra", "case_status"]);
/** Accuracy that the form offers for a plot that is drawn or typed; people see and change it. [m] */
const DRAWN_M = 5;
/** Id of a plot that has not been saved. */
export const UNSAVED = "plot";

export class Draft {
  #listeners = [];

  constructor() {
    Object.assign(this, blank(), recall());
  }

  /** Have `handler(what)` called after changes: "plot", "attributes", "status", "stored", or "case" for all of it. */
  onchange(handler) {
    this.#listeners.push(handler);
  }

  /** Begin with nothing, or with a plot and attributes that came from elsewhere. */
  start(plot = null) {
    Object.assign(this, blank());
    // The accuracy of a plot that comes from elsewhere is as stated there, or unknown.
    if (plot) Object.assign(this, { geometry: plot.geometry, properties: attributesOf(plot.properties) });
    this.origin = this.fingerprint;
    this.#changed("case");
  }

  /** Go on with a case as it is stored. */
  take(feature) {
    this.saved = feature;
    this.geometry = feature.geometry;
    this.status = feature.properties.case_status ?? "draft";
    this.properties = attributesOf(feature.properties);
    this.#changed("case");
  }

  /** Note how the case was just stored. */
  stored(feature) {
    Object.assign(this, { saved: feature, geometry: feature.geometry, properties: attributesOf(feature.properties) });
    this.status = feature.properties.case_status;
    this.#changed("stored");
  }

  /** Go on from what somebody else has stored: what is typed here stays, and will be the version after it. */
  rebase(feature) {
    this.saved = feature;
    this.#changed("status");
  }

  setPlot(geometry) {
    this.geometry = geometry;
    this.#changed("plot");
  }

  set(name, value) {
    this.properties[name] = value;
    this.#changed("attributes");
  }

  setStatus(status) {
    this.status = status;
    this.#changed("status");
  }

  /** Forget what the case is stored as: the next saving makes a new one. */
  detach() {
    Object.assign(this, { saved: null, status: "draft" });
    this.#changed("status");
  }

  get version() {
    return this.saved?.properties.version ?? null;
  }

  /** Whether something differs from what is stored, or from what it began with. */
  get isDirty() {
    if (!this.saved) return this.fingerprint !== this.origin;
    return (this.saved.properties.case_status ?? "draft") !== this.status || !this.holdsWhatIsStored;
  }

  /** Whether plot and attributes are those that are stored. */
  get holdsWhatIsStored() {
    const { geometry, properties } = this.saved;
    return this.fingerprint === fingerprint(geometry, attributesOf(properties));
  }

  /** Text that is the same for the same plot with the same attributes. */
  get fingerprint() {
    return fingerprint(this.geometry, this.properties);
  }

  /** Return the plot as a collection to be checked. */
  collection() {
    return collectionOf([this.feature(this.saved?.id ?? UNSAVED)]);
  }

  /** Return the plot as a feature of that id. */
  feature(id) {
    return featureOf(id, this.geometry, this.properties);
  }

  #changed(what) {
    const { geometry, properties, status, saved, origin } = this;
    keep({ geometry, properties, status, saved, origin });
    for (const handler of this.#listeners) handler(what);
  }
}

/** Return a stored version of a case as a feature to be checked. */
export function versionOf(id, { geometry, properties }) {
  return featureOf(id, geometry, attributesOf(properties));
}

/** Return features as a collection that says its coordinate system. */
export function collectionOf(features) {
  return { type: "FeatureCollection", crs: CGCS2000, features };
}

/** Return the attributes of a stored feature that a person states: those that are known. */
export function attributesOf(properties) {
  const stated = Object.entries(properties).filter(
    ([name, value]) => !KEPT.has(name) && value !== null && value !== undefined,
  );
  return Object.fromEntries(stated);
}

function featureOf(id, geometry, properties) {
  const stated = { ...attributesOf(properties), id };
  if (stated.state !== "rebuild") delete stated.purpose;
  return { type: "Feature", id, geometry, properties: stated };
}

function fingerprint(geometry, properties) {
  const stated = Object.entries(attributesOf(properties)).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([geometry, stated]);
}

function blank() {
  const properties = { accuracy_m: DRAWN_M };
  return { geometry: null, properties, status: "draft", saved: null, origin: fingerprint(null, properties) };
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // storage may be forbidden, or hold what an older page wrote
  }
}

function keep(state) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    // without storage a reload forgets what was not saved
  }
}
