// Elements from data: text goes in as text nodes, never as markup.

/** h("p", {class: "soft", onclick: go}, "text", element) -> the element; null and false are left out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same in the SVG namespace. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

export const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return element;
}

const folds = new Map(); // id -> whether a person opened or shut it

/** A part to unfold, which stays as a person left it when it is built anew. */
export function fold(id, { class: name, isOpen = false }, title, ...children) {
  const open = folds.get(id) ?? isOpen;
  const element = h("details", { id, class: name, open }, h("summary", {}, title), ...children);
  element.addEventListener("toggle", () => element.isConnected && folds.set(id, element.open));
  return element;
}
