"""The invented country: its eight cities, and what is the same of them under every seed.

Their middles lie in the open Pacific, hundreds of kilometres from any land, so that no coordinate can be taken for a
real one. The names are no real cities' or districts' (a test compares them with the almanac).
"""

import json
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
COUNTRY = "沧瀛"


class Climate(NamedTuple):
    """A city's weather over the year.

    Attributes:
        mean, swing: of the daily mean temperature, °C: its yearly mean, and half of summer's minus winter's.
        daily: usual difference between a day's highest and lowest, °C.
        wet: share of days with rain or snow in winter, spring, summer and autumn.
        damp: usual humidity, percent. windy: usual wind, Beaufort. haze: usual air quality index.
    """

    mean: float
    swing: float
    daily: float
    wet: tuple[float, float, float, float]
    damp: int
    windy: float
    haze: int


class Spot(NamedTuple):
    """A station or an airport: its name, and where it is: degrees from north, and the share of the city's radius."""

    name: str
    bearing: float
    out: float


class CityPlan(NamedTuple):
    """What every seed agrees on about a city.

    Attributes:
        key: its pinyin, for ids and addresses of pages.
        radius, step: metres: of the built-up disc, and between two streets.
        coast: bearing of the sea, degrees from north; None: inland.
        districts: the central one first, the others clockwise from north.
        stations: the first is the old main station, the second (if any) the high-speed one.
        area_code: of telephones; what follows it begins with 0, which no real number does.
        metro, buses: how many lines. scale: number of places, 1 is about 1,100.
        dishes: what one eats there. nature: a few words about the city, for pages.
    """

    name: str
    key: str
    lat: float
    lon: float
    radius: int
    step: int
    tilt: float
    coast: float | None
    river: str
    districts: tuple[str, ...]
    climate: Climate
    airport: Spot | None
    stations: tuple[Spot, ...]
    area_code: str
    metro: int
    buses: int
    scale: float
    dishes: tuple[str, ...]
    nature: str


def _read(path: Path) -> tuple[CityPlan, ...]:
    plans = []
    for city in json.loads(path.read_text(encoding="utf-8")):
        season, airport = city["climate"], city["airport"]
        city |= {
            "climate": Climate(*season[:3], tuple(season[3]), *season[4:]),
            "airport": airport and Spot(*airport),
            "stations": tuple(Spot(*station) for station in city["stations"]),
            "districts": tuple(city["districts"]),
            "dishes": tuple(city["dishes"]),
        }
        plans.append(CityPlan(**city))
    return tuple(plans)


CITIES = _read(Path(__file__).with_name("cities.json"))
BY_NAME = {plan.name: plan for plan in CITIES}
