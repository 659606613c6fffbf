// Arguments to try a tool with, out of what the world has: places of the city that is looked at, its name, its day.

/**
 * @param city {name, rows: [[id, name, category, lat, lon], …]} @param others names of further cities
 * @param clock "2026-01-05T09:00:00+08:00" @param categories key -> {zh, own, parent}
 */
export function example(tool, city, others, clock, categories) {
  const [from, to, third] = [[0.25, 0.2], [0.7, 0.75], [0.3, 0.8]].map(([south, west]) => placeAt(city.rows, south, west));
  const at = (row) => row && `${row[3].toFixed(5)},${row[4].toFixed(5)}`;
  const made = {
    query: query(tool.name, city, categories),
    center: at(placeAt(city.rows, 0.5, 0.5)),
    origin: tool.name.startsWith("travel") ? city.name : at(from),
    destination: tool.name.startsWith("travel") ? others[0] : at(to),
    origins: [from, to, third].filter(Boolean).map(at),
    modes: ["driving", "transit", "walking"],
    region: tool.name === "map_search_ranking_list" ? city.name : undefined,
    location: city.name,
    date: day(clock, 1),
    days: tool.name === "weather_forecast_days" ? 3 : undefined,
    limit: tool.name.startsWith("map_search") ? 8 : undefined,
  };
  const own = tool.parameters.map(({ name }) => [name, made[name]]);
  return Object.fromEntries(own.filter(([, value]) => value !== undefined && value !== null));
}

/** "2026-01-05T09:00…", 1 -> "2026-01-06" */
export function day(clock, later) {
  const date = new Date(`${clock.slice(0, 10)}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + later);
  return date.toISOString().slice(0, 10);
}

function query(tool, city, categories) {
  if (tool === "web_search") return city.name;
  const liked = ["cafe", "restaurant", "hotpot", "museum", "pharmacy"].find((key) => categories[key]?.count);
  const most = Object.entries(categories).sort(([, one], [, other]) => other.own - one.own)[0];
  return liked ? categories[liked].zh : most?.[1].zh;
}

/** The place nearest to where so many of all lie south and west: (0.5, 0.5) is the middle. */
function placeAt(rows, south, west) {
  const [lat, lon] = [quantile(rows, 3, south), quantile(rows, 4, west)];
  const far = (row) => Math.hypot(row[3] - lat, (row[4] - lon) * Math.cos((lat * Math.PI) / 180));
  return rows.reduce((best, row) => (best && far(best) <= far(row) ? best : row), null);
}

const quantile = (rows, column, share) =>
  rows.map((row) => row[column]).sort((a, b) => a - b)[Math.floor(rows.length * share)];
