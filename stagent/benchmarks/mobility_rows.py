"""MobilityBench's rows from a user's file: a query, the calls expected for it, and the answers stored for these.

    query, context {"user_current_location": "lon,lat", "city": "…"}, task_scenario, intent_family,
    tool_list [{"name": "query_poi", "arguments": {"keywords": "…", "city": "…"}}, …],
    query_start_poi and std_start {"name": …, "location": "lon,lat", …}, … transit …, … end …, strategy_list, route_ans,
    and columns of other scenarios' answers; objects are Python literals or JSON

A place's answer stands beside the name that it was asked by, a route's in ``route_ans``; which columns hold the other
tools' answers is ``STORED``, read off the names of the published sample's columns, and can be said by ``--answer``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from stagent.benchmarks.answers import plain
from stagent.benchmarks.user_file import FileRow, file_rows, literal_of

FIELDS = ("query", "context", "task_scenario", "intent_family", "tool_list")
ROUTES = ("driving_route", "walking_route", "bicycling_route", "bus_route")
# A name that was asked for -> the place that was found.
_PLACES = (
    ("query_start_poi", "std_start"),
    ("query_transit_poi", "std_transit"),
    ("query_end_poi", "std_end"),
    ("query_poi", "poi_result"),
)
# Tool -> columns of which the first that holds something is its answer.
STORED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ROUTES, ("route_ans",)),
    "reverse_geocoding": ("location_ans", "formatted_address"),
    "search_around_poi": ("near_poi_info", "near_poi_ans"),
    "weather_query": ("weather", "weather_description"),
    "traffic_info": ("ans",),
}


class ExpectedCall(NamedTuple):
    """A call of the row's program; ``answer`` is what is stored for it, None: nothing."""

    tool: str
    arguments: dict[str, Any]
    answer: Any = None


@dataclass(frozen=True, slots=True)
class MobilityRow:
    """One row.

    Attributes:
        location: where the user is, ``"lon,lat"``; empty where it isn't said.
        slots: what a query says: start, end (texts), transit, strategies (lists).
    """

    number: int
    query: str
    city: str
    location: str
    scenario: str
    family: str
    calls: tuple[ExpectedCall, ...]
    slots: dict[str, Any]

    @property
    def id(self) -> str:
        return f"row/{self.number}"


def read_mobility(
    path: Path, names: Mapping[str, str], stored: Mapping[str, tuple[str, ...]] = STORED
) -> list[MobilityRow]:
    """Raises InputError: names file, row, field and what is allowed."""
    return [_row(row, stored) for row in file_rows(path, names)]


def _row(row: FileRow, stored: Mapping[str, tuple[str, ...]]) -> MobilityRow:
    context = row.literal("context", dict, 'an object like {"user_current_location": "lon,lat", "city": "…"}') or {}
    for name in ("user_current_location", "city"):
        if not isinstance(context.get(name, ""), str):
            raise row.wrong("context", f"{name} is no text", "a text is needed")
    return MobilityRow(
        number=row.number,
        query=row.text("query"),
        city=context.get("city", ""),
        location=context.get("user_current_location", ""),
        scenario=row.text("task_scenario"),
        family=row.text("intent_family"),
        calls=_answered(row, _expected(row), stored),
        slots={
            "start": row.words("query_start_poi"),
            "transit": _texts(row, "query_transit_poi"),
            "end": row.words("query_end_poi"),
            "strategies": _texts(row, "strategy_list"),
        },
    )


def _expected(row: FileRow) -> list[ExpectedCall]:
    allowed = 'a list of {"name": "…", "arguments": {…}}'
    listed = row.literal("tool_list", list, allowed)
    if listed is None:
        raise row.wrong("tool_list", "not there, or empty", f"{allowed} is needed")
    calls = []
    for place, each in enumerate(listed):
        if not isinstance(each, dict) or not isinstance(each.get("name"), str) or not each["name"]:
            raise row.wrong(f"tool_list[{place}]", "no name", f"{allowed} is needed")
        arguments = each.get("arguments", {})
        if not isinstance(arguments, dict) or not all(isinstance(name, str) for name in arguments):
            raise row.wrong(f"tool_list[{place}].arguments", "no object", "an object of named arguments is needed")
        calls.append(ExpectedCall(each["name"], arguments))
    return calls


def _answered(
    row: FileRow, calls: list[ExpectedCall], stored: Mapping[str, tuple[str, ...]]
) -> tuple[ExpectedCall, ...]:
    """The calls with what is stored for them. A column's answer is the last call's of its tools: it is the result."""
    places = dict(_places(row))
    found = []
    taken: set[str] = set()
    for call in reversed(calls):
        answer = places.get(plain(str(call.arguments.get("keywords", ""))))
        if call.tool in stored:
            column = next((each for each in stored[call.tool] if row.given(each) is not None), "")
            answer = _value(row.given(column)) if column and column not in taken else None
            taken.add(column)
        found.append(call._replace(answer=answer))
    return tuple(reversed(found))


def _places(row: FileRow) -> Iterator[tuple[str, Any]]:
    """(name asked for, place found) of the columns that hold places; several stand in lists of equal length."""
    for asked, standard in _PLACES:
        names, found = _value(row.given(asked)), _value(row.given(standard))
        if names is None or found is None:
            continue
        if isinstance(names, list) and isinstance(found, list):
            yield from ((plain(str(name)), place) for name, place in zip(names, found, strict=False))
        else:
            yield plain(str(names)), found


def _value(cell: Any) -> Any:
    return literal_of(cell) if isinstance(cell, str) else cell


def _texts(row: FileRow, name: str) -> list[str]:
    """A list of texts from a list, or from one text."""
    value = _value(row.given(name))
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
