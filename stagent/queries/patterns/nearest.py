"""Instructions to find what is near: the nearest one, one within so many metres, the one soonest reached on foot."""

from typing import Any

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import draw_anchor, draw_radius, find_anchor, named, spaced
from stagent.queries.patterns.kinds import ALL_KINDS, DRINKS, ERRANDS, MEALS, draw_kind
from stagent.queries.patterns.right import around, chosen, nameless, nearest, nothing_found
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene

_DEFAULT_M, _LISTED = 5000, 10  # of a search that says neither
_NEARBY = "spatial_constraints.within_city.nearby"
_KIND = "preference_constraints.category_or_cuisine"
_OPEN = ("temporal_constraints.now", "preference_constraints.open_hours")


def _from(slots: Slots, teller: Teller) -> list[Any]:
    """``离您``, ``离澜屿站``: whom a distance is from."""
    name = slots["anchor_name"]
    return ["离", teller.name(name) if slots["anchor"] == "place" else name]


class NearestOpen(QueryPattern):
    """The nearest place of a kind that is open now."""

    name = "nearest_open"
    leaf = "discovery.poi_search.spatial_optimized_poi_search"
    weight = 1.5
    wordings = (
        (
            "(请问|)(现在|){near}还开着的{kind}，(离得|)最近的是哪{counter}？",
            "(帮我|)找(一{counter}|个)离{from}最近、现在(还开门|正在营业|还在营业)的{kind}",
            "{from}(附近|旁边)哪{counter}{kind}现在(还营业|还开着|没关门)(啊|)？(只要|我要)最近的(那{counter}|)",
            "(急，|着急，|)离{from}最近的还在营业的{kind}(在哪|是哪{counter}|)",
            "{from}(这边|附近)最近的{kind}，要(现在开着|营业中)的",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        anchor, kind = draw_anchor(scene), draw_kind(scene, (*ERRANDS, *MEALS, *DRINKS))
        if anchor is None or kind is None:
            return None
        return {**anchor, "category": kind[0].category, "kind": kind[1], "counter": kind[0].counter}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        away = around(scene, slots["category"], slots, _DEFAULT_M)[:_LISTED]
        opened = [(place, metres) for place, metres in away if place.hours and place.hours.is_open(scene.now)]
        if not opened or nameless(place.name for place in nearest(opened)):
            return None
        expected = chosen([place.name for place in nearest(opened)], [place.name for place, _ in away], named(slots))
        return Truth((expected,), auxiliary=(_NEARBY, *_OPEN, _KIND))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        centre = await find_anchor(slots, episode)
        found = await episode.call(
            "map_search_places",
            f"按距离找{slots['kind']}，再看哪{slots['counter']}现在营业",
            query=slots["kind"],
            center=centre,
            sort_by="distance",
        )
        opened = [item for item in found["items"] if item.get("open_now")]
        if not opened:
            raise Unsolved(f"{slots['near']}没有查到正在营业的{slots['kind']}。")
        teller, best = Teller(episode), opened[0]
        pieces = [
            *_from(slots, teller),
            teller.one("最近的、现在还开着的", "最近、此刻还能去的", "最近又还没关门的"),
            f"{slots['kind']}是",
            teller.name(best["name"]),
            "，",
            *teller.about(best, "distance_m", "hours_today", "address"),
            "。",
            teller.one("需要我规划过去的路线吗？", "要不要我帮您规划路线？", "需要导航过去的话告诉我。"),
        ]
        episode.answer(*pieces)


class NearestWithin(QueryPattern):
    """The nearest place of a kind within so many metres, where there is one."""

    name = "nearest_within"
    leaf = "discovery.poi_search.spatial_optimized_poi_search"
    wordings = (
        (
            "离{from}{within}(以内|之内|内|范围内)有没有{kind}？(有的话|如果有，)(告诉我|说下)最近的(那{counter}|是哪{counter})",
            "(看看|查一下|帮我看下)离{from}{within}内最近的{kind}(，太远的不要|)",
            "{within}(以内|内)离{from}最近的{kind}是哪{counter}(？|，直线距离多少)",
            "我想找(一{counter}|个){kind}，离{from}不超过{within}，越近越好",
            "{near}{within}内最近的{kind}(，有吗|有没有|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        anchor, kind = draw_anchor(scene), draw_kind(scene, ALL_KINDS)
        if anchor is None or kind is None:
            return None
        kinds = {"category": kind[0].category, "kind": kind[1], "counter": kind[0].counter}
        return {**anchor, **kinds, **draw_radius(scene)}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        away = around(scene, slots["category"], slots, slots["radius_m"])
        if not away:
            # only now and then, so that most questions have an answer
            return nothing_found(auxiliary=(_NEARBY, _KIND)) if scene.rng.random() < 0.15 else None
        best = nearest(away)
        if nameless(place.name for place in best):
            return None
        expected = chosen([place.name for place in best], [place.name for place, _ in away[:_LISTED]], named(slots))
        return Truth((expected,), auxiliary=(_NEARBY, _KIND))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        centre = await find_anchor(slots, episode)
        found = await episode.call(
            "map_search_places",
            f"在{slots['within']}内按距离找{slots['kind']}",
            query=slots["kind"],
            center=centre,
            radius=slots["radius_m"],
            sort_by="distance",
        )
        if not found["items"]:
            raise Unsolved(
                f"离{spaced(slots['anchor_name'])}{slots['within']}以内没有{slots['kind']}，可以放宽距离再找。"
            )
        teller, best = Teller(episode), found["items"][0]
        episode.answer(
            teller.one("有的，", "有，", ""),
            *_from(slots, teller),
            f"最近的{slots['kind']}是",
            teller.name(best["name"]),
            "，",
            *teller.about(best, "distance_m", "address", "hours_today"),
            "。",
            teller.one("需要我帮您规划过去的路线吗？", "要看怎么走可以告诉我。", "如果想换一家，我可以再列几家。"),
        )


class SoonestOnFoot(QueryPattern):
    """Of the nearest three, by straight distance, the one that is soonest reached on foot or by car."""

    name = "soonest_on_foot"
    leaf = "discovery.poi_search.spatial_optimized_poi_search"
    held_out = True
    wordings = (
        (
            "离{from}直线距离最近的三{counter}{kind}里，(走路|步行)过去最快的是哪{counter}？要走多久？",
            "(帮我|)把离{from}最近的三{counter}{kind}找出来，看看(步行|走路)哪{counter}(最快到|用时最短)，大概几分钟",
            "{from}最近的3{counter}{kind}，走过去哪{counter}最省时间(？|，要多少分钟)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        anchor, kind = draw_anchor(scene, ("here", "家", "公司")), draw_kind(scene, (*ERRANDS, *DRINKS), 5)
        if anchor is None or kind is None:
            return None
        return {**anchor, "category": kind[0].category, "kind": kind[1], "counter": kind[0].counter}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        away = around(scene, slots["category"], slots, _DEFAULT_M)[:4]
        if len(away) < 3 or (len(away) == 4 and away[3][1] - away[2][1] < 2):
            return None
        walks = {}
        for place, _ in away[:3]:
            content = await scene.ask(
                "map_compute_routes",
                origin=slots["anchor_at"],
                destination=f"{place.at.lat:.5f},{place.at.lon:.5f}",
                modes=["walking"],
            )
            if not content.get("items"):
                return None
            walks[place.name] = content["items"][0]["duration_s"]
        if len(walks) < 3:
            return None
        least = min(walks.values())
        winners = [name for name, seconds in walks.items() if seconds == least]
        return Truth(
            (
                chosen(winners, walks),
                {"kind": "value", "of": "duration", "any_of": [least], "within": 60, "entity": winners[0]},
            ),
            secondary=("planning_and_decision.route_planning",),
            auxiliary=(_NEARBY, _KIND),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        centre = await find_anchor(slots, episode)
        found = await episode.call(
            "map_search_places",
            f"先按距离找三{slots['counter']}{slots['kind']}",
            query=slots["kind"],
            center=centre,
            sort_by="distance",
            limit=3,
        )
        teller, walks = Teller(episode), []
        for item in found["items"]:
            content = await episode.call(
                "map_compute_routes",
                f"步行去{item['name']}要多久",
                origin=centre,
                destination=item["location"],
                modes=["walking"],
            )
            walks.append((content["items"][0], item))
        walks.sort(key=lambda pair: pair[0]["duration_s"])
        route, best = walks[0]
        name = best["name"]
        pieces: list[Any] = [
            f"这三{slots['counter']}里步行最快到的是",
            teller.name(name),
            "，",
            *teller.said(teller.one("要走", "步行"), "duration", route["duration_s"], name),
            *teller.said("，路程", "distance", route["distance_m"], name),
            "。另外两" + slots["counter"] + "：",
        ]
        for number, (way, item) in enumerate(walks[1:]):
            told = [teller.name(item["name"]), *teller.said("步行", "duration", way["duration_s"], item["name"])]
            pieces += ["，" if number else "", *told]
        episode.answer(*pieces, "。", teller.one("要我给出详细走法吗？", "需要的话我可以列出具体走法。"))


class SeveralNear(QueryPattern):
    """Two or three places of a kind near a named place, whichever."""

    name = "several_near"
    leaf = "discovery.poi_search.spatial_optimized_poi_search"
    wordings = (
        (
            "(帮我|)列{least}{counter}离{from}{within}以内的{kind}",
            "离{from}{within}(以内|之内)的{kind}给我(推荐|列){least}{counter}(就行|，谢谢|)",
            "(我在|)找{kind}，离{from}别超过{within}，{least}{counter}备选就好",
            "有没有离{from}不到{within}的{kind}？来{least}{counter}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        anchor, kind = draw_anchor(scene, ("here", "家", "place", "place")), draw_kind(scene, ALL_KINDS, 6)
        if anchor is None or kind is None:
            return None
        least = scene.rng.choice((2, 3))
        return {
            **anchor,
            "category": kind[0].category,
            "kind": kind[1],
            "counter": kind[0].counter,
            **draw_radius(scene, (800, 1000, 1500, 2000, 3000)),
            "count": least,
            "least": {2: "两", 3: "三"}[least],
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        away = around(scene, slots["category"], slots, slots["radius_m"])
        names = list(dict.fromkeys(place.name for place, _ in away))
        if not slots["count"] <= len(names) == len(away) or nameless(names):
            return None
        expected = {"kind": "names", "any_of": names, "least": slots["count"], "only": True, "also": named(slots)}
        return Truth((expected,), auxiliary=(_NEARBY, _KIND))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        centre = await find_anchor(slots, episode)
        found = await episode.call(
            "map_search_places",
            f"在{slots['within']}内找{slots['kind']}",
            query=slots["kind"],
            center=centre,
            radius=slots["radius_m"],
        )
        teller, items = Teller(episode), []
        for item in found["items"]:
            if item["name"] not in [other["name"] for other in items]:
                items.append(item)
        if len(items) < slots["count"]:
            raise Unsolved(
                f"离{spaced(slots['anchor_name'])}{slots['within']}以内的{slots['kind']}不足{slots['least']}{slots['counter']}。"
            )
        items.sort(key=lambda item: item.get("hours_today") == "休息")
        pieces = teller.in_order(items[: slots["count"]], "distance_m", "rating", "hours_today")
        episode.answer(
            f"离{spaced(slots['anchor_name'])}{slots['within']}以内可以看这{slots['least']}{slots['counter']}：",
            *pieces,
            "。",
            teller.one("想要路线的话说一声。", "要不要我帮您规划去其中一家的路线？"),
        )


NEAREST = (NearestOpen(), NearestWithin(), SoonestOnFoot(), SeveralNear())
