// The list of a file's trajectories: filters, rows, pages.
import { fold, h } from "./dom.js";
import { legible } from "./legible.js";
import { rounded } from "./worth.js";
import { language, say, sayOf } from "./words.js";

const LEVELS = [-1, 0, 1, 2, 3, 4, 5];
const SPLITS = ["train", "held_out_city", "held_out_kind"];
const STATES = ["scored", "vetoed", "unscored", "none", "broken"];
export const ALL = { text: "", leaf: "", difficulty: "", split: "", state: "", least: "", most: "" };

/** "discovery.area_summaries" -> "区域概览", in English "area summaries". @param leaves id -> Chinese label */
export function sayLeaf(id, leaves) {
  if (language() === "zh" && Object.hasOwn(leaves, id)) return leaves[id];
  return id.split(".").at(-1).replaceAll("_", " ");
}

/** Fills the form of filters. @param counts leaf -> how many. @param on {want(name, value), leaves} */
export function showFilters(element, wanted, counts, on) {
  const set = (name) => ({ target }) => on.want(name, target.value);
  const select = (name, options) =>
    h("select", { name, "aria-label": say("filters")[name], onchange: set(name) },
      [["", `${say("filters")[name]}: ${say("any")}`], ...options].map(([value, text]) => h("option", { value, selected: value === wanted[name] }, text)));
  const reward = (name) => h("input", { type: "number", name, step: "any", min: "0", max: "1", value: wanted[name], placeholder: say("filters")[name], "aria-label": say("filters")[name], oninput: set(name) });
  const isUsed = Object.entries(wanted).some(([name, value]) => name !== "text" && value !== "");
  element.replaceChildren(
    h("input", { type: "search", name: "text", value: wanted.text, placeholder: say("filters").text, "aria-label": say("filters").text, autocomplete: "off", spellcheck: "false", oninput: set("text") }),
    fold(
      "more-filters",
      { class: "optional", isOpen: isUsed || innerWidth > 820 },
      say("filter"),
      select("leaf", leafOptions(counts, wanted.leaf, on.leaves)),
      h("div", { class: "pair" },
        select("difficulty", LEVELS.map((level) => [String(level), say("difficulty", level)])),
        select("split", SPLITS.map((split) => [split, say("splits")[split]]))),
      select("state", STATES.map((state) => [state, say("states")[state]])),
      h("div", { class: "pair" }, reward("least"), reward("most")),
    ),
  );
}

/** Classes and leaves that the file has, each class before its own. */
function leafOptions(counts, chosen, leaves) {
  const sums = new Map();
  for (const [leaf, count] of Object.entries({ ...(chosen ? { [chosen]: 0 } : {}), ...counts })) {
    const parts = leaf.split(".");
    parts.forEach((_, i) => {
      const above = parts.slice(0, i + 1).join(".");
      sums.set(above, (sums.get(above) ?? 0) + count);
    });
  }
  const all = [...sums].sort(([one], [other]) => (one < other ? -1 : 1));
  return all.map(([id, count]) => [id, `${"  ".repeat(id.split(".").length - 1)}${sayLeaf(id, leaves).slice(0, 60)} (${count})`]);
}

/** How much there is, and whether all is read. */
export function sayCount({ lines, matching, read }) {
  const reading = read < 1 ? say("reading", Math.floor(read * 100)) : "";
  return [say("listed", matching, lines), reading].filter(Boolean).join(" · ");
}

/** Fills the list; rows that stay as they are stay elements too: one may be about to be pressed. @param on {open(line), leaves} */
export function showRows(element, rows, line, on) {
  const keys = rows.map((row) => JSON.stringify([row, row.line === line, language()]));
  const kept = [...element.children].findIndex((child, i) => child.key !== keys[i]);
  if (kept >= 0) [...element.children].slice(kept).forEach((child) => child.remove());
  for (let i = element.childElementCount; i < rows.length; i++) {
    const item = h("li", {}, rows[i].broken ? broken(rows[i]) : trajectory(rows[i], line, on));
    element.append(Object.assign(item, { key: keys[i] }));
  }
}

function trajectory(row, line, on) {
  const { text, leaf, difficulty, calls, turns, split } = row;
  const details = [
    sayLeaf(leaf, on.leaves),
    difficulty === null ? "" : say("difficulty", difficulty),
    say("callCount", calls),
    turns > 1 ? say("turnCount", turns) : "",
    split && split !== "train" ? sayOf("splits", split) : "",
  ];
  return h(
    "button",
    { type: "button", class: "row", "data-line": row.line, "aria-current": row.line === line ? "true" : null, onclick: () => on.open(row.line) },
    h("span", { class: "asked" }, h("span", { class: "question" }, text ? legible(text) : "–"), h("span", { class: "soft" }, h("bdi", {}, legible(details.filter(Boolean).join(" · "))))),
    badge(row),
  );
}

function badge({ state, reward }) {
  if (state === "none") return null;
  return h("span", { class: `badge ${{ vetoed: "bad", scored: "found" }[state] ?? ""}` }, state === "scored" ? rounded(reward) : say("states")[state]);
}

function broken({ line, broken: why }) {
  return h("p", { class: "row broken", "data-line": line }, h("span", { class: "asked" }, say("brokenLine", line), h("span", { class: "soft" }, sayOf("broken", why))), h("span", { class: "badge bad" }, say("states").broken));
}

/** Fills the pager. @param turn called with a page, from 0; returns what shows {page, pages} in it, hidden where there is one. */
export function pager(element, turn) {
  let shown = { page: 0, pages: 1 };
  const go = (page) => turn(Math.max(0, Math.min(shown.pages - 1, page)));
  const button = (name, step, sign) => h("button", { type: "button", class: "round", "aria-label": say(name), title: say(name), onclick: () => go(shown.page + step) }, sign);
  const numbers = h("input", { type: "number", min: 1, "aria-label": say("pageNumber"), onchange: () => numbers.value && go(Math.trunc(Number(numbers.value)) - 1) });
  const last = h("span", { class: "soft" });
  const [before, after] = [button("before", -1, "‹"), button("after", 1, "›")];
  element.replaceChildren(before, numbers, last, after);
  return ({ page, pages }) => {
    if (!numbers.value || page !== shown.page) numbers.value = page + 1;
    shown = { page, pages };
    element.hidden = pages < 2;
    numbers.max = pages;
    last.textContent = `/ ${pages}`;
    [before.disabled, after.disabled] = [page < 1, page >= pages - 1];
  };
}
