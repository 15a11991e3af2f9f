/* Search by name, number or coordinate. */

import { parseCoordinate } from "riskmap/coordinates.js";
import { el, fill, icon } from "riskmap/dom.js";

const PAUSE_MS = 220;
const CLOSE_ZOOM = 13;

export function create(app) {
  const { text } = app;
  const list = el("ul", {
    class: "rm-hits",
    role: "listbox",
    id: "rm-hits",
    hidden: true,
    "aria-label": text.t("search.results"),
  });
  const input = el("input", {
    type: "search",
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": list.id,
    "aria-autocomplete": "list",
    autocomplete: "off",
    placeholder: text.t("search.placeholder"),
    "aria-label": text.t("search.placeholder"),
  });
  app.regions.bar.append(el("div", { class: "rm-search", role: "search" }, icon("search"), input, list));
  new SearchBox(app, input, list);
}

class SearchBox {
  #timer = null;
  #controller = null;
  #active = -1;
  #answered = null;

  constructor(app, input, list) {
    Object.assign(this, { app, input, list, pin: null });
    input.addEventListener("input", () => this.#soon());
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("blur", () => setTimeout(() => this.#close(), 150));
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#find(this.input.value.trim()), PAUSE_MS);
  }

  async #find(wanted) {
    this.#controller?.abort();
    if (!wanted) return this.#close();
    const place = parseCoordinate(wanted);
    if (place)
      return this.#show(wanted, [{ ...place, name: `${place.lon.toFixed(6)}, ${place.lat.toFixed(6)}`, coordinate: true }]);
    this.#controller = new AbortController();
    try {
      const { hits } = await this.app.source.search(wanted, this.#controller.signal);
      this.#show(wanted, hits);
    } catch (error) {
      this.app.report(error);
    }
    return undefined;
  }

  #show(wanted, hits) {
    this.#answered = wanted;
    this.hits = hits;
    this.#active = hits.length ? 0 : -1;
    const rows = hits.length
      ? hits.map((hit, i) => this.#row(hit, i))
      : el("li", { class: "rm-muted" }, this.app.text.t("search.none"));
    fill(this.list, rows);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#mark();
  }

  #row(hit, i) {
    const kind = hit.coordinate ? this.app.text.t("search.coordinate") : this.app.layerName(hit.layer);
    return el(
      "li",
      {
        role: "option",
        id: `rm-hit-${i}`,
        onmousedown: (event) => {
          event.preventDefault();
          this.#choose(hit);
        },
      },
      el("span", { class: "rm-hit-name" }, hit.name || hit.id),
      el("span", { class: "rm-hit-kind" }, kind),
    );
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.hits?.length) {
      event.preventDefault();
      this.#active = (this.#active + step + this.hits.length) % this.hits.length;
      this.#mark();
    } else if (event.key === "Enter") this.#enter();
    else if (event.key === "Escape") this.#close();
  }

  /** Choose what is marked; what is typed faster than it is looked up is looked up first. */
  async #enter() {
    const wanted = this.input.value.trim();
    if (wanted !== this.#answered) {
      clearTimeout(this.#timer);
      await this.#find(wanted);
    }
    if (wanted === this.#answered && !this.list.hidden && this.#active >= 0) this.#choose(this.hits[this.#active]);
  }

  #mark() {
    [...this.list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === this.#active)));
    this.input.setAttribute("aria-activedescendant", this.#active >= 0 ? `rm-hit-${this.#active}` : "");
  }

  #choose(hit) {
    this.#close();
    this.pin?.remove();
    if (hit.coordinate) this.#goTo(hit, true);
    else this.app.emit("open", { layer: hit.layer, id: hit.id, then: () => this.#goTo(hit, false) });
  }

  #goTo({ lon, lat }, marked) {
    if (lon === null) return;
    const { map } = this.app;
    map.setView([lat, lon], Math.max(map.getZoom(), CLOSE_ZOOM));
    if (marked)
      this.pin = L.circleMarker([lat, lon], {
        radius: 14,
        color: "#111",
        weight: 2,
        fill: false,
        interactive: false,
      }).addTo(map);
  }

  #close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
