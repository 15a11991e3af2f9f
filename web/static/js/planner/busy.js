/* Something that takes a while: said where it happens, with a button that stops it. */

import { el, fill } from "riskmap/dom.js";

/** Await `work(signal)`; return what it gives, or null when it was cancelled or failed, which `slot` then says. */
export async function busy(app, slot, label, work) {
  const controller = new AbortController();
  fill(slot, waiting(app.text, label, () => controller.abort()));
  try {
    const result = await work(controller.signal);
    fill(slot);
    return result;
  } catch (error) {
    if (error.status === 401) app.report(error);
    fill(slot, error.name === "AbortError" ? note(app.text.t("planner.cancelled")) : problem(error.message));
    return null;
  }
}

/** Return a message that something went wrong, read out at once. */
export function problem(...words) {
  return el("p", { class: "rm-warning", role: "alert" }, words);
}

/** Return a quiet remark. */
export function note(...words) {
  return el("p", { class: "rm-muted" }, words);
}

function waiting(text, label, cancel) {
  return el(
    "p",
    { class: "rm-waiting", role: "status" },
    el("span", { class: "rm-spinner", "aria-hidden": "true" }),
    label,
    el("button", { type: "button", class: "rm-button", onclick: cancel }, text.t("action.cancel")),
  );
}
