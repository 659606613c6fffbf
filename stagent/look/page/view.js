// Where a map looks: degrees ↔ Mercator metres ↔ pixels, and the gestures that move it.
const EARTH = 6_378_137; // m, the sphere of Web Mercator
const WORLD = 2 * Math.PI * EARTH;
const [FARTHEST, NEAREST] = [3, 19]; // zoom levels: 0 is the whole world on 256 pixels
const STEP = 80; // pixels that an arrow key moves

/** [lat, lon] -> [x, y] in Mercator metres, y to the south. */
export function project([lat, lon]) {
  const phi = (Math.max(-85, Math.min(85, lat)) * Math.PI) / 180;
  return [(lon * Math.PI * EARTH) / 180, -EARTH * Math.log(Math.tan(Math.PI / 4 + phi / 2))];
}

export function unproject([x, y]) {
  return [((2 * Math.atan(Math.exp(-y / EARTH)) - Math.PI / 2) * 180) / Math.PI, (x / EARTH / Math.PI) * 180];
}

/** Mercator metres that a metre on the ground takes at a latitude. */
export const stretch = (lat) => 1 / Math.cos((lat * Math.PI) / 180);

export class View {
  /** @param changed called after each move */
  constructor(changed) {
    Object.assign(this, { x: 0, y: 0, scale: 0.01, width: 300, height: 300, changed });
  }

  get zoom() {
    return Math.log2((this.scale * WORLD) / 256);
  }

  resize(width, height) {
    Object.assign(this, { width, height });
    this.changed();
  }

  /** [lat, lon] -> [left, top] in pixels. */
  at(point) {
    const [x, y] = project(point);
    return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2];
  }

  /** The inverse. */
  point(left, top) {
    return unproject([this.x + (left - this.width / 2) / this.scale, this.y + (top - this.height / 2) / this.scale]);
  }

  /** Metres on the ground that a pixel shows, in the middle. */
  metres() {
    return 1 / this.scale / stretch(unproject([this.x, this.y])[0]);
  }

  /** [west, north, east, south] in Mercator metres. */
  frame(margin = 0) {
    const [w, h] = [(this.width / 2 + margin) / this.scale, (this.height / 2 + margin) / this.scale];
    return [this.x - w, this.y - h, this.x + w, this.y + h];
  }

  move(right, down) {
    this.x += right / this.scale;
    this.y += down / this.scale;
    this.changed();
  }

  /** Zooms so that the point under (left, top) stays there. */
  zoomBy(levels, left = this.width / 2, top = this.height / 2) {
    const to = Math.max(FARTHEST, Math.min(NEAREST, this.zoom + levels));
    const factor = 2 ** (to - this.zoom);
    const [right, down] = [left - this.width / 2, top - this.height / 2];
    this.x += right / this.scale - right / this.scale / factor;
    this.y += down / this.scale - down / this.scale / factor;
    this.scale *= factor;
    this.changed();
  }

  /** Shows all points, as large as `most` levels allow, with pixels left free at the edges. */
  fit(points, { free = 40, most = 16.5 } = {}) {
    if (!points.length) return;
    const flat = points.map(project);
    const [xs, ys] = [flat.map(([x]) => x), flat.map(([, y]) => y)];
    const [west, east, north, south] = [least(xs), -least(xs.map((x) => -x)), least(ys), -least(ys.map((y) => -y))];
    const fits = Math.min((this.width - 2 * free) / (east - west || 1), (this.height - 2 * free) / (south - north || 1));
    this.scale = Math.max((256 * 2 ** FARTHEST) / WORLD, Math.min(fits, (256 * 2 ** most) / WORLD));
    [this.x, this.y] = [(west + east) / 2, (north + south) / 2];
    this.changed();
  }
}

const least = (values) => values.reduce((one, other) => Math.min(one, other), Infinity);

/** Wheel, drag, pinch, double click and keys move a view; `tapped(left, top)` hears of clicks. */
export function listen(element, view, { tapped, whole, escaped }) {
  const held = new Map(); // pointer -> [left, top]
  let moved = 0;
  const place = (event) => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const span = () => {
    const [[a, b], [c, d]] = [...held.values()];
    return [Math.hypot(a - c, b - d), (a + c) / 2, (b + d) / 2];
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    element.setPointerCapture(event.pointerId);
    held.set(event.pointerId, place(event));
    if (held.size === 1) moved = 0;
  });
  element.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    const old = held.size > 1 ? span() : null;
    held.set(event.pointerId, now);
    moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (held.size === 1 && moved > 3) view.move(before[0] - now[0], before[1] - now[1]);
    if (held.size !== 2 || !old) return;
    const young = span();
    view.move(old[1] - young[1], old[2] - young[2]);
    if (old[0] > 8) view.zoomBy(Math.log2(young[0] / old[0]), young[1], young[2]);
  });
  const end = (event) => {
    const isTap = held.size === 1 && moved <= 3 && event.type === "pointerup";
    if (!held.delete(event.pointerId)) return;
    if (isTap) tapped(...place(event));
    else moved += 99; // a pinch's second finger is no tap
  };
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
  element.addEventListener("dblclick", (event) => view.zoomBy(1, ...place(event)));
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 33 : 1;
      view.zoomBy(Math.max(-1, Math.min(1, (-event.deltaY * lines) / 240)), ...place(event));
    },
    { passive: false },
  );
  const keys = {
    ArrowLeft: () => view.move(-STEP, 0),
    ArrowRight: () => view.move(STEP, 0),
    ArrowUp: () => view.move(0, -STEP),
    ArrowDown: () => view.move(0, STEP),
    "+": () => view.zoomBy(1),
    "=": () => view.zoomBy(1),
    "-": () => view.zoomBy(-1),
    0: whole,
    Enter: () => tapped(view.width / 2, view.height / 2),
    Escape: escaped,
  };
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
}
