/* The verdict on a plot: what it rests on, what would change it, its papers, and every finding as a ruler on the map. */

import { conclusionBand, findingCards, neededList } from "riskmap/cards.js";
import { changeList } from "riskmap/changes.js";
import { el, fill } from "riskmap/dom.js";
import { EvidenceLines } from "riskmap/evidence.js";
import { busy, note } from "riskmap/planner/busy.js";
import { saveFile } from "riskmap/planner/files.js";
import { UNSAVED } from "riskmap/planner/draft.js";
import { checkPlots, writeBundle, writeLetter } from "riskmap/planner/service.js";
import { showStoredLines } from "riskmap/stored_lines.js";
import { conclude } from "riskmap/verdicts.js";

const FORMATS = ["docx", "pdf", "xlsx"];
const NOTHING_FOUND = { verdict: "no_ban", decided: true };
const SUBJECT = { layer: "plot", id: "plot" };

export class Answer {
  constructor(app, draft) {
    Object.assign(this, { app, draft, given: null, lines: new EvidenceLines(app) });
    this.stale = el("p", { class: "rm-warning", role: "status", hidden: true }, app.text.t("planner.stale"));
    draft.onchange((what) => (what === "case" ? this.close() : this.#compare()));
  }

  /** Ask the rules about the draft and show what they say; the slot tells how far it is. */
  async ask(slot) {
    const { app, draft } = this;
    const asked = { fingerprint: draft.fingerprint, collection: draft.collection() };
    const started = performance.now();
    const result = await busy(app, slot, app.text.t("check.running"), (signal) =>
      checkPlots(app, asked.collection, signal),
    );
    if (!result) return null;
    this.given = { ...asked, result, seconds: (performance.now() - started) / 1000 };
    this.#show();
    return result;
  }

  /** Return in short what was concluded about the draft as it is now, or null where that is not known. */
  summary() {
    if (this.given?.fingerprint !== this.draft.fingerprint) return null;
    const { result } = this.given;
    const [proposal] = result.proposals;
    const { checked_on: on, rules_version: rules, data_version: data } = result;
    return { on, conclusion: proposal.conclusion, verdict: proposal.verdict, rules_version: rules, data_version: data };
  }

  /** The draft was stored just now: what was concluded about it holds for what is stored. */
  keep() {
    if (this.given) this.given.fingerprint = this.draft.fingerprint;
    this.#compare();
  }

  close() {
    if (!this.given) return;
    this.given = null;
    this.#left();
    if (this.app.panel.onclose === this.#left) this.app.panel.close(); // else it shows something else by now
  }

  #compare() {
    this.stale.hidden = !this.given || this.given.fingerprint === this.draft.fingerprint;
  }

  #show() {
    const { app } = this;
    const { text } = app;
    const { result, seconds } = this.given;
    const [proposal] = result.proposals;
    const findings = app.verdicts.sorted([...proposal.findings]);
    const features = findings.map((finding) => asFeature(proposal, finding));
    const worst = findings.find((finding) => !finding.advisory) ?? NOTHING_FOUND;
    const mark = { ...app.verdicts.mark(worst), conclusion: proposal.conclusion };
    this.#compare();
    showStoredLines(app, false);
    this.#drawLines(features);
    app.panel.show(
      this.draft.properties.name || text.t("check.plot"),
      `${text.word("kind", proposal.kind)} · ${text.word("state", proposal.state ?? "") || text.t("finding.unknown")}`,
      el(
        "div",
        { class: "rm-answer" },
        this.stale,
        el("div", { "aria-live": "polite" }, conclusionBand(app, mark, worst)),
        note(
          text.t("answer.counts", { n: findings.length }),
          " · ",
          text.t("check.basis", { day: result.checked_on, rules: result.rules_version }),
          " · ",
          text.t("planner.took", { seconds: text.number(seconds, 1) }),
        ),
        this.#papers(),
        remarks(text, result),
        neededList(app, findings),
        changeList(app, proposal.changes, findings),
        findingCards(app, findings, (finding) => finding.evidence && (() => this.#showOne(features, finding))),
      ),
      { onclose: this.#left, sticky: true },
    );
  }

  #left = () => {
    this.lines.draw([]);
    showStoredLines(this.app, true);
  };

  /** Letter and evidence of exactly what was checked. */
  #papers() {
    const { text } = this.app;
    const status = el("div", { "aria-live": "polite" });
    const { collection, result } = this.given;
    const paper = (name, label, write) =>
      el(
        "button",
        {
          type: "button",
          class: "rm-button",
          dataset: { paper: name },
          onclick: () => this.#download(status, name, (signal) => write(this.app, collection, signal)),
        },
        label,
      );
    const on = result.checked_on;
    return el(
      "section",
      { class: "rm-papers", "aria-label": text.t("planner.papers") },
      el("h3", {}, text.t("planner.papers")),
      el(
        "div",
        {},
        FORMATS.map((format) =>
          paper(format, text.t(`planner.paper.${format}`), (app, asked, signal) =>
            writeLetter(app, named(app, asked), { format, on }, signal),
          ),
        ),
        paper("zip", text.t("planner.paper.zip"), (app, asked, signal) =>
          writeBundle(app, named(app, asked), { on }, signal),
        ),
      ),
      status,
    );
  }

  async #download(status, ending, write) {
    const { text } = this.app;
    const file = await busy(this.app, status, text.t("planner.writing"), write);
    if (!file) return;
    const title = text.t(ending === "zip" ? "planner.file.bundle" : "planner.file.letter");
    const name = saveFile(file, [title, this.draft.properties.name ?? text.t("check.plot")], ending);
    fill(status, note(text.t("planner.written", { name })));
  }

  /** Draw what stands against the plot, and one finding more: those that pass would cover the map. */
  #drawLines(features, rule = null) {
    const drawn = features.filter(
      ({ properties }) => properties.rule === rule || !(properties.advisory || conclude(properties) === "pass"),
    );
    this.lines.draw(drawn);
    this.lines.select(SUBJECT);
  }

  #showOne(features, finding) {
    this.#drawLines(features, finding.rule);
    this.lines.zoomTo(features.find(({ properties }) => properties.rule === finding.rule));
  }
}

/** A plot without a name is called what it is in its papers. */
function named(app, collection) {
  const [plot] = collection.features;
  if (plot.properties.name) return collection;
  const properties = { ...plot.properties, name: app.text.t("check.plot") };
  return { ...collection, features: [{ ...plot, properties }] };
}

function asFeature(proposal, finding) {
  const properties = { ...finding, subject: { ...SUBJECT, name: proposal.name } };
  return { type: "Feature", id: UNSAVED, geometry: finding.evidence, properties };
}

/** What was taken for granted when the plot was read; that versions are counted is no news. */
function remarks(text, { notes, notes_zh: notesZh }) {
  return (text.lang === "zh" ? notesZh : notes).map((words) => note(words));
}
