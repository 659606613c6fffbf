"""Instructions for a summary of an area: a city, a district, the surroundings of a place."""

import re
from typing import Any

from stagent.queries.answer import Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import draw_landmark, draw_radius, find_place, point, spaced
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene, where
from stagent.worlds.sandbox.country import BY_NAME
from stagent.worlds.sandbox.sights import SIGHTS

_LEAF = "discovery.area_summaries"
_CITY, _DISTRICT = "spatial_constraints.within_city.whole_city", "spatial_constraints.within_city.district"
_ASPECTS = {
    "food": ("有什么特色吃的", "本地人吃什么", "特色菜有哪些"),
    "sights": ("有哪些值得看的", "景点有哪些", "必去哪里"),
    "arrive": ("火车站和机场有哪些", "坐什么车能到，有没有机场"),
    "nature": ("是座什么样的城市", "城市有什么特点"),
}


class CitySummary(QueryPattern):
    """What a city is like, in two or three respects: food, sights, stations, character."""

    name = "city_summary"
    leaf = _LEAF
    weight = 1.5
    wordings = (
        (
            "(介绍一下|简单介绍下|说说){city}：{aspects}",
            "(没去过{city}，|准备去{city}，|){city}{aspects}？",
            "(帮我|)(做个|整理个){city}的(简介|概览)，(要包括|主要说说)：{aspects}",
            "想了解{city}，{aspects}(，简单说|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox":
            return None
        aspects = scene.rng.sample(tuple(_ASPECTS), scene.rng.choice((2, 2, 3)))
        city = scene.rng.choice(scene.gazetteer.cities).name
        words = "，".join(scene.rng.choice(_ASPECTS[aspect]) for aspect in aspects)
        return {"city": city, "wanted": aspects, "aspects": words}

    @staticmethod
    def pages(slots: Slots) -> dict[str, tuple[str, str]]:
        """Aspect → what to search for and the words in the title of the page that is meant."""
        city = slots["city"]
        overview = (f"{city}概况", f"{city}概况")
        return {"food": (f"{city[:2]}吃什么", f"{city[:2]}吃什么"), "arrive": overview, "nature": overview}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        plan = BY_NAME[slots["city"]]
        city = next(city for city in scene.gazetteer.cities if city.name == plan.name)
        for aspect in slots["wanted"]:
            if aspect == "sights":
                continue
            query, title = self.pages(slots)[aspect]
            content = await scene.ask("web_search", query=query)
            if not any(item["title"].startswith(title) for item in content["items"]):
                return None  # not published yet
        sights = [sight.name for sight in SIGHTS[plan.name]]
        sights += [place.name for place in scene.gazetteer.places(city, "sight") if (place.rating or 0) >= 4.5]
        sets: list[list[str]] = []
        if "food" in slots["wanted"]:
            sets.append(list(plan.dishes))
        if "arrive" in slots["wanted"]:
            sets.append([spot.name for spot in plan.stations])
            sets.append([plan.airport.name] if plan.airport else ["没有机场", "无机场", "不通飞机", "没机场"])
        if "nature" in slots["wanted"]:
            parts = re.findall(r"[^，]+", plan.nature)
            sets.append([*parts, *plan.districts])
        expects: list[dict[str, Any]] = [{"kind": "text", "all_of": sets}] if sets else []
        if "sights" in slots["wanted"]:
            expects.append({"kind": "names", "any_of": list(dict.fromkeys(sights)), "least": 2})
        return Truth(tuple(expects), auxiliary=(_CITY,))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        city, teller = slots["city"], Teller(episode)
        read: dict[str, str] = {}
        pieces: list[Piece] = [teller.name(city), "："]
        for number, aspect in enumerate(slots["wanted"]):
            pieces.append("" if number == 0 else "。")
            if aspect == "sights":
                found = await episode.call(
                    "map_search_ranking_list", f"看{city}的必游榜", query="必游榜", region=city, max_items=4
                )
                lead = teller.one("值得看的有", "必去的有", "景点可以看")
                pieces += [lead, *teller.listed(found["items"][0]["entries"][:3], "rating")]
                continue
            query, title = self.pages(slots)[aspect]
            if query not in read:
                content = await episode.call("web_search", f"找{query}", query=query)
                page = next((item for item in content["items"] if item["title"].startswith(title)), None)
                if page is None:
                    raise Unsolved(f"没有查到{query}的资料。")
                read[query] = page["excerpt"]
            pieces += self._told(aspect, read[query], city, teller)
        episode.answer(*pieces, "。", teller.one("想细看哪一方面？", "要不要接着安排行程？", "需要我查怎么过去吗？"))

    @staticmethod
    def _told(aspect: str, excerpt: str, city: str, teller: Teller) -> list[Piece]:
        """What a page says of an aspect."""
        if aspect == "food":
            dishes = re.search(r"五样：(.+?)。", excerpt)
            return [teller.one("特色吃食有", "本地人爱吃"), teller.fact("word", dishes[1] if dishes else "", city)]
        if aspect == "arrive":
            way = re.search(r"火车站有(.+?)。", excerpt)
            return ["火车站有", teller.fact("word", way[1] if way else "", city)]
        nature = excerpt.split("，", 1)[1].split("。")[0]
        return [teller.one("这里是", "它是"), teller.fact("word", nature, city)]


class DistrictSummary(QueryPattern):
    """What a district is like: its mood, what it is known for, where people eat."""

    name = "district_summary"
    leaf = _LEAF
    held_out = True
    wordings = (
        (
            "{district}(是个什么样的地方|怎么样|住着怎么样)？(有什么去处，|)(吃饭去哪|当地人去哪吃)",
            "(介绍一下|说说){city}的{district}，(有什么馆子|吃饭去哪里|常去的馆子有哪些)",
            "(想|打算)(在|去){city}{district}(住几天|逛逛)，(那边|这片)(什么氛围|怎么样)，当地人(爱去|常去)哪些馆子",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox":
            return None
        city = scene.rng.choice(scene.gazetteer.cities)
        return {"city": city.name, "district": scene.rng.choice(list(city.districts))}

    @staticmethod
    def _query(slots: Slots) -> str:
        return f"{slots['city'][:2]}{slots['district']}的人怎么过周末"

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask("web_search", query=self._query(slots))
        if not any(self._is_meant(item, slots) for item in content["items"]):
            return None
        city = next(city for city in scene.gazetteer.cities if city.name == slots["city"])
        eating = [
            place.name
            for place in scene.gazetteer.places(city, "food")
            if place.district == slots["district"] and (place.rating or 0) >= 4.3
        ]
        if len(set(eating)) < 2:
            return None
        return Truth(({"kind": "names", "any_of": list(dict.fromkeys(eating)), "least": 2},), auxiliary=(_DISTRICT,))

    @staticmethod
    def _is_meant(item: dict[str, Any], slots: Slots) -> bool:
        return item["excerpt"].startswith(slots["district"]) and "馆子有" in item["excerpt"]

    async def solve(self, slots: Slots, episode: Episode) -> None:
        query, district = self._query(slots), slots["district"]
        content = await episode.call("web_search", f"找{district}的介绍", query=query)
        page = next((item for item in content["items"] if self._is_meant(item, slots)), None)
        if page is None:
            raise Unsolved(f"没有查到{district}的介绍。")
        teller, excerpt = Teller(episode), page["excerpt"]
        first, known, *_ = excerpt.split("。")
        eating = re.findall(r"([^、。]+?)（([\d.]+) 分）", excerpt.split("馆子有", 1)[1])[:3]
        pieces: list[Piece] = [
            teller.name(district),
            "：",
            teller.fact("word", first.split("，", 1)[1], district),
            "，",
            teller.fact("word", known, district),
            teller.one("。当地人常去的馆子有", "。吃饭可以去"),
        ]
        for number, (name, rating) in enumerate(eating):
            pieces += ["、" if number else "", teller.name(name), "（"]
            pieces += [*teller.said("评分", "rating", float(rating), name), "）"]
        episode.answer(*pieces, "。", teller.one("要看看其中一家的营业时间吗？", "想住那边的话我可以查酒店。"))


class Surroundings(QueryPattern):
    """What there is to eat, to see and to sleep around a place: something of each."""

    name = "surroundings"
    leaf = _LEAF
    wordings = (
        (
            "{name}(周围|附近)怎么样？{within}内吃的、玩的、住的(各说一两个|都有什么)",
            "(想住在|打算待在){name}(附近|一带)，(介绍下|说说){within}(以内|范围内)(能吃什么、逛什么、住哪里|吃住玩)",
            "(概括|总结)一下离{from}{within}以内的餐饮、景点和住宿",
        ),
    )
    _kinds = (("food", "美食", "吃的有"), ("sight", "景点", "可以逛"), ("lodging", "住宿", "住的有"))

    def draw(self, scene: Scene) -> Slots | None:
        place = draw_landmark(scene)
        radius = draw_radius(scene, (1000, 1500, 2000, 3000))
        return place and {"name": place.name, "from": spaced(place.name), "at": where(place), **radius}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        expects = []
        for category, _, _ in self._kinds:
            near = scene.near(scene.places(category), slots["radius_m"], point(slots["at"]))
            names = list(dict.fromkeys(place.name for place in near if place.name != slots["name"]))
            if not names:
                return None
            expects.append({"kind": "names", "any_of": names, "least": 1})
        return Truth(tuple(expects), auxiliary=("spatial_constraints.within_city.nearby",))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        centre = (await find_place(slots["name"], episode))["location"]
        teller = Teller(episode)
        pieces: list[Piece] = [
            "离",
            teller.name(slots["name"]),
            f"{spaced(slots['name'])[len(slots['name']) :]}{slots['within']}以内：",
        ]
        for number, (_, query, lead) in enumerate(self._kinds):
            found = await episode.call(
                "map_search_places",
                f"看{slots['name']}周围的{query}",
                query=query,
                center=centre,
                radius=slots["radius_m"],
                limit=5,
            )
            items = [item for item in found["items"] if item["name"] != slots["name"]]
            items = list({item["name"]: item for item in items}.values())[:2]
            if not items:
                raise Unsolved(f"{slots['name']}周围没有查到{query}。")
            pieces += ["；" if number else "", lead, *teller.listed(items, "rating", "distance_m")]
        episode.answer(*pieces, "。", teller.one("想细看哪一类？", "需要的话我可以按距离再列一些。"))


AREAS = (CitySummary(), DistrictSummary(), Surroundings())
