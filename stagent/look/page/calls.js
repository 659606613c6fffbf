// A list of calls, each with its result: what was called here, or what an agent called in an episode.
//
//     {id, tool, arguments, clock, reply: {outcome, content, text, geometry, seconds, cached} | null, failure}
import { h } from "./dom.js";
import { colourOf, icon } from "./icons.js";
import { showItems } from "./items.js";
import { jsonTree } from "./json.js";
import { say, sayFailure, sayTool } from "./words.js";
import { plain } from "./values.js";

const LINE = 500; // letters of arguments on a line

/**
 * Fills an element with calls in their order.
 *
 * @param list {calls, open: id of the one that is unfolded, view: "items" | "text" | "json", chosen: key of an item}
 * @param on {open(id), view(name), choose(key), again(call), fields: keys of results, tools: schemas by name}
 */
export function showCalls(element, list, on) {
  element.replaceChildren(
    ...(list.calls.length ? [] : [h("p", { class: "soft none" }, say("noCalls"))]),
    ...list.calls.map((call) => card(call, list, on)),
  );
}

function card(call, list, on) {
  const isOpen = call.id === list.open;
  const { reply, failure } = call;
  const outcome = reply ? reply.outcome : failure ? "failed" : "waiting";
  return h(
    "article",
    { class: `call ${outcome} ${isOpen ? "open" : ""}`, "data-call": call.id },
    h(
      "button",
      { type: "button", class: "head", "aria-expanded": String(isOpen), onclick: () => on.open(isOpen ? null : call.id) },
      h("span", { class: `tile ${colourOf(call.tool)}` }, icon(call.tool)),
      h("span", { class: "what" }, h("strong", {}, sayTool(call.tool)), h("span", { class: "details" }, h("bdi", {}, inShort(call.arguments)))),
      badges(call),
    ),
    isOpen && h("div", { class: "body" }, reply ? replyOf(call, list, on) : failure ? failed(failure) : h("p", { class: "soft" }, say("calling"))),
  );
}

/** Arguments on a line: their values, for their names are in the form. */
function inShort(given) {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return plain(given);
  return Object.values(given).map((value) => (Array.isArray(value) ? `[${value.map(plain).join(" ")}]` : plain(value))).join(" · ").slice(0, LINE);
}

function badges({ reply, failure }) {
  if (!reply) return failure ? h("span", { class: "badge bad" }, "×") : h("span", { class: "spinner", "aria-hidden": "true" });
  const many = reply.outcome === "found" ? say("items", reply.content.items.length + (reply.content.omitted ?? 0)) : say("outcomes")[reply.outcome];
  return h(
    "span",
    { class: "badges" },
    h("span", { class: `badge ${reply.outcome}` }, many),
    h("span", { class: "soft" }, reply.cached ? h("span", { title: say("keptHint") }, say("kept")) : null, ` ${duration(reply.seconds)}`),
  );
}

function duration(seconds) {
  if (seconds === undefined) return "";
  return say("ms", seconds < 0.01 ? (seconds * 1000).toFixed(1) : Math.round(seconds * 1000));
}

function replyOf(call, list, on) {
  const { reply } = call;
  const views = {
    items: () => showItems(call, list.chosen, on),
    text: () => h("pre", { class: "text", dir: "auto" }, reply.text),
    json: () => [
      h("h3", {}, say("sent"), " ", copier(() => JSON.stringify(call.arguments, null, 2))),
      jsonTree(call.arguments, "arguments"),
      h("h3", {}, say("views").json, " ", copier(() => JSON.stringify(reply.content, null, 2))),
      jsonTree(reply.content),
    ],
  };
  return [
    h(
      "div",
      { class: "tabs", role: "tablist" },
      Object.keys(views).map((name) =>
        h("button", { type: "button", role: "tab", "aria-selected": String(name === list.view), onclick: () => on.view(name) }, say("views")[name]),
      ),
      h("span", { class: "gap" }),
      h("button", { type: "button", class: "link", onclick: () => on.again(call) }, say("again")),
    ),
    h("div", { class: `view ${list.view}`, role: "tabpanel" }, views[list.view]()),
  ];
}

function copier(text) {
  if (!navigator.clipboard) return null; // a browser has one for this machine's own pages, and for https
  const button = h("button", {
    type: "button", class: "link",
    onclick: async () => {
      await navigator.clipboard.writeText(text());
      button.textContent = say("copied");
    },
  }, say("copy"));
  return button;
}

const failed = (failure) => h("p", { class: "fail" }, sayFailure(failure));

/** What a screen reader hears of a new result. */
export function heard(call) {
  const { reply, failure } = call;
  if (failure) return failed(failure).textContent;
  return reply ? `${sayTool(call.tool)}: ${say("outcomes")[reply.outcome]}` : say("calling");
}

