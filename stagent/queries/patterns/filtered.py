"""Instructions to find places by conditions: rating, price, opening, tags, district."""

import re
from typing import Any

import numpy as np

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import draw_anchor, draw_radius, find_anchor, named, spaced
from stagent.queries.patterns.conditions import draw_conditions, fits, lacking, parameters, search, stated
from stagent.queries.patterns.kinds import DRINKS, MEALS, STAYS, draw_kind
from stagent.queries.patterns.right import around, chosen, no_data, nothing_found, some_of
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene

_NEARBY, _DISTRICT = "spatial_constraints.within_city.nearby", "spatial_constraints.within_city.district"
_DEFAULT_M, _LISTED = 5000, 10
_COUNTS = {1: "一", 2: "两", 3: "三"}
_OFFERS = ("需要导航过去的话告诉我。", "要不要我帮您规划路线？", "需要的话我可以再按距离或价格排一下。")

# Tags that read well before 的.
_TAGS = frozenset(
    re.findall(
        r"\w+",
        "宠物友好 有包间 可预订 停车方便 有插座 临窗位 露天座位 安静 老字号 无烟 适合聚餐 有现场演出 深夜营业 含早餐 "
        "有院子 老人友好 可刷医保 24小时前台 机场接送 免费停车 现捞现做 露台 无障碍 户外座位 可外带 有素食",
    )
)
# What is best -> words, the search's order, what it is called.
_ORDERS = {
    "rating": (("评分最高", "分数最高"), "rating:d", "评分"),
    "cheap": (("人均最低", "人均最便宜", "最便宜"), "price:a", "人均"),
    "dear": (("人均最高", "人均最贵"), "price:d", "人均"),
}


def _filters(scene: Scene, of: tuple[str, ...]) -> tuple[str, ...]:
    """One to three of the conditions; where the map has no ratings and prices, seldom these."""
    if scene.gazetteer.world.name != "sandbox":
        return ("open",) if "open" in of and scene.rng.random() < 0.8 else (scene.rng.choice(of),)
    return tuple(scene.rng.sample(of, scene.rng.randint(1, len(of))))


class GoodNearby(QueryPattern):
    """Places of a kind near somewhere that meet conditions, one to three of them."""

    name = "good_nearby"
    leaf = "discovery.poi_search.constrained_poi_search"
    weight = 2.0
    wordings = (
        (
            "{near}有没有{condition}{kind}？(推荐|列){count}{counter}(吧|)",
            "(帮我|)在{near}找{count}{counter}{condition}{kind}",
            "想在{near}{eat}，(求|要|)推荐{count}{counter}{condition}{kind}",
            "{near}{condition}{kind}，(给我|来){count}{counter}",
            "(麻烦|请|)推荐{count}{counter}{kind}，要{condition}，在{near}(就行|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        anchor, kind = draw_anchor(scene), draw_kind(scene, (*MEALS, *DRINKS, *STAYS), 4)
        if anchor is None or kind is None:
            return None
        stay = kind[0] in STAYS
        names = ("rating", "price") if stay else ("rating", "price", "open")
        count = scene.rng.choice((1, 1, 2, 3))
        return {
            **anchor,
            **draw_conditions(scene, kind[0], _filters(scene, names)),
            "category": kind[0].category,
            "kind": kind[1],
            "counter": kind[0].counter,
            "least": count,
            "count": _COUNTS[count],
            "eat": "住一晚" if stay else "坐坐" if kind[0] in DRINKS else "吃饭",
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        auxiliary = (_NEARBY, *stated(slots))
        if what := lacking(scene, slots):
            return no_data(what, auxiliary=auxiliary)
        everything = [place for place, _ in around(scene, slots["category"], slots, _DEFAULT_M)]
        fitting = [place for place in everything if fits(place, slots, scene.now)]
        if not fitting:
            unsure = slots["open"] and (len(everything) > _LISTED or any(place.hours is None for place in everything))
            return None if unsure or scene.rng.random() > 0.2 else nothing_found(auxiliary=auxiliary)
        if len({place.name for place in fitting}) < slots["least"]:
            return None
        if slots["open"] and await self._shown(slots, scene) < slots["least"]:
            return None  # a search lists the ten best alone, which are closed
        return Truth((some_of(fitting, slots["least"], named(slots)),), auxiliary=auxiliary)

    @staticmethod
    async def _shown(slots: Slots, scene: Scene) -> int:
        given = {name: value for name, value in parameters(slots).items() if value is not None}
        content = await scene.ask("map_search_places", query=slots["kind"], center=slots["anchor_at"], **given)
        return len({item["name"] for item in content["items"] if item.get("open_now")})

    async def solve(self, slots: Slots, episode: Episode) -> None:
        centre = await find_anchor(slots, episode)
        thought = f"按条件搜索{slots['near']}的{slots['kind']}"
        items = await search(episode, thought, query=slots["kind"], center=centre, **parameters(slots))
        teller = Teller(episode)
        items = _distinct(item for item in items if not slots["open"] or item.get("open_now"))
        if not items:
            raise Unsolved(f"{slots['anchor_name']}附近没有同时符合这些条件的{slots['kind']}，放宽条件我可以再找。")
        keys = ["rating", "price_yuan" if slots["price_of"] == "price" else "average_cost_yuan", "distance_m"]
        keys += ["hours_today"] if slots["open"] else []
        lead = teller.one("符合条件的", "可以看看", "推荐", "找到了")
        episode.answer(lead, "：" if slots["least"] > 1 else "", *teller.in_order(items[: slots["least"]], *keys), "。",
                       teller.one(*_OFFERS))  # fmt: skip


class TaggedInDistrict(QueryPattern):
    """Places of a kind in a district that have something: private rooms, a terrace, parking."""

    name = "tagged_in_district"
    leaf = "discovery.poi_search.constrained_poi_search"
    wordings = (
        (
            "{region}有(没有|哪些){tag}的{kind}？(说|列){count}{counter}",
            "(想|我想)在{region}找{count}{counter}{condition}{kind}，要{tag}的",
            "{region}{tag}的{kind}推荐{count}{counter}{more}",
            "(帮我看看|查查){region}哪{counter}{kind}是{tag}的{more}，给{count}{counter}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        kind = draw_kind(scene, (*MEALS, *DRINKS, *STAYS), 4)
        if kind is None:
            return None
        place = scene.rng.choice(scene.places(kind[0].category))
        tags = [tag for tag in place.tags if tag in _TAGS]
        if not tags:
            return None
        rated = scene.gazetteer.world.name == "sandbox" and scene.rng.random() < 0.4
        conditions = draw_conditions(scene, kind[0], ("rating",) if rated else ())
        condition = conditions["condition"]
        count = scene.rng.choice((1, 2, 3))
        return {
            **conditions,
            "more": f"，{condition[:-1]}" if condition else "",
            "region": place.district or place.city,
            "tag": scene.rng.choice(tags),
            "category": kind[0].category,
            "kind": kind[1],
            "counter": kind[0].counter,
            "least": count,
            "count": _COUNTS[count],
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        fitting = [
            place
            for place in scene.places(slots["category"])
            if slots["region"] in (place.district, place.city)
            and slots["tag"] in place.tags
            and fits(place, slots, scene.now)
        ]
        names = {place.name for place in fitting}
        if len(names) < slots["least"]:
            return None
        auxiliary = (_DISTRICT, *stated(slots), "preference_constraints.facilities")
        return Truth((some_of(fitting, slots["least"]),), auxiliary=auxiliary)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        query = f"{slots['tag']}{slots['kind']}"
        items = await search(
            episode, f"在{slots['region']}搜索{query}", query=query, region=slots["region"], **parameters(slots)
        )
        items = _distinct(item for item in items if slots["tag"] in item.get("tags", ()))
        if not items:
            raise Unsolved(f"{slots['region']}没有{slots['tag']}的{slots['kind']}。")
        teller = Teller(episode)
        lead = [slots["region"], teller.one("可以去", "推荐", "符合的有", "有")]
        told = teller.in_order(items[: slots["least"]], "rating", "average_cost_yuan", "address")
        tail = f"，{'都' if slots['least'] > 1 else ''}标着“{slots['tag']}”。"
        episode.answer(*lead, "：" if slots["least"] > 1 else "", *told, tail, teller.one(*_OFFERS))


class BestInRegion(QueryPattern):
    """The best rated, the cheapest or the dearest of a kind in a district; several where they are equal."""

    name = "best_in_region"
    leaf = "discovery.poi_search.constrained_poi_search"
    held_out = True
    wordings = (
        (
            "{region}{best}的{kind}是哪{counter}？{value}多少",
            "(帮我|)(查|找)一下{region}{best}的{kind}",
            "{region}(的|){kind}里{best}的是哪{counter}(啊|呢|)？",
            "想知道{region}哪{counter}{kind}{best}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        kind = draw_kind(scene, (*MEALS, *DRINKS), 4)
        if kind is None:
            return None
        place = scene.rng.choice(scene.places(kind[0].category))
        order = scene.rng.choice(tuple(_ORDERS))
        return {
            "region": place.district or place.city,
            "order": order,
            "best": scene.rng.choice(_ORDERS[order][0]),
            "value": _ORDERS[order][2],
            "category": kind[0].category,
            "kind": kind[1],
            "counter": kind[0].counter,
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        rated = slots["order"] == "rating"
        index = scene.gazetteer.world.index
        wanted = {"rating": "preference_constraints.rating", "cheap": "budget_constraints.cheapest"}.get(slots["order"])
        auxiliary = (_DISTRICT, "preference_constraints.category_or_cuisine", *([wanted] if wanted else []))
        if np.isnan(index.rating if rated else index.average_cost).all():
            return no_data("评分" if rated else "人均", "没有", auxiliary=auxiliary)
        inside = [
            (place.rating if rated else place.average_cost, place)
            for place in scene.places(slots["category"])
            if slots["region"] in (place.district, place.city)
        ]
        valued = [(value, place) for value, place in inside if value is not None]
        if len(valued) < 2:
            return None
        extreme = (min if slots["order"] == "cheap" else max)(value for value, _ in valued)
        winners = [place.name for value, place in valued if value == extreme]
        if len(winners) > 4:
            return None
        expects = (
            chosen(winners, [place.name for _, place in valued][:8] + winners),
            {"kind": "value", "of": "rating" if rated else "money", "any_of": [extreme], "entity": ""},
        )
        return Truth(expects, auxiliary=auxiliary)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        items = await search(
            episode,
            f"{slots['region']}的{slots['kind']}按{slots['best']}排序",
            query=slots["kind"],
            region=slots["region"],
            sort_by=_ORDERS[slots["order"]][1],
        )
        if not items:
            raise Unsolved(f"{slots['region']}没有查到{slots['kind']}。")
        key = "rating" if slots["order"] == "rating" else "average_cost_yuan"
        teller, best = Teller(episode), items[0]
        tied = _distinct(item for item in items if item[key] == best[key])
        more = [other for other in ("rating", "average_cost_yuan", "address") if other != key]
        pieces: list[Any] = [f"{slots['region']}{slots['best']}的{slots['kind']}"]
        if len(tied) == 1:
            pieces += ["是", teller.name(best["name"]), "，", *teller.about(best, key, *more)]
        else:
            pieces += ["有并列的几家：", *teller.listed(tied, key), ""]
        episode.answer(*pieces, "。", teller.one(*_OFFERS))


class OpenTonight(QueryPattern):
    """Places of a kind within so many metres that are still open at a later time today."""

    name = "open_tonight"
    leaf = "discovery.poi_search.constrained_poi_search"
    wordings = (
        (
            "{near}{within}内(今晚|){time}还(营业|开着)的{kind}有哪些？(列|给我){count}{counter}",
            "我(今天|)要{time}才(到|过去)，{near}{within}以内有(哪些|什么){kind}那时候还开门？{count}{counter}就够",
            "(帮我|)在{near}找{count}{counter}{kind}，{within}以内，今天{time}还没关门的",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        anchor, kind = draw_anchor(scene), draw_kind(scene, (*MEALS, *DRINKS), 4)
        hours = [hour for hour in (18, 20, 21, 22, 23) if hour > scene.now.hour + 1]
        if anchor is None or kind is None or not hours:
            return None
        hour, half = scene.rng.choice(hours), scene.rng.random() < 0.3
        said = {18: ("六", "18"), 20: ("八", "20"), 21: ("九", "21"), 22: ("十", "22"), 23: ("十一", "23")}[hour]
        words = (f"晚上{said[0]}点{'半' if half else ''}", f"{said[1]}:{'30' if half else '00'}")
        count = scene.rng.choice((1, 2))
        return {
            **anchor,
            **draw_radius(scene, (1000, 1500, 2000, 3000)),
            "hour": hour,
            "minute": 30 if half else 0,
            "time": scene.rng.choice(words),
            "category": kind[0].category,
            "kind": kind[1],
            "counter": kind[0].counter,
            "least": count,
            "count": _COUNTS[count],
        }

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        then = scene.now.replace(hour=slots["hour"], minute=slots["minute"])
        away = [place for place, _ in around(scene, slots["category"], slots, slots["radius_m"])]
        if not away or len(away) > _LISTED:
            return None
        auxiliary = (
            _NEARBY,
            "preference_constraints.category_or_cuisine",
            "preference_constraints.open_hours",
            "temporal_constraints.specific_time",
        )
        late = [place for place in away if place.hours and place.hours.is_open(then)]
        if not late:
            unsure = any(place.hours is None for place in away) or scene.rng.random() > 0.15
            return None if unsure else nothing_found(auxiliary=auxiliary)
        if len({place.name for place in late}) < slots["least"]:
            return None
        return Truth((some_of(late, slots["least"], named(slots)),), auxiliary=auxiliary)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        centre = await find_anchor(slots, episode)
        items = await search(
            episode,
            f"搜索{slots['within']}内的{slots['kind']}，看哪些{slots['time']}还营业",
            query=slots["kind"],
            center=centre,
            radius=slots["radius_m"],
        )
        minute = slots["hour"] * 60 + slots["minute"]
        items = _distinct(item for item in items if open_at(item.get("hours_today", ""), minute))
        if not items:
            reach = f"离{spaced(slots['anchor_name'])}{slots['within']}以内"
            raise Unsolved(f"{reach}没有那个时候还能去的{slots['kind']}，可以放宽距离或换个时间。")
        teller = Teller(episode)
        lead = teller.one("那个时候还开着的有", "到时候还营业的有", "可以去")
        told = teller.in_order(items[: slots["least"]], "hours_today", "distance_m", "rating")
        episode.answer(lead, "：" if slots["least"] > 1 else "", *told, "。", teller.one(*_OFFERS))


def open_at(hours_today: str, minute: int) -> bool:
    """Whether hours of a day include a minute of it: ``open_at("17:00-02:00", 1410)``, of 23:30, is True."""
    if hours_today in ("全天", "休息", ""):
        return hours_today == "全天"
    for span in hours_today.split(","):
        start, end = (int(hour) * 60 + int(rest) for hour, rest in (edge.split(":") for edge in span.split("-")))
        if start <= minute < (end if end > start else end + 24 * 60):
            return True
    return False


def _distinct(items: Any) -> list[dict[str, Any]]:
    """Items with different names, the first of each."""
    return list({item["name"]: item for item in reversed(list(items))}.values())[::-1]


FILTERED = (GoodNearby(), TaggedInDistrict(), BestInRegion(), OpenTonight())
