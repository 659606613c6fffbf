// The control of each kind of parameter, and what it sends. Nothing is refused here: that is the tool's, in its words.
import { h } from "./dom.js";
import { say, sayValue } from "./words.js";

const isList = (parameter) => parameter.kind === "coordinates" || parameter.kind === "choices";
export const isCoordinate = (parameter) => parameter.kind.startsWith("coordinate") || parameter.kind === "place";
export const nothing = (parameter) => (isList(parameter) ? [] : "");

/** What a field's content is as JSON; undefined where it is empty, which leaves the parameter out. */
export function read(parameter, content) {
  if (isList(parameter)) {
    const filled = content.filter((entry) => entry !== "");
    return filled.length ? filled : undefined;
  }
  if (content === "") return undefined;
  if (parameter.kind === "integer" || parameter.kind === "number") {
    return Number.isFinite(Number(content)) ? Number(content) : content; // "five" is sent as it is
  }
  return parameter.kind === "flag" ? content === "true" : content;
}

/** The inverse: a JSON value as a field's content, null where no field of this form can hold it. */
export function write(parameter, value) {
  if (value === undefined || value === null) return nothing(parameter);
  if (isList(parameter)) return Array.isArray(value) && value.every(isText) ? value : null;
  const type = { integer: "number", number: "number", flag: "boolean" }[parameter.kind] ?? "string";
  return typeof value === type ? String(value) : null;
}

const isText = (value) => typeof value === "string";

/** A default or an allowed value as a person reads it: "driving（驾车）" would be long, so the value alone. */
export const shown = (value) => (typeof value === "boolean" ? say(value ? "yes" : "no") : String(value));

/**
 * The control of a parameter.
 *
 * @param set called with the new content. @param pick called with the input that a click on the map shall fill.
 * @param regions names that a region may have. @param attributes of the input: its id, what describes it.
 */
export function control(parameter, content, { set, pick, regions, attributes }) {
  const { kind, name } = parameter;
  if (kind === "choice") return choice(parameter, content, set, attributes);
  if (kind === "choices") return choices(parameter, content, set, attributes);
  if (kind === "flag") return flag(parameter, content, set, attributes);
  if (kind === "coordinates") return coordinates(parameter, content, set, pick, attributes);
  const types = { time: "datetime-local", date: "date" };
  const input = h("input", {
    ...attributes,
    name,
    type: types[kind] ?? "text",
    value: content,
    autocomplete: "off",
    spellcheck: "false",
    inputmode: { integer: "numeric", number: "decimal" }[kind],
    list: kind === "region" || kind === "place" ? "regions" : null,
    placeholder: placeholder(parameter),
    oninput: () => set(input.value),
    onfocus: () => isCoordinate(parameter) && pick(input),
  });
  return kind === "region" || kind === "place" ? [input, suggestions(regions)] : input;
}

function placeholder(parameter) {
  if (parameter.default !== null) return say("standard", shown(parameter.default));
  return parameter.kind === "coordinate" ? say("coordinateHint") : null;
}

function suggestions(regions) {
  return h("datalist", { id: "regions" }, regions.map((name) => h("option", { value: name })));
}

function choice(parameter, content, set, attributes) {
  const unset = parameter.default === null ? say("unset") : say("standard", named(parameter.default));
  const options = [["", unset], ...parameter.allowed.map((value) => [value, named(value)])];
  const select = h(
    "select",
    { ...attributes, name: parameter.name, onchange: () => set(select.value) },
    options.map(([value, text]) => h("option", { value, selected: value === content }, text)),
  );
  return select;
}

/** "driving 驾车": what is sent, and what it means where the page knows. */
const named = (value) => (sayValue(value) === value ? value : `${value} ${sayValue(value)}`);

function choices(parameter, content, set, attributes) {
  const boxes = parameter.allowed.map((value) =>
    h("input", {
      type: "checkbox", name: parameter.name, value, checked: content.includes(value),
      onchange: () => set(boxes.filter((box) => box.checked).map((box) => box.value)),
    }),
  );
  return h(
    "div",
    { ...attributes, class: "options", role: "group", tabindex: null },
    boxes.map((box) => h("label", {}, box, h("span", {}, sayValue(box.value)))),
  );
}

function flag(parameter, content, set, attributes) {
  const texts = { "": say("standard", shown(parameter.default)), true: say("yes"), false: say("no") };
  return h(
    "div",
    { ...attributes, class: "options", role: "radiogroup" },
    ["", "true", "false"].map((value) =>
      h(
        "label",
        {},
        h("input", { type: "radio", name: parameter.name, value, checked: value === content, onchange: () => set(value) }),
        h("span", {}, texts[value]),
      ),
    ),
  );
}

/** A list of inputs, as many as are filled and as the tool needs at least. */
function coordinates(parameter, content, set, pick, attributes) {
  const least = Math.max(1, parameter.required ? parameter.least : 1);
  const entries = [...content, ...Array(Math.max(0, least - content.length)).fill("")];
  const inputs = entries.map((entry, i) =>
    h("input", {
      type: "text", name: parameter.name, value: entry, autocomplete: "off", spellcheck: "false",
      id: i ? null : attributes.id, "aria-label": say("entry", parameter.name, i + 1),
      "aria-describedby": attributes["aria-describedby"], placeholder: say("coordinateHint"),
      oninput: () => set(inputs.map((input) => input.value)),
      onfocus: () => pick(inputs[i]),
    }),
  );
  const without = (i) => inputs.map((input) => input.value).filter((_, place) => place !== i);
  const rows = inputs.map((input, i) =>
    h(
      "div",
      { class: "entry" },
      input,
      entries.length > least &&
        h("button", { type: "button", class: "round", "aria-label": say("remove", i + 1), onclick: () => set(without(i), true) }, "×"),
    ),
  );
  const add = h(
    "button",
    { type: "button", class: "quiet", onclick: () => set([...inputs.map((input) => input.value), ""], true) },
    say("add"),
  );
  return h("div", { class: "several" }, rows, entries.length < parameter.most && add);
}
