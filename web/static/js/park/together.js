/* Several plants at once: their risk adds up, and the contours and targets of all of them are shown. */

import { el, fill } from "riskmap/dom.js";
import { lineMark } from "riskmap/park/preview.js";
import { riskText } from "riskmap/park/levels.js";
import { readPlant } from "riskmap/park/service.js";
import { StoredSums } from "riskmap/park/sums.js";
import { Task } from "riskmap/park/task.js";
import { verdictMark } from "riskmap/swatch.js";

export class Together {
  constructor(bench) {
    Object.assign(this, { bench, app: bench.app, result: null, files: [] });
    const { text } = this.app;
    this.choice = el("fieldset", { class: "rm-ticks-field" });
    this.note = el("div", { "aria-live": "polite" });
    this.task = new Task(this.app);
    this.stored = new StoredSums(this.app, {
      onshow: (result, { plants }) => this.#showStored(result, plants),
      onerror: (words) => this.#say(words),
    });
    this.run = el(
      "button",
      { type: "button", class: "rm-button", onclick: () => this.#run() },
      text.t("park.together.run"),
    );
    this.node = el(
      "div",
      { class: "rm-park-form" },
      el("p", { class: "rm-hint" }, text.t("park.together.hint")),
      this.choice,
      this.run,
      this.task.node,
      this.note,
      this.stored.node,
    );
  }

  /** Offer the plants of the list as they are; layouts of one exclude each other. */
  draw() {
    const { text } = this.app;
    const chosen = new Set(this.#chosen());
    const present = this.bench.chooser.list.filter((plant) => plant.variant_of === null);
    fill(
      this.choice,
      el("legend", {}, text.t("park.together.plants")),
      present.map((plant) =>
        el(
          "label",
          {},
          el("input", { type: "checkbox", value: plant.id, checked: chosen.has(plant.id) }),
          el("span", { dir: "auto" }, plant.name),
        ),
      ),
    );
    this.run.disabled = !present.length;
    this.stored.refresh();
  }

  /** What is shown makes room for the plant that is open. */
  end() {
    if (!this.result) return;
    this.result = null;
    this.bench.wake();
  }

  /** The same function each time: the panel tells a new sum from something else by it. */
  #leave = () => this.end();

  #chosen() {
    return [...this.choice.querySelectorAll("input:checked")].map((input) => input.value);
  }

  async #run() {
    const { app, bench } = this;
    const { text } = app;
    const ids = this.#chosen();
    if (ids.length < 2) return this.#say(text.t("park.together.choose"));
    fill(this.note);
    try {
      this.files = (await Promise.all(ids.map((id) => readPlant(app, id)))).map(({ file }) => file);
    } catch (error) {
      return this.#say(error.message);
    }
    const body = { plants: this.files, weather: bench.weather };
    const answer = await this.task.run(text.t("park.together.running"), "/distance/accumulate", body);
    this.stored.refresh();
    if (!answer || !bench.isOpen) return;
    bench.rest();
    this.result = answer.result;
    this.#show();
  }

  /** A sum that was computed before; plants of files that are not stored have no boundary to show. */
  async #showStored(result, plants) {
    fill(this.note);
    const stored = new Set(this.bench.chooser.list.map(({ id }) => id));
    const known = plants.filter(({ id }) => stored.has(id));
    this.files = (await Promise.all(known.map(({ id }) => readPlant(this.app, id)))).map(({ file }) => file);
    if (!this.bench.isOpen) return;
    this.bench.rest();
    this.result = result;
    this.#show();
  }

  #say(words) {
    fill(this.note, el("p", { class: "rm-warning", role: "alert" }, words));
  }

  #show() {
    const { app, bench, result } = this;
    const { text } = app;
    bench.answer.exposed.together(result.targets);
    bench.contours.draw(result.contours);
    const names = result.plants.map((plant) => plant.name).join(text.t("list.separator"));
    app.panel.show(
      text.t("park.together.title"),
      [names, " · ", result.wind_rose.name],
      [
        el("p", { class: "rm-hint" }, text.t("park.unverified_long")),
        this.#unweighed(),
        this.#targets(),
        el(
          "section",
          { class: "rm-park-block" },
          el("h3", {}, text.t("park.contours.title")),
          el(
            "ul",
            { class: "rm-park-legend" },
            result.contours.map((contour) => this.#level(contour)),
          ),
          result.cut_off ? el("p", { class: "rm-warning" }, text.t("park.cut_off")) : null,
        ),
      ],
      { sticky: true, onclose: this.#leave },
    );
    this.#fit();
  }

  /** Plants of explosives have overpressures, which do not add up. */
  #unweighed() {
    const without = this.result.plants.filter((plant) => !plant.has_risk).map((plant) => plant.name);
    const { text } = this.app;
    const names = without.join(text.t("list.separator"));
    return without.length ? el("p", { class: "rm-warning" }, text.t("park.together.without", { names })) : null;
  }

  #level({ risk_per_year: risk, geometry }) {
    const { text } = this.app;
    const reached = geometry.coordinates.length ? null : el("small", {}, text.t("park.contours.not_reached"));
    return el("li", {}, lineMark(risk), riskText(text, risk), reached);
  }

  #targets() {
    const { text } = this.app;
    const { targets, judged, state } = this.result;
    return el(
      "section",
      { class: "rm-park-block" },
      el("h3", {}, text.t("park.targets.title", { n: targets.length })),
      el(
        "ol",
        { class: "rm-park-targets" },
        targets.map((target) => this.#target(target)),
      ),
      el(
        "p",
        { class: "rm-hint" },
        text.t("park.together.judged", { n: judged, column: text.t(`park.column.${state}`) }),
      ),
    );
  }

  #target(target) {
    const { text, map } = this.app;
    const { exceeded, main_plant: main, position } = target;
    const verdict = exceeded === null ? "insufficient_data" : exceeded ? "prohibited" : "no_ban";
    const show = () => map.setView([position[1], position[0]], Math.max(map.getZoom(), 15));
    const risk = (value) => (value === null ? text.t("finding.unknown") : text.t("park.per_year", { risk: riskText(text, value) }));
    const numbers = { found: risk(target.risk_per_year), limit: risk(target.limit_per_year) };
    const share = Math.round((100 * main.risk_per_year) / target.risk_per_year);
    return el(
      "li",
      {},
      verdictMark(text, { verdict, decided: true }),
      el("button", { type: "button", class: "rm-park-link", onclick: show, dir: "auto" }, target.name ?? target.id),
      el("span", {}, text.t("park.targets.against", numbers)),
      el("small", {}, text.t("park.together.main", { name: main.name, percent: share })),
    );
  }

  #fit() {
    const bounds = L.latLngBounds([]);
    const added = new Set(this.result.plants.filter((plant) => plant.has_risk).map(({ id }) => id));
    const counted = this.files.filter(({ plant }) => added.has(plant.id) || !added.size);
    for (const { plant } of counted) for (const [lon, lat] of plant.boundary) bounds.extend([lat, lon]);
    for (const { geometry } of this.result.contours)
      if (geometry.coordinates.length) bounds.extend(L.geoJSON(geometry).getBounds());
    if (bounds.isValid()) this.app.map.fitBounds(bounds.pad(0.05), this.app.roomBesidePanels());
  }
}
