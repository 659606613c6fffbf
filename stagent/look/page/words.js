// What the page says, in the language chosen: its own words, and those that the server sends in both.
import en from "./en.js";
import zh from "./zh.js";

const LANGUAGES = { zh, en };
let words = zh;

export const language = () => (words === zh ? "zh" : "en");

/** Chooses the language, "zh" or "en" (anything else is zh), and puts it into all elements with data-say. */
export function setLanguage(name) {
  words = LANGUAGES[name] ?? zh;
  document.documentElement.lang = words === zh ? "zh-CN" : "en";
  document.title = `STAgent · ${words.title}`;
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = words[element.dataset.say];
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words[element.dataset.label]);
  }
}

/** say("call") -> "调用"; say("items", 2) -> "2 条". */
export function say(name, ...given) {
  const found = words[name];
  return typeof found === "function" ? found(...given) : found;
}

/** sayOf("outcomes", "found") -> "有结果"; a key without a word of its own stays as it is. */
export const sayOf = (name, key) => (Object.hasOwn(words[name], key) ? words[name][key] : key);

/** Why there was no answer, from a Failure. */
export const sayFailure = ({ kind, message, status }) => (kind === "refused" ? say("refused", message, status) : say("failed")[kind]);

/** The one of {zh, en} that is spoken: of a tool, a parameter, a category, a key of results. */
export const both = (pair) => pair[language()];

/** "map_search_places" -> "搜索地点"; a tool without words of its own stays as it is. */
export const sayTool = (name) => (Object.hasOwn(words.tools, name) ? words.tools[name] : name);

// What worlds say in Chinese -> what the page calls it: modes and classes of roads, and kinds of places once learnt.
const MEANT = new Map(Object.entries(zh.values).map(([key, word]) => [word, key]));
const kinds = new Map();

/** Learns the labels of categories, key -> {zh, en}. */
export function learnKinds(categories) {
  for (const pair of Object.values(categories)) kinds.set(pair.zh, pair);
}

/** One of a few values that results and choices have: "driving" -> "驾车", "咖啡馆" -> "café"; others stay as they are. */
export function sayValue(value) {
  if (kinds.has(value)) return both(kinds.get(value));
  const key = MEANT.get(value) ?? value;
  return Object.hasOwn(words.values, key) ? words.values[key] : value;
}
