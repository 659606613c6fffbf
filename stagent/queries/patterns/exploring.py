"""Open instructions: what is good to eat or to see in a city or around here, by lists, tags and what is near."""

from typing import Any

from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import draw_anchor, find_anchor, named
from stagent.queries.patterns.right import around
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene

_LEAF = "discovery.poi_search.open_ended_poi_exploration"
_CITY, _NEARBY = "spatial_constraints.within_city.whole_city", "spatial_constraints.within_city.nearby"
_DISTRICT = "spatial_constraints.within_city.district"
_DEFAULT_M = 5000
# What is asked for -> the list's category, words, what to search where there is no list.
_TOPICS = {
    "food": (("好吃的", "值得吃的馆子", "必吃的店"), "必吃榜"),
    "sight": (("好玩的", "值得逛的地方", "必去的景点"), "必游榜"),
    "cafe": (("好的咖啡馆", "值得坐坐的咖啡馆"), "咖啡馆榜"),
    "hotpot": (("好吃的火锅", "排得上号的火锅店"), "火锅榜"),
    "hotel": (("住着舒服的酒店", "口碑好的酒店"), "酒店榜"),
    "leisure": (("能玩的去处", "休闲娱乐的好去处"), "玩乐榜"),
}
# What to look for around here -> words, the query, the category.
_AROUND = (
    (("好玩的", "可以逛的", "值得看的"), "景点", "sight"),
    (("好吃的", "能吃饭的地方", "吃的"), "美食", "food"),
    (("喝咖啡的地方", "能坐着聊天的咖啡馆"), "咖啡馆", "cafe"),
    (("可以逛街的地方", "能买东西的地方"), "购物", "shopping"),
    (("消遣的地方", "能打发时间的地方"), "休闲娱乐", "leisure"),
)


class TopOfCity(QueryPattern):
    """What is good in a city: its ranking list."""

    name = "top_of_city"
    leaf = _LEAF
    wordings = (
        (
            "{city}有(哪些|什么){what}？(推荐几个|给我说几个|)",
            "(第一次来，|)想知道{city}(都|)有(哪些|什么){what}",
            "{city}{what}，推荐(几个|一下)(呗|吧|)",
            "(听说{city}不错，|)这边有(哪些|什么){what}(啊|)？我在{city}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        topic = scene.rng.choice(tuple(_TOPICS))
        words, chart = _TOPICS[topic]
        # of a district as often as of the whole city
        region = scene.rng.choice((scene.city.name, scene.rng.choice(list(scene.city.districts) or [scene.city.name])))
        return {"city": region, "topic": topic, "what": scene.rng.choice(words), "chart": chart}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        auxiliary = (_CITY if slots["city"] == scene.city.name else _DISTRICT,)
        inside = [place for place in scene.places(slots["topic"]) if slots["city"] in (place.city, place.district)]
        content = await scene.ask("map_search_ranking_list", query=slots["chart"], region=slots["city"], max_items=10)
        if "unavailable" in content:
            # the list isn't known, but a search shows which there are
            names = list(dict.fromkeys(place.name for place in inside))
            if len(names) < 2:
                return None
            return Truth(({"kind": "names", "any_of": names, "least": 2, "only": True},), auxiliary=auxiliary)
        if not content["items"]:
            return None  # too few of them there for a list
        charted = [entry["name"] for item in content["items"] for entry in item["entries"]]
        good = [place.name for place in inside if (place.rating or 0) >= 4.3]
        names = list(dict.fromkeys(charted + good))
        if len(names) < 2:
            return None
        return Truth(({"kind": "names", "any_of": names, "least": 2},), auxiliary=auxiliary)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        teller = Teller(episode)
        try:
            found = await episode.call(
                "map_search_ranking_list",
                f"看{slots['city']}的榜单",
                query=slots["chart"],
                region=slots["city"],
                max_items=5,
            )
        except Unsolved:
            await self._without_list(slots, episode, teller)
            return
        chart = found["items"][0]
        entries = chart["entries"][: teller.rng.choice((3, 3, 4))]
        episode.answer(
            teller.one("按", "根据"),
            teller.fact("word", chart["list_name"], chart["list_name"]),
            teller.one("，排在前面的是：", "，前几名是："),
            *teller.in_order(entries, "rating", "average_cost_yuan"),
            "。",
            teller.one("想去哪家我可以帮您查路线。", "需要我看看它们今天的营业时间吗？"),
        )

    async def _without_list(self, slots: Slots, episode: Episode, teller: Teller) -> None:
        query = {"food": "美食", "sight": "景点", "cafe": "咖啡馆", "hotpot": "火锅店", "hotel": "酒店"}.get(
            slots["topic"], "休闲娱乐"
        )
        found = await episode.call(
            "map_search_places", "没有榜单，按类别找", query=query, region=slots["city"], limit=5
        )
        items = list({item["name"]: item for item in found["items"]}.values())
        if len(items) < 2:
            raise Unsolved(f"{slots['city']}没有查到这样的地方。")
        episode.answer(
            "这里没有榜单，按地图可以看看：",
            *teller.in_order(items[:3], "category", "address"),
            "。",
            teller.one("想去哪个我可以帮您查路线。", "要不要我看看怎么过去？"),
        )


class LookAround(QueryPattern):
    """What is good around here."""

    name = "look_around"
    leaf = _LEAF
    wordings = (
        (
            "{near}有(什么|哪些|啥){what}(吗|)？",
            "(无聊，|闲着没事，|)看看{near}有(什么|哪些){what}",
            "{near}{what}(推荐|介绍)几个(呗|)",
            "(刚到，|人生地不熟，){near}有(什么|啥){what}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        anchor = draw_anchor(scene, ("here", "here", "place", "place", "公司"))
        words, query, category = scene.rng.choice(_AROUND)
        return anchor and {**anchor, "what": scene.rng.choice(words), "query": query, "category": category}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        names = list(dict.fromkeys(place.name for place, _ in around(scene, slots["category"], slots, _DEFAULT_M)))
        if len(names) < 3:
            return None
        expected = {"kind": "names", "any_of": names, "least": 2, "only": True, "also": named(slots)}
        return Truth((expected,), auxiliary=(_NEARBY,))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        centre = await find_anchor(slots, episode)
        found = await episode.call(
            "map_search_places", f"看看{slots['near']}的{slots['query']}", query=slots["query"], center=centre
        )
        items = list({item["name"]: item for item in found["items"] if item["name"] != slots["anchor_name"]}.values())
        if len(items) < 2:
            raise Unsolved(f"{slots['anchor_name']}附近没有查到{slots['query']}。")
        teller = Teller(episode)
        # what is closed all day is of no use today
        items.sort(key=lambda item: item.get("hours_today") == "休息")
        episode.answer(
            slots["anchor_name"],
            teller.one("附近可以去：", "附近有：", "周边值得看看的有："),
            *teller.in_order(items[: teller.rng.choice((3, 3, 4))], "category", "distance_m", "rating"),
            "。",
            teller.one("要具体看哪一个？", "想去哪个我来查路线。", "需要的话我可以按距离重新排。"),
        )


class WithCompany(QueryPattern):
    """Where to go with children."""

    name = "with_company"
    leaf = _LEAF
    held_out = True
    wordings = (
        (
            "{who}{when}在{city}玩，(有什么|有啥)合适的(去处|地方)？(推荐几个|)",
            "{when}{who}出门，{city}(哪些|什么)地方适合？",
            "(求推荐，|){city}适合{who}(去|玩)的地方，{when}去",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox":
            return None  # such tags are the sandbox's
        rng = scene.rng
        who, when = rng.choice(("带孩子", "带娃", "带小朋友")), rng.choice(("周末", "今天", "这两天", "放假"))
        return {"city": scene.city.name, "who": who, "tag": "亲子", "when": when}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        fitting = [
            place.name
            for category in ("sight", "playground")
            for place in scene.places(category)
            if slots["tag"] in place.tags or category == "playground"
        ]
        expected = {"kind": "names", "any_of": list(dict.fromkeys(fitting)), "least": 2}
        return Truth((expected,), auxiliary=(_CITY, "traveller_constraints.family_with_children"))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await episode.call(
            "map_search_places",
            f"找{slots['city']}适合{slots['tag']}的去处",
            query=slots["tag"],
            region=slots["city"],
        )
        items = [item for item in found["items"] if slots["tag"] in item.get("tags", ())]
        if len(items) < 2:
            raise Unsolved(f"{slots['city']}没有查到适合{slots['tag']}的去处。")
        items.sort(key=lambda item: item.get("hours_today") == "休息")
        teller = Teller(episode)
        pieces: list[Any] = [f"{slots['city']}适合{slots['who']}去的有："]
        pieces += teller.in_order(items[:3], "category", "rating", "price_yuan", "hours_today")
        episode.answer(*pieces, "。", teller.one("要不要我排一下路线？", "需要我看看当天的天气吗？"))


EXPLORING = (TopOfCity(), LookAround(), WithCompany())
