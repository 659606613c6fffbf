// Answers as elements: the plan's cards, figures, hesitations, and the plans that were nearly chosen.
import { fold, h } from "./dom.js";
import { icon, tile } from "./icons.js";
import { choices, compare, isSamePlan } from "./plans.js";
import { intentDetails, intentHint, intentLine, intentTitle, percent, say, sayField, sayOption } from "./words.js";

const HESITATES = 0.9; // below this probability a choice is worth a look
const SHOWN = 4; // options of a choice

/** A plan as homepage cards; `marks` say what became of each intent (plans.compare), `decisions` where it hesitated. */
export function cards(plan, decisions, marks = []) {
  const made = choices(decisions);
  return h(
    "ol",
    { class: "cards" },
    plan.map((intent, place) => card(intent, place + 1, made.filter((one) => one.step === place + 1), marks[place])),
  );
}

function card(intent, place, made, mark = {}) {
  const kinds = ["added", "removed", "changed"].filter((kind) => mark[kind]);
  if (mark.movedFrom) kinds.push("moved");
  return h(
    "li",
    { class: ["card", ...kinds].join(" ") },
    h("span", { class: "number", "aria-hidden": "true" }, String(place)),
    tile(intent),
    h("div", { class: "what" }, h("strong", {}, intentTitle(intent)), details(intent, mark)),
    h("div", { class: "notes" }, badges(mark, place), unsure(made)),
  );
}

function details(intent, mark) {
  const parts = intentDetails(intent).map(([name, words]) =>
    h(mark.changed?.includes(name) ? "mark" : "span", {}, words),
  );
  const between = intent.终点位置 ? " → " : " · ";
  const joined = parts.flatMap((part, i) => (i ? [between, part] : [part]));
  return h("span", { class: "details" }, joined.length ? joined : intentHint(intent));
}

function badges(mark, place) {
  const badge = (kind, symbol, words) => h("span", { class: `badge ${kind}` }, icon(symbol), words);
  return [
    mark.added && badge("added", "plus", say("added")),
    mark.removed && badge("removed", "minus", say("removed")),
    mark.changed && badge("changed", "edited", say("changed")),
    mark.movedFrom && badge("moved", "moved", say("moved", mark.movedFrom, place)),
  ].filter(Boolean);
}

/** How sure the model was of an intent, where it was not. */
function unsure(made) {
  const least = made.reduce((a, b) => (b.probability < a.probability ? b : a), { probability: 1 });
  if (least.probability >= HESITATES) return null;
  const words = say("unsure", sayField(least.field), percent(least.probability));
  return h(
    "span",
    { class: "unsure", title: words },
    h("span", { class: "bar", "--share": least.probability, "aria-hidden": "true" }),
    h("span", { "aria-hidden": "true" }, percent(least.probability)),
    h("span", { class: "hidden" }, words),
  );
}

/** Number of intents, valid, latency, passes, log-probability. */
export function figures(answer) {
  const { timing, valid, log_probability: logp } = answer;
  const figure = (name, value, hint) => h("div", { title: hint }, h("dt", {}, name), h("dd", {}, value));
  return h(
    "dl",
    { class: "figures" },
    h(
      "div",
      { class: valid ? "good" : "bad", title: say("validHint") },
      h("dt", {}, say("intents", answer.plan.length)),
      h("dd", {}, valid ? icon("check") : "", say(valid ? "valid" : "invalid")),
    ),
    figure(
      say("latency"),
      `${milliseconds(timing.total_ms)} ms`,
      say("latencyHint", milliseconds(timing.total_ms), milliseconds(timing.queue_ms)),
    ),
    figure(say("passes"), String(timing.forward_passes)),
    figure(say("logp"), logp.toFixed(2).replace("-", "−"), say("logpHint", percent(Math.exp(logp)))),
  );
}

const milliseconds = (number) => (number < 10 ? number.toFixed(1) : number.toFixed(0));

/** What the model hesitated about, least certain first; all other choices on demand. `i` tells the panel. */
export function hesitations(answer, i) {
  const made = choices(answer.decisions ?? []);
  const open = made.filter((one) => one.probability < HESITATES).sort((a, b) => a.probability - b.probability);
  const rest = made.filter((one) => one.probability >= HESITATES);
  const listed = (some) => h("ol", { class: "choices" }, some.map(choiceBars));
  return h(
    "section",
    { class: "hesitations" },
    h("h4", {}, say("hesitations")),
    open.length ? listed(open) : h("p", { class: "soft" }, say("noHesitation")),
    rest.length ? fold(`choices-${i}`, {}, say("allChoices", rest.length), listed(rest)) : null,
  );
}

function choiceBars({ step, field, chosen, options }) {
  const shown = options.filter(([option, share], i) => option === chosen || (i < SHOWN && share >= 0.005));
  return h(
    "li",
    {},
    h("h5", {}, step ? say("step", step) : say("wholePlan"), h("span", { class: "soft" }, sayField(field))),
    shown.map(([option, share]) =>
      h(
        "div",
        { class: option === chosen ? "option chosen" : "option" },
        h("span", { class: "name" }, sayOption(option)),
        h("span", { class: "bar", "--share": share, "aria-hidden": "true" }),
        h("span", { class: "share" }, percent(share)),
      ),
    ),
  );
}

/** The most probable plans, intents that the answer's does not have outlined; `found` can be "sought" or "none". */
export function alternatives(answer, found) {
  const words = { sought: say("searching"), none: say("notFound") }[found];
  const isAmong = (plans) => plans.some(({ plan }) => isSamePlan(plan, answer.plan));
  return h(
    "section",
    { class: "alternatives" },
    h("h4", {}, say("others")),
    words ? h("p", { class: "soft" }, words) : h("ol", {}, found.alternatives.map((one) => alternative(answer, one))),
    !words && !isAmong(found.alternatives) ? h("p", { class: "soft" }, say("notAmong")) : null,
    !words && !found.alternatives_complete ? h("p", { class: "soft" }, say("incomplete")) : null,
  );
}

function alternative(answer, { plan, log_probability: logp }) {
  const isChosen = isSamePlan(plan, answer.plan);
  return h(
    "li",
    { class: isChosen ? "chosen" : "" },
    h("span", { class: "share" }, percent(Math.exp(logp))),
    h("span", { class: "bar", "--share": Math.exp(logp), "aria-hidden": "true" }),
    line(plan, compare(answer.plan, plan).after),
    isChosen ? h("span", { class: "hidden" }, say("chosen")) : null,
  );
}

/** A plan on one line: small tiles with names, outlined where a mark says that they differ. */
const line = (plan, marks) =>
  h(
    "span",
    { class: "line" },
    plan.map((intent, place) =>
      h(
        "span",
        { class: marks[place].added || marks[place].changed ? "chip differs" : "chip", title: intentLine(intent) },
        tile(intent),
        intentTitle(intent),
      ),
    ),
  );
