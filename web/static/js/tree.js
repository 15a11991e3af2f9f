/* Layer tree by theme: switch, legend, opacity, count, date and accuracy of each layer. */

import { el, fill } from "riskmap/dom.js";
import { OWN_CONTROL, layerStyle } from "riskmap/styles.js";
import { layerSwatch } from "riskmap/swatch.js";

/** Themes in the order of the tree. */
export const THEMES = [
  "base",
  "enterprises",
  "tailings",
  "parks",
  "pipelines",
  "rivers",
  "targets",
  "zones",
  "grids",
  "findings",
];

/** Fill the layers' tab as soon as the layers are known. */
export function create(app) {
  const panel = app.tabs.add("layers", app.text.t("tab.layers"));
  const tree = el("div", { class: "rm-tree" }, el("p", { class: "rm-muted" }, app.text.t("state.loading")));
  panel.append(tree);
  const show = (layers) =>
    fill(
      tree,
      THEMES.map((theme) => themeBlock(app, theme, layers)),
      emptyBlock(app, layers),
    );
  app.on("layers", show);
  app.on("moment", ({ counts }) => show(counts ? app.layers.map((layer) => asThen(app, layer, counts)) : app.layers));
  app.on("drawn", () => markCoverage(app, tree));
}

/** A layer as it was: how much it held is known, its newest date and accuracy are those of today and left out. */
function asThen(app, layer, counts) {
  const count = counts[layer.slug] ?? 0;
  if (count && !layer.count && layerStyle(layer.slug).on) app.features.setVisible(layer.slug, true);
  return { ...layer, count, newest: null, accuracy_min_m: null, accuracy_unknown: 0, illustrative: 0 };
}

function themeBlock(app, theme, layers) {
  const rows = shownLayers(layers).filter((layer) => layer.theme === theme && layer.count > 0);
  const slot = app.slots[theme];
  if (!rows.length && !slot.childNodes.length) return null;
  return el(
    "details",
    { class: "rm-theme", open: true, dataset: { theme } },
    el("summary", {}, app.text.t(`theme.${theme}`)),
    slot,
    el(
      "ul",
      { class: "rm-rows" },
      rows.map((layer) => layerRow(app, layer)),
    ),
  );
}

function shownLayers(layers) {
  return layers.filter((layer) => !OWN_CONTROL.has(layer.slug) && layer.geometry.length);
}

function layerRow(app, layer) {
  const { text } = app;
  const name = text.pick(layer);
  const box = el("input", {
    type: "checkbox",
    id: `layer-${layer.slug}`,
    onchange: () => app.features.setVisible(layer.slug, box.checked),
  });
  box.checked = app.features.isVisible(layer.slug);
  return el(
    "li",
    { class: "rm-row", dataset: { slug: layer.slug } },
    el(
      "label",
      { for: box.id },
      box,
      layerSwatch(layer),
      el("span", { class: "rm-row-name" }, name),
      illustrativeBadge(app, layer),
    ),
    el("span", { class: "rm-count" }, text.number(layer.count)),
    el(
      "details",
      { class: "rm-row-more" },
      el(
        "summary",
        { title: text.t("tree.more", { name }) },
        facts(app, layer),
      ),
      opacitySlider(app, layer, name),
    ),
  );
}

function illustrativeBadge(app, layer) {
  return layer.illustrative
    ? el(
        "span",
        {
          class: "rm-badge is-example",
          title: app.text.t("illustrative.some", { n: layer.illustrative, total: layer.count }),
        },
        app.text.t("illustrative.badge"),
      )
    : null;
}

function facts(app, layer) {
  const { text } = app;
  if (app.moment) return text.t("tree.then", { day: app.moment });
  return [text.day(layer.newest), accuracy(text, layer)].filter(Boolean).join(" · ");
}

function accuracy(text, layer) {
  const { accuracy_min_m: least, accuracy_max_m: most, accuracy_unknown: unknown } = layer;
  const parts = [];
  if (least !== null && least !== undefined) {
    parts.push(
      least === most
        ? text.t("accuracy.one", { m: text.number(least) })
        : text.t("accuracy.range", { least: text.number(least), most: text.number(most) }),
    );
  }
  if (unknown) parts.push(text.t("accuracy.unknown_count", { n: unknown === true ? "" : text.number(unknown) }));
  return parts.join(text.t("list.separator"));
}

function opacitySlider(app, layer, name) {
  const slider = el("input", {
    type: "range",
    min: "0.1",
    max: "1",
    step: "0.1",
    value: String(app.features.opacityOf(layer.slug)),
    "aria-label": app.text.t("tree.opacity", { name }),
    oninput: () => app.features.setOpacity(layer.slug, Number(slider.value)),
  });
  return el("label", { class: "rm-opacity" }, app.text.t("tree.opacity_short"), slider);
}

function emptyBlock(app, layers) {
  const empty = shownLayers(layers).filter((layer) => layer.count === 0);
  if (!empty.length) return null;
  return el(
    "details",
    { class: "rm-theme is-empty" },
    el("summary", {}, app.text.t("tree.empty", { n: empty.length })),
    el("p", { class: "rm-muted" }, empty.map((layer) => app.text.pick(layer)).join(app.text.t("list.separator"))),
  );
}

function markCoverage(app, tree) {
  for (const row of tree.querySelectorAll(".rm-row[data-slug]")) {
    const { slug } = row.dataset;
    const waiting = app.features.isVisible(slug) && app.map.getZoom() < (layerStyle(slug).minZoom ?? 0);
    row.classList.toggle("is-waiting", waiting);
    row.title = waiting ? app.text.t("tree.zoom_in") : "";
  }
}
