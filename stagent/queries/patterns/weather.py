"""Instructions about the weather."""

from abc import abstractmethod
from typing import Any

from stagent.queries.answer import Piece
from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.days import called_city, day_labels, draw_day, other_city, short_city
from stagent.queries.patterns.journeys import listed, no_data, said_value
from stagent.queries.patterns.manner import Manner, called, word
from stagent.queries.scene import Scene

LEAF = "dynamic_information.realtime_weather"
Item = dict[str, Any]
# What a yes or a no to "will it rain" may say.
RAIN_YES = ["会下雨", "有雨", "要下雨", "需要带伞", "记得带伞", "建议带伞", "带上伞", "带把伞"]
RAIN_NO = ["不会下雨", "没有雨", "没雨", "不下雨", "不用带伞", "无需带伞", "不需要带伞", "不必带伞", "没有降雨"]
DURATION = "temporal_constraints.duration"


def draw_where(scene: Scene, unsaid: float = 0.3) -> Slots:
    """Whose weather: ``city`` is what a tool takes, ``where`` how it is said: "" for the user's own city, unsaid."""
    draw = scene.rng.random()
    other = other_city(scene) if draw > 0.7 else None
    city = other or scene.city.name
    return {"city": city, "where": "" if draw < unsaid else called_city(scene, city)}


def conditions(*said: str) -> dict[str, Any]:
    """A predicate of the weather's words: ``多云转小雨`` may be said as it is, or 先多云后小雨."""
    return {"kind": "text", "all_of": [[part] for part in dict.fromkeys("转".join(said).split("转"))]}


def rains(item: Item) -> bool:
    return item["rain_mm"] > 0


def snows(item: Item) -> bool:
    return "雪" in item["condition_day"] + item["condition_night"]


def weather_pieces(item: Item, m: Manner, entity: str = "") -> list[Piece]:
    """A day in a few words: ``白天多云转小雨，7 到 16 度``."""
    entity = entity or item["date"]
    day, night = (word(item[f"condition_{part}"], entity) for part in ("day", "night"))
    parts = {name: m.fact("temperature", item[f"{name}_c"], entity) for name in ("high", "low")}
    if day.value == night.value:
        return m.say("白天夜里都是{day}，最高{high}，最低{low}", "全天{day}，气温{low}到{high}", day=day, **parts)
    return m.say(
        "白天{day}，夜里{night}，最高{high}，最低{low}",
        "白天{day}，夜里{night}，气温{low}到{high}",
        day=day,
        night=night,
        **parts,
    )


class ForecastPattern(QueryPattern):
    """What a forecast of one day or several answers; the slots hold city, date and, of several, days."""

    leaf = LEAF

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask(
            "weather_forecast_days", location=slots["city"], date=slots["date"], days=slots.get("days", 1)
        )
        if "unavailable" in content:
            return Truth(no_data("天气", "预报", "气象"), unsolvable="no_data", auxiliary=day_labels(slots))
        return self.right(content["items"], slots)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        content = await episode.call(
            "weather_forecast_days",
            f"查{short_city(slots['city'])}的预报",
            location=slots["city"],
            date=slots["date"],
            days=slots.get("days"),
        )
        episode.answer(*self.told(content["items"], slots, Manner(episode)))

    @abstractmethod
    def right(self, items: list[Item], slots: Slots) -> Truth | None:
        """What is right by the days' forecasts."""

    @abstractmethod
    def told(self, items: list[Item], slots: Slots, m: Manner) -> list[Piece]:
        """The answer."""


class WeatherOfDay(ForecastPattern):
    """The weather of a city on a day; on a map without weather it is asked for too, and can't be answered."""

    name = "weather_of_day"
    wordings = (
        (
            "(请问|想问一下|){day}{where}天气怎么样(？|呀|)",
            "{where}{day}(什么天气|天气如何|天气咋样)，(大概|)多少度(？|啊|)",
            "(帮我查一下|看看|查下|查查){where}{day}的天气(预报|)",
            "{day}{where}的气温(和天气|跟天气)(说一下|是什么情况)",
            "我{day}要在{where}(外面跑一天|出门|办事)，天气怎么样，(冷不冷|热不热)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = draw_where(scene) | draw_day(scene, 0, 9)
        return slots if slots["where"] else slots | {"where": scene.rng.choice(("这边", "我这里", "本地"))}

    def right(self, items: list[Item], slots: Slots) -> Truth | None:
        day = items[0]
        return Truth(
            (said_value("temperature", day["high_c"], entity=day["date"]), conditions(day["condition_day"])),
            auxiliary=day_labels(slots),
        )

    def told(self, items: list[Item], slots: Slots, m: Manner) -> list[Piece]:
        return m.say(
            "{city}{day}{weather}，降水概率{rain}。(需要的话我可以再看后面几天。|)",
            "{day}{city}{weather}。降水概率{rain}。(出门前还可以再问我一次。|)",
            city=called(slots["city"]),
            day=m.day(items[0]["date"]),
            weather=weather_pieces(items[0], m),
            rain=m.fact("percent", items[0]["rain_percent"], items[0]["date"]),
        )


class RainOnDay(ForecastPattern):
    """Whether it will rain on a day, and whether to take an umbrella."""

    name = "rain_on_day"
    wordings = (
        (
            "{day}{where}(会不会下雨|会下雨吗|有没有雨)(？|，要带伞吗|)",
            "{day}(去|出门去|要去){where}，(用不用|要不要|需不需要)带伞",
            "{where}{day}(下不下雨|有雨吗)(啊|，我好准备伞|？)",
            "(帮我看看|查一下|看下){day}{where}有没有雨(，要不要带伞|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not scene.gazetteer.knows("weather_forecast_days"):
            return None
        return draw_where(scene, unsaid=0) | draw_day(scene, 1, 6)

    def right(self, items: list[Item], slots: Slots) -> Truth | None:
        if snows(items[0]):
            return None  # a question about rain alone has two answers then
        verdict = {"kind": "verdict", "value": rains(items[0]), "yes": RAIN_YES, "no": RAIN_NO}
        return Truth((verdict,), auxiliary=day_labels(slots))

    def told(self, items: list[Item], slots: Slots, m: Manner) -> list[Piece]:
        parts = {
            "city": called(slots["city"]),
            "day": m.day(items[0]["date"]),
            "weather": weather_pieces(items[0], m),
            "rain": m.fact("percent", items[0]["rain_percent"], items[0]["date"]),
        }
        if rains(items[0]):
            return m.say(
                "{city}{day}会下雨，(记得带伞|建议带伞)。{weather}，降水概率{rain}。",
                "(要带，|会的，){city}{day}有雨：{weather}，降水概率{rain}，(建议带伞|需要带伞)。",
                **parts,
            )
        return m.say(
            "{city}{day}不会下雨，(不用带伞|无需带伞)。{weather}，降水概率{rain}。",
            "不用带伞，{city}{day}没有雨：{weather}，降水概率{rain}。",
            **parts,
        )


class ExtremeDay(ForecastPattern):
    """The warmest or the coldest of the next days."""

    name = "extreme_day"
    wordings = (
        (
            "(从明天起|明天开始)的{days}天里，{where}哪天(气温|温度|){which}(？|)",
            "{where}从明天起{days}天，{which}的是哪一天(，多少度|)",
            "查一下{where}(从明天开始的|明天起){days}天的天气，哪天{which}",
            "(接下来|未来){days}天（从明天算）{where}{which}是哪天，(大概|)多少度",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not scene.gazetteer.knows("weather_forecast_days"):
            return None
        warm = scene.rng.random() < 0.5
        tomorrow = draw_day(scene, 1, 1)
        return draw_where(scene, unsaid=0) | {
            "day": "明天",
            "date": tomorrow["date"],
            "days": scene.rng.randint(3, 7),
            "warm": warm,
            "which": "最热" if warm else "最冷",
        }

    @staticmethod
    def _best(items: list[Item], slots: Slots) -> list[Item]:
        key = "high_c" if slots["warm"] else "low_c"
        best = (max if slots["warm"] else min)(item[key] for item in items)
        return [item for item in items if item[key] == best]

    def right(self, items: list[Item], slots: Slots) -> Truth | None:
        best = self._best(items, slots)
        key = "high_c" if slots["warm"] else "low_c"
        return Truth(
            (said_value("date", *(item["date"] for item in best)), said_value("temperature", best[0][key])),
            auxiliary=(DURATION,),
        )

    def told(self, items: list[Item], slots: Slots, m: Manner) -> list[Piece]:
        best = self._best(items, slots)
        key = "high_c" if slots["warm"] else "low_c"
        more: list[Piece] = []
        if len(best) == 1:
            more = ["，白天", word(best[0]["condition_day"], best[0]["date"])]
        return m.say(
            "从明天起的 {days} 天里，{city}{which}的是{dates}，{word}{value}{more}。",
            "{city}从明天起 {days} 天，{dates}{which}，{word}{value}{more}。(出门注意增减衣物。|)",
            days=str(slots["days"]),
            city=called(slots["city"]),
            which=slots["which"],
            word="最高" if slots["warm"] else "最低",
            dates=listed([m.day(item["date"]) for item in best], "和"),
            value=m.fact("temperature", best[0][key], best[0]["date"]),
            more=more,
        )


WEATHER = (WeatherOfDay(), RainOnDay(), ExtremeDay())
