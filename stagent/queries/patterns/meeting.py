"""Instructions to find a place for several people who come from different places."""

from typing import Any

import numpy as np

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import draw_landmark, find_place, point
from stagent.queries.patterns.kinds import DRINKS, MEALS, PLAY, draw_kind
from stagent.queries.patterns.right import chosen
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene, where
from stagent.routing.geometry import haversine_m

_CENTRAL = "spatial_constraints.central_to_several"
_KIND = "preference_constraints.category_or_cuisine"
_LISTED = 10
_LEAST_RADIUS_M = 5000  # of the tool, around the middle
_SORTS = {
    "min_max_distance": (
        "离得最远的人也(尽量|)近一点",
        "让(最远|离得最远)的那个人(少跑点|走得最近)",
        "最远的那个人距离最短",
    ),
    "total_distance": ("大家的距离加起来最短", "几个人的总距离最短", "加起来路程最短"),
}


def _choice(text: str, scene: Scene) -> str:
    """Draws the alternatives of a phrase that is itself a slot."""
    while "(" in text:
        start, end = text.rindex("("), text.index(")", text.rindex("("))
        text = text[:start] + scene.rng.choice(text[start + 1 : end].split("|")) + text[end + 1 :]
    return text


def draw_people(scene: Scene, count: int) -> list[dict[str, str]] | None:
    """Where each starts: ``[{"who": "我在家", "own": "家", "name": "", "at": "…"}, {"who": "朋友在澜屿站", …}]``."""
    rng, people = scene.rng, []
    for number, friend in enumerate(["", *rng.sample(("朋友", "同事", "表妹", "同学", "老王", "小李"), count - 1)]):
        own = rng.choice(("here", "家", "公司", "place")) if number == 0 else "place"
        if own == "here":
            people.append({"who": "我在这里", "own": own, "name": "", "at": scene.context.location})
        elif own != "place":
            if own not in scene.context.profile:
                return None
            people.append({"who": f"我在{own}", "own": own, "name": "", "at": scene.context.profile[own]})
        else:
            place = draw_landmark(scene)
            if place is None or place.name in [other["name"] for other in people]:
                return None
            who = f"{friend or '我'}在{place.name}"
            people.append({"who": who, "own": own, "name": place.name, "at": where(place)})
    return people


class FairMeeting(QueryPattern):
    """A place to meet: nearest for whoever is farthest, or with the least sum of distances."""

    name = "fair_meeting"
    leaf = "discovery.poi_search.spatial_optimized_poi_search"
    weight = 1.5
    wordings = (
        (
            "{people}，(想|准备|打算)找(一{counter}|个){condition}{kind}碰面，要{goal}，(去|选)哪{counter}(好|)？",
            "{people}，约在哪{counter}{condition}{kind}(好|合适)？要{goal}(的|)",
            "帮{us}选(一{counter}|个){condition}{kind}(见面|集合|聚一下)，{people}，{goal}(就行|的那{counter}|)",
            "{us}要聚(一下|)，{people}。{condition}{kind}里选哪{counter}？要{goal}(，按直线距离算|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        people = draw_people(scene, scene.rng.choice((2, 2, 3)))
        kind = draw_kind(scene, (*MEALS, *DRINKS, *PLAY))
        if people is None or kind is None:
            return None
        sort = scene.rng.choice(tuple(_SORTS))
        rated = scene.gazetteer.world.name == "sandbox" and scene.rng.random() < 0.4
        rating = scene.rng.choice((4.0, 4.2, 4.5)) if rated else None
        opened = scene.rng.random() < 0.3
        parts = [f"评分{rating:g}以上" if rated else "", "现在营业" if opened else ""]
        condition = "、".join(part for part in parts if part)
        return {
            "origins": people,
            "people": "，".join(person["who"] for person in people),
            "us": {2: "我们俩", 3: "我们三个"}[len(people)],
            "category": kind[0].category,
            "kind": kind[1],
            "counter": kind[0].counter,
            "sort": sort,
            "goal": _choice(scene.rng.choice(_SORTS[sort]), scene),
            "rating": rating,
            "open": opened,
            "condition": f"{condition}的" if condition else "",
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        origins = np.array([point(person["at"]) for person in slots["origins"]])
        middle = origins.mean(axis=0)
        radius = max(_LEAST_RADIUS_M, 2 * round(float(haversine_m(*middle, *origins.T).max())))
        least = slots["rating"] or 0
        near = [
            place
            for place in scene.near(scene.places(slots["category"]), radius, tuple(middle))
            if (place.rating or 0) >= least
        ]
        if not near:
            return None
        lat, lon = (np.array([place.at[axis] for place in near])[:, None] for axis in (0, 1))
        each = haversine_m(lat, lon, origins[:, 0], origins[:, 1])  # (places, origins)
        key = each.max(axis=1) if slots["sort"] == "min_max_distance" else each.sum(axis=1)
        order = np.argsort(key, kind="stable")[:_LISTED]
        fitting = [
            row
            for row in order
            if not slots["open"] or ((hours := near[row].hours) is not None and hours.is_open(scene.now))
        ]
        if not fitting:
            return None
        winners = [near[row].name for row in fitting if key[row] < key[fitting[0]] + 2]
        auxiliary = (_CENTRAL, _KIND, "traveller_constraints.couple_or_friends")
        if slots["rating"]:
            auxiliary += ("preference_constraints.rating",)
        if slots["open"]:
            auxiliary += ("preference_constraints.open_hours", "temporal_constraints.now")
        return Truth(
            (chosen(winners, [near[row].name for row in order], [p["name"] for p in slots["origins"] if p["name"]]),),
            auxiliary=auxiliary,
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        starts = []
        for person in slots["origins"]:
            if person["own"] == "place":
                starts.append((await find_place(person["name"], episode))["location"])
            else:
                own = person["own"]
                starts.append(episode.context.location if own == "here" else episode.context.profile[own])
        found = await episode.call(
            "map_search_central_places",
            f"按{'最远距离' if slots['sort'] == 'min_max_distance' else '总距离'}找大家碰面的{slots['kind']}",
            query=slots["kind"],
            origins=starts,
            sort_by=slots["sort"],
            min_rating=slots["rating"],
        )
        items = [item for item in found["items"] if not slots["open"] or item.get("open_now")]
        if not items:
            raise Unsolved(f"中间一带没有{slots['condition']}{slots['kind']}。")
        teller, best = Teller(episode), items[0]
        name = best["name"]
        pieces: list[Any] = [teller.one("建议约在", "推荐", "可以约在"), teller.name(name), "，"]
        if slots["sort"] == "min_max_distance":
            pieces += teller.said(
                teller.one("最远的人离它", "离得最远的人也只有"), "distance", best["max_distance_m"], name
            )
        else:
            pieces += teller.said(
                teller.one("几个人的直线距离加起来", "总直线距离"), "distance", best["total_distance_m"], name
            )
        if told := teller.about(best, "rating", "average_cost_yuan", "hours_today", "address"):
            pieces += ["，", *told]
        if len(items) > 1:
            pieces += ["。备选是", teller.name(items[1]["name"])]
        episode.answer(*pieces, "。", teller.one("需要我给每个人规划路线吗？", "要不要分别看看各自怎么过去？"))


MEETING = (FairMeeting(),)
