"""The embedded teacher: the rule expert with seeded mistakes, so that best of 8, the veto and the split have work.

task ─► the expert's way ─► mistakes drawn by rates, and where ─► played again with wrong calls ─► answers changed
"""

import random
from dataclasses import replace
from typing import NamedTuple

from stagent.cascade.answer_mistakes import AnswerMistakes
from stagent.cascade.asked import asked_facts
from stagent.cascade.call_mistakes import CallPlan, WrongArgument, passed_over, shuffled, wrong_arguments
from stagent.cascade.erring_episode import ErringEpisode
from stagent.cascade.mistakes import CALL_KINDS, Mistakes
from stagent.queries.drawing import solve
from stagent.queries.episode import Unsolved
from stagent.queries.patterns.all import BY_NAME
from stagent.queries.scene import Gazetteer
from stagent.queries.task import Task
from stagent.queries.trajectory import AnswerStep, Trajectory
from stagent.reward.measure.names_damaged import Inventor
from stagent.reward.score import TrajectoryJudge, TrajectoryScore

_TRIES = 4  # arguments that are taken for others until another answer comes of it
_LOST = "抱歉，查询时出了问题，没有得到结果。"


class Attempt(NamedTuple):
    """A teacher's answer and the kinds of mistakes in it, in the order in which they were made."""

    trajectory: Trajectory
    mistakes: tuple[str, ...]


class ScoredAttempt(NamedTuple):
    """An attempt and what it is worth."""

    attempt: Attempt
    score: TrajectoryScore

    @property
    def reward(self) -> float:
        """0 where a judge couldn't score it."""
        return self.score.reward or 0.0


class ErringTeacher:
    """Answers tasks as the rule expert does, with mistakes.

    Args:
        gazetteer: of the tasks' world.
        seed: with a task's id and the number of the try it decides everything.
        wording: a name of one way to word all answers, so that equal tasks are answered in equal words; None: each
            task has its own, as the expert's.

    Attributes:
        answers: how many it has given.
    """

    def __init__(self, gazetteer: Gazetteer, rates: Mistakes, seed: int, *, wording: str | None = None):
        self._gazetteer, self._rates, self._seed, self._wording = gazetteer, rates, seed, wording
        self._cities = [city.name for city in gazetteer.cities]
        self._in_answers = AnswerMistakes(Inventor(gazetteer))
        self._clean: Trajectory | None = None  # of the last task: tries of one task follow each other
        self.answers = 0

    async def answer(self, task: Task, try_number: int) -> Attempt:
        """One try of a task, the same whenever it is asked for."""
        self.answers += 1
        name = f"teacher-{self._seed}-{task.id}-{try_number}"
        # patterns draw their words by the task's id
        clean = await self._solved(task if self._wording is None else replace(task, id=self._wording))
        attempt = await self._attempt(clean, name)
        return Attempt(replace(attempt.trajectory, task=task), attempt.mistakes)

    async def _attempt(self, clean: Trajectory, name: str) -> Attempt:
        kinds = self._rates.draw(random.Random(name), len(clean.calls()))
        if not kinds:
            return Attempt(clean, ())
        rngs = {kind: random.Random(f"{name}-{kind}") for kind in kinds}
        trajectory, made = await self._called_wrongly(clean, rngs)
        in_answer = [kind for kind in kinds if kind not in CALL_KINDS]
        for kind in random.Random(f"{name}-order").sample(in_answer, len(in_answer)):
            if changed := self._in_answers.make(kind, trajectory, rngs[kind]):
                return Attempt(changed, (*made, kind))  # one is enough: behind it there may be no fact to change
        return Attempt(trajectory, made)

    async def _solved(self, task: Task) -> Trajectory:
        """The expert's way, a copy for each who asks."""
        if self._clean is None or self._clean.task != task:
            self._clean = await solve(task, BY_NAME[task.pattern], self._gazetteer)
        return replace(self._clean, steps=list(self._clean.steps))

    async def _called_wrongly(
        self, clean: Trajectory, rngs: dict[str, random.Random]
    ) -> tuple[Trajectory, tuple[str, ...]]:
        """The task played again with wrong calls, and the mistakes that were made."""
        calls = len(clean.calls())
        at = {kind: rngs[kind].randrange(calls) for kind in CALL_KINDS if kind in rngs and calls}
        plan = CallPlan(
            wrong=await self._wrong_argument(clean, rngs["wrong_argument"]) if "wrong_argument" in at else None,
            left_out=at.get("call_left_out"),
            early=at.get("answer_too_early"),
            repeated=at.get("repeated_call"),
            passed_over=await self._passed_over(clean) if "second_best" in at else frozenset(),
        )
        if plan == CallPlan():
            return clean, ()
        episode = await self._play(clean.task, plan)
        return episode.trajectory, tuple(episode.mistakes)

    async def _wrong_argument(self, clean: Trajectory, rng: random.Random) -> WrongArgument | None:
        """One of which another answer comes; None: there is none among some."""
        for option in shuffled(wrong_arguments(clean, self._cities), rng)[:_TRIES]:
            episode = await self._play(clean.task, CallPlan(wrong=option))
            if _texts(episode.trajectory) != _texts(clean):
                return option
        return None

    async def _passed_over(self, clean: Trajectory) -> frozenset[str]:
        """What can be passed over so that less of what is asked is told, without having to give up."""
        if not (names := passed_over(clean)):
            return names
        other = (await self._play(clean.task, CallPlan(passed_over=names))).trajectory
        gave_up = any(text.startswith("[Unsolved]") for text in _texts(other))
        told, wanted = ({each.predicate for each in asked_facts(one)} for one in (other, clean))
        return names if told < wanted and not gave_up else frozenset()

    async def _play(self, task: Task, plan: CallPlan) -> ErringEpisode:
        """An episode with wrong calls; where the expert can't go on with what they gave, it gives up."""
        episode = ErringEpisode(task, self._gazetteer.calls, plan)
        try:
            await BY_NAME[task.pattern].solve(task.slots, episode)
        except Unsolved as reason:
            episode.give_up(str(reason))
        except Exception:
            if not episode.mistakes:
                raise  # a fault of the expert's, not of a wrong call
            episode.give_up(_LOST)
        if not isinstance(episode.trajectory.steps[-1], AnswerStep):
            episode.give_up(_LOST)
        return episode


def _texts(trajectory: Trajectory) -> list[str]:
    return [step.text for step in trajectory.answers()]


async def best_of(task: Task, teacher: ErringTeacher, judge: TrajectoryJudge, count: int) -> list[ScoredAttempt]:
    """So many tries of a task with their scores, in their order; ``teacher.answers`` has counted them.

    Tries without a mistake are one and the same, and scored once.
    """
    scored: list[ScoredAttempt] = []
    clean: TrajectoryScore | None = None
    for number in range(count):
        attempt = await teacher.answer(task, number)
        score = clean if clean is not None and not attempt.mistakes else judge.score(attempt.trajectory)
        if not attempt.mistakes:
            clean = score
        scored.append(ScoredAttempt(attempt, score))
    return scored
