/* Keeping what was changed: as the plant itself, as another layout, and beside another. */

import { el, fill } from "riskmap/dom.js";
import { controlPoints } from "riskmap/planner/control_points.js";
import { createLayout, readDrawing, readPlant, replacePlant } from "riskmap/park/service.js";

export class Layouts {
  constructor(bench) {
    Object.assign(this, { bench, app: bench.app });
    const { text } = this.app;
    const button = (key, onclick, type = "button") => el("button", { type, class: "rm-button", onclick }, text.t(key));
    this.name = el("input", {
      name: "layout",
      type: "text",
      maxlength: "120",
      required: true,
      "aria-label": text.t("park.layout.name"),
      placeholder: text.t("park.layout.name"),
    });
    this.other = el("select", { "aria-label": text.t("park.layout.other") });
    this.save = button("park.layout.replace", () => this.#replace());
    this.note = el("div", { "aria-live": "polite" });
    this.node = el(
      "div",
      { class: "rm-park-form" },
      el(
        "form",
        { class: "rm-form rm-park-inline", onsubmit: (event) => this.#create(event) },
        this.name,
        button("park.layout.save", null, "submit"),
      ),
      this.save,
      el(
        "div",
        { class: "rm-form rm-park-inline" },
        this.other,
        button("park.layout.compare", () => this.#compare()),
      ),
      bench.comparison.task.node,
      this.#plan(),
      this.note,
    );
  }

  /** Offer the layouts of the plant that is open. */
  draw() {
    const { record, chooser, draft, app } = this.bench;
    const root = record.variant_of ?? record.id;
    const family = chooser.list.filter((plant) => plant.id === root || plant.variant_of === root);
    const chosen = this.other.value;
    fill(
      this.other,
      el("option", { value: "" }, app.text.t("park.layout.choose")),
      family.map((plant) => el("option", { value: plant.id }, plant.layout ?? app.text.t("park.layout.present"))),
    );
    this.other.value = family.some((plant) => plant.id === chosen) ? chosen : (family[0]?.id ?? "");
    this.save.disabled = !draft.isChanged;
  }

  #say(words, isProblem = false) {
    fill(this.note, el("p", isProblem ? { class: "rm-warning", role: "alert" } : { class: "rm-hint" }, words));
  }

  async #create(event) {
    event.preventDefault();
    const { bench } = this;
    const root = bench.record.variant_of ?? bench.record.id;
    try {
      const record = await createLayout(this.app, root, this.name.value.trim(), bench.draft.file);
      await bench.chooser.refresh(record.id);
      bench.settle(record);
      this.name.value = "";
      this.#say(this.app.text.t("park.layout.saved", { name: record.layout }));
    } catch (error) {
      this.#say(error.message, true);
    }
  }

  async #replace() {
    const { bench } = this;
    const { id, version } = bench.record;
    try {
      bench.settle(await replacePlant(this.app, id, bench.draft.file, version));
      await bench.chooser.refresh(id);
      this.#say(this.app.text.t("park.layout.replaced"));
    } catch (error) {
      this.#say(error.status === 412 ? this.app.text.t("park.layout.conflict") : error.message, true);
    }
  }

  async #compare() {
    const { bench } = this;
    if (!this.other.value) return this.#say(this.app.text.t("park.layout.choose"), true);
    try {
      const other = await readPlant(this.app, this.other.value);
      fill(this.note);
      const names = [other.layout, bench.record.layout].map((name) => name ?? this.app.text.t("park.layout.present"));
      if (bench.draft.isChanged) names[1] = this.app.text.t("park.layout.edited", { name: names[1] });
      await bench.comparison.run(other.file, bench.draft.file, names);
    } catch (error) {
      this.#say(error.message, true);
    }
  }

  /** Positions of equipment from a drawing: what has the id or the name of an equipment moves it there. */
  #plan() {
    const { text } = this.app;
    const input = el("input", {
      type: "file",
      accept: ".geojson,.json,.dxf,.csv,.kml,.gpkg,.xlsx",
      class: "rm-park-file",
      "aria-label": text.t("park.drawing.upload"),
      onchange: () => this.#place(input),
    });
    this.crs = el("input", {
      name: "crs",
      type: "text",
      placeholder: "EPSG:4490",
      "aria-label": text.t("park.drawing.crs"),
    });
    this.control = controlPoints(text);
    return el(
      "details",
      {},
      el("summary", {}, text.t("park.drawing.title")),
      el("p", { class: "rm-hint" }, text.t("park.drawing.hint")),
      this.control.node,
      el(
        "div",
        { class: "rm-form rm-park-inline" },
        this.crs,
        el("button", { type: "button", class: "rm-button", onclick: () => input.click() }, text.t("park.drawing.upload")),
        input,
      ),
    );
  }

  async #place(input) {
    const { bench } = this;
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      const points = await readDrawing(this.app, file, this.crs.value.trim(), this.control.value);
      const { placed, count } = placedFile(bench.draft.file, points);
      if (count) bench.replace(placed);
      this.#say(this.app.text.t("park.drawing.placed", { n: count, all: points.length }), count === 0);
    } catch (error) {
      this.#say(error.message, true);
    }
  }
}

function placedFile(file, points) {
  const placed = new Map(
    points.flatMap((point) => [
      [point.name, point.position],
      [point.id, point.position],
    ]),
  );
  let count = 0;
  const move = (item) => {
    const position = placed.get(item.id) ?? placed.get(item.name);
    if (position) count += 1;
    return position ? { ...item, position } : item;
  };
  const units = file.units.map((unit) => ({ ...unit, equipment: unit.equipment.map(move) }));
  return { placed: { ...file, units }, count };
}
