// The page's state and its way: a person picks, edits or moves → rows → one request to the server → panels.
//
//     row ─ edits ─→ request ────────────┐
//               └─ settings ─→ twin ─────┴→ POST /v1/plan [request, twin] → answers ─→ panel, panel, what changed
//
// Every change asks anew and drops the question before, so that an old answer never stands under a new request.
import * as api from "./api.js";
import { byId } from "./dom.js";
import { COLUMNS, showFieldErrors, showForm, showSummaries } from "./form.js";
import { showFailure, showPanels, showVerdict, statusWords } from "./panels.js";
import { inShort } from "./row.js";
import { showSettings } from "./settings.js";
import { AS_IS, isSame, twin } from "./whatif.js";
import { language, say, setLanguage } from "./words.js";

const BEST = 5; // most probable plans shown
const PAUSE = 150; // ms of quiet before the server is asked: a slider moves through many hours
const LANGUAGE = "gplan-language";

const state = {
  model: null,
  source: "",
  examples: [],
  chosen: 0,
  row: null, // the request as it is now
  settings: AS_IS,
  answered: null, // {rows, answers, others}: the newest answers, the rows they are of, and the best plans of each
  failure: null,
  waiting: false,
};

let asking = new AbortController();
let timer = 0;

/** The request, and its twin where the settings make another one. */
function rows() {
  const other = twin(state.row, state.settings, state.examples);
  return isSame(state.row, other) ? [state.row] : [state.row, other];
}

/** Asks for plans of what stands on the page now. */
async function ask() {
  clearTimeout(timer);
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const asked = rows();
  Object.assign(state, { waiting: true, failure: null });
  show();
  try {
    const answers = await api.plan(asked, { k: 1, signal });
    if (signal.aborted) return;
    // Free reasoning leaves no finite number of responses to rank.
    const others = state.model.cot_mode === "cot_sft" ? "none" : "sought";
    Object.assign(state, { answered: { rows: asked, answers, others }, waiting: false });
    show();
    if (others === "sought") askOthers(asked, signal);
  } catch (error) {
    if (!signal.aborted) fail(error, ask);
  }
}

/** The most probable plans, apart from the plan: that one comes at once, and its timing is its own. */
async function askOthers(asked, signal) {
  let others = "none";
  try {
    others = await api.plan(asked, { k: BEST, signal });
  } catch (error) {
    if (!signal.aborted && !(error instanceof api.Failure)) throw error;
  }
  if (signal.aborted) return;
  state.answered.others = others;
  show();
}

function askSoon() {
  asking.abort();
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
  state.waiting = true;
  show();
}

function fail(error, again) {
  if (!(error instanceof api.Failure)) throw error;
  Object.assign(state, { failure: { error, again }, waiting: false });
  show();
  if (error.kind === "key") askForKey(again);
}

function show() {
  showFieldErrors(byId("form"), state.failure?.error.problems ?? []);
  byId("results").setAttribute("aria-busy", String(state.waiting));
  showFailure(byId("failure"), state, () => state.failure.again());
  showVerdict(byId("verdict"), state);
  if (state.row) showPanels(byId("panels"), state, rows());
  else byId("panels").hidden = Boolean(state.failure);
  byId("status").textContent = statusWords(state);
  byId("forget").hidden = !api.hasKey();
}

function choose(index) {
  const { examples } = state;
  state.chosen = (index + examples.length) % examples.length;
  state.row = Object.fromEntries(COLUMNS.map((name) => [name, examples[state.chosen]?.[name] ?? ""]));
  state.settings = AS_IS;
  showInputs();
  ask();
}

function edit(columns) {
  state.row = { ...state.row, ...columns };
  showSummaries(state.row);
  showEdited();
  keepFocus(byId("settings"), showControls);
  askSoon();
}

function set(change) {
  state.settings = { ...state.settings, ...change };
  // A slider that is rebuilt while it is dragged would be let go of.
  if (Object.keys(change).join() !== "hour") keepFocus(byId("settings"), showControls);
  byId("reset").hidden = isAsIs();
  askSoon();
}

const isAsIs = () => Object.keys(AS_IS).every((name) => state.settings[name] === AS_IS[name]);

function showInputs() {
  showExamples();
  showForm(byId("form"), state.row, state.examples, edit);
  showEdited();
  showControls();
}

function showControls() {
  showSettings(byId("settings"), state.row, state.settings, set);
  byId("reset").hidden = isAsIs();
}

function showExamples() {
  const options = state.examples.map((row, i) => new Option(inShort(row), i));
  byId("example").replaceChildren(...options);
  byId("example").value = state.chosen;
  byId("count").textContent = `${state.chosen + 1} / ${state.examples.length}`;
  byId("source").textContent = say("source")[state.source] ?? state.source;
}

function showEdited() {
  const own = state.examples[state.chosen] ?? {};
  const edited = COLUMNS.filter((name) => state.row[name] !== (own[name] ?? "")).length;
  byId("edited").textContent = edited ? say("edited", edited) : "";
  byId("restore").hidden = !edited;
}

function showModel() {
  const { model, parameters, cot_mode: mode, prompt_style: style, dtype, device } = state.model;
  const size = parameters >= 1e9 ? `${(parameters / 1e9).toFixed(2)} B` : `${(parameters / 1e6).toFixed(1)} M`;
  const words = [String(model).split("/").at(-1), size, mode, style, dtype, device];
  byId("model").textContent = words.filter(Boolean).join(" · ");
}

/** Rebuilds a part of the page; what had the focus has it again. */
function keepFocus(container, build) {
  const { id, name, value } = container.contains(document.activeElement) ? document.activeElement : {};
  build();
  const same = [...container.querySelectorAll("input, select, button")].find(
    (one) => (id && one.id === id) || (name && one.name === name && (one.type !== "radio" || one.value === value)),
  );
  same?.focus();
}

function speak(name) {
  setLanguage(name);
  localStorage.setItem(LANGUAGE, language());
  for (const button of document.querySelectorAll(".language button")) {
    button.setAttribute("aria-pressed", String(button.value === language()));
  }
  if (state.row) showInputs();
  show();
}

function askForKey(again) {
  byId("key-hint").textContent = say(api.hasKey() ? "keyRefused" : "keyHint");
  byId("key-value").value = "";
  byId("key").returnValue = "";
  byId("key").onclose = () => {
    if (byId("key").returnValue !== "given") return;
    api.setKey(byId("key-value").value);
    again();
  };
  if (!byId("key").open) byId("key").showModal();
}

async function start() {
  state.failure = null;
  state.waiting = true;
  show();
  try {
    const [model, examples] = await Promise.all([api.model(), api.examples()]);
    Object.assign(state, { model, source: examples.source, examples: examples.rows });
  } catch (error) {
    return fail(error, start);
  }
  showModel();
  choose(0);
}

byId("previous").addEventListener("click", () => choose(state.chosen - 1));
byId("next").addEventListener("click", () => choose(state.chosen + 1));
byId("example").addEventListener("change", (event) => choose(Number(event.target.value)));
byId("restore").addEventListener("click", () => choose(state.chosen));
for (const id of ["form", "settings"]) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
}
byId("key-cancel").addEventListener("click", () => byId("key").close(""));
byId("forget").addEventListener("click", () => {
  api.forgetKey();
  show();
});
for (const button of document.querySelectorAll(".language button")) {
  button.addEventListener("click", () => speak(button.value));
}
const wide = matchMedia("(min-width: 720px)");
byId("what-if").open = wide.matches;

speak(new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(LANGUAGE) ?? "zh");
start();
