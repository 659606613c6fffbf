// Names on a canvas that keep off each other: who comes first has the room.
const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const MOST = 140; // names at once
const LONGEST = 18; // letters of a name
const CELL = 64; // pixels: boxes are kept by the cells that they touch
const widths = new Map();

export class Labels {
  /** @param taken [left, top, right, bottom] of what names must not cover */
  constructor(context, view, colours, taken = []) {
    Object.assign(this, { context, view, colours, cells: new Map(), count: 0, said: new Set() });
    taken.forEach((box) => this.take(box));
  }

  /** Writes a name to the right of a point, or to its left; false where there is no room. */
  put(name, x, y, { size = 12, weight = 500, gap = 6 } = {}) {
    if (!name || this.count >= MOST || this.said.has(`${name} ${Math.round(x / 300)} ${Math.round(y / 300)}`)) return false;
    const text = name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
    const font = `${weight} ${size}px ${FAMILY}`;
    const width = this.width(text, font);
    const left = [x + gap, x - gap - width].find((start) => this.isFree([start - 2, y - size * 0.75, start + width + 2, y + size * 0.75]));
    if (left === undefined) return false;
    this.take([left - 2, y - size * 0.75, left + width + 2, y + size * 0.75]);
    this.said.add(`${name} ${Math.round(x / 300)} ${Math.round(y / 300)}`);
    this.count += 1;
    const { context, colours } = this;
    context.font = font;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = colours.halo;
    context.strokeText(text, left, y);
    context.fillStyle = colours.name;
    context.fillText(text, left, y);
    return true;
  }

  width(text, font) {
    const key = font + text;
    if (!widths.has(key)) {
      this.context.font = font;
      if (widths.size > 20_000) widths.clear();
      widths.set(key, this.context.measureText(text).width);
    }
    return widths.get(key);
  }

  keys([left, top, right, bottom]) {
    const keys = [];
    for (let i = Math.floor(left / CELL); i <= Math.floor(right / CELL); i++) {
      for (let j = Math.floor(top / CELL); j <= Math.floor(bottom / CELL); j++) keys.push(`${i},${j}`);
    }
    return keys;
  }

  isFree(box) {
    const [left, top, right, bottom] = box;
    if (left < 2 || top < 2 || right > this.view.width - 2 || bottom > this.view.height - 2) return false;
    return !this.keys(box).some((key) =>
      this.cells.get(key)?.some((other) => left < other[2] && right > other[0] && top < other[3] && bottom > other[1]),
    );
  }

  take(box) {
    for (const key of this.keys(box)) {
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(box);
    }
  }
}
