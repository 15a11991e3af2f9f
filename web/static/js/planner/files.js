/* Files for the reader's own folder. */

import { el } from "riskmap/dom.js";

const LONGEST = 60;

/** Hand a file to the browser's downloads and return its name. */
export function saveFile(blob, parts, ending) {
  const name = `${fileName(parts)}.${ending}`;
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return name;
}

/** Return a name of letters and digits of any script; marks, signs and control characters are left out. */
export function fileName(parts) {
  const kept = parts.map((part) => part.replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_+|_+$/g, ""));
  return [...kept.filter(Boolean).join("-")].slice(0, LONGEST).join("");
}
