"""Groups of episodes as what the RL stage learns from: sequences, each with its group's verdict on it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch

from stagent.cascade.policy_loss import group_advantages, has_spread
from stagent.cascade.probing import ScoredRollout
from stagent.rollout.sequence import TokenSequence


class Judgement(NamedTuple):
    """A sequence and the advantage of the episode it is of."""

    sequence: TokenSequence
    advantage: float


class GroupFigures(NamedTuple):
    """What a step's episodes were like.

    Attributes:
        reward: mean of those that were scored; spreadless: share of groups that teach nothing, and are left out.
        vetoed: share of episodes; calls: of tools, an episode; errors: share of calls; unscored: episodes.
    """

    reward: float
    spreadless: float
    vetoed: float
    calls: float
    errors: float
    unscored: int


def judgements(groups: Iterable[Sequence[ScoredRollout]]) -> list[Judgement]:
    """The sequences of all groups with spread, in their order; what has no written id says nothing and is left out."""
    found = []
    for group in groups:
        rewards = torch.tensor([float("nan") if s.score.reward is None else s.score.reward for s in group])
        if not has_spread(rewards):
            continue
        for scored, advantage in zip(group, group_advantages(rewards).tolist(), strict=True):
            found += [Judgement(each, advantage) for each in scored.rollout.sequences if any(each.written)]
    return found


def group_figures(groups: Sequence[Sequence[ScoredRollout]]) -> GroupFigures:
    """Figures of at least one group."""
    episodes = [scored for group in groups for scored in group]
    scored = [each.score.reward for each in episodes if each.score.reward is not None]
    rewards = [torch.tensor([float("nan") if s.score.reward is None else s.score.reward for s in g]) for g in groups]
    calls = [call for each in episodes for call in each.rollout.trajectory.calls()]
    return GroupFigures(
        reward=sum(scored) / max(len(scored), 1),
        spreadless=sum(not has_spread(each) for each in rewards) / len(groups),
        vetoed=sum(bool(each.score.vetoed) for each in episodes) / len(episodes),
        calls=len(calls) / len(episodes),
        errors=sum(call.outcome in ("error", "failed") for call in calls) / max(len(calls), 1),
        unscored=len(episodes) - len(scored),
    )


class SequenceBatch(NamedTuple):
    """Sequences padded on the right; column t says of the id at t + 1 what its tensor is about.

    Attributes:
        ids: (B, T + 1); written, logprobs: (B, T), whether the policy wrote it, its log-probability at sampling.
        advantages: (B,).
    """

    ids: torch.Tensor
    written: torch.Tensor
    logprobs: torch.Tensor
    advantages: torch.Tensor


def batch_of(judged: Sequence[Judgement], pad: int) -> SequenceBatch:
    longest = max(len(each.sequence.ids) for each in judged)
    ids = torch.full((len(judged), longest), pad)
    written = torch.zeros((len(judged), longest - 1), dtype=torch.bool)
    logprobs = torch.zeros((len(judged), longest - 1))
    for row, (sequence, _) in enumerate(judged):
        length = len(sequence.ids)
        ids[row, :length] = torch.tensor(sequence.ids)
        written[row, : length - 1] = torch.tensor(sequence.written[1:])
        logprobs[row, : length - 1] = torch.tensor(sequence.logprobs[1:])
    return SequenceBatch(ids, written, logprobs, torch.tensor([each.advantage for each in judged]))
