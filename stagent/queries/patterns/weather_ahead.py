"""Instructions about the weather of which something must be counted or compared."""

from stagent.queries.answer import Piece
from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.days import called_city, day_labels, draw_day, other_city, short_city
from stagent.queries.patterns.journeys import listed, said_value
from stagent.queries.patterns.manner import Manner, called
from stagent.queries.patterns.weather import DURATION, LEAF, ForecastPattern, Item, draw_where, rains, snows
from stagent.queries.scene import Scene

_INTERCITY = "spatial_constraints.intercity"


class RainyDays(ForecastPattern):
    """How many of the next days have rain, and which."""

    name = "rainy_days"
    held_out = True
    wordings = (
        (
            "{where}从明天起{days}天有几天下雨(？|，都是哪天|)",
            "(想去|打算去){where}玩，明天开始{days}天里，有几天(会|要)下雨",
            "查一下从明天算起{days}天{where}的雨，(一共|总共)几天(有雨|下雨)，(分别|)是哪几天",
            "明天开始的{days}天，{where}(雨天多吗|会下几天雨)？(把|)有雨的日子(列一下|告诉我)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not scene.gazetteer.knows("weather_forecast_days"):
            return None
        tomorrow = draw_day(scene, 1, 1)["date"]
        return draw_where(scene, unsaid=0) | {"day": "明天", "date": tomorrow, "days": scene.rng.randint(3, 10)}

    def right(self, items: list[Item], slots: Slots) -> Truth | None:
        if any(snows(item) for item in items):
            return None
        wet = [item["date"] for item in items if rains(item)]
        if not wet:
            words = ["没有雨", "不下雨", "不会下雨", "没雨", "0 天", "0天", "都没有", "没有一天", "都不"]
            return Truth(({"kind": "text", "all_of": [words]},), auxiliary=(DURATION,))
        return Truth(
            (said_value("count", len(wet)), *(said_value("date", date) for date in wet[:3])), auxiliary=(DURATION,)
        )

    def told(self, items: list[Item], slots: Slots, m: Manner) -> list[Piece]:
        wet = [item for item in items if rains(item)]
        parts = {"city": called(slots["city"]), "days": str(slots["days"])}
        if not wet:
            return m.say("{city}从明天起 {days} 天都不会下雨，没有雨天，可以放心出门。", **parts)
        dates = [m.day(item["date"]) for item in wet]
        return m.say(
            "{city}从明天起的 {days} 天里，雨天有 {count} 天：{dates}。(带好雨具。|)",
            "从明天起 {days} 天，{city}雨天有 {count} 天，是{dates}。",
            count=m.count(len(wet), how="count"),
            dates=listed(dates),
            **parts,
        )


class DayNightDifference(ForecastPattern):
    """By how many degrees a day's highest and lowest temperatures differ."""

    name = "day_night_difference"
    held_out = True
    wordings = (
        (
            "{where}{day}昼夜温差(大不大|有多大|大吗)，(差|相差)多少度(？|)",
            "{day}{where}(最高温和最低温|最高气温和最低气温)(差|相差)几度",
            "想知道{where}{day}早晚温差(是|有)多少度",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        if not scene.gazetteer.knows("weather_forecast_days"):
            return None
        return draw_where(scene, unsaid=0) | draw_day(scene, 1, 7)

    def right(self, items: list[Item], slots: Slots) -> Truth | None:
        day = items[0]
        return Truth((said_value("temperature", day["high_c"] - day["low_c"]),), auxiliary=day_labels(slots))

    def told(self, items: list[Item], slots: Slots, m: Manner) -> list[Piece]:
        day = items[0]
        high, low = (m.fact("temperature", day[key], day["date"]) for key in ("high_c", "low_c"))
        gap = day["high_c"] - day["low_c"]
        return m.say(
            "{city}{day}最高{high}，最低{low}，相差{gap}{advice}",
            "{day}{city}的昼夜温差是{gap}：最高{high}，最低{low}{advice}",
            city=called(slots["city"]),
            day=m.day(day["date"]),
            high=high,
            low=low,
            gap=m.fact("temperature", gap, day["date"], how="difference"),
            advice="，温差较大，早晚注意添衣。" if gap >= 10 else "，温差不大。",
        )


class WarmerCity(QueryPattern):
    """In which of two cities a day is warmer, by its highest temperature."""

    name = "warmer_city"
    leaf = LEAF
    held_out = True
    wordings = (
        (
            "{day}{where}和{there}(哪个|哪边|哪里)(更暖和|暖和一点|最高气温更高)(？|，各多少度|)",
            "(对比|比较)一下{day}{where}跟{there}的(气温|最高气温)，哪边(更热|高)",
            "{where}、{there}两个地方，{day}哪个(热一些|更热|气温高)(，高多少|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        other = other_city(scene)
        if other is None or not scene.gazetteer.knows("weather_forecast_days"):
            return None
        ends = {"city": scene.city.name, "other": other}
        said = {"where": called_city(scene, scene.city.name), "there": called_city(scene, other)}
        return ends | said | draw_day(scene, 1, 6)

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        highs = {}
        for city in (slots["city"], slots["other"]):
            content = await scene.ask("weather_forecast_days", location=city, date=slots["date"])
            highs[city] = content["items"][0]["high_c"]
        if len(set(highs.values())) < 2:
            return None
        winner = max(highs, key=lambda city: highs[city])
        among = [[city, short_city(city)] for city in highs]
        return Truth(
            (
                {"kind": "choice", "winner": [winner, short_city(winner)], "among": among},
                said_value("temperature", highs[winner]),
            ),
            auxiliary=(*day_labels(slots), _INTERCITY),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        m = Manner(episode)
        days = {}
        for city in (slots["city"], slots["other"]):
            content = await episode.call(
                "weather_forecast_days", f"查{short_city(city)}的预报", location=city, date=slots["date"]
            )
            days[city] = content["items"][0]
        warm, cool = sorted(days, key=lambda city: -days[city]["high_c"])
        gap = days[warm]["high_c"] - days[cool]["high_c"]
        episode.answer(
            *m.say(
                "{day}{warm}更暖和，最高{high}；{cool}最高{low}，差{gap}。",
                "{warm}更暖和：{day}{warm}最高{high}，{cool}最高{low}，相差{gap}。(带衣服可以按这个准备。|)",
                day=m.day(days[warm]["date"]),
                warm=called(warm),
                cool=called(cool),
                high=m.fact("temperature", days[warm]["high_c"], warm),
                low=m.fact("temperature", days[cool]["high_c"], cool),
                gap=m.fact("temperature", gap, "", how="difference"),
            )
        )


WEATHER_AHEAD = (RainyDays(), DayNightDifference(), WarmerCity())
