"""The world's people: who they are, what they hold dear, and the profile columns that follow from it."""

import random
from itertools import accumulate
from typing import NamedTuple

from data_process.almanac import CITIES
from data_process.schema import Row
from gplan.world.geography import KIND_TAGS, KIND_WEIGHTS, Poi, capacity, neighbours, place

TASTES = ("景点", "美食", "购物", "休闲娱乐", "运动健身", "丽人")
_TASTE_WEIGHTS = (40, 22, 14, 14, 5, 5)
# Hotel categories by what a person spends (1 to 4), which also shows as profile_feat_11.
_HOTELS = (
    ("经济型", "快捷酒店", "旅馆", "民宿", "青年旅舍", "宾馆酒店"),
    ("经济型", "舒适型", "商务酒店", "民宿", "快捷酒店", "客栈", "电竞酒店"),
    ("舒适型", "高档型", "商务酒店", "公寓式酒店", "度假酒店", "主题酒店"),
    ("豪华型", "高档型", "度假酒店", "公寓式酒店"),
)
_CITY_NAMES = tuple(CITIES)
_CUMULATIVE = {kind: tuple(accumulate(weights)) for kind, weights in KIND_WEIGHTS.items()}
# Shares of the two cars, so that refuelling and charging orders come to 22% and 4.5% of rows.
_FUEL, _ELECTRIC = 0.37, 0.08


class Person(NamedTuple):
    """One person of the world; a function of seed and number alone."""

    number: int
    city: str
    district: str
    home: Poi
    work: Poi
    haunts: tuple[Poi, ...]  # places of their habits at home, most visited first
    car: str  # "fuel", "electric" or "" for none
    taste: str
    second_taste: str
    budget: int  # 1 (thrifty) to 4
    profile: Row  # profile_feat_1 … profile_feat_14, with the gaps of the real file


def somewhere(rng: random.Random, kind: str, city: str, district: str = "") -> Poi:
    """A place of a kind in a city, in the given district or any."""
    tag = rng.choices(KIND_TAGS[kind], cum_weights=_CUMULATIVE[kind])[0]
    return exactly(rng, tag, city, district)


def exactly(rng: random.Random, tag: str, city: str, district: str = "") -> Poi:
    """A place of a category in a city, in the given district or any; low numbers are the popular ones."""
    names = CITIES[city]
    district = district or names[int(rng.random() * len(names))]
    return place(tag, city, district, int(rng.random() ** 1.5 * capacity(tag)))


def hotel(rng: random.Random, budget: int, city: str, district: str = "") -> Poi:
    """A hotel that suits a budget of 1 to 4."""
    tags = _HOTELS[budget - 1]
    return exactly(rng, tags[int(rng.random() ** 1.4 * len(tags))], city, district)


def make_person(seed: int, number: int) -> Person:
    """The person of that number in the world of that seed."""
    rng = random.Random(f"person {seed} {number}")
    city = rng.choice(_CITY_NAMES)
    district = rng.choice(CITIES[city])
    home = somewhere(rng, "住宅", city, district)
    # Three of four work in the city that they live in.
    work_city = city if rng.random() < 0.75 else rng.choice(neighbours(city))
    work = somewhere(rng, "公司", work_city, district if work_city == city and rng.random() < 0.7 else "")
    taste, second = rng.choices(TASTES, _TASTE_WEIGHTS, k=2)
    draw = rng.random()
    car = "fuel" if draw < _FUEL else "electric" if draw < _FUEL + _ELECTRIC else ""
    budget = rng.choices((1, 2, 3, 4), (40, 32, 19, 9))[0]
    kinds = [taste, second, "美食", "购物", "医院", "学校", "公交", "其他", *(["停车场"] if car else [])]
    rng.shuffle(kinds)
    haunts = tuple(somewhere(rng, kind, city, district) for kind in kinds[:7])
    profile = _profile(rng, city, home, work, car, (taste, second), budget)
    return Person(number, city, district, home, work, haunts, car, taste, second, budget, profile)


def _profile(
    rng: random.Random, city: str, home: Poi, work: Poi, car: str, tastes: tuple[str, str], budget: int
) -> Row:
    """The fourteen profile columns; each is left empty as often as in the real file."""

    def kept(share: float, text: str) -> str:
        return text if rng.random() < share else ""

    known = rng.random() < 0.93  # sex and age are known together
    age = rng.choices(range(1, 11), (1, 9, 15, 19, 21, 16, 9, 5, 2, 3))[0]
    live, job = rng.random() < 0.93, rng.random() < 0.89
    vehicles = ("4|1", "4|3", "4") if car else ("4|2", "2", "2|3", "4")
    return {
        "profile_feat_1": str(int(rng.random() < 0.76)) if known else "",
        "profile_feat_2": str(age) if known else "",
        "profile_feat_3": kept(0.81, str(int(age > 3 or rng.random() < 0.3))),
        "profile_feat_4": kept(0.79, str(int(bool(car)))),
        "profile_feat_5": kept(0.995, city),
        "profile_feat_6": home.name if live else "",
        "profile_feat_7": home.city + home.district if live else "",
        "profile_feat_8": work.name if job else "",
        "profile_feat_9": work.city + work.district if job else "",
        "profile_feat_10": kept(0.96, str(int(rng.random() < 0.63))),
        "profile_feat_11": kept(0.74, str(budget)),
        "profile_feat_12": kept(0.87, rng.choice(vehicles)),
        "profile_feat_13": kept(0.87, _levels(rng, tastes)),
        "profile_feat_14": kept(0.71, _counts(rng, tastes)),
    }


def _levels(rng: random.Random, tastes: tuple[str, str]) -> str:
    """Preference levels, high ones first: ``pf_2:高|pf_31:中``. Number 2 + taste stands for each taste."""
    strong = list(dict.fromkeys(2 + TASTES.index(taste) for taste in tastes))
    count = rng.choice((1, 2, 3, 5, 6, 8, 9, 10, 10, 10, 10, 11, 15, 18))
    rest = rng.sample(range(10, 80), count)
    levels = rng.choices("高中低", (60, 24, 16), k=count)
    pairs = [(number, "高") for number in strong] + sorted(
        zip(rest, levels, strict=True), key=lambda p: "高中低".find(p[1])
    )
    return "|".join(f"pf_{number}:{level}" for number, level in pairs[:count])


def _counts(rng: random.Random, tastes: tuple[str, str]) -> str:
    """Preference counts, falling: ``pf_90:7|pf_97:2``. Number 90 + taste stands for each taste."""
    count = rng.choice((1, 2, 3, 4, 5, 5, 5, 5, 5))
    strong = list(dict.fromkeys(90 + TASTES.index(taste) for taste in tastes))
    numbers = (strong + rng.sample(range(96, 140), count))[:count]
    values = sorted((2 + int(rng.expovariate(0.4)) for _ in numbers), reverse=True)
    return "|".join(f"pf_{number}:{value}" for number, value in zip(numbers, values, strict=True))
