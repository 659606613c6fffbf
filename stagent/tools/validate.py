"""From what a caller sent to what a world is asked: every argument checked, and one form for all that means the same.

    {"query": " 咖啡馆", "radius": 5000.0, "center": "30.1,170.2", "region": null}
    → {"query": "咖啡馆", "center": (30.1, 170.2), "radius": 5000, "sort_by": "weight", …}

A type is never converted (``"5"`` is no number); what is dropped or rewritten changes no meaning: nulls, integral
floats, blanks, full-width forms, digits of a coordinate beyond the fifth, the order of ``modes``.
"""

import difflib
import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from stagent.tools.schemas import LONGEST_TEXT, Parameter, ToolSchema
from stagent.worlds.protocol import World

MOST_PROBLEMS = 10  # named in an answer; a call with a thousand unknown parameters gets no thousand lines
HORIZON = 15  # days that dates may lie ahead
_COORDINATE = re.compile(r"([+-]?\d{1,3}(?:\.\d{1,15})?) ?, ?([+-]?\d{1,3}(?:\.\d{1,15})?)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BUFFER_M = {"driving": 2000, "walking": 500}  # how far along-route searches look to the side where nothing is said


class ArgumentProblem(NamedTuple):
    """What is wrong with an argument, and what to give instead."""

    parameter: str
    problem: str
    allowed: str


class InvalidCall(Exception):
    """Arguments that can't be used; ``problems`` names each."""

    def __init__(self, problems: list[ArgumentProblem]):
        super().__init__("; ".join(f"{name}: {problem}" for name, problem, _ in problems))
        self.problems = problems


def read_arguments(tool: ToolSchema, arguments: Any, world: World, clock: datetime) -> dict[str, Any]:
    """The arguments as ``World.answer`` takes them.

    Raises:
        InvalidCall: with a problem for each argument that can't be used.
    """
    if not isinstance(arguments, dict):
        raise InvalidCall(
            [ArgumentProblem("arguments", f"应为 JSON 对象，收到{_kind(arguments)}", '如 {"query": "…"}')]
        )
    problems: list[ArgumentProblem] = []
    given = {name: value for name, value in arguments.items() if value is not None}
    known = {parameter.name: parameter for parameter in tool.parameters}
    # looking for the name that was meant takes 30 µs: of the 60,000 that fit into a request, two seconds
    for name in sorted(arguments.keys() - known.keys(), key=str)[:MOST_PROBLEMS]:
        problems.append(_unknown(name, known))
    values: dict[str, Any] = {}
    for name, parameter in known.items():
        if name in given:
            try:
                values[name] = _READERS[parameter.kind](parameter, given[name], world)
            except _Wrong as wrong:
                problems.append(ArgumentProblem(name + wrong.place, wrong.problem, wrong.allowed))
        elif parameter.required:
            problems.append(ArgumentProblem(name, "缺少必填参数", _allowed(parameter)))
    for name in given.keys() & known.keys():
        parameter = known[name]
        if parameter.needs and parameter.needs not in given:
            problems.append(
                ArgumentProblem(name, f"需要同时给出 {parameter.needs}", f"补上 {parameter.needs}，或去掉 {name}")
            )
        if parameter.excludes and name < parameter.excludes and parameter.excludes in given:
            problems.append(ArgumentProblem(parameter.excludes, f"不能与 {name} 同时给出", "只留一个"))
    if not problems:
        problems += _together(values, clock)
    if problems:
        raise InvalidCall(sorted(problems)[:MOST_PROBLEMS])
    filled = {name: values.get(name, parameter.default) for name, parameter in known.items()}
    if filled.get("buffer_radius", 0) is None:
        filled["buffer_radius"] = _BUFFER_M[filled["transport_mode"]]
    return {name: value for name, value in filled.items() if value is not None}


def clean(text: str) -> str:
    """Text in one form: NFKC, blanks folded, characters that nobody sees left out."""
    folded = unicodedata.normalize("NFKC", text)
    seen = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in folded
        if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")
    )
    return " ".join(seen.split())


class _Wrong(Exception):
    def __init__(self, problem: str, allowed: str, place: str = ""):
        self.problem, self.allowed, self.place = problem, allowed, place


def _unknown(name: Any, known: dict[str, Parameter]) -> ArgumentProblem:
    shown = _short(name)
    near = difflib.get_close_matches(str(name)[:40], known, n=1)
    return ArgumentProblem(
        shown, "没有这个参数" + (f"，是否为 {near[0]}" if near else ""), "可用参数 " + "、".join(known)
    )


def _together(values: dict[str, Any], clock: datetime) -> list[ArgumentProblem]:
    """What is wrong only beside another value, or at this time."""
    problems = []
    if values.get("sort_by") == "distance" and "center" not in values:
        problems.append(ArgumentProblem("sort_by", "distance 需要 center", "补上 center，或换一种排序"))
    if "price_min" in values and "price_max" in values and values["price_min"] > values["price_max"]:
        problems.append(ArgumentProblem("price_min", "大于 price_max", f"不超过 {values['price_max']}"))
    for name in ("departure_time", "arrival_time"):
        if name in values and values[name] < clock:
            problems.append(
                ArgumentProblem(
                    name, f"{values[name].isoformat()} 早于现在", f"{clock.isoformat(timespec='seconds')} 或以后"
                )
            )
    if "date" in values:
        today, last = clock.date(), clock.date() + timedelta(days=HORIZON)
        if not today <= values["date"] <= last:
            problems.append(ArgumentProblem("date", f"{values['date']} 超出可查询的日期", f"{today} 至 {last}"))
        else:
            # a forecast counts its days from the first, a journey's further days follow it
            most = (last - values["date"]).days + ("location" in values)
            if values.get("days", 0) > most:
                problems.append(ArgumentProblem("days", f"从 {values['date']} 起最多到 {last}", f"不超过 {most}"))
    return problems


def _text(parameter: Parameter, value: Any, world: World) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"应为文字，收到{_kind(value)}", _allowed(parameter))
    if len(value) > 10 * LONGEST_TEXT:  # not worth cleaning
        raise _Wrong(f"太长（{len(value)} 字）", _allowed(parameter))
    text = clean(value)
    if not text:
        raise _Wrong("是空的", _allowed(parameter))
    if len(text) > LONGEST_TEXT:
        raise _Wrong(f"太长（{len(text)} 字）", _allowed(parameter))
    return text


def _region(parameter: Parameter, value: Any, world: World) -> str:
    text = _text(parameter, value, world)
    return world.region(text) or text  # what is unknown here the world refuses, with the regions that it has


def _coordinate(parameter: Parameter, value: Any, world: World) -> tuple[float, float]:
    allowed = '“纬度,经度”，如 "30.12345,170.12345"'
    if not isinstance(value, str):
        raise _Wrong(f"应为坐标文字，收到{_kind(value)}", allowed)
    match = _COORDINATE.fullmatch(clean(value[:100]))
    if not match or len(value) > 100:
        raise _Wrong(f"“{_short(value)}”不是坐标；地名请先用 map_search_places 查到坐标", allowed)
    lat, lon = (round(float(part), 5) + 0.0 for part in match.groups())  # + 0.0: no -0.0
    if abs(lat) > 90 or abs(lon) > 180:
        swapped = "；纬度在前" if abs(lat) > 90 and abs(lon) <= 90 else ""
        raise _Wrong(f"“{_short(value)}”超出范围{swapped}", "纬度 -90 至 90，经度 -180 至 180")
    return lat, lon


def _place(parameter: Parameter, value: Any, world: World) -> str | tuple[float, float]:
    if isinstance(value, str) and _COORDINATE.fullmatch(clean(value[:100])):
        return _coordinate(parameter, value, world)
    return _region(parameter, value, world)


def _number(parameter: Parameter, value: Any, world: World) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _Wrong(f"应为数字，收到{_kind(value)}", _allowed(parameter))
    if not parameter.least <= value <= parameter.most:  # nor is a NaN
        raise _Wrong(f"{_short(value)} 超出范围", _allowed(parameter))
    return int(value) if value == int(value) else value


def _integer(parameter: Parameter, value: Any, world: World) -> int:
    number = _number(parameter, value, world)
    if not isinstance(number, int):
        raise _Wrong(f"应为整数，收到 {_short(value)}", _allowed(parameter))
    return number


def _flag(parameter: Parameter, value: Any, world: World) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f"应为 true 或 false，收到{_kind(value)}", "true 或 false")
    return value


def _choice(parameter: Parameter, value: Any, world: World) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"应为文字，收到{_kind(value)}", _allowed(parameter))
    text = clean(value[:LONGEST_TEXT])
    for allowed in parameter.allowed:
        if sorted(text.split("+")) == sorted(allowed.split("+")):  # avoid_tolls+avoid_highways is its mirror image
            return allowed
    near = difflib.get_close_matches(text, parameter.allowed, n=1)
    raise _Wrong(f"没有“{_short(value)}”这个选项" + (f"，是否为 {near[0]}" if near else ""), _allowed(parameter))


def _each(parameter: Parameter, value: Any, world: World, read) -> tuple:
    if not isinstance(value, (list, tuple)):
        raise _Wrong(f"应为列表，收到{_kind(value)}", _allowed(parameter))
    if not parameter.least <= len(value) <= parameter.most:
        raise _Wrong(f"有 {len(value)} 项", _allowed(parameter))
    entries = []
    for place, entry in enumerate(value):
        try:
            entries.append(read(parameter, entry, world))
        except _Wrong as wrong:
            raise _Wrong(wrong.problem, wrong.allowed, f"[{place}]") from None
    return tuple(entries)


def _coordinates(parameter: Parameter, value: Any, world: World) -> tuple[tuple[float, float], ...] | None:
    return _each(parameter, value, world, _coordinate) or None  # no stops on the way: as if not given


def _choices(parameter: Parameter, value: Any, world: World) -> tuple[str, ...]:
    chosen = set(_each(parameter, value, world, _choice))
    return tuple(choice for choice in parameter.allowed if choice in chosen)


def _time(parameter: Parameter, value: Any, world: World) -> datetime:
    allowed = "ISO 8601 日期时间，如 2026-01-05T09:00 或 2026-01-05T09:00:00+08:00"
    if not isinstance(value, str):
        raise _Wrong(f"应为时间文字，收到{_kind(value)}", allowed)
    text = clean(value[:40])
    try:
        if len(value) > 40 or not _DATE.match(text) or len(text) < 16:
            raise ValueError
        moment = datetime.fromisoformat(text).replace(microsecond=0)
        return (moment if moment.tzinfo else moment.replace(tzinfo=world.zone)).astimezone(world.zone)
    except (ValueError, OverflowError):  # year 1 has no time before it in another zone
        raise _Wrong(f"“{_short(value)}”不是可读的时间", allowed) from None


def _date(parameter: Parameter, value: Any, world: World) -> date:
    allowed = "YYYY-MM-DD，如 2026-01-05"
    if not isinstance(value, str):
        raise _Wrong(f"应为日期文字，收到{_kind(value)}", allowed)
    text = clean(value[:40])
    try:
        if len(value) > 40 or not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise _Wrong(f"“{_short(value)}”不是可读的日期", allowed) from None


_READERS = {
    "text": _text,
    "region": _region,
    "place": _place,
    "coordinate": _coordinate,
    "coordinates": _coordinates,
    "integer": _integer,
    "number": _number,
    "flag": _flag,
    "choice": _choice,
    "choices": _choices,
    "time": _time,
    "date": _date,
}


def _allowed(parameter: Parameter) -> str:
    """What a parameter takes, in words."""
    least, most = parameter.least, parameter.most
    if parameter.kind in ("choice", "choices"):
        return "可选 " + "、".join(parameter.allowed)
    if parameter.kind in ("integer", "number"):
        return f"{'整数' if parameter.kind == 'integer' else '数字'}，{least:g} 至 {most:g}"
    if parameter.kind == "coordinates":
        return f"{least:g} 至 {most:g} 个坐标的列表"
    if parameter.kind in ("text", "region", "place"):
        return f"{parameter.zh}，1 至 {LONGEST_TEXT} 字"
    return parameter.zh


def _kind(value: Any) -> str:
    names = {type(None): "空值", bool: "布尔值", int: "数字", float: "数字", str: "文字", list: "列表", dict: "对象"}
    return names.get(type(value), type(value).__name__)


def _short(value: Any) -> str:
    """A value as a message shows it: readable, on one line, and never long."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**12 else "很大的数"
    text = value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else type(value).__name__
    text = clean(text[:80])
    return text if len(text) <= 40 else f"{text[:40]}…"
