"""Triggers: the requests of a log that imply a need of several steps, and why each was picked (GPlan, section 3.2).

    python synthesize.py triggers ROWS.csv PICKED.csv [--force] [--json]

PICKED.csv holds the picked rows as they are, in file order; ``PICKED.csv.triggers.jsonl`` says for each why:

    {"row": 7, "picked": 3, "id": "100007", "kinds": ["arrival", "hotel"], "why": ["…", "…"]}

What a row can say, and what not:

- ``arrival``, a cross-city arrival: the current city is not the home city (``profile_feat_5``), and the person is at
  a station, airport or port now, or has a behaviour at one within ``ARRIVAL_HOURS``. Being in another city is not
  enough: 99 % of real rows are. Whether a behaviour was a visit or only a search can't be told, for the action codes
  (``act_1`` …) are anonymised, and its time is a full hour without a year.
- ``ride``, an active ride: GSISR has no ride orders (``trigger_1`` has five kinds, none of them a ride), so the
  nearest that a row says is that the person is on the road: at a motorway service area or a toll gate now, or with
  a behaviour there within ``RIDE_HOURS``.
- ``hotel``, ``ticket``, ``fuel``, ``charging``: an order of that kind that is not over, that is, its end
  (``trigger_7``; a date where the clock stands at the day's very start or end) is not before now, or it has none.
  Orders of the kind 其他 say nothing of what they are for and pick no row by themselves.

A row can have several kinds; the first in the order of ``KINDS`` is its primary one.
"""

import argparse
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from data_process.files import whole, write_jsonl
from data_process.schema import Row, write_rows
from data_process.situation import behaviour_time, is_date, parse_time, place_kind, short_term
from data_process.usable import add_bad_rows, read_usable
from gplan.synthesis.augment import BAD_ROWS_SUFFIX, check_paths, write_atomically
from utils import InputError

# Most steps ahead first: who arrives needs a way on, food, a bed; who refuels little more than the station.
KINDS = ("arrival", "ride", "hotel", "ticket", "fuel", "charging")
ORDER_KINDS = {"酒店": "hotel", "门票": "ticket", "加油": "fuel", "充电桩": "charging"}
ARRIVAL_HOURS = 3
RIDE_HOURS = 1
LIST_SUFFIX = ".triggers.jsonl"


class Trigger(NamedTuple):
    """Why a row was picked; ``row`` counts from 0 in the file it was picked from."""

    row: int
    kind: str  # one of KINDS
    why: str  # in words, with the fields' values


def pick(rows: list[Row]) -> list[Trigger]:
    """The triggers of all rows, in row order, a row's primary one first; a row without any is not in it.

    ``pick([at_home_without_order, at_a_station_with_a_hotel])`` ->
    ``[Trigger(1, "arrival", "…"), Trigger(1, "hotel", "…")]``
    """
    return [Trigger(number, kind, why) for number, row in enumerate(rows) for kind, why in triggers_of(row)]


def triggers_of(row: Row) -> list[tuple[str, str]]:
    """The kinds of one row in the order of ``KINDS``, each with its reason; the label is not looked at.

    ``[("arrival", "现在在高铁站（current_tag），所在城市南宁市不是常驻城市泉州市"), ("hotel", "酒店订单，离店 …")]``
    """
    found = {"arrival": _arrival(row), "ride": _on_the_way(row, "服务区", RIDE_HOURS)}
    if kind := ORDER_KINDS.get(row["trigger_1"]):
        found[kind] = _open_order(row)
    return [(kind, found[kind]) for kind in KINDS if found.get(kind)]


def _arrival(row: Row) -> str:
    home, city = row["profile_feat_5"], row["current_city"]
    if not home or not city or home == city:
        return ""
    way = _on_the_way(row, "车站", ARRIVAL_HOURS)
    return way and f"{way}，所在城市{city}（current_city）不是常驻城市{home}（profile_feat_5）"


def _on_the_way(row: Row, kind: str, hours: float) -> str:
    """In words, that the person is at a place of that kind or has a behaviour there within so many hours; else ``""``.

    ``"现在在服务区（current_tag）"``, ``"2月9日20点的行为在高铁站（short_term_behavior_seq）"``
    """
    if place_kind(row["current_tag"]) == kind:
        return f"现在在{row['current_tag']}（current_tag）"
    now = parse_time(row["currenttime"])
    for one in reversed(short_term(row["short_term_behavior_seq"])):
        time = now and behaviour_time(one, now)
        if time and place_kind(one.tag) == kind and (now - time).total_seconds() <= hours * 3600:
            return f"{one.month}月{one.day}日{one.hour}点的行为在{one.tag}（short_term_behavior_seq）"
    return ""


def _open_order(row: Row) -> str:
    """``"酒店订单（trigger_1），结束2026-02-11 00:00:00（trigger_7），未过"``; ``""`` for an order that is over."""
    now, end = parse_time(row["currenttime"]), parse_time(row["trigger_7"])
    order = f"{row['trigger_1']}订单（trigger_1）"
    if not end:
        unread = f"，结束时间不可读：{row['trigger_7']}" if row["trigger_7"] else "，没有结束时间"
        return f"{order}{unread}（trigger_7），视为未过"
    if not now:
        return f"{order}，结束{row['trigger_7']}（trigger_7），当前时间不可读，视为未过"
    return "" if _is_over(now, end) else f"{order}，结束{row['trigger_7']}（trigger_7），未过"


def _is_over(now: datetime, end: datetime) -> bool:
    # Who leaves a hotel today has today's 00:00:00.
    return end.date() < now.date() if is_date(end) else end < now


def pick_file(source: Path, target: Path, *, force: bool, bad_rows: str = "stop") -> dict:
    """Reads, picks and writes both files; returns what ``--json`` prints.

    Raises:
        InputError: rows that can't be read, a target that stands in the way, or no row that has a trigger.
    """
    listing = Path(f"{target}{LIST_SUFFIX}")
    for path in (target, listing):
        check_paths(source, path, force=force)
    rows, numbers, count = read_usable(source, bad_rows, f"{target}{BAD_ROWS_SUFFIX}")
    triggers = pick(rows)
    if not triggers:
        raise InputError(f"{source}: none of {len(rows)} rows has a trigger ({', '.join(KINDS)}); give other rows")
    by_row: dict[int, list[Trigger]] = {}
    for one in triggers:
        by_row.setdefault(one.row, []).append(one)
    lines = [
        {
            "row": numbers[row],
            "picked": picked,
            "id": rows[row]["id"],
            "kinds": [one.kind for one in found],
            "why": [one.why for one in found],
        }
        for picked, (row, found) in enumerate(by_row.items())
    ]
    primary = Counter(found[0].kind for found in by_row.values())
    # The rows last: where PICKED.csv stands, its list is whole.
    write_jsonl(listing, lines)
    _write_picked(source, target, [rows[row] for row in by_row], everything=len(by_row) == count)
    return {
        "input": str(source),
        "output": str(target),
        "rows": count,
        "bad_rows": count - len(rows),
        "picked": len(by_row),
        "kinds": {kind: sum(one.kind == kind for one in triggers) for kind in KINDS},
        "primary": {kind: primary[kind] for kind in KINDS},
    }


def _write_picked(source: Path, target: Path, rows: list[Row], *, everything: bool) -> None:
    if everything:
        write_atomically(source, target, rows)  # with the .meta.json of a world file: it still describes these rows
        return
    with whole(target) as partial:
        write_rows(partial, rows)
        # Under --force a meta file of the overwritten table would describe other rows.
        Path(f"{target}.meta.json").unlink(missing_ok=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="ROWS.csv", type=Path, help="GSISR CSV, real or generated; labels not needed")
    parser.add_argument("target", metavar="PICKED.csv", type=Path, help="the picked rows, as they are")
    add_bad_rows(parser)
    parser.add_argument("--force", action="store_true", help="overwrite PICKED.csv and its list")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON and nothing else")


def run(args: argparse.Namespace) -> int:
    result = pick_file(args.source, args.target, force=args.force, bad_rows=args.bad_rows)
    if args.json:
        print(json.dumps(result, ensure_ascii=False))
        return 0
    print(f"{args.target}: {result['picked']} of {result['rows']} rows picked, each once as its primary kind")
    for kind in KINDS:
        print(f"  {kind:10s}{result['primary'][kind]:8d}  (with other kinds: {result['kinds'][kind]})")
    return 0
