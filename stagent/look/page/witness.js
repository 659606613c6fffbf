// A claim's card beside its words: what it says, whether it holds, and from which values of which steps.
import { byId, h } from "./dom.js";
import { legible } from "./legible.js";
import { CONTEXT } from "./trajectory.js";
import { written } from "./values.js";
import { say, sayOf, sayTool } from "./words.js";

const WIDTH = 360; // pixels
const PHONE = 820; // pixels, as in the styles
const MOST_FACTS = 12;
// Kind of a claim -> the kind of a key of results whose values are written alike.
const UNITS = { duration: "seconds", distance: "metres", money: "yuan", temperature: "celsius", percent: "percent" };

export class WitnessCard {
  constructor() {
    this.element = h("div", { class: "witness", id: "witness", role: "tooltip", hidden: true });
    this.anchor = null;
    document.body.append(this.element);
    addEventListener("scroll", () => this.place(), { capture: true, passive: true });
    addEventListener("resize", () => this.place());
  }

  /** @param steps of the trajectory. @param at which of the facts is in sight, -1: none was asked for */
  show(claim, anchor, steps, at) {
    if (this.anchor !== anchor) this.hide();
    Object.assign(this, { anchor, isGone: at >= 0 });
    anchor.setAttribute("aria-describedby", "witness");
    this.element.replaceChildren(...card(claim, steps, at));
    this.place();
  }

  hide() {
    this.anchor?.removeAttribute("aria-describedby");
    this.anchor = null;
    this.element.hidden = true;
  }

  /** Over the map, as near to the claim as that is; on a phone below the claim or above it, never over it. */
  place() {
    const { anchor, element } = this;
    if (!anchor) return;
    const boxes = [...anchor.getClientRects()];
    const frame = anchor.closest(".talk")?.getBoundingClientRect();
    const isPhone = innerWidth <= PHONE;
    // a phone's map is small: the card lies over the conversation, and would hide the value that was gone to
    const isSeen = boxes.length && frame && boxes[0].bottom > Math.max(0, frame.top) && boxes.at(-1).top < Math.min(innerHeight, frame.bottom);
    element.hidden = !isSeen || (isPhone && this.isGone);
    if (element.hidden) return;
    const width = Math.min(WIDTH, innerWidth - 16);
    const near = Math.max(8, Math.min(boxes[0].left, innerWidth - width - 8));
    const map = byId("map").getBoundingClientRect();
    this.put({ width, "max-height": innerHeight - 16 });
    const height = element.offsetHeight;
    if (!isPhone && map.right <= frame.left + 1) return this.put({ left: frame.left - width - 8, top: Math.max(8, Math.min(boxes[0].top, innerHeight - height - 8)) });
    if (!isPhone) return this.put({ left: near, top: Math.max(8, map.bottom - height - 8) });
    const [above, below] = [boxes[0].top - 14, innerHeight - boxes.at(-1).bottom - 14];
    const isBelow = below >= height || below > above;
    const shown = Math.min(height, Math.max(60, isBelow ? below : above));
    this.put({ left: near, top: isBelow ? boxes.at(-1).bottom + 6 : boxes[0].top - shown - 6, "max-height": shown });
  }

  put(pixels) {
    for (const [name, value] of Object.entries(pixels)) this.element.style.setProperty(name, `${value}px`);
  }
}

/** Whether a claim isn't said as such by its witness, but follows from it. */
export const isDerived = (how) => !["", "given", "said"].includes(how);

function card({ kind, value, entity, holds, why, how, facts }, steps, at) {
  const label = sayOf("kinds", kind);
  const said = [label, written(typeof value === "number" ? UNITS[kind] : "plain", value).slice(0, 200), entity].filter(Boolean).join(" · ");
  return [
    h("p", { class: "claim-head" }, h("b", { class: holds ? "good" : "fail" }, say(holds ? "holds" : "fails")), " ", legible(said)),
    why && h("p", { class: holds ? "soft" : "fail" }, legible(why.slice(0, 300))),
    facts.length > 0 && isDerived(how) && h("p", {}, say("follows"), " ", h("b", {}, legible(sayOf("rules", how)))),
    facts.length > 0 && h("ol", { class: "facts-of" }, facts.slice(0, MOST_FACTS).map((fact, i) => h("li", { class: i === at ? "chosen" : null }, source(fact, steps)))),
    facts.length > MOST_FACTS && h("p", { class: "soft" }, say("more", facts.length - MOST_FACTS)),
    h("p", { class: "soft" }, say(facts.length ? "goToWitness" : "noWitness")),
  ].filter(Boolean);
}

function source({ step, path, text }, steps) {
  const isWords = step < 0 && Object.hasOwn(say("sources"), path);
  const name = isWords ? say("sources")[path] : step === CONTEXT ? say("context") : [say("stepNumber", step + 1), steps[step]?.call && sayTool(steps[step].call.tool)].filter(Boolean).join(" ");
  return [h("span", {}, legible(name)), " ", isWords ? "" : h("code", {}, legible(path)), " = ", h("b", {}, legible(text.slice(0, 200)))];
}
