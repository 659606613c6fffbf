"""Instructions to find a city to go to: by conditions on weather and trains, by theme, by festival, or just so."""

import re
from datetime import date
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.comparing import joined
from stagent.queries.patterns.days import day_labels, draw_day
from stagent.queries.patterns.destinations import (
    best_ride,
    forecasts,
    look_at_trains,
    look_at_weather,
    other_cities,
    rainy,
    rides,
)
from stagent.queries.patterns.right import chosen, no_data, nothing_found
from stagent.queries.patterns.telling import Teller
from stagent.queries.scene import Scene
from stagent.worlds.sandbox.sights import FESTIVALS, SIGHTS

_CONSTRAINED = "discovery.destination_discovery.constrained_destination_discovery"
_OPEN = "discovery.destination_discovery.open_ended_destination_discovery"
_INTERCITY = "spatial_constraints.intercity"
_WEATHER, _FARES = "dynamic_information.realtime_weather", "dynamic_information.dynamic_pricing_and_availability"
_COMPARE = "planning_and_decision.solution_comparison.destination_comparison"


class DryAndWarm(QueryPattern):
    """Of some cities the warmest of those without rain; maybe it rains in all."""

    name = "dry_and_warm"
    leaf = _CONSTRAINED
    wordings = (
        (
            "{day}想出去玩，{rivals}里白天不下雨(不下雪|)、最高气温{most}的是哪个？",
            "(帮我|)在{rivals}里(挑|找)一个{day}白天没有雨雪的城市，有几个的话要最高气温{most}的",
            "{day}去哪座城市好？(候选|备选)：{rivals}，(要求|条件)是白天不能下雨下雪，最高气温{most}",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        names = other_cities(scene, scene.rng.choice((3, 3, 4)))
        if not names:
            return None
        warm = scene.rng.random() < 0.6
        most = "最高" if warm else "最低"
        return {**draw_day(scene, most=11), "names": names, "rivals": joined(names), "warm": warm, "most": most}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        days = await forecasts(scene, slots["names"], slots["date"])
        auxiliary = (*day_labels(slots), _INTERCITY)
        if days is None:
            return no_data("天气", auxiliary=auxiliary)
        highs = {name: day["high_c"] for name, day in days.items() if not rainy(day)}
        if not highs:
            return nothing_found("都有雨", "都下", "有雨", "雨雪", auxiliary=auxiliary)
        best = (max if slots["warm"] else min)(highs.values())
        winners = [name for name, high in highs.items() if high == best]
        if len(winners) > 1:
            return None
        return Truth((chosen(winners, slots["names"]),), secondary=(_WEATHER,), auxiliary=auxiliary)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        days = {name: await look_at_weather(episode, slots, name) for name in slots["names"]}
        dry = [name for name in slots["names"] if not rainy(days[name])]
        if not dry:
            raise Unsolved(f"{slots['day']}{joined(slots['names'])}白天都有雨雪，没有符合条件的，可以换一天。")
        dry.sort(key=lambda name: -days[name]["high_c"] if slots["warm"] else days[name]["high_c"])
        teller, best = Teller(episode), dry[0]
        pieces: list[Piece] = [
            teller.one("建议去", "推荐"),
            teller.name(best),
            "：",
            teller.fact("date", slots["date"], best),
            "白天",
            teller.fact("word", days[best]["condition_day"], best),
            *teller.said("，最高气温", "temperature", days[best]["high_c"], best),
        ]
        for name in dry[1:]:
            pieces += ["；", teller.name(name), "白天", teller.fact("word", days[name]["condition_day"], name)]
            pieces += teller.said("，高温", "temperature", days[name]["high_c"], name)
        if wet := [name for name in slots["names"] if name not in dry]:
            pieces.append("；")
            for number, name in enumerate(wet):
                pieces += ["，" if number else "", teller.name(name), "白天"]
                pieces += [teller.fact("word", days[name]["condition_day"], name)]
        episode.answer(*pieces, "。", teller.one("要看怎么过去吗？", "需要我查火车吗？"))


class WithinHours(QueryPattern):
    """Of some cities the cheapest that a direct train reaches within so many hours; maybe there is none."""

    name = "within_hours"
    leaf = _CONSTRAINED
    held_out = True
    wordings = (
        (
            "{day}从{home}出发，{rivals}里坐直达火车{hours}小时以内能到、二等座最便宜的是哪个？",
            "(帮我|)在{rivals}里挑个地方：{day}从{home}坐直达火车不超过{hours}小时，二等座票价最低(的那个|)",
            "{day}想坐火车去{rivals}中的一个，(我在{home}，|从{home}走，)车程{hours}小时以内、二等座最便宜的去",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        names, hours = other_cities(scene, 3), scene.rng.choice((2, 3, 4, 5))
        slots = {"names": names, "rivals": joined(names), "home": scene.city.name} if names else None
        return slots and {**draw_day(scene, most=11), **slots, "hours": "零一两三四五"[hours], "most_s": hours * 3600}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        fares = await rides(scene, slots, slots["names"], "fare", slots["most_s"])
        if fares is None:
            return None
        auxiliary = (*day_labels(slots), _INTERCITY, "budget_constraints.cheapest", "temporal_constraints.duration")
        if not fares:
            return nothing_found("没有直达", auxiliary=auxiliary) if scene.rng.random() < 0.4 else None
        best = min(fares.values())
        winners = [name for name, fare in fares.items() if fare == best]
        if len(winners) > 1:
            return None
        return Truth(
            (chosen(winners, slots["names"]), {"kind": "value", "of": "money", "any_of": [best], "entity": ""}),
            secondary=(_FARES,),
            auxiliary=auxiliary,
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found, none = [], []
        for name in slots["names"]:
            best = best_ride(await look_at_trains(episode, slots, name), "fare", slots["most_s"])
            if best:
                found.append((best[0], name, best[1]))
            else:
                none.append(name)
        if not found:
            where = joined(slots["names"])
            raise Unsolved(
                f"{slots['day']}从{slots['home']}去{where}，没有{slots['hours']}小时以内、有二等座的直达车。"
            )
        found.sort(key=lambda entry: entry[:2])
        teller, (fare, best, train) = Teller(episode), found[0]
        number = train["number"]
        pieces: list[Piece] = [
            teller.one("建议去", "可以去"),
            teller.name(best),
            "，",
            teller.fact("date", slots["date"], number),
            "的 ",
            Fact(number, "number", number, number),
            *teller.said(" 次二等座", "money", fare, number),
            *teller.said("，车程", "duration", train["duration_s"], number),
        ]
        for other, name, ride in found[1:]:
            pieces += [
                "；",
                teller.name(name),
                "的 ",
                Fact(ride["number"], "number", ride["number"], ride["number"]),
            ]
            pieces += teller.said(" 次要", "money", other, ride["number"])
        if none:
            pieces += ["；", *(piece for name in none for piece in (teller.name(name), "、"))]
            pieces[-1] = f"没有{slots['hours']}小时以内的直达车"
        episode.answer(*pieces, "。", teller.one("要看看余票和时刻吗？", "需要再看看那边的天气吗？"))


# Themes -> words of users, what to search for, a word of the cities' own pages, which cities these are.
_THEMES = {
    "sea": (("能看海的城市", "海滨城市", "靠海的地方"), "海滨 沙滩 城市概况", "白沙滩", ("鹭汀市", "澜屿市", "砺港市")),
    "old": (("古都", "有城墙和书院的古城", "历史悠久的古城"), "古都 城墙 城市概况", "古都", ("霁川市",)),
    "spa": (("能泡温泉的山城", "山里的温泉城"), "温泉城 群山 城市概况", "温泉城", ("岚岭市",)),
    "lake": (("湖边的小城", "因湖得名的文化小城"), "因湖得名 城市概况", "因湖得名", ("砚湖市",)),
    "ice": (("冬天有冰灯雾凇的地方", "能看冰灯的北方城市"), "冰灯 雾凇 城市概况", "冰灯", ("霜原市",)),
    "river": (("老码头保存完整的城市", "有漕运会馆和石阶老街的城市"), "老码头 漕运 会馆 城市概况", "漕运", ("桐渡市",)),
    "salt": (("有盐田日落的工业港", "能看盐田的海港"), "盐田 工业港 城市概况", "盐田", ("砺港市",)),
}


class ThemeCity(QueryPattern):
    """A city of a kind, and what to see there."""

    name = "theme_city"
    leaf = _OPEN
    wordings = (
        (
            "(想去|好想去){theme}(玩|散散心)，(有推荐吗|推荐一个|去哪个城市好)？(那边有什么可看的|顺便说说看什么|)",
            "想找{theme}(玩几天|待两天)，(国内|沧瀛|)哪里合适？(再说说|顺便说下)有什么景点",
            "推荐(一个|个){theme}，(再|顺便)说(几个|两个)必去的(景点|地方)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if scene.gazetteer.world.name != "sandbox":
            return None
        key = scene.rng.choice([key for key, theme in _THEMES.items() if scene.city.name not in theme[3]])
        words, query, sign, _ = _THEMES[key]
        return {"theme": scene.rng.choice(words), "key": key, "query": query, "sign": sign}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        cities = _THEMES[slots["key"]][3]
        content = await scene.ask("web_search", query=slots["query"])
        if not any(slots["sign"] in item["excerpt"] and "概况" in item["title"] for item in content["items"]):
            return None  # not published yet
        sights = [
            place.name
            for city in scene.gazetteer.cities
            if city.name in cities
            for place in scene.gazetteer.places(city, "sight")
        ]
        sights += [sight.name for city in cities for sight in SIGHTS[city]]
        spellings = [spelling for city in cities for spelling in (city, city.removesuffix("市"))]
        return Truth(
            (
                {"kind": "text", "all_of": [spellings]},
                {"kind": "names", "any_of": list(dict.fromkeys(sights)), "least": 1},
            ),
            secondary=("discovery.area_summaries",),
            auxiliary=(_INTERCITY,),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await episode.call("web_search", f"找{slots['theme']}", query=slots["query"])
        page = next(
            (item for item in found["items"] if slots["sign"] in item["excerpt"] and "概况" in item["title"]), None
        )
        if page is None:
            raise Unsolved(f"没有查到{slots['theme']}。")
        city, _, nature = page["excerpt"].partition("是")
        charts = await episode.call(
            "map_search_ranking_list", f"看{city}有什么景点", query="必游榜", region=city, max_items=4
        )
        teller, entries = Teller(episode), charts["items"][0]["entries"][:3]
        saying = nature.split("，", 1)[1].split("。")[0] if "，" in nature else nature.split("。")[0]
        episode.answer(
            teller.one("推荐", "可以去", "去"),
            teller.name(city),
            "：",
            teller.fact("word", saying, city),
            teller.one("。景点可以看", "。必去的有"),
            *teller.listed(entries, "rating"),
            "。",
            teller.one("要看看怎么过去吗？", "需要我查那边这几天的天气吗？"),
        )


class FestivalSoon(QueryPattern):
    """A festival that is on or still to come, and where."""

    name = "festival_soon"
    leaf = _OPEN
    held_out = True
    wordings = (
        (
            "(最近|近期|接下来)(哪个城市|哪里)有(节庆|节日)活动(可以去|)？(想去凑个热闹|)",
            "想(出门|找个城市)(赶|凑)个(节|热闹)，(最近|接下来)哪里有(什么|)节庆？",
            "(有没有|有啥)(还没结束的|即将举办的)节庆活动，(在哪|哪个城市)？",
        ),
    )
    query = "节 时间地点公布"

    def draw(self, scene: Scene) -> Slots | None:
        return {"query": self.query} if scene.gazetteer.world.name == "sandbox" and self._coming(scene) else None

    @staticmethod
    def _coming(scene: Scene) -> list[Any]:
        today = scene.now.date()
        days = [
            (festival, date.fromisoformat(festival.first), date.fromisoformat(festival.last)) for festival in FESTIVALS
        ]
        return [festival for festival, first, last in days if (first - today).days <= 35 and today <= last]

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask("web_search", query=slots["query"])
        coming = [each.name for each in self._coming(scene)]
        if not any(name in item["excerpt"] for item in content["items"] for name in coming):
            return None
        return Truth(
            ({"kind": "text", "all_of": [coming]},), auxiliary=(_INTERCITY, "temporal_constraints.fuzzy_time.flexible")
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await episode.call("web_search", "找最近公布的节庆", query=slots["query"])
        today, teller, coming = episode.context.now.date(), Teller(episode), []
        for item in found["items"]:
            match = re.match(r"\d{4} 年(.+?)定于 (\S+) 至 (\S+) 在(\S+?)举行。([^。]+)", item["excerpt"])
            if match and date.fromisoformat(match[3]) >= today:
                coming.append((match[2], *match.groups(), item["title"]))
        if not coming:
            raise Unsolved("没有查到近期还没结束的节庆活动。")
        coming.sort()
        _, name, first, last, place, words, title = coming[0]
        episode.answer(
            teller.one("可以去", "最近的是", "推荐"),
            teller.name(title.partition(name)[0]),
            "的",
            teller.name(name),
            "，",
            teller.fact("date", first, name),
            *teller.said("至", "date", last, name),
            "在",
            teller.fact("word", place, name),
            "举行，",
            teller.fact("word", words, name),
            "。",
            teller.one("要看看怎么过去吗？", "需要我查那几天的天气吗？"),
        )


class AnywhereForTheWeekend(QueryPattern):
    """Some other city for two days, with its weather and what to see."""

    name = "anywhere_for_two_days"
    leaf = _OPEN
    wordings = (
        (
            "{day}想出去玩两天，(去哪个城市好|有什么城市推荐)？(看看那边{day}的天气|顺便告诉我{day}那边天气怎么样)",
            "(在{home}待腻了|想离开{home}散散心)，{day}出发去别的城市玩两天，推荐一个，说说{day}的天气和看点",
            "推荐个(两天能玩|适合两日游)的城市，(我在{home}，|){day}去，天气也查一下",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        return {**draw_day(scene, most=11), "home": scene.city.name}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        if scene.gazetteer.world.name != "sandbox":
            return no_data("网页", "没有", "天气") if scene.rng.random() < 0.5 else None
        content = await scene.ask("web_search", query="两日游怎么安排")
        if sum("两日游" in item["title"] for item in content["items"]) < 2:
            return None
        names = [city.name for city in scene.gazetteer.cities if city is not scene.city]
        spellings = [spelling for name in names for spelling in (name, name.removesuffix("市"))]
        days = await forecasts(scene, names, slots["date"])
        conditions = list(dict.fromkeys(day["condition_day"] for day in (days or {}).values()))
        return Truth(
            ({"kind": "text", "all_of": [spellings, conditions]},),
            secondary=(_WEATHER, "planning_and_decision.itinerary_planning.medium_trip_itinerary"),
            auxiliary=(_INTERCITY, *day_labels(slots)),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        found = await episode.call("web_search", "找两日游的安排", query="两日游怎么安排")
        pages = [
            item
            for item in found["items"]
            if "两日游" in item["title"] and not slots["home"].startswith(item["title"][:2])
        ]
        if not pages:
            raise Unsolved("没有查到合适的两日游安排。")
        teller = Teller(episode)
        page = teller.rng.choice(pages)
        city = page["title"][:2] + "市"
        day = await look_at_weather(episode, slots, city)
        plan = page["excerpt"].split("。")[0]
        episode.answer(
            teller.one("推荐去", "可以去"),
            teller.name(city),
            "，",
            teller.fact("date", slots["date"], city),
            "白天",
            teller.fact("word", day["condition_day"], city),
            "，",
            teller.fact("temperature", day["low_c"], city),
            *teller.said("到", "temperature", day["high_c"], city),
            "。行程可以参考：",
            teller.fact("word", plan, city),
            "。",
            teller.one("需要我查去那里的火车吗？", "要不要再看看住宿？"),
        )


DISCOVERING = (DryAndWarm(), WithinHours(), ThemeCity(), FestivalSoon(), AnywhereForTheWeekend())
