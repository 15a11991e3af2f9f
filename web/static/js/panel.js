/* The right panel, shared by the details of a selection and the check of a drawn plot. */

import { el, fill, iconButton } from "riskmap/dom.js";

export class Panel {
  constructor(app) {
    this.app = app;
    this.region = app.regions.right;
    this.onclose = null;
    this.sticky = false;
    this.knowsDays = false;
    this.region.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  /**
   * Show something; what is `sticky` holds work of the reader, so that a click on the map does not close it. Of that
   * only what `knowsDays` stays open on a former day.
   */
  show(title, subtitle, body, { onclose = null, sticky = false, knowsDays = false } = {}) {
    if (this.onclose !== onclose) this.onclose?.();
    Object.assign(this, { onclose, sticky, knowsDays });
    const close = iconButton("close", this.app.text.t("action.close"), () => this.close(), {
      class: "rm-tool rm-close",
    });
    fill(
      this.region,
      el(
        "header",
        { class: "rm-detail-head" },
        el("div", {}, el("h2", { dir: "auto" }, title), el("p", {}, subtitle)),
        close,
      ),
      el("div", { class: "rm-detail-body", tabindex: "0" }, body),
    );
    if (this.region.hidden) {
      this.region.hidden = false;
      this.app.map.invalidateSize({ pan: false });
    }
  }

  close() {
    if (this.region.hidden) return;
    this.region.hidden = true;
    this.onclose?.();
    this.app.map.invalidateSize({ pan: false });
  }
}
