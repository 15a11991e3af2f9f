/* The lines of stored facilities: they make room where a workbench draws its own. */

/** Show or hide them; what the reader has switched off stays off. */
export function showStoredLines(app, wanted) {
  app.evidence.setVisible(wanted && document.getElementById("evidence-lines").checked);
}
