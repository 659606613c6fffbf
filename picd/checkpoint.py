"""What a planner checkpoint says of itself, and what a continued run must have in common with its beginning."""

import hashlib
import json

from transformers import GenerationConfig, PreTrainedModel

from data_process.compression import FULLY_LATENT_EPOCH, CotMode
from data_process.data_loader import CSVDataset
from data_process.encode import RowEncoder
from training.zero import zero_stage

# Arguments that shape the way from the first step to the last.
_TRAJECTORY = (
    "cot_mode",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "learning_rate",
    "lr_schedule",
    "polish_lr",
    "calr_target",
    "warmup_steps",
    "cot_weight",
    "json_weight",
    "max_length",
    "overlong",
    "train_sampling_strategy",
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
# Fields that are flags by another name as well, the one that finetune.sh uses.
_FLAGS = {
    "num_train_epochs": "epochs",
    "per_device_train_batch_size": "batch_size",
    "gradient_accumulation_steps": "grad_accum",
}
# Entries of a model's config that say nothing of its shape.
_NOT_SHAPE = ("_name_or_path", "architectures", "dtype", "torch_dtype", "gplan", "transformers_version", "use_cache")


def store_settings(model: PreTrainedModel, encoder: RowEncoder, mode: CotMode, train_set: CSVDataset) -> None:
    """Writes into the model's configs what scoring and serving need to use it as it was trained.

    ``config.gplan`` holds ``cot_mode``, ``prompt_style`` and ``response_tokens``, the longest response of the
    training rows as the finished model writes it: the limit for generation.
    """
    longest = int(train_set.response_lengths(FULLY_LATENT_EPOCH)[train_set.indices].max())
    model.config.gplan = {"cot_mode": mode, "prompt_style": encoder.prompt_style, "response_tokens": longest}
    model.generation_config = GenerationConfig(
        do_sample=False,
        eos_token_id=encoder.end,
        pad_token_id=encoder.tokenizer.pad_token_id,
        max_new_tokens=longest,
    )


def planner_settings(model: PreTrainedModel) -> dict:
    """What ``store_settings`` wrote; empty for a model that was not trained here."""
    return getattr(model.config, "gplan", None) or {}


def run_settings(args, model: PreTrainedModel, encoder: RowEncoder, train_set: CSVDataset) -> dict:
    """What a continued run must have in common with the run it continues, under the names the user knows."""
    shape = {name: value for name, value in model.config.to_dict().items() if name not in _NOT_SHAPE}
    fingerprints = train_set.fingerprints
    return {
        "NPROC": args.world_size,
        "--train_csv": fingerprints["data"],
        "rows": len(train_set),
        "tokenizer": fingerprints["tokenizer"],
        "--prompt_style": encoder.prompt_style,
        "data_process code": fingerprints["code"],
        "--model": hashlib.sha256(json.dumps(shape, sort_keys=True, default=str).encode()).hexdigest()[:12],
        "DeepSpeed": zero_stage(args.deepspeed),
        **{f"--{_FLAGS.get(name, name)}": getattr(args, name) for name in _TRAJECTORY},
    }
