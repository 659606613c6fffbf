// The results: what went wrong, what changed, and a panel for the request and one for its twin.
import { alternatives, cards, figures, hesitations } from "./cards.js";
import { fold, h } from "./dom.js";
import { icon } from "./icons.js";
import { sketch } from "./map.js";
import { compare } from "./plans.js";
import { inWords } from "./row.js";
import { isSame } from "./whatif.js";
import { intentLine, say, sayColumn } from "./words.js";

/** Why there is no new plan, and a way to try again. */
export function showFailure(place, { failure, answered }, retry) {
  if (!failure) return place.replaceChildren();
  place.replaceChildren(
    h(
      "div",
      { class: "failure", role: "alert" },
      h("strong", {}, say("failed")),
      h("p", {}, failureWords(failure.error), answered ? ` ${say("stale")}` : ""),
      h("button", { type: "button", class: "main", onclick: retry }, say("retry")),
    ),
  );
}

function failureWords({ kind, status, problems, retryAfter }) {
  if (kind === "key") return say("keyTitle");
  if (kind !== "refused") return say(kind, status);
  const words = problems.map(({ message, field }) =>
    field ? say("problem", sayColumn(field) ?? field, message) : message,
  );
  return [
    say("refused", words.join("; "), status),
    problems.every(({ row }) => row === 1) ? say("inVariant") : "",
    retryAfter ? say("retryAfter", retryAfter) : "",
  ].join(" ");
}

/** What the other moment or place does to the plan: "The plan changes: 1 added, 1 gone." */
export function showVerdict(place, { answered, waiting, failure }) {
  place.className = waiting || failure ? "stale" : "";
  if (answered?.answers.length !== 2) return place.replaceChildren();
  const { text, first, isChange } = verdict(answered.answers);
  const words = [icon(isChange ? "moved" : "check"), h("strong", {}, text), first];
  place.replaceChildren(h("p", { class: isChange ? "verdict changes" : "verdict" }, words));
}

function verdict([{ plan: old }, { plan: young }]) {
  const { counts, before, after } = compare(old, young);
  const isChange = Object.values(counts).some((count) => count > 0);
  const isFirst = before[0].removed || before[0].changed || after[0].movedFrom || after[0].added;
  return {
    isChange,
    text: isChange ? say("changes", counts) : say("unchanged"),
    first: isFirst ? say("firstChanges", intentLine(old[0]), intentLine(young[0])) : "",
  };
}

/** The panels of rows; what was answered for other rows than these is faded. */
export function showPanels(place, state, rows) {
  const { answered } = state;
  const focused = place.contains(document.activeElement) ? document.activeElement.parentElement.id : "";
  const plans = answered?.answers.map((answer) => answer.plan);
  const marks = plans?.length === 2 && rows.length === 2 ? compare(...plans) : null;
  place.className = rows.length === 2 ? "pair" : "single";
  place.replaceChildren(
    ...rows.map((row, i) => panel(state, rows, row, i, marks && marks[i ? "after" : "before"])),
  );
  if (focused) document.getElementById(focused)?.firstElementChild.focus();
}

function panel(state, rows, row, i, marks) {
  const answer = state.answered?.answers[i];
  const isFresh = answer && !state.failure && isSame(row, state.answered.rows[i]);
  const name = say(i ? "variant" : "original");
  return h(
    "article",
    { class: isFresh ? "panel" : "panel stale", "aria-label": name },
    h(
      "div",
      { class: "front" },
      h("h3", { class: rows.length === 2 ? "" : "hidden" }, name),
      scene(row, rows[0]),
      answer ? [figures(answer), cards(answer.plan, answer.decisions, marks ?? [])] : blank(state),
    ),
    answer ? back(answer, i, row, state.answered.others) : null,
  );
}

/** Map and words of a row; words that differ from another row's are marked. */
function scene(row, other) {
  const known = inWords(other);
  const lines = inWords(row).map(({ name, icon: symbol, parts }, i) =>
    h(
      "div",
      {},
      h("dt", {}, icon(symbol), h("span", { class: "hidden" }, say(name))),
      h("dd", {}, parts.flatMap((part) => [h(!known[i].parts.includes(part) ? "mark" : "span", {}, part), " "])),
    ),
  );
  const map = h("figure", {}, sketch(row), h("figcaption", {}, say("map")));
  return h("div", { class: "scene" }, map, h("dl", {}, lines));
}

const blank = ({ waiting }) => h("p", { class: "blank soft" }, say(waiting ? "planning" : "noPlan"));

/** What an engineer looks at: hesitations, the most probable plans, request and answer as they are. */
function back(answer, i, row, others) {
  const raw = fold(`raw-${i}`, {}, say("raw"), h("pre", { tabindex: 0 }, JSON.stringify({ row, answer }, null, 1)));
  const best = alternatives(answer, Array.isArray(others) ? others[i] : others);
  return fold(
    `back-${i}`,
    { class: "back", isOpen: matchMedia("(min-width: 720px)").matches },
    say("behind"),
    hesitations(answer, i),
    best,
    raw,
  );
}

/** What a screen reader says when something happened. */
export function statusWords({ waiting, failure, answered }) {
  if (waiting) return say("planning");
  if (failure || !answered) return "";
  const isPair = answered.answers.length === 2;
  return isPair ? verdict(answered.answers).text : answered.answers[0].plan.map(intentLine).join("; ");
}
