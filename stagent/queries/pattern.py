"""What a kind of instruction consists of: how its slots are drawn, worded, checked and solved.

draw(scene) → slots ─► wordings → turns
                   ├─► truth(slots, scene) → what an answer must say
                   └─► solve(slots, episode) → calls and an answer
"""

import random
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from stagent.queries.answer import Piece
from stagent.queries.episode import Episode
from stagent.queries.scene import Scene
from stagent.queries.task import Unsolvable

Slots = dict[str, Any]
_CHOICE = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Truth:
    """What is right for a pattern's slots: as the fields of ``stagent.queries.task.Task``.

    Attributes:
        untold: -1 (missing information or tool) or 0 (no tool); None: the number of calls of the expert decides.
    """

    expects: tuple[dict[str, Any], ...]
    secondary: tuple[str, ...] = ()
    auxiliary: tuple[str, ...] = ()
    temporal: dict[str, str] = field(default_factory=dict)
    unsolvable: Unsolvable = ""
    untold: int | None = None


class QueryPattern(ABC):
    """A kind of instruction. Subclasses set the attributes and the four methods.

    Attributes:
        name: unique, ``"nearest_open"``.
        leaf: of the taxonomy.
        wordings: for each turn of the conversation, the ways to say it: templates with ``{slot}`` for slots and
            ``(a|b|)`` for alternatives, which may hold slots and nest.
        held_out: whether the kind is kept for testing.
        weight: how often it is drawn, beside 1 of most.
        long_tail: a rare combination of tools.
    """

    name: str
    leaf: str
    wordings: tuple[tuple[str, ...], ...]
    held_out = False
    long_tail = False
    weight = 1.0

    @abstractmethod
    def draw(self, scene: Scene) -> Slots | None:
        """Slots as plain JSON, texts ready for the wordings among them; None: this world or city can't serve it.

        Cheap: no tool is called.
        """

    @abstractmethod
    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        """What a right answer says, from the world itself or its tools; None: with these slots nothing can be asked."""

    @abstractmethod
    async def solve(self, slots: Slots, episode: Episode) -> None:
        """Answers by calling tools. May use only what the words, the context and results tell.

        Raises:
            Unsolved: the reason is then told to the user.
        """


def worded(templates: tuple[str, ...], slots: Slots, rng: random.Random) -> str:
    """A wording with its alternatives drawn and its slots filled: ``"(请|)查{city}天气"`` → ``"请查澜屿市天气"``."""
    return _chosen(templates, rng).format_map(slots)


def sentence(templates: tuple[str, ...], rng: random.Random, **parts: Piece | Sequence[Piece]) -> list[Piece]:
    """An answer's sentence in pieces, drawn and filled as a wording is.

    ``sentence(("(去|到){place}要{time}。",), rng, place=…, time=…)`` → ``["去", Fact(…), "要", Fact(…), "。"]``
    """
    pieces: list[Piece] = []
    for text, name, _, _ in Formatter().parse(_chosen(templates, rng)):
        if text:
            pieces.append(text)
        if name is not None:
            part = parts[name]
            pieces += part if isinstance(part, list | tuple) else [part]
    return [piece for piece in pieces if piece != ""]


def _chosen(templates: tuple[str, ...], rng: random.Random) -> str:
    text = rng.choice(templates)
    while choice := _CHOICE.search(text):
        text = text[: choice.start()] + rng.choice(choice.group(1).split("|")) + text[choice.end() :]
    return text


def difficulty(calls: int) -> int:
    """1 to 5 for the number of calls that are needed (the paper's rubric: 1, 2, 3, 4 to 6, 7 and more)."""
    return min(calls, 4) if calls < 7 else 5
