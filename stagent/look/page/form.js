// The form of a tool, made from its schema: a field a parameter, what is wrong at its field, or the JSON as it is sent.
import { control, isCoordinate, nothing, read, shown, write } from "./controls.js";
import { fold, h } from "./dom.js";
import { both, say } from "./words.js";

/** The arguments that filled fields make: {radius: 500}; empty fields are left out. */
export function argumentsOf(tool, fields) {
  const pairs = tool.parameters.map((parameter) => [parameter.name, read(parameter, fields[parameter.name] ?? nothing(parameter))]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** The contents of fields that make these arguments; null: no form makes them. */
export function fieldsOf(tool, given) {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return null;
  const known = new Map(tool.parameters.map((parameter) => [parameter.name, parameter]));
  const fields = Object.entries(given).map(([name, value]) => [name, known.has(name) ? write(known.get(name), value) : null]);
  return fields.every(([, content]) => content !== null) ? Object.fromEntries(fields) : null;
}

/**
 * Fills a form element.
 *
 * @param form {tool, fields, isRaw, raw, problems, busy}: `problems` are a tool's own, [{parameter, problem, allowed}].
 * @param on {set(name, content, isNew), pick(input), raw(text), mode(isRaw), example(), empty(), regions, hasExample}
 */
export function showForm(element, form, on) {
  const { tool, isRaw, busy } = form;
  element.replaceChildren(
    h(
      "div",
      { class: "modes", role: "group" },
      [false, true].map((raw) =>
        h("button", { type: "button", "aria-pressed": String(isRaw === raw), onclick: () => on.mode(raw) }, say(raw ? "raw" : "form")),
      ),
      h("span", { class: "gap" }),
      on.hasExample && h("button", { type: "button", class: "link", id: "example", onclick: on.example }, say("example")),
      h("button", { type: "button", class: "link", id: "empty", onclick: on.empty }, say("empty")),
    ),
    isRaw ? rawField(form, on) : h("div", { class: "fields" }, fieldsOfTool(form, on)),
    h("button", { class: "main", id: "call", disabled: busy }, say(busy ? "calling" : "call")),
  );
  showProblems(element, tool, form.problems);
}

function fieldsOfTool({ tool, fields }, on) {
  const build = (parameter) => field(tool, parameter, fields[parameter.name] ?? nothing(parameter), on);
  const [needed, optional] = [tool.parameters.filter((one) => one.required), tool.parameters.filter((one) => !one.required)];
  const filled = optional.filter((parameter) => read(parameter, fields[parameter.name] ?? nothing(parameter)) !== undefined);
  return [
    ...needed.map(build),
    optional.length
      ? fold(`optional-${tool.name}`, { class: "optional", isOpen: filled.length > 0 }, say("optional", filled.length), optional.map(build))
      : null,
  ];
}

function field(tool, parameter, content, on) {
  const { name, required } = parameter;
  const id = `field-${name}`;
  const hints = [
    parameter.least !== null && !parameter.kind.endsWith("s") && say("between", shown(parameter.least), shown(parameter.most)),
    parameter.needs && say("needs", parameter.needs),
    parameter.excludes && say("excludes", parameter.excludes),
  ].filter(Boolean);
  const attributes = { id, "aria-describedby": `about-${name} error-${name}`, "aria-required": required ? "true" : null };
  return h(
    "div",
    { class: `field ${isCoordinate(parameter) ? "at" : ""}`, "data-parameter": name },
    h(
      "label",
      { for: id },
      h("code", {}, name),
      required && h("em", { title: say("required") }, "*", h("span", { class: "hidden" }, say("required"))),
      h("span", { class: "hint" }, hints.join(" · ")),
    ),
    h("p", { class: "about", id: `about-${name}` }, both(parameter)),
    control(parameter, content, { ...on, set: (value, isNew) => on.set(name, value, isNew), attributes }),
    h("p", { class: "error", id: `error-${name}`, role: "alert" }),
  );
}

function rawField({ raw, rawError }, on) {
  const area = h("textarea", {
    id: "raw", rows: 12, spellcheck: "false", "aria-label": say("raw"), "aria-describedby": "raw-hint error-raw",
    "aria-invalid": rawError ? "true" : null,
    oninput: () => on.raw(area.value),
  });
  area.value = raw;
  return h(
    "div",
    { class: "fields" },
    area,
    h("p", { class: "about", id: "raw-hint" }, say("rawHint")),
    h("p", { class: "error", id: "error-raw", role: "alert" }, rawError ?? ""),
  );
}

/** Puts each problem at its parameter's field: "origins[1]" is one of origins. */
function showProblems(element, tool, problems) {
  for (const one of tool.parameters) {
    const own = problems.filter(({ parameter }) => parameter.replace(/\[\d+\]$/, "") === one.name);
    const place = element.querySelector(`[data-parameter="${one.name}"]`);
    if (!place || !own.length) continue;
    const inputs = [...place.querySelectorAll("input, select")];
    for (const { parameter } of own) {
      const index = parameter.match(/\[(\d+)\]$/)?.[1];
      const wrong = index !== undefined && one.kind === "coordinates" ? [inputs[index]] : inputs;
      wrong.forEach((input) => input?.setAttribute("aria-invalid", "true"));
    }
    const said = own.map(({ parameter, problem, allowed }) => `${parameter === one.name ? "" : `${parameter} `}${problem}（${allowed}）`);
    place.querySelector(".error").textContent = said.join("\n");
    const outer = place.closest("details");
    if (outer) outer.open = true;
  }
}
