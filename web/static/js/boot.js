/* The one global of the page. Folium's script fills it while the page is read; app.js empties it. */
"use strict";

globalThis.RiskMap = {
  map: null,
  config: null,
  controls: [],
  open(map, config) {
    this.map = map;
    this.config = config;
  },
  add(component, map, options) {
    this.controls.push({ component, options });
  },
};
