"""Instructions about the weather at this moment, and about the sun, wind and air of a day."""

from abc import abstractmethod
from typing import Any

from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.days import day_labels, draw_day
from stagent.queries.patterns.journeys import no_data, said_value
from stagent.queries.patterns.manner import Manner, called, word
from stagent.queries.patterns.weather import LEAF, conditions, draw_where
from stagent.queries.scene import Scene

Item = dict[str, Any]
_NOW = "temporal_constraints.now"


class _Current(QueryPattern):
    """What is so at this moment; ``at`` is here, 家, 公司 or a city's name."""

    leaf = LEAF

    @staticmethod
    def place(slots: Slots, context: Any) -> str:
        """What the tool takes: coordinates of the context, or the city's name."""
        if slots["at"] == "here":
            return context.location
        return context.profile.get(slots["at"], slots["at"])

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask("weather_current_conditions", location=self.place(slots, scene.context))
        if "unavailable" in content:
            return Truth(no_data("天气", "气象", "空气"), unsolvable="no_data", auxiliary=(_NOW,))
        return Truth(self.right(content["items"][0]), auxiliary=(_NOW,)) if content.get("items") else None

    @abstractmethod
    def right(self, item: Item) -> tuple[dict[str, Any], ...]:
        """What an answer must say of the conditions."""

    async def now(self, slots: Slots, episode: Episode) -> Item:
        place = self.place(slots, episode.context)
        return (await episode.call("weather_current_conditions", "查此刻的天气", location=place))["items"][0]


class WeatherNow(_Current):
    """The temperature and the weather now, here, at home, or in a city."""

    name = "weather_now"
    wordings = (
        (
            "{where}现在(多少度|几度|气温多少)(？|，什么天气|)",
            "(请问|看下|查一下|){where}(现在|这会儿|此刻)天气(怎么样|如何|咋样)(？|，冷不冷|)",
            "{where}(这会儿|现在)(什么天气|天气)，(体感|穿多少，)(冷吗|热吗|冷不冷)",
            "(实时|当前){where}(的|)(天气和气温|气温和天气)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        known = [name for name in ("家", "公司") if name in scene.context.profile]
        at = scene.rng.choice(["here", "city", *known])
        if at == "city":
            slots = draw_where(scene, unsaid=0)
            return {"at": slots["city"], "where": slots["where"]}
        ways = {
            "here": ("我这里", "这边", "外面", "我这边"),
            "家": ("我家那边", "家那边"),
            "公司": ("公司那边", "公司附近"),
        }
        return {"at": at, "where": scene.rng.choice(ways[at])}

    def right(self, item: Item) -> tuple[dict[str, Any], ...]:
        return said_value("temperature", item["temperature_c"]), conditions(item["condition"])

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m, item = Manner(episode), await self.now(slots, episode)
        region = item["region"]
        episode.answer(
            *m.say(
                "{region}现在{weather}，气温{degrees}，体感{feels}，{wind}{level}。",
                "{region}此刻{weather}，{degrees}，体感温度{feels}；{wind}{level}，湿度{damp}。",
                "现在{region}{weather}，气温{degrees}，体感{feels}，湿度{damp}。(要看后面的预报可以再问我。|)",
                region=called(region),
                weather=word(item["condition"], region),
                degrees=m.fact("temperature", item["temperature_c"], region),
                feels=m.fact("temperature", item["feels_like_c"], region),
                wind=word(item["wind_direction"], region),
                level=word(item["wind_level"], region),
                damp=m.fact("percent", item["humidity_percent"], region),
            )
        )


class AirNow(_Current):
    """The air's quality now."""

    name = "air_now"
    wordings = (
        (
            "{where}现在空气(质量|)(怎么样|好不好|如何)(？|，适合跑步吗|)",
            "{where}(这会儿|现在)(空气质量指数|AQI)(是|)多少",
            "(想|准备)出去(跑步|锻炼)，{where}(这会儿|现在)空气(好吗|行不行|污染吗)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not scene.gazetteer.knows("weather_current_conditions"):
            return None
        slots = draw_where(scene, unsaid=0)
        if scene.rng.random() < 0.4:
            return {"at": "here", "where": scene.rng.choice(("我这里", "这边", "外面"))}
        return {"at": slots["city"], "where": slots["where"]}

    def right(self, item: Item) -> tuple[dict[str, Any], ...]:
        return said_value("count", item["air_quality_index"]), {"kind": "text", "all_of": [[item["air_quality"]]]}

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m, item = Manner(episode), await self.now(slots, episode)
        region, good = item["region"], item["air_quality"] in ("优", "良")
        episode.answer(
            *m.say(
                "{region}现在空气质量{word}，指数 {index}，{advice}",
                "{region}此刻的空气质量指数是 {index}，等级{word}，{advice}",
                region=called(region),
                word=word(item["air_quality"], region),
                index=m.count(item["air_quality_index"], region),
                advice="适合户外运动。" if good else "不太适合长时间户外运动，出门可以戴口罩。",
            )
        )


class SunTimes(QueryPattern):
    """When the sun rises or sets on a day."""

    name = "sun_times"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "{where}{day}(几点|什么时候){sun}(？|)",
            "想去{where}{watch}，{day}(几点|什么时间){sun}",
            "(查下|看一下|请问){day}{where}的{sun}时间",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not scene.gazetteer.knows("weather_forecast_days"):
            return None
        rise = scene.rng.random() < 0.5
        told = {"key": "sunrise", "sun": "日出", "watch": "看日出"}
        if not rise:
            told = {"key": "sunset", "sun": "日落", "watch": "看日落"}
        return draw_where(scene, unsaid=0) | draw_day(scene, 1, 8) | told

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask("weather_forecast_days", location=slots["city"], date=slots["date"])
        moment = content["items"][0][slots["key"]]
        return Truth(
            (said_value("clock", moment),),
            auxiliary=day_labels(slots),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m = Manner(episode)
        content = await episode.call(
            "weather_forecast_days", f"预报里有{slots['sun']}时间", location=slots["city"], date=slots["date"]
        )
        item = content["items"][0]
        episode.answer(
            *m.say(
                "{city}{day}{sun}在{time}，白天{weather}。",
                "{day}{city}的{sun}时间是{time}，当天白天{weather}。(可以早一点到，占个好位置。|)",
                city=called(slots["city"]),
                day=m.day(item["date"]),
                sun=slots["sun"],
                time=m.fact("clock", item[slots["key"]], item["date"]),
                weather=word(item["condition_day"], item["date"]),
            )
        )


class WindOfDay(QueryPattern):
    """How strong the wind will be."""

    name = "wind_of_day"
    leaf = LEAF
    wordings = (
        (
            "{where}{day}风大(不大|吗)，(刮|)几级风(？|)",
            "{day}(想去|去){where}(骑车|放风筝|露营)，风(有|)几级",
            "(帮我|)查{where}{day}的(风力|风力风向|风)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not scene.gazetteer.knows("weather_forecast_days"):
            return None
        return draw_where(scene, unsaid=0) | draw_day(scene, 1, 6)

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask("weather_forecast_days", location=slots["city"], date=slots["date"])
        level = content["items"][0]["wind_level"]
        ways = [level, level.replace("-", "到"), level.replace("-", "至"), level.replace("级", " 级")]
        return Truth(({"kind": "text", "all_of": [list(dict.fromkeys(ways))]},), auxiliary=day_labels(slots))

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m = Manner(episode)
        content = await episode.call(
            "weather_forecast_days", "预报里有风力", location=slots["city"], date=slots["date"]
        )
        item = content["items"][0]
        date, strong = item["date"], int(item["wind_level"].removesuffix("级").split("-")[-1]) >= 5
        episode.answer(
            *m.say(
                "{city}{day}{wind}，{level}，{how}。白天{weather}。",
                "{day}{city}刮{wind}，风力{level}，{how}，白天{weather}。",
                city=called(slots["city"]),
                day=m.day(item["date"]),
                wind=word(item["wind_direction"], date),
                level=word(item["wind_level"], date),
                how="风比较大，在外面留意安全" if strong else "风不算大",
                weather=word(item["condition_day"], date),
            )
        )


WEATHER_NOW = (WeatherNow(), AirNow(), SunTimes(), WindOfDay())
