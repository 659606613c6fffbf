// The card of a place that was clicked on: what the map knows at once, and what the search tool says of it.
import * as api from "./api.js";
import { h } from "./dom.js";
import { colourOf, icon } from "./icons.js";
import { written } from "./values.js";
import { both, language, say, sayValue } from "./words.js";

// Keys of a place that its card shows, in this order.
const SHOWN = ["rating", "review_count", "average_cost_yuan", "price_yuan", "open_now", "hours_today", "address", "phone"];

/** @param on {fields: names of parameters that take its coordinate, use(name)}; returns the card's content. */
export function placeCard(place, { world, clock }, on) {
  const facts = h("dl", { class: "facts" }, h("p", { class: "soft" }, say("details")));
  fill(facts, place, world, clock);
  return [
    h(
      "header",
      {},
      h("span", { class: `tile ${colourOf(place.group)}` }, icon(place.group)),
      h("div", {}, h("strong", {}, h("bdi", {}, sayValue(place.name))), h("p", { class: "soft" }, both(world.categories[place.category]))),
    ),
    facts,
    h("code", {}, `${place.at[0].toFixed(5)},${place.at[1].toFixed(5)}`),
    on.fields.length
      ? h("div", { class: "use" }, h("span", { class: "soft" }, say("useAs")), on.fields.map((name) => h("button", { type: "button", class: "quiet", onclick: () => on.use(name) }, name)))
      : null,
  ].filter(Boolean);
}

/** Asks the search tool about a place of this name, and takes the one with its id. */
async function fill(facts, place, world, clock) {
  let found = null;
  try {
    const sent = { query: place.name, center: place.at.map((part) => part.toFixed(5)).join(), radius: 100, limit: 20 };
    const now = clock === null ? {} : { clock };
    const { content } = await api.call({ tool: "map_search_places", arguments: sent, language: language(), ...now });
    found = content.items?.find(({ id }) => id === place.id);
  } catch (error) {
    if (!(error instanceof api.Failure)) throw error; // the card has what the map knows
  }
  const known = SHOWN.filter((name) => found?.[name] !== undefined);
  facts.replaceChildren(
    ...known.map((name) => h("div", {}, h("dt", {}, both(world.fields[name])), h("dd", {}, h("bdi", {}, written(world.fields[name].kind, found[name]))))),
  );
}
