/* Sums of several plants that are stored: a list from which they are shown again or removed. */

import { el, fill } from "riskmap/dom.js";
import { endSum, listSums, readSum } from "riskmap/park/service.js";

export class StoredSums {
  /** `onshow(result, ids)` shows a sum; `onerror(words)` says what went wrong. */
  constructor(app, { onshow, onerror }) {
    Object.assign(this, { app, onshow, onerror });
    this.list = el("ul", { class: "rm-park-sums" });
    this.node = el("div", {}, el("h3", { class: "rm-park-sums-title" }, app.text.t("park.sums.title")), this.list);
    this.node.hidden = true;
  }

  /** Ask what is stored now: a sum ends when one of its plants is changed. */
  async refresh() {
    try {
      const sums = await listSums(this.app);
      fill(
        this.list,
        sums.map((sum) => this.#row(sum)),
      );
      this.node.hidden = !sums.length;
    } catch (error) {
      this.onerror(error.message);
    }
  }

  #row(sum) {
    const { text } = this.app;
    const names = sum.plants.map(({ name }) => name).join(text.t("list.separator"));
    const button = (key, onclick) =>
      el("button", { type: "button", class: "rm-button", "aria-label": `${text.t(key)}: ${names}`, onclick }, text.t(key));
    return el(
      "li",
      {},
      el("span", { dir: "auto" }, names),
      el("small", {}, text.t("park.sums.about", { rose: sum.wind_rose.name, n: sum.contours })),
      sum.plants_changed ? el("small", { class: "rm-warning" }, text.t("park.sums.plants_changed")) : null,
      sum.targets_changed ? el("small", { class: "rm-warning" }, text.t("park.sums.targets_changed")) : null,
      el(
        "span",
        { class: "rm-park-buttons" },
        button("park.sums.show", () => this.#do(async () => this.onshow(await readSum(this.app, sum.run), sum))),
        button("park.sums.remove", () => this.#do(() => endSum(this.app, sum.run))),
      ),
    );
  }

  /** Do what a button says and look again: somebody else may have changed a plant meanwhile. */
  async #do(action) {
    try {
      await action();
    } catch (error) {
      this.onerror(error.message);
    }
    await this.refresh();
  }
}
