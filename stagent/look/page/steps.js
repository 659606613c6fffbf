// The steps of a conversation: what a user said, what was called, what was answered; unknown ones as their JSON.
import { showCalls } from "./calls.js";
import { h } from "./dom.js";
import { isHidden } from "./items.js";
import { jsonTree, unfoldTo } from "./json.js";
import { legible, marked } from "./legible.js";
import { isDerived } from "./witness.js";
import { say } from "./words.js";

const LONGEST = 20_000; // letters of a text that are shown at first
const MOST_LISTED = 50; // claims below an answer

/**
 * Fills a step's element.
 *
 * @param list {trajectory, opened: Map of step -> view, drawn: the step on the map, chosen: key of its item, whole: Set}
 * @param on {fold(i), view(i, name), choose(i, key), again(call), whole(i), fields}
 */
export function showStep(element, i, list, on) {
  const step = list.trajectory.steps[i];
  const thought = step.thought && h("p", { class: "thought" }, h("span", { class: "hidden" }, `${say("thought")}: `), long(step.thought, i, list, on));
  element.className = `step of-${step.role || "unknown"}`;
  try {
    element.replaceChildren(...[thought, ...content(step, i, list, on)].filter(Boolean));
  } catch {
    element.replaceChildren(unknown(step)); // a result can have any shape
  }
}

function content(step, i, list, on) {
  if (step.role === "user") return [h("p", { class: "said", "data-path": "text" }, long(step.text, i, list, on))];
  if (step.role === "answer") return answer(step, i, list, on);
  return [step.call ? calls(step.call, i, list, on) : unknown(step)];
}

function unknown({ raw }) {
  return h("div", { class: "raw" }, h("p", { class: "soft" }, say("unknownStep")), jsonTree(raw));
}

function calls(call, i, { opened, drawn, chosen }, on) {
  const element = h("div", {});
  const shown = { calls: [call], open: opened.has(i) ? call.id : null, view: opened.get(i) ?? "items", chosen: drawn === i ? chosen : null };
  showCalls(element, shown, {
    open: () => on.fold(i),
    view: (name) => on.view(i, name),
    choose: (key) => on.choose(i, key),
    again: on.again,
    fields: on.fields,
  });
  element.firstChild.classList.toggle("drawn", drawn === i);
  return element;
}

function answer(step, i, list, on) {
  const { trajectory } = list;
  const own = trajectory.answers.indexOf(i);
  const claims = (trajectory.score?.claims ?? []).map((claim, index) => ({ ...claim, index })).filter((claim) => claim.answer === own);
  const letters = [...step.text];
  const most = list.whole.has(i) ? letters.length : LONGEST;
  const inside = claims.filter(({ end }) => end <= most || end > letters.length);
  const { parts, left } = marked(letters.slice(0, most), inside, (index, words) => mark(trajectory.score.claims[index], index, words));
  const listed = claims.filter(({ index, holds }) => !holds || left.includes(index));
  return [
    h("p", { class: "words" }, parts, letters.length > most && more(letters.length, i, on)),
    listed.length > 0 &&
      h(
        "ul",
        { class: "claims" },
        listed.slice(0, MOST_LISTED).map((claim) => h("li", {}, mark(claim, claim.index, legible(claim.text.slice(0, 200))), " ", h("span", { class: "why" }, legible(claim.why.slice(0, 300))))),
        listed.length > MOST_LISTED && h("li", { class: "soft" }, say("more", listed.length - MOST_LISTED)),
      ),
  ];
}

function mark({ holds, how }, index, words) {
  const kind = !holds ? "bad" : isDerived(how) ? "derived" : "given";
  return h("mark", { class: `claim ${kind}`, tabindex: "0", role: "button", "data-claim": index }, words);
}

/** A text, of a very long one its beginning. */
function long(text, i, list, on) {
  if (text.length <= LONGEST || list.whole.has(i)) return legible(text);
  return [legible(text.slice(0, LONGEST)), more(text.length, i, on)].flat();
}

const more = (letters, i, on) => h("button", { type: "button", class: "link", onclick: () => on.whole(i) }, say("wholeText", letters));

/** Where a value stands in a step's element, unfolded; null: it isn't shown there. */
export function valueAt(element, path) {
  const own = [...element.querySelectorAll("[data-path]")];
  // a row of a list shows its entry's values without places of their own
  const rowPath = path.split(".").slice(0, -1).join(".");
  const found = own.find(({ dataset }) => dataset.path === path) ?? own.find((one) => one.matches("li, figure") && one.dataset.path === rowPath && !isHidden(path));
  const place = found ?? unfoldTo(element, path);
  for (let fold = place?.closest("details"); fold && element.contains(fold); fold = fold.parentElement.closest("details")) fold.open = true;
  return place;
}

/** The key of the item that a path leads into, as the map has it: "items.2.name" -> "3", "items.0.entries.1" -> "1.2". */
export function itemKey(path, numberOf) {
  const [, item, entry] = path.match(/^items\.(\d+)(?:\.entries\.(\d+))?/) ?? [];
  if (item === undefined) return null;
  return String(numberOf(Number(item))) + (entry === undefined ? "" : `.${Number(entry) + 1}`);
}

