"""The reward as TRL's trainers take it: a plain function of what a rollout brought along.

trainer = GRPOTrainer(…, reward_funcs=verifier_reward, rollout_func=…)    # which gives a column "trajectory"
"""

import json
from collections.abc import Sequence
from typing import Any

from stagent.queries.trajectory import trajectory_of
from stagent.reward.verifier import Verifier


def verifier_reward(trajectory: Sequence[str | dict[str, Any]], **_: Any) -> list[float | None]:
    """The verifier's reward of each trajectory, in [0, 1]; None where an episode ended for want of a reply.

    Args:
        trajectory: as JSON, or as ``Rollout.as_json`` has them.

    Raises:
        TaskError: one that is no trajectory.
    """
    return [_reward(each, Verifier()) for each in trajectory]


def strict_reward(trajectory: Sequence[str | dict[str, Any]], **_: Any) -> list[float | None]:
    """The same without the benefit of the doubt."""
    return [_reward(each, Verifier(strict=True)) for each in trajectory]


def _reward(given: str | dict[str, Any], verifier: Verifier) -> float | None:
    value = json.loads(given if isinstance(given, str) else json.dumps(given))  # lists for tuples
    if value.get("rollout", {}).get("ended") == "no reply":
        return None
    return verifier.score(trajectory_of(value)).reward
