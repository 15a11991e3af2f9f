/* Elements of the page. Text always goes in as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Return a new element; strings among the children become text nodes, null ones are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  append(node, children);
  return node;
}

function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "class") node.className = value;
  else if (name === "dataset") Object.assign(node.dataset, value);
  else if (name === "value") node.value = value;
  else if (name === "style")
    for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
  else node.setAttribute(name, value === true ? "" : value);
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Replace all that an element holds. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
  return node;
}

const ICONS = {
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 21 21",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  home: "M4 11 12 4l8 7M6 10v10h12V10",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  ruler: "M3 16 16 3l5 5L8 21zM7 12l2 2M10 9l2 2M13 6l2 2",
  area: "M4 4h16v16H4zM4 10l6-6M4 16 16 4M4 20 20 4M10 20l10-10M16 20l4-4",
  point: "M12 3a6 6 0 0 1 6 6c0 5-6 12-6 12S6 14 6 9a6 6 0 0 1 6-6M12 7.5v3",
  line: "M4 19 10 9l5 5 5-10",
  polygon: "M6 5h11l3 8-8 7-8-6z",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
  close: "M6 6l12 12M18 6 6 18",
  left: "M14 6l-6 6 6 6",
  layers: "M12 4 3 9l9 5 9-5zM3 14l9 5 9-5",
  right: "M10 6l6 6-6 6",
  circle: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 12h8M11.5 12h1",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 7.5V12l3.5 2",
  swipe: "M4 5h16v14H4zM12 3v18M7 12h2M15 12h2M8.5 10.5 7 12l1.5 1.5M15.5 10.5 17 12l-1.5 1.5",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  share: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1.2 1.2M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2",
  leave: "M14 4H5v16h9M10 12h10M16.5 8.5 20 12l-3.5 3.5",
  target: "M12 2v5M12 17v5M2 12h5M17 12h5M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8",
};

/** Return a line icon; decorative, the control carries the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "rm-icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Return a button with an icon, named for screen readers and by its tooltip. */
export function iconButton(name, label, onclick, attributes = {}) {
  return el(
    "button",
    { type: "button", class: "rm-tool", title: label, "aria-label": label, onclick, ...attributes },
    icon(name),
  );
}
