"""Which of transformers' TrainingArguments do something here, and which the recipe fixes: every one is in one of both.

    python -m config.trainer_options      # the tables of docs/training_options.md

An option that the recipe fixes is refused by name when it is given another value: one that is read and then has no
effect costs a run before anyone sees it.
"""

import dataclasses
import sys

from utils import InputError, door

OWN_VALIDATION = "validation is the project's own: sums over ranks, see docs/scoring.md"
OWN_LOSS = "the loss is the recipe's own"
HUB = "nothing is uploaded from here: a checkpoint that is still being written would go out; upload the finished folder"
OWN_ORDER = "the order of samples is the project's own, from --seed and the epoch, so that a continued run is the same"
UNTRIED = "never tried with the recipe's own forward pass"

FIXED = {
    "average_tokens_across_devices": OWN_LOSS + ", over the counts of the whole global batch",
    "label_smoothing_factor": OWN_LOSS,
    "use_liger_kernel": OWN_LOSS + "; it never holds all logits anyway",
    "liger_kernel_config": OWN_LOSS,
    "neftune_noise_alpha": "the recipe adds no noise to embeddings",
    "optim_target_modules": "all weights are trained",
    "fp16": "its scaler lets gradients overflow, which ends a run here; use --bf16",
    "fp16_full_eval": OWN_VALIDATION,
    "bf16_full_eval": OWN_VALIDATION,
    "use_cache": "training never continues a sequence",
    "torch_compile": UNTRIED,
    "torch_compile_backend": UNTRIED,
    "torch_compile_mode": UNTRIED,
    "auto_find_batch_size": "a changed batch size would be another run; give --batch_size and --grad_accum",
    "logging_nan_inf_filter": "a loss that is not a number ends the run, with the rows' numbers",
    "log_level": "only the project's own lines are shown",
    "log_level_replica": "only the first process speaks",
    "prediction_loss_only": OWN_VALIDATION,
    "eval_do_concat_batches": OWN_VALIDATION,
    "eval_use_gather_object": OWN_VALIDATION,
    "eval_accumulation_steps": OWN_VALIDATION,
    "include_for_metrics": OWN_VALIDATION,
    "batch_eval_metrics": OWN_VALIDATION,
    "label_names": OWN_VALIDATION,
    "save_on_each_node": "all nodes see one output folder; rank 0 writes it",
    "enable_jit_checkpoint": "SIGTERM and Ctrl-C save a whole checkpoint already",
    "push_to_hub": HUB,
    "hub_token": HUB,
    "hub_private_repo": HUB,
    "hub_model_id": HUB,
    "hub_strategy": HUB,
    "hub_always_push": HUB,
    "hub_revision": HUB,
    "ignore_data_skip": OWN_ORDER,
    "data_seed": OWN_ORDER,
    "dataloader_drop_last": OWN_ORDER + "; the last batch is filled up with samples that count nothing",
    "length_column_name": OWN_ORDER,
    "accelerator_config": OWN_ORDER,
    "remove_unused_columns": "batches are the collator's own",
    "restore_callback_states_from_checkpoint": "the project's callbacks keep no state",
    "parallelism_config": "DeepSpeed is the way onto several devices (--deepspeed)",
    "fsdp": "DeepSpeed is the way onto several devices (--deepspeed)",
    "fsdp_config": "DeepSpeed is the way onto several devices (--deepspeed)",
    "do_train": "each script does one thing",
    "do_eval": "each script does one thing; --eval_strategy says when to validate",
    "do_predict": "each script does one thing; test.py answers",
}
# Fixed by one trainer, honoured by the other.
FIXED_IN_FINETUNE = {
    "lr_scheduler_type": "the rate follows --lr_schedule (calr, cosine or constant)",
    "lr_scheduler_kwargs": "the rate follows --lr_schedule, with --polish_lr and --calr_target",
}
FIXED_IN_ALIGN = {"train_sampling_strategy": "pairs come in a random order"}

# fmt: off
HONOURED = (
    "output_dir", "per_device_train_batch_size", "num_train_epochs", "max_steps", "learning_rate", "warmup_steps",
    "optim", "optim_args", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon",
    "gradient_accumulation_steps", "max_grad_norm", "bf16", "tf32", "activation_checkpointing",
    "activation_checkpointing_kwargs", "gradient_checkpointing", "gradient_checkpointing_kwargs",
    "torch_empty_cache_steps", "logging_strategy", "logging_steps", "logging_first_step", "log_on_each_node",
    "include_num_input_tokens_seen", "disable_tqdm", "report_to", "run_name", "project", "trackio_space_id",
    "trackio_bucket_id", "trackio_static_space_id", "eval_strategy", "eval_steps", "eval_delay",
    "per_device_eval_batch_size", "eval_on_start", "save_only_model", "save_strategy", "save_steps",
    "save_total_limit", "load_best_model_at_end", "metric_for_best_model", "greater_is_better",
    "full_determinism", "seed", "use_cpu", "dataloader_num_workers", "dataloader_pin_memory",
    "dataloader_persistent_workers", "dataloader_prefetch_factor", "dataloader_multiprocessing_context",
    "dataloader_in_order", "ddp_find_unused_parameters", "ddp_bucket_cap_mb", "ddp_broadcast_buffers",
    "ddp_static_graph", "ddp_backend", "ddp_timeout", "deepspeed", "debug", "skip_memory_metrics",
    "resume_from_checkpoint", "local_rank",
)
# fmt: on


def refuse_fixed(arguments, fixed: dict[str, str]) -> None:
    """Raises InputError for an option of TrainingArguments whose value differs from its default and has no effect.

    Args:
        arguments: before TrainingArguments has filled in what was left open.
        fixed: of this trainer, besides ``FIXED``.
    """
    from transformers import TrainingArguments

    known = {*HONOURED, *FIXED_IN_FINETUNE, *FIXED_IN_ALIGN}
    defaults = {field.name: _default(field) for field in dataclasses.fields(arguments)}
    for field in dataclasses.fields(TrainingArguments):
        name = field.name
        if not field.init or getattr(arguments, name) == defaults[name]:
            continue
        if why := (FIXED | fixed).get(name):
            raise InputError(f"--{name} has no effect here: {why}; leave it out")
        if name not in known:
            raise InputError(f"--{name} is an option of a newer transformers that was never tried here; leave it out")


def _default(field: dataclasses.Field) -> object:
    return field.default_factory() if field.default is dataclasses.MISSING else field.default


def tables() -> str:
    """Both lists, as Markdown."""
    lines = ["| option | honoured by |", "| --- | --- |"]
    lines += [f"| `--{name}` | finetune.py, align.py |" for name in sorted(HONOURED)]
    lines += [f"| `--{name}` | align.py |" for name in sorted(FIXED_IN_FINETUNE)]
    lines += [f"| `--{name}` | finetune.py |" for name in sorted(FIXED_IN_ALIGN)]
    lines += ["", "| option | refused, because |", "| --- | --- |"]
    lines += [f"| `--{name}` | {why} |" for name, why in sorted(FIXED.items())]
    lines += [f"| `--{name}` (finetune.py) | {why} |" for name, why in FIXED_IN_FINETUNE.items()]
    lines += [f"| `--{name}` (align.py) | {why} |" for name, why in FIXED_IN_ALIGN.items()]
    return "\n".join(lines) + "\n"


def main() -> int:
    print(tables(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
