// Line icons on a 24 × 24 grid: the tools, the kinds of places, and the page's own.
import { svg } from "./dom.js";

const FORK = "M7 3v18M4.5 3v5a2.5 2.5 0 0 0 5 0V3M17 21v-7M17 14c-2 0-3-1.5-3-5s1.5-6 3-6z";
const PIN = "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z";
const TRAIN = "M7 4h10a2 2 0 0 1 2 2v9a3 3 0 0 1-3 3H8a3 3 0 0 1-3-3V6a2 2 0 0 1 2-2zM5 11h14M9 14.5h.01M15 14.5h.01M8 18l-2 3M16 18l2 3";
const CLOUD = "M8 4v1.5M3.5 9H5M4.8 5.3l1 1M12 6.5A4 4 0 0 0 5.5 11M8.5 19h8.5a3.5 3.5 0 0 0 .3-7A5 5 0 0 0 8 12.5 3.3 3.3 0 0 0 8.5 19z";

const PATHS = {
  map_search_places: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20",
  map_compute_routes: "M6 20a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM18 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 18h7a3.5 3.5 0 0 0 0-7H9a3.5 3.5 0 0 1 0-5h7",
  map_search_along_route: "M4 20c4-1 3-6 8-7s4-6 8-8M6.5 11.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17.5 18.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  map_search_central_places: "M12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM4 5l6 5M20 5l-6 5M12 21v-6.5",
  map_search_ranking_list: "M4 20v-7h5v7M9 20V5h6v15M15 20v-9h5v9M2.5 20h19",
  travel_search_flights: "M3 13l18-7-6.5 15-3-6.5zM11.5 14.5L21 6",
  travel_search_trains: TRAIN,
  weather_current_conditions: CLOUD,
  weather_forecast_days: "M5 6h14v14H5zM5 10.5h14M9 3.5V8M15 3.5V8M9 14h.01M12 14h.01M15 14h.01M9 17h.01M12 17h.01",
  web_search: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM3.5 12h17M12 3.5c3 3 3 14 0 17M12 3.5c-3 3-3 14 0 17",
  food: FORK,
  shopping: "M5.5 8h13l1 12h-15zM8.5 10.5V7a3.5 3.5 0 0 1 7 0v3.5",
  lodging: "M3 19V6M3 16h18v3M21 16v-3a3 3 0 0 0-3-3h-7v6M7 13a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
  sight: "M3 19l6-10 4 6 2.5-3.5L21 19zM16.5 7.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
  leisure: "M9 18V6l10-2v12M6.5 20.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM16.5 18.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  sport: "M7 7v10M4 9.5v5M17 7v10M20 9.5v5M7 12h10",
  beauty: "M6.5 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM6.5 20a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8.5 8l11 9M8.5 16l11-9",
  car: "M5 17h14v-5l-2-5H7l-2 5zM5 12h14M7 17v2M17 17v2M8 14.5h.01M16 14.5h.01",
  transport: TRAIN,
  health: "M9.5 4h5v5.5H20v5h-5.5V20h-5v-5.5H4v-5h5.5z",
  education: "M12 5L2.5 9.5 12 14l9.5-4.5zM6.5 11.5V16c3.5 2.5 7.5 2.5 11 0v-4.5",
  money: "M6 4l6 8 6-8M12 12v8.5M7 12.5h10M7 16.5h10",
  life: "M12 20.5l-7.5-7.5a4.5 4.5 0 0 1 7.5-5 4.5 4.5 0 0 1 7.5 5z",
  government: "M4 20h16M6 17v-7M10 17v-7M14 17v-7M18 17v-7M3.5 10L12 4.5 20.5 10z",
  work: "M6 21V4h8v17M14 9h5v12M3.5 21h17M9 8h2M9 12h2M9 16h2",
  housing: "M4 11.5L12 5l8 6.5M6 10v10h12V10M10 20v-5h4v5",
  place: PIN,
  star: "M12 4l2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8-5 2.8 1.1-5.5L4 9.7 9.6 9z",
  target: "M12 19a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM12 2.5v5M12 16.5v5M2.5 12h5M16.5 12h5",
  layers: "M12 4l9 5-9 5-9-5zM3.5 13.5L12 18l8.5-4.5",
  whole: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  warning: "M12 4.5L3 20h18zM12 10.5v4M12 17.3h.01",
  pause: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM10 9v6M14 9v6",
};

/** The path of an icon, for a canvas; a name without one has a pin. */
export const iconPath = (name) => PATHS[Object.hasOwn(PATHS, name) ? name : "place"];

/** A decorative icon; what it means must stand beside it in words. */
export function icon(name) {
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: iconPath(name) }));
}

// What is at the top of the tree of categories, and the tools -> a colour of page.css.
const COLOURS = {
  food: "orange", shopping: "pink", lodging: "indigo", sight: "green", leisure: "violet", sport: "teal", beauty: "pink",
  car: "red", transport: "blue", health: "red", education: "amber", money: "teal", life: "sky", business_area: "amber",
  map_search_places: "teal", map_compute_routes: "blue", map_search_along_route: "indigo",
  map_search_central_places: "violet", map_search_ranking_list: "amber", travel_search_flights: "sky",
  travel_search_trains: "green", weather_current_conditions: "sky", weather_forecast_days: "sky", web_search: "pink",
};

export const colourOf = (name) => (Object.hasOwn(COLOURS, name) ? COLOURS[name] : "slate");
