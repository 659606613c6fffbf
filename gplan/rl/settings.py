"""What a continued run of reinforcement learning must have in common with its beginning."""

from transformers import PreTrainedModel

from gplan.rl.plan_rows import PlanRows
from gplan.training.checkpoint import checkpoint_digest
from gplan.training.settings import run_settings

_OWN = ("plans", "temperature", "beta", "rewards", "lr_scheduler_type")


def rl_settings(args, model: PreTrainedModel, train_set: PlanRows) -> dict:
    """What a continued run must have in common with the run it continues, under the names the user knows."""
    return {
        "--train_csv, --twins": train_set.fingerprint,
        **run_settings(args, model, _OWN),
        # Not its shape alone: the KL is to its weights.
        "--model": checkpoint_digest(args.model),
    }
