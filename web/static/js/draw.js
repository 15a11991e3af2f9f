/* Draws a plot: others hear of it by the event "plot". */

import { CircleTool } from "riskmap/circle.js";
import { el, iconButton } from "riskmap/dom.js";

const LOOK = { color: "#111111", weight: 2.2, dashArray: "6 3", fillColor: "#111111", fillOpacity: 0.08 };
const SHAPES = [
  ["point", "CircleMarker"],
  ["line", "Line"],
  ["polygon", "Polygon"],
];

export function create(app) {
  const { text } = app;
  app.map.pm.setLang(text.lang);
  // Snapping would move corners by several pixels, at some scales a hundred metres, and follows a fast pointer late.
  app.map.pm.setGlobalOptions({ continueDrawing: false, snappable: false });
  app.startDrawing = (purpose, button, shape, options) => startDrawing(app, purpose, button, shape, options);
  app.stopDrawing = () => stopDrawing(app);
  app.map.on("pm:drawend", () => setTimeout(() => app.stopDrawing()));
  app.cancelDrawing = () => cancelDrawing(app);
  app.root.addEventListener("keydown", (event) => event.key === "Escape" && app.cancelDrawing());
  app.map.on("pm:create", ({ layer }) => {
    if (app.drawing !== "plot") return;
    app.stopDrawing();
    layer.remove();
    app.emit("hint", null);
    app.emit("plot", layer.toGeoJSON(9).geometry);
  });
  app.tools.append(el("hr"));
  const buttons = new Map();
  for (const [name, shape] of SHAPES) {
    const button = iconButton(name, text.t(`draw.${name}`), () => begin(app, shape, button));
    buttons.set(name, button);
    app.tools.append(button);
  }
  app.drawPlot = (name) => buttons.get(name).click();
  new CircleTool(app, LOOK);
  app.tools.append(
    el("hr"),
    iconButton("trash", text.t("draw.clear"), () => app.emit("clear")),
  );
}

function begin(app, shape, button) {
  app.startDrawing("plot", button, shape, {
    templineStyle: LOOK,
    hintlineStyle: LOOK,
    pathOptions: { ...LOOK, radius: 7 },
  });
  app.emit("hint", app.text.t(`draw.hint.${shape === "CircleMarker" ? "point" : "path"}`));
}

/** While something is drawn or measured, clicks select nothing. */
function startDrawing(app, purpose, button, shape, options) {
  app.map.pm.disableDraw();
  press(app, button);
  app.drawing = purpose;
  app.busy = true;
  app.map.pm.enableDraw(shape, { cursorMarker: true, ...options });
  for (const node of app.map.getContainer().querySelectorAll(".cursor-marker")) leaveToPointer(node);
}

/** The mark that follows the pointer is nothing to press: keyboards and readers of the screen pass over it. */
function leaveToPointer(node) {
  for (const name of ["role", "tabindex", "aria-describedby"]) node.removeAttribute(name);
  node.setAttribute("aria-hidden", "true");
}

/** Leave what is being drawn or measured unfinished. */
function cancelDrawing(app) {
  if (!app.drawing) return;
  app.map.pm.disableDraw();
  app.emit("hint", null);
}

function stopDrawing(app) {
  if (app.map.pm.globalDrawModeEnabled()) return;
  app.drawing = null;
  app.busy = false;
  press(app, null);
}

function press(app, pressed) {
  for (const button of app.tools.querySelectorAll("button")) button.classList.toggle("is-on", button === pressed);
}
