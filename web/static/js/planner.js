/* The planner's workbench: where a project is to be, what it is, what the rules say, and the cases kept of that. */

import { el, fill } from "riskmap/dom.js";
import { Answer } from "riskmap/planner/answer.js";
import { note, problem } from "riskmap/planner/busy.js";
import { CaseList } from "riskmap/planner/cases.js";
import { Comparison } from "riskmap/planner/compare.js";
import { Draft } from "riskmap/planner/draft.js";
import { ProjectForm } from "riskmap/planner/form.js";
import { LargestSearch } from "riskmap/planner/largest.js";
import { PlotStep } from "riskmap/planner/plot.js";
import { CaseRecord } from "riskmap/planner/record.js";
import { readCase } from "riskmap/planner/service.js";
import { Verification } from "riskmap/planner/verification.js";
import { SiteSearch } from "riskmap/planner/where.js";

const WORKBENCH = "planner";
const CASES = "cases";

export function create(app) {
  if (app.source.canCheck) app.planner = new Planner(app);
  else app.on("plot", () => app.panel.show(app.text.t("check.title"), "", needsServer(app.text)));
}

function needsServer(text) {
  return el("p", { class: "rm-warning" }, text.t("check.needs_server"));
}

class Planner {
  constructor(app) {
    const { text } = app;
    this.app = app;
    this.draft = new Draft();
    this.answer = new Answer(app, this.draft);
    this.record = new CaseRecord(app, this.draft, this.answer);
    this.plot = new PlotStep(app, this.draft, (plot) => this.#leave(() => this.#start(plot)));
    this.form = new ProjectForm(app, this.draft);
    this.list = new CaseList(app, this.draft, {
      open: (feature) => this.#leave(() => this.#open(feature)),
      begin: () => this.#leave(() => this.#start(null)),
    });
    app.workbenches.add(WORKBENCH, text.t("workbench.planner"), text.t("planner.tab")).append(this.#page());
    app.tabs.add(CASES, text.t("planner.cases.tab"), WORKBENCH).append(this.list.node);
    app.on("workbench", (key) => this.#enter(key));
    app.on("layers", () => wasOpen() && app.workbenches.open(WORKBENCH));
    app.on("cases", () => {
      this.list.load();
      app.features.reload("proposals");
    });
    app.on("plot", (geometry) => this.#takePlot(geometry));
    app.on("select", (selection) => this.#openClicked(selection));
  }

  #page() {
    const { text } = this.app;
    this.said = el("div", { class: "rm-run-said", "aria-live": "polite" });
    return el(
      "form",
      {
        class: "rm-planner",
        novalidate: true,
        onsubmit: (event) => this.#submit(event),
        onkeydown: ({ key }) => key === "Escape" && this.app.panel.close(),
      },
      el(
        "div",
        { class: "rm-case-bar" },
        this.record.head,
        el("button", { type: "button", class: "rm-button", onclick: () => this.#leave(() => this.#start(null)) }, text.t("planner.new")),
      ),
      this.plot.node,
      this.form.nodes,
      el(
        "div",
        { class: "rm-run" },
        el("button", { type: "submit", class: "rm-button is-main" }, text.t("check.run")),
        el(
          "button",
          { type: "button", class: "rm-button", dataset: { action: "save" }, onclick: () => this.record.save() },
          text.t("planner.save"),
        ),
        this.said,
        this.record.said,
      ),
      new SiteSearch(this.app, this.draft).node,
      new LargestSearch(this.app, this.draft).node,
      new Comparison(this.app, this.draft).node,
      new Verification(this.app).node,
    );
  }

  async #submit(event) {
    event.preventDefault();
    if (!this.#isComplete()) return;
    if (!event.target.reportValidity()) return;
    const result = await this.answer.ask(this.said);
    if (!result) return;
    const needed = this.form.markNeeded(neededOf(result.proposals[0]));
    fill(this.said, needed.length ? this.#leadTo(needed) : null);
    this.plot.panInside();
  }

  /** Say how many attributes would decide more, and go to the first of them on demand. */
  #leadTo([first, ...others]) {
    const { text } = this.app;
    const go = () => first.querySelector("input, select, textarea").focus();
    const button = el("button", { type: "button", class: "rm-link", onclick: go }, text.t("planner.needed.go"));
    return note(text.t("planner.needed.said", { n: others.length + 1 }), " ", button);
  }

  /** Say what is missing, and go there. */
  #isComplete() {
    const { geometry, properties } = this.draft;
    const missing = [
      [!geometry, "planner.missing.plot", ".rm-ways button"],
      [!properties.kind, "planner.missing.kind", "[name=kind]"],
      [!properties.state, "planner.missing.state", "[name=state]"],
    ].find(([lacks]) => lacks);
    if (!missing) return true;
    const [, key, field] = missing;
    fill(this.said, problem(this.app.text.t(key)));
    this.app.tabs.show(WORKBENCH);
    document.querySelector(`.rm-planner ${field}`).focus();
    return false;
  }

  #enter(key) {
    noteOpen(key);
    if (key === WORKBENCH) this.list.load();
  }

  /** Do what puts something else in the place of the draft, after asking what becomes of changes that are not saved. */
  #leave(act) {
    this.app.tabs.show(WORKBENCH);
    if (!this.draft.isDirty) return act();
    const { text } = this.app;
    const choose = (key, onclick) =>
      el("button", { type: "button", class: "rm-button", dataset: { choice: key }, onclick }, text.t(`planner.leave.${key}`));
    const buttons = [
      choose("save", async () => (await this.record.save()) && act()),
      choose("drop", act),
      choose("stay", () => fill(this.said)),
    ];
    fill(this.said, problem(text.t("planner.leave.said")), el("div", { class: "rm-buttons" }, buttons));
    buttons[0].focus();
  }

  #start(plot) {
    this.draft.start(plot);
    fill(this.said);
    if (plot) this.plot.zoom();
  }

  /** A case that is clicked on the map is gone on with, as it is stored by now. */
  async #openClicked({ layer, feature }) {
    const id = String(feature.id ?? feature.properties.id);
    if (layer !== "proposals" || this.app.workbenches.current !== WORKBENCH || id === this.draft.saved?.id) return;
    try {
      const stored = await readCase(this.app, id);
      this.#leave(() => this.#open(stored, { zoom: false }));
    } catch (error) {
      this.app.report(error);
    }
  }

  #open(feature, { zoom = true } = {}) {
    this.draft.take(feature);
    fill(this.said, this.#before(feature));
    if (zoom && feature.geometry) this.plot.zoom();
  }

  /** What was concluded when the case was last checked; rules and data may have changed since. */
  #before({ properties: { extra } }) {
    if (!extra?.checked) return null;
    const { text } = this.app;
    const { on, conclusion } = extra.checked;
    return note(text.t("planner.before", { day: on, conclusion: text.t(`conclusion.${conclusion}`) }));
  }

  /** A plot drawn outside this workbench is a new one; here it is the place of the case at hand. */
  #takePlot(geometry) {
    if (this.app.workbenches.current !== WORKBENCH) {
      if (this.draft.saved) this.draft.start();
      this.app.workbenches.open(WORKBENCH);
    }
    this.draft.setPlot(geometry);
    document.querySelector(".rm-planner [name=name]")?.focus({ preventScroll: false });
  }
}

/** Return the attributes of the project without which the rules that count could not decide. */
function neededOf({ findings }) {
  const open = findings.filter((finding) => !finding.advisory);
  const needs = open.flatMap((finding) => finding.needs).map((need) => /^subject\.(\w+)$/.exec(need)?.[1]);
  return needs.filter(Boolean);
}

const OPEN_KEY = "riskmap.workbench";

/** Whether this workbench was open before the page was loaded again. */
function wasOpen() {
  try {
    return sessionStorage.getItem(OPEN_KEY) === WORKBENCH;
  } catch {
    return false; // storage may be forbidden
  }
}

function noteOpen(key) {
  try {
    sessionStorage.setItem(OPEN_KEY, key);
  } catch {
    // then a reload opens the whole map
  }
}
