// What a trajectory is worth: the reward or the veto, the three dimensions, and the task's predicates.
import { fold, h } from "./dom.js";
import { jsonTree } from "./json.js";
import { legible } from "./legible.js";
import { plain } from "./values.js";
import { say, sayOf } from "./words.js";

/** @param score of trajectory.js; returns nodes, none where there is no score. */
export function worth(score) {
  if (!score) return [];
  const { reward, vetoed, dimensions, predicates, claims } = score;
  const kind = reward === null ? "unscored" : vetoed.length ? "vetoed" : "scored";
  const lies = claims.filter(({ holds }) => !holds).length;
  return [
    h(
      "section",
      { class: `worth ${kind}`, "aria-label": say("reward") },
      h(
        "div",
        { class: "reward" },
        h("strong", {}, reward === null ? "–" : rounded(reward)),
        h("div", {}, h("b", {}, kind === "scored" ? say("reward") : say("states")[kind]), h("p", { class: "soft" }, [say("claims", claims.length, lies), legible(score.judge)].flat().flatMap((part, i) => (i === 1 && part ? [" · ", part] : [part])))),
      ),
      vetoed.length > 0 && h("ul", { class: "veto" }, vetoed.map((reason) => h("li", {}, legible(reason)))),
      reward === null && score.unscored && h("p", { class: "note" }, legible(score.unscored)),
      dimensions.length > 0 && h("ul", { class: "dimensions" }, dimensions.map(dimension)),
      predicates.length > 0 && checked(predicates),
    ),
  ];
}

/** 0.857 -> "0.86" */
export const rounded = (value) => String(Math.round(value * 100) / 100);

function dimension([name, { score, weight, reasons }]) {
  const label = sayOf("dimensions", name);
  return h(
    "li",
    {},
    h("div", { class: "dimension" }, h("b", {}, legible(label)), h("span", { class: "soft" }, weight === null ? "" : say("weight", rounded(weight))), h("span", { class: "gap" }), h("span", { class: "share" }, score === null ? "–" : rounded(score))),
    h("div", { class: "bar", "aria-hidden": "true" }, h("i", { "--share": Math.max(0, Math.min(1, score ?? 0)) })),
    reasons.map((reason) => h("p", { class: "soft" }, legible(reason))),
  );
}

function checked(predicates) {
  const met = predicates.filter((one) => one.met).length;
  return fold(
    "predicates",
    { class: "predicates", isOpen: met < predicates.length },
    say("predicates", met, predicates.length),
    h("ul", {}, predicates.map(predicate)),
  );
}

function predicate({ predicate: asked, met, why }) {
  const { kind, ...rest } = asked;
  const label = sayOf("asked", plain(kind ?? ""));
  return h(
    "li",
    { class: met ? "met" : "unmet" },
    h("span", { class: "sign", "aria-hidden": "true" }, met ? "✓" : "✗"),
    h("div", {}, h("b", {}, legible(label)), h("span", { class: "hidden" }, ` ${say(met ? "met" : "unmet")} `), " ", details(rest), why && h("p", { class: "why" }, legible(why))),
  );
}

/** What a predicate wants, on a line where that is short. */
function details(rest) {
  const words = Object.entries(rest).map(([key, value]) => `${sayOf("wants", key)} ${key === "of" ? sayOf("kinds", plain(value)) : shortly(value)}`).join(" · ");
  return words.length <= 300 ? h("span", { class: "soft" }, legible(words)) : jsonTree(rest);
}

function shortly(value) {
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  if (!Array.isArray(value)) return plain(value);
  return value.map((one) => (Array.isArray(one) ? one.map(plain).join(" / ") : plain(one))).join(say("joint"));
}
