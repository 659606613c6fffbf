"""The loss of reinforcement learning on plans, as pure functions.

Shapes: G plans of a row, N decisions, C tokens that may be chosen at most.
"""

import torch


def leave_one_out(rewards: torch.Tensor) -> torch.Tensor:
    """Advantages of a row's plans: each reward minus the mean of the others, of rewards' shape (…, G).

    They sum to 0, and are all 0 where all rewards are equal. Not divided by a deviation: that would weigh rows by how
    sure the model is of them.
    ``leave_one_out([1, 0, 0, 1]) == [2/3, -2/3, -2/3, 2/3]``

    Raises:
        ValueError: a plan has no others.
    """
    count = rewards.shape[-1]
    if count < 2:
        raise ValueError(f"{count} plans of a row: a plan is compared with the row's others, so 2 or more are needed")
    others = (rewards.sum(-1, keepdim=True) - rewards) / (count - 1)
    return rewards - others


def decision_kl(log_probs_NC: torch.Tensor, reference_NC: torch.Tensor) -> torch.Tensor:
    """KL(π ‖ π_ref) over what may be chosen, exact, in nats, (N,).

    ``decision_kl([log .5, log .5], [log .25, log .75]) == .5 log 2 + .5 log 2/3``
    """
    # Filled before it is multiplied: behind 0 · ∞ the gradient is not a number, whatever is filled in later.
    apart = (log_probs_NC - reference_NC).masked_fill(log_probs_NC.isneginf(), 0)
    return (log_probs_NC.exp() * apart).sum(-1)


def decision_entropy(log_probs_NC: torch.Tensor) -> torch.Tensor:
    """Entropy of each decision in nats, (N,)."""
    return -(log_probs_NC.exp() * log_probs_NC.masked_fill(log_probs_NC.isneginf(), 0)).sum(-1)


def policy_loss(
    log_probs_NC: torch.Tensor,
    kl_N: torch.Tensor,
    advantages_NC: torch.Tensor,
    counts_N: torch.Tensor,
    *,
    plans: int,
    beta: float,
) -> torch.Tensor:
    """What each decision adds to its row's loss, (N,).

    A row's is -1/G Σ A log π(y) + β/G Σ KL(y) over its G plans, where log π and KL are sums over a plan's decisions.
    Its gradient is that of the expected reward (REINFORCE with a leave-one-out baseline), and of the KL at the
    decisions that were come by.

    Args:
        advantages_NC: summed over the plans that went on each way.
        counts_N: of the plans that came by.
        plans: G.
    """
    taken = log_probs_NC.masked_fill(log_probs_NC.isneginf(), 0) * advantages_NC
    return (beta * counts_N * kl_N - taken.sum(-1)) / plans
