"""What a continued alignment must have in common with its beginning."""

from transformers import PreTrainedModel

from gplan.scdpo.loss import WEIGHTS
from gplan.scdpo.pairs import PairDataset
from gplan.training.checkpoint import checkpoint_digest
from gplan.training.settings import run_settings

_OWN = ("loss", "beta", *WEIGHTS, "lr_scheduler_type", "share_prompt")


def sc_dpo_settings(args, model: PreTrainedModel, train_set: PairDataset) -> dict:
    """What a continued run must have in common with the run it continues, under the names the user knows."""
    fingerprints = train_set.fingerprints
    return {
        "--twins": fingerprints["data"],
        "pairs": len(train_set) // 2,
        "tokenizer": fingerprints["tokenizer"],
        "data format": fingerprints["format"],
        **run_settings(args, model, _OWN),
        # Not its shape alone: the weights are the reference.
        "--model": checkpoint_digest(args.model),
    }
