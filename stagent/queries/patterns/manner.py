"""How one answer says its values: a form for each kind, drawn by the task's id, so that one answer doesn't mix them."""

import random
from collections.abc import Sequence
from typing import Any

from stagent.queries.answer import Fact, Piece
from stagent.queries.episode import Episode
from stagent.queries.pattern import sentence
from stagent.queries.sayings import forms

_USUAL = 0.5  # how often a kind is said in its usual form


class Manner:
    """The manner of one episode's answers.

    Attributes:
        rng: of the wordings, by the task's id.
    """

    def __init__(self, episode: Episode):
        self.rng = random.Random(f"manner-{episode.task.id}")
        self._today = episode.context.clock
        self._styles: dict[str, float] = {}

    def fact(self, kind: str, value: Any, entity: str = "", how: str = "given") -> Fact:
        """A value as this answer says its kind."""
        ways = list(forms(kind, value, self._today))
        if kind == "date":
            ways.pop(1)  # 2026-01-06 is how programs write
        style = self._styles.setdefault(kind, 0.0 if self.rng.random() < _USUAL else self.rng.random())
        return Fact(ways[int(style * len(ways))], kind, value, entity, how)

    def day(self, date: str) -> Fact:
        return self.fact("date", date, date)

    def count(self, value: int, entity: str = "", how: str = "given") -> Fact:
        return Fact(str(value), "count", value, entity, how)

    def say(self, *ways: str, **parts: Piece | Sequence[Piece]) -> list[Piece]:
        """A sentence, as ``sentence`` draws and fills it."""
        return sentence(ways, self.rng, **parts)


def word(text: str, entity: str = "") -> Fact:
    """A text of a result as it stands there."""
    return Fact(text, "word", text, entity)


def called(name: str) -> Fact:
    return Fact(name, "name", name, name)
