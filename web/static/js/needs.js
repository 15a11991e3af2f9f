/* What a decision still needs, in words. */

/** The forms of a need, and how each is said. */
const FORMS = [
  [/^layer (\w+)$/, (app, slug) => app.text.t("need.layer", { layer: app.layerName(slug) })],
  [
    /^layer (\w+)\.(\w+)$/,
    (app, slug, field) =>
      app.text.t("need.layer_field", { layer: app.layerName(slug), field: fieldName(app, field, slug) }),
  ],
  [/^raster (\w+)$/, (app, kind) => app.text.t("need.raster", { kind: app.text.word("raster_kind", kind) })],
  [/^table (.+)$/, (app, table) => app.text.t("need.table", { table })],
  [/^subject\.(\w+)$/, (app, field) => app.text.t("need.subject", { field: fieldName(app, field) })],
  [
    /^(\w+)\/(.+)\.([a-z]\w*)$/,
    (app, slug, id, field) =>
      app.text.t("need.target", { layer: app.layerName(slug), id, field: fieldName(app, field, slug) }),
  ],
  [/^(\w+)\/(.+)$/, (app, slug, id) => app.text.t("need.feature", { layer: app.layerName(slug), id })],
];

/** Return a need of a finding as a reader understands it; one of an unknown form as it stands. */
export function describeNeed(app, need) {
  for (const [form, say] of FORMS) {
    const parts = form.exec(need);
    if (parts) return say(app, ...parts.slice(1));
  }
  return need;
}

/** Return the needs of several findings in words: each once, those that most findings share first. */
export function sharedNeeds(app, findings) {
  const counts = new Map();
  for (const need of findings.flatMap((finding) => [...new Set(finding.needs)])) {
    const words = describeNeed(app, need);
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts].map(([words, count]) => ({ words, count })).sort((a, b) => b.count - a.count);
}

/** Return the label of a field of a layer, or of the first layer that has it; else its name. */
export function fieldName(app, name, slug = null) {
  const layers = slug ? app.layers.filter((layer) => layer.slug === slug) : app.layers;
  const field = layers.flatMap((layer) => layer.fields).find((one) => one.name === name);
  return field ? app.text.pick(field) : (app.text.find(`field.${name}`) ?? name);
}
