"""What a planner checkpoint says of itself, and what a continued run must have in common with its beginning."""

import hashlib
import json
from pathlib import Path

from transformers import PreTrainedModel

from config.zero import zero_stage
from utils import InputError

# Arguments that shape the way from the first step to the last, whatever is trained.
_TRAJECTORY = (
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "learning_rate",
    "warmup_steps",
    "max_length",
    "overlong",
    "seed",
    "bf16",
    "fp16",
    "optim",
    "weight_decay",
    "adam_beta1",
    "adam_beta2",
    "adam_epsilon",
    "max_grad_norm",
)
# Fields that are flags by another name as well, the one that the shell scripts use.
_FLAGS = {
    "num_train_epochs": "epochs",
    "per_device_train_batch_size": "batch_size",
    "gradient_accumulation_steps": "grad_accum",
}
# Entries of a model's config that say nothing of its shape.
_NOT_SHAPE = ("_name_or_path", "architectures", "dtype", "torch_dtype", "gplan", "transformers_version", "use_cache")


def planner_settings(model: PreTrainedModel) -> dict:
    """``config.gplan``: ``cot_mode``, ``prompt_style``, ``response_tokens``; empty for a model not trained here."""
    return getattr(model.config, "gplan", None) or {}


def trained_settings(stored: dict, folder: str | Path) -> dict:
    """The settings of a checkpoint folder, which must be one that was trained here.

    Raises:
        InputError: it stores none.
    """
    if "cot_mode" not in stored:
        raise InputError(f"--model {folder}: config.json has no gplan settings; give a checkpoint of finetune.sh")
    return stored


def run_settings(args, model: PreTrainedModel, own: tuple[str, ...]) -> dict:
    """What a continued run must have in common with the run it continues, under the names the user knows.

    Args:
        own: arguments that shape this trainer's way, besides those of every run.
    """
    shape = {name: value for name, value in model.config.to_dict().items() if name not in _NOT_SHAPE}
    return {
        "NPROC": args.world_size,
        "--model": hashlib.sha256(json.dumps(shape, sort_keys=True, default=str).encode()).hexdigest()[:12],
        "DeepSpeed": zero_stage(args.deepspeed),
        **{f"--{_FLAGS.get(name, name)}": getattr(args, name) for name in (*own, *_TRAJECTORY)},
    }
