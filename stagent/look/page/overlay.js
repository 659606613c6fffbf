// A call's shapes above the map: routes, buffers, circles, pins, lines to starting points. What a pointer can press is
// a button of its own.
import { svg } from "./dom.js";
import { project, stretch } from "./view.js";

const DROP = "M0 0c-6-7-11-12-11-19a11 11 0 0 1 22 0c0 7-5 12-11 19z";

/** @param chose called with a pin's key */
export class Overlay {
  constructor(view, chose) {
    this.view = view;
    this.chose = chose;
    this.element = svg("svg", { class: "overlay" });
    this.lines = svg("g", {}); // in Mercator metres around `origin`: moved and scaled as one
    this.points = svg("g", {});
    this.element.append(this.lines, this.points);
    this.origin = [0, 0];
    this.placed = [];
    this.ways = [];
  }

  /** Draws shapes of `shapes.js`, `chosen` above all; null: nothing. */
  show(shapes, chosen) {
    this.lines.replaceChildren();
    this.points.replaceChildren();
    this.placed = [];
    this.ways = shapes?.routes ?? [];
    if (!shapes) return;
    const first = [...shapes.routes, ...shapes.buffers].flatMap(({ points }) => points)[0] ?? [...shapes.pins, ...shapes.marks][0]?.at;
    this.origin = project(first ?? shapes.arcs[0]?.from ?? [0, 0]);
    for (const { points, radius } of shapes.buffers) {
      this.lines.append(svg("path", { class: "buffer", d: this.line(points), "stroke-width": 2 * radius * stretch(points[0][0]) }));
    }
    if (shapes.circle) this.lines.append(this.circle(shapes.circle));
    // the chosen route last, so that it lies on top; without a choice the first one
    const routes = [...shapes.routes].reverse().sort((one, other) => (one.key === chosen) - (other.key === chosen));
    for (const { key, points, mode } of routes) {
      const isFaint = chosen && shapes.routes.length > 1 && routes.some((route) => route.key === chosen) && key !== chosen;
      const d = this.line(points);
      this.lines.append(svg("path", { class: `route-edge ${isFaint ? "faint" : ""}`, d }), svg("path", { class: `route ${mode} ${isFaint ? "faint" : ""}`, d }));
    }
    for (const { from, to } of shapes.arcs) this.lines.append(svg("path", { class: "arc", d: this.arc(from, to) }));
    const pin = shapes.pins.find(({ key }) => key === chosen);
    if (pin) for (const from of shapes.spokes) this.lines.append(svg("path", { class: "spoke", d: this.line([from, pin.at]) }));
    for (const { at, label } of shapes.marks) this.place(at, mark(label));
    const pins = [...shapes.pins].reverse().sort((one, other) => (one.key === chosen) - (other.key === chosen));
    for (const one of pins) this.place(one.at, this.pin(one, one.key === chosen));
    this.update();
  }

  /** After each move of the view. */
  update() {
    const { view } = this;
    const [left, top] = [(this.origin[0] - view.x) * view.scale + view.width / 2, (this.origin[1] - view.y) * view.scale + view.height / 2];
    this.lines.setAttribute("transform", `translate(${left} ${top}) scale(${view.scale})`);
    for (const { at, element } of this.placed) element.setAttribute("transform", `translate(${view.at(at).join(" ")})`);
  }

  /** What names on the map keep off. */
  boxes() {
    const own = this.placed.map(({ at, isPin }) => {
      const [x, y] = this.view.at(at);
      return isPin ? [x - 12, y - 31, x + 12, y] : [x - 11, y - 11, x + 11, y + 11];
    });
    return [...own, ...this.ways.flatMap(({ points }) => this.along(points))];
  }

  /** Boxes along a line, close enough for no name to lie between two. */
  along(points) {
    const boxes = [];
    let before = null;
    for (const point of points) {
      const here = this.view.at(point);
      const steps = before ? Math.min(60, Math.ceil(Math.hypot(here[0] - before[0], here[1] - before[1]) / 16)) : 1;
      for (let step = 1; step <= steps; step++) {
        const [x, y] = before ? here.map((to, i) => before[i] + ((to - before[i]) * step) / steps) : here;
        if (x > 0 && y > 0 && x < this.view.width && y < this.view.height) boxes.push([x - 4, y - 4, x + 4, y + 4]);
      }
      before = here;
    }
    return boxes;
  }

  place(at, element) {
    this.points.append(element);
    this.placed.push({ at, element, isPin: element.classList.contains("pin") });
  }

  local(point) {
    const [x, y] = project(point);
    return `${(x - this.origin[0]).toFixed(1)} ${(y - this.origin[1]).toFixed(1)}`;
  }

  line(points) {
    return `M${points.map((point) => this.local(point)).join("L")}`;
  }

  arc(from, to) {
    const [[a, b], [c, d]] = [project(from), project(to)];
    const [x, y] = [(a + c) / 2 - this.origin[0] + (d - b) * 0.18, (b + d) / 2 - this.origin[1] - Math.abs(c - a) * 0.18];
    return `M${this.local(from)}Q${x.toFixed(1)} ${y.toFixed(1)} ${this.local(to)}`;
  }

  circle({ at, radius }) {
    const [x, y] = this.local(at).split(" ");
    return svg("circle", { class: "circle", cx: x, cy: y, r: radius * stretch(at[0]) });
  }

  pin({ key, label, title, list }, isChosen) {
    const colour = list ? ["violet", "green", "amber", "sky"][(list - 1) % 4] : "";
    const choose = () => this.chose(key);
    const element = svg(
      "g",
      {
        class: `pin ${isChosen ? "chosen" : ""} ${colour}`, role: "button", tabindex: "0", "aria-label": `${label} ${title}`, "data-key": key,
        onclick: choose,
        onkeydown: (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), choose()),
      },
      svg("path", { d: DROP }),
      svg("text", { y: -15 }, label),
    );
    if (title) element.append(svg("title", {}, title));
    return element;
  }
}

const mark = (label) => svg("g", { class: "mark-at" }, svg("circle", { r: 10 }), svg("text", { y: 4 }, label));
