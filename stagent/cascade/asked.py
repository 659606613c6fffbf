"""What a task asks for, among the facts that the expert says: what a mistake must hit to be one."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from stagent.queries.answer import Fact
from stagent.queries.trajectory import AnswerStep, Trajectory

NAMES = ("name", "number", "date")  # kinds of facts, and keys of results, by which an item is chosen


class AskedFact(NamedTuple):
    """A fact that a predicate wants: which of the task's, and the place of its answer among the trajectory's steps."""

    predicate: int
    place: int
    fact: Fact


def asked_facts(trajectory: Trajectory) -> Iterator[AskedFact]:
    """Predicate by predicate, in the order in which they are said."""
    answers = [(place, step) for place, step in enumerate(trajectory.steps) if isinstance(step, AnswerStep)]
    for number, predicate in enumerate(trajectory.task.expects):
        turn = predicate.get("turn", -1) % len(trajectory.task.turns)
        for place, step in answers[turn : turn + 1]:
            for piece in step.pieces:
                if isinstance(piece, Fact) and wants(predicate, piece):
                    yield AskedFact(number, place, piece)


def wants(predicate: dict[str, Any], fact: Fact) -> bool:
    """Whether a fact is what a predicate (``stagent.queries.predicates``) asks for."""
    kind = predicate["kind"]
    if kind == "value":
        return predicate["of"] == fact.kind and any(
            _equal(value, fact.value, predicate.get("within", 0)) for value in predicate["any_of"]
        )
    if kind == "text":
        return any(word in fact.text for words in predicate["all_of"] for word in words)
    return fact.kind in NAMES and str(fact.value) in right_names(predicate)


def right_names(predicate: dict[str, Any]) -> list[str]:
    """Names, numbers and dates of which a predicate wants one or some to be said; [] for what asks for none."""
    kind = predicate["kind"]
    if kind == "names" or (kind == "value" and predicate["of"] in NAMES):
        return [str(each) for each in predicate["any_of"]]
    if kind == "choice":
        return list(predicate["winner"])
    return [name for stop in predicate["stops"] for name in stop] if kind == "sequence" else []


def _equal(value: Any, said: Any, within: float) -> bool:
    if isinstance(value, int | float) and isinstance(said, int | float):
        return abs(value - said) <= within
    return value == said
