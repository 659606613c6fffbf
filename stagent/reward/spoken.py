"""A text as it was read: what it mentions, and what it claims."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

from stagent.reward.layout import Layout
from stagent.reward.lexicon import Word
from stagent.reward.plain import PlainText


class Mention(NamedTuple):
    """A thing, day, mode … that a text names: keys of one slot."""

    start: int
    end: int
    slot: str
    keys: frozenset[str]
    clause: int


@dataclass(slots=True)
class SpokenClaim:
    """A value that a text claims.

    Attributes:
        start, end: characters of the plain text; clause: in which it stands; unit: as it was written.
        value: of ``kind``; low, high: between which it lies by the digits shown, of a span both ends.
        other: a second reading of a clock, minutes: "3 点" may be 15:00.
        fields: fields of results that it can be by the words beside it; None: any of its kind.
        rules: ways in which the words beside it say that it was derived.
        limit: "below" or "above": not the value itself, but a bound.
        about: 约, 左右 stand beside it.
        unsure: said as possible alone. supposed: asked or supposed. asserted: claimed at all; an offer isn't.
        each: one of several values, of several things in turn. compared: how much more or less.
        early: 提前 stands before it. exactly: no sum or difference.
        pair: both ends of the span of which a clock is one.
        whole: of a whole way, not of a part; on_way: of no single step.
        doing: what is done for so long or so far by the clause: walking, waiting, riding.
        cell: it stands in a table, where row and column tell of what it is said.

    Of what it is said:
        groups: slot → (clause, keys) of the last mentions before it.
        after: slot → keys of those behind it in its clause.
        near: mentions of its own clause before it.
        named: keys of each thing from or to which the last clause with things leads; past: its last one is only passed.
        modes, things: all that its sentence names before it; where it names no thing: those that the text named first.
        first: its sentence's first clause.
    """

    start: int
    end: int
    kind: str
    value: Any
    clause: int
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    other: float | None = None
    span: bool = False
    fields: frozenset[str] | None = None
    rules: frozenset[str] = frozenset()
    limit: str = ""
    about: bool = False
    unsure: bool = False
    supposed: bool = False
    asserted: bool = True
    each: bool = False
    compared: bool = False
    early: bool = False
    exactly: bool = False
    pair: tuple[float, float] | None = None
    whole: bool = False
    on_way: bool = False
    doing: frozenset[str] = frozenset()
    cell: bool = False
    groups: dict[str, tuple[int, frozenset[str]]] = field(default_factory=dict)
    after: dict[str, frozenset[str]] = field(default_factory=dict)
    near: tuple[Mention, ...] = ()
    named: tuple[frozenset[str], ...] = ()
    past: bool = False
    modes: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    first: int = 0


@dataclass(slots=True)
class Reading:
    """A text as it was read.

    Attributes:
        starts: where each clause begins; sentences: of each clause the number of its sentence.
        questions: sentences that ask; places: where each of the words begins; layout: its lines and tables.
    """

    plain: PlainText
    starts: list[int]
    sentences: list[int]
    questions: set[int]
    mentions: list[Mention]
    words: list[Word]
    places: list[int]
    claims: list[SpokenClaim]
    layout: Layout

    @property
    def text(self) -> str:
        return self.plain.text

    def clause(self, at: int) -> int:
        return bisect_right(self.starts, at) - 1

    def clause_end(self, clause: int) -> int:
        return self.starts[clause + 1] if clause + 1 < len(self.starts) else len(self.plain.text)


def words_within(reading: Reading, start: int, end: int) -> list[Word]:
    """The words of the tables that begin between two places."""
    return reading.words[bisect_left(reading.places, start) : bisect_left(reading.places, end)]


def claim_in_words(reading: Reading, start: int, end: int, kind: str, value: Any) -> SpokenClaim:
    """A claim that words make, no number: doubted, or only supposed, by what its clause says up to it."""
    clause = reading.clause(start)
    claim = SpokenClaim(start, end, kind, value, clause)
    claim.supposed = reading.sentences[clause] in reading.questions
    for word in words_within(reading, reading.starts[clause], end):
        claim.unsure |= "unsure" in word.load
        claim.supposed |= "if" in word.load
    return claim


def overlaps(start: int, end: int, words: list[Word]) -> bool:
    """Whether a span overlaps one of some words, which are in order."""
    at = bisect_right(words, start, key=_start) - 1
    return (at >= 0 and words[at].end > start) or (at + 1 < len(words) and words[at + 1].start < end)


_start = attrgetter("start")
