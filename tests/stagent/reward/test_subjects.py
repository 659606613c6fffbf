"""Each value is said of something: by hand, what that is."""

from datetime import date

from stagent.reward.claims import read
from stagent.reward.results import facts_of
from tests.stagent.reward.episodes import search, trains, weather


def subjects(text: str, *calls) -> list[tuple[str, list[str]]]:
    """Texts of the claims with the keys of the last things, rides or days before or behind them."""
    reading = read(text, [facts_of(step).heads for step in calls], date(2026, 1, 5))
    found = []
    for claim in reading.claims:
        keys = {key for slot in ("thing", "ride", "day") for key in claim.groups.get(slot, (0, ()))[1]}
        keys |= {key for slot in ("thing", "ride") for key in claim.after.get(slot, ()) if slot not in claim.groups}
        found.append((reading.text[claim.start : claim.end].strip(), sorted(keys)))
    return found


def test_the_nearest_before():
    assert subjects("济安药房 320 米，评分 4.8；同春堂要 500 米。", search()) == [
        ("320 米", ["济安药房"]),
        ("4.8", ["济安药房"]),
        ("500 米", ["同春堂"]),
    ]


def test_entries_of_a_list():
    text = "1. 济安药房：320 米\n2. 同春堂：500 米"
    assert subjects(text, search()) == [("320 米", ["济安药房"]), ("500 米", ["同春堂"])]


def test_in_brackets():
    text = "济安药房（320 米）和同春堂（500 米）"
    assert subjects(text, search()) == [("320 米", ["济安药房"]), ("500 米", ["同春堂"])]


def test_named_behind_its_value():
    assert subjects("320 米外就有济安药房", search()) == [("320 米", ["济安药房"])]


def test_beside_another():
    # it is not the distance of 同春堂, which only says from where it counts
    assert subjects("济安药房离同春堂 300 米", search()) == [("300 米", ["同春堂", "济安药房"])]


def test_rides_and_days():
    found = subjects("1月6日的 G12 次 09:40 开，G14 次 10:28 开", trains())
    assert ("09:40", ["2026-01-06", "G12"]) in found and ("10:28", ["2026-01-06", "G14"]) in found
    found = subjects("明天最高 15°C，1月7日最高 9°C", weather())
    assert ("15°c", ["2026-01-06"]) in found and ("9°c", ["2026-01-07"]) in found
