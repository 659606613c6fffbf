"""What no tool does, and what lacks something that only the user knows: kinds of instructions as data."""

from collections.abc import Callable, Sequence

from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.manner import Manner
from stagent.queries.scene import Scene
from stagent.queries.task import Unsolvable

Draw = Callable[[Scene], Slots | None]


def no_slots(scene: Scene) -> Slots:
    """For instructions that are said the same everywhere."""
    return {}


class Unserved(QueryPattern):
    """An instruction that can't be served as it is, wherever and whenever it is given.

    Args:
        reason: missing_tool or missing_information.
        wordings: templates of its one turn.
        replies: templates of what the expert says: why, and what it can do instead, or what it needs to know.
        words: what an answer without "[Unsolved]" must have one of.
        draw: its slots.
    """

    def __init__(
        self,
        name: str,
        leaf: str,
        reason: Unsolvable,
        wordings: Sequence[str],
        replies: Sequence[str],
        words: Sequence[str],
        *,
        draw: Draw = no_slots,
        auxiliary: tuple[str, ...] = (),
        held_out: bool = False,
        weight: float = 0.6,
    ):
        self.name, self.leaf, self.reason = name, leaf, reason
        self.wordings = (tuple(wordings),)
        self.held_out, self.weight = held_out, weight
        self._replies, self._words, self._draw, self._auxiliary = tuple(replies), list(words), draw, auxiliary

    def draw(self, scene: Scene) -> Slots | None:
        return self._draw(scene)

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        return unserved(self.reason, *self._words, auxiliary=self._auxiliary)

    async def solve(self, slots: Slots, episode: Episode) -> None:
        episode.answer("[Unsolved] ", *Manner(episode).say(*self._replies, **slots))


def unserved(
    reason: Unsolvable, *words: str, auxiliary: tuple[str, ...] = (), secondary: tuple[str, ...] = ()
) -> Truth:
    """The truth of what lacks a tool or information: difficulty -1, also where a part of it can be looked up."""
    expects = ({"kind": "unsolved", "reason": reason, "words": list(words)},)
    return Truth(expects, secondary=secondary, auxiliary=auxiliary, unsolvable=reason, untold=-1)
