/* Draws a plot and has it checked against the rules. */

import { CheckForm } from "riskmap/check.js";
import { el, iconButton } from "riskmap/dom.js";

const LOOK = { color: "#111111", weight: 2.2, dashArray: "6 3", fillColor: "#111111", fillOpacity: 0.08 };
const SHAPES = [
  ["point", "CircleMarker"],
  ["line", "Line"],
  ["polygon", "Polygon"],
];

export function create(app) {
  const { text } = app;
  const plot = L.layerGroup().addTo(app.map);
  const form = new CheckForm(app, plot);
  app.map.pm.setLang(text.lang);
  app.map.pm.setGlobalOptions({ continueDrawing: false, snappable: true, snapDistance: 12 });
  app.startDrawing = (purpose, button, shape, options) => startDrawing(app, purpose, button, shape, options);
  app.stopDrawing = () => stopDrawing(app);
  app.map.on("pm:drawend", () => setTimeout(() => app.stopDrawing()));
  app.map.on("pm:create", ({ layer }) => {
    if (app.drawing !== "plot") return;
    app.stopDrawing();
    layer.remove();
    form.open(layer);
    plot.clearLayers().addLayer(layer);
  });
  app.tools.append(el("hr"));
  for (const [name, shape] of SHAPES)
    app.tools.append(iconButton(name, text.t(`draw.${name}`), (event) => begin(app, shape, event.currentTarget)));
  app.tools.append(
    el("hr"),
    iconButton("trash", text.t("draw.clear"), () => {
      form.close();
      app.emit("clear");
    }),
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
