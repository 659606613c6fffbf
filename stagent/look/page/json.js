// JSON to unfold, every value as text.
import { h } from "./dom.js";

const LONG = 8; // entries beyond which a list is folded at first

/** The tree of a JSON value. */
export function jsonTree(value) {
  return h("div", { class: "tree", dir: "ltr" }, node(value, null, 0));
}

function node(value, name, depth) {
  const key = name === null ? [] : [h("span", { class: "key" }, h("bdi", {}, name)), ": "];
  if (typeof value !== "object" || value === null) return h("div", { class: "leaf" }, key, leaf(value));
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const [open, shut] = isList ? "[]" : "{}";
  if (!entries.length) return h("div", { class: "leaf" }, key, open + shut);
  const summary = h("summary", {}, key, open, h("span", { class: "soft" }, ` ${entries.length} `), shut);
  const details = h("details", { open: depth < 1 || (depth < 3 && entries.length <= LONG) }, summary);
  // built when it is first opened: a result can have thousands of entries
  const build = () => details.childElementCount === 1 && details.append(...entries.map(([inner, one]) => node(one, inner, depth + 1)));
  if (details.open) build();
  details.addEventListener("toggle", build);
  return details;
}

function leaf(value) {
  const kind = value === null ? "null" : typeof value;
  return h("span", { class: kind }, h("bdi", {}, JSON.stringify(value)));
}
