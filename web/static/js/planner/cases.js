/* The list of cases: whose they are, how far they are, what was concluded about them. */

import { el, fill } from "riskmap/dom.js";
import { busy, note } from "riskmap/planner/busy.js";
import { conclusionMark } from "riskmap/planner/marks.js";
import { STATUSES } from "riskmap/planner/record.js";
import { listCases } from "riskmap/planner/service.js";

/** Who reads the page where no access keys are set. */
const NO_KEY = "local";
const OPEN = new Set(["draft", "checked", "submitted"]);

export class CaseList {
  #answer = null;

  /** `open(feature)` goes on with a case; `begin()` starts one. The case of the draft is marked. */
  constructor(app, draft, { open, begin }) {
    Object.assign(this, { app, draft, open });
    const { text } = app;
    const again = () => this.#render();
    this.words = el("input", { type: "search", "aria-label": text.t("planner.cases.search"), oninput: again });
    this.words.placeholder = text.t("planner.cases.search");
    this.whose = choice(text, "planner.cases.whose", [
      ["all", text.t("planner.cases.all")],
      ["mine", text.t("planner.cases.mine")],
    ]);
    this.status = choice(text, "planner.status", [
      ["open", text.t("planner.cases.open")],
      ["any", text.t("planner.cases.any")],
      ...STATUSES.map((word) => [word, text.word("case_status", word)]),
    ]);
    for (const select of [this.whose, this.status]) select.addEventListener("change", again);
    this.said = el("div", { "aria-live": "polite" });
    this.list = el("ol", { class: "rm-cases" });
    draft.onchange((what) => (what === "case" || what === "stored") && this.#render());
    this.node = el(
      "div",
      { class: "rm-planner" },
      el("p", { class: "rm-hint" }, ownership(app)),
      el(
        "div",
        { class: "rm-case-filter" },
        this.words,
        this.whose,
        this.status,
        el("button", { type: "button", class: "rm-button", onclick: begin }, text.t("planner.new")),
      ),
      this.said,
      this.list,
    );
  }

  async load() {
    const { app } = this;
    const answer = await busy(app, this.said, app.text.t("state.loading"), (signal) => listCases(app, signal));
    if (!answer) return;
    this.#answer = answer;
    this.#render();
  }

  #render() {
    if (!this.#answer) return;
    const { text } = this.app;
    const { features, number_matched: matched } = this.#answer;
    const shown = features.filter((feature) => this.#matches(feature)).sort(newestFirst);
    fill(
      this.said,
      matched > features.length
        ? note(text.t("planner.cases.cut", { shown: text.number(features.length), matched: text.number(matched) }))
        : null,
      note(text.t(shown.length ? "planner.cases.count" : "planner.cases.none", { n: text.number(shown.length) })),
    );
    fill(
      this.list,
      shown.map((feature) => this.#row(feature)),
    );
  }

  #matches({ id, properties }) {
    const { name, case_status: status, extra } = properties;
    const words = this.words.value.trim().toLowerCase();
    const reader = this.app.config.reader;
    if (this.whose.value === "mine" && (extra?.owner ?? null) !== reader) return false;
    if (this.status.value === "open" ? !OPEN.has(status ?? "draft") : !["any", status].includes(this.status.value))
      return false;
    return `${name ?? ""}\n${id}`.toLowerCase().includes(words);
  }

  #row(feature) {
    const { text } = this.app;
    const { name, kind, state, case_status: status, valid_from: at, version, extra } = feature.properties;
    const about = [text.word("kind", kind ?? ""), text.word("state", state ?? "")].filter(Boolean).join(" · ");
    const standing = [
      text.day(at),
      text.t("planner.version", { version }),
      extra?.owner ?? text.t("planner.cases.nobody"),
    ].join(" · ");
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          class: "rm-case",
          "aria-current": feature.id === this.draft.saved?.id ? "true" : null,
          onclick: () => this.open(feature),
        },
        el("span", { class: "rm-case-name", dir: "auto" }, name || feature.id),
        el("span", { class: "rm-badge" }, text.word("case_status", status ?? "draft")),
        el("span", { class: "rm-case-about" }, about),
        extra?.checked?.conclusion
          ? conclusionMark(text, extra.checked.conclusion)
          : el("span", { class: "rm-case-about" }, text.t("planner.cases.no_answer")),
        el("span", { class: "rm-case-about is-wide" }, standing),
      ),
    );
  }
}

/** Whose cases are, and that this protects nothing. */
function ownership({ config: { reader }, text }) {
  return reader === NO_KEY ? text.t("planner.cases.no_key", { name: reader }) : text.t("planner.cases.owner", { name: reader });
}

function newestFirst(a, b) {
  return a.properties.valid_from < b.properties.valid_from ? 1 : -1;
}

function choice(text, key, options) {
  return el(
    "select",
    { "aria-label": text.t(key) },
    options.map(([value, name]) => el("option", { value }, name)),
  );
}
