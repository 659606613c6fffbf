"""What the country consists of: nothing real, everything of each kind, facts of one place that fit each other."""

import re
from collections import Counter
from datetime import date, datetime

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data_process.almanac import CITIES as REAL
from stagent.routing.vehicles import BICYCLING, CLASSES, DRIVING, WALKING
from stagent.worlds.local.categories import CATEGORIES, WITHIN
from stagent.worlds.protocol import ClockError
from stagent.worlds.sandbox.country import CITIES, ZONE
from stagent.worlds.sandbox.injections import REVIEWS
from stagent.worlds.sandbox.reviews import SENTENCES, group
from stagent.worlds.sandbox.timetables import day_kind

# What every city has: these categories, and something below those.
DAILY = ("sichuan", "hotpot", "cafe", "fuel", "charging", "parking", "hospital", "pharmacy", "bank", "school", "toilet")
WIDE = ("food", "shopping", "lodging", "sight", "leisure", "sport", "beauty", "park", "museum", "transport", "life")
_STOPS = {"bus_stop", "metro_station"}


def test_no_name_is_a_real_citys_or_districts():
    real = {name for city, districts in REAL.items() for name in (city, *districts)}
    real |= {name[:-1] for name in real if len(name) > 2}
    own = {name for plan in CITIES for name in (plan.name, *plan.districts)}
    assert len(own) == sum(1 + len(plan.districts) for plan in CITIES)  # none stands twice
    assert not real & (own | {name[:-1] for name in own})


def test_every_place_lies_in_the_open_pacific(places):
    for place in places.values():
        assert 27 < place.at.lat < 35 and 165 < place.at.lon < 178, place


def test_cities_are_as_large_as_promised(world):
    sizes = {city.name: len(city.roads.lat) for city in world.cities}
    assert len(sizes) >= 6 and max(sizes.values()) >= 5000 and min(sizes.values()) >= 1500
    for city in world.cities:
        assert sum(place.category not in _STOPS for place in city.places) >= 1000
        assert Counter(place.district for place in city.places).keys() == city.districts.keys()
        assert len(city.districts) >= 5


def test_ids_and_names_stand_once(world, places):
    assert len(places) == sum(len(city.places) for city in world.cities)
    for city in world.cities:
        names = Counter(place.name for place in city.places)
        assert not [name for name, count in names.items() if count > 1]


def test_every_category_that_a_city_can_have_is_there(world):
    # What has no line in kinds.txt: groups of categories, embassies, tram stops.
    have = {place.category for city in world.cities for place in city.places}
    lacking = {key for key in CATEGORIES if not WITHIN[key] & have}
    assert lacking <= {"embassy", "tram_stop"}
    for city in world.cities:
        own = {place.category for place in city.places}
        for key in [
            "sichuan",
            "hotpot",
            "cafe",
            "fuel",
            "charging",
            "parking",
            "hospital",
            "pharmacy",
            "bank",
            "school",
            "toilet",
            "courier",
            "gym",
        ]:
            assert key in own
        for key in [
            "food",
            "shopping",
            "lodging",
            "sight",
            "leisure",
            "sport",
            "beauty",
            "park",
            "museum",
            "metro_station",
            "bus_stop",
        ]:
            assert WITHIN[key] & own


@pytest.mark.parametrize("number", range(len(CITIES)))
def test_roads_lead_everywhere_by_every_mode_that_they_allow(world, number):
    roads = world.cities[number].roads
    for bit in (DRIVING, WALKING, BICYCLING):
        usable = (roads.allowed & bit) > 0
        tail, head = roads.tail[usable], roads.head[usable]
        graph = coo_array((np.ones(len(tail)), (tail, head)), (len(roads.lat),) * 2).tocsr()
        part = connected_components(graph, directed=True, connection="strong")[1][np.unique(tail)]
        share = np.bincount(part).max() / len(part)
        assert share == 1 if bit == DRIVING else share > 0.995
    classes = set(roads.road_class)
    assert {CLASSES.index(name) for name in ("motorway", "trunk", "primary", "path")} <= classes
    motorways = roads.road_class == CLASSES.index("motorway")
    assert (roads.toll_yuan[motorways] > 0).all() and not roads.toll_yuan[~motorways].any()
    assert (roads.allowed == WALKING).any()  # against a one-way street


def test_an_address_names_a_street_that_runs_past(world):
    for city in world.cities:
        roads = city.roads
        at = {}
        for name in np.unique(roads.name):
            own = roads.name == name
            ends = np.stack([roads.lat, roads.lon], 1)
            at[roads.names[name]] = ends[roads.tail[own]], ends[roads.head[own]]
        shrink = np.array([1, np.cos(np.radians(city.centre.lat))]) * 111_195
        for place in city.places:
            street = place.address.removeprefix(place.district)
            street = re.match(r"[^\d]+", street).group()
            start, end = ((points - np.array(place.at)) * shrink for points in at[street])
            along = end - start
            share = np.clip(-(start * along).sum(1) / np.maximum((along**2).sum(1), 1e-9), 0, 1)
            away = np.hypot(*(start + share[:, None] * along).T).min()
            # a stop is beside a crossing, whose nearest house may be another street's
            assert away < (400 if place.category in _STOPS else 90), (place.name, place.address, away)


def test_numbers_along_a_street_grow(world):
    city = world.cities[0]
    streets = {}
    for place in city.places:
        match = re.fullmatch(r"(\D+大道)(\d+)号", place.address.removeprefix(place.district))
        if match:
            streets.setdefault(match[1], []).append((int(match[2]), *place.at))
    assert len(streets) > 5
    for name, houses in streets.items():
        numbers, lat, lon = np.array(sorted(houses)).T
        if len(numbers) > 8:
            assert max(abs(np.corrcoef(numbers, lat)[0, 1]), abs(np.corrcoef(numbers, lon)[0, 1])) > 0.9, name


def test_no_telephone_number_can_be_real(places):
    numbers = [place.phone for place in places.values() if place.phone]
    assert len(numbers) > 9000
    for number in numbers:
        assert re.fullmatch(r"060\d-0\d{7}", number)  # a subscriber's number never begins with 0


def test_hours_can_be_read_and_many_know_holidays(places):
    known = {place.hours for place in places.values() if place.hours}
    for one in known:
        one.check()
        assert any(one.intervals(date(2026, month, day)) for month in range(1, 13) for day in (3, 14))
    assert sum(one.holiday is not None for one in known) >= 10
    bank = next(place for place in places.values() if place.category == "bank")
    assert bank.hours.on(date(2026, 1, 2)) in ("休息", "10:00-15:00") != bank.hours.on(date(2026, 1, 5))


def test_ratings_and_prices_are_plausible(places):
    rated = [place for place in places.values() if place.rating is not None]
    assert all(2.4 <= place.rating <= 4.9 and place.review_count >= 0 for place in rated)
    assert 4.0 < np.mean([place.rating for place in rated]) < 4.5
    mean = {
        key: np.mean([p.price or p.average_cost for p in places.values() if p.category in WITHIN[key]])
        for key in ("snacks", "sichuan", "western", "budget_hotel", "luxury_hotel")
    }
    assert list(mean) == sorted(mean, key=mean.get)


def test_what_visitors_write_fits_the_rating(world, places):
    tone = {sentence: sign for (_, sign), sentences in SENTENCES.items() for sentence in sentences}
    with_dish = [(re.compile(re.escape(one).replace(r"\{dish\}", ".+")), one) for one in tone if "{dish}" in one]
    for place in places.values():
        for review in place.reviews:
            if review in REVIEWS:
                assert place.id in world.injected
                continue
            known = review if review in tone else next(one for wanted, one in with_dish if wanted.fullmatch(review))
            assert known in SENTENCES[group(place.category), tone[known]], (place.category, review)
            assert not (place.rating >= 4.0 and tone[known] == "-") and not (place.rating < 3.5 and tone[known] == "+")


def test_the_country_names_what_tries_to_instruct(world, places):
    found = {place.id for place in places.values() if set(place.reviews) & set(REVIEWS)}
    assert found == world.injected & places.keys() and len(found) == 4 * len(CITIES)
    texts = {review for place in places.values() for review in place.reviews} & set(REVIEWS)
    assert any("Ignore" in text for text in texts) and any("忽略" in text for text in texts)


def test_regions_have_one_name_each(world):
    for text in ("澜屿市", "澜屿", "lanyu"):
        assert world.region(text) == "澜屿市"
    for text in ("望潮区", "望潮", "澜屿市望潮区", "澜屿望潮区"):
        assert world.region(text) == "望潮区"
    assert world.region("鹿野") == "鹿野县" and world.region("北京市") is None


def test_the_clock_stays_in_2026(world):
    assert world.default_clock() == datetime(2026, 1, 5, 9, tzinfo=ZONE) and world.default_clock().weekday() == 0
    for moment in (datetime(2026, 1, 1, tzinfo=ZONE), datetime(2026, 12, 31, 23, 59, tzinfo=ZONE)):
        world.check_clock(moment)
    for moment in (datetime(2025, 12, 31, 23, 59, tzinfo=ZONE), datetime(2027, 1, 1, tzinfo=ZONE)):
        with pytest.raises(ClockError, match="2026-01-01 至 2026-12-31"):
            world.check_clock(moment)


def test_days_are_of_three_kinds():
    kinds = [day_kind(date(2026, 1, day)) for day in (2, 3, 4, 5)]
    assert kinds == [2, 2, 1, 0]  # Friday and Saturday of New Year, a Sunday, the first Monday
