"""A trajectory whose answer was changed on purpose: one change, and what it was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stagent.queries.answer import Fact, Piece, text_of
from stagent.queries.sayings import forms
from stagent.queries.trajectory import AnswerStep, Trajectory


@dataclass(frozen=True, slots=True)
class ChangedAnswer:
    """A changed answer.

    Attributes:
        way: of rephrasing, damage or gaming: "changed digit".
        kind: of the claim that was changed; "" where it is the whole answer.
        style: which form of the way.
        before, after: what was changed, and into what.
        stays_true: of damage that happens to be no lie, as far as can be told: it is left out and counted.
    """

    trajectory: Trajectory
    way: str
    kind: str
    style: str = ""
    before: str = ""
    after: str = ""
    stays_true: bool = False

    def as_json(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("way", "kind", "style", "before", "after")}
        return shown | {"answers": [step.text for step in self.trajectory.answers()]}


@dataclass(frozen=True, slots=True)
class PlacedFact:
    """A fact and where it stands: piece ``piece`` of the ``answer``-th answer."""

    answer: int
    piece: int
    fact: Fact


def placed_facts(trajectory: Trajectory) -> Iterator[PlacedFact]:
    for answer, step in enumerate(trajectory.answers()):
        for piece, fact in enumerate(step.pieces):
            if isinstance(fact, Fact):
                yield PlacedFact(answer, piece, fact)


def pieces_of_answers(trajectory: Trajectory) -> list[list[Piece]]:
    """Each answer in pieces; one without pieces is one."""
    return [list(step.pieces) or [step.text] for step in trajectory.answers()]


def answered(trajectory: Trajectory, answers: Sequence[Sequence[Piece] | str], *, calls: bool = True) -> Trajectory:
    """The trajectory with other answers, one for each; the judge sees their text alone.

    Args:
        calls: whether what was called stays.
    """
    given = iter(answers)
    steps = []
    for step in trajectory.steps:
        if isinstance(step, AnswerStep):
            answer = next(given)
            steps.append(AnswerStep(answer if isinstance(answer, str) else text_of(answer)))
        elif calls or step.role != "call":
            steps.append(step)
    return replace(trajectory, steps=steps, score=None)


def unmarked(trajectory: Trajectory) -> Trajectory:
    """The trajectory as it is, without pieces."""
    return answered(trajectory, [step.text for step in trajectory.answers()])


def with_fact(trajectory: Trajectory, placed: PlacedFact, text: str) -> Trajectory:
    """The trajectory with another text in one fact's place."""
    answers = pieces_of_answers(trajectory)
    answers[placed.answer][placed.piece] = apart(answers[placed.answer], placed.piece, text)
    return answered(trajectory, answers)


def apart(pieces: Sequence[Piece], at: int, text: str) -> str:
    """A text for the place of a piece, with blanks where digits or letters would touch: ``2026-01-06`` before 17:40."""
    before, after = text_of(pieces[:at])[-1:], text_of(pieces[at + 1 :])[:1]
    text = f" {text}" if _joins(before) and _joins(text[:1]) else text
    return f"{text} " if _joins(after) and _joins(text[-1:]) else text


def _joins(character: str) -> bool:
    return character.isascii() and character.isalnum()


def with_names(trajectory: Trajectory, names: dict[str, str]) -> Trajectory:
    """The trajectory whose answers say other names, all at once: ``{"A": "B", "B": "A"}`` exchanges them."""
    answers = []
    for pieces in pieces_of_answers(trajectory):
        changed: list[Piece] = []
        for piece in pieces:
            whole = isinstance(piece, Fact)
            text = piece.text if isinstance(piece, Fact) else piece
            changed.append(names.get(text, text) if whole else _exchanged(text, names))
        answers.append(changed)
    return answered(trajectory, answers)


def _exchanged(text: str, names: dict[str, str]) -> str:
    for number, name in enumerate(names):
        text = text.replace(name, f"\0{number}\0")
    for number, name in enumerate(names.values()):
        text = text.replace(f"\0{number}\0", name)
    return text


def said_like(fact: Fact, value: Any, today: str) -> str:
    """Another value in the form in which a fact is said."""
    old, new = list(forms(fact.kind, fact.value, today)), list(forms(fact.kind, value, today))
    form = old.index(fact.text) if fact.text in old else 0
    return new[min(form, len(new) - 1)]
