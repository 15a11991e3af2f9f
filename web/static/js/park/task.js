/* One long action at a time, with its bar and its cancel button. */

import { el, fill } from "riskmap/dom.js";
import { ProgressBar } from "riskmap/jobs.js";
import { runJob } from "riskmap/park/service.js";

export class Task {
  #controller = null;

  constructor(app) {
    this.app = app;
    this.node = el("div", { class: "rm-park-task", "aria-live": "polite" });
  }

  /** Run a job and return {result, files}; null when it was cancelled, failed or overtaken by another. */
  async run(label, path, body) {
    this.cancel();
    const controller = new AbortController();
    this.#controller = controller;
    const bar = new ProgressBar(this.app.text, label, () => controller.abort());
    fill(this.node, bar.node);
    try {
      const onstatus = (status) => bar.show(status);
      const answer = await runJob(this.app, path, body, { onstatus, signal: controller.signal });
      return this.#settle(controller, null) ? answer : null;
    } catch (error) {
      const words = error.name === "AbortError" ? this.app.text.t("park.cancelled") : error.message;
      this.#settle(controller, el("p", { class: "rm-warning", role: "alert" }, words));
      return null;
    }
  }

  cancel() {
    this.#controller?.abort();
    this.#controller = null;
    fill(this.node);
  }

  /** Show what became of a run; one that was overtaken has no say. */
  #settle(controller, words) {
    if (this.#controller !== controller) return false;
    this.#controller = null;
    fill(this.node, words);
    return true;
  }
}
