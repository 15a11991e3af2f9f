/* Long actions of the server: followed to their end, cancelled on request. */

import { el } from "riskmap/dom.js";
import { SourceError } from "riskmap/source.js";

const STATES = ["queued", "running", "done", "failed", "cancelled"];

/** Wait for a job and return its result; `onstatus` hears of every change, `signal` cancels it. */
export function followJob(app, job, { onstatus, signal }) {
  const { source, text } = app;
  const path = `/jobs/${encodeURIComponent(job.id)}`;
  const events = new EventSource(`${source.apiUrl}${path}/events`);
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      events.close();
      settle(value);
    };
    const hear = ({ data }) => {
      const status = JSON.parse(data);
      onstatus(status);
      if (status.state === "done") end(resolve, status.result);
      else if (status.state === "failed") end(reject, new SourceError(text.pick(words(status.error)), 0));
      else if (status.state === "cancelled") end(reject, new DOMException("", "AbortError"));
    };
    for (const state of STATES) events.addEventListener(state, hear);
    events.addEventListener("error", () => {
      // The browser takes up a broken stream by itself; one that is closed has ended for good.
      if (events.readyState === EventSource.CLOSED) end(reject, new SourceError(text.t("error.unreachable"), 0));
    });
    const cancel = () => source.ask(path, { method: "DELETE" }).catch((error) => app.report(error));
    if (signal.aborted) cancel(); // while the job was being asked for
    else signal.addEventListener("abort", cancel);
  });
}

function words(error) {
  return { zh: error.message_zh, en: error.message };
}

/** A bar that shows how far something is, with a button that stops it. */
export class ProgressBar {
  constructor(text, label, cancel) {
    this.text = text;
    this.bar = el("progress", { max: "1", "aria-label": label });
    this.said = el("span", { class: "rm-progress-said" }, label);
    this.node = el(
      "div",
      { class: "rm-progress", role: "status" },
      this.said,
      el("button", { type: "button", class: "rm-button", onclick: cancel }, text.t("action.cancel")),
      this.bar,
    );
  }

  /** Show a job's status; before the first word of progress the bar only moves. */
  show({ progress, eta_s: left }) {
    if (progress > 0) this.bar.value = progress;
    const percent = this.text.number(Math.floor(progress * 100));
    this.said.textContent =
      left === null
        ? this.text.t("progress.percent", { percent })
        : this.text.t("progress.left", { percent, seconds: this.text.number(Math.ceil(left)) });
  }
}
