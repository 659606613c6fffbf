"""Scores by rules: the calls that a leaf's instruction needs, each parameter with where it comes from.

A place that is named must be found before a route can start at it; one's own place is in the context. What follows is
the leaf's own: one route, a ranking list, a forecast for each town.
"""

import re
from collections.abc import Callable

from stagent.queries.pattern import difficulty
from stagent.queries.taxonomy import BY_ID, OTHER
from stagent.selection.annotate.labels import Assessment, SimulatedStep
from stagent.selection.annotate.meanings import TextReading, read
from stagent.selection.annotate.records import Instruction
from stagent.selection.annotate.rules import annotation_of, best_leaf, read_main

VERSION = 1
SCORER = f"rules {VERSION}"
_CLOCK = re.compile(
    r"\d{1,2}:\d{2}|(?:\d{1,2}|[一二两三四五六七八九十]{1,3})点(?!半?[^半钟整一二三四五六七八九十\d、,和还到走]*以[上内])"
)
_COUNT = re.compile(r"(?:最近的|找|列|比)?([两二三四五2345])(?:家|个|处|间|座)")
_NUMBERS = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5}
_OWN = {"家": "$Context.家", "公司": "$Context.公司"}
_UNTIMELY = frozenset({"tomorrow", "other_day", "weekend", "date", "days2", "days4", "days1"})


class DryRun:
    """A dry run that is being written."""

    def __init__(self, reading: TextReading):
        self.reading = reading
        self.steps: list[SimulatedStep] = []
        self._found: dict[str, str] = {}

    def call(self, tool: str, **sources: str) -> str:
        """Adds a call; returns what later ones refer to it by: ``$Step2``."""
        self.steps.append(SimulatedStep(tool, sources))
        return f"$Step{len(self.steps)}"

    def found(self, name: str) -> str:
        """Finds a place by its name, once; returns where its coordinate will stand."""
        if name not in self._found:
            step = self.call("map_search_places", query=name, region="$Context.city")
            self._found[name] = f"{step}.items.0.location"
        return self._found[name]

    def ends(self) -> list[str]:
        """Coordinates of the places of the words: those that are named are searched for, then the user's own."""
        reading = self.reading
        places = [self.found(name) for name in reading.names]
        places += [source for word, source in _OWN.items() if word in reading.text and "own_place" in reading.meanings]
        return places

    def route(self, places: list[str], **more: str) -> None:
        """From the first to the last place; from here where there is but one."""
        start, *rest = places if len(places) > 1 else ["$Context.location", *places]
        stops = {"intermediates": ", ".join(rest[:-1])} if len(rest) > 1 else {}
        self.call("map_compute_routes", origin=start, destination=rest[-1] if rest else "$Context.家", **stops, **more)

    def tickets(self) -> None:
        """Trains, flights, or both, between two towns."""
        meanings, towns = self.reading.meanings, self.reading.towns
        journey = {
            "origin": towns[0] if len(towns) > 1 else "$Context.city",
            "destination": towns[-1] if towns else "$Context.city",
            "date": "$Context.clock",
        }
        if "rail" in meanings or "flight" not in meanings:
            self.call("travel_search_trains", **journey)
        if "flight" in meanings:
            self.call("travel_search_flights", **journey)


def assess(record: Instruction) -> Assessment:
    """``assess(record of 从望潮公园到澜屿站怎么走).difficulty == 3``: two searches and a route."""
    reading = read(record.text)
    leaf, _ = best_leaf(read_main(record.text))
    if leaf == OTHER:
        return Assessment(-1, "missing_information") if _vague(reading) else Assessment(0, "no_tool_needed")
    if leaf.startswith("application_interaction."):
        return Assessment(-1, "missing_tool")
    if _no_tool(reading, leaf):
        return Assessment(-1, "missing_tool")
    if _lacks(reading, leaf, record.context):
        return Assessment(-1, "missing_information")
    plan = DryRun(reading)
    _PLANS[leaf](plan)
    for also in annotation_of(reading, leaf).secondary:
        before = len(plan.steps)
        _PLANS.get(also, _nothing)(plan)
        if also in _ONCE and any(step.tool == plan.steps[-1].tool for step in plan.steps[:before]):
            del plan.steps[before:]  # the calls that it takes are there already
    for turn in record.text.split("\n")[1:]:
        if not best_leaf(read(turn))[0].startswith("discovery.information_query"):  # its answer is in the results
            plan.call(plan.steps[-1].tool, **plan.steps[-1].sources)
    return Assessment(difficulty(len(plan.steps)), "executable", tuple(plan.steps))


def _vague(reading: TextReading) -> bool:
    return "vague_place" in reading.meanings and "chat" not in reading.meanings


def _no_tool(reading: TextReading, leaf: str) -> bool:
    """What no tool knows: how crowded a place is now, fuel prices, where a bus or a plane is."""
    meanings = reading.meanings
    if leaf.endswith("basic_attributes"):
        return "crowd" in meanings
    if leaf.endswith("dynamic_pricing_and_availability"):
        return "fuel" in meanings
    return leaf.endswith("public_transit_realtime_status") and bool({"code", "flight", "line_name"} & meanings)


def _lacks(reading: TextReading, leaf: str, context: str) -> bool:
    """Whether the words mean a place that neither they nor the context tell."""
    meanings = reading.meanings
    if "vague_place" in meanings and not meanings & {"named", "city"}:
        return True
    for word in _OWN:
        asked = re.search(
            rf"(?:从|到|去|回|在|离){word}(?![\u4e00-\u9fff]*[馆店乐具])|我{word}|{word}(?:附近|周边|到|去)",
            reading.text,
        )
        if asked and context and f"；{word}：" not in context and f"{word}：" not in context:
            return True
    short = leaf.rsplit(".", 1)[-1]
    if short in ("basic_attributes", "reputation_and_reviews", "venue_policies", "poi_comparison"):
        return not meanings & {"named", "city", "kind", "district"} and "own_place" not in meanings
    if short == "travel_policies":
        return bool(re.search(r"这个|这样|这种|它", reading.text)) and not meanings & {
            "baggage",
            "pet",
            "fare_class",
            "refund",
        }
    if short == "feasibility_assessment":
        return not meanings & {"named", "city", "kind", "code", "money", "own_place"}
    if short == "spatial_optimized_poi_search" and "middle" in meanings:
        return not reading.names
    if short in ("medium_trip_itinerary", "long_trip_itinerary"):
        return not meanings & {"city", "named", "district", "what"}
    if short == "dynamic_pricing_and_availability":
        return "city" not in meanings and not meanings & {"named", "lodging", "code"}
    return False


def _search(plan: DryRun) -> None:
    """Places of a kind: around here, or around a place that must be found first."""
    reading = plan.reading
    kind = reading.kinds[0] if reading.kinds else "$Query"
    if "along" in reading.meanings:
        places = plan.ends()
        start, end = (
            (places[0], places[-1]) if len(places) > 1 else ("$Context.location", (places or ["$Context.家"])[0])
        )
        plan.call("map_search_along_route", query=kind, origin=start, destination=end)
        return
    if "middle" in reading.meanings:
        places = plan.ends() or ["$Context.location"]
        plan.call("map_search_central_places", query=kind, origins=", ".join([*places, "$Context.location"]))
        return
    if "city" in reading.meanings and "ranking" in reading.meanings and not reading.names:
        plan.call("map_search_ranking_list", query=kind, region=reading.towns[0])
        return
    centre = plan.found(reading.names[0]) if reading.names else "$Context.location"
    found = plan.call("map_search_places", query=kind, center=centre)
    if "how_long" in reading.meanings or ("walk" in reading.meanings and "minutes" not in reading.meanings):
        count = _COUNT.search(reading.text)
        number = int(_NUMBERS.get(count[1], count[1])) if count else 1  # type: ignore[arg-type]
        for place in range(number):
            plan.call("map_compute_routes", origin=centre, destination=f"{found}.items.{place}.location")


def _explore(plan: DryRun) -> None:
    reading = plan.reading
    if reading.towns and not reading.names and "around" not in reading.meanings:
        kind = reading.kinds[0] if reading.kinds else "美食"
        plan.call("map_search_ranking_list", query=kind, region=reading.towns[0])
    else:
        _search(plan)


def _route(plan: DryRun) -> None:
    places = plan.ends()
    if not plan.reading.names and plan.reading.kinds and "own_place" not in plan.reading.meanings:
        places = [plan.found(plan.reading.kinds[0])]
    plan.route(places)


def _each_time(plan: DryRun) -> None:
    """A route for each time of leaving that is named, or for each way of going."""
    places = plan.ends()
    times = len(_CLOCK.findall(plan.reading.text))
    compares = "departures" in plan.reading.meanings and times < 2
    for _ in range(max(1, times, 2 * compares)):
        plan.route(places)


def _two_routes(plan: DryRun) -> None:
    places = plan.ends()
    for _ in range(max(2, len(_CLOCK.findall(plan.reading.text)))):
        plan.route(places)


def _modes(plan: DryRun) -> None:
    if plan.reading.meanings & {"rail", "flight"}:
        plan.tickets()
        if plan.reading.meanings & {"drive", "taxi", "walk", "ride", "transit"}:  # from door to door
            for station in ("火车站", "机场"):
                plan.route([plan.found(station)])
        return
    _route(plan)


def _in_time(plan: DryRun) -> None:
    meanings = plan.reading.meanings
    if "enough" in meanings and meanings & {"rail", "flight", "ticket"}:
        plan.tickets()
        if meanings & {"city2", "days", "date"}:
            plan.tickets()
        return
    places = plan.ends()
    if meanings & {"rail", "flight", "code"}:
        plan.call("travel_search_trains", origin="$Context.city", destination="$Query", date="$Context.clock")
        places = places or [plan.found("火车站")]
    plan.route(places)
    if "minutes" in meanings:
        plan.route(places)


def _weather(plan: DryRun) -> None:
    meanings = plan.reading.meanings
    places = [plan.found(name) for name in plan.reading.names[:1] if not plan.reading.towns]
    for where in plan.reading.towns or (*places, "$Context.location")[:1]:
        if _UNTIMELY & meanings or ("today" in meanings and "now" not in meanings):
            plan.call("weather_forecast_days", location=where, date="$Context.clock")
        else:
            plan.call("weather_current_conditions", location=where)


def _timetable(plan: DryRun) -> None:
    meanings = plan.reading.meanings
    if meanings & {"rail", "flight", "code"} or ("city" in meanings and "transit" not in meanings):
        plan.tickets()
    elif "line_name" in meanings or not plan.reading.names or len(plan.reading.names) > 2:
        plan.call("web_search", query="$Query")
    elif "go" in meanings or "from_to" in meanings:
        plan.route(plan.ends(), modes="transit")
    else:
        plan.found(plan.reading.names[0])


def _fare(plan: DryRun) -> None:
    if "line_name" in plan.reading.meanings and not plan.reading.names:
        plan.call("web_search", query="$Query")
    else:
        plan.route(plan.ends(), modes="transit")


def _prices(plan: DryRun) -> None:
    meanings = plan.reading.meanings
    if "lodging" in meanings and not meanings & {"rail", "flight"}:
        plan.call("map_search_places", query="酒店", center="$Context.location")
        return
    plan.tickets()


def _compare_places(plan: DryRun) -> None:
    reading = plan.reading
    places = [plan.found(name) for name in reading.names[:4]] or [plan.found(kind) for kind in reading.kinds[:2]]
    if reading.meanings & {"how_long", "mode"}:
        for place in places:
            plan.route([place])


def _towns(plan: DryRun) -> None:
    """What is known of each town that is named, or of some that come into question."""
    meanings = plan.reading.meanings
    towns = plan.reading.towns if len(plan.reading.towns) > 1 else ("$Query",) * 4
    for town in towns:
        if meanings & {"rail", "flight", "fare_hunt", "how_long", "minutes", "price", "money"} and not meanings & {
            "weather",
            "climate",
        }:
            plan.call("travel_search_trains", origin="$Context.city", destination=town, date="$Context.clock")
        else:
            plan.call("weather_forecast_days", location=town, date="$Context.clock")


def _place(plan: DryRun) -> None:
    name = next(iter((*plan.reading.names, *plan.reading.kinds, "$Query")))
    if plan.reading.meanings & {"ranking", "rank_of"} and plan.reading.towns:
        plan.call("map_search_ranking_list", query=name, region=plan.reading.towns[0])
    else:
        plan.found(name)


def _nothing(plan: DryRun) -> None:
    """What the other calls tell anyway."""


def _web(plan: DryRun) -> None:
    plan.call("web_search", query="$Query")


def _stops(plan: DryRun) -> None:
    """Several places in an order, found one by one, then a route through them."""
    names = plan.reading.names or plan.reading.kinds
    places = [plan.found(name) for name in names]
    if plan.reading.names:
        places += [plan.found(kind) for kind in plan.reading.kinds]
    plan.route(places or ["$Context.家"])


def _outing(least: int) -> Callable[[DryRun], None]:
    """A trip: what to see, where to eat, the weather, the ways between."""

    def write(plan: DryRun) -> None:
        town = next(iter(plan.reading.towns), "$Context.city")
        kinds = plan.reading.kinds or ("景点", "餐馆")
        found = [plan.call("map_search_places", query=kind, region=town) + ".items.0.location" for kind in kinds[:4]]
        if len(found) > 1:
            plan.route(found)
        plan.call("weather_forecast_days", location=town, date="$Context.clock")
        while len(plan.steps) < least:
            plan.call("map_search_places", query="景点", region=town)

    return write


# Secondary leaves that need no call of their own where the chain has one of its last tool.
_ONCE = frozenset(
    leaf
    for leaf in BY_ID
    if leaf.rsplit(".", 1)[-1]
    in ("route_planning", "dynamic_pricing_and_availability", "simple_route_itinerary", "constrained_poi_search",
        "spatial_optimized_poi_search", "realtime_weather", "basic_attributes", "reputation_and_reviews")
)  # fmt: skip
_PLANS: dict[str, Callable[[DryRun], None]] = {
    next(leaf for leaf in BY_ID if leaf.rsplit(".", 1)[-1] == name): write
    for name, write in {
        "travel_policies": _web,
        "venue_policies": _web,
        "area_summaries": _web,
        "constrained_destination_discovery": _towns,
        "open_ended_destination_discovery": _web,
        "basic_attributes": _place,
        "reputation_and_reviews": _place,
        "constrained_poi_search": _search,
        "open_ended_poi_exploration": _explore,
        "spatial_optimized_poi_search": _search,
        "feasibility_assessment": _in_time,
        "simple_route_itinerary": _stops,
        "short_trip_itinerary": _outing(4),
        "medium_trip_itinerary": _outing(4),
        "long_trip_itinerary": _outing(7),
        "route_planning": _route,
        "destination_comparison": _towns,
        "poi_comparison": _compare_places,
        "route_comparison": _two_routes,
        "transportation_mode_comparison": _modes,
        "dynamic_pricing_and_availability": _prices,
        "public_transit_fares": _fare,
        "public_transit_realtime_status": _fare,
        "public_transit_schedules_and_routes": _timetable,
        "road_traffic_status": _each_time,
        "realtime_weather": _weather,
    }.items()
}
