"""Instructions that ask whether a budget is enough."""

import random
from datetime import timedelta
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth, sentence
from stagent.queries.patterns.feasibility import LEAF
from stagent.queries.patterns.journeys import Item, no_data, rarely, said_value, verdict
from stagent.queries.sayings import in_words, say_fact
from stagent.queries.scene import Scene
from stagent.worlds.sandbox.departures import kilometres

ENOUGH = {"yes": ["够用", "预算够", "足够"], "no": ["不够", "超预算", "超出预算"]}


class BudgetForTrip(QueryPattern):
    """Whether a budget a head pays tickets there and back for several people."""

    name = "budget_for_trip"
    leaf = LEAF
    wordings = (
        (
            "{people}个人{day}坐{ride}从{a}去{b}，{back}再坐{ride}回来，都买最便宜的票，每人{budget}元(预算|)够吗",
            "预算每人{budget}元，{people}个人往返{a}和{b}，{day}去{back}回，(坐|)最便宜的{ride}票够不够",
            "{day}去{b}、{back}回{a}，{people}个人坐{ride}，按最便宜的票算，一个人{budget}元够来回吗",
            "(想问下|)每人{budget}块够不够{people}个人坐{ride}从{a}去{b}来回？{day}去，{back}回，买最便宜的票",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        others = [city.name for city in scene.gazetteer.cities if city.name != scene.region]
        if not others:
            if not rarely(scene):
                return None
            others = ["图尔库"]
        end, ahead = scene.rng.choice(others), scene.rng.randrange(1, 6)
        go, back = scene.now + timedelta(days=ahead), scene.now + timedelta(days=ahead + scene.rng.randrange(1, 6))
        way = scene.rng.choice(("trains", "trains", "flights"))
        people = scene.rng.choice((2, 2, 3, 4))
        far = kilometres(scene.region, end) if scene.gazetteer.world.name == "sandbox" else 160
        # about what it costs there and back, from far too little to more than enough
        guess = 2 * (0.35 * far if way == "trains" else 150 + 0.5 * far) * scene.rng.uniform(0.25, 1.4)
        return {
            "a": scene.region,
            "b": end,
            "go": go.date().isoformat(),
            "back_on": back.date().isoformat(),
            "day": {1: "明天", 2: "后天"}.get(ahead, f"{go.month}月{go.day}日"),
            "back": f"{back.month}月{back.day}日",
            "way": way,
            "ride": {"trains": "火车", "flights": "飞机"}[way],
            "count": people,
            "people": "两" if people == 2 else in_words(people),
            "budget": max(50, round(guess / 50) * 50),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        fares = []
        for origin_, end, date in (("a", "b", "go"), ("b", "a", "back_on")):
            content = await scene.ask(
                f"travel_search_{slots['way']}", origin=slots[origin_], destination=slots[end], date=slots[date]
            )
            if "unavailable" in content:
                return Truth(
                    no_data("火车", "航班", "票价", "班次"),
                    auxiliary=("spatial_constraints.intercity", "budget_constraints.upper_limit"),
                    unsolvable="no_data",
                )
            fares.append(cheapest(content.get("items", ()), slots["count"]))
        if None in fares:
            return None
        total = sum(fare["fare_yuan"] for _, fare in fares)
        if slots["budget"] == total:
            return None
        return Truth(
            (verdict(total < slots["budget"], ENOUGH), said_value("money", plain_yuan(total))),
            secondary=("dynamic_information.dynamic_pricing_and_availability",),
            auxiliary=(
                "spatial_constraints.intercity",
                "budget_constraints.upper_limit",
                "budget_constraints.cheapest",
                "temporal_constraints.specific_date",
            ),
            temporal={"departure": "temporal_constraints.specific_date"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        rng = random.Random(episode.task.id)
        legs = []
        for origin_, end, date in (("a", "b", "go"), ("b", "a", "back_on")):
            content = await episode.call(
                f"travel_search_{slots['way']}",
                f"查{slots[origin_]}到{slots[end]}最便宜的票",
                origin=slots[origin_],
                destination=slots[end],
                date=slots[date],
            )
            best = cheapest(content["items"], slots["count"])
            if best is None:
                raise Unsolved(content.get("note") or "没有足够的余票。")
            legs.append(best)
        total = sum(fare["fare_yuan"] for _, fare in legs)
        enough = total < slots["budget"]
        pieces: list[Piece] = sentence(
            ("预算够。", "够用。") if enough else ("不够。", "超出预算了。"),
            rng,
        )
        for word, (item, fare) in zip(("去程", "回程"), legs, strict=True):
            number = item["number"]
            pieces += sentence(
                ("{word}最便宜的是{number}次的{cabin}，{fare}；",),
                rng,
                word=word,
                number=Fact(number, "number", number, number),
                cabin=Fact(fare["cabin"], "word", fare["cabin"], number),
                fare=say_fact("money", fare["fare_yuan"], number),
            )
        pieces += sentence(
            ("每人往返合计{total}，", "每人来回一共{total}，"),
            rng,
            total=say_fact("money", plain_yuan(total), "", how="sum"),
        )
        pieces += sentence(
            ("比{budget}少{gap}。",) if enough else ("比{budget}多{gap}。",),
            rng,
            budget=Fact(f"{slots['budget']} 元", "money", slots["budget"]),
            gap=say_fact("money", plain_yuan(abs(slots["budget"] - total)), "", how="difference"),
        )
        episode.answer(*pieces, *(["票价和余票会变，想好了尽早买。"] if rng.random() < 0.5 else []))


def plain_yuan(amount: float) -> float:
    return int(amount) if amount == int(amount) else amount


def cheapest(items: Any, people: int) -> tuple[Item, Item] | None:
    """The departure with the cheapest fare of which enough seats are left, and that fare; the first of equal ones."""
    fares = [(item, fare) for item in items for fare in item["fares"] if fare["seats_left"] >= people]
    return min(fares, key=lambda pair: pair[1]["fare_yuan"]) if fares else None


BUDGET = (BudgetForTrip(),)
