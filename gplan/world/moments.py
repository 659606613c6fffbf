"""Other moments of a request: which ones a person could be in, which ones matter, and drawing them.

    order made ┐                  now                         order over
    newest thing done ┐            │                               │
    ──────────────────┴────────────●───────────────────────────────┴──→
                       earlier: here      later: here, or after the journey elsewhere

A twin stays on this line: histories and order are those of the anchor, so both must lie behind the person already.
"""

import itertools
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from data_process.almanac import CALENDAR_YEARS, is_holiday
from data_process.schema import CONTEXT, LABEL, REQUEST, TIME_FORMAT, Row
from data_process.situation import parse_time, short_term, situation
from gplan.world.places import Atlas, current_place, with_place

KINDS = ("time", "place", "both")
# From door to door into another city, by train or plane; rows give no distances.
JOURNEY = timedelta(hours=4)
# Requests are about fresh orders: 15 hours is the oldest of 500 real ones that have no end.
STAYS_FRESH = timedelta(hours=24)
# Orders with an end can be used until then, but a history that breaks off for longer is nobody's.
FURTHEST = timedelta(days=7)
# A stay ends at midnight of its last day in the data, in truth when the room must be left.
CHECK_OUT = timedelta(hours=14)
# Draws without a usable moment before the search for more is given up.
_MISSES = 24


def is_possible(anchor: Row, twin: Row, atlas: Atlas) -> str | None:
    """The reason why the person of ``anchor`` can't be in the moment ``twin``, or None if they can.

    Reasons: ``columns`` (more than the moment differs), ``time.unreadable``, ``time.too_early`` (the order was not
    made, or something in the history not done yet), ``time.too_late`` (the order is over or forgotten),
    ``flags.calendar`` (weekend or holiday flag contradict the date, or its holidays are not known),
    ``place.parts`` (POI, tag, city and district do not belong together), ``place.journey`` (no time to get there).
    """
    if any(anchor[name] != twin[name] for name in REQUEST if name not in CONTEXT):
        return "columns"
    now, then = parse_time(anchor["currenttime"]), parse_time(twin["currenttime"])
    if not now or not then:
        return "time.unreadable"
    earliest, latest = window(anchor, now)
    if then < earliest and then != now:
        return "time.too_early"
    if then > latest:
        return "time.too_late"
    if _flags(twin) != _flags_on(anchor, now, then.date()):
        return "flags.calendar"
    place = current_place(twin)
    if place != current_place(anchor) and not atlas.holds(place, anchor):
        return "place.parts"
    if place.city != anchor["current_city"] and then < now + JOURNEY:
        return "place.journey"
    return None


def what_matters(anchor: Row, twin: Row) -> list[str]:
    """What is different for a planner: ``["day_part", "at_order", "place"]``; nothing for a few minutes or doors.

    Names: ``day_part``, ``kind_of_day`` (weekend, holiday), ``at_order``, ``order_city``, ``home`` (there, or in its
    city), ``work``, ``place`` (its kind), ``order_begun``, ``order_ending`` (its end, or a stay's last day, has come).
    """
    ours, theirs = _planners_view(anchor), _planners_view(twin)
    return [name for name in ours if ours[name] != theirs[name]]


def window(anchor: Row, now: datetime) -> tuple[datetime, datetime]:
    """The first and the last moment at which the request's order and history are both as the anchor has them.

    That the order existed is certain from when it was made (``trigger_5``), else only from ``now`` on. Entries of the
    history have an hour: they are certainly done at its end, or ``now``.
    """
    known = [now - FURTHEST]
    if anchor["trigger_1"]:
        known.append(parse_time(anchor["trigger_5"]) or now)
    if history := anchor["short_term_behavior_seq"].strip():
        done = [last_on(one.month, one.day, one.hour, now) for one in short_term(history)]
        certain = bool(done) and None not in done
        known.append(min(now, max(done) + timedelta(hours=1)) if certain else now)
    earliest = max(known)

    end = parse_time(anchor["trigger_7"])
    made = [moment for name in ("trigger_5", "trigger_6") if (moment := parse_time(anchor[name]))]
    if end:
        over = end + CHECK_OUT if end.time() == time() else end
    else:
        over = max([*made, now] if not anchor["trigger_1"] else made or [now]) + STAYS_FRESH
    return earliest, max(now, earliest, min(over, now + FURTHEST))


def last_on(month: int, day: int, hour: int, now: datetime) -> datetime | None:
    """The newest such moment that is not after ``now``: histories give no year. None for a date that never was.

    ``last_on(12, 31, 23, datetime(2026, 1, 1))`` -> ``datetime(2025, 12, 31, 23)``
    """
    for year in range(now.year, now.year - 9, -1):  # 29 February can be eight years ago
        try:
            moment = datetime(year, month, day, hour)
        except ValueError:
            continue
        if moment <= now:
            return moment
    return None


def calendar(day: date) -> tuple[str, str] | None:
    """``(holidayflag, weekendflag)`` of a day, None where its year's holidays are not known here.

    ``calendar(date(2026, 5, 1))`` -> ``("1", "0")``
    """
    return (str(int(is_holiday(day))), str(int(day.weekday() >= 5))) if day.year in CALENDAR_YEARS else None


def candidates(anchor: Row, atlas: Atlas, rng: random.Random) -> Iterator[Row]:
    """Possible moments that matter, each another one: at another time, at another place, and both, in turn.

    Ends when draws find nothing new. The plan of a candidate is empty.
    """
    now = parse_time(anchor["currenttime"])
    if not now:
        return
    found, misses = set(), 0
    for kind in itertools.cycle(rng.sample(KINDS, len(KINDS))):
        twin = _draw(anchor, now, kind, atlas, rng)
        moment = twin and tuple(twin[name] for name in CONTEXT)
        if not twin or moment in found or is_possible(anchor, twin, atlas) or not what_matters(anchor, twin):
            misses += 1
            if misses == _MISSES:
                return
            continue
        found.add(moment)
        misses = 0
        yield twin


def _draw(anchor: Row, now: datetime, kind: str, atlas: Atlas, rng: random.Random) -> Row | None:
    twin = {**anchor, LABEL: ""}
    earliest, latest = window(anchor, now)
    if kind != "time":
        place = atlas.draw(anchor, rng, in_city=kind == "place")
        if not place or place == current_place(anchor):
            return None
        twin = with_place(twin, place)
        if place.city != anchor["current_city"]:
            earliest = now + JOURNEY
    if kind != "place":
        then = _draw_time(anchor, now, earliest, latest, rng)
        if not then:
            return None
        flags = _flags_on(anchor, now, then.date())
        twin |= {"currenttime": then.strftime(TIME_FORMAT), "holidayflag": flags[0], "weekendflag": flags[1]}
    return twin


def _draw_time(anchor: Row, now: datetime, earliest: datetime, latest: datetime, rng: random.Random) -> datetime | None:
    """A moment between two, mostly of the same day and by day, when most requests are made."""
    days = [earliest.date() + timedelta(n) for n in range((latest.date() - earliest.date()).days + 1)]
    days = [day for day in days if _flags_on(anchor, now, day)]
    if not days:
        return None
    weights = [6 if day == now.date() else 3 if abs((day - now.date()).days) == 1 else 1 for day in days]
    for _ in range(6):
        hour = rng.choices(range(24), [1 if 1 <= hour < 6 else 5 for hour in range(24)])[0]
        day = rng.choices(days, weights)[0]
        then = datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)))
        if earliest <= then <= latest:
            return then
    return None


def _flags(row: Row) -> tuple[str, str]:
    return row["holidayflag"], row["weekendflag"]


def _flags_on(anchor: Row, now: datetime, day: date) -> tuple[str, str] | None:
    """The flags of a day in the anchor's file: its own on its own day, those of the calendar if they agree there."""
    if day == now.date():
        return _flags(anchor)
    return calendar(day) if calendar(now.date()) == _flags(anchor) else None


def _planners_view(row: Row) -> dict[str, object]:
    s = situation(row)
    return {
        "day_part": s.day_part,
        "kind_of_day": (s.weekend, row["holidayflag"]),
        "at_order": s.at_order,
        "order_city": s.in_order_city,
        "home": (s.at_home, s.in_home_city),
        "work": s.at_work,
        "place": s.place,
        "order_begun": s.hours_to_start is not None and s.hours_to_start <= 0,
        "order_ending": s.hours_to_end is not None and s.hours_to_end <= 0,
    }
