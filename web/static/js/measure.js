/* Measures lengths and areas along geodesics of the CGCS2000 ellipsoid. */

import { el, iconButton } from "riskmap/dom.js";
import { pathLength, ringArea } from "riskmap/geodesy.js";

const LOOK = { color: "#1d1d1f", weight: 2.5, dashArray: "2 6", fillColor: "#1d1d1f", fillOpacity: 0.06 };

export function create(app) {
  const { text } = app;
  const tool = new MeasureTool(app);
  app.tools = el("div", { class: "rm-tools", role: "toolbar", "aria-label": text.t("region.tools") });
  app.regions.map.append(app.tools);
  app.tools.append(
    el("hr"),
    iconButton("ruler", text.t("measure.length"), (event) => tool.start("Line", event.currentTarget)),
    iconButton("area", text.t("measure.area"), (event) => tool.start("Polygon", event.currentTarget)),
  );
}

class MeasureTool {
  constructor(app) {
    this.app = app;
    this.group = L.layerGroup().addTo(app.map);
    app.on("clear", () => this.group.clearLayers());
    app.map.on("pm:create", ({ layer, shape }) => app.drawing === "measure" && this.#finish(layer, shape));
    app.map.on(
      "pm:drawstart",
      ({ workingLayer }) =>
        app.drawing === "measure" && workingLayer.on("pm:vertexadded", () => this.#follow(workingLayer)),
    );
  }

  /** Let the reader click a path or a ring; a double click ends it. */
  start(shape, button) {
    this.group.clearLayers();
    this.app.startDrawing("measure", button, shape, { templineStyle: LOOK, hintlineStyle: LOOK, pathOptions: LOOK });
    this.app.emit("hint", this.app.text.t("measure.hint"));
  }

  #follow(layer) {
    const path = layer.getLatLngs().flat();
    if (path.length > 1) this.app.emit("hint", this.app.text.length(pathLength(path)));
  }

  #finish(layer, shape) {
    this.app.stopDrawing();
    layer.pm?.disable();
    const words =
      shape === "Line" ? this.app.text.length(pathLength(layer.getLatLngs())) : this.#areaText(layer.getLatLngs()[0]);
    layer.options.interactive = false;
    layer.bindTooltip(() => el("span", {}, words), { permanent: true, direction: "center", className: "rm-distance" });
    this.group.addLayer(layer);
    this.app.emit("hint", words);
  }

  #areaText(ring) {
    const { area, perimeter } = ringArea(ring);
    const { text } = this.app;
    return text.t("measure.area_result", { area: text.area(area), perimeter: text.length(perimeter) });
  }
}
