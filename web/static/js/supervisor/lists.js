/* Lists of findings to work through: violations by the metres missing, existing facilities to rectify, and the rest. */

import { el, fill } from "riskmap/dom.js";
import { findingRow, openFinding } from "riskmap/findings.js";
import { goTo } from "riskmap/supervisor/go.js";
import { areaName } from "riskmap/supervisor/areas.js";

const PAGE = 20;

/** In the order of the tab; existing facilities to rectify have their own list and are no violations. */
const LISTS = [
  { key: "fail", open: true },
  { key: "legacy", open: true },
  { key: "undecidable", open: false },
  { key: "conditional", open: false },
  { key: "pass", open: false },
];

export class RegisterLists {
  #controller = null;

  constructor(app, panel) {
    this.app = app;
    this.choice = { area: "all", kind: null, rule: null };
    this.open = new Set(LISTS.filter((list) => list.open).map((list) => list.key));
    this.head = el("div", { class: "rm-list-head" });
    this.blocks = el("div", {});
    fill(panel, this.head, this.blocks);
  }

  /** Show the lists of an area, whose figures these are. */
  show(figures) {
    this.figures = figures;
    this.choice.area = figures.area.adcode;
    return this.#load();
  }

  async #load() {
    this.#controller?.abort();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    const { source } = this.app;
    try {
      this.rules ??= await ruleTitles(source);
      const answer = await source.get("/register/findings", { ...this.choice, limit: 0 }, signal);
      this.#render(answer.groups);
    } catch (error) {
      this.app.report(error);
    }
  }

  #render(groups) {
    const { text } = this.app;
    const { check } = this.figures;
    fill(
      this.head,
      el("p", { class: "rm-muted" }, check ? text.t("findings.checked_on", { day: check.checked_on }) : text.t("findings.none")),
      this.#filters(groups),
    );
    fill(
      this.blocks,
      LISTS.map((list) => this.#block(list, groups.lists[list.key])),
    );
  }

  #filters(groups) {
    const { app, figures } = this;
    const { text } = app;
    const areas = [...figures.above, figures.area, ...figures.areas.filter((area) => area.adcode)];
    const kinds = counted(groups.kind, (kind) => text.word("kind", kind), text);
    const rules = counted(groups.rule, (rule) => text.pick(this.rules.get(rule)) || rule, text);
    return el(
      "form",
      { class: "rm-form rm-filters", onsubmit: (event) => event.preventDefault() },
      this.#select(
        "area",
        areas.map((area) => [area.adcode, areaName(text, area)]),
        this.choice.area,
      ),
      this.#select("kind", [["", text.t("lists.all_kinds")], ...kinds], this.choice.kind ?? ""),
      this.#select("rule", [["", text.t("lists.all_rules")], ...rules], this.choice.rule ?? ""),
    );
  }

  #select(name, options, chosen) {
    const { app } = this;
    const onchange = ({ target }) => {
      if (name === "area") {
        app.emit("area", target.value);
        return;
      }
      this.choice[name] = target.value || null;
      this.#load();
    };
    return el(
      "label",
      {},
      app.text.t(`lists.${name}`),
      el(
        "select",
        { name, onchange },
        options.map(([value, title]) => el("option", { value, selected: value === chosen }, title)),
      ),
    );
  }

  #block({ key }, count) {
    const { text } = this.app;
    const rows = el("ol", {});
    const more = el("button", { type: "button", class: "rm-button", hidden: true }, text.t("overview.more", { left: "…" }));
    const page = new Page(this.app, rows, more, { ...this.choice, list: key });
    const block = el(
      "details",
      {
        class: `rm-list is-${key}`,
        open: this.open.has(key) && count > 0,
        dataset: { list: key },
        ontoggle: () => this.#toggle(key, block.open, page),
      },
      el("summary", {}, el("span", {}, text.t(`list.${key}`)), el("b", { class: "rm-count" }, text.number(count))),
      el("p", { class: "rm-hint" }, text.t(`list.${key}.hint`), " ", count > 0 ? this.#workbook(key) : null),
      rows,
      more,
    );
    if (block.open) page.load();
    return block;
  }

  #toggle(key, isOpen, page) {
    if (isOpen) this.open.add(key);
    else this.open.delete(key);
    if (isOpen) page.load();
  }

  #workbook(list) {
    const { source, text } = this.app;
    const query = source.query({ ...this.choice, list, lang: text.lang });
    return el("a", { class: "rm-download", href: `${source.apiUrl}/register/findings.xlsx?${query}` }, text.t("lists.excel"));
  }
}

/** The pages of one list. */
class Page {
  #started = false;

  constructor(app, rows, more, choice) {
    Object.assign(this, { app, rows, more, choice, shown: 0 });
    more.addEventListener("click", () => this.#next());
  }

  load() {
    if (this.#started) return;
    this.#started = true;
    this.#next();
  }

  async #next() {
    const { app } = this;
    try {
      const answer = await app.source.get("/register/findings", { ...this.choice, limit: PAGE, offset: this.shown });
      const changed = app.verdicts.add(answer.features);
      if (changed.size) app.emit("verdicts", changed);
      this.rows.append(...answer.features.map((feature) => findingRow(app, feature, open)));
      this.shown += answer.number_returned;
      this.more.hidden = this.shown >= answer.number_matched;
      this.more.textContent = app.text.t("overview.more", { left: app.text.number(answer.number_matched - this.shown) });
    } catch (error) {
      app.report(error);
    }
  }
}

/** Show a finding's line on the map; where nothing was measured, its facility. */
function open(app, feature) {
  const { subject, rule } = feature.properties;
  if (feature.geometry) openFinding(app, feature);
  else goTo(app, subject.layer, subject.id, rule);
}

async function ruleTitles(source) {
  const { rules } = await source.get("/rules");
  return new Map(rules.map((rule) => [rule.id, rule.title]));
}

/** Return the options of a choice with their numbers, the most frequent first. */
function counted(numbers, name, text) {
  return Object.entries(numbers)
    .sort(([, a], [, b]) => b - a)
    .map(([value, number]) => [value, `${name(value)} (${text.number(number)})`]);
}
