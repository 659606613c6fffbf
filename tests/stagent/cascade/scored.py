"""Episodes by hand, as the stages judge them: what was answered, what it is worth, and the tokens of it."""

from collections.abc import Sequence

from stagent.cascade.probing import ScoredRollout
from stagent.queries.task import Task
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.reward.score import TrajectoryScore
from stagent.rollout.play import Rollout
from stagent.rollout.sequence import TokenSequence
from tests.stagent.cascade.toy import toy_task


def sequence(read: Sequence[int], *parts: tuple[Sequence[int], Sequence[float]]) -> TokenSequence:
    """Ids that were read; then written ones with their log-probabilities, and read ones without any, in turn."""
    found = TokenSequence()
    found.read(read)
    for ids, logprobs in parts:
        found.ids += ids
        found.written += [bool(logprobs)] * len(ids)
        found.logprobs += logprobs or [0.0] * len(ids)
    return found


def call(outcome: str = "found") -> CallStep:
    return CallStep("map_search_places", {"query": "药店"}, "2026-01-05T09:00:00+08:00", outcome, {}, "…")


def scored(
    reward: float | None,
    *sequences: TokenSequence,
    task: Task | None = None,
    number: int = 0,
    calls: Sequence[CallStep] = (),
    answers: Sequence[str] = ("好",),
) -> ScoredRollout:
    """An episode of a reward; 0 is vetoed, None is unscored."""
    task = task or toy_task(0)
    steps = [UserStep(task.turns[0]), *calls, *(AnswerStep(text) for text in answers)]
    rollout = Rollout(Trajectory(task, "a hand", steps), number, sequences=list(sequences))
    score = TrajectoryScore("a hand", 1, reward, vetoed=("invented",) if reward == 0 else ())
    return ScoredRollout(rollout, score, number)
