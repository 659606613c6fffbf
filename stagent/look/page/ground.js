// The ground of a map on a canvas: water and parks, streets by class, lines of public transport, places, names.
import { colourOf, iconPath } from "./icons.js";
import { Labels } from "./labels.js";
import { project } from "./view.js";
import { sayValue } from "./words.js";

// Class -> width in pixels at level 14, least level at which it is drawn, and its colour's name; slowest first.
const STREETS = [
  ["path", 0.9, 14.3, "path"], ["service", 1.4, 14, "minor"], ["residential", 2.4, 11.8, "minor"],
  ["tertiary", 3.2, 11, "minor"], ["secondary", 4, 9.5, "minor"], ["primary", 5, 9, "main"], ["trunk", 5.4, 8, "fast"],
  ["motorway", 5.8, 7, "fast"],
];
const RAILS = new Set(["metro", "subway", "tram", "rail", "ferry"]);
const LINES = 8; // colours of lines, --line-0 …
const COLOURS = [
  "land", "water", "green", "minor", "minor-edge", "main", "main-edge", "fast", "fast-edge", "path", "name", "halo", "stop", "orange", "pink", "indigo", "green-tint", "violet", "teal", "red", "blue", "amber", "sky", "slate",
  ...Array.from({ length: LINES }, (_, i) => `line-${i}`),
];
const CELL = 2500; // Mercator metres: lines are drawn cell by cell, those in sight

/** The colours of the sheet in force, light or dark. */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--map-${name}`).trim()]));
}

/** The flat list of the server -> [[lat, lon], …] */
export function unpacked(flat) {
  const points = [];
  let [lat, lon] = [0, 0];
  for (let i = 0; i < flat.length; i += 2) {
    lat += flat[i];
    lon += flat[i + 1];
    points.push([lat / 1e5, lon / 1e5]);
  }
  return points;
}

/** A city's lines as paths around its middle, since a path's numbers have 24 bits. */
export class Ground {
  constructor(drawing, kinds) {
    this.origin = project(drawing.centre);
    this.streets = Object.fromEntries(Object.entries(drawing.streets).map(([name, lines]) => [name, this.cells(lines)]));

    this.areas = drawing.areas.map(({ kind, rings }) => ({ kind, path: this.path(rings, true) }));
    this.lines = drawing.lines.map((line, i) => ({ ...line, colour: i % LINES, path: this.path(line.paths), at: line.stops.map(([name, ...at]) => ({ name, at })) }));
    this.places = drawing.places.map(([id, name, category, lat, lon]) => {
      const [x, y] = project([lat, lon]);
      return { id, name, category, group: kinds.top(category), at: [lat, lon], x, y };
    });
  }

  local(point) {
    const [x, y] = project(point);
    return [x - this.origin[0], y - this.origin[1]];
  }

  path(lines, isClosed = false) {
    const path = new Path2D();
    for (const line of lines) {
      unpacked(line).forEach((point, i) => path[i ? "lineTo" : "moveTo"](...this.local(point)));
      if (isClosed) path.closePath();
    }
    return path;
  }

  /** Lines sorted by where they begin: [{path, box}], box around all of a cell's lines. */
  cells(lines) {
    const cells = new Map();
    for (const line of lines) {
      const points = unpacked(line).map((point) => this.local(point));
      const key = points[0].map((value) => Math.floor(value / CELL)).join();
      if (!cells.has(key)) cells.set(key, { path: new Path2D(), box: [Infinity, Infinity, -Infinity, -Infinity] });
      const cell = cells.get(key);
      points.forEach(([x, y], i) => {
        cell.path[i ? "lineTo" : "moveTo"](x, y);
        cell.box = [Math.min(cell.box[0], x), Math.min(cell.box[1], y), Math.max(cell.box[2], x), Math.max(cell.box[3], y)];
      });
    }
    return [...cells.values()];
  }

  /** The place drawn nearest to a pixel, within a finger's reach. */
  placeAt(view, left, top, shown) {
    let [best, reach] = [null, 14];
    for (const place of this.places) {
      if (!shown(place)) continue;
      const [x, y] = onScreen(view, place);
      const far = Math.hypot(x - left, y - top);
      if (far < reach) [best, reach] = [place, far];
    }
    return best;
  }
}

const onScreen = (view, { x, y }) => [(x - view.x) * view.scale + view.width / 2, (y - view.y) * view.scale + view.height / 2];

/**
 * Draws all.
 *
 * @param scene {grounds, cities, shown(place), hasLines, chosen: place | null, isQuiet: a result lies above,
 *   taken: boxes that names keep off}
 */
export function draw(context, view, scene, colours) {
  const ratio = context.canvas.width / view.width;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = colours.land;
  context.fillRect(0, 0, view.width, view.height);
  const labels = new Labels(context, view, colours, scene.taken);
  for (const ground of scene.grounds) drawLines(context, view, ground, scene, colours, ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (view.zoom < 10.5) scene.cities.forEach((city) => cityName(context, view, city, labels, colours));
  else for (const ground of scene.grounds) drawPlaces(context, view, ground, scene, labels, colours);
}

function drawLines(context, view, ground, { hasLines }, colours, ratio) {
  const { scale, zoom } = view;
  const across = (pixels) => pixels / scale;
  const shift = [(ground.origin[0] - view.x) * scale + view.width / 2, (ground.origin[1] - view.y) * scale + view.height / 2];
  context.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * shift[0], ratio * shift[1]);
  context.lineCap = context.lineJoin = "round";
  for (const { kind, path } of zoom < 9 ? [] : ground.areas) {
    context.fillStyle = colours[kind];
    context.fill(path, "evenodd");
  }
  const [west, north, east, south] = view.frame(20).map((value, i) => value - ground.origin[i % 2]);
  const inSight = ({ box }) => box[0] < east && box[2] > west && box[1] < south && box[3] > north;
  const grown = Math.max(0.35, Math.min(3.4, 1.42 ** (zoom - 14)));
  const drawn = STREETS.filter(([name, , from]) => zoom >= from && ground.streets[name]);
  const stroke = (name, width, colour) => {
    context.lineWidth = across(width);
    context.strokeStyle = colour;
    for (const cell of ground.streets[name]) if (inSight(cell)) context.stroke(cell.path);
  };
  if (zoom > 12.5) {
    for (const [name, width, , colour] of drawn) if (colour !== "path") stroke(name, width * grown + 1.4, colours[`${colour}-edge`]);
  }
  for (const [name, width, , colour] of drawn) {
    context.setLineDash(colour === "path" ? [across(3), across(3)] : []);
    stroke(name, width * grown, colours[colour]);
  }
  context.setLineDash([]);
  if (!hasLines || zoom < 9) return;
  for (const line of ground.lines) {
    const isRail = RAILS.has(line.kind);
    if (!isRail && zoom < 12.8) continue;
    context.globalAlpha = isRail ? 0.9 : 0.4;
    context.lineWidth = across((isRail ? 3.2 : 1.6) * Math.min(1.5, Math.max(0.7, grown)));
    context.strokeStyle = colours[`line-${line.colour}`];
    context.stroke(line.path);
  }
  context.globalAlpha = 1;
}

function cityName(context, view, city, labels, colours) {
  const [x, y] = view.at(city.centre);
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.fillStyle = colours.name;
  context.fill();
  labels.put(city.name, x, y, { size: 14, weight: 650, gap: 9 });
}

function drawPlaces(context, view, ground, scene, labels, colours) {
  const { zoom } = view;
  const radius = zoom < 12 ? 1.5 : zoom < 13 ? 2 : zoom < 14 ? 2.7 : zoom < 15 ? 3.6 : zoom < 16 ? 5 : 9;
  const seen = placesInSight(view, ground, scene, radius < 9 ? 3 * radius : 14);
  if (scene.hasLines && zoom > 12.4) drawStops(context, view, ground, labels, colours);
  // the most important ones on top
  context.globalAlpha = scene.isQuiet ? 0.4 : 1;
  for (const [place, x, y] of [...seen].reverse()) dot(context, x, y, radius, place.group, colours);
  if (zoom > (scene.isQuiet ? 16.3 : 13)) seen.forEach(([place, x, y]) => labels.put(sayValue(place.name), x, y, { gap: radius + 2 }));
  context.globalAlpha = 1;
  if (scene.chosen) {
    const [x, y] = onScreen(view, scene.chosen);
    context.beginPath();
    context.arc(x, y, radius + 5, 0, 2 * Math.PI);
    context.strokeStyle = colours.name;
    context.lineWidth = 2;
    context.stroke();
  }
}

/** [place, left, top] of those that are shown; of those that would lie on each other, the most important. */
function placesInSight(view, ground, { shown }, apart) {
  const [seen, taken] = [[], new Set()];
  for (const place of ground.places) {
    if (!shown(place)) continue;
    const [x, y] = onScreen(view, place);
    if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) continue;
    // cells of the ground, not of the screen: dots must not come and go as the map is moved
    const key = `${Math.floor((place.x * view.scale) / apart)},${Math.floor((place.y * view.scale) / apart)}`;
    if (taken.has(key)) continue;
    taken.add(key);
    seen.push([place, x, y]);
  }
  return seen;
}

function dot(context, x, y, radius, group, colours) {
  const name = colourOf(group);
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colours[name === "green" ? "green-tint" : name];
  context.fill();
  if (radius < 2.5) return;
  context.lineWidth = radius < 5 ? 0.8 : 1.4;
  context.strokeStyle = colours.halo;
  context.stroke();
  if (radius < 8) return;
  context.save();
  context.translate(x - 6, y - 6);
  context.scale(0.5, 0.5);
  context.lineWidth = 2.2;
  context.strokeStyle = colours.halo;
  context.stroke(new Path2D(iconPath(group)));
  context.restore();
}

function drawStops(context, view, ground, labels, colours) {
  for (const line of ground.lines) {
    if (!RAILS.has(line.kind) && view.zoom < 15) continue;
    for (const { name, at } of line.at) {
      const [x, y] = view.at(at);
      context.beginPath();
      context.arc(x, y, RAILS.has(line.kind) ? 3.6 : 2.4, 0, 2 * Math.PI);
      context.fillStyle = colours.stop;
      context.fill();
      context.lineWidth = 1.8;
      context.strokeStyle = colours[`line-${line.colour}`];
      context.stroke();
      if (RAILS.has(line.kind)) labels.put(name, x, y, { gap: 6, weight: 600 });
    }
  }
}
