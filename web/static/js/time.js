/* The data as they were at the end of a day: a slider over the days on which something changed. */

import { el, fill, iconButton } from "riskmap/dom.js";
import { loadView } from "riskmap/findings.js";

export function create(app) {
  app.moment = null;
  if (!app.source.canCheck) return; // a file of its own holds one state
  const slider = new TimeSlider(app);
  app.showMoment = (day) => slider.show(day);
}

class TimeSlider {
  constructor(app) {
    this.app = app;
    const { text } = app;
    this.days = null;
    this.asked = null;
    this.strip = el("div", { class: "rm-time", role: "group", "aria-label": text.t("time.title"), hidden: true });
    this.banner = el("div", { class: "rm-past", role: "status", hidden: true });
    this.button = iconButton("clock", text.t("time.open"), () => this.#toggle(), { "aria-expanded": "false" });
    app.regions.map.append(this.banner, this.strip);
    app.tools.append(el("hr"), this.button);
  }

  async #toggle() {
    const opens = this.strip.hidden;
    if (!opens) return this.#close();
    try {
      await this.#load();
    } catch (error) {
      this.app.report(error);
      return undefined;
    }
    this.#open();
    this.range.focus();
    return undefined;
  }

  async #load() {
    this.days ??= (await this.app.source.days()).days;
  }

  #open() {
    this.strip.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.#render();
  }

  #close() {
    this.strip.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    return this.app.moment ? this.show(null) : undefined;
  }

  #render() {
    const { text } = this.app;
    const now = this.days.length;
    const place = this.app.moment ? this.days.indexOf(this.app.moment) : now;
    this.said = el("output", { class: "rm-time-day" });
    this.range = el("input", {
      type: "range",
      min: "0",
      max: String(now),
      step: "1",
      value: String(place),
      "aria-label": text.t("time.title"),
      oninput: () => this.#say(),
      onchange: () => this.#goTo(Number(this.range.value)),
    });
    const step = (name, label, by) =>
      iconButton(name, text.t(label), () => this.#goTo(Math.min(Math.max(Number(this.range.value) + by, 0), now)));
    fill(
      this.strip,
      step("left", "time.earlier", -1),
      this.range,
      step("right", "time.later", 1),
      this.said,
      iconButton("close", text.t("time.close"), () => this.#close()),
    );
    this.#say();
  }

  #say() {
    const { text } = this.app;
    const day = this.days[Number(this.range.value)];
    this.said.textContent = day ?? text.t("time.now");
    this.range.setAttribute("aria-valuetext", this.said.textContent);
  }

  #goTo(place) {
    this.range.value = String(place);
    this.#say();
    return this.show(this.days[place] ?? null);
  }

  /** Show the end of a day, or with null the present. */
  async show(day) {
    const { app } = this;
    const asked = (this.asked = {});
    try {
      const counts = day ? (await app.source.day(day)).counts : null;
      await this.#load();
      if (this.asked !== asked) return; // another day has been asked for meanwhile
      if (day && !this.days.includes(day)) this.days = [...this.days, day].sort();
      app.moment = app.source.at = day;
      this.#announce(day);
      if (day && this.strip.hidden) this.#open();
      app.verdicts.forget();
      app.emit("moment", { day, counts });
      await Promise.all([app.features.reloadAll(), loadView(app)]);
    } catch (error) {
      app.report(error);
    }
  }

  #announce(day) {
    const { app } = this;
    app.root.classList.toggle("is-past", Boolean(day));
    this.banner.hidden = !day;
    this.#suspend(day);
    if (!day) return;
    fill(
      this.banner,
      el("b", {}, app.text.t("time.past", { day })),
      el("span", {}, app.text.t("time.past_hint")),
      this.#backButton(),
    );
  }

  /** Figures, lists, grids and workbenches know the present alone: on a former day they wait and say so. */
  #suspend(day) {
    const { app } = this;
    const words = () => el("p", {}, app.text.t("time.now_only"));
    app.tabs.suspend(day ? el("div", { class: "rm-now-only" }, words(), this.#backButton()) : null);
    app.slots.grids.inert = Boolean(day);
    this.gridNote?.remove();
    this.gridNote = day ? el("div", { class: "rm-now-only" }, words()) : null;
    if (this.gridNote) app.slots.grids.before(this.gridNote);
    if (day && app.panel.sticky && !app.panel.knowsDays) app.panel.close();
  }

  #backButton() {
    return el(
      "button",
      { type: "button", class: "rm-button", onclick: () => this.#backToNow() },
      this.app.text.t("time.back"),
    );
  }

  #backToNow() {
    this.#goTo(this.days.length);
    this.range.focus();
  }
}
