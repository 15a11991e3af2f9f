/* Administrative areas as the panels name them. */

/** Stands for all that is stored. */
export const WHOLE = "all";

/** Return what an area is called. */
export function areaName(text, { adcode, name }) {
  return adcode === WHOLE ? text.t("overview.whole") : name || text.t("overview.unnamed", { adcode });
}
