"""Timetables of a GTFS feed: journeys by hand, the days that it knows, and everything that may be wrong with it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stagent.worlds.fields import FIELDS
from stagent.worlds.osm.world import OsmWorld
from stagent.worlds.protocol import Unavailable
from tests.stagent.worlds.local.town import ask as ask_at
from tests.stagent.worlds.osm.village import FEED, STEP_M, at, feed, village
from utils import InputError

ZONE = ZoneInfo("Europe/Helsinki")
MONDAY = datetime(2026, 1, 5, 8, 57, tzinfo=ZONE)


@pytest.fixture(scope="module")
def pbf(tmp_path_factory):
    return village(tmp_path_factory.mktemp("osm") / "map.osm.pbf")


@pytest.fixture(scope="module")
def world(pbf):
    return OsmWorld.open(pbf, feed(pbf.with_name("feed.zip")))


def _transit(world, clock=MONDAY, **more):
    more = {"origin": at(0, 0), "destination": at(2, 2)} | more
    return ask_at(world, "map_compute_routes", clock, modes=("transit",), **more)


def test_a_journey_rides_the_tram_that_runs_then(world):
    (item,) = _transit(world).items
    assert [step["mode"] for step in item["steps"]] == ["waiting", "tram"]  # the stops stand at both ends
    ride = item["steps"][1]
    assert ride["line"] == "7" and ride["direction"] == "Ylös" and ride["stop_count"] == 2
    assert (ride["from_name"], ride["to_name"]) == ("Alku", "Ylhäällä")
    assert item["departure"].startswith("2026-01-05T08:57:00") and item["arrival"].startswith("2026-01-05T09:01:00")
    assert (item["duration_s"], item["transfers"], item["walking_m"], item["fare_yuan"]) == (240, 0, 0, 3.5)
    for key in ("duration_s", "distance_m"):
        assert sum(step[key] for step in item["steps"]) == item[key]
    assert {key for part in (item, *item["steps"]) for key in part} <= FIELDS.keys()


def test_a_stop_without_times_lies_halfway(world):
    (item,) = _transit(world, MONDAY.replace(hour=8, minute=59), origin=at(0, 0), destination=at(0, 2)).items
    assert item["arrival"].startswith("2026-01-05T09:00:30")


def test_trips_run_on_their_days_alone(world):
    def arrives(clock):
        found = _transit(world, clock)
        return found.items[0]["arrival"][:16] if found.items else None

    walk = timedelta(seconds=334)  # four steps at 4.8 km/h
    for clock, expected in (
        (MONDAY.replace(day=7), "2026-01-07T09:01"),
        (MONDAY.replace(day=11), "2026-01-11T09:01"),  # a Sunday that was added
        (MONDAY.replace(hour=11, minute=58), "2026-01-05T12:01"),  # by frequency, at 12:00
        (MONDAY.replace(hour=12, minute=5), "2026-01-05T12:10"),  # 12:10 would arrive at 12:11: walking is faster
        (MONDAY.replace(hour=12, minute=18), "2026-01-05T12:23"),  # 12:20 begins no run any more
        (MONDAY.replace(day=6, hour=1, minute=29), "2026-01-06T01:31"),  # the night bus of the day before
    ):
        assert arrives(clock) == expected, clock
    # no tram on the 6th, a holiday that was removed, nor on a Saturday: one walks
    for day in (6, 10):
        clock = MONDAY.replace(day=day)
        assert arrives(clock) == (clock + walk).isoformat()[:16]


def test_arriving_by_a_time_takes_the_last_tram_that_does(world):
    (item,) = _transit(world, arrival_time=MONDAY.replace(hour=9, minute=2)).items
    assert item["departure"].startswith("2026-01-05T09:00:00") and item["arrival"].startswith("2026-01-05T09:01:00")


def test_stops_on_the_way_make_legs_that_add_up(world):
    (item,) = _transit(world, intermediates=[at(0, 2)]).items
    assert len(item["legs"]) == 2
    for key in ("duration_s", "distance_m"):
        assert sum(leg[key] for leg in item["legs"]) == item[key] == sum(step[key] for step in item["steps"])


def test_days_outside_the_feed_are_unavailable_with_the_days_that_it_knows(world):
    with pytest.raises(Unavailable, match="2026-01-01 至 2026-01-31"):
        _transit(world, datetime(2026, 2, 2, 9, tzinfo=ZONE))
    found = ask_at(
        world,
        "map_compute_routes",
        datetime(2026, 2, 2, 9, tzinfo=ZONE),
        modes=("walking", "transit"),
        origin=at(0, 0),
        destination=at(2, 2),
    )
    assert [item["mode"] for item in found.items] == ["walking"] and "2026-01-31" in found.note


def test_either_calendar_is_enough(pbf, tmp_path):
    dates = "service_id,date,exception_type\nwd,20260105,1\nnight,20260105,1\n"
    for name, changed in (
        ("dates.zip", {"calendar": None, "calendar_dates": dates}),
        ("weeks.zip", {"calendar_dates": None, "trips": FEED["trips.txt"].replace("r2,night", "r2,wd")}),
    ):
        world = OsmWorld.open(pbf, feed(tmp_path / name, **changed))
        assert _transit(world).items[0]["arrival"].startswith("2026-01-05T09:01")


@pytest.mark.parametrize(
    "fares",
    [
        {"fare_attributes": None},
        {"fare_attributes": "fare_id,price,currency_type,payment_method,transfers\nf,3.5,EUR,0,0\n"},
        {"fare_rules": "fare_id,route_id\nf,r1\n"},
    ],
)
def test_fares_that_are_not_flat_or_not_in_yuan_are_not_known(pbf, tmp_path, fares):
    (item,) = _transit(OsmWorld.open(pbf, feed(tmp_path / "feed.zip", **fares))).items
    assert "fare_yuan" not in item


def _with(name: str, old: str, new: str) -> dict[str, str]:
    text = FEED[f"{name}.txt"]
    assert old in text
    return {name: text.replace(old, new, 1)}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"calendar": None, "calendar_dates": None}, "calendar.txt and calendar_dates.txt are both missing"),
        ({"stops": None}, "stops.txt is missing"),
        ({"stop_times": None}, "stop_times.txt is missing"),
        (_with("stops", "stop_lat", "latitude"), "stops.txt has no column stop_lat"),
        ({"stops": ""}, "stops.txt has no column stop_id"),
        (_with("stops", "60.0,25.0,0", "sixty,25.0,0"), "stops.txt, row 2, stop_lat is 'sixty'"),
        (_with("stops", "60.0,25.0,0", "95,25.0,0"), "row 2, stop_lat is '95'"),
        (_with("stops", "60.0,25.0,0", "nan,25.0,0"), "row 2, stop_lat is 'nan'"),
        (_with("stop_times", "25:30:00", "25:61:00"), "stop_times.txt, row 8, arrival_time is '25:61:00'"),
        (_with("stop_times", "09:01:00,09:01:00", "08:59:00,08:59:00"), "row 5, arrival_time is '08:59:00'"),
        (_with("stop_times", "n1,25:30:00,25:30:00", "n1,,"), "row 8, arrival_time is ''"),
        (_with("stop_times", "far,1", "x,1"), "row 2, stop_id is 'x'"),
        (_with("stop_times", "a,2", "a,two"), "row 3, stop_sequence is 'two'"),
        (_with("trips", "r1,wd,t1", "r9,wd,t1"), "trips.txt, row 2, route_id is 'r9'"),
        (_with("trips", "r1,wd,t1", "r1,we,t1"), "trips.txt, row 2, service_id is 'we'"),
        (_with("routes", ",0", ",tram"), "routes.txt, row 2, route_type is 'tram'"),
        (_with("calendar", "20260101", "2026-01-01"), "calendar.txt, row 2, start_date is '2026-01-01'"),
        (_with("calendar", "20260131", "20251231"), "calendar.txt, row 2, end_date"),
        (_with("calendar", "wd,1", "wd,yes"), "calendar.txt, row 2, monday is 'yes'"),
        (_with("calendar_dates", "20260106", "20260230"), "calendar_dates.txt, row 2, date is '20260230'"),
        (_with("calendar_dates", "0106,2", "0106,3"), "calendar_dates.txt, row 2, exception_type is '3'"),
        (_with("frequencies", "600", "0"), "frequencies.txt, row 2, headway_secs is '0'"),
        (
            {"stops": FEED["stops.txt"].replace("60.00", "10.00").replace("60.0,", "10.0,")},
            "no stop on the map",
        ),
        ({"agency": "agency_timezone\nMars/Olympus\n"}, "Mars/Olympus"),
    ],
)
def test_what_is_wrong_with_a_feed_is_named_with_file_row_and_column(pbf, tmp_path, changed, says):
    with pytest.raises(InputError) as error:
        OsmWorld.open(pbf, feed(tmp_path / "feed.zip", **changed))
    assert says in str(error.value) and "\n" not in str(error.value)


def test_what_is_no_feed_at_all_is_said(pbf, tmp_path):
    (tmp_path / "noise.zip").write_bytes(b"no zip")
    (tmp_path / "empty.zip").write_bytes(b"")
    whole = feed(tmp_path / "whole.zip").read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    feed(tmp_path / "nothing.zip", **dict.fromkeys((name[:-4] for name in FEED), None))
    feed(tmp_path / "latin.zip", stops=FEED["stops.txt"].encode("latin-1"))
    for name, says in (
        ("absent.zip", "no such file"),
        ("noise.zip", "no zip"),
        ("empty.zip", "no zip"),
        ("half.zip", "no zip"),
        ("nothing.zip", "missing"),
        ("latin.zip", "stops.txt is no UTF-8"),
    ):
        with pytest.raises(InputError) as error:
            OsmWorld.open(pbf, tmp_path / name)
        assert name in str(error.value) and says in str(error.value)


def test_lines_follow_their_shapes(pbf, tmp_path):
    trips = FEED["trips.txt"].replace("trip_headsign", "trip_headsign,shape_id").replace("Ylös", "Ylös,s")
    # from a by the north-west corner to c, which is as long as the way over b; b itself lies off the shape
    points = (
        "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\ns,60.002,25.004,30\ns,60.0,25.0,1\ns,60.002,25.0,2\n"
    )
    calls = FEED["stop_times.txt"].replace("t1,,,b,3\n", "")
    world = OsmWorld.open(pbf, feed(tmp_path / "feed.zip", trips=trips, shapes=points, stop_times=calls))
    found = _transit(world)
    assert found.geometry[0]["points"] == [[60.0, 25.0], [60.002, 25.0], [60.002, 25.004]]
    assert found.items[0]["distance_m"] == pytest.approx(4 * STEP_M, abs=1)
    straight = OsmWorld.open(pbf, feed(tmp_path / "straight.zip", stop_times=calls))
    assert _transit(straight).items[0]["distance_m"] == pytest.approx(8**0.5 * STEP_M, abs=1)


def test_a_byte_of_the_feed_is_another_version(pbf, tmp_path):
    plain, first = OsmWorld.open(pbf), OsmWorld.open(pbf, feed(tmp_path / "a.zip"))
    second = OsmWorld.open(pbf, feed(tmp_path / "b.zip", fare_attributes=None))
    assert len({world.version for world in (plain, first, second)}) == 3
