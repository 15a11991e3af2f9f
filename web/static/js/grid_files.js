/* The grid on the screen as a file; a large one is written by a job first. */

import { el, fill } from "riskmap/dom.js";
import { ProgressBar, followJob } from "riskmap/jobs.js";

const FORMATS = ["csv", "parquet", "gpkg", "tif"];
const AT_ONCE = 100000; // cells

/** Return the links; `shown` gives the run that is on the screen. */
export function downloads(app, shown) {
  const slot = el("div", {});
  const link = (format) => {
    const download = el(
      "a",
      { href: "#", class: "rm-link", onclick: (event) => fetchFile(app, shown(), format, event, slot) },
      app.text.t(`grids.file.${format}`),
    );
    return download;
  };
  return el("div", { class: "rm-grid-files" }, app.text.t("grids.files"), FORMATS.map(link), slot);
}

/** Let the link have its file where that is written at once, else write it first. */
function fetchFile(app, run, format, event, slot) {
  const link = event.currentTarget;
  if (run && run.cells <= AT_ONCE) {
    link.href = `${app.source.apiUrl}/grids/${encodeURIComponent(run.id)}/cells.${format}`;
    link.download = "";
    return;
  }
  event.preventDefault();
  if (run) write(app, run, format, slot);
}

async function write(app, run, format, slot) {
  const { text, source } = app;
  const controller = new AbortController();
  const bar = new ProgressBar(text, text.t("grids.writing"), () => controller.abort());
  fill(slot, bar.node);
  try {
    const job = await source.post(`/grids/${encodeURIComponent(run.id)}/exports`, { format });
    await followJob(app, job, { onstatus: (status) => bar.show(status), signal: controller.signal });
    const { files } = await source.get(`/jobs/${encodeURIComponent(job.id)}`);
    fill(slot, files.map((file) => el("a", { href: file.href, download: "", class: "rm-link" }, file.name)));
  } catch (error) {
    fill(slot, error.name === "AbortError" ? null : el("p", { class: "rm-warning", role: "alert" }, error.message));
  }
}
