// What a map draws of a call: out of its arguments, its result's items and the geometry that came with them.
import { coordinate } from "./values.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The number that the text gives an item: where the middle was left out, those after it keep theirs. */
export function itemNumber(content, index) {
  const kept = content.items.length;
  return index < kept - Math.floor(kept / 2) || !content.omitted ? index + 1 : index + 1 + content.omitted;
}

/**
 * @param call {tool, arguments, reply}. @param cities [{name, centre}]. @param schema of the tool, null: unknown
 * @returns {routes: [{key, points, mode}], buffers: [{points, radius}], circle: {at, radius} | null,
 *   pins: [{key, at, label, title, list}], marks: [{at, label}], arcs: [{from, to}], spokes: [[lat, lon], …]}
 *   where `key` is "2" for the item numbered 2 and "2.1" for the first entry in it, and `spokes` are where lines from
 *   a chosen pin lead.
 */
export function shapesOf({ tool, arguments: given, reply }, cities, schema) {
  const content = reply?.content ?? {};
  const items = Array.isArray(content.items) ? content.items : [];
  const asked = typeof given === "object" && given !== null ? given : {};
  const origins = coordinates(asked.origins);
  const ends = [coordinate(asked.origin), coordinate(asked.destination)];
  const centre = coordinate(asked.center);
  const radius = asked.radius ?? schema?.parameters.find(({ name }) => name === "radius")?.default;
  const drawn = geometry(reply?.geometry ?? [], content);
  return {
    ...drawn,
    pins: items.flatMap((item, i) => pinsOf(item, itemNumber(content, i))),
    marks: [
      ...origins.map((at, i) => ({ at, label: LETTERS[i] })),
      ...ends.map((at, i) => at && { at, label: LETTERS[i ? coordinates(asked.intermediates).length + 1 : 0] }),
      ...coordinates(asked.intermediates).map((at, i) => ({ at, label: LETTERS[i + 1] })),
      centre && { at: centre, label: "+" },
    ].filter(Boolean),
    circle: centre && typeof radius === "number" ? { at: centre, radius } : null,
    arcs: tool.startsWith("travel_") && reply?.outcome === "found" && !drawn.routes.length ? arcs(asked, cities) : [],
    spokes: origins,
  };
}

/** The item that is shown first: a way, or where lines lead from several starting points. */
export function firstKey({ routes, pins, spokes }) {
  return routes.length > 1 ? routes[0].key : spokes.length && pins.length ? pins[0].key : null;
}

/** All points of shapes, to show them at once. */
export function extent({ routes, buffers, pins, marks, circle, arcs }) {
  const round = circle && !pins.length && [north(circle, 1), north(circle, -1)];
  return [
    ...[...routes, ...buffers].flatMap(({ points }) => points),
    ...[...pins, ...marks].map(({ at }) => at),
    ...arcs.flatMap(({ from, to }) => [from, to]),
    ...(round || []),
  ];
}

const north = ({ at: [lat, lon], radius }, way) => [lat + (way * radius) / 111_195, lon];

function geometry(shapes, content) {
  const lines = shapes.filter(({ points }) => Array.isArray(points) && points.length > 0);
  const routes = lines.filter(({ kind }) => kind === "route").map(({ item, points }) => ({
    key: item === undefined ? "" : String(item + 1), // geometry counts all that was found
    points,
    mode: modeOf(content, item),
  }));
  const buffers = lines.filter(({ kind }) => kind === "buffer").map(({ points, radius_m: radius }) => ({ points, radius }));
  return { routes, buffers };
}

function modeOf(content, item) {
  const place = (content.items ?? []).findIndex((_, i) => itemNumber(content, i) === item + 1);
  return content.items?.[place]?.mode ?? content.about?.mode ?? "driving";
}

function pinsOf(item, number) {
  const own = coordinate(item.location);
  const pins = own ? [{ key: String(number), at: own, label: String(number), title: item.name ?? "", list: 0 }] : [];
  const entries = Array.isArray(item.entries) ? item.entries : [];
  for (const [i, entry] of entries.entries()) {
    const at = coordinate(entry.location);
    if (at) pins.push({ key: `${number}.${i + 1}`, at, label: String(entry.rank ?? i + 1), title: entry.name ?? "", list: number - 1 });
  }
  return pins;
}

function coordinates(list) {
  return Array.isArray(list) ? list.map(coordinate).filter(Boolean) : [];
}

function arcs({ origin, destination }, cities) {
  const find = (name) => cities.find((city) => typeof name === "string" && (city.name === name.trim() || city.name === `${name.trim()}市`));
  const [from, to] = [find(origin), find(destination)];
  return from && to && from !== to ? [{ from: from.centre, to: to.centre }] : [];
}
