/* Steps 2 and 3: what the project is, and the attributes that the rules for its kind ask for. */

import { el, fill } from "riskmap/dom.js";
import { note, problem } from "riskmap/planner/busy.js";
import { fieldInput, select } from "riskmap/planner/fields.js";
import { rulesOf } from "riskmap/planner/service.js";

/** What step 2 asks; the rest is asked as far as a rule wants it. */
const ALWAYS = new Set(["name", "kind", "state", "purpose", "accuracy_m"]);

export class ProjectForm {
  #rules = new Map();
  #needed = new Set();

  constructor(app, draft) {
    Object.assign(this, { app, draft });
    this.project = el("div", { class: "rm-form" });
    this.attributes = el("div", { class: "rm-form" });
    this.nodes = [step(app, 2, "project", this.project), step(app, 3, "attributes", this.attributes)];
    draft.onchange((what) => what === "case" && this.#render());
    app.on("layers", () => this.#render());
    this.#render();
  }

  /** Mark the attributes without which the last check could not decide; return their labels. */
  markNeeded(names) {
    this.#needed = new Set(names);
    const labels = this.nodes.flatMap((node) => [...node.querySelectorAll("[data-field]")]);
    for (const label of labels) label.classList.toggle("is-needed", this.#needed.has(label.dataset.field));
    return labels.filter((label) => label.classList.contains("is-needed"));
  }

  #render() {
    const { text } = this.app;
    const { properties } = this.draft;
    this.#needed.clear();
    const purpose = this.#choice("purpose", "check.purpose");
    purpose.hidden = properties.state !== "rebuild";
    fill(
      this.project,
      this.#typed("name", "text", "planner.name", { maxlength: "200", dir: "auto" }),
      this.#choice("kind", "check.kind", () => this.#ask()),
      this.#choice("state", "check.state", (state) => {
        purpose.hidden = state !== "rebuild";
        this.#ask();
      }),
      purpose,
      this.#typed("accuracy_m", "number", "check.accuracy", { min: "0", step: "any" }),
      el("small", { class: "rm-muted" }, text.t("check.accuracy_hint")),
    );
    this.#ask();
  }

  #typed(name, type, key, attributes) {
    const told = ({ target }) => {
      const words = target.value.trim();
      this.draft.set(name, words === "" ? null : type === "number" ? Number(words) : words);
    };
    const value = this.draft.properties[name] ?? "";
    const { text } = this.app;
    const label = el("span", { dataset: { needed: text.t("planner.needed") } }, text.t(key));
    return el("label", { dataset: { field: name } }, label, el("input", { name, type, value, oninput: told, ...attributes }));
  }

  #choice(name, key, then = () => {}) {
    const { text, config } = this.app;
    const options = config.words[name].map((one) => [one.word, text.pick(one)]);
    const told = ({ target }) => {
      this.draft.set(name, target.value || null);
      then(target.value || null);
    };
    const value = this.draft.properties[name];
    return el("label", {}, text.t(key), select({ name, onchange: told }, text.t("planner.choose"), options, value));
  }

  /** Show inputs for what the rules of the chosen kind and state ask for. */
  async #ask() {
    const { text } = this.app;
    const { kind } = this.draft.properties;
    if (!kind) return fill(this.attributes, note(text.t("planner.attributes.kind_first")));
    try {
      const rules = await this.#rulesOf(kind);
      const { properties } = this.draft; // both may have been changed meanwhile
      if (properties.kind === kind) this.#showFields(askedBy(rules, properties.state ?? null));
    } catch (error) {
      fill(this.attributes, problem(error.message));
    }
  }

  #showFields(names) {
    const { text } = this.app;
    const fields = (this.app.layer("proposals")?.fields ?? []).filter(
      ({ name }) => names.has(name) && !ALWAYS.has(name),
    );
    const inputs = fields.map((field) =>
      fieldInput(text, field, this.draft.properties[field.name], (value) => this.draft.set(field.name, value)),
    );
    fill(this.attributes, note(text.t(fields.length ? "planner.attributes.hint" : "planner.attributes.none")), inputs);
    this.markNeeded(this.#needed);
  }

  async #rulesOf(kind) {
    if (!this.#rules.has(kind)) this.#rules.set(kind, (await rulesOf(this.app, kind)).rules);
    return this.#rules.get(kind);
  }
}

/** Return the attributes that rules ask for; those that ban nothing in the state ask for nothing. */
export function askedBy(rules, state) {
  const asking = rules.filter((rule) => state === null || rule.states[state] !== "no_ban");
  return new Set(asking.flatMap((rule) => rule.subject_fields));
}

function step(app, number, name, body) {
  return el(
    "fieldset",
    { class: "rm-step", dataset: { step: name } },
    el("legend", {}, el("b", {}, String(number)), app.text.t(`planner.step.${name}`)),
    body,
  );
}
