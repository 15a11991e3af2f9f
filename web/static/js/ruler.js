/* A distance drawn against its limit, with its doubt. */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 46;
const LEFT = 8;
const AXIS_Y = 24;

/** Return the picture of a finding's distance: the limit's zone, the measured point, the doubt as a whisker. */
export function ruler(text, { distance_m: distance, limit_m: limit, doubt_m: doubt }) {
  const most = Math.max(limit * 1.35, distance * 1.12, Math.min(distance + (doubt ?? 0), limit * 3));
  const x = (metres) => LEFT + (Math.min(Math.max(metres, 0), most) / most) * (WIDTH - 2 * LEFT);
  const svg = draw("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    class: "rm-ruler",
    role: "img",
    "aria-label": text.t("ruler.label", {
      distance: text.metres(distance),
      doubt: text.doubt(doubt),
      limit: text.metres(limit),
    }),
  });
  svg.append(
    draw("rect", { x: LEFT, y: AXIS_Y - 7, width: x(limit) - LEFT, height: 14, class: "rm-ruler-zone" }),
    draw("line", { x1: LEFT, x2: WIDTH - LEFT, y1: AXIS_Y, y2: AXIS_Y, class: "rm-ruler-axis" }),
    draw("line", { x1: x(limit), x2: x(limit), y1: AXIS_Y - 11, y2: AXIS_Y + 11, class: "rm-ruler-limit" }),
  );
  if (doubt !== null && doubt !== undefined) svg.append(whisker(x(distance - doubt), x(distance + doubt)));
  svg.append(
    draw("circle", { cx: x(distance), cy: AXIS_Y, r: 5, class: "rm-ruler-point" }),
    label(x(limit), HEIGHT - 2, text.metres(limit)),
    label(x(distance), 9, text.metres(distance)),
  );
  return svg;
}

function whisker(from, to) {
  return draw("path", {
    d: `M${from} ${AXIS_Y - 5}v10M${from} ${AXIS_Y}H${to}M${to} ${AXIS_Y - 5}v10`,
    class: "rm-ruler-doubt",
  });
}

function label(x, y, words) {
  const anchor = x < 50 ? "start" : x > WIDTH - 50 ? "end" : "middle";
  const node = draw("text", { x, y, "text-anchor": anchor });
  node.textContent = words;
  return node;
}

function draw(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
