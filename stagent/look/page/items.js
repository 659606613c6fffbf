// A result as a person reads it: what was found, what was wrong, or why there is nothing to be had.
import { fold, h } from "./dom.js";
import { icon } from "./icons.js";
import { itemNumber } from "./shapes.js";
import { moment, plain, written } from "./values.js";
import { both, say, sayValue } from "./words.js";

const STEPS = 6; // entries of a list that are shown at first
// Keys that stand in an item's heading, by what it is about; the first that is there.
const TITLES = ["name", "list_name", "title", "number", "date", "mode", "condition"];
const HIDDEN = new Set(["id", "location", "from_location", "to_location", "omitted"]);

/** Whether items don't show what stands at a path: "items.0.location". */
export const isHidden = (path) => HIDDEN.has(path.split(".").at(-1));

/** Values have their place in the content as ``data-path``. @param chosen the key of the item that the map shows. @param on {choose(key), fields} */
export function showItems(call, chosen, on) {
  const { content } = call.reply;
  if (content.error) return problems(content.error.problems);
  if (content.unavailable) return unavailable(content);
  const parts = [];
  if (content.about) parts.push(h("dl", { class: "facts about" }, facts(content.about, on.fields, "about")));
  if (content.note) parts.push(h("p", { class: "note", "data-path": "note" }, h("b", {}, say("note")), " ", h("bdi", {}, content.note)));
  if (!content.items.length) parts.push(h("p", { class: "soft" }, say("nothing")));
  const gap = content.items.length - Math.floor(content.items.length / 2);
  const rows = content.items.flatMap((item, i) => [
    content.omitted && i === gap ? h("li", { class: "gap soft" }, say("omitted", content.omitted)) : null,
    showItem(call, item, itemNumber(content, i), `items.${i}`, chosen, on),
  ]);
  return [...parts, h("ol", { class: "items", "data-path": "items" }, rows)];
}

function problems(list) {
  return h(
    "ul",
    { class: "problems" },
    list.map(({ parameter, problem, allowed }) =>
      h("li", {}, icon("warning"), h("div", {}, h("code", {}, h("bdi", {}, parameter)), h("p", {}, h("bdi", {}, problem)),
        h("p", { class: "soft" }, say("allowed"), " · ", h("bdi", {}, allowed)))),
    ),
  );
}

function unavailable({ reason, retry }) {
  return h("div", { class: "unable" }, icon("pause"), h("div", {}, h("p", {}, h("bdi", {}, reason)), h("p", { class: "soft" }, say(retry ? "retry" : "final"))));
}

function showItem(call, item, number, path, chosen, on) {
  const key = String(number);
  const title = TITLES.find((name) => item[name] !== undefined);
  const isOnMap = Boolean(item.location) || (call.reply.geometry ?? []).some((shape) => shape.item === number - 1);
  const heading = [
    h("span", { class: `pin-number ${item.mode ?? ""}` }, number),
    h(
      "span",
      { class: "name" },
      h("strong", { "data-path": title && `${path}.${title}` }, h("bdi", {}, title ? worded(title, item[title], on.fields) : key)),
      item.category && h("span", { class: "soft", "data-path": `${path}.category` }, h("bdi", {}, sayValue(item.category))),
      item.open_now !== undefined && openNow(item.open_now, `${path}.open_now`, on.fields),
    ),
  ];
  const rest = Object.fromEntries(Object.entries(item).filter(([name]) => name !== title && !["category", "open_now"].includes(name)));
  return h(
    "li",
    { class: `item ${key === chosen ? "chosen" : ""}`, "data-key": key },
    isOnMap
      ? h("button", { type: "button", class: "heading", "aria-pressed": String(key === chosen), onclick: () => on.choose(key) }, heading)
      : h("div", { class: "heading" }, heading),
    h("dl", { class: "facts" }, facts(rest, on.fields, path)),
    quotes(rest, on.fields, path),
    nested(call, item, number, path, chosen, on),
  );
}

function openNow(isOpen, path, fields) {
  return h("span", { class: `badge ${isOpen ? "found" : "empty"}`, "data-path": path }, `${label("open_now", fields)} ${say(isOpen ? "yes" : "no")}`);
}

const kindOf = (name, fields) => (Object.hasOwn(fields, name) ? fields[name].kind : "plain");
const label = (name, fields) => (Object.hasOwn(fields, name) ? both(fields[name]) : name);
const worded = (name, value, fields) => written(kindOf(name, fields), value);
const isQuote = (kind) => kind === "quote" || kind === "quotes";

function facts(item, fields, path) {
  return Object.entries(item)
    .filter(([name]) => !HIDDEN.has(name) && kindOf(name, fields) !== "items" && !isQuote(kindOf(name, fields)))
    .map(([name, value]) => h("div", { class: name === "rating" ? "rating" : null }, h("dt", {}, label(name, fields)), h("dd", { "data-path": `${path}.${name}` }, h("bdi", {}, worded(name, value, fields)))));
}

/** What strangers wrote: in a frame of its own, and said to be no instruction. */
function quotes(item, fields, path) {
  return Object.entries(item)
    .filter(([name]) => isQuote(kindOf(name, fields)))
    .map(([name, value]) =>
      h("figure", { class: "quote", "data-path": `${path}.${name}` }, h("figcaption", {}, `${label(name, fields)} · ${say("quote")}`),
        [value].flat().map((text, i) => h("blockquote", { "data-path": `${path}.${name}.${i}` }, h("bdi", {}, plain(text))))),
    );
}

function nested(call, item, number, path, chosen, on) {
  const lists = Object.entries(item).filter(([name, value]) => kindOf(name, on.fields) === "items" && Array.isArray(value));
  return lists.map(([name, entries]) => {
    const rows = entries.map((entry, i) => row(name, entry, `${number}.${i + 1}`, `${path}.${name}.${i}`, chosen, on));
    if (item.omitted?.[name]) rows.splice(rows.length - Math.floor(rows.length / 2), 0, h("li", { class: "gap soft" }, say("omitted", item.omitted[name])));
    const later = rows.slice(STEPS);
    return h(
      "div",
      { class: `list ${name}` },
      h("h4", {}, label(name, on.fields)),
      h("ol", {}, rows.slice(0, STEPS)),
      later.length ? fold(`more-${call.id}-${number}-${name}`, { class: "later" }, say("more", later.length), h("ol", {}, later)) : null,
    );
  });
}

/** A step, a fare, a place on a list: its name, then the rest on one line. */
function row(list, entry, key, path, chosen, on) {
  const name = ["road", "line", "name", "cabin", "mode", "road_class"].find((one) => entry[one]);
  const left = { ...entry };
  delete left[name];
  for (const hidden of HIDDEN) delete left[hidden];
  const between = left.from_name && left.to_name ? `${left.from_name} → ${left.to_name}` : "";
  if (between) (delete left.from_name, delete left.to_name);
  const words = Object.entries(left)
    .filter(([one]) => kindOf(one, on.fields) !== "items")
    .map(([one, value]) => briefly(one, value, on.fields));
  const inner = [
    h("strong", {}, h("bdi", {}, name ? sayValue(entry[name]) : between)),
    h("span", { class: "soft" }, h("bdi", {}, [name && between, ...words].filter(Boolean).join(" · "))),
  ];
  return h(
    "li",
    { class: key === chosen ? "chosen" : null, "data-path": path },
    list === "entries" && entry.location
      ? h("button", { type: "button", class: "heading", "aria-pressed": String(key === chosen), onclick: () => on.choose(key) }, inner)
      : inner,
  );
}

/** Without a label where the unit says what it is. */
function briefly(name, value, fields) {
  const kind = kindOf(name, fields);
  if (kind === "time") return moment(value).slice(6);
  if (["metres", "seconds", "yuan"].includes(kind) || ["road_class", "direction", "mode", "category"].includes(name)) return written(kind, value);
  return `${label(name, fields)} ${written(kind, value)}`;
}
