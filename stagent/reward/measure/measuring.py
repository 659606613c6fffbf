"""The measurement: every expert answer unhurt, rephrased, damaged and gamed, and what the judge says to each.

expert trajectory ─► unhurt ─► vetoed? counted, and that is all
                          └─► rephrased: must not be vetoed     damaged, random values: must be
                          └─► gamed, where the task can be solved: mean reward beside the expert's
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tqdm import tqdm

from stagent.queries.answer import Fact, Piece
from stagent.queries.scene import Gazetteer
from stagent.queries.trajectory import Trajectory
from stagent.reward.measure.days_damaged import WAY as ANOTHER_DAY
from stagent.reward.measure.days_damaged import another_day
from stagent.reward.measure.expert import ExpertAnswers
from stagent.reward.measure.gaming import gamed
from stagent.reward.measure.names_damaged import (
    DESCRIPTION,
    Inventor,
    exchanged_name,
    invented_place,
    other_number,
    wrong_open,
)
from stagent.reward.measure.rephrasing import rephrased
from stagent.reward.measure.tally import ShareBar, ShareTally
from stagent.reward.measure.values_damaged import changed_digit, random_value, swapped_value, wrong_sum
from stagent.reward.measure.variant import ChangedAnswer, PlacedFact, pieces_of_answers, unmarked
from stagent.reward.score import TrajectoryJudge, TrajectoryScore

UNHURT, UNMET, REPHRASED, RANDOM = (
    "unhurt: vetoed",
    "unhurt: predicates unmet",
    "rephrased: vetoed",
    "random value: not caught",
)
# Bars of what is said to be caught are shares of rewards of 0.
BARS: dict[str, ShareBar | None] = {
    UNHURT: ShareBar(False, 0),
    UNMET: ShareBar(False, 0),
    REPHRASED: ShareBar(False, 0.01),
    "changed digit": ShareBar(True, 0.99),
    "invented place": ShareBar(True, 0.99),
    "swapped entity": ShareBar(True, 0.95),
    "wrong sum": ShareBar(True, 0.95),
    ANOTHER_DAY: ShareBar(True, 0.95),
    "wrong open or closed": ShareBar(True, 0.95),
    "another number": ShareBar(True, 0.95),
    RANDOM: ShareBar(False, 0.01),
}
Miss = Callable[[ChangedAnswer, TrajectoryScore], None]


@dataclass
class Measurement:
    """What was found over one sample.

    Attributes:
        rewards: of each way of gaming, and "the expert", over the same tasks, which can be solved and need a tool.
    """

    tally: ShareTally = field(default_factory=lambda: ShareTally(apart=(DESCRIPTION,)))
    rewards: dict[str, list[float]] = field(default_factory=dict)


class Measuring:
    """Measures a judge over expert trajectories.

    Args:
        seed: of what is changed; the same trajectories and seed give the same changes.
        missed: called with everything that went wrong: an honest answer vetoed, damage that was not caught.
    """

    def __init__(self, judge: TrajectoryJudge, gazetteer: Gazetteer, seed: int, missed: Miss):
        self.judge, self.calls, self.seed, self.missed = judge, gazetteer.calls, seed, missed
        self.inventor = Inventor(gazetteer)

    async def run(self, sample: Sequence[Trajectory], title: str) -> Measurement:
        found = Measurement()
        answers = [ExpertAnswers(trajectory) for trajectory in sample]
        pool: dict[str, list[str]] = {}
        for one in answers:
            for placed in one.placed:
                pool.setdefault(self.inventor.claim(one, placed.fact), []).append(placed.fact.text)
            one.__dict__.pop("known", None)  # results in flat form are large
        for one in tqdm(answers, desc=title, unit="answer"):
            await self._measure(one, pool, found)
            one.__dict__.pop("known", None)
        return found

    async def _measure(self, answers: ExpertAnswers, pool: dict[str, list[str]], found: Measurement) -> None:
        task, tally = answers.trajectory.task, found.tally
        plain = unmarked(answers.trajectory)
        score = self.judge.score(plain)
        unhurt = ChangedAnswer(plain, UNHURT, "")
        self._count(tally, unhurt, score, bad=bool(score.vetoed), hit=bool(score.vetoed))
        unmet = not all(one.met for one in score.predicates)
        self._count(tally, ChangedAnswer(plain, UNMET, ""), score, bad=unmet, hit=unmet)
        if task.unsolvable == "" and task.difficulty > 0:
            found.rewards.setdefault("the expert", []).append(score.reward or 0.0)
            for way, trajectory in gamed(answers, self._guess(answers, pool), self._rng(answers, "gaming")):
                found.rewards.setdefault(way, []).append(self.judge.score(trajectory).reward or 0.0)
        if score.vetoed:
            return
        for variant in rephrased(answers, self._rng(answers, "rephrasing")):
            score = self.judge.score(variant.trajectory)
            shown = ChangedAnswer(variant.trajectory, REPHRASED, variant.kind or variant.way, *_told(variant))
            self._count(tally, shown, score, bad=bool(score.vetoed), hit=bool(score.vetoed))
        async for variant in self._damaged(answers, pool):
            if variant.stays_true:
                tally.leave_out(variant.way, variant.kind)
                continue
            score = self.judge.score(variant.trajectory)
            caught = score.reward == 0
            self._count(tally, variant, score, bad=not caught, hit=caught != (variant.way == RANDOM))

    def _guess(self, answers: ExpertAnswers, pool: dict[str, list[str]]) -> list[list[Piece]]:
        """The answers with a random value of its kind for every fact; names stay, so that it looks right."""
        guessed, rng = pieces_of_answers(answers.trajectory), self._rng(answers, "guess")
        for placed in answers.placed:
            fact = placed.fact
            if fact.kind in ("name", "open"):
                continue
            if variant := random_value(answers, placed, pool[self.inventor.claim(answers, fact)], rng):
                guessed[placed.answer][placed.piece] = Fact(variant.after, fact.kind, None, fact.entity)
        return guessed

    def _count(
        self, tally: ShareTally, variant: ChangedAnswer, score: TrajectoryScore, *, bad: bool, hit: bool
    ) -> None:
        tally.add(variant.way, variant.kind, hit)
        if bad:
            self.missed(variant, score)

    def _rng(self, answers: ExpertAnswers, what: str) -> random.Random:
        return random.Random(f"measure-{self.seed}-{answers.trajectory.task.id}-{what}")

    async def _damaged(self, answers: ExpertAnswers, pool: dict[str, list[str]]) -> Any:
        """One damage of each way and kind of claim that an answer has."""
        ways: dict[str, Callable[[PlacedFact, random.Random], ChangedAnswer | None]] = {
            "digit": lambda placed, rng: changed_digit(answers, placed, rng),
            "sum": lambda placed, rng: wrong_sum(answers, placed, rng),
            "value": lambda placed, rng: swapped_value(answers, placed, rng),
            "invented": lambda placed, rng: invented_place(answers, placed, self.inventor, rng),
            "exchanged": lambda placed, rng: exchanged_name(answers, placed, self.inventor, rng),
            "number": lambda placed, rng: other_number(answers, placed, rng),
            "open": lambda placed, rng: wrong_open(answers, placed, rng),
            "random": lambda placed, rng: random_value(
                answers, placed, pool[self.inventor.claim(answers, placed.fact)], rng
            ),
        }
        for way, damage in ways.items():
            rng = self._rng(answers, way)
            for claim, group in self._by_claim(answers, rng):
                if variant := next(filter(None, (damage(placed, rng) for placed in group)), None):
                    yield _of_claim(variant, group[0].fact.kind, claim)
        rng = self._rng(answers, "day")
        for claim, group in self._by_claim(answers, rng):
            for placed in group:
                if variant := await another_day(answers, placed, self.calls, rng):
                    yield _of_claim(variant, placed.fact.kind, claim)
                    break

    def _by_claim(self, answers: ExpertAnswers, rng: random.Random) -> Iterator[tuple[str, list[PlacedFact]]]:
        """The facts of each kind of claim in a drawn order."""
        groups: dict[str, list[PlacedFact]] = {}
        for placed in answers.placed:
            groups.setdefault(self.inventor.claim(answers, placed.fact), []).append(placed)
        for claim, group in groups.items():
            yield claim, rng.sample(group, len(group))


def _of_claim(variant: ChangedAnswer, kind: str, claim: str) -> ChangedAnswer:
    """Counted under the claim, unless the damage says something of another kind."""
    return replace(variant, kind=claim) if variant.kind == kind else variant


def _told(variant: ChangedAnswer) -> tuple[str, str, str]:
    return variant.style, variant.before, variant.after
