/* The case of the draft: its standing in the list, saving it, and what to do when somebody else saved it too. */

import { el, fill } from "riskmap/dom.js";
import { fieldName } from "riskmap/needs.js";
import { busy, note, problem } from "riskmap/planner/busy.js";
import { attributesOf } from "riskmap/planner/draft.js";
import { changeCase, createCase, readCase } from "riskmap/planner/service.js";

export const STATUSES = ["draft", "checked", "submitted", "decided", "withdrawn"];
const CONFLICT = 412;

export class CaseRecord {
  constructor(app, draft, answer) {
    Object.assign(this, { app, draft, answer });
    this.head = el("div", { class: "rm-case-head" });
    this.said = el("div", { class: "rm-case-said", "aria-live": "polite" });
    draft.onchange((what) => {
      const isTyping = what !== "case" && what !== "stored";
      if (what === "case" || (isTyping && !this.said.querySelector(".rm-conflict"))) fill(this.said);
      this.#render();
    });
    this.#render();
  }

  /** Store the draft as a new case or as the next version of its own. */
  async save() {
    const { app, draft } = this;
    if (!draft.geometry && !draft.properties.name) {
      return fill(this.said, problem(app.text.t("planner.save.nothing")));
    }
    const summary = this.answer.summary();
    const stored = await busy(app, this.said, app.text.t("planner.saving"), () => this.#store(summary));
    if (!stored) return null;
    draft.stored(stored);
    if (summary) this.answer.keep();
    fill(this.said, note(app.text.t("planner.saved", { version: draft.version })));
    app.emit("cases");
    return stored;
  }

  async #store(summary) {
    const { app, draft } = this;
    const feature = recordOf(app, draft, summary);
    if (!draft.saved) return createCase(app, { type: "Feature", id: newId(), ...feature });
    const stated = Object.keys(attributesOf(draft.saved.properties));
    // What is no longer stated is unknown from now on.
    const properties = { ...Object.fromEntries(stated.map((name) => [name, null])), ...feature.properties };
    const isMoved = JSON.stringify(draft.geometry) !== JSON.stringify(draft.saved.geometry);
    const changes = isMoved ? { properties, geometry: draft.geometry } : { properties };
    try {
      return await changeCase(app, draft.saved.id, draft.version, changes);
    } catch (error) {
      if (error.status === CONFLICT) await this.#showConflict();
      throw error;
    }
  }

  /** Show what the other person stored beside what is typed here, and let the reader choose. */
  async #showConflict() {
    const { app, draft } = this;
    const { text } = app;
    const theirs = await readCase(app, draft.saved.id);
    const choose = (key, act) =>
      el("button", { type: "button", class: "rm-button", dataset: { choice: key }, onclick: act }, text.t(`planner.conflict.${key}`));
    const box = el(
      "section",
      { class: "rm-conflict", role: "alertdialog", "aria-labelledby": "rm-conflict-title" },
      el("h2", { id: "rm-conflict-title" }, text.t("planner.conflict.title")),
      el("p", {}, text.t("planner.conflict.said", conflictFacts(text, draft, theirs))),
      differences(app, draft, theirs),
      el(
        "div",
        { class: "rm-buttons" },
        choose("theirs", () => draft.take(theirs)),
        choose("mine", () => this.#saveOver(theirs)),
        choose("copy", () => this.#saveCopy()),
      ),
    );
    // After busy() has said what the server said.
    setTimeout(() => {
      fill(this.said, box);
      box.querySelector("button").focus();
    });
  }

  #saveOver(theirs) {
    this.draft.rebase(theirs);
    return this.save();
  }

  #saveCopy() {
    this.draft.detach();
    return this.save();
  }

  #render() {
    const { text } = this.app;
    const { draft } = this;
    const { saved } = draft;
    const status = el(
      "select",
      { "aria-label": text.t("planner.status"), onchange: () => draft.setStatus(status.value) },
      STATUSES.map((word) => el("option", { value: word }, text.word("case_status", word))),
    );
    status.value = draft.status;
    const title = draft.properties.name || saved?.id || text.t("planner.unnamed");
    const standing = saved ? text.t("planner.version", { version: draft.version }) : text.t("planner.unsaved");
    fill(
      this.head,
      el("p", { class: "rm-case-title", dir: "auto", title }, title),
      el("p", { class: "rm-muted" }, standing, saved && draft.isDirty ? ` · ${text.t("planner.dirty")}` : null),
      saved ? el("label", {}, text.t("planner.status"), status) : null,
    );
  }
}

/** Return the draft as the store keeps it. What was concluded stands with it only while it holds for it. */
function recordOf(app, draft, summary) {
  const { checked: _, ...extra } = draft.saved?.properties.extra ?? {};
  const isDraft = draft.status === "draft" || draft.status === "checked";
  const properties = {
    ...draft.properties,
    case_status: isDraft ? (summary ? "checked" : "draft") : draft.status,
    source: draft.saved?.properties.source ?? app.text.t("planner.source"),
    extra: { owner: app.config.reader, ...extra, editor: app.config.reader, ...kept(draft, summary) },
  };
  return { geometry: draft.geometry, properties };
}

/** What was concluded before still holds where neither plot nor attributes have changed. */
function kept(draft, summary) {
  const before = draft.saved?.properties.extra?.checked;
  if (summary) return { checked: summary };
  return before && draft.holdsWhatIsStored ? { checked: before } : {};
}

/** Ids need no luck: the day, and 48 random bits. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  const random = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `case-${new Date().toISOString().slice(0, 10)}-${random}`;
}

function conflictFacts(text, draft, theirs) {
  const { version, valid_from: at, extra } = theirs.properties;
  const when = new Date(at).toLocaleString(text.lang === "zh" ? "zh-CN" : "en-GB");
  return { mine: draft.version, theirs: version, when, owner: extra?.editor ?? extra?.owner ?? "–" };
}

/** Return a table of what both stand on: mine beside theirs. */
function differences(app, draft, theirs) {
  const { text } = app;
  const other = attributesOf(theirs.properties);
  const names = [...new Set([...Object.keys(draft.properties), ...Object.keys(other)])];
  const rows = names
    .filter((name) => JSON.stringify(draft.properties[name] ?? null) !== JSON.stringify(other[name] ?? null))
    .map((name) => [fieldName(app, name, "proposals"), shown(text, name, draft.properties[name]), shown(text, name, other[name])]);
  if (JSON.stringify(draft.geometry) !== JSON.stringify(theirs.geometry))
    rows.unshift([text.t("planner.step.plot"), text.t("planner.conflict.my_plot"), text.t("planner.conflict.other_plot")]);
  if (!rows.length) return note(text.t("planner.conflict.same"));
  const head = ["planner.conflict.what", "planner.conflict.typed", "planner.conflict.stored"].map((key) => text.t(key));
  return el(
    "table",
    { class: "rm-table" },
    el("thead", {}, el("tr", {}, head.map((words) => el("th", { scope: "col" }, words)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((words) => el("td", { dir: "auto" }, words))))),
  );
}

function shown(text, name, value) {
  if (value === null || value === undefined) return text.t("finding.unknown");
  if (typeof value === "boolean") return text.t(value ? "value.yes" : "value.no");
  return typeof value === "object" ? JSON.stringify(value) : text.word(name, String(value));
}
