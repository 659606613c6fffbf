"""The arguments of ``finetune.py``: everything of ``TrainingArguments``, plus what PICD needs.

Shell variable X of ``finetune.sh`` is the flag ``--x``. A field left at None takes its default from the preset:
the paper's numbers for a real backbone, those of ``EMBEDDED`` for the small one that is built when no model is
given.
"""

import dataclasses
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from transformers import HfArgumentParser, TrainingArguments
from transformers.hf_argparser import HfArg

from data_process.schema import DataError
from training.zero import prepare_deepspeed

# GPlan, section 5.1.3: Qwen3-1.7B and 4B, 16 rows a device on 4 devices.
PAPER = {
    "learning_rate": 5e-6,
    "polish_lr": 1e-6,
    "calr_target": "9",
    "per_device_train_batch_size": 16,
    "gradient_checkpointing": True,
}
# Found by the runs in docs/LOG.md for the embedded backbone and its rows.
EMBEDDED = {
    "learning_rate": 2e-3,
    "polish_lr": 1e-3,
    "calr_target": "auto",
    "per_device_train_batch_size": 8,
    "gradient_checkpointing": False,
}


@dataclass
class FinetuneArguments(TrainingArguments):
    """PICD and its two ablations; defaults in brackets are the paper's."""

    model: str | None = HfArg(
        default=None, help="Folder of a Qwen3 model or checkpoint. Unset: a small backbone is built and cached."
    )
    train_csv: str | None = HfArg(
        default=None,
        help="GSISR CSV to train on. Unset: data_process/dataset/train.csv if it is there, else generated rows.",
    )
    valid_csv: str | None = HfArg(
        default=None,
        help="GSISR CSV whose section losses, fully latent, are reported once an epoch. Unset: "
        "data_process/dataset/test.csv if it is there, else generated rows when train_csv is unset too.",
    )
    output_dir: str | None = HfArg(default="./output", help="Checkpoint folder; one that holds a run needs --resume.")
    cot_mode: Literal["picd", "cot_sft", "direct_sft"] = HfArg(
        default="picd", help="picd: text turns latent, epoch by epoch. cot_sft: text always. direct_sft: plan only."
    )
    num_train_epochs: float = HfArg(aliases=["--epochs"], default=13, help="Epochs [13].")
    per_device_train_batch_size: int | None = HfArg(aliases=["--batch_size"], default=None, help="Rows a device [16].")
    gradient_accumulation_steps: int = HfArg(aliases=["--grad_accum"], default=1, help="Micro-batches a step [1].")
    learning_rate: float | None = HfArg(default=None, help="Rate of the structure phase, η_s [5e-6].")
    lr_schedule: Literal["calr", "cosine", "constant"] = HfArg(
        default="calr", help="calr: η_s until the scaffold stands, then a cosine from η_p. The others have one phase."
    )
    polish_lr: float | None = HfArg(default=None, help="Rate at which CALR's polish phase starts, η_p [1e-6].")
    calr_target: str | None = HfArg(
        default=None, help="Stage c* after which CALR polishes: a number, or auto for nine tenths of the samples [9]."
    )
    cot_weight: float = HfArg(default=1.0, help="Weight of the reasoning section in the loss [1].")
    json_weight: float = HfArg(default=1.0, help="Weight of the plan section in the loss [1].")
    max_length: int = HfArg(default=2560, help="Longest sequence in tokens; nothing is ever cut.")
    overlong: Literal["error", "skip"] = HfArg(default="error", help="What to do with rows that don't fit.")
    bad_rows: Literal["stop", "skip"] = HfArg(
        default="stop",
        help="What to do with rows that can't be used (fields, label, no reasoning): stop at them, or leave them "
        "out. Either way they are listed, with reasons, in a JSONL file in the cache.",
    )
    prompt_style: str | None = HfArg(
        default=None, help="full or compact. Unset: what the checkpoint was trained with, else full."
    )
    bf16: bool | None = HfArg(default=None, help="bf16 autocast over fp32 weights. Unset: on CUDA, real backbone.")
    gradient_checkpointing: bool | None = HfArg(default=None, help="Recompute activations [true].")
    deepspeed: str | None = HfArg(aliases=["--ds_config"], default=None, help="DeepSpeed JSON file.")
    resume_from_checkpoint: str | None = HfArg(
        aliases=["--resume"],
        default=None,
        help="auto (newest complete checkpoint in output_dir; the first step if there is none) or a checkpoint folder.",
    )
    preview: str | None = HfArg(
        default=None, help="Epochs, as 1,2,5,12: print what the training loader yields there, then leave."
    )
    preview_rows: int = HfArg(default=3, help="Rows shown by --preview.")
    json: bool = HfArg(default=False, help="With --preview: print JSON and nothing else.")
    weight_decay: float = HfArg(default=0.01, help="AdamW's weight decay [0.01].")
    warmup_steps: float = HfArg(default=0.01, help="Steps of linear warm-up, or their share of all steps [0.01].")
    logging_steps: float = HfArg(default=10, help="Steps between two log entries.")
    save_strategy: str | None = HfArg(
        default=None,
        help="When to save a checkpoint: no, steps or epoch. Unset: steps if save_steps is set, else epoch.",
    )
    save_steps: float | None = HfArg(default=None, help="Steps between two checkpoints, or their share of all steps.")
    save_total_limit: int | None = HfArg(default=2, help="Checkpoints kept.")
    train_sampling_strategy: Literal["group_by_length", "random"] = HfArg(
        default="random", help="group_by_length: rows of like length share a batch. Less padding, see docs/LOG.md."
    )
    report_to: str = HfArg(default="tensorboard", help="Where to log: tensorboard, none, …")
    # Batches are dictionaries of our own, and a NaN is to be seen, not averaged away.
    remove_unused_columns: bool = False
    logging_nan_inf_filter: bool = False
    ddp_find_unused_parameters: bool | None = False
    dataloader_pin_memory: bool = HfArg(default_factory=torch.cuda.is_available, help="Pinned host memory [on CUDA].")
    per_device_eval_batch_size: int = HfArg(default=32, help="Rows a device in validation.")

    def __post_init__(self):
        preset = PAPER if self.model else EMBEDDED
        for name, value in preset.items():
            if getattr(self, name) is None:
                setattr(self, name, value)
        # Newer 5.x call it activation_checkpointing and warn about the old name.
        if getattr(self, "activation_checkpointing", True) is None:
            self.activation_checkpointing = self.gradient_checkpointing
        if self.bf16 is None:
            self.bf16 = bool(self.model) and torch.cuda.is_available()
        if self.save_strategy is None:
            self.save_strategy = "steps" if self.save_steps else "epoch"
        if self.save_steps is None:
            self.save_steps = 500
        if self.calr_target != "auto" and not self.calr_target.isdecimal():
            raise ValueError(f"--calr_target {self.calr_target}: a number of blocks (0 to 11) or auto")
        if min(self.cot_weight, self.json_weight) < 0 or self.cot_weight + self.json_weight == 0:
            raise ValueError("--cot_weight and --json_weight must not be negative, nor both 0")
        # Without GPUs torchrun's processes would take no notice of each other, unless told that there are none.
        self.use_cpu = self.use_cpu or ("WORLD_SIZE" in os.environ and not torch.cuda.is_available())
        if self.deepspeed:
            prepare_deepspeed(self.deepspeed, cpu=self.use_cpu)
        super().__post_init__()


def parse_arguments(argv: list[str] | None = None) -> FinetuneArguments:
    """Arguments from the command line; a first argument that ends in .yaml, .yml or .json is read before it.

    In such a file the keys are the flags' names (``epochs: 13``) or the fields' (``num_train_epochs: 13``).

    Raises:
        DataError: values that don't go together or can't be used.
    """
    argv = sys.argv[1:] if argv is None else argv
    parser = HfArgumentParser(FinetuneArguments, description=__doc__.splitlines()[0])
    if argv and argv[0].endswith((".yaml", ".yml", ".json")):
        argv = [*_flags_of_file(argv[0]), *argv[1:]]
    try:
        (arguments,) = parser.parse_args_into_dataclasses(argv)
    except ValueError as error:  # of __post_init__; argparse would print hundreds of lines of usage before it
        raise DataError(str(error)) from error
    return arguments


def _flags_of_file(path: str) -> list[str]:
    import yaml  # JSON is YAML too

    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        sys.exit(f"error: {path}: {error}")
    if not isinstance(values, dict):
        sys.exit(f"error: {path}: a mapping of argument names to values is expected")
    return [word for name, value in values.items() for word in (f"--{name}", str(value))]


def recipe(arguments: FinetuneArguments) -> dict:
    """The arguments that a run's manifest and model card name: those of PICD, and the Trainer's that it sets."""
    own = {field.name for field in dataclasses.fields(FinetuneArguments)} - {
        field.name for field in dataclasses.fields(TrainingArguments)
    }
    own |= {name for name in FinetuneArguments.__annotations__ if not name.startswith("_")} | {"seed", "max_steps"}
    return {name: getattr(arguments, name) for name in sorted(own - {"preview", "preview_rows", "json"})}
