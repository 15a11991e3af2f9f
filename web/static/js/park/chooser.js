/* Which plant, in which wind: from the lists, or from a file of the reader's. */

import { el, fill } from "riskmap/dom.js";
import { createPlant, listFeatures, listPlants, readPlantFile, replacePlant } from "riskmap/park/service.js";

export class Chooser {
  constructor(bench) {
    Object.assign(this, { bench, app: bench.app, isTrial: false });
    const { text } = this.app;
    this.plants = el("select", { id: "park-plant", onchange: () => this.#choose(this.plants.value) });
    this.roses = el("select", { id: "park-rose", onchange: () => bench.forget() });
    this.note = el("div", { "aria-live": "polite" });
    this.run = el(
      "button",
      { type: "button", class: "rm-button is-main", disabled: true, onclick: () => bench.assess() },
      text.t("park.assess"),
    );
    this.node = el(
      "div",
      { class: "rm-form rm-park-form" },
      el("label", {}, text.t("park.plant"), this.plants),
      this.#upload(),
      this.note,
      el("label", {}, text.t("park.rose"), this.roses),
      this.run,
    );
  }

  get weather() {
    return this.roses.value;
  }

  async load() {
    const { text } = this.app;
    const [roses] = await Promise.all([listFeatures(this.app, "wind_roses"), this.refresh()]);
    const named = roses.filter((rose) => rose.properties.frequencies?.length);
    fill(
      this.roses,
      named.map((rose) => el("option", { value: rose.properties.id }, this.app.nameOf(rose) ?? rose.properties.id)),
    );
    if (!named.length) this.#say(text.t("park.rose.none"));
  }

  /** Read the list of plants again; `chosen` stays chosen. */
  async refresh(chosen = this.plants.value) {
    const { text } = this.app;
    this.list = await listPlants(this.app);
    const present = this.list.filter((plant) => plant.variant_of === null);
    const layoutsOf = (id) => this.list.filter((plant) => plant.variant_of === id);
    fill(
      this.plants,
      el("option", { value: "" }, text.t(present.length ? "park.plant.choose" : "park.plant.none")),
      present.flatMap((plant) => [
        el("option", { value: plant.id }, plant.name),
        layoutsOf(plant.id).map((layout) => el("option", { value: layout.id }, `\u2003└ ${layout.layout}`)),
      ]),
    );
    this.plants.value = chosen;
    this.bench.together.draw();
  }

  async #choose(id) {
    if (!id) return;
    try {
      await this.bench.choose(id);
      this.#said(this.bench.record);
    } catch (error) {
      this.#say(error.message);
    }
  }

  #said({ illustrative }) {
    const { text } = this.app;
    this.run.disabled = !this.roses.value;
    fill(
      this.note,
      illustrative
        ? el(
            "p",
            { class: "rm-park-note" },
            el("span", { class: "rm-badge is-example" }, text.t("illustrative.badge")),
            " ",
            text.t("park.illustrative"),
          )
        : null,
    );
  }

  #say(words, ...more) {
    fill(this.note, el("p", { class: "rm-warning", role: "alert" }, words), more);
  }

  #upload() {
    const { text } = this.app;
    const input = el("input", {
      type: "file",
      accept: ".toml,.json",
      class: "rm-park-file",
      "aria-label": text.t("park.upload"),
      onchange: () => this.#read(input),
    });
    const button = el(
      "button",
      { type: "button", class: "rm-button", onclick: () => input.click() },
      text.t("park.upload"),
    );
    return el("div", {}, button, input);
  }

  async #read(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      await this.#store(await readPlantFile(this.app, file));
    } catch (error) {
      this.#say(error.message);
    }
  }

  /** Keep a plant that was read; one of its id is replaced only if the reader says so. */
  async #store(file) {
    const there = this.list.find((plant) => plant.id === file.plant.id);
    if (!there) return this.#take(await createPlant(this.app, file));
    const replace = async () => {
      try {
        this.#take(await replacePlant(this.app, there.id, file, there.version));
      } catch (error) {
        this.#say(error.message);
      }
    };
    const { text } = this.app;
    this.#say(
      text.t("park.upload.there", { name: there.name }),
      el("button", { type: "button", class: "rm-button", onclick: replace }, text.t("park.upload.replace")),
    );
  }

  async #take(record) {
    await this.refresh(record.id);
    this.bench.take(record);
    this.#said(record);
  }
}
