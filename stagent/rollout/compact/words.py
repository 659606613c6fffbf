"""Finds the small model's words: what users and answers repeat, without the names of the world.

A name that stands in the vocabulary would be learned by heart, and a city never seen would be unspeakable.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import rjieba

from stagent.queries.scene import Gazetteer
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.rollout.compact.fields import KEYS, shown, things_of
from stagent.rollout.compact.vocabulary import CompactVocabulary

_LEAST, _LEAST_CHARACTER, _LEAST_PHRASE = 3, 25, 6  # times that a word, a single character, a whole piece is seen
_LONGEST_PHRASE = 24


class WordCounts:
    """How often words, whole pieces of answers and fields are seen in trajectories.

    Args:
        names: of the world (``names_of``).
    """

    def __init__(self, names: Iterable[str]):
        self._names = NameCutter(names)
        self._words: Counter[str] = Counter()
        self._heard: Counter[str] = Counter()
        self._phrases: Counter[str] = Counter()
        self._fields: Counter[str] = Counter()

    def add(self, trajectory: Trajectory) -> None:
        for counts, texts in ((self._heard, _said_to_it(trajectory)), (self._words, _said_by_it(trajectory))):
            for text in texts:
                for part in self._names.without(text):
                    counts.update(rjieba.cut(part))
        for literal in _literals(trajectory):
            if len(literal) <= _LONGEST_PHRASE and [*self._names.without(literal)] == [literal]:
                self._phrases[literal] += 1
        for step in trajectory.steps:
            if isinstance(step, CallStep):
                _count_fields(step, self._words, self._fields)

    def vocabulary(self) -> CompactVocabulary:
        """What was seen often enough; nothing with a digit."""
        heard = [word for word in self._heard if _kept(word, self._heard[word])]
        words = [word for word in self._words if _kept(word, self._words[word])]
        words += [phrase for phrase, count in self._phrases.items() if count >= _LEAST_PHRASE and not _digits(phrase)]
        fields = [path for path, count in self._fields.items() if count >= _LEAST]
        return CompactVocabulary(sorted({*words, *heard}), sorted(heard), sorted(fields))


def _kept(word: str, count: int) -> bool:
    return count >= (_LEAST if len(word) > 1 else _LEAST_CHARACTER) and not _digits(word)


def names_of(gazetteer: Gazetteer) -> set[str]:
    """Names of places, cities (with 市 and without) and districts."""
    names: set[str] = set()
    for city in gazetteer.cities:
        names |= {city.name, city.name.removesuffix("市")}
        names |= {name for place in city.places for name in (place.name, place.district)}
    return names


def _digits(text: str) -> bool:
    return "<" in text or any(character.isascii() and character.isdigit() for character in text)


def _said_to_it(trajectory: Trajectory) -> Iterator[str]:
    """What users say, and what profiles do."""
    yield from (step.text for step in trajectory.steps if isinstance(step, UserStep))
    yield from (value for value in trajectory.task.context.profile.values() if "," not in value)
    yield from trajectory.task.context.profile


def _said_by_it(trajectory: Trajectory) -> Iterator[str]:
    """What the agent asks and answers, and the pages that it reads."""
    calls = trajectory.calls()
    yield from (str(call.arguments["query"]) for call in calls if "query" in call.arguments)
    yield from _literals(trajectory)
    for call in calls:
        yield from (str(item.get("excerpt", "")) for item in call.content.get("items", ())[:2])


def _literals(trajectory: Trajectory) -> Iterator[str]:
    for step in trajectory.steps:
        if isinstance(step, AnswerStep):
            for piece in step.pieces or (step.text,):
                if isinstance(piece, str):
                    yield piece
                elif piece.kind == "open":
                    yield piece.text


def _count_fields(step: CallStep, words: Counter[str], fields: Counter[str]) -> None:
    found = [*things_of(step.content)]
    for thing, column in zip(found, shown(found), strict=True):
        fields.update(thing.fields.keys())
        words.update(value.value for _, value in column if value.kind == "word")


class NameCutter:
    """Names to cut out of texts."""

    def __init__(self, names: Iterable[str]):
        self._names = {name for name in names if len(name) > 1 and name not in KEYS}
        self._longest = max(map(len, self._names), default=0)

    def without(self, text: str) -> Iterator[str]:
        """What stands between the names."""
        start = place = 0
        while place < len(text):
            length = next(
                (
                    n
                    for n in range(min(self._longest, len(text) - place), 1, -1)
                    if text[place : place + n] in self._names
                ),
                0,
            )
            if length:
                if place > start:
                    yield text[start:place]
                start = place = place + length
            else:
                place += 1
        if place > start:
            yield text[start:place]
