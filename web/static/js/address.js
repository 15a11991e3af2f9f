/* The view as the fragment of an address: #zoom/lat/lng&on=…&off=…: who opens it sees the same. */

const PLACE = /^#(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)(?:&(.*))?$/s;

/** Return what an address says of the view; what it does not say is null or empty. */
export function readAddress(hash = location.hash) {
  const [, zoom, lat, lng, rest = ""] = PLACE.exec(decodedDelimiters(hash)) ?? [];
  const said = new URLSearchParams(rest);
  const listed = (name) => said.get(name)?.split(",") ?? [];
  return {
    place: zoom === undefined ? null : { zoom: Number(zoom), lat: Number(lat), lng: Number(lng) },
    on: new Set(listed("on")),
    off: new Set(listed("off")),
    opacity: new Map(listed("opacity").flatMap(readOpacity)),
    base: said.get("base"),
    rasters: new Set(listed("rasters")),
    grid: listed("grid"),
    at: said.get("at"),
    bench: said.get("bench"),
    select: readFeature(said.get("select")),
  };
}

/** Return the fragment for a view, in the form that readAddress takes. */
export function writeAddress({ place, on, off, opacity, base, rasters, grid, at, bench, select }) {
  const { zoom, lat, lng } = place;
  const said = new URLSearchParams();
  const say = (name, words) => words && said.append(name, words);
  say("on", [...on].join(","));
  say("off", [...off].join(","));
  say("opacity", [...opacity].map(([slug, share]) => `${slug}:${share}`).join(","));
  say("base", base);
  say("rasters", [...rasters].join(","));
  say("grid", grid.join(","));
  say("at", at);
  say("bench", bench);
  say("select", select && `${select.layer}/${select.id}`);
  const rest = said.toString().replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%2F", "/");
  return `#${rounded(zoom)}/${lat.toFixed(5)}/${lng.toFixed(5)}${rest && `&${rest}`}`;
}

/** Some programs that pass addresses on escape what needs no escape. */
function decodedDelimiters(hash) {
  return hash.replace(/^#[^&]*?(?=&|%26|$)/, (place) => place.replaceAll("%2F", "/")).replace("%26", "&");
}

function readOpacity(pair) {
  const [slug, share] = pair.split(":");
  const opacity = Number(share);
  return opacity >= 0.1 && opacity <= 1 ? [[slug, opacity]] : [];
}

function readFeature(path) {
  const [, layer, id] = /^(\w+)\/(.+)$/s.exec(path ?? "") ?? [];
  return layer ? { layer, id } : null;
}

function rounded(zoom) {
  return Number(zoom.toFixed(2));
}
