"""Lines with instructions: any objects with ``text``, or a task's ``turns``, and perhaps a ``context``.

{"text": "附近还开着的药店", "context": {"clock": "2026-01-05T09:00:00+08:00", "city": "澜屿市", …}, "id": 7}
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stagent.queries.task import Context, TaskError, check_annotation, read_lines
from utils import InputError

LONGEST = 20_000  # characters; no instruction has as many


class Instruction(NamedTuple):
    """A line of a file.

    Attributes:
        number: of the line, from 1; value: what stands there; text: the user's words, a turn a line.
        context: what is known besides, as a model reads it; "": nothing.
    """

    number: int
    value: dict[str, Any]
    text: str
    context: str


def read_records(path: Path) -> Iterator[Instruction]:
    """The records of a file, as they come.

    Raises:
        InputError: a line that is broken, without words, or whose annotation the taxonomy doesn't have; names file,
            line and field.
    """
    for number, value in read_lines(path):
        try:
            yield record_of(value, number)
        except TaskError as error:
            raise InputError(f"{path}, line {number}: {error}") from None


def record_of(value: Any, number: int = 1) -> Instruction:
    """Raises TaskError, which names the field."""
    if not isinstance(value, dict):
        raise TaskError("no object; an object with text, or with turns, is needed")
    check_labels(value)
    return Instruction(number, value, text_of(value), context_of(value.get("context")))


def text_of(value: Mapping[str, Any]) -> str:
    """The user's words: ``text``, or ``turns`` with a line each. Raises TaskError."""
    if "text" in value:
        text = value["text"]
        if not isinstance(text, str):
            raise TaskError("text: words are needed")
    elif "turns" in value:
        turns = value["turns"]
        if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
            raise TaskError("turns: a list of texts is needed")
        text = "\n".join(turns)
    else:
        raise TaskError("no field 'text' or 'turns'")
    if not text.strip():
        raise TaskError(f"{'text' if 'text' in value else 'turns'}: it is empty")
    if len(text) > LONGEST:
        raise TaskError(f"text: {len(text):,} characters; an instruction has at most {LONGEST:,}")
    return text


def context_of(value: Any) -> str:
    """A context as a model reads it: a task's, a text, or any object. Raises TaskError."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        raise TaskError("context: a text or an object is needed")
    try:
        return Context(**value).text()
    except (TypeError, ValueError, AttributeError):
        return "；".join(f"{name}：{_shown(entry)}" for name, entry in value.items())


def _shown(entry: Any) -> str:
    return entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False)


def check_labels(value: Mapping[str, Any]) -> None:
    """Raises TaskError for an annotation or a difficulty that the taxonomy doesn't have; names the field."""
    for name, kind in (("primary", str), ("secondary", list), ("auxiliary", list), ("temporal", dict)):
        given = value.get(name)
        if given is not None and not isinstance(given, kind):
            raise TaskError(
                f"{name}: {'a text' if kind is str else 'a list' if kind is list else 'an object'} is needed"
            )
        if kind is list and not all(isinstance(each, str) for each in given or ()):
            raise TaskError(f"{name}: a list of texts is needed")
    if value.get("primary") is not None:
        check_annotation(
            value["primary"], value.get("secondary") or (), value.get("auxiliary") or (), value.get("temporal") or {}
        )
    level = value.get("difficulty")
    if level is not None and (type(level) is not int or not -1 <= level <= 5):
        raise TaskError(f"difficulty {level!r}; a whole number from -1 to 5 is needed")
