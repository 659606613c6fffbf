// What kinds of places the map shows: a switch a group, and one a kind within it.
import { h } from "./dom.js";
import { colourOf, icon } from "./icons.js";
import { both, say } from "./words.js";

/** Categories as the server sends them, key -> {zh, en, parent, count, own}: what is at the top, what is shown. */
export class Kinds {
  constructor(categories) {
    this.categories = categories;
    this.off = new Set(); // kinds that are switched off
  }

  top(key) {
    let above = key;
    while (this.categories[above]?.parent) above = this.categories[above].parent;
    return above;
  }

  groups() {
    const tops = Object.keys(this.categories).filter((key) => !this.categories[key].parent);
    return tops.sort((one, other) => this.categories[other].count - this.categories[one].count);
  }

  /** The kinds of a group that places have, the group itself where some have no finer one. */
  within(group) {
    const own = Object.keys(this.categories).filter((key) => this.categories[key].own && this.top(key) === group);
    return own.sort((one, other) => this.categories[other].own - this.categories[one].own);
  }

  isShown = ({ category }) => !this.off.has(category);

  set(keys, isOn) {
    for (const key of keys) this.off[isOn ? "delete" : "add"](key);
  }
}

/** @param on {changed(), lines: {has, shown, set(isOn)}}; built anew after a change of language alone. */
export function showLegend(element, kinds, on) {
  const rows = kinds.groups().map((group) => groupRow(kinds, group, on));
  const all = (isOn) => () => {
    kinds.set(Object.keys(kinds.categories), isOn);
    rows.forEach((row) => row.update());
    on.changed();
  };
  element.replaceChildren(
    h(
      "div",
      { class: "legend-head" },
      h("button", { type: "button", class: "link", onclick: all(true) }, say("all")),
      h("button", { type: "button", class: "link", onclick: all(false) }, say("none")),
    ),
    ...(on.lines.has ? [lineRow(on)] : []),
    ...rows.map((row) => row.element),
  );
}

function lineRow(on) {
  const box = h("input", { type: "checkbox", checked: on.lines.shown, name: "lines", onchange: () => on.lines.set(box.checked) });
  return h("label", { class: "kind" }, box, h("i", { class: "line-sample" }), h("span", {}, say("transit")));
}

function groupRow(kinds, group, on) {
  const { count } = kinds.categories[group];
  const own = kinds.within(group);
  const box = h("input", {
    type: "checkbox", name: group,
    onchange: () => {
      kinds.set(own, box.checked);
      update();
      on.changed();
    },
  });
  const inner = own.map((key) => {
    const one = h("input", { type: "checkbox", name: key, onchange: () => (kinds.set([key], one.checked), update(), on.changed()) });
    return [key, one];
  });
  const update = () => {
    const shown = own.filter((key) => !kinds.off.has(key)).length;
    box.checked = shown > 0;
    box.indeterminate = shown > 0 && shown < own.length;
    for (const [key, one] of inner) one.checked = !kinds.off.has(key);
  };
  update();
  const name = both(kinds.categories[group]);
  const label = h("label", { class: "kind" }, box, h("i", { class: colourOf(group) }, icon(group)), h("span", {}, name), h("small", {}, count));
  const finer = h(
    "details",
    {},
    h("summary", { "aria-label": say("showKinds", name) }),
    inner.map(([key, one]) => h("label", { class: "kind finer" }, one, h("span", {}, both(kinds.categories[key])), h("small", {}, kinds.categories[key].own))),
  );
  return { element: h("div", { class: "group" }, label, own.length > 1 ? finer : null), update };
}
