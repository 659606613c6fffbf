// JSON to unfold, every value as text.
import { h } from "./dom.js";

const LONG = 8; // entries beyond which a list is folded at first
const builders = new WeakMap(); // what fills a fold that is opened: a result can have thousands of entries

/** The tree of a JSON value; what stands in it has its place as ``data-path``, under the path given. */
export function jsonTree(value, path = "") {
  return h("div", { class: "tree", dir: "ltr" }, node(value, null, 0, path));
}

function node(value, name, depth, path) {
  const key = name === null ? [] : [h("span", { class: "key" }, h("bdi", {}, name)), ": "];
  if (typeof value !== "object" || value === null) return h("div", { class: "leaf", "data-path": path }, key, leaf(value));
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const [open, shut] = isList ? "[]" : "{}";
  if (!entries.length) return h("div", { class: "leaf", "data-path": path }, key, open + shut);
  const summary = h("summary", {}, key, open, h("span", { class: "soft" }, ` ${entries.length} `), shut);
  const details = h("details", { open: depth < 1 || (depth < 3 && entries.length <= LONG), "data-path": path }, summary);
  const under = path ? `${path}.` : "";
  const build = () => details.childElementCount === 1 && details.append(...entries.map(([inner, one]) => node(one, inner, depth + 1, under + inner)));
  if (details.open) build();
  builders.set(details, build);
  details.addEventListener("toggle", build);
  return details;
}

function leaf(value) {
  const kind = value === null ? "null" : typeof value;
  return h("span", { class: kind }, h("bdi", {}, JSON.stringify(value)));
}

/** Unfolds trees within an element down to a path; the element of what stands there, null: nothing does. */
export function unfoldTo(element, path) {
  for (;;) {
    const above = [...element.querySelectorAll(".tree [data-path]")].filter(({ dataset }) => isWithin(path, dataset.path));
    const deepest = above.reduce((one, other) => (!one || other.dataset.path.length >= one.dataset.path.length ? other : one), null);
    if (!deepest || deepest.dataset.path === path) return deepest;
    if (deepest.open || !builders.has(deepest)) return null;
    builders.get(deepest)();
    deepest.open = true;
  }
}

/** "items.0.name" is within "items.0", and all is within "". */
export const isWithin = (path, outer) => !outer || path === outer || path.startsWith(`${outer}.`);
