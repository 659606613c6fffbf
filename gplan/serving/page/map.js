// A sketch of where the person stands to the order: streets are invented for each city, distances are not to scale.
//
//     at      ◉ and pin together        city    ◉ · · · · · 📍      (far apart on one map)
//     district  ◉ · · 📍                away    ◉ · ·  ⚡  · · 📍   (two maps)
import { svg } from "./dom.js";
import { icon } from "./icons.js";
import { parseTime, relation } from "./row.js";
import { say } from "./words.js";

const WIDTH = 480;
const HEIGHT = 176;
const MIDDLE = WIDTH / 2;
// Where the person and the order's pin are.
const SPOTS = {
  at: [[MIDDLE, 112], [MIDDLE, 104]],
  district: [[184, 118], [292, 84]],
  city: [[112, 126], [368, 72]],
  away: [[96, 112], [384, 84]],
};

/** The map of a row, in the light of its hour. */
export function sketch(row) {
  const stand = relation(row);
  const [you, pin] = SPOTS[stand] ?? [[MIDDLE, 100], null];
  const parts = [];
  if (stand === "away") {
    parts.push(...half("left", row.current_city, 0), ...half("right", row.trigger_2, MIDDLE));
    parts.push(svg("path", { class: "tear", d: tear() }));
  } else parts.push(...streets(row.current_city, 0, WIDTH));
  if (pin && stand !== "at") parts.push(svg("path", { class: "way", d: arc(you, pin) }));
  parts.push(svg("circle", { class: "halo", cx: you[0], cy: you[1], r: 20 }));
  parts.push(svg("circle", { class: "you", cx: you[0], cy: you[1], r: 8 }));
  if (pin) parts.push(marker(pin, row.trigger_1));
  parts.push(label(you[0], you[1] + 31, [say("you"), row.current_tag].filter(Boolean).join(" · ")));
  if (stand === "away") {
    parts.push(label(MIDDLE / 2, 24, row.current_city, "town"), label(MIDDLE * 1.5, 24, row.trigger_2, "town"));
  }
  return svg("svg", { class: `map ${light(row)}`, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" }, parts);
}

/** "night", "dawn", "day" or "dusk". */
function light(row) {
  const now = parseTime(row.currenttime);
  const hour = now === null ? 12 : new Date(now).getUTCHours();
  return hour < 6 || hour >= 20 ? "night" : hour < 9 ? "dawn" : hour < 17 ? "day" : "dusk";
}

function half(side, city, from) {
  const id = `half-${side}-${++half.count}`;
  const clip = svg("clipPath", { id }, svg("rect", { x: from, y: 0, width: MIDDLE, height: HEIGHT }));
  return [clip, svg("g", { "clip-path": `url(#${id})` }, streets(city, from, MIDDLE))];
}
half.count = 0;

/** Land, a river, parks and streets of a city, always the same for one name. */
function streets(city, from, width) {
  const next = random(city);
  const [centre, to] = [from + width / 2, from + width];
  const turned = { transform: `rotate(${Math.round(next() * 40 - 20)} ${centre} ${HEIGHT / 2})` };
  const bank = next() < 0.5 ? 10 : HEIGHT - 30;
  const river = curve([from - 60, bank + 60 * next()], [from + width * 0.3, bank - 40], [centre, bank + 60],
    [to + 60, bank - 40 + 80 * next()]);
  const roads =
    curve([from - 40, 60 + 70 * next()], [centre - 60, 120 * next()], [centre + 60, 170 * next()],
      [to + 40, 40 + 80 * next()]) +
    curve([centre - 90 + 60 * next(), -40], [centre, 60], [centre - 40, 100], [centre - 40 + 120 * next(), 220]);
  const park = () => {
    const [x, y] = [from + next() * width * 0.8, next() * HEIGHT * 0.7];
    return svg("rect", { class: "park", x, y, width: 40 + next() * 60, height: 26 + next() * 36, rx: 8 });
  };
  return [
    svg("rect", { class: "land", x: from, y: 0, width, height: HEIGHT }),
    svg("g", turned, park(), park(), park()),
    svg("path", { class: "water", d: river }),
    svg("path", { class: "street", d: grid(next), ...turned }),
    svg("path", { class: "road edge", d: roads }),
    svg("path", { class: "road", d: roads }),
  ];
}

const curve = (start, ...rest) => `M${start}C${rest.join(" ")}`;

/** Streets at uneven distances, well beyond the map on all sides: it is turned. */
function grid(next) {
  const found = [];
  for (let x = -WIDTH; x < 2 * WIDTH; x += 22 + next() * 20) found.push(`M${x.toFixed()} -240V420`);
  for (let y = -HEIGHT; y < 2 * HEIGHT; y += 22 + next() * 20) found.push(`M-300 ${y.toFixed()}H780`);
  return found.join("");
}

/** Numbers in [0, 1) that depend on a text alone (mulberry32). */
function random(text) {
  let state = [...text].reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)) | 0, 7);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const arc = ([x, y], [tox, toy]) => `M${x} ${y}Q${(x + tox) / 2} ${Math.min(y, toy) - 30} ${tox} ${toy}`;

function tear() {
  const steps = Array.from({ length: 12 }, (_, i) => `L${MIDDLE + (i % 2 ? 5 : -5)} ${i * 16}`);
  return `M${MIDDLE} -8${steps.join("")}`;
}

function marker([x, y], kind) {
  const symbol = icon(kind);
  for (const [name, value] of Object.entries({ x: x - 9, y: y - 37, width: 18, height: 18 })) {
    symbol.setAttribute(name, value);
  }
  const drop = `M${x} ${y}c-9 -10 -16 -17 -16 -28a16 16 0 0 1 32 0c0 11 -7 18 -16 28z`;
  return svg("g", { class: "pin" }, svg("path", { d: drop }), symbol);
}

const label = (x, y, text, kind = "name") => svg("text", { class: kind, x, y, "text-anchor": "middle" }, text);
