/* What a decision still needs, in words: "subject.FIELD", "LAYER/ID.FIELD" or "layer LAYER". */

/** Return a need of a finding as a reader understands it; one of an unknown form as it stands. */
export function describeNeed(app, need) {
  const { text } = app;
  const layer = /^layer (\w+)$/.exec(need);
  if (layer) return text.t("need.layer", { layer: app.layerName(layer[1]) });
  const subject = /^subject\.(\w+)$/.exec(need);
  if (subject) return text.t("need.subject", { field: fieldName(app, app.layers, subject[1]) });
  const target = /^(\w+)\/(.+)\.(\w+)$/.exec(need);
  if (!target) return need;
  const [, slug, id, field] = target;
  const layers = app.layers.filter((one) => one.slug === slug);
  return text.t("need.target", { layer: app.layerName(slug), id, field: fieldName(app, layers, field) });
}

/** Return the label of a field in the first of some layers that has it, else its name. */
function fieldName(app, layers, name) {
  const field = layers.flatMap((layer) => layer.fields).find((one) => one.name === name);
  return field ? app.text.pick(field) : name;
}
