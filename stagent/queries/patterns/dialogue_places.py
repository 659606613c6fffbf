"""Conversations about places and ways: a user who adds what was missing, adds a condition, asks on."""

from typing import Any

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import draw_landmark, find_place
from stagent.queries.patterns.journeys import MODES, landmark, route, said_duration, said_value, true_place, true_route
from stagent.queries.patterns.kinds import ERRANDS, MEALS, draw_kind
from stagent.queries.patterns.manner import Manner, called
from stagent.queries.patterns.right import some_of
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene, where

_CONSTRAINED = "discovery.poi_search.constrained_poi_search"
_SPATIAL = "discovery.poi_search.spatial_optimized_poi_search"
_BASIC = "discovery.information_query.basic_attributes"
_ROUTE = "planning_and_decision.route_planning"
_NEARBY = "spatial_constraints.within_city.nearby"
_KIND = "preference_constraints.category_or_cuisine"
_RATING = "preference_constraints.rating"
_MOST = 5000  # metres of a search that names no radius


class GoodThenCheaper(QueryPattern):
    """Well rated places near; then cheaper ones; then how far the nearest of these is on foot."""

    name = "good_then_cheaper"
    leaf = _CONSTRAINED
    wordings = (
        (
            "我附近{km}公里内评分{rating}以上的{kind}有哪些(？|)",
            "(帮我|)找(找|)离我{km}公里以内、评分不低于{rating}的{kind}",
            "{km}公里内有没有{rating}分以上的{kind}(？|)",
        ),
        (
            "(有点贵，|)人均{budget}元以内的呢(？|)",
            "(太贵了，|)人均不超过{budget}的有(哪些|哪家)",
            "预算人均{budget}以内，再(筛一下|挑挑)",
        ),
        (
            "里面离我最近的是哪家，走过去多久(？|)",
            "(那|)最近的那家步行要多长时间(？|)，叫什么",
            "哪家最近？走路(要|)几分钟",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        kind = draw_kind(scene, MEALS)
        if kind is None or scene.gazetteer.world.name != "sandbox":
            return None
        rng = scene.rng
        return {
            "category": kind[0].category,
            "kind": kind[1],
            "km": rng.choice((2, 3, 4)),
            "rating": rng.choice((4.2, 4.3, 4.4, 4.5)),
            "budget": rng.choice((50, 60, 70, 80, 100, 120)),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        near = scene.near(scene.places(slots["category"]), 1000 * slots["km"])
        good = [place for place in near if (place.rating or 0) >= slots["rating"]]
        cheap = [p for p in good if p.average_cost is not None and p.average_cost <= slots["budget"]]
        if not cheap or len(cheap) == len(good):
            return None
        way = await true_route(scene, scene.context.location, where(cheap[0]), "walking")
        if way is None or len({place.name for place in cheap}) < len(cheap):
            return None
        also = [place.name for place in good]
        return Truth(
            (
                some_of(good, min(2, len(good))) | {"turn": 0},
                some_of(cheap, 1) | {"turn": 1},
                {"kind": "names", "any_of": [cheap[0].name], "least": 1, "only": True, "also": also},
                said_duration(way["duration_s"]),
            ),
            secondary=(_SPATIAL,),
            auxiliary=(_NEARBY, _RATING, "budget_constraints.upper_limit", _KIND),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m, teller = Manner(episode), Teller(episode)
        asked: dict[str, Any] = {
            "query": slots["kind"],
            "center": episode.context.location,
            "radius": 1000 * slots["km"],
            "sort_by": "distance",
            "min_rating": slots["rating"],
        }
        good = await episode.call("map_search_places", "按距离和评分找", **asked)
        keys = ("rating", "average_cost_yuan", "distance_m")
        episode.answer(
            *m.say(
                "{km} 公里内评分 {rating} 以上的{kind}，由近到远有：{places}。",
                "找到这些，都在 {km} 公里内、评分 {rating} 以上：{places}。(要按价格再筛也可以。|)",
                km=str(slots["km"]),
                rating=str(slots["rating"]),
                kind=slots["kind"],
                places=teller.listed(good["items"][:4], *keys),
            )
        )
        episode.next_turn()
        cheap = await episode.call(
            "map_search_places", "再加上人均的上限", **asked, price_max=slots["budget"], price_category="average_cost"
        )
        episode.answer(
            *m.say(
                "人均 {budget} 元以内的有：{places}。",
                "符合人均 {budget} 元以内的是{places}。",
                budget=str(slots["budget"]),
                places=teller.listed(cheap["items"][:4], *keys),
            )
        )
        episode.next_turn()
        first = cheap["items"][0]
        way = await route(episode, episode.context.location, first["location"], "walking", "算走到最近那家的时间")
        episode.answer(
            *m.say(
                "最近的是{place}，步行{time}，路程{distance}。",
                "离您最近的是{place}，走过去要{time}（{distance}）。",
                place=called(first["name"]),
                time=m.fact("duration", way["duration_s"], first["name"]),
                distance=m.fact("distance", way["distance_m"], first["name"]),
            )
        )


class WayAddedLater(QueryPattern):
    """How long a way takes, to where is said when asked; then on foot or by bicycle instead."""

    name = "way_added_later"
    leaf = _ROUTE
    wordings = (
        (
            "(帮我|)看看开车过去要多久(？|)",
            "我(现在|)开车过去，(要|得)多长时间",
            "开车(到那边|过去)(大概|)多久(？|)",
        ),
        ("去{to}", "(哦，|)(我是说|)去{to}", "目的地是{to}"),
        ("那{other}呢(？|)", "(不开车了，|){other}过去要多久", "如果{other}去(呢|要多长时间)"),
    )

    def draw(self, scene: Scene) -> Slots | None:
        mode = scene.rng.choice(("walking", "bicycling"))
        place = landmark(scene, mode)
        return place and {"to": place.name, "mode": mode, "other": {"walking": "走路", "bicycling": "骑车"}[mode]}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        place = await true_place(scene, slots["to"])
        if place is None:
            return None
        drive, other = [
            await true_route(scene, scene.context.location, place["location"], mode)
            for mode in ("driving", slots["mode"])
        ]
        if drive is None or other is None:
            return None
        words = ["去哪", "目的地", "哪里", "哪儿", "什么地方"]
        return Truth(
            (
                {"kind": "unsolved", "reason": "missing_information", "words": words, "turn": 0},
                said_duration(drive["duration_s"]) | {"turn": 1},
                said_duration(other["duration_s"]),
            ),
            secondary=("planning_and_decision.solution_comparison.transportation_mode_comparison",),
            auxiliary=("temporal_constraints.now",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m = Manner(episode)
        episode.answer(*m.say("请问您要去哪里？告诉我目的地，我来算时间。", "好的，目的地是哪里呢？"))
        episode.next_turn()
        place = await find_place(slots["to"], episode)
        for mode in ("driving", slots["mode"]):
            if mode != "driving":
                episode.next_turn()
            way = await route(episode, episode.context.location, place["location"], mode)
            episode.answer(
                *m.say(
                    "{how}到{place}要{time}，路程{distance}。",
                    "从您这里{how}去{place}，{distance}，需要{time}。",
                    how=MODES[mode],
                    place=called(place["name"]),
                    time=m.fact("duration", way["duration_s"], place["name"]),
                    distance=m.fact("distance", way["distance_m"], place["name"]),
                )
            )


class ShopThenPhone(QueryPattern):
    """The nearest open place of a kind; then its telephone number; then how long it takes on foot."""

    name = "shop_then_phone"
    leaf = _SPATIAL
    wordings = (
        (
            "离我最近的、现在开着的{kind}是哪{counter}(？|)",
            "(帮我|)找一{counter}离我最近、正在营业的{kind}",
            "最近的{kind}，要(现在|这会儿)还开门的",
        ),
        ("电话(是|)多少(？|)", "(它的|把)电话(给我|发我)(一下|)", "有电话吗(？|)"),
        ("走过去要多久(？|)", "步行多长时间能到(？|)", "(走路|走着)去远吗，几分钟"),
    )

    def draw(self, scene: Scene) -> Slots | None:
        kind = draw_kind(scene, ERRANDS)
        return kind and {"category": kind[0].category, "kind": kind[1], "counter": kind[0].counter}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask(
            "map_search_places", query=slots["kind"], center=scene.context.location, sort_by="distance"
        )
        near = scene.near(scene.places(slots["category"]), _MOST)[:10]
        opened = [place for place in near if place.hours and place.hours.is_open(scene.now)]
        if not opened or not opened[0].phone or "omitted" in content:
            return None
        best, others = opened[0], [place.name for place in near]
        if others.count(best.name) > 1 or [item["id"] for item in content["items"]] != [place.id for place in near]:
            return None
        way = await true_route(scene, scene.context.location, where(best), "walking")
        if way is None:
            return None
        return Truth(
            (
                {"kind": "names", "any_of": [best.name], "least": 1, "only": True, "turn": 0},
                said_value("phone", best.phone) | {"turn": 1},
                said_duration(way["duration_s"]),
            ),
            secondary=(_BASIC, _ROUTE),
            auxiliary=(_NEARBY, "temporal_constraints.now", "preference_constraints.open_hours", _KIND),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m, teller = Manner(episode), Teller(episode)
        found = await episode.call(
            "map_search_places",
            "按距离找，看哪些现在营业",
            query=slots["kind"],
            center=episode.context.location,
            sort_by="distance",
        )
        best = next((item for item in found["items"] if item.get("open_now")), None)
        if best is None:
            raise Unsolved(f"附近没有正在营业的{slots['kind']}。")
        about = teller.about(best, "distance_m", "hours_today")
        episode.answer(
            *m.say(
                "最近的一{counter}是{place}，正在营业，{about}。",
                "{place}离您最近，现在开着，{about}。",
                counter=slots["counter"],
                place=called(best["name"]),
                about=about,
            )
        )
        episode.next_turn()
        phone = m.fact("phone", best["phone"], best["name"])
        episode.answer(*m.say("{place}的电话是 {phone}。", place=called(best["name"]), phone=phone))
        episode.next_turn()
        way = await route(episode, episode.context.location, best["location"], "walking")
        episode.answer(
            *m.say(
                "走到{place}要{time}，路程{distance}。",
                "步行{time}能到{place}，全程{distance}。",
                place=called(best["name"]),
                time=m.fact("duration", way["duration_s"], best["name"]),
                distance=m.fact("distance", way["distance_m"], best["name"]),
            )
        )


class FriendAddedLater(QueryPattern):
    """A place to meet, where the friend is said when asked; then with a rating."""

    name = "friend_added_later"
    leaf = _SPATIAL
    held_out = True
    wordings = (
        (
            "我想和{friend}约个{kind}，选个两边都方便的",
            "(找|推荐)一家我和{friend}中间的{kind}",
            "(帮我|)找个{kind}，我跟{friend}过去都近",
        ),
        ("(他|对方)在{there}", "{friend}从{there}过来", "(我从这里走，|){friend}在{there}那边"),
        ("要评分{rating}以上的", "有没有{rating}分以上的(？|)", "评分{rating}以上的(再|)推荐一下"),
    )

    def draw(self, scene: Scene) -> Slots | None:
        place, kind = draw_landmark(scene), draw_kind(scene, MEALS, 5)
        if place is None or kind is None or scene.gazetteer.world.name != "sandbox":
            return None
        return {
            "there": place.name,
            "category": kind[0].category,
            "kind": kind[1],
            "friend": scene.rng.choice(("朋友", "同学", "同事", "老同学")),
            "rating": scene.rng.choice((4.3, 4.4, 4.5, 4.6)),
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        there = await true_place(scene, slots["there"])
        if there is None:
            return None
        asked = {"query": slots["kind"], "origins": [scene.context.location, there["location"]], "limit": 5}
        all_of = await scene.ask("map_search_central_places", **asked)
        good = await scene.ask("map_search_central_places", **asked, min_rating=slots["rating"])
        if not all_of.get("items") or not good.get("items") or good["items"][0] == all_of["items"][0]:
            return None
        words = ["在哪", "从哪", "哪里", "位置", "出发", "哪儿"]
        first = [[item["name"] for item in content["items"]] for content in (all_of, good)]
        return Truth(
            (
                {"kind": "unsolved", "reason": "missing_information", "words": words, "turn": 0},
                {"kind": "names", "any_of": first[0], "least": 1, "only": True, "also": [slots["there"]], "turn": 1},
                {"kind": "names", "any_of": first[1], "least": 1, "only": True, "also": [slots["there"]]},
            ),
            auxiliary=("spatial_constraints.central_to_several", _RATING, _KIND),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m, teller = Manner(episode), Teller(episode)
        episode.answer(
            *m.say("好的，请问您的{friend}从哪里出发？", "可以，您{friend}在哪儿？告诉我位置就能找。", **slots)
        )
        episode.next_turn()
        there = await find_place(slots["there"], episode)
        asked = {
            "query": slots["kind"],
            "origins": [episode.context.location, there["location"]],
            "limit": 5,
        }
        found = await episode.call("map_search_central_places", "找离两边都合适的", **asked)
        self._tell(found["items"][0], m, teller, episode)
        episode.next_turn()
        found = await episode.call("map_search_central_places", "加上评分的条件", **asked, min_rating=slots["rating"])
        self._tell(found["items"][0], m, teller, episode)

    @staticmethod
    def _tell(item: dict[str, Any], m: Manner, teller: Teller, episode: Episode) -> None:
        mine, other = (m.fact("distance", metres, item["name"]) for metres in item["distances_m"])
        episode.answer(
            *m.say(
                "推荐{place}，{about}；离您直线{mine}，离对方{other}。",
                "{place}比较合适：离您{mine}，离对方{other}（都是直线距离），{about}。",
                place=called(item["name"]),
                about=teller.about(item, "rating", "average_cost_yuan"),
                mine=mine,
                other=other,
            )
        )


DIALOGUE_PLACES = (GoodThenCheaper(), WayAddedLater(), ShopThenPhone(), FriendAddedLater())
