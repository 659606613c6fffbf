"""Instructions for a tour of two cities."""

import random
from collections.abc import Sequence
from datetime import timedelta

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.journeys import Item, said_value
from stagent.queries.patterns.trip_rides import cheapest_fare, day_said, ride_said
from stagent.queries.patterns.trip_stays import days_said, drawn_theme, find_sights, trip_auxiliary, true_sights
from stagent.queries.patterns.trips import LONG
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene


class TwoCityTour(QueryPattern):
    """From home to one city, on to a second, and home: three trains, the weather and a sight of each stay."""

    name = "two_city_tour"
    leaf = LONG
    held_out = True
    long_tail = True
    wordings = (
        (
            "{go}从{a}坐火车到{b}，{mid}再坐火车去{c}，{last}坐火车回{a}，{people_said}。每段帮我挑最便宜的有票车次；"
            "{b}按{mid_before}、{c}按{last_before}的天气各排一处{rating}分以上、当天开门的：降水概率到{p}"
            "%去{wet}，否则去{dry}。每人车票总共多少？",
            "做个环线：{a}→{b}（{go}）→{c}（{mid}）→{a}（{last}），全程火车，{people_said}，都要最便宜且有票的。"
            "另外{mid_before}在{b}、{last_before}在{c}各安排一个评分{rating}以上的地方，降水{p}%及以上去{wet}"
            "，不然去{dry}，那天要营业。算算每人车票一共多少钱",
            "{people_said}，坐火车转一圈：{go}从{a}到{b}，{mid}到{c}，{last}回{a}，每段都要最便宜、"
            "有票的车次，每人车票合计多少？"
            "{mid_before}在{b}、{last_before}在{c}各去一个{rating}分以上且当天开门的地方，降水概率达到{p}"
            "%就去{wet}，没到就去{dry}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        others = [city.name for city in scene.gazetteer.cities if city.name != scene.region]
        if len(others) < 2:
            return None
        rng = scene.rng
        b, c = rng.sample(others, 2)
        first = scene.now.date() + timedelta(days=rng.randrange(1, 6))
        middle = first + timedelta(days=rng.choice((2, 2, 3)))
        last = middle + timedelta(days=rng.choice((2, 2, 3)))
        people = rng.choice((1, 1, 2, 3))
        eve, eves = middle - timedelta(days=1), last - timedelta(days=1)
        return {
            "a": scene.region,
            "b": b,
            "c": c,
            "dates": [day.isoformat() for day in (first, middle, last)],
            "eves": [eve.isoformat(), eves.isoformat()],
            "go": day_said(first),
            "mid": day_said(middle),
            "last": day_said(last),
            "mid_before": day_said(eve),
            "last_before": day_said(eves),
            "people": people,
            "people_said": {1: "一个人", 2: "两个人", 3: "三个人"}[people],
            **drawn_theme(scene),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        expects, total = [], 0.0
        for start, end, day in _legs(slots):
            content = await scene.ask("travel_search_trains", origin=start, destination=end, date=day)
            best = _cheapest_rides(content.get("items", ()), slots["people"])
            if not best:
                return None
            expects.append(said_value("number", *(item["number"] for item in best)))
            total += cheapest_fare(best[0], slots["people"])["fare_yuan"]
        sights = []
        for region, day in zip((slots["b"], slots["c"]), slots["eves"], strict=True):
            weather = await scene.ask("weather_forecast_days", location=region, date=day)
            found = await true_sights(scene, weather["items"], slots, region)
            if found is None:
                return None
            sights += found
        return Truth(
            (
                *expects,
                said_value("money", int(total) if total == int(total) else total),
                {"kind": "sequence", "stops": sights},
            ),
            secondary=("dynamic_information.dynamic_pricing_and_availability", "dynamic_information.realtime_weather"),
            auxiliary=trip_auxiliary(slots, "spatial_constraints.intercity", "budget_constraints.cheapest"),
            temporal={"departure": "temporal_constraints.specific_date"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        people, rides = slots["people"], []
        for start, end, day in _legs(slots):
            content = await episode.call(
                "travel_search_trains", f"查{start}到{end}最便宜的车", origin=start, destination=end, date=day
            )
            best = _cheapest_rides(content["items"], people)
            if not best:
                raise Unsolved(content.get("note") or f"{start}到{end}那天没有够{people}个人的票。")
            rides.append(best[0])
        stays = []
        for region, day in zip((slots["b"], slots["c"]), slots["eves"], strict=True):
            weather = await episode.call("weather_forecast_days", f"看{region}的天气", location=region, date=day)
            stays.append((weather["items"], await find_sights(episode, weather["items"], slots, region)))
        total = sum(cheapest_fare(item, people)["fare_yuan"] for item in rides)
        said_dates = [
            Fact(said, "date", day, day)
            for said, day in zip((slots["go"], slots["mid"], slots["last"]), slots["dates"], strict=True)
        ]
        pieces: list[Piece] = []
        for at, item in enumerate(rides):
            pieces += [said_dates[at], *ride_said(item, people, rng), "。"]
            if at < 2:
                pieces += [(slots["b"], slots["c"])[at], *days_said(*stays[at], slots, rng)]
        episode.answer(
            *pieces,
            *sentence(
                ("三段车票每人一共{total}。", "全程车票合计每人{total}。"),
                rng,
                total=say_fact("money", int(total) if total == int(total) else total, "", how="sum"),
            ),
        )


def _legs(slots: Slots) -> list[tuple[str, str, str]]:
    stops = (slots["a"], slots["b"], slots["c"], slots["a"])
    return list(zip(stops, stops[1:], slots["dates"], strict=False))


def _cheapest_rides(items: Sequence[Item], people: int) -> list[Item]:
    """All that have the least fare of those with enough seats, the first to leave first."""
    fitting = [item for item in items if any(fare["seats_left"] >= people for fare in item["fares"])]
    least = min((cheapest_fare(item, people)["fare_yuan"] for item in fitting), default=0)
    return [item for item in fitting if cheapest_fare(item, people)["fare_yuan"] == least]


TOURS = (TwoCityTour(),)
