// One trajectory: its head, what it is worth, what the agent was told, and the conversation.
import { h } from "./dom.js";
import { legible } from "./legible.js";
import { sayLeaf } from "./shelf.js";
import { showStep } from "./steps.js";
import { moment, plain } from "./values.js";
import { say, sayOf } from "./words.js";
import { worth } from "./worth.js";

/**
 * Fills an element with a trajectory.
 *
 * @param list of steps.js, and {line: its number, note: what is to be said of it}
 * @param on of steps.js, and {turn(step): to the one before or after, leaves}
 * @returns {steps: elements, places: number of a step -> its element, -1: what the agent was told}
 */
export function showTalk(element, list, on) {
  const { trajectory, line, note } = list;
  const steps = trajectory.steps.map((_, i) => h("li", { "data-step": i }));
  const context = told(trajectory.task.context);
  element.replaceChildren(
    head(trajectory, line, on),
    ...(note ? [h("p", { class: "note" }, note)] : []),
    ...worth(trajectory.score),
    context,
    h("ol", { class: "steps" }, steps),
    ...(steps.length ? [] : [h("p", { class: "soft" }, say("noSteps"))]),
  );
  steps.forEach((step, i) => showStep(step, i, list, on));
  return new Map([[-1, context], ...steps.entries()]);
}

function head({ task, agent }, line, on) {
  const words = [
    typeof task.primary === "string" && sayLeaf(task.primary, on.leaves),
    Number.isInteger(task.difficulty) && say("difficulty", task.difficulty),
    typeof task.split === "string" && sayOf("splits", task.split),
    agent && say("agent", agent),
  ];
  const names = [task.pattern, task.id].filter((name) => typeof name === "string" && name).join(" · ");
  const turn = (name, step, sign) => h("button", { type: "button", class: "round", "aria-label": say(name), title: say(name), onclick: () => on.turn(step) }, sign);
  return h(
    "header",
    { class: "talk-head" },
    h("div", {}, h("h2", {}, say("lineNumber", line)), h("p", { class: "soft" }, legible(words.filter(Boolean).join(" · ").slice(0, 500)), names && [h("br"), h("code", {}, legible(names.slice(0, 300)))])),
    turn("before", -1, "‹"),
    turn("after", 1, "›"),
  );
}

/** What the agent is told besides the words: evidence, like a result. */
function told(context) {
  const { clock, city, location, profile } = typeof context === "object" && context !== null ? context : {};
  const own = typeof profile === "object" && profile !== null ? Object.entries(profile) : [];
  const rows = [
    ["context.clock", say("clock"), typeof clock === "string" ? moment(clock) : clock],
    ["context.city", say("city"), city],
    ["context.location", say("location"), location],
    ...own.map(([name, value]) => [`context.profile.${name}`, name, value]),
  ].filter(([, , value]) => value !== undefined);
  return h(
    "dl",
    { class: "facts about told-before", "data-step": -1, "aria-label": say("context") },
    rows.map(([path, name, value]) => h("div", {}, h("dt", {}, legible(name)), h("dd", { "data-path": path }, legible(plain(value).slice(0, 2000))))),
  );
}
