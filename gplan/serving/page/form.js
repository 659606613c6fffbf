// The request as a form: every column a row can have, grouped, under readable labels.
import { h } from "./dom.js";
import { behaviours, parseTime, usualPlaces, weekday } from "./row.js";
import { say, sayColumn, sayKind } from "./words.js";

const KINDS = ["", "酒店", "加油", "充电桩", "门票", "其他"];
const profile = (...numbers) => numbers.map((n) => [`profile_feat_${n}`, "text"]);

const GROUPS = {
  now: [
    ["currenttime", "time"],
    ["holidayflag", "flag"],
    ["weekendflag", "flag"],
    ["current_city", "city"],
    ["current_district", "text"],
    ["current_tag", "tag"],
    ["current_poi_name", "text"],
  ],
  order: [
    ["trigger_1", "kind"],
    ["trigger_2", "city"],
    ["trigger_3", "text"],
    ["trigger_4", "text"],
    ["trigger_5", "time"],
    ["trigger_6", "time"],
    ["trigger_7", "time"],
  ],
  who: [["profile_feat_5", "city"], ...profile(6, 7, 8, 9, 1, 2, 3, 4, 10, 11, 12, 13, 14)],
  history: [
    ["short_term_behavior_seq", "long"],
    ["long_term_behavior", "long"],
  ],
};

/** The columns of a request; id and label are none of its business. */
export const COLUMNS = Object.values(GROUPS).flatMap((fields) => fields.map(([name]) => name));

/** Fills a form element for a row; calls onedit(columns) with what a person changed: {currenttime: "…", …}. */
export function showForm(form, row, examples, onedit) {
  const open = new Set([...form.querySelectorAll("details[open]")].map((group) => group.id));
  form.replaceChildren(
    list("cities", examples.flatMap((one) => [one.current_city, one.trigger_2, one.profile_feat_5])),
    list("tags", examples.map((one) => one.current_tag)),
    ...Object.entries(GROUPS).map(([name, fields]) =>
      h(
        "details",
        { id: `group-${name}`, open: open.has(`group-${name}`) },
        h("summary", {}, h("span", {}, say(name)), h("span", { class: "soft", id: `summary-${name}` })),
        h("div", { class: "fields" }, fields.map(([column, kind]) => field(column, kind, row[column], onedit))),
      ),
    ),
  );
  showSummaries(row);
}

/** What the folded groups say of the row. */
export function showSummaries(row) {
  const who = GROUPS.who.map(([name]) => name);
  const filled = who.filter((name) => row[name]).length;
  const history = [behaviours(row.short_term_behavior_seq).length, usualPlaces(row.long_term_behavior).length];
  const summaries = {
    now: [row.currenttime.slice(5, 16), row.current_city],
    order: row.trigger_1 ? [sayKind(row.trigger_1), row.trigger_2] : [say("noOrder")],
    who: [row.profile_feat_5, say("filled", filled, who.length)],
    history: [say("behaviours", ...history)],
  };
  for (const [name, parts] of Object.entries(summaries)) {
    document.getElementById(`summary-${name}`).textContent = parts.filter(Boolean).join(" · ");
  }
}

/** Puts problems, [{field, message}], at their fields and unfolds these; problems of before go. */
export function showFieldErrors(form, problems) {
  for (const error of form.querySelectorAll(".error")) error.remove();
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
  for (const { field: column, message } of problems.filter(({ field: name }) => COLUMNS.includes(name))) {
    const input = form.elements[column];
    const id = `error-${column}`;
    input.after(h("span", { class: "error", id }, message));
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", id);
    input.closest("details").open = form.closest("details").open = true;
  }
}

function field(column, kind, value, onedit) {
  const input = control(column, kind, value);
  input.addEventListener("change", () => {
    const text = kind === "time" ? fromPicker(input.value) : input.value;
    const now = column === "currenttime" ? parseTime(text) : null;
    // A moment of another day of the week: the flag that says so goes with it.
    const flags = now === null ? {} : { weekendflag: weekday(now) >= 6 ? "1" : "0" };
    for (const [name, flag] of Object.entries(flags)) input.form.elements[name].value = flag;
    onedit({ [column]: text, ...flags });
  });
  const wide = kind === "long" || kind === "time";
  return h("label", { class: wide ? "wide" : "" }, h("span", {}, sayColumn(column), h("code", {}, column)), input);
}

function control(column, kind, value) {
  if (kind === "long") return valued(h("textarea", { name: column, rows: 5, spellcheck: "false" }), value);
  if (kind === "flag") return select(column, value, { "": "–", 0: say("no"), 1: say("yes") });
  if (kind === "kind") {
    return select(column, value, Object.fromEntries(KINDS.map((one) => [one, one ? sayKind(one) : say("none")])));
  }
  // What is no time a picker would show as empty.
  const picker = kind === "time" && (!value || parseTime(value) !== null);
  const type = picker ? { type: "datetime-local", step: 1 } : { type: "text" };
  const suggestions = { city: "cities", tag: "tags" }[kind];
  const input = h("input", { name: column, list: suggestions, autocomplete: "off", ...type });
  return valued(input, picker ? value.replace(" ", "T") : value);
}

function valued(input, value) {
  input.value = value;
  return input;
}

function select(column, value, options) {
  if (!Object.hasOwn(options, value)) options[value] = value;
  const shown = Object.entries(options).map(([one, text]) => h("option", { value: one }, text));
  return valued(h("select", { name: column }, shown), value);
}

/** "2026-02-10T00:19" -> "2026-02-10 00:19:00"; pickers leave out seconds that are 0. */
function fromPicker(text) {
  const whole = text.length === 16 ? `${text}:00` : text;
  return whole.replace("T", " ");
}

const list = (id, values) =>
  h("datalist", { id }, [...new Set(values)].filter(Boolean).sort().map((value) => h("option", { value })));
