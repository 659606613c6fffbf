"""A row's comparisons as numbers: what the forest that the world is checked against sees, and the baselines."""

from collections import Counter

from data_process.schema import Row
from data_process.situation import DAY_PARTS, PHASES, PLACE_KINDS, long_term, place_kind, short_term, situation

_KINDS = tuple(kind for kind, _ in PLACE_KINDS)  # "其他" is among them
UNKNOWN = -999.0  # hours that are unknown: far from every known value, so that one split sets them apart


def features(row: Row) -> list[float]:
    """The row's comparisons as numbers: flags, hours, one-hot kinds, and counts of the histories."""
    s = situation(row)
    flags = [s.at_order, s.in_order_city, s.in_order_district, s.in_home_city, s.order_in_home_city, s.weekend]
    hours = [UNKNOWN if h is None else h for h in (s.hours_since_order, s.hours_to_start, s.hours_to_end)]
    choices = [
        (s.order, ("酒店", "加油", "充电桩", "门票", "其他")),
        (s.place, _KINDS),
        (s.day_part, tuple(name for *_, name in DAY_PARTS)),
        (s.last_phase, PHASES),
        (s.last_place, _KINDS),
    ]
    short = short_term(row["short_term_behavior_seq"])
    lately = Counter(place_kind(behaviour.tag) for behaviour in short)
    often = Counter(place_kind(place.tag) for place in long_term(row["long_term_behavior"]))
    counts = [
        len(short),
        sum(b.phase == "异地行中" for b in short),
        *(lately[k] for k in _KINDS),
        often["住宅"],
        often["公司"],
    ]
    return [*map(float, flags), *hours, float(s.hour), *(float(v == o) for v, os in choices for o in os), *counts]
