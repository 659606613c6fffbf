"""Weather of Open-Meteo, anywhere in the world: https://open-meteo.com/en/docs describes ``/v1/forecast``."""

from datetime import date, timedelta, timezone
from typing import Any

from stagent.worlds.live.service import WebService
from stagent.worlds.live.shape import Node
from stagent.worlds.live.wind import CONDITIONS, WEEKDAYS, wind_direction, wind_level
from stagent.worlds.protocol import Found

NAME = "Open-Meteo"
_CURRENT = (
    "temperature_2m",
    "apparent_temperature",
    "relative_humidity_2m",
    "precipitation",
    "weather_code",
    "wind_speed_10m",
    "wind_direction_10m",
)
_DAILY = (
    "weather_code",
    "temperature_2m_max",
    "temperature_2m_min",
    "precipitation_probability_max",
    "precipitation_sum",
    "wind_speed_10m_max",
    "wind_direction_10m_dominant",
    "sunrise",
    "sunset",
)


class OpenMeteo:
    """Weather at a point, (lat, lon), in its own time zone."""

    name = NAME

    def __init__(self, service: WebService):
        self._service = service

    async def current(self, point: tuple[float, float], region: str | None) -> Found:
        answer = await self._get(point, current=",".join(_CURRENT))
        offset = timezone(timedelta(seconds=answer["utc_offset_seconds"].number(-86_399, 86_399)))
        now = answer["current"]
        item: dict[str, Any] = {"region": region} if region else {}
        item["observed"] = now["time"].moment().replace(tzinfo=offset).isoformat()
        return Found([item | _conditions(now)])

    async def forecast(self, point: tuple[float, float], region: str | None, first: date, days: int) -> Found:
        last = first + timedelta(days - 1)
        answer = await self._get(point, daily=",".join(_DAILY), start_date=first.isoformat(), end_date=last.isoformat())
        daily = answer["daily"]
        columns = {key: daily.entries(key) for key in ("time", *_DAILY)}
        for key, column in columns.items():
            if len(column) != len(columns["time"]):
                daily[key].fail("与 time 等长的列表")
        # Values of days too far ahead are null.
        rows = [
            {key: column[at] for key, column in columns.items() if key == "time" or column[at].value is not None}
            for at in range(len(columns["time"]))
        ]
        items = [_day(row) for row in rows if len(row) > 1]
        return Found(items, about={"region": region} if region else {})

    async def _get(self, point: tuple[float, float], **params: Any) -> Node:
        lat, lon = point
        where = {"latitude": f"{lat:.5f}", "longitude": f"{lon:.5f}", "timezone": "auto", "wind_speed_unit": "ms"}
        return await self._service.get("/v1/forecast", where | params)

    async def close(self) -> None:
        await self._service.close()


def _conditions(now: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    code = now.find("weather_code")
    if code and code.number() in CONDITIONS:
        found["condition"] = CONDITIONS[int(code.number())]
    found["temperature_c"] = round(now["temperature_2m"].number(-100, 70))
    feels, humidity, rain = (now.find(key) for key in ("apparent_temperature", "relative_humidity_2m", "precipitation"))
    if feels:
        found["feels_like_c"] = round(feels.number(-120, 90))
    if humidity:
        found["humidity_percent"] = round(humidity.number(0, 100))
    from_, speed = now.find("wind_direction_10m"), now.find("wind_speed_10m")
    if from_:
        found["wind_direction"] = wind_direction(from_.number(0, 360))
    if speed:
        found["wind_level"] = wind_level(speed.number(0, 150))
    if rain:
        found["rain_mm"] = round(float(rain.number(0, 1000)), 1)
    return found


def _day(row: dict[str, Node]) -> dict[str, Any]:
    day = row["time"].day()
    item: dict[str, Any] = {"date": day.isoformat(), "weekday": WEEKDAYS[day.weekday()]}
    code = row.get("weather_code")
    if code and code.number() in CONDITIONS:
        item["condition"] = CONDITIONS[int(code.number())]  # of day and night: Open-Meteo doesn't part them
    for key, theirs, least, most in (
        ("high_c", "temperature_2m_max", -100, 70),
        ("low_c", "temperature_2m_min", -100, 70),
        ("rain_percent", "precipitation_probability_max", 0, 100),
    ):
        if theirs in row:
            item[key] = round(row[theirs].number(least, most))
    if "precipitation_sum" in row:
        item["rain_mm"] = round(float(row["precipitation_sum"].number(0, 3000)), 1)
    if "wind_direction_10m_dominant" in row:
        item["wind_direction"] = wind_direction(row["wind_direction_10m_dominant"].number(0, 360))
    if "wind_speed_10m_max" in row:
        item["wind_level"] = wind_level(row["wind_speed_10m_max"].number(0, 150))
    for key in ("sunrise", "sunset"):
        if key in row:
            item[key] = f"{row[key].moment():%H:%M}"
    return item
