// The page's state and its way: a person fills a form → one call to the server → a list of calls, and the map.
//
//     tool + fields (or raw JSON) + clock ─► POST api/call ─► calls: [newest, …] ─► the open one: list and map
//
// Its other half, trajectories, has the same map.
import * as api from "./api.js";
import { heard, showCalls } from "./calls.js";
import { placeCard } from "./card.js";
import { isCoordinate, nothing } from "./controls.js";
import { byId, h } from "./dom.js";
import { example } from "./examples.js";
import { argumentsOf, fieldsOf, showForm } from "./form.js";
import { colourOf, icon } from "./icons.js";
import { Kinds } from "./legend.js";
import { WorldMap } from "./map.js";
import { keepFocus } from "./focus.js";
import { extent, firstKey, shapesOf } from "./shapes.js";
import { Trajectories } from "./trajectories.js";
import { both, language, learnKinds, say, sayFailure, sayTool, setLanguage } from "./words.js";

const LANGUAGE = "stagent-language";
const MOST_CALLS = 100;

const state = {
  half: "tools", // or "trajectories"
  world: null,
  tools: {}, // name -> schema
  tool: null,
  fields: {}, // name of a parameter -> what its field holds, for all tools: what was typed for one serves another
  isRaw: false,
  raw: "", // arguments as JSON
  rawError: "",
  problems: [], // of the newest call of the tool that the form shows
  clock: null, // null: the world's own
  city: 0,
  drawings: [], // of cities
  calls: [], // newest first
  open: null, // id
  view: "items",
  chosen: null, // key of an item of the open call
};
let calls = 0; // made so far
let input = null; // the field that a click on the map fills

const map = new WorldMap(byId("map"), {
  choose: (key) => (state.half === "tools" ? choose(key, true) : trajectories.choose(key)),
  place: showPlace,
  point: fill,
  city: goTo,
});

const trajectories = new Trajectories({
  map,
  world: () => state.world,
  schema: (tool) => (Object.hasOwn(state.tools, tool) ? state.tools[tool] : null),
  goTo: (number) => number !== state.city && goTo(number),
  again: (made) => (turnTo("tools"), again(made)),
  isShown: () => state.half === "trajectories",
});

const schema = () => state.tools[state.tool];
const opened = () => state.calls.find(({ id }) => id === state.open);

async function call() {
  const sent = state.isRaw ? parsed() : { arguments: argumentsOf(schema(), state.fields) };
  if (!sent) return show();
  const made = { id: String((calls += 1)), tool: state.tool, arguments: sent.arguments, clock: state.clock, reply: null, failure: null };
  state.calls = [made, ...state.calls].slice(0, MOST_CALLS);
  Object.assign(state, { open: made.id, chosen: null, problems: [] });
  byId("clock-error").textContent = "";
  show();
  try {
    const clock = made.clock === null ? {} : { clock: made.clock };
    made.reply = await api.call({ tool: made.tool, arguments: made.arguments, language: language(), ...clock });
  } catch (error) {
    if (!(error instanceof api.Failure)) throw error;
    made.failure = error;
    if (error.field === "clock") byId("clock-error").textContent = error.message;
  }
  finish(made);
}

/** A call has its answer: it is shown, unless a person has gone on to another one. */
function finish(made) {
  const { reply } = made;
  if (made.tool === state.tool) state.problems = reply?.content.error?.problems ?? [];
  if (reply?.content.clock && state.clock === null) showClock(reply.content.clock);
  const isOpen = state.open === made.id;
  if (isOpen && reply) state.chosen = firstKey(shapes(made));
  show();
  if (isOpen) showOnMap(true);
  byId("status").textContent = heard(made);
  // where the list lies below the form, a person would not see that there is an answer
  if (isOpen && matchMedia("(max-width: 900px)").matches) document.querySelector(`[data-call="${made.id}"]`).scrollIntoView({ block: "start", behavior: "smooth" });
}

function parsed() {
  try {
    state.rawError = "";
    return { arguments: JSON.parse(state.raw) };
  } catch (error) {
    state.rawError = say("notJson", error.message);
    return null;
  }
}

const shapes = (made) => shapesOf(made, state.world.cities, state.tools[made.tool] ?? null);

function showOnMap(isNew = false) {
  if (state.half !== "tools") return;
  const made = opened();
  const found = made?.reply ? shapes(made) : null;
  map.showShapes(found, state.chosen, { points: isNew && found ? extent(found) : [] });
}

/** Chooses an item, on the map or in the list; once more: none. */
function choose(key, isFromMap = false) {
  state.chosen = state.chosen === key ? null : key;
  if (isFromMap && state.view !== "items") state.view = "items";
  showList();
  showOnMap();
  if (isFromMap && state.chosen) document.querySelector(".item.chosen, .list .chosen")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function show() {
  const tool = schema();
  byId("tool-icon").className = `tile ${colourOf(tool.name)}`;
  byId("tool-icon").replaceChildren(icon(tool.name));
  byId("tool-words").replaceChildren(h("code", {}, tool.name), both(tool));
  showAsked();
  showList();
}

function showAsked() {
  const busy = state.calls.some(({ id, reply, failure }) => id === state.open && !reply && !failure);
  keepFocus(byId("form"), () => showForm(byId("form"), { ...state, tool: schema(), busy }, {
    set,
    pick,
    raw: (text) => (state.raw = text),
    mode: setMode,
    example: () => fillExample(true),
    empty: () => (Object.assign(state, { fields: {}, raw: "{}", problems: [], rawError: "" }), show()),
    regions: state.world.cities.map(({ name }) => name),
    hasExample: Boolean(state.drawings[Math.max(0, state.city)]),
  }));
}

function showList() {
  keepFocus(byId("calls"), () => showCalls(byId("calls"), state, {
    open: (id) => (Object.assign(state, { open: id, chosen: null }), showList(), showOnMap(true)),
    view: (name) => ((state.view = name), showList()),
    choose: (key) => choose(key),
    again,
    fields: state.world.fields,
  }));
  byId("clear").hidden = !state.calls.length;
}

function set(name, content, isNew = false) {
  state.fields = { ...state.fields, [name]: content };
  if (isNew) show(); // an entry more or less
}

function setMode(isRaw) {
  if (isRaw && !state.isRaw) state.raw = JSON.stringify(argumentsOf(schema(), state.fields), null, 2);
  if (!isRaw && state.isRaw) {
    const fields = parsed() && fieldsOf(schema(), parsed().arguments);
    if (fields) state.fields = { ...state.fields, ...cleared(), ...fields };
  }
  Object.assign(state, { isRaw, rawError: "" });
  show();
}

/** The fields of this tool, empty. */
const cleared = () => Object.fromEntries(schema().parameters.map((parameter) => [parameter.name, nothing(parameter)]));

function fillExample(isAsked) {
  const drawing = state.drawings[Math.max(0, state.city)];
  if (!drawing) return;
  const { cities, categories } = state.world;
  const city = cities[Math.max(0, state.city)];
  const others = cities.filter((one) => one !== city).map(({ name }) => name);
  const made = example(schema(), { name: city.name, rows: drawing.places }, others, byId("clock").value || state.world.clock, categories);
  state.fields = { ...state.fields, ...cleared(), ...fieldsOf(schema(), made) };
  state.raw = JSON.stringify(made, null, 2);
  Object.assign(state, { problems: [], rawError: "" });
  if (isAsked) show();
}

/** Puts a call's tool and arguments back into the form. */
function again(made) {
  if (!state.tools[made.tool]) return;
  chooseTool(made.tool);
  const fields = fieldsOf(schema(), made.arguments);
  if (fields) state.fields = { ...state.fields, ...cleared(), ...fields };
  Object.assign(state, { isRaw: !fields, raw: JSON.stringify(made.arguments, null, 2), problems: made.reply?.content.error?.problems ?? [] });
  show();
  byId("form").focus();
}

function chooseTool(name) {
  Object.assign(state, { tool: name, problems: [], rawError: "" });
  byId("tool").value = name;
  if (state.isRaw) state.raw = JSON.stringify(argumentsOf(schema(), state.fields), null, 2);
  pick(null);
}

/** A field that holds a coordinate has the focus: the map's clicks are for it, until it is filled or left for another. */
function pick(element) {
  input = element;
  map.showHint(input ? say("pickHint", input.name) : "");
  for (const field of document.querySelectorAll(".field")) field.classList.toggle("picked", Boolean(input) && field.contains(input));
}

function fill([lat, lon]) {
  const text = `${lat.toFixed(5)},${lon.toFixed(5)}`;
  input.value = text;
  input.dispatchEvent(new Event("input"));
  byId("status").textContent = say("picked", input.name, text);
  map.showHint("");
  pick(null);
}

function showPlace(place) {
  const fields = state.half === "tools" ? schema().parameters.filter(isCoordinate).map(({ name }) => name) : [];
  const card = placeCard(place, state, {
    use: (name) => {
      const { kind } = schema().parameters.find((one) => one.name === name);
      const text = `${place.at[0].toFixed(5)},${place.at[1].toFixed(5)}`;
      set(name, kind === "coordinates" ? [...(state.fields[name] ?? []).filter(Boolean), text] : text);
      map.showPlace(null);
      show();
    },
    fields,
  });
  map.showPlace(place, ...card);
}

async function goTo(number) {
  state.city = number;
  map.showCity(number);
  await load(number);
  showAsked();
}

async function load(number) {
  if (number < 0 || state.drawings[number] || !state.world.cities[number]) return;
  state.drawings[number] = await api.city(number);
  map.addCity(number, state.drawings[number]);
}

function showClock(iso) {
  byId("clock").value = iso.slice(0, 16);
  byId("clock-reset").hidden = state.clock === null;
}

/** Shows the other half of the page: "tools" or "trajectories". */
function turnTo(half) {
  state.half = half;
  document.body.dataset.half = half;
  for (const button of document.querySelectorAll(".halves button")) button.setAttribute("aria-pressed", String(button.value === half));
  document.querySelector(".skip").href = half === "tools" ? "#form" : "#talk";
  map.showPlace(null);
  pick(null);
  trajectories.leave();
  if (half === "tools") showOnMap(true);
  else trajectories.showOnMap(true);
}

function speak(name) {
  setLanguage(name);
  localStorage.setItem(LANGUAGE, language());
  for (const button of document.querySelectorAll(".language button")) button.setAttribute("aria-pressed", String(button.value === language()));
  if (!state.world) return;
  const { name: world, version } = state.world;
  byId("world").textContent = say("world", say("worlds")[world] ?? world, version);
  byId("tool").replaceChildren(...Object.keys(state.tools).map((one) => h("option", { value: one, selected: one === state.tool }, sayTool(one))));
  map.speak();
  map.showPlace(null);
  pick(null);
  trajectories.speak();
  show();
}

async function start() {
  byId("calls").replaceChildren(h("p", { class: "soft none" }, say("loading")));
  try {
    const [world, tools] = await Promise.all([api.world(), api.tools()]);
    Object.assign(state, { world, tools: Object.fromEntries(tools.map((tool) => [tool.name, tool])), tool: tools[0].name });
    learnKinds(world.categories);
    map.setWorld(world, new Kinds(world.categories));
    showClock(world.clock);
    map.showCity(0);
    speak(language());
    if (world.cities.length > 1) map.addCountry(await api.country());
    await load(0);
    fillExample(false);
    show();
    if (world.trajectories !== null) {
      turnTo("trajectories");
      await trajectories.openServed(location.hash.match(/^#(\d{1,9})$/) ? Number(location.hash.slice(1)) : undefined);
    }
    document.documentElement.dataset.ready = "";
  } catch (error) {
    if (!(error instanceof api.Failure)) throw error;
    byId("calls").replaceChildren(h("p", { class: "fail" }, sayFailure(error)), h("button", { type: "button", class: "quiet", onclick: start }, say("reload")));
  }
}

byId("tool").addEventListener("change", (event) => {
  chooseTool(event.target.value);
  const isEmpty = schema().parameters.every(({ name, required }) => !required || !(state.fields[name] ?? "").length);
  if (isEmpty) fillExample(false);
  show();
});
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  call();
});
byId("form").addEventListener("focusin", ({ target }) => {
  if (input && target !== input && target.matches("input, select, textarea") && !target.closest(".at")) pick(null);
});
byId("clock").addEventListener("change", ({ target }) => {
  state.clock = target.value || null;
  byId("clock-error").textContent = "";
  showClock(target.value || state.world.clock);
});
byId("clock-reset").addEventListener("click", () => {
  state.clock = null;
  byId("clock-error").textContent = "";
  showClock(state.world.clock);
});
byId("clear").addEventListener("click", () => {
  Object.assign(state, { calls: [], open: null, chosen: null });
  showList();
  showOnMap();
});
for (const button of document.querySelectorAll(".language button")) button.addEventListener("click", () => speak(button.value));
for (const button of document.querySelectorAll(".halves button")) button.addEventListener("click", () => turnTo(button.value));
// a file dropped anywhere is one of trajectories; without this a browser would leave the page for it
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (!file || !state.world) return;
  turnTo("trajectories");
  trajectories.choseFile(file);
});

turnTo("tools");

speak(new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(LANGUAGE) ?? "zh");
start();
