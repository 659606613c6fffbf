"""A result in tokens: each thing by its handle, with what is shown of it in steps; a column's ends are marked.

<result> <7> 药店 <open> <rating 4.6> <distance 9> <least> <8> 药店 <closed> <rating 4.8> <most> … <end>
"""

from collections.abc import Iterator, Sequence
from typing import Any

from stagent.rollout.compact.fields import FieldValue, missing, shown, things_of
from stagent.rollout.compact.pages import numbers_of
from stagent.rollout.compact.things import Things
from stagent.rollout.compact.vocabulary import CompactVocabulary, clock_tokens, day_token, handle, step_token

MOST_THINGS, _MOST_PAGES = 10, 2
_OUTCOMES = {"empty": "<empty>", "unavailable": "<unavailable>", "error": "<error>", "failed": "<error>"}


def result_tokens(outcome: str, content: dict[str, Any], things: Things, vocabulary: CompactVocabulary) -> list[str]:
    """What is shown of a result, and what it has is known from now on.

    ``<more>``: it has further things; of these only a column's ends are shown, and can be pointed to.
    """
    tokens = [_OUTCOMES[outcome]] if outcome in _OUTCOMES else []
    found = list(things_of(content))
    columns = shown(found)
    marks = _ends(columns)
    for place, (thing, column) in enumerate(zip(found, columns, strict=True)):
        if place == (_MOST_PAGES if thing.text else MOST_THINGS):
            tokens.append("<more>")
        if place >= (_MOST_PAGES if thing.text else MOST_THINGS) and not any(
            (place, path) in marks for path, _ in column
        ):
            continue
        number = things.found(thing)
        if number is None:
            break
        tokens.append(handle(number))
        for path, value in column:
            tokens += [*_shown(value, things, vocabulary), *marks.get((place, path), ())]
        for path in missing(thing):
            tokens += ["<none>", f"<.{path}>"]
        tokens += _page(thing.text, vocabulary)
    return [token for token in tokens if token in vocabulary.ids]


def _page(text: str, vocabulary: CompactVocabulary) -> Iterator[str]:
    """A page's text: what it has words for, and where its numbers stand."""
    numbers = {number.start: number for number in numbers_of(text)}
    place = 0
    while place < len(text):
        if number := numbers.get(place):
            yield f"<.{number.path}>"
            place = number.end
            continue
        word = vocabulary.longest(text, place)
        if len(word) > 1:  # a single character is part of something else, or a mark
            yield word
        place += max(len(word), 1)


def _ends(columns: Sequence[Sequence[tuple[str, FieldValue]]]) -> dict[tuple[int, str], tuple[str, ...]]:
    """Where a column has its least and its most, the first of equals: steps don't tell close values apart."""
    values: dict[str, list[tuple[float, int]]] = {}
    for place, column in enumerate(columns):
        for path, value in column:
            if isinstance(value.value, int | float) and not isinstance(value.value, bool):
                values.setdefault(path, []).append((value.value, place))
    marks: dict[tuple[int, str], tuple[str, ...]] = {}
    for path, each in values.items():
        least, most = min(each), max(each, key=lambda pair: (pair[0], -pair[1]))
        if least[0] != most[0]:
            marks[least[1], path], marks[most[1], path] = ("<least>",), ("<most>",)
    return marks


def _shown(value: FieldValue, things: Things, vocabulary: CompactVocabulary) -> list[str]:
    if value.kind == "open":
        return ["<open>" if value.value else "<closed>"]
    if value.kind == "clock":
        return clock_tokens(value.value)
    if value.kind == "date":
        return [day_token(things.days_to(value.value)) or "<?>"]
    if value.kind in ("word", "name", "hours", "phone", "number"):
        known = value.value in vocabulary.ids and vocabulary.is_text(value.value)  # a list called <end> is no mark
        return [value.value if known else "<?>"]
    return [step_token(value.kind, value.value)]
