"""Instructions to find a city to go to, or to choose one: by weather, train, fare, theme, festival."""

from datetime import date
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.comparing import joined
from stagent.queries.patterns.days import day_labels, draw_day
from stagent.queries.patterns.right import chosen, no_data
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene

_COMPARE = "planning_and_decision.solution_comparison.destination_comparison"
_CONSTRAINED = "discovery.destination_discovery.constrained_destination_discovery"
_OPEN = "discovery.destination_discovery.open_ended_destination_discovery"
_INTERCITY = "spatial_constraints.intercity"
_WEATHER, _FARES = "dynamic_information.realtime_weather", "dynamic_information.dynamic_pricing_and_availability"

# What weather is wanted -> how to say it of two cities, and of more.
_BETTER = {
    "warm": (
        ("白天最高气温更高", "最高气温高一些", "更暖和（看最高气温）"),
        ("白天最高气温最高", "最暖和（看最高气温）"),
    ),
    "cool": (("白天最高气温更低", "最高气温低一些"), ("白天最高气温最低", "最凉快（看最高气温）")),
    "rain": (("降水概率更低", "下雨概率小一些"), ("降水概率最低", "下雨概率最小")),
}


def other_cities(scene: Scene, count: int) -> list[str]:
    """Different other cities of the world, [] where there are fewer."""
    names = [city.name for city in scene.gazetteer.cities if city is not scene.city]
    return scene.rng.sample(names, count) if len(names) >= count else []


def rainy(day: dict[str, Any]) -> bool:
    """Whether a forecast has rain or snow by day."""
    return any(word in day["condition_day"] for word in ("雨", "雪"))


async def forecasts(scene: Scene, names: list[str], on: str) -> dict[str, dict[str, Any]] | None:
    """City → its forecast for a day; None: no such data."""
    found = {}
    for name in names:
        content = await scene.ask("weather_forecast_days", location=name, date=on)
        if "unavailable" in content:
            return None
        found[name] = content["items"][0]
    return found


async def look_at_weather(episode: Episode, slots: Slots, name: str) -> dict[str, Any]:
    """The forecast of a city for the slots' day."""
    content = await episode.call(
        "weather_forecast_days", f"查{name}{slots['day']}的天气", location=name, date=slots["date"]
    )
    return content["items"][0]


def best_ride(trains: list[dict[str, Any]], by: str, most_s: int | None = None) -> tuple[Any, dict[str, Any]] | None:
    """The train with the lowest second class fare ("fare") or the shortest time ("time") and that value."""
    rides = []
    for train in trains:
        fare = next((each["fare_yuan"] for each in train["fares"] if each["cabin"] == "二等座"), None)
        value = fare if by == "fare" else train["duration_s"]
        if value is not None and (most_s is None or train["duration_s"] <= most_s):
            rides.append((value, train["departure"], train))
    return (min(rides)[0], min(rides, key=lambda ride: ride[:2])[2]) if rides else None


async def rides(
    scene: Scene, slots: Slots, names: list[str], by: str, most_s: int | None = None
) -> dict[str, Any] | None:
    """City → the best value of its trains that day, by the world's own list; None: a shortened result hides it."""
    found: dict[str, Any] = {}
    for name in names:
        asked = {"origin": scene.city.name, "destination": name, "date": slots["date"]}
        shown = await scene.ask("travel_search_trains", **asked)
        whole = scene.gazetteer.world.travel_search_trains(
            {**asked, "date": date.fromisoformat(slots["date"]), "days": 0}, scene.now
        ).items
        best, seen = best_ride(whole, by, most_s), best_ride(shown["items"], by, most_s)
        if (best and best[0]) != (seen and seen[0]):
            return None
        if best:
            found[name] = best[0]
    return found


async def look_at_trains(episode: Episode, slots: Slots, name: str) -> list[dict[str, Any]]:
    """The trains to a city on the slots' day."""
    content = await episode.call(
        "travel_search_trains",
        f"查{slots['day']}去{name}的火车",
        origin=slots["home"],
        destination=name,
        date=slots["date"],
    )
    return content["items"]


class WeatherChoice(QueryPattern):
    """Which of two or three cities is warmer, cooler or less likely to have rain on a day."""

    name = "weather_choice"
    leaf = _COMPARE
    weight = 1.5
    wordings = (
        (
            "{day}{rivals}哪个(城市|){better}？(想去那边玩|我挑一个去|)",
            "(纠结|在犹豫){day}去{rivals}(里的一个|)，(想去|选)(个|){better}的",
            "{rivals}，{day}哪里{better}？(说下|告诉我){value}",
            "(按天气|看天气)帮我选{day}去{rivals}里的哪个，要{better}的",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        names = other_cities(scene, scene.rng.choice((2, 2, 3))) or _elsewhere(scene)
        if not names:
            return None
        by = scene.rng.choice(tuple(_BETTER))
        ways = _BETTER[by][len(names) > 2]
        value = "降水概率" if by == "rain" else "最高气温"
        better = scene.rng.choice(ways)
        return {
            **draw_day(scene, most=11),
            "names": names,
            "rivals": joined(names),
            "by": by,
            "better": better,
            "value": value,
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        days = await forecasts(scene, slots["names"], slots["date"])
        auxiliary = (*day_labels(slots), _INTERCITY)
        if days is None:
            return no_data("天气", auxiliary=auxiliary)
        key = "rain_percent" if slots["by"] == "rain" else "high_c"
        values = {name: day[key] for name, day in days.items()}
        best = (max if slots["by"] == "warm" else min)(values.values())
        winners = [name for name, value in values.items() if value == best]
        if len(winners) > 1:
            return None
        kind = "percent" if slots["by"] == "rain" else "temperature"
        return Truth(
            (
                chosen(winners, values),
                {"kind": "value", "of": kind, "any_of": [best], "entity": winners[0]},
            ),
            secondary=(_WEATHER,),
            auxiliary=auxiliary,
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        key, kind = ("rain_percent", "percent") if slots["by"] == "rain" else ("high_c", "temperature")
        found = [(await look_at_weather(episode, slots, name), name) for name in slots["names"]]
        found.sort(key=lambda pair: -pair[0][key] if slots["by"] == "warm" else pair[0][key])
        teller, (day, best) = Teller(episode), found[0]
        lead = {"warm": "更暖和", "cool": "更凉快", "rain": "降水概率更低"}[slots["by"]]
        lead = lead if len(found) == 2 else lead.replace("更", "最")
        pieces: list[Piece] = [
            teller.one("建议去", "选"),
            teller.name(best),
            "，",
            teller.fact("date", slots["date"], best),
            f"那里{lead}，",
            *teller.said(slots["value"], kind, day[key], best),
            "，白天",
            teller.fact("word", day["condition_day"], best),
            "；",
        ]
        for number, (other, name) in enumerate(found[1:]):
            pieces += ["，" if number else "", teller.name(name), *teller.said(slots["value"], kind, other[key], name)]
        episode.answer(*pieces, "。", teller.one("要接着看怎么过去吗？", "需要我查去那里的火车吗？"))


def _elsewhere(scene: Scene) -> list[str]:
    """Where the world has a single city: names that its tools don't know, to be asked about in vain."""
    return ["Tampere", "Turku"] if scene.gazetteer.world.name == "osm" and scene.rng.random() < 0.3 else []


class TripChoice(QueryPattern):
    """Which of two or three cities is cheaper, or sooner, reached by train on a day."""

    name = "trip_choice"
    leaf = _COMPARE
    wordings = (
        (
            "{day}从{home}坐火车，去{rivals}哪个{better}？",
            "(想|打算){day}坐火车出去玩，{rivals}里{better}的是哪个？(从{home}出发|我在{home})",
            "{day}去{rivals}，(火车|坐火车)哪边{better}(，从{home}走|，{home}出发)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        names = other_cities(scene, scene.rng.choice((2, 2, 3))) or _elsewhere(scene)
        if not names or scene.city.name in names:
            return None
        by = scene.rng.choice(("fare", "time"))
        more = len(names) > 2
        better = {
            "fare": ("二等座最便宜",) if more else ("二等座更便宜", "二等座票价低一些"),
            "time": ("车程最短", "路上最快") if more else ("路上更快", "车程更短"),
        }[by]
        rivals = {"names": names, "rivals": joined(names), "home": scene.city.name}
        return {**draw_day(scene, most=11), **rivals, "by": by, "better": scene.rng.choice(better)}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if scene.gazetteer.world.name != "sandbox":
            return no_data("火车", auxiliary=(_INTERCITY,))
        values = await rides(scene, slots, slots["names"], slots["by"])
        if values is None or len(values) < len(slots["names"]):
            return None
        best = min(values.values())
        winners = [name for name, value in values.items() if value == best]
        if len(winners) > 1:
            return None
        kind = "money" if slots["by"] == "fare" else "duration"
        return Truth(
            (chosen(winners, values), {"kind": "value", "of": kind, "any_of": [best], "entity": ""}),
            secondary=(_FARES,),
            auxiliary=(*day_labels(slots), _INTERCITY, *(["budget_constraints.cheapest"] if kind == "money" else [])),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = []
        for name in slots["names"]:
            best = best_ride(await look_at_trains(episode, slots, name), slots["by"])
            if best is None:
                raise Unsolved(f"{slots['day']}{slots['home']}到{name}没有可比的车次。")
            found.append((best[0], best[1], name))
        found.sort(key=lambda entry: entry[0])
        teller, (value, train, best) = Teller(episode), found[0]
        kind, lead = ("money", "二等座最低") if slots["by"] == "fare" else ("duration", "最快")
        pieces: list[Piece] = [
            teller.one("建议去", "选"),
            teller.name(best),
            "，",
            teller.fact("date", slots["date"], train["number"]),
            f"{lead}的是 ",
            Fact(train["number"], "number", train["number"], train["number"]),
            *teller.said(" 次，", kind, value, train["number"]),
            "；",
        ]
        for number, (other, ride, name) in enumerate(found[1:]):
            pieces += ["，" if number else "", teller.name(name), "的 "]
            pieces += [Fact(ride["number"], "number", ride["number"], ride["number"]), " 次"]
            pieces += teller.said("要", kind, other, ride["number"])
        episode.answer(*pieces, "。", teller.one("要看看余票吗？", "需要我再看看那边的天气吗？"))


class DryOrCheap(QueryPattern):
    """Of two cities the one without rain; where that decides nothing, the one with the cheaper train."""

    name = "dry_or_cheap"
    leaf = _COMPARE
    held_out = True
    long_tail = True
    wordings = (
        (
            "{day}想从{home}去{rivals}玩，白天不下雨(雪|)的优先；(要是|如果)天气分不出来，就去二等座火车票更便宜的，去哪个？",
            "{rivals}二选一，{day}出发：先看哪个白天没有雨雪，都(一样|差不多)就(选|挑)从{home}坐二等座便宜的",
            "(帮我定|帮忙选)一个{day}去的城市：{rivals}。首先白天别下雨下雪，(分不出|都行或都不行)再比从{home}过去的二等座票价",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        names = other_cities(scene, 2)
        return (
            {**draw_day(scene, most=11), "names": names, "rivals": joined(names), "home": scene.city.name}
            if names
            else None
        )

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        days = await forecasts(scene, slots["names"], slots["date"])
        if days is None:
            return None
        dry = [name for name in slots["names"] if not rainy(days[name])]
        if len(dry) != 1:
            values = await rides(scene, slots, slots["names"], "fare")
            if values is None or len(values) < 2 or len(set(values.values())) < 2:
                return None
            dry = [min(values, key=values.__getitem__)]
        return Truth(
            (chosen(dry, slots["names"]),),
            secondary=(_WEATHER, _FARES),
            auxiliary=(*day_labels(slots), _INTERCITY, "budget_constraints.cheapest"),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        days = {name: await look_at_weather(episode, slots, name) for name in slots["names"]}
        dry = [name for name in slots["names"] if not rainy(days[name])]
        teller = Teller(episode)
        told: list[Piece] = []
        for number, name in enumerate(slots["names"]):
            told += ["，" if number else "", teller.name(name), "白天"]
            told += [teller.fact("word", days[name]["condition_day"], name)]
        if len(dry) == 1:
            episode.answer(
                teller.one("建议去", "选"),
                teller.name(dry[0]),
                "。",
                teller.fact("date", slots["date"], dry[0]),
                *told,
                "，所以按天气就能定。",
                teller.one("要看去那里的火车吗？", "需要我查一下车次吗？"),
            )
            return
        found = []
        for name in slots["names"]:
            best = best_ride(await look_at_trains(episode, slots, name), "fare")
            if best is None:
                raise Unsolved(f"{slots['day']}{slots['home']}到{name}没有可比的二等座。")
            found.append((best[0], name, best[1]["number"]))
        found.sort()
        pieces: list[Piece] = [teller.fact("date", slots["date"], found[0][1]), *told]
        pieces += [teller.one("，天气分不出高下。", "，天气上一样。"), "比票价："]
        for number, (fare, name, train) in enumerate(found):
            pieces += ["，" if number else "", teller.name(name), "的 ", Fact(train, "number", train, train)]
            pieces += teller.said(" 次二等座", "money", fare, train)
        pieces += [teller.one("，建议去", "，选"), teller.name(found[0][1]), "。"]
        episode.answer(*pieces, teller.one("要看看余票吗？", "需要我看看回程吗？"))


DESTINATIONS = (WeatherChoice(), TripChoice(), DryOrCheap())
