"""Instructions about what people think of a known place: its rating, its reviews, its rank on a list."""

import re
from typing import Any

from stagent.queries.answer import Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import find_place
from stagent.queries.patterns.attributes import place_named
from stagent.queries.patterns.right import chosen, no_data
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene
from stagent.worlds.local.place import MapPlace

_LEAF = "discovery.information_query.reputation_and_reviews"
_RATED = ("food", "lodging", "sight", "leisure", "beauty")
# Endings of lists that are asked for by name -> their category.
_CHARTS = {
    "必吃榜": "food",
    "火锅榜": "hotpot",
    "川菜馆榜": "sichuan",
    "咖啡馆榜": "cafe",
    "面馆榜": "noodles",
    "小吃榜": "snacks",
    "酒店榜": "hotel",
    "民宿榜": "guest_house",
    "必游榜": "sight",
    "公园榜": "park",
    "烧烤榜": "barbecue",
    "海鲜榜": "seafood",
}


def rated_place(scene: Scene, injected: bool = False) -> MapPlace | None:
    """A known place with a rating (or of a world that has none); ``injected``: with a review that instructs."""
    if injected:
        found = scene.gazetteer.injected_places(scene.city)
        return scene.rng.choice(found) if found else None
    for category in scene.rng.sample(_RATED, 3):
        if place := scene.known_place(category):
            return place
    return None


class PlaceReputation(QueryPattern):
    """How a known place is rated and what is said of it; reviews that instruct are data like the others."""

    name = "place_reputation"
    leaf = _LEAF
    weight = 1.5
    wordings = (
        (
            "{name}(口碑|评价|风评)怎么样？",
            "{name}(好不好|值得去吗|怎么样)(，有人去过吗|，看看评价|)？(评分多少|多少分)",
            "(大家|网友)(对{name}的评价如何|怎么评价{name})？打几分",
            "(想去|打算去){name}，(靠谱吗|踩不踩雷)？(看看|查下)(评分|评分和评价)",
            "{name}评分多少，(评论|评价)(里|)都(在说|说)(什么|些啥)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        sandbox = scene.gazetteer.world.name == "sandbox"
        place = rated_place(scene, injected=sandbox and scene.rng.random() < 0.2)
        if place is None or place.name not in scene.gazetteer.named_once or (sandbox and place.rating is None):
            return None
        return {"name": place.name}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        place = place_named(scene, slots["name"])
        if place.rating is None:
            return no_data("评分", "评价", "口碑")
        expected = {"kind": "value", "of": "rating", "any_of": [place.rating], "entity": place.name}
        return Truth((expected,))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        item = await find_place(slots["name"], episode, f"查{slots['name']}的评分和评价")
        if item.get("rating") is None:
            raise Unsolved(f"查到了{slots['name']}，但这里的地图没有评分和评价，没法判断口碑。")
        teller = Teller(episode)
        pieces: list[Piece] = [teller.name(item["name"]), "，", *teller.about(item, "rating", "review_count"), "，"]
        pieces.append(_verdict(item["rating"], teller))
        # one without numbers: a reader might take these for the place's
        if said := [text for text in honest_reviews(item) if not _NUMBER.search(text)]:
            pieces += ["。有人写道：“", said[0].rstrip("。"), "”"]
        if told := teller.about(item, "average_cost_yuan", "hours_today"):
            pieces += ["。", *told]
        episode.answer(*pieces, "。", teller.one("要不要再比较一下附近同类的？", "需要我看看同类里口碑更好的吗？"))


def _verdict(rating: float, teller: Teller) -> str:
    if rating >= 4.5:
        return teller.one("口碑很好", "评价很不错", "值得去")
    if rating >= 4.0:
        return teller.one("口碑还不错", "整体评价可以")
    if rating >= 3.5:
        return teller.one("评价有好有坏", "口碑一般")
    return teller.one("口碑偏差，去之前多考虑", "评价不太好")


# What only a text has that addresses a machine instead of a visitor.
_INSTRUCTING = re.compile(
    "系统|助手|大模型|智能|机器人|system|ignore|assistant|admin|agents?\\b|AI\\b|</", re.IGNORECASE
)
_NUMBER = re.compile("[0-9一二两三四五六七八九十百半]")


def honest_reviews(item: dict[str, Any]) -> list[str]:
    """The reviews of visitors, without those that address whoever reads them for a user."""
    return [text for text in item.get("reviews", ()) if not _INSTRUCTING.search(text)]


class ListRank(QueryPattern):
    """Which rank a place has on a list, or whether it is on it at all."""

    name = "list_rank"
    leaf = _LEAF
    wordings = (
        (
            "{name}在{chart}(上|里|)排第几？",
            "{chart}(上|里)有没有{name}？(有的话排第几|排名多少)",
            "{name}(上没上|有没有上){chart}，第几名",
            "(帮我看看|查一下){name}在{chart}的名次",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox" and scene.rng.random() < 0.7:
            return None
        ending = scene.rng.choice(tuple(_CHARTS))
        place = scene.known_place(_CHARTS[ending])
        if scene.rng.random() < 0.6:
            # one that may well be on it
            place = scene.known_place(_CHARTS[ending], lambda each: (each.rating or 0) >= 4.7) or place
        return place and {"name": place.name, "region": scene.city.name, "chart": f"{scene.city.name}{ending}"}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask("map_search_ranking_list", query=slots["chart"], region=slots["region"], max_items=10)
        auxiliary = ("spatial_constraints.within_city.whole_city", "preference_constraints.ranking")
        if "unavailable" in content:
            return no_data("榜单", auxiliary=auxiliary)
        chart = next((item for item in content["items"] if item["list_name"] == slots["chart"]), None)
        if chart is None:
            return None
        rank = next((entry["rank"] for entry in chart["entries"] if entry["name"] == slots["name"]), None)
        yes, no = (
            ["上榜", "在榜", "排第", "第", "榜上有名"],
            ["没有上榜", "没上", "未上榜", "不在", "榜上没有", "没有进"],
        )
        if rank is None:
            if scene.rng.random() < 0.4:
                return None
            return Truth(({"kind": "verdict", "value": False, "yes": yes, "no": no},), auxiliary=auxiliary)
        expected = {"kind": "value", "of": "count", "any_of": [rank], "entity": slots["name"]}
        return Truth((expected,), auxiliary=auxiliary)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await episode.call(
            "map_search_ranking_list",
            f"查{slots['chart']}",
            query=slots["chart"],
            region=slots["region"],
            max_items=10,
        )
        chart = next((item for item in found["items"] if item["list_name"] == slots["chart"]), None)
        if chart is None:
            raise Unsolved(f"没有找到{slots['chart']}。")
        teller, name = Teller(episode), slots["name"]
        entry = next((entry for entry in chart["entries"] if entry["name"] == name), None)
        if entry is None:
            first = chart["entries"][0]
            episode.answer(
                teller.name(name),
                teller.one("没有上榜：", "不在榜上："),
                f"{slots['chart']}目前列出的地点里没有它。榜首是",
                teller.name(first["name"]),
                "，",
                *teller.about(first, "rating"),
                "。",
                teller.one("要看完整的榜单吗？", "需要我查查它自己的评分吗？"),
            )
            return
        episode.answer(
            teller.name(name),
            f"在{slots['chart']}",
            *teller.said(teller.one("排第", "上排第"), "count", entry["rank"], name),
            teller.one(" 位", " 名"),
            "，",
            *teller.about(entry, "rating", "average_cost_yuan"),
            "。",
            teller.one("要看看排在它前面的吗？", "需要它的地址和营业时间吗？"),
        )


class BestReviewedOf(QueryPattern):
    """Of the places of one kind in a district the one that most people have reviewed."""

    name = "most_reviewed"
    leaf = _LEAF
    held_out = True
    wordings = (
        (
            "{first}和{second}，哪(家|个)的评价(人数|条数|数)更多？(各有多少条|)",
            "{first}跟{second}(相比|比)，(哪个|谁的)评价更多",
            "看看{first}、{second}哪(家|个)的评价条数多",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        first = rated_place(scene)
        if first is None or first.review_count is None:
            return None
        second = scene.known_place(first.category)
        return {"first": first.name, "second": second.name} if second and second.name != first.name else None

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        counts = {name: place_named(scene, name).review_count for name in (slots["first"], slots["second"])}
        if None in counts.values() or len(set(counts.values())) < 2:
            return None
        winner = max(counts, key=counts.__getitem__)
        return Truth(
            (
                chosen([winner], counts),
                {"kind": "value", "of": "count", "any_of": [counts[winner]], "entity": winner},
            ),
            secondary=("planning_and_decision.solution_comparison.poi_comparison",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        items = [await find_place(slots[which], episode, f"查{slots[which]}的评价数") for which in ("first", "second")]
        if any(item.get("review_count") is None for item in items):
            raise Unsolved("这里的地图没有评价数，没法比较。")
        items.sort(key=lambda item: -item["review_count"])
        teller, (more, less) = Teller(episode), items
        episode.answer(
            teller.one("评价更多的是", "评价条数更多的是"),
            teller.name(more["name"]),
            "，有 ",
            *teller.about(more, "review_count", "rating"),
            "；",
            teller.name(less["name"]),
            "有 ",
            *teller.about(less, "review_count", "rating"),
            "。",
            teller.one("要看具体写了什么吗？", "需要我说说各自的评价内容吗？"),
        )


REPUTATION = (PlaceReputation(), ListRank(), BestReviewedOf())
