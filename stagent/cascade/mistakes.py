"""How often the embedded teacher errs: a rate for each kind of mistake, from a recipe.

    wrong_argument: 0.1
    second_best: 0.12
    per_extra_call: 0.1

A rate is the chance that an answer to a task of one call has the mistake, where the task has room for it: nobody can
ask nothing back where nothing is missing. The kinds and the rates are ours; no public source has any.
"""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from utils import InputError

CALL_KINDS = ("wrong_argument", "call_left_out", "answer_too_early", "repeated_call", "second_best")
FACT_KINDS = ("changed_digit", "swapped_entity", "wrong_sum", "invented_place")
MANNER_KINDS = ("gives_up", "makes_up_answer", "no_question", "fact_left_out")
KINDS = (*CALL_KINDS, *FACT_KINDS, *MANNER_KINDS)


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Rates of mistakes; the defaults give a mean reward of some .6 to one attempt, and .2 of the attempts a veto.

    Attributes:
        wrong_argument: another place's coordinate, a neighbouring category, day, radius, … in one call.
        call_left_out: one call is not made, and its result said all the same.
        answer_too_early: no call is made from one on in a turn, and their results said all the same.
        repeated_call: one call is made twice.
        second_best: the right items of a result are passed over for the next one: all that is said is true.
        changed_digit: a value with another digit.
        swapped_entity: a value, a name or a number of another item.
        wrong_sum: a value that was worked out is off.
        invented_place: a name that exists nowhere.
        gives_up: "[Unsolved]" to a task that can be solved.
        makes_up_answer: an answer to one that can't be, with facts that are made up.
        no_question: where information is missing, an answer that neither says so nor asks for it.
        fact_left_out: what was asked is not said.
        per_extra_call: how much more room for mistakes each call beyond a task's first gives: with 0.1 a task of three
            calls has 1.2 times the room, and ``(1 - rate) ** 1.2`` is the chance to be without the mistake.
    """

    wrong_argument: float = 0.12
    call_left_out: float = 0.015
    answer_too_early: float = 0.015
    repeated_call: float = 0.06
    second_best: float = 0.4
    changed_digit: float = 0.025
    swapped_entity: float = 0.03
    wrong_sum: float = 0.05
    invented_place: float = 0.025
    gives_up: float = 0.025
    makes_up_answer: float = 0.2
    no_question: float = 0.3
    fact_left_out: float = 0.25
    per_extra_call: float = 0.1

    def chance(self, kind: str, calls: int) -> float:
        """The chance of a kind of mistake in an answer that takes so many calls."""
        return 1 - (1 - getattr(self, kind)) ** (1 + self.per_extra_call * max(0, calls - 1))

    def draw(self, rng: random.Random, calls: int) -> list[str]:
        """The kinds of mistakes of one answer, each by its own chance; one number is drawn for each, whatever comes."""
        return [kind for kind in KINDS if rng.random() < self.chance(kind, calls)]


NO_MISTAKES = Mistakes(*(0.0 for _ in fields(Mistakes)))


def mistakes_of(values: Any, where: str) -> Mistakes:
    """Rates from a recipe's mapping; what it doesn't name keeps its default.

    Args:
        where: the file, and the key in it: what an error begins with.

    Raises:
        InputError: an unknown rate, or one that is no chance; names the field.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"{where}: a mapping of rates is expected, such as second_best: 0.1")
    known = asdict(Mistakes())
    for name, value in values.items():
        if name not in known:
            raise InputError(f"{where}, {name}: no such rate; one of {', '.join(known)} is needed")
        most = 10 if name == "per_extra_call" else 1
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise InputError(f"{where}, {name}: {value!r}; a number from 0 to {most} is needed")
    return Mistakes(**{name: float(value) for name, value in values.items()})


def read_mistakes(path: Path) -> Mistakes:
    """Rates from a YAML or JSON file, as the module's head shows it.

    Raises:
        InputError: no such file, no YAML, or as ``mistakes_of``.
    """
    import yaml  # JSON is YAML too

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: no YAML: {' '.join(str(error).split())}") from None
    return mistakes_of({} if values is None else values, str(path))
