/* The list of equipment, and the form in which one of it is changed. */

import { el, fill } from "riskmap/dom.js";

/** Fields of the form: those that matter most first; the rest is folded. */
const NUMBERS = [
  ["mass_kg", { min: "0.001" }],
  ["temperature_c", { min: "-273" }],
  ["gauge_pressure_mpa", { min: "0" }],
  ["pressure_mpa", { min: "0.000001" }],
];
const MORE = [
  ["diameter_mm", { min: "0.001" }],
  ["liquid_height_m", { min: "0" }],
  ["release_height_m", { min: "0", max: "300" }],
  ["dike_area_m2", { min: "0.001" }],
];
const RATINGS = ["detection", "isolation"];

export class Tanks {
  /** `on` has onselect(id), onchange(id, fields), oncopy(id) and onremove(id). */
  constructor(app, words, on) {
    Object.assign(this, { app, words, on });
    this.node = el("ul", { class: "rm-park-tanks" });
  }

  draw(draft, selected) {
    fill(
      this.node,
      draft.items().map(({ unit, item }) => this.#row(draft, unit, item, item.id === selected)),
    );
  }

  #row(draft, unit, item, open) {
    const { text } = this.app;
    const changed = draft.before(item.id) !== item;
    const badge = changed
      ? el(
          "span",
          { class: "rm-badge is-changed" },
          text.t(draft.before(item.id) ? "park.tank.changed" : "park.tank.added"),
        )
      : null;
    return el(
      "li",
      { class: open ? "is-open" : "", dataset: { tank: item.id } },
      el(
        "button",
        {
          type: "button",
          class: "rm-park-tank-row",
          "aria-expanded": String(open),
          onclick: () => this.on.onselect(open ? null : item.id),
        },
        el("span", { class: "rm-park-tank-name", dir: "auto" }, item.name),
        badge,
        el("small", {}, `${unit.name} · ${this.name("substance", item.substance)} · ${this.mass(item)}`),
      ),
      open ? this.#form(item) : null,
    );
  }

  mass({ mass_kg: kg }) {
    return kg < 1000
      ? `${this.app.text.number(kg)} kg`
      : `${this.app.text.number(Number((kg / 1000).toPrecision(6)))} t`;
  }

  /** Return the name of a word of plant files. */
  name(list, word) {
    const found = this.words[list].find((one) => one.word === word);
    return found ? this.app.text.pick(found) : word;
  }

  #form(item) {
    const { text } = this.app;
    const button = (key, onclick) => el("button", { type: "button", class: "rm-button", onclick }, text.t(key));
    const stated = NUMBERS.filter(([field]) => field in item || !field.endsWith("pressure_mpa"));
    return el(
      "form",
      {
        class: "rm-form rm-park-form",
        onsubmit: (event) => event.preventDefault(),
        onchange: (event) => this.#take(item, event.target),
      },
      this.#text(item, "name"),
      el("div", { class: "rm-park-pair" }, this.#place(item, 0), this.#place(item, 1)),
      el(
        "div",
        { class: "rm-park-pair" },
        stated.map(([field, range]) => this.#number(item, field, range)),
      ),
      this.#choice(item, "substance"),
      this.#choice(item, "kind"),
      el(
        "details",
        {},
        el("summary", {}, text.t("park.tank.more")),
        el(
          "div",
          { class: "rm-park-pair" },
          MORE.map(([field, range]) => this.#number(item, field, range)),
          RATINGS.map((field) => this.#rating(item, field)),
        ),
      ),
      el(
        "p",
        { class: "rm-park-buttons" },
        button("park.tank.copy", () => this.on.oncopy(item.id)),
        button("park.tank.remove", () => this.on.onremove(item.id)),
      ),
      el("p", { class: "rm-hint" }, text.t("park.tank.keys")),
    );
  }

  #label(field, input) {
    return el("label", {}, this.app.text.t(`park.field.${field}`), input);
  }

  #text(item, name) {
    return this.#label(
      name,
      el("input", { name, type: "text", required: true, maxlength: "200", value: item[name], dir: "auto" }),
    );
  }

  #number(item, name, range) {
    const required = NUMBERS.some(([field]) => field === name);
    return this.#label(
      name,
      el("input", { name, type: "number", step: "any", required, ...range, value: item[name] ?? "" }),
    );
  }

  #place(item, axis) {
    const name = ["lon", "lat"][axis];
    const value = item.position[axis].toFixed(7);
    return this.#label(name, el("input", { name, type: "number", step: "0.00001", required: true, value }));
  }

  #choice(item, name) {
    const options = this.words[name].map((one) =>
      el("option", { value: one.word, selected: one.word === item[name] }, this.app.text.pick(one)),
    );
    return this.#label(name, el("select", { name }, options));
  }

  #rating(item, name) {
    const options = ["A", "B", "C"].map((word) => el("option", { selected: word === (item[name] ?? "C") }, word));
    return this.#label(name, el("select", { name }, options));
  }

  /** A field was changed: what cannot be is said by the browser and goes no further. */
  #take(item, input) {
    if (!input.name || !input.reportValidity()) return;
    const { name, value } = input;
    if (name === "lon" || name === "lat") {
      const position = [...item.position];
      position[name === "lon" ? 0 : 1] = Number(value);
      this.on.onchange(item.id, { position });
    } else if (input.type === "number") this.on.onchange(item.id, { [name]: value === "" ? null : Number(value) });
    else this.on.onchange(item.id, { [name]: value });
  }
}
