"""Instructions for half a day that depend on the weather."""

import random
from datetime import datetime, timedelta
from typing import Any

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import (
    Item,
    clock,
    iso,
    moment,
    name_of,
    no_data,
    rarely,
    route,
    said_duration,
    true_route,
)
from stagent.queries.patterns.opening import covers, hours_on, names, of_category, open_through
from stagent.queries.patterns.outings import LEAF, MINUTE, SEARCHED
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene, where


class RainOrShine(QueryPattern):
    """A museum where rain is likely on one of the next days, else a park: the best rated, and the way there."""

    name = "rain_or_shine"
    leaf = LEAF
    weight = 1.5
    wordings = (
        (
            "{day}想在{city}出去玩半天，降水概率到{p}%以上就去博物馆，没到就去公园，要评分最高而且{day}{at}开着的，开车从{from}{at}出发要多久？",
            "{day}{at}从{from}开车出门，下雨概率不低于{p}%去博物馆、低于就去公园，选{city}评分最高且那时营业的一个，路上多长时间",
            "帮我安排{day}的半日行程：看{city}天气，降水概率≥{p}%选博物馆，否则选公园，挑{at}开门、评分最高的，{at}从{from}开车过去",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox" and not rarely(scene):
            return None
        ahead = scene.rng.choice((1, 1, 2, 3))
        date = scene.now + timedelta(days=ahead)
        home = "家" in scene.context.profile and scene.rng.random() < 0.6
        at = scene.rng.choice(("9:30", "10:00", "10:30", "13:00", "14:00", "14:30"))
        return {
            "city": scene.region,
            "date": date.date().isoformat(),
            "day": {1: "明天", 2: "后天"}.get(ahead, f"{date.month}月{date.day}日"),
            "p": scene.rng.choice((30, 40, 50, 60)),
            "at": at,
            "start": "家" if home else "",
            "from": "家里" if home else "我现在的位置",
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask("weather_forecast_days", location=slots["city"], date=slots["date"])
        auxiliary = ("spatial_constraints.within_city.whole_city", "preference_constraints.rating")
        if "unavailable" in content:
            return Truth(no_data("天气", "预报"), auxiliary=auxiliary, unsolvable="no_data")
        category, word = _wet_or_dry(content["items"][0], slots)
        at = _moment_of(slots, scene.now)
        fitting = [place for place in scene.places(category) if open_through(place, at, at + MINUTE)]
        if not fitting:
            return None
        top = max(place.rating for place in fitting)
        best = [place for place in fitting if place.rating == top]
        # a place whose hours the expert can't read may not hide the best one
        found = await scene.ask("map_search_places", **_rated(word, slots["city"]))
        chosen = _first_open(found["items"], word, at, "holiday" in content["items"][0])
        if chosen is None or chosen["name"] not in {place.name for place in best}:
            return None
        start = scene.context.profile.get(slots["start"], scene.context.location)
        drives = [await true_route(scene, start, where(place), departure_time=iso(at)) for place in best]
        if None in drives:
            return None
        durations = said_duration(drives[0]["duration_s"])
        return Truth(
            (
                {"kind": "names", "any_of": names(best)},
                durations | {"any_of": [drive["duration_s"] for drive in drives]},
            ),
            secondary=("dynamic_information.realtime_weather", "discovery.poi_search.constrained_poi_search"),
            auxiliary=(*auxiliary, "temporal_constraints.specific_time", "preference_constraints.open_hours"),
            temporal={"departure": "temporal_constraints.specific_time"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        content = await episode.call(
            "weather_forecast_days", f"看{slots['day']}下不下雨", location=slots["city"], date=slots["date"]
        )
        day = content["items"][0]
        _, word = _wet_or_dry(day, slots)
        found = await episode.call("map_search_places", f"找评分最高的{word}", **_rated(word, slots["city"]))
        at = _moment_of(slots, episode.context.now)
        place = _first_open(found["items"], word, at, "holiday" in day)
        if place is None:
            raise Unsolved(f"{slots['city']}没有那时开门的{word}。")
        start = episode.context.profile.get(slots["start"], episode.context.location)
        item = await route(episode, start, place["location"], thought="开车过去要多久", departure_time=iso(at))
        hours = hours_on(place["hours"], at.date(), "holiday" in day)
        episode.answer(
            *sentence(
                (
                    "{day}{city}{condition}，降水概率{rain}，适合去{word}。推荐{place}，评分{rating}，当天{hours}。",
                    "{day}{condition}、降水概率{rain}，按您的条件去{word}：{city}评分最高的是{place}（{rating}），当天{hours}。",
                ),
                rng,
                day=slots["day"],
                city=slots["city"],
                condition=Fact(day["condition_day"], "word", day["condition_day"], day["date"]),
                rain=say_fact("percent", day["rain_percent"], day["date"]),
                word=word,
                place=name_of(place),
                rating=Fact(f"{place['rating']:.1f} 分", "rating", place["rating"], place["name"]),
                hours=Fact("全天开放" if hours == "全天" else f"开放 {hours}", "hours", hours, place["name"]),
            ),
            *sentence(
                (
                    "{at}从{start}开车出发，路上{drive}，{arrival}到，",
                    "从{start}开车{drive}，{at}走{arrival}到，",
                ),
                rng,
                at=Fact(slots["at"], "clock", f"{at:%H:%M}", place["name"]),
                start=name_of("家") if slots["start"] else "您的位置",
                drive=say_fact("duration", item["duration_s"], place["name"], rng=rng),
                arrival=say_fact("clock", clock(item["arrival"]), place["name"]),
            ),
            *sentence(
                ("最高{high}。", "当天最高{high}、最低{low}。"),
                rng,
                high=say_fact("temperature", day["high_c"], day["date"]),
                low=say_fact("temperature", day["low_c"], day["date"]),
            ),
        )


def _wet_or_dry(day: Item, slots: Slots) -> tuple[str, str]:
    return ("museum", "博物馆") if day["rain_percent"] >= slots["p"] else ("park", "公园")


def _moment_of(slots: Slots, now: datetime) -> datetime:
    return moment(f"{slots['date']}T{slots['at'].zfill(5)}:00").replace(tzinfo=now.tzinfo)


def _rated(word: str, region: str) -> dict[str, Any]:
    return {"query": word, "region": region, "sort_by": "rating:d", "limit": SEARCHED}


def _first_open(items: list[Item], word: str, at: datetime, holiday: bool) -> Item | None:
    """The best rated that is open at a moment, as far as its hours can be read."""
    for item in of_category(items, word):
        hours = hours_on(item["hours"], at.date(), holiday) if "hours" in item else None
        if hours and covers(hours, at, at + MINUTE):
            return item
    return None


RAIN_OR_SHINE = (RainOrShine(),)
