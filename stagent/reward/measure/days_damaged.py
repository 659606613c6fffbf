"""Damage by another day or hour: what the same call gives for another date or departure, or at another time."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from stagent.queries.trajectory import CallStep
from stagent.reward.measure.expert import DERIVED, ExpertAnswers
from stagent.reward.measure.known import KnownValue, plain
from stagent.reward.measure.values_damaged import changed, said_of_another, text_like
from stagent.reward.measure.variant import ChangedAnswer, PlacedFact, with_names
from stagent.tools.calls import Calls

_DATED = ("weather_forecast_days", "travel_search_flights", "travel_search_trains")
_FARTHEST = 14  # days from now that dated tools know
_TRIES = 4
WAY = "another day's fact"


async def another_day(
    answers: ExpertAnswers, placed: PlacedFact, calls: Calls, rng: random.Random
) -> ChangedAnswer | None:
    """A value of the same key at another time: another date's fare, tomorrow's hours, the way at another hour."""
    fact = placed.fact
    if fact.how in DERIVED or fact.kind in ("name", "number", "open"):
        return None
    if fact.kind == "date":
        return _other_date(answers, placed, rng)
    source = answers.known.source(fact)
    if source is None:
        return None
    if "date" in _record(answers, source):
        beside = [one for one in answers.known.values if _same_but_date(answers, one, source)]
        if beside and rng.random() < 0.5:
            return said_of_another(answers, placed, beside, rng, WAY, "of the results")
    step = answers.trajectory.steps[source.step]
    assert isinstance(step, CallStep)
    for _ in range(_TRIES):
        value = await _value_elsewhen(step, source, calls, rng)
        if value is None:
            continue
        text = text_like(answers, placed, value)
        if text is not None and plain(text) != plain(fact.text):
            return changed(answers, placed, text, WAY, step.tool)
    return None


def _other_date(answers: ExpertAnswers, placed: PlacedFact, rng: random.Random) -> ChangedAnswer | None:
    """Another date of the results for a date of which something is said."""
    fact = placed.fact
    days = sorted({str(one.value) for one in answers.known.values if one.key == "date"} - {str(fact.value)})
    for day in rng.sample(days, len(days)):
        if (holds := answers.all_hold(fact.entity, day)) is not None:
            text = f"{int(day[5:7])}月{int(day[8:10])}日"
            trajectory = with_names(answers.trajectory, {fact.text: text})
            return ChangedAnswer(trajectory, WAY, "date", "of the results", fact.text, text, stays_true=holds)
    return None


def _record(answers: ExpertAnswers, source: KnownValue) -> dict[str, Any]:
    """The item of a result that a value stands in."""
    step = answers.trajectory.steps[source.step]
    assert isinstance(step, CallStep)
    return _at(step.content, source.path[:2]) if source.path[0] == "items" else {}


def _same_but_date(answers: ExpertAnswers, one: KnownValue, source: KnownValue) -> bool:
    if one.step != source.step or one.key != source.key or one.path[2:] != source.path[2:]:
        return False
    own, other = _record(answers, source), _record(answers, one)
    return own.get("number") == other.get("number") and own["date"] != other.get("date")


def _at(content: Any, path: Sequence[str | int]) -> Any:
    """What stands at a path; None where nothing does."""
    for key in path:
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            return None
    return content


async def _value_elsewhen(step: CallStep, source: KnownValue, calls: Calls, rng: random.Random) -> Any:
    """The value of the same record and key that the same call gives at another time; None: there is none."""
    if source.path[0] != "items":
        return None
    now, arguments = datetime.fromisoformat(step.clock), dict(step.arguments)
    item, clock = _at(step.content, source.path[:2]), now
    if step.tool in _DATED:
        day = datetime.fromisoformat(item["date"]).date() + timedelta(days=rng.choice((-3, -2, -1, 1, 2, 3)))
        if not 0 <= (day - now.date()).days <= _FARTHEST:
            return None
        arguments["date"] = day.isoformat()
        arguments.pop("days", None)
    elif step.tool == "map_compute_routes":
        arguments.pop("arrival_time", None)
        left = datetime.fromisoformat(arguments.get("departure_time", step.clock))
        arguments["departure_time"] = (left + timedelta(hours=rng.choice((2, 3, 5, 9, 12)))).isoformat()
    else:
        clock = now + timedelta(hours=rng.choice((5, 9, 14, 24, 48, 72, 96)))
    result = await calls.call(step.tool, arguments, clock)
    if result.outcome != "found":
        return None
    identity = [key for key in ("id", "number", "mode") if key in item]
    for other in result.content["items"]:
        if all(other.get(key) == item[key] for key in identity):
            return _at(other, source.path[2:])
    return None
