// The map: the world's ground on a canvas, a call's shapes above it, and what is beside it to press.
import { h } from "./dom.js";
import { Ground, draw, palette } from "./ground.js";
import { icon } from "./icons.js";
import { showLegend } from "./legend.js";
import { Overlay } from "./overlay.js";
import { listen, View } from "./view.js";
import { say } from "./words.js";

const LENGTHS = [5e6, 2e6, 1e6, 5e5, 2e5, 1e5, 5e4, 2e4, 1e4, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5];

export class WorldMap {
  /**
   * @param on {choose(key), place(place), point([lat, lon]), city(number)}: what a person does here. `place` and `point`
   *   are clicks; where `isPicking()`, a place's click is a point too.
   */
  constructor(element, on) {
    Object.assign(this, { element, on, grounds: new Map(), cities: [], kinds: null, hasLines: true, chosen: null, whole: 0 });
    this.view = new View(() => this.redraw());
    this.canvas = h("canvas", { tabindex: 0, role: "application" });
    this.overlay = new Overlay(this.view, (key) => on.choose(key));
    this.scale = h("div", { class: "scale", "aria-hidden": "true" });
    this.credit = h("p", { class: "credit" });
    this.hint = h("p", { class: "hint-at", hidden: true });
    this.card = h("aside", { class: "place-card", hidden: true });
    this.picker = h("select", { class: "city", onchange: () => on.city(Number(this.picker.value)) });
    this.legend = h("details", { class: "legend", open: element.clientWidth >= 760 });
    this.buttons = ["zoomIn", "zoomOut", "whole"].map((name) => h("button", { type: "button", class: "round", "data-name": name, onclick: () => this.press(name) }));
    const controls = h("div", { class: "controls" }, this.buttons);
    element.append(this.canvas, this.overlay.element, this.picker, this.legend, controls, this.scale, this.credit, this.hint, this.card);
    listen(this.canvas, this.view, {
      tapped: (...at) => this.tap(...at),
      whole: () => this.press("whole"),
      escaped: () => this.showPlace(null),
    });
    this.colours = palette();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.colours = palette();
      this.redraw();
    });
    new ResizeObserver(() => this.resize()).observe(element);
    this.resize();
  }

  /** The world's cities, kinds of places, and whom its data is from. */
  setWorld({ cities, attribution }, kinds) {
    Object.assign(this, { cities, kinds });
    this.credit.replaceChildren(...credit(attribution));
    this.speak();
  }

  /** In the language spoken now. */
  speak() {
    const words = { zoomIn: "+", zoomOut: "−", whole: icon("whole") };
    for (const button of this.buttons) {
      button.setAttribute("aria-label", say(button.dataset.name));
      button.title = say(button.dataset.name);
      button.replaceChildren(words[button.dataset.name]);
    }
    this.canvas.setAttribute("aria-label", this.cities.length ? say("canvas") : say("noMap"));
    this.picker.setAttribute("aria-label", say("city"));
    const many = this.cities.length > 1;
    this.picker.replaceChildren(
      ...(many ? [h("option", { value: -1 }, say("country"))] : []),
      ...this.cities.map(({ name, places }, i) => h("option", { value: i }, `${name} · ${say("places", places)}`)),
    );
    this.picker.value = this.whole;
    this.picker.hidden = !this.cities.length;
    this.legend.hidden = !this.cities.length;
    if (!this.kinds) return;
    const inside = h("div", { class: "kinds" });
    const ground = this.grounds.get(this.whole);
    showLegend(inside, this.kinds, {
      changed: () => this.redraw(),
      lines: { has: Boolean(ground?.lines.length), shown: this.hasLines, set: (isOn) => ((this.hasLines = isOn), this.redraw()) },
    });
    this.legend.replaceChildren(h("summary", {}, icon("layers"), say("legend")), inside);
  }

  /** A city's drawing; `addCity` may come after `showCity`. */
  addCity(number, drawing) {
    this.grounds.set(number, new Ground(drawing, this.kinds));
    this.speak();
    this.redraw();
  }

  /** The roads between cities. */
  addCountry(drawing) {
    this.grounds.set(-1, new Ground(drawing, this.kinds));
    this.redraw();
  }

  /** Shows all of a city, -1: of all cities. */
  showCity(number) {
    this.whole = number;
    this.picker.value = number;
    this.press("whole");
    this.speak();
  }

  press(name) {
    if (name === "zoomIn") return this.view.zoomBy(1);
    if (name === "zoomOut") return this.view.zoomBy(-1);
    const boxes = this.whole < 0 ? this.cities : this.cities.slice(this.whole, this.whole + 1);
    const corners = boxes.flatMap(({ bounds: [south, west, north, east] }) => [[south, west], [north, east]]);
    this.view.fit(corners, { free: 24 });
  }

  /** A call's shapes, and which of its items is chosen; `isNew`: the map goes where they are. */
  showShapes(shapes, chosen, { points = [] } = {}) {
    this.overlay.show(shapes, chosen);
    if (points.length) this.view.fit(points, { free: Math.min(70, this.view.width / 5), most: 16.2 });
    this.redraw();
  }

  /** A place's card; null: none. */
  showPlace(place, ...content) {
    this.chosen = place;
    this.card.hidden = !place;
    if (place) {
      const close = h("button", { type: "button", class: "close", "aria-label": say("close"), onclick: () => this.showPlace(null) }, "×");
      this.card.replaceChildren(close, ...content);
    }
    this.redraw();
  }

  /** Says that a click fills a field; "": it doesn't. */
  showHint(text) {
    this.hint.hidden = !text;
    this.hint.textContent = text;
    this.element.classList.toggle("picking", Boolean(text));
  }

  /** Pixels -> the place there, or the point. */
  tap(left, top) {
    const isShown = this.view.zoom >= 10.5 && this.kinds?.isShown;
    const found = isShown && [...this.grounds.values()].map((ground) => ground.placeAt(this.view, left, top, isShown)).find(Boolean);
    if (this.hint.hidden === false) return this.on.point(found ? found.at : this.view.point(left, top));
    if (found) return this.on.place(found);
    const city = this.view.zoom < 10.5 ? this.cities.findIndex(({ centre }) => near(this.view.at(centre), [left, top])) : -1;
    if (city >= 0) return this.on.city(city);
    this.showPlace(null);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width || !height) return;
    const ratio = Math.min(devicePixelRatio, 2);
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const isFirst = !this.size;
    this.size = [width, height];
    this.view.resize(width, height);
    if (isFirst && this.cities.length) this.press("whole");
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.overlay.update();
      draw(this.canvas.getContext("2d"), this.view, {
        grounds: [...this.grounds.values()],
        cities: this.cities,
        shown: this.kinds?.isShown,
        hasLines: this.hasLines,
        chosen: this.chosen,
        isQuiet: this.overlay.placed.length > 0,
        taken: this.overlay.boxes(),
      }, this.colours);
      this.showScale();
    });
  }

  showScale() {
    const metres = this.view.metres();
    const length = LENGTHS.find((one) => one / metres <= 110) ?? LENGTHS.at(-1);
    this.scale.style.setProperty("width", `${length / metres}px`);
    this.scale.textContent = length < 1000 ? `${length} ${say("metres")}` : `${length / 1000} ${say("kilometres")}`;
  }
}

const near = ([a, b], [c, d]) => Math.hypot(a - c, b - d) < 18;

/** Attribution as its owner wants it: OpenStreetMap's has a link. */
function credit(attribution) {
  const [before, after] = attribution.split("OpenStreetMap");
  if (after === undefined) return [attribution];
  return [before, h("a", { href: "https://www.openstreetmap.org/copyright", rel: "noreferrer", target: "_blank" }, "OpenStreetMap"), after];
}
