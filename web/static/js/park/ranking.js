/* Which scenarios make the risk at a place: click anywhere, or type a coordinate. */

import { el, fill } from "riskmap/dom.js";
import { riskText } from "riskmap/park/levels.js";
import { rankAt } from "riskmap/park/service.js";

const MOST_ROWS = 12;

export class Ranking {
  constructor(bench) {
    Object.assign(this, { bench, app: bench.app, isOn: false });
    const { text } = this.app;
    this.group = L.layerGroup().addTo(this.app.map);
    this.button = el(
      "button",
      {
        type: "button",
        class: "rm-button",
        "aria-pressed": "false",
        onclick: () => (this.isOn ? this.stop() : this.#start()),
      },
      text.t("park.rank.start"),
    );
    this.typed = el("input", {
      name: "place",
      type: "text",
      placeholder: "102.91, 26.913",
      "aria-label": text.t("park.rank.typed"),
      inputmode: "decimal",
    });
    this.found = el("div", { "aria-live": "polite" });
    this.node = el(
      "div",
      { class: "rm-park-form" },
      el("p", { class: "rm-hint" }, text.t("park.rank.hint")),
      this.button,
      el(
        "form",
        { class: "rm-form rm-park-inline", onsubmit: (event) => this.#submit(event) },
        this.typed,
        el("button", { type: "submit", class: "rm-button" }, text.t("park.rank.ask")),
      ),
      this.found,
    );
    this.app.map.on("click", ({ latlng }) => this.isOn && this.#ask(latlng));
  }

  stop() {
    this.#toggle(false);
    this.group.clearLayers();
    fill(this.found);
  }

  #start() {
    this.#toggle(true);
    this.app.emit("hint", this.app.text.t("park.rank.click"));
  }

  /** While places are asked about, clicks select nothing else. */
  #toggle(isOn) {
    if (this.isOn !== isOn) this.app.busy = isOn;
    this.isOn = isOn;
    this.button.setAttribute("aria-pressed", String(isOn));
    this.button.textContent = this.app.text.t(isOn ? "park.rank.stop" : "park.rank.start");
  }

  #submit(event) {
    event.preventDefault();
    const [lng, lat] = this.typed.value.split(/[\s,，]+/).map(Number);
    if (Number.isFinite(lng) && Number.isFinite(lat) && Math.abs(lat) <= 90) this.#ask({ lng, lat });
    else fill(this.found, el("p", { class: "rm-warning", role: "alert" }, this.app.text.t("park.rank.wrong")));
  }

  async #ask(latlng) {
    const { text } = this.app;
    this.group.clearLayers();
    L.circleMarker(latlng, {
      radius: 7,
      color: "#1c2426",
      weight: 2.5,
      fillColor: "#ffffff",
      fillOpacity: 1,
      interactive: false,
      pmIgnore: true,
    }).addTo(this.group);
    fill(this.found, el("p", { class: "rm-hint" }, text.t("park.rank.asking")));
    try {
      this.#show(await rankAt(this.app, this.bench.draft.file, this.bench.weather, latlng), latlng);
    } catch (error) {
      fill(this.found, el("p", { class: "rm-warning", role: "alert" }, error.message));
    }
  }

  #show({ risk_per_year: risk, contributions }, { lng, lat }) {
    const { text } = this.app;
    const rows = contributions.slice(0, MOST_ROWS).map((one) => this.#row(one));
    const rest = contributions.slice(MOST_ROWS).reduce((sum, { share }) => sum + share, 0);
    fill(
      this.found,
      el("p", { class: "rm-park-effect" }, text.t("park.rank.total", { risk: riskText(text, risk) })),
      el(
        "p",
        { class: "rm-hint" },
        `${lng.toFixed(6)}, ${lat.toFixed(6)} (CGCS2000) · ${text.t("park.unverified_long")}`,
      ),
      rows.length ? el("ol", { class: "rm-park-ranks" }, rows) : null,
      rest > 0
        ? el(
            "p",
            { class: "rm-hint" },
            text.t("park.rank.rest", { n: contributions.length - MOST_ROWS, percent: percent(text, rest) }),
          )
        : null,
    );
  }

  #row({ equipment, scenario, outcome, risk_per_year: risk, share }) {
    const { text, bench } = { text: this.app.text, bench: this.bench };
    const tank = bench.draft.find(equipment)?.name ?? equipment;
    const hole = scenario.slice(scenario.indexOf("/") + 1);
    return el(
      "li",
      {},
      el(
        "span",
        {},
        `${tank} · ${text.find(`park.hole.${hole}`) ?? hole} · ${text.find(`park.outcome.${outcome}`) ?? outcome}`,
      ),
      el("progress", { max: "1", value: String(share), "aria-label": percent(text, share) }),
      el("small", {}, `${percent(text, share)} · ${text.t("park.per_year", { risk: riskText(text, risk) })}`),
    );
  }
}

function percent(text, share) {
  return `${text.number(share * 100, share < 0.1 ? 1 : 0)} %`;
}
