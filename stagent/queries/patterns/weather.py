"""Instructions about the weather."""

from datetime import timedelta

from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.sayings import say_fact
from stagent.queries.scene import Scene


class WeatherOfDay(QueryPattern):
    """The weather of a city on one of the next days."""

    name = "weather_of_day"
    leaf = "dynamic_information.realtime_weather"
    wordings = (
        (
            "(请问|想知道|)?{day}{city}天气怎么样(？|呀|)",
            "{city}{day}(会不会|会)下雨(吗|)，多少度？",
            "(帮我查一下|看看|查下){city}{day}的天气(预报|)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        ahead = scene.rng.choice((1, 2))
        date = (scene.now + timedelta(days=ahead)).date().isoformat()
        return {"city": scene.city.name, "day": {1: "明天", 2: "后天"}[ahead], "date": date}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        content = await scene.ask("weather_forecast_days", location=slots["city"], date=slots["date"])
        if "unavailable" in content:
            return Truth(
                ({"kind": "unsolved", "reason": "no_data", "words": ["天气"]},),
                unsolvable="no_data",
            )
        day = content["items"][0]
        return Truth(
            (
                {"kind": "value", "of": "temperature", "any_of": [day["high_c"]], "entity": slots["date"]},
                {"kind": "text", "all_of": [[day["condition_day"]]]},
            ),
            auxiliary=("temporal_constraints.tomorrow",)
            if slots["day"] == "明天"
            else ("temporal_constraints.specific_date",),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        content = await episode.call(
            "weather_forecast_days",
            f"查{slots['city']}{slots['day']}的预报",
            location=slots["city"],
            date=slots["date"],
        )
        day = content["items"][0]
        subject = slots["date"]
        episode.answer(
            slots["city"],
            say_fact("date", day["date"], today=episode.context.clock),
            f"（{slots['day']}）白天",
            say_fact("word", day["condition_day"], subject),
            "，最高 ",
            say_fact("temperature", day["high_c"], subject),
            "，最低 ",
            say_fact("temperature", day["low_c"], subject),
            "，降水概率 ",
            say_fact("percent", day["rain_percent"], subject),
            "。需要的话我可以再看看后面几天。",
        )


WEATHER = (WeatherOfDay(),)
