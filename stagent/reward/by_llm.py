"""A language model as the judge of trajectories, behind the interface of ``stagent.reward.score.TrajectoryJudge``.

Questions wait for an endpoint, so many trajectories are best given at once: ``score_all``. Every answer is in the
journal before it is used; a run that was cut off goes on and asks nothing twice. One without a usable answer is
unscored (``reward`` None), never half marks.
"""

from collections.abc import Sequence
from pathlib import Path

from gplan.llm.arguments import Llm
from stagent.queries.interview import Finding, Interview
from stagent.queries.trajectory import Trajectory
from stagent.reward.by_llm_form import BEST, Opinion, TrajectoryForm
from stagent.reward.score import Dimension, TrajectoryScore
from stagent.reward.weights import weights_of

VERSION = 1


class LlmTrajectoryJudge:
    """Args:
    journal: the file that takes the model's answers.
    stop_after: answers in a row refused for one reason after which the run ends; 0: never.
    """

    name = "llm"

    def __init__(self, llm: Llm, journal: Path, *, stop_after: int = 20) -> None:
        self._interview = Interview(TrajectoryForm(), llm, journal, stop_after=stop_after, unit="trajectory")

    def score(self, trajectory: Trajectory) -> TrajectoryScore:
        return self.score_all([trajectory])[0]

    def score_all(self, trajectories: Sequence[Trajectory]) -> list[TrajectoryScore]:
        """Their scores, in their order.

        Raises:
            InputError: the journal can't be used, or no request can succeed.
        """
        worthless = [_worthless(trajectory) for trajectory in trajectories]
        asked = [trajectory for trajectory, why in zip(trajectories, worthless, strict=True) if not why]
        findings = iter(self._interview.ask(asked))
        return [
            _nothing(trajectory, why) if why else _scored(trajectory, next(findings))
            for trajectory, why in zip(trajectories, worthless, strict=True)
        ]


def _worthless(trajectory: Trajectory) -> str:
    """Why a trajectory has earned nothing whatever a model would say; empty: a model must be asked."""
    answers = trajectory.answers()
    if not answers or not answers[-1].text.strip():
        return "没有回答"
    if "[unsolved]" in answers[-1].text.casefold() and not trajectory.task.unsolvable:
        return "能够解决的任务，却回答“[Unsolved]”"
    return ""


def _nothing(trajectory: Trajectory, why: str) -> TrajectoryScore:
    weights = weights_of(trajectory.task.primary)
    return TrajectoryScore("llm", VERSION, 0.0, weights, {name: Dimension(0.0, (why,)) for name in weights}, (why,))


def _scored(trajectory: Trajectory, finding: Finding) -> TrajectoryScore:
    if not finding.accepted:
        return TrajectoryScore("llm", VERSION, None, unscored=finding.reason)
    opinion: Opinion = finding.value
    weights = weights_of(trajectory.task.primary)
    dimensions = {
        name: Dimension((mark.score - 1) / (BEST - 1), (f"{mark.reason}（“{mark.quote}”）",))
        for name, mark in opinion.marks.items()
    }
    vetoed = tuple(f"“{quote}”：{why}" for quote, why in opinion.invented)
    reward = 0.0 if vetoed else round(sum(weights[name] * dimensions[name].score for name in weights), 4)
    return TrajectoryScore("llm", VERSION, reward, weights, dimensions, vetoed)
