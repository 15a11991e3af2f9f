/* The workbench: which plant is open, what has been changed on it, and what that does. */

import { el, fill } from "riskmap/dom.js";
import { Answer } from "riskmap/park/answer.js";
import { Chooser } from "riskmap/park/chooser.js";
import { Comparison } from "riskmap/park/comparison.js";
import { Contours } from "riskmap/park/contours.js";
import { Draft, isInside } from "riskmap/park/draft.js";
import { Layouts } from "riskmap/park/layouts.js";
import { layBench } from "riskmap/park/lay.js";
import { LivePreview } from "riskmap/park/live.js";
import { Plan } from "riskmap/park/plan.js";
import { Preview } from "riskmap/park/preview.js";
import { Ranking } from "riskmap/park/ranking.js";
import { readPlant, readWords } from "riskmap/park/service.js";
import { Spacing } from "riskmap/park/spacing.js";
import { Tanks } from "riskmap/park/tanks.js";
import { Task } from "riskmap/park/task.js";
import { Together } from "riskmap/park/together.js";
import { showStoredLines } from "riskmap/stored_lines.js";

const HIDDEN_LAYER = "risk_contours";

export class Bench {
  #loaded = null;

  constructor(app, panel) {
    Object.assign(this, { app, panel, record: null, draft: null, selected: null, isAssessed: false });
    this.isOpen = false;
    app.on("layers", () => this.isOpen && this.#makeRoom(true)); // they may come after the workbench
    fill(panel, el("p", { class: "rm-muted" }, app.text.t("state.loading")));
  }

  async open() {
    this.isOpen = true;
    this.#makeRoom(true);
    try {
      await (this.#loaded ??= this.#load());
      this.#draw();
    } catch (error) {
      this.#loaded = null;
      fill(this.panel, el("p", { class: "rm-warning rm-park-failed", role: "alert" }, error.message));
    }
  }

  /** Another workbench was opened: nothing of this one stays on the map; the work is kept. */
  leave() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#makeRoom(false);
    this.ranking?.stop();
    this.comparison?.close();
    this.together?.end();
    for (const part of [this.plan, this.contours, this.answer, this.spacing]) part?.clear();
  }

  /** Stored contours and the lines of stored findings make room for what is computed here. */
  #makeRoom(isOpen) {
    const { features } = this.app;
    if (features.states.has(HIDDEN_LAYER)) features.setVisible(HIDDEN_LAYER, !isOpen);
    showStoredLines(this.app, !isOpen);
  }

  async #load() {
    const { app } = this;
    this.words = await readWords(app);
    const groups = new Map(this.words.kind.map(({ word, group }) => [word, group]));
    this.groupOf = (kind) => groups.get(kind);
    this.plan = new Plan(app.map, app.text, this.groupOf, {
      onselect: (id) => this.select(id),
      ondrag: (id, position) => this.#drag(id, position),
      ondrop: (id, position) => this.#change(id, { position }),
    });
    this.contours = new Contours(app.map, app.text);
    this.preview = new Preview(app);
    this.live = new LivePreview(app, {
      onanswer: (answer) => this.#showPreview(answer),
      onerror: (error) => this.preview.fail(error),
    });
    this.task = new Task(app);
    this.tanks = new Tanks(app, this.words, {
      onselect: (id) => this.select(id),
      onchange: (id, fields) => this.#change(id, fields),
      oncopy: (id) => this.select(this.#keep(() => this.draft.copy(id))),
      onremove: (id) => this.#remove(id),
    });
    this.answer = new Answer(this);
    this.ranking = new Ranking(this);
    this.comparison = new Comparison(this);
    this.layouts = new Layouts(this);
    this.spacing = new Spacing(this);
    this.together = new Together(this);
    this.chooser = new Chooser(this);
    await this.chooser.load();
    layBench(this);
  }

  /** Take up a plant of the list. */
  async choose(id) {
    this.take(await readPlant(this.app, id));
  }

  /** Take up a plant: {id, version, layout, variant_of, file}. */
  take(record) {
    this.together.end();
    this.#stop();
    Object.assign(this, { record, draft: new Draft(record.file), selected: null, isAssessed: false });
    this.comparison.close();
    this.answer.clear();
    this.contours.clear();
    this.preview.say(this.app.text.t("park.preview.first"));
    this.editing.hidden = false;
    this.#draw();
    this.app.map.fitBounds(this.plan.bounds().pad(1), { maxZoom: 18, ...this.app.roomBesidePanels() });
  }

  /** Keep what is stored now as the state that changes are compared with. */
  settle(record) {
    this.record = record;
    this.draft.settle(record.file);
    this.#draw();
  }

  get weather() {
    return this.chooser.weather;
  }

  /** Compute the present layout and have it at hand for every move; then how far its distances stray. */
  async assess() {
    this.together.end();
    const { text } = this.app;
    const { file } = this.draft;
    const store = !this.draft.isChanged && this.record.variant_of === null;
    this.live.forget();
    if (!(await this.#compute(text.t("park.assessing"), { store, bands: false }))) return;
    this.#fitContours();
    this.isAssessed = true;
    this.#ask(file);
    await this.#compute(text.t("park.straying"), { store: false, bands: true });
  }

  /** Assess the layout as it is now and show the answer; return whether it is there and still wanted. */
  async #compute(label, options) {
    const plant = this.draft.file;
    const body = { plant, weather: this.weather, lang: this.app.text.lang, ...options };
    const answer = await this.task.run(label, "/distance", body);
    if (!answer || plant !== this.draft?.file) return false;
    this.#showExact(answer);
    return true;
  }

  select(id) {
    this.selected = id;
    this.#draw();
    if (id) this.tanks.node.querySelector(`[data-tank="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" });
  }

  /** The weather is another one: what was computed no longer holds. */
  forget() {
    this.#stop();
    this.isAssessed = false;
    this.contours.clear();
    this.answer.clear();
    if (this.draft) this.preview.say(this.app.text.t("park.preview.first"));
  }

  /** Several plants are shown: this one waits. */
  rest() {
    this.comparison.close();
    this.#stop();
  }

  /** Show again what was computed of the plant that is open. */
  wake() {
    this.contours.clear();
    this.answer.exposed.clear();
    if (this.isOpen && this.answer.result) this.answer.open();
    else this.app.panel.close();
    this.#draw();
  }

  #stop() {
    this.live.forget();
    this.task.cancel();
    this.comparison.task.cancel();
  }

  #drag(id, position) {
    this.task.cancel(); // what was still being computed is about a layout that is gone
    if (!isInside(this.draft.file, position)) return this.#sayOutside();
    this.#ask(this.draft.changed(id, { position }));
  }

  #sayOutside() {
    this.live.forget();
    this.preview.fail(new Error(this.app.text.t("park.tank.outside")));
  }

  #change(id, fields) {
    if (fields.position && !isInside(this.draft.file, fields.position)) {
      this.#draw();
      this.#sayOutside();
      return this.#goBack();
    }
    this.#keep(() => this.draft.keep(this.draft.changed(id, fields)));
  }

  /** A move was refused: what was drawn on the way gives way to the layout as it is. */
  #goBack() {
    if (!this.isAssessed) return;
    if (this.exactFile === this.draft.file) this.#showExact(this.answer);
    else this.#refine();
  }

  #remove(id) {
    const done = this.#keep(() => this.draft.remove(id));
    if (!done) this.preview.fail(new Error(this.app.text.t("park.tank.last")));
  }

  /** Take back the last step. */
  takeBack() {
    this.#keep(() => this.draft.undo());
  }

  /** Return to what is stored. */
  reset() {
    this.#keep(() => this.draft.reset());
  }

  /** Replace the file by another that came from a plan. */
  replace(file) {
    this.#keep(() => this.draft.keep(file));
  }

  /** Make a step, then show it and what it does: coarse at once, exact as soon as it is there. */
  #keep(step) {
    this.together.end();
    const done = step();
    this.answer.mark(false);
    this.#draw();
    this.#ask(this.draft.file);
    this.#refine();
    return done;
  }

  #ask(file) {
    if (this.isAssessed) this.live.ask(this.draft.present, file, this.weather);
    else this.preview.say(this.app.text.t("park.preview.first"));
  }

  #refine() {
    if (this.isAssessed) this.#compute(this.app.text.t("park.refining"), { store: false, bands: false });
  }

  #fitContours() {
    const bounds = this.plan.bounds();
    for (const { geometry } of this.answer.result.contours)
      if (geometry.coordinates.length) bounds.extend(L.geoJSON(geometry).getBounds());
    this.app.map.fitBounds(bounds.pad(0.08), { maxZoom: 18, ...this.app.roomBesidePanels() });
  }

  #showPreview(answer) {
    this.preview.show(answer);
    if (!this.isOpen) return;
    const isExact = this.exactFile === answer.file;
    if (!isExact) {
      this.answer.exposed.follow(answer.result);
      this.contours.draw(answer.result.contours, { coarse: true });
    }
    this.answer.mark(isExact);
  }

  #showExact({ result, files }) {
    this.exactFile = this.draft.file;
    this.answer.show(result, files);
    this.contours.draw(this.isOpen ? result.contours : []);
  }

  #draw() {
    if (!this.draft || !this.isOpen) return;
    const changed = new Set(
      this.draft.items().flatMap(({ item }) => (this.draft.before(item.id) === item ? [] : [item.id])),
    );
    this.plan.draw(this.draft.file, { selected: this.selected, changed });
    if (this.answer.result && this.contours.group.getLayers().length === 0)
      this.contours.draw(this.answer.result.contours);
    this.tanks.draw(this.draft, this.selected);
    this.undoButton.disabled = !this.draft.canUndo;
    this.resetButton.disabled = !this.draft.isChanged;
    this.layouts.draw();
  }
}
