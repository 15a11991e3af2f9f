/* The answer of "around here": counts by layer, people, and the list by pages. */

import { el, fill } from "riskmap/dom.js";

export class AroundList {
  #layer = null;

  /** `fetch` asks for more, `address` names a file, `onchoose` hears of the feature that is to be shown. */
  constructor(app, answer, { fetch, address, onchoose }) {
    Object.assign(this, { app, fetch, onchoose });
    const { text } = app;
    this.rows = el("ol", { class: "rm-around-rows" });
    this.more = el("button", { type: "button", class: "rm-button", onclick: () => this.#next() });
    this.layers = el("div", { class: "rm-around-layers", role: "group", "aria-label": text.t("around.by_layer") });
    this.node = el(
      "section",
      { class: "rm-around" },
      el("p", { class: "rm-around-sum", role: "status" }, this.#sum(answer)),
      this.#legend(answer),
      answer.number_matched ? [this.layers, this.#people(answer.people), this.#files(address), this.rows, this.more] : null,
    );
    this.#offerLayers(answer.counts);
    this.#append(answer, true);
  }

  #sum({ counts, radius_m: radius }) {
    const { text } = this.app;
    const total = (name) => counts.reduce((sum, one) => sum + one[name], 0);
    const said = [text.t("around.sum", { radius: `${text.number(radius)} m`, n: text.number(total("within")) })];
    if (total("undecided")) said.push(text.t("around.sum_undecided", { n: text.number(total("undecided")) }));
    if (total("perhaps")) said.push(text.t("around.sum_perhaps", { n: text.number(total("perhaps")) }));
    return said.join("");
  }

  #legend({ radius_m: radius }) {
    const { text } = this.app;
    return el(
      "ul",
      { class: "rm-legend rm-around-legend", dataset: { printLegend: "" } },
      el(
        "li",
        {},
        el("span", { class: "rm-around-swatch", "aria-hidden": "true" }),
        text.t("around.legend", { radius: `${text.number(radius)} m` }),
      ),
    );
  }

  #offerLayers(counts) {
    const { text } = this.app;
    const all = counts.reduce((sum, one) => sum + one.within + one.perhaps, 0);
    const choices = [[null, text.t("around.all"), all]];
    for (const one of counts) choices.push([one.layer, this.app.layerName(one.layer), one.within + one.perhaps]);
    fill(
      this.layers,
      choices.map(([layer, name, number]) => this.#layerButton(layer, `${name} ${text.number(number)}`)),
    );
  }

  #layerButton(layer, words) {
    const button = el("button", { type: "button", class: "rm-chip", "aria-pressed": String(layer === null) }, words);
    button.addEventListener("click", () => {
      for (const other of this.layers.children) other.setAttribute("aria-pressed", String(other === button));
      this.#layer = layer;
      this.#start();
    });
    return button;
  }

  #people(people) {
    const { app } = this;
    const { text } = app;
    if (!people.length) return null;
    return el(
      "dl",
      { class: "rm-around-people" },
      people.map((one) => {
        const field = app.layer(one.layer).fields.find(({ name }) => name === one.field);
        const missing = one.missing ? text.t("around.missing", { n: text.number(one.missing) }) : "";
        return [
          el("dt", {}, `${app.layerName(one.layer)} · ${text.pick(field)}`),
          el("dd", {}, el("b", {}, text.number(one.people)), missing),
        ];
      }),
    );
  }

  #files(address) {
    const { text } = this.app;
    return el(
      "p",
      { class: "rm-around-files" },
      ["xlsx", "csv"].map((ending) =>
        el("a", { class: "rm-download", href: address(ending) }, text.t(`around.${ending}`)),
      ),
    );
  }

  #start() {
    this.shown = 0;
    return this.#next();
  }

  async #next() {
    const [layer, offset] = [this.#layer, this.shown];
    try {
      const answer = await this.fetch({ layer, offset });
      if (layer === this.#layer && offset === this.shown) this.#append(answer, offset === 0);
    } catch (error) {
      this.app.report(error);
    }
  }

  #append({ features, number_matched: matched }, afresh) {
    const { text } = this.app;
    if (afresh) {
      fill(this.rows);
      this.shown = 0;
    }
    this.rows.append(...features.map((one) => this.#row(one)));
    this.shown += features.length;
    this.more.hidden = this.shown >= matched;
    this.more.textContent = text.t("overview.more", { left: text.number(matched - this.shown) });
  }

  #row(one) {
    const { app } = this;
    const { text } = app;
    const name = one.name || one.id;
    const kind = one.kind ? text.word("kind", one.kind) : null;
    const about = [app.layerName(one.layer), kind, ...lineWords(text, one)];
    const doubtful = one.within ? (one.decided ? null : "around.undecided") : "around.perhaps";
    return el(
      "li",
      { dataset: { layer: one.layer, id: one.id } },
      el(
        "button",
        { type: "button", class: "rm-around-row", onclick: () => this.onchoose(one) },
        el("span", { class: "rm-around-name", dir: "auto" }, name),
        el("span", { class: "rm-around-distance" }, `${text.length(one.distance_m)} `, el("small", {}, text.doubt(one.doubt_m))),
        el("small", { class: "rm-around-about" }, [...new Set(about.filter(Boolean))].join(" · ")),
        doubtful ? el("small", { class: "rm-around-doubt" }, text.t(doubtful)) : null,
      ),
      el(
        "button",
        {
          type: "button",
          class: "rm-around-open",
          "aria-label": text.t("around.details_of", { name }),
          onclick: () => app.emit("open", { layer: one.layer, id: one.id }),
        },
        text.t("around.details"),
      ),
    );
  }
}

/** To which line of a river was measured, and what was done about its width. */
function lineWords(text, { line_kind: kind, half_width_m: halfWidth }) {
  const line = kind && text.word("line_kind", kind);
  if (halfWidth === null) return [line, text.t("around.screening")];
  return [line, halfWidth > 0 && text.t("around.shortened", { width: text.metres(halfWidth) })];
}
