/* Draws a circle: its radius is dragged or typed; others hear of the polygon that stands for it by the event "plot". */

import { el, iconButton } from "riskmap/dom.js";
import { circlePolygon } from "riskmap/geodesy.js";

const LARGEST_M = 200_000;
const SMALLEST_M = 1;

export class CircleTool {
  constructor(app, look) {
    Object.assign(this, { app, look });
    const { text } = app;
    this.button = iconButton("circle", text.t("draw.circle"), () => this.#begin());
    this.radius = el("input", {
      type: "number",
      min: String(SMALLEST_M),
      max: String(LARGEST_M),
      step: "any",
      placeholder: text.t("draw.circle.free"),
      onchange: () => this.#begin(),
    });
    this.form = el("label", { class: "rm-circle", hidden: true }, text.t("draw.circle.radius"), this.radius);
    app.tools.append(this.button);
    app.regions.map.append(this.form);
    app.map.on("pm:create", ({ layer }) => app.drawing === "circle" && this.#finish(layer));
    app.map.on("pm:drawstart pm:drawend", () => this.#fold());
  }

  /** The radius that is typed, or null for one that is drawn. [m] */
  get #typedM() {
    return this.radius.value && this.radius.reportValidity() ? this.radius.valueAsNumber : null;
  }

  #begin() {
    const { app, look } = this;
    const shape = this.#typedM === null ? "Circle" : "CircleMarker";
    app.startDrawing("circle", this.button, shape, {
      templineStyle: { ...look, radius: 7 },
      hintlineStyle: look,
      pathOptions: { ...look, radius: 7 },
      minRadiusCircle: SMALLEST_M,
      maxRadiusCircle: LARGEST_M,
    });
    app.emit("hint", app.text.t("draw.hint.circle"));
    this.form.style.setProperty("top", `${this.button.getBoundingClientRect().top - app.regions.map.getBoundingClientRect().top}px`);
    this.form.hidden = false;
    this.radius.focus();
  }

  #fold() {
    setTimeout(() => (this.form.hidden = this.app.drawing !== "circle"));
  }

  #finish(layer) {
    const { app } = this;
    const { text } = app;
    const radiusM = this.#typedM ?? layer.getRadius();
    app.stopDrawing();
    layer.remove();
    const { geometry, corners, excessM } = circlePolygon(layer.getLatLng(), radiusM);
    app.emit("plot", geometry);
    const said = { radius: text.length(radiusM), corners: text.number(corners), excess: text.number(excessM, 3) };
    app.emit("hint", text.t("draw.circle.done", said));
  }
}
