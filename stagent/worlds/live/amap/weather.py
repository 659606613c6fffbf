"""Weather of Amap: ``/v3/weather/weatherInfo``, now and for four days."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from stagent.worlds.live.amap.client import NAME, Amap, Region
from stagent.worlds.live.shape import Node
from stagent.worlds.live.wind import WEEKDAYS
from stagent.worlds.protocol import Found, Unavailable

_CHINA = ZoneInfo("Asia/Shanghai")
_STILL = ("无风向", "旋转不定")


async def amap_current(amap: Amap, region: Region) -> Found:
    """The weather that a region's station observed last."""
    answer = await amap.get("/v3/weather/weatherInfo", city=region.adcode, extensions="base")
    lives = answer.entries("lives")
    if not lives:
        raise Unavailable(f"{NAME}没有“{region.name}”的天气，请改用上一级城市")
    live = lives[0]
    item: dict[str, Any] = {
        "region": region.name,
        "observed": live["reporttime"].moment().replace(tzinfo=_CHINA).isoformat(),
        "condition": live["weather"].text(),
        "temperature_c": live["temperature"].integer(),
    }
    humidity = live.find("humidity")
    if humidity:
        item["humidity_percent"] = round(humidity.decimal(0, 100))
    return Found([item | _wind(live, "winddirection", "windpower")])


async def amap_forecast(amap: Amap, region: Region, first: date, days: int) -> tuple[Found, bool]:
    """The forecast of the days from ``first`` on that Amap knows, and whether these are all that were asked for."""
    answer = await amap.get("/v3/weather/weatherInfo", city=region.adcode, extensions="all")
    forecasts = answer.entries("forecasts")
    casts = forecasts[0].entries("casts") if forecasts else []
    asked = {first + timedelta(ahead) for ahead in range(days)}
    items = [_day(cast) for cast in casts if cast["date"].day() in asked]
    return Found(items, about={"region": region.name}), len(items) == days


def _day(cast: Node) -> dict[str, Any]:
    day = cast["date"].day()
    item: dict[str, Any] = {"date": day.isoformat(), "weekday": WEEKDAYS[day.weekday()]}
    # After the evening's forecast the day that passed is empty.
    for key, theirs in (("condition_day", "dayweather"), ("condition_night", "nightweather")):
        node = cast.find(theirs)
        if node:
            item[key] = node.text()
    by_day, by_night = cast.find("daytemp"), cast.find("nighttemp")
    if by_day and by_night:
        # A warm front may make the night the warmer one.
        low, high = sorted((by_day.integer(), by_night.integer()))
        item |= {"high_c": high, "low_c": low}
    return item | _wind(cast, "daywind", "daypower")


def _wind(node: Node, direction: str, power: str) -> dict[str, str]:
    """``"西北"``, ``"≤3"`` → 西北风, ≤3级"""
    wind = {}
    from_, force = node.find(direction), node.find(power)
    if from_:
        text = from_.text()
        wind["wind_direction"] = text if text in _STILL else f"{text.removesuffix('风')}风"
    if force:
        wind["wind_level"] = f"{force.text().removesuffix('级')}级"
    return wind
