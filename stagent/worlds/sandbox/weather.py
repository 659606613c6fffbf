"""Weather: one function of seed, city, day and hour, from which both what is now and what is forecast follow.

A day's conditions change at 6:00 (from what the evening before left), maybe once between 9:00 and 15:00, and at 18:00.
A forecast's day is 6:00 to 18:00, its night the rest of the same date. Forecasts are never wrong here.
"""

import math
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from stagent.worlds.sandbox.chance import gauss, share
from stagent.worlds.sandbox.country import BY_NAME, CityPlan

DAY, NIGHT = tuple(range(6, 18)), (*range(6), *range(18, 24))
# Millimetres an hour.
_FALL = {
    "小雨": (0.1, 1.2),
    "中雨": (1.3, 3.5),
    "大雨": (3.6, 7.5),
    "暴雨": (8.0, 16.0),
    "雷阵雨": (0.4, 9.0),
    "雨夹雪": (0.2, 1.4),
    "小雪": (0.1, 0.5),
    "中雪": (0.6, 1.4),
    "大雪": (1.5, 3.0),
}
_POINTS = ("北风", "东北风", "东风", "东南风", "南风", "西南风", "西风", "西北风")
_AIR = ((50, "优"), (100, "良"), (150, "轻度污染"), (200, "中度污染"), (300, "重度污染"), (10**9, "严重污染"))
_MERIDIAN = 172  # the country's clock is the sun's at this longitude


class Hour(NamedTuple):
    """One hour's weather; ``wind`` in Beaufort."""

    condition: str
    temperature_c: int
    feels_like_c: int
    humidity_percent: int
    rain_mm: float
    wind_direction: str
    wind: int
    air_quality_index: int


class Sky:
    """The weather of all cities under a seed."""

    def __init__(self, seed: int):
        self.seed = seed
        self.hours = lru_cache(maxsize=4096)(self._hours)
        self._kinds = lru_cache(maxsize=8192)(self._kinds_of)
        self._mean = lru_cache(maxsize=8192)(self._mean_of)

    def _blend(self, keep: float, day: date, *names: object) -> float:
        """About normal, and like the day before in ``keep`` of its deviation."""
        terms = [keep**back * gauss(self.seed, *names, day.toordinal() - back) for back in range(8)]
        return sum(terms) * math.sqrt(1 - keep * keep)

    def _mean_of(self, city: str, day: date) -> float:
        """The mean temperature of a day: of the season, of the country's weather, of the city's own."""
        climate = BY_NAME[city].climate
        season = math.cos(2 * math.pi * (day.timetuple().tm_yday - 21) / 365)
        change = 2.4 * self._blend(0.75, day, "warmth") + 1.4 * self._blend(0.6, day, "warmth", city)
        return climate.mean - climate.swing * season + change * (1.15 if climate.swing > 10 else 0.7)

    def _kinds_of(self, city: str, day: date) -> tuple[str, str, int, str]:
        """Conditions from 6:00, from the hour that follows, and from 18:00: ``("多云", "小雨", 13, "阴")``."""
        seed, ordinal = self.seed, day.toordinal()
        wetness = _normal_share(0.55 * self._blend(0.5, day, "wet") + 0.835 * self._blend(0.45, day, "wet", city))
        rainy = wetness < _wet_share(BY_NAME[city], day)
        dry = ["晴", "多云", "阴"]
        cloud = _normal_share(self._blend(0.5, day, "cloud", city))
        base = 0 if cloud < 0.42 else 1 if cloud < 0.8 else 2
        after = min(2, max(0, base + (-1, 0, 0, 1)[int(4 * share(seed, "turn", city, ordinal))]))
        turn = 9 + int(7 * share(seed, "hour", city, ordinal))
        if not rainy:
            haze = BY_NAME[city].climate.haze > 60 and share(seed, "haze", city, ordinal) < 0.05
            first = "霾" if haze and base == 1 else dry[base]
            return first, dry[after], turn, dry[min(2, max(0, after - (share(seed, "eve", city, ordinal) < 0.3)))]
        rain = self._rain(city, day)
        pattern = int(5 * share(seed, "when", city, ordinal))
        first = rain if pattern in (0, 1) else dry[max(1, base)]
        second = rain if pattern in (0, 2, 3) else "阴"
        night = rain if pattern == 4 or (pattern in (0, 3) and share(seed, "eve", city, ordinal) < 0.6) else "多云"
        return first, second, turn, night

    def _rain(self, city: str, day: date) -> str:
        mean, heavy = self._mean(city, day), share(self.seed, "heavy", city, day.toordinal())
        if mean <= -0.5:
            return "小雪" if heavy < 0.6 else "中雪" if heavy < 0.9 else "大雪"
        if mean < 3:
            return "雨夹雪"
        if mean > 21 and share(self.seed, "thunder", city, day.toordinal()) < 0.45:
            return "雷阵雨"
        limit = 0.95 if mean > 18 else 1.0
        return "小雨" if heavy < 0.6 else "中雨" if heavy < 0.86 else "大雨" if heavy < limit else "暴雨"

    def conditions(self, city: str, day: date) -> list[str]:
        """The condition of each hour."""
        before = self._kinds(city, day - timedelta(days=1))[3]
        first, second, turn, night = self._kinds(city, day)
        return [before] * 6 + [first] * (turn - 6) + [second] * (18 - turn) + [night] * 6

    def _hours(self, city: str, day: date) -> tuple[Hour, ...]:
        """All 24 hours of a day."""
        seed, climate, ordinal = self.seed, BY_NAME[city].climate, day.toordinal()
        conditions = self.conditions(city, day)
        means = [self._mean(city, day + timedelta(days=shift)) for shift in (-1, 0, 1)]
        wet = sum(condition in _FALL for condition in conditions)
        spread = climate.daily * (1.2 if "晴" in conditions[6:18] else 0.9) * (1 - 0.45 * min(1, wet / 12))
        season = 2 * math.pi * (day.timetuple().tm_yday - 15) / 365
        wind = climate.windy - 0.4 + 1.1 * self._blend(0.4, day, "wind", city) + 0.4 * math.cos(season)
        # winter's wind comes from the northwest, summer's from the southeast
        towards = (7 if math.cos(season) > 0 else 3) + round(1.4 * self._blend(0.5, day, "from", city))
        air = climate.haze * math.exp(0.32 * self._blend(0.6, day, "air", city)) * (1 + 0.25 * math.cos(season))
        moist = 6 * self._blend(0.5, day, "damp", city)
        hours = []
        for hour, condition in enumerate(conditions):
            side = means[0] if hour < 12 else means[2]
            mean = means[1] + (side - means[1]) * abs(hour - 12) / 24
            temperature = round(mean + spread / 2 * math.cos(2 * math.pi * (hour - 14.5) / 24))
            low, high = _FALL.get(condition, (0.0, 0.0))
            fall = round(low + (high - low) * share(seed, "fall", city, ordinal, hour) ** 2, 1)
            damp = climate.damp + (18 if fall else -8 * (condition == "晴"))
            damp += round(moist - 11 * math.cos(2 * math.pi * (hour - 14.5) / 24))
            damp = min(99, max(16, damp))
            blow = max(0, round(wind + 0.8 * math.sin(math.pi * (hour - 6) / 12) + (condition in ("大雨", "暴雨"))))
            quality = max(
                8,
                round(
                    air * (0.7 if fall else 1) * (1.7 if condition == "霾" else 1) + 4 * math.cos(math.pi * hour / 6)
                ),
            )
            feels = _felt(temperature, damp, blow)
            point = _POINTS[towards % 8]
            hours.append(Hour(condition, temperature, feels, damp, fall, point, blow, quality))
        return tuple(hours)

    def current(self, city: str, day: date, hour: int) -> dict:
        """The facts of one hour, by the keys of ``worlds.fields``."""
        now = self.hours(city, day)[hour]
        facts = now._asdict()
        facts["wind_level"] = f"{facts.pop('wind')}级"
        facts["air_quality"] = next(label for most, label in _AIR if now.air_quality_index <= most)
        order = "condition temperature_c feels_like_c humidity_percent wind_direction wind_level rain_mm"
        return {key: facts[key] for key in (*order.split(), "air_quality_index", "air_quality")}

    def forecast(self, city: str, day: date) -> dict:
        """The facts of one date."""
        hours = self.hours(city, day)
        temperatures = [hour.temperature_c for hour in hours]
        winds = sorted({hour.wind for hour in hours})
        rise, fall = _sun(BY_NAME[city], day)
        return {
            "condition_day": _turns(hours[hour].condition for hour in DAY),
            "condition_night": _turns(hours[hour].condition for hour in NIGHT),
            "high_c": max(temperatures),
            "low_c": min(temperatures),
            "rain_percent": self._chance(city, day, hours),
            "rain_mm": round(sum(hour.rain_mm for hour in hours), 1),
            "humidity_percent": round(sum(hour.humidity_percent for hour in hours) / 24),
            "wind_direction": hours[0].wind_direction,
            "wind_level": f"{winds[0]}-{winds[-1]}级" if len(winds) > 1 else f"{winds[0]}级",
            "sunrise": rise,
            "sunset": fall,
        }

    def _chance(self, city: str, day: date, hours: tuple[Hour, ...]) -> int:
        wet = sum(hour.rain_mm > 0 for hour in hours)
        chance = share(self.seed, "chance", city, day.toordinal())
        if wet:
            return 5 * round((60 + 1.6 * wet * (0.5 + chance / 2)) / 5)
        return 5 * round((25 * chance if any(hour.condition == "阴" for hour in hours) else 10 * chance) / 5)


def _turns(conditions) -> str:
    """``["阴", "阴", "小雨"]`` → ``"阴转小雨"``."""
    return "转".join(dict.fromkeys(conditions))


def _wet_share(plan: CityPlan, day: date) -> float:
    """The share of wet days, which goes from season to season without a jump."""
    position = (day.timetuple().tm_yday - 15) / 91.25 % 4
    wet, at = plan.climate.wet, int(position)
    return wet[at] + (wet[(at + 1) % 4] - wet[at]) * (position - at)


def _normal_share(deviation: float) -> float:
    """Which share of a normal distribution lies below."""
    return 0.5 * (1 + math.erf(deviation / math.sqrt(2)))


def _felt(temperature: int, humidity: int, wind: int) -> int:
    """Steadman's apparent temperature in the shade."""
    vapour = humidity / 100 * 6.105 * math.exp(17.27 * temperature / (237.7 + temperature))
    speed = 0.836 * wind**1.5  # m/s
    return round(temperature + 0.33 * vapour - 0.7 * speed - 4)


def _sun(plan: CityPlan, day: date) -> tuple[str, str]:
    """Sunrise and sunset, ``("07:02", "17:11")``, to some minutes."""
    turn = 2 * math.pi * (day.timetuple().tm_yday - 81) / 365
    tilt = math.radians(23.44) * math.sin(turn)
    equation = 9.87 * math.sin(2 * turn) - 7.53 * math.cos(turn) - 1.5 * math.sin(turn)  # minutes
    noon = 720 - equation - 4 * (plan.lon - _MERIDIAN)
    lat = math.radians(plan.lat)
    cosine = (math.sin(math.radians(-0.833)) - math.sin(lat) * math.sin(tilt)) / (math.cos(lat) * math.cos(tilt))
    half = 4 * math.degrees(math.acos(cosine))
    return tuple(f"{int(minute) // 60:02d}:{int(minute) % 60:02d}" for minute in (noon - half, noon + half))
