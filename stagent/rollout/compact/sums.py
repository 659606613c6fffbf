"""What follows from two values: the model says of which, the codec calculates.

<minus> <6> <.duration_s> <7> <.duration_s>      how much longer one way takes
<plus>  <6> <.departure>  <6> <.duration_s>      when one arrives; of equal kinds the sum
<times> 3 <6> <.fare_yuan>                       what three tickets cost
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from stagent.rollout.compact.fields import FieldValue
from stagent.rollout.compact.things import Things
from stagent.rollout.compact.vocabulary import handle_of, path_of

OPERATIONS = ("<minus>", "<plus>", "<times>")
_AMOUNTS = ("money", "distance", "duration", "count", "mass")  # of which there can be more: no rating, no temperature
_DAY_MINUTES = 24 * 60


def field_at(tokens: Sequence[str], place: int, things: Things) -> tuple[FieldValue | None, int]:
    """The field that a handle and a path point to, and how many tokens these are: 1 without a path."""
    number = handle_of(tokens[place]) if place < len(tokens) else None
    if number is None:
        return None, 0
    path = path_of(tokens[place + 1]) if place + 1 < len(tokens) else ""
    if not path:
        return None, 1
    fields = things.all[number].fields if number < len(things.all) else {}
    return fields.get(path), 2


def sum_at(tokens: Sequence[str], place: int, things: Things) -> tuple[FieldValue | None, int]:
    """The value of an operation and the tokens it takes; None where its parts don't go together."""
    operation = tokens[place]
    if operation == "<times>":
        count = tokens[place + 1] if place + 1 < len(tokens) else ""
        if len(count) != 1 or not count.isdecimal():
            return None, 1
        value, length = field_at(tokens, place + 2, things)
        return (times(int(count), value) if value else None), 2 + length
    first, length = field_at(tokens, place + 1, things)
    second, further = field_at(tokens, place + 1 + length, things)
    result = None
    if first and second:
        result = (minus if operation == "<minus>" else plus)(first, second)
    return result, 1 + length + further


def times(count: int, value: FieldValue) -> FieldValue | None:
    return FieldValue(value.kind, count * value.value) if value.kind in _AMOUNTS else None


def minus(first: FieldValue, second: FieldValue) -> FieldValue | None:
    """The distance of two values of a kind; of two moments a duration."""
    if first.kind != second.kind:
        return None
    if first.kind == "clock":
        return FieldValue("duration", abs(_minutes(first) - _minutes(second)) * 60)
    return FieldValue(first.kind, _rounded(abs(first.value - second.value))) if _number(first) else None


def plus(first: FieldValue, second: FieldValue) -> FieldValue | None:
    """The sum of two amounts of a kind; of a moment and a duration the moment at its end."""
    if first.kind == "clock" and second.kind == "duration":
        return _end(first, second.value)
    if first.kind != second.kind or first.kind not in _AMOUNTS:
        return None
    return FieldValue(first.kind, _rounded(first.value + second.value))


def _end(start: FieldValue, seconds: float) -> FieldValue:
    if start.moment:
        end = datetime.fromisoformat(start.moment) + timedelta(seconds=seconds)
        return FieldValue("clock", end.strftime("%H:%M"), end.isoformat())
    hour, minute = divmod((_minutes(start) + int(seconds // 60)) % _DAY_MINUTES, 60)  # 24:00, as a page may say, too
    return FieldValue("clock", f"{hour:02d}:{minute:02d}")


def _number(value: FieldValue) -> bool:
    return isinstance(value.value, int | float) and not isinstance(value.value, bool)


def _minutes(clock: FieldValue) -> int:
    hour, minute = clock.value.split(":")[:2]
    return int(hour) * 60 + int(minute)


def _rounded(value: float) -> float:
    return round(value, 2) if isinstance(value, float) else value
