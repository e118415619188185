// Elements and text. Whatever a message says becomes a text node here, never markup: no other
// file makes elements, and none of them has a way to parse HTML.

const HANDLERS = [
  "onchange", "onclick", "onclose", "oncompositionend", "oninput", "onkeydown", "onsubmit",
];
// What the browser or the person set on a live element, and a fresh one can't know.
const RUNTIME = new Set(["open", "style", "aria-expanded"]);

/** An element. `tag` may carry classes ("div.a.b"); functions in `props` are event handlers. */
export function el(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  back: "M15 5l-7 7 7 7",
  caret: "M7 10l5 5 5-5",
  close: "M6 6l12 12M18 6L6 18",
  down: "M12 5v14M6 13l6 6 6-6",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5z",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  hash: "M9 4L7 20M17 4l-2 16M4.5 9h16M3.5 15h16",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3",
  menu: "M4 7h16M4 12h16M4 17h16",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  person: "M12 4a4 4 0 100 8 4 4 0 000-8zM4.5 20c.7-3.6 3.6-5.5 7.500-5.500s6.800 1.900 7.500 5.500",
  reply: "M20 5H4v11h4v4l5-4h7z",
  send: "M4 12l16-7-6 15-3-6z",
  smile: "M12 3.500a8.500 8.500 0 100 17 8.500 8.500 0 000-17zM8.500 14.500c1.800 2.200 5.200 2.200 7 0M9 9.500h.01M15 9.500h.01",
};

/** A line drawing that says nothing by itself: the element around it carries the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** The address if a person may follow it, else null: no `javascript:`, no `data:`. */
export function safeAddress(text) {
  if (!URL.canParse(text)) return null;
  return ["http:", "https:", "mailto:", "tel:"].includes(new URL(text).protocol) ? text : null;
}

/** Makes `old` look like `fresh` and keeps the nodes that are the same: with them focus, scroll
 * positions, what is typed and pictures that are loaded. `data-key` tells siblings apart. */
export function morph(old, fresh) {
  if (old.nodeName !== fresh.nodeName || keyOf(old) !== keyOf(fresh)) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  morphAttributes(old, fresh);
  for (const name of HANDLERS) old[name] = fresh[name];
  morphChildren(old, fresh);
}

const keyOf = (node) => node.dataset?.key;

function morphAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (!RUNTIME.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!RUNTIME.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  if (fresh.style.cssText !== old.style.cssText) old.style.cssText = fresh.style.cssText;
}

function morphChildren(old, fresh) {
  const wanted = new Set([...fresh.childNodes].map(keyOf));
  const keyed = new Map();
  for (const child of [...old.childNodes]) {
    if (keyOf(child) === undefined) continue;
    if (wanted.has(keyOf(child))) keyed.set(keyOf(child), child);
    else child.remove();
  }
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const same = keyOf(child) === undefined ? unkeyed(place) : keyed.get(keyOf(child));
    if (!same) old.insertBefore(child, place);
    else if (same === place) place = place.nextSibling;
    else old.insertBefore(same, place);
    if (same) morph(same, child);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

const unkeyed = (node) => (node && keyOf(node) === undefined ? node : null);
