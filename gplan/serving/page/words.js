// What the page says, in the language chosen: its own words, intents and values. What stands in a row stays as it is.
import en from "./en.js";
import zh from "./zh.js";

const LANGUAGES = { zh, en };
const TOOL = "工具名称";
let words = zh;

export const language = () => (words === zh ? "zh" : "en");

/** Chooses the language, "zh" or "en" (anything else is zh), and puts it into all elements with data-say. */
export function setLanguage(name) {
  words = LANGUAGES[name] ?? zh;
  document.documentElement.lang = words === zh ? "zh-CN" : "en";
  document.title = `GPlan · ${words.title}`;
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = words[element.dataset.say];
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words[element.dataset.label]);
  }
}

/** say("valid") -> "有效"; say("step", 2) -> "第 2 步". */
export function say(name, ...given) {
  const found = words[name];
  return typeof found === "function" ? found(...given) : found;
}

export const sayColumn = (name) => words.columns[name];
export const sayField = (name) => words.field[name] ?? name;
export const sayRelation = (name) => words.relation[name];

/** "酒店" -> "hotel" in English; a kind of order without words of its own stays as it is. */
export const sayKind = (kind) => (Object.hasOwn(words.kind, kind) ? words.kind[kind] : kind);

/** One value of an intent or a decision: "附近" -> "nearby", "tool_1" -> "Ride". */
export function sayValue(value) {
  if (Object.hasOwn(words.tool, value)) return words.tool[value];
  return Object.hasOwn(words.value, value) ? words.value[value] : value;
}

/** An option that can stand for several values: "5|6|7|8|9" -> "5–9", "tool_1|tool_10" -> "Ride / Write a review". */
export function sayOption(option) {
  const values = option.split("|");
  if (values.length > 1 && values.every((value) => /^\d$/.test(value))) return `${values[0]}–${values.at(-1)}`;
  if (values.length > 2) return say("joined", sayValue(values[0]), values.length - 1);
  return values.map(sayValue).join(" / ");
}

/** A card's first line: "打车", "美食推荐". */
export function intentTitle(intent) {
  if (!intent.tag) return sayValue(intent[TOOL]);
  return say(intent[TOOL] === "tool_7" ? "nearbyTagged" : "tagged", sayValue(intent.tag));
}

/** The pieces of a card's second line, each with the parameter it says: [["起始位置", "here"], ["终点位置", "home"]]. */
export function intentDetails(intent) {
  const { 起始位置: from, 终点位置: to, 空间范围: range } = intent;
  return Object.entries({ 起始位置: from, 终点位置: to, 空间范围: range })
    .filter(([, value]) => value)
    .map(([name, value]) => [name, sayValue(value)]);
}

export const intentHint = (intent) => words.toolHint[intent[TOOL]] ?? "";

/** A whole intent on one line: "Ride (here → home)". */
export function intentLine(intent) {
  const details = intentDetails(intent).map(([, value]) => value);
  const between = intent.终点位置 ? " → " : " · ";
  return details.length ? say("intent", intentTitle(intent), details.join(between)) : intentTitle(intent);
}

export const percent = (share) => (share > 0.9995 || share < 0.0005 ? extreme(share) : `${decimal(share * 100)}%`);

const extreme = (share) => (share > 0.5 ? (share === 1 ? "100%" : ">99.9%") : share === 0 ? "0%" : "<0.1%");
const decimal = (number) => (number < 10 || number > 99 ? number.toFixed(1) : number.toFixed(0));
