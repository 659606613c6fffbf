"""Mistakes in answers: a fact that is false, or a service that is none. Each gives another trajectory, or None.

False facts are those by which the verifier is measured (``stagent.reward.measure``), so that it is known which of them
are lies: a changed value that happens to stay true is no mistake.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from stagent.cascade.asked import asked_facts
from stagent.queries.answer import Fact, Piece
from stagent.queries.trajectory import AnswerStep, CallStep, Step, Trajectory, UserStep
from stagent.reward.measure.expert import ExpertAnswers
from stagent.reward.measure.names_damaged import Inventor, exchanged_name, invented_place, other_number
from stagent.reward.measure.values_damaged import changed_digit, swapped_value, wrong_sum
from stagent.reward.measure.variant import ChangedAnswer, PlacedFact

_ENDS = "。！？\n"  # of sentences
_BREAKS = "，；、" + _ENDS
_GIVEN_UP = (
    "[Unsolved] 抱歉，这个问题我没有办法解决。",
    "[Unsolved] 很抱歉，没有查到相关信息。",
    "[Unsolved] 抱歉，暂时帮不上您，您可以换个方式再问。",
)
# By why a task can't be solved; {place} exists nowhere.
_MADE_UP = {
    "missing_information": (
        "从您这里开车过去约 {minutes} 分钟，{km} 公里，出门沿主路直走就到。",
        "我看了一下，{place}就可以，离您 {km} 公里，评分 4.{tenth} 分。",
        "已经查好了，要 {yuan} 元，全程约 {minutes} 分钟。",
    ),
    "missing_tool": (
        "已经为您办好了，费用 {yuan} 元，请留意短信通知。",
        "好的，已经操作成功，约 {minutes} 分钟后生效，一共 {yuan} 元。",
        "查到了，现在是 {yuan} 元，比昨天便宜 {tenth} 元，您可以放心安排。",
    ),
    "no_data": (
        "查到了，票价 {yuan} 元，全程约 {minutes} 分钟，还有 {tenth} 张票。",
        "推荐{place}，评分 4.{tenth} 分，离您 {km} 公里。",
    ),
    "nothing_found": (
        "有的，最近的是{place}，离您 {km} 公里，评分 4.{tenth} 分。",
        "找到了{place}，走过去约 {minutes} 分钟，人均 {yuan} 元。",
    ),
}
_NO_QUESTION = (
    "好的，我来为您安排，祝您一路顺风！",
    "没问题，出发前记得留出时间，注意安全。",
    "好的，已经记下了，祝您玩得开心！",
)
_VAGUE = {"name": "那一处", "number": "那一趟"}  # said in the place of what an answer is about


class AnswerMistakes:
    """Makes mistakes in answers.

    Args:
        inventor: knows which names exist in the world.
    """

    def __init__(self, inventor: Inventor):
        self._inventor = inventor

    def make(self, kind: str, trajectory: Trajectory, rng: random.Random) -> Trajectory | None:
        """The trajectory with a mistake of a kind; None: there is no room for it."""
        task = trajectory.task
        gave_up = trajectory.answers()[-1].text.startswith("[Unsolved]")
        if kind == "gives_up":
            return None if task.unsolvable or gave_up else given_up(trajectory, rng)
        if kind == "makes_up_answer":
            return made_up(trajectory, self._inventor, rng) if task.unsolvable else None
        if kind == "no_question":
            missing = task.unsolvable == "missing_information"
            return _ended(trajectory, rng.choice(_NO_QUESTION)) if missing else None
        if kind == "fact_left_out":
            return fact_left_out(trajectory, rng)
        return self._false_fact(kind, trajectory, rng)

    def _false_fact(self, kind: str, trajectory: Trajectory, rng: random.Random) -> Trajectory | None:
        """A fact of an answer made false, in one of the ways of a kind."""
        answers = ExpertAnswers(trajectory)
        ways = self._ways(answers)[kind]
        for placed in rng.sample(answers.placed, len(answers.placed)):
            for damage in rng.sample(ways, len(ways)):
                changed = damage(placed, rng)
                if changed is not None and not changed.stays_true:
                    return changed.trajectory
        return None

    def _ways(
        self, answers: ExpertAnswers
    ) -> dict[str, list[Callable[[PlacedFact, random.Random], ChangedAnswer | None]]]:
        inventor = self._inventor
        return {
            "changed_digit": [lambda placed, rng: changed_digit(answers, placed, rng)],
            "wrong_sum": [lambda placed, rng: wrong_sum(answers, placed, rng)],
            "invented_place": [lambda placed, rng: invented_place(answers, placed, inventor, rng)],
            "swapped_entity": [
                lambda placed, rng: swapped_value(answers, placed, rng),
                lambda placed, rng: exchanged_name(answers, placed, inventor, rng),
                lambda placed, rng: other_number(answers, placed, rng),
            ],
        }


def given_up(trajectory: Trajectory, rng: random.Random) -> Trajectory:
    """Given up in the last turn, after some of its calls or none."""
    steps = trajectory.steps
    last = max(place for place, step in enumerate(steps) if isinstance(step, UserStep))
    calls = [step for step in steps[last + 1 :] if isinstance(step, CallStep)]
    begun: list[Step] = [*steps[: last + 1], *calls[: rng.randint(0, len(calls))]]
    return replace(trajectory, steps=[*begun, AnswerStep.of([rng.choice(_GIVEN_UP)])])


def made_up(trajectory: Trajectory, inventor: Inventor, rng: random.Random) -> Trajectory:
    """An answer to what can't be answered: values and places from nowhere."""
    text = rng.choice(_MADE_UP[trajectory.task.unsolvable])
    values: dict[str, Any] = {
        "place": inventor.new(rng),
        "minutes": rng.randint(6, 55),
        "km": f"{rng.uniform(0.6, 18):.1f}",
        "yuan": rng.randint(12, 480),
        "tenth": rng.randint(1, 9),
    }
    return _ended(trajectory, text.format(**values))


def fact_left_out(trajectory: Trajectory, rng: random.Random) -> Trajectory | None:
    """One of the facts that the task asks for is left out, with its clause; a name becomes a word that says nothing."""
    asked = list(asked_facts(trajectory))
    if not asked:
        return None
    _, place, fact = rng.choice(asked)
    step = trajectory.steps[place]
    assert isinstance(step, AnswerStep)
    rest = _vague(step.pieces, fact) if fact.kind in _VAGUE else _without_clauses(step.pieces, fact)
    return _answering(trajectory, place, rest)


def _vague(pieces: Sequence[Piece], fact: Fact) -> list[Piece]:
    """The pieces with a word in a name's place, wherever it stands."""
    word = _VAGUE[fact.kind]
    return [
        (word if piece.value == fact.value else piece) if isinstance(piece, Fact) else piece.replace(fact.text, word)
        for piece in pieces
    ]


def _without_clauses(pieces: Sequence[Piece], fact: Fact) -> list[Piece]:
    """The pieces without the clauses that say a fact: ``甲，评分 4.8 分，人均 56 元。`` → ``甲，人均 56 元。``"""
    kept: list[list[Piece]] = []
    for clause in _clauses(pieces):
        if fact not in clause:
            kept.append(clause)
        elif kept and isinstance(end := clause[-1], str) and end[-1:] in _ENDS and isinstance(kept[-1][-1], str):
            kept[-1] = [*kept[-1][:-1], kept[-1][-1][:-1] + end[-1]]
    return [piece for clause in kept for piece in clause]


def _clauses(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces taken apart behind every mark that ends a clause."""
    clauses: list[list[Piece]] = [[]]
    for piece in pieces:
        if isinstance(piece, Fact):
            clauses[-1].append(piece)
            continue
        begin = 0
        for place, character in enumerate(piece):
            if character in _BREAKS:
                clauses[-1].append(piece[begin : place + 1])
                clauses.append([])
                begin = place + 1
        if piece[begin:]:
            clauses[-1].append(piece[begin:])
    return clauses if clauses[-1] else clauses[:-1]


def _ended(trajectory: Trajectory, text: str) -> Trajectory:
    """The trajectory with another last answer."""
    places = [place for place, step in enumerate(trajectory.steps) if isinstance(step, AnswerStep)]
    return _answering(trajectory, places[-1], [text])


def _answering(trajectory: Trajectory, place: int, pieces: list[Piece]) -> Trajectory:
    """The trajectory with other words in the answer at a place among its steps."""
    steps = list(trajectory.steps)
    steps[place] = AnswerStep.of(pieces)
    return replace(trajectory, steps=steps)
