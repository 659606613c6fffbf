"""The arguments of ``python -m gplan.rl``: everything of ``TrainingArguments``, plus what reinforcement learning needs.

A field left at None takes its default from the preset: ``EMBEDDED`` for a checkpoint of the small backbone, else
``REAL``. No paper has numbers for it: those here are ours.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from transformers.hf_argparser import HfArg

from config.stored import is_small
from config.trainer_options import FIXED_IN_ALIGN
from config.training_arguments import RunArguments, parse
from config.zero import zero_stage
from gplan.planner.chance import check_temperature
from gplan.rl.rewards import DEFAULT, WITH_TWINS, parse_rewards
from utils import InputError

REAL = {
    "learning_rate": 1e-6,
    "temperature": 1.0,
    "per_device_train_batch_size": 8,
    "gradient_checkpointing": True,
    "rows_per_epoch": None,
}
# Found by the runs in docs/log.md for the embedded backbone and its rows.
EMBEDDED = {
    "learning_rate": 5e-5,
    "temperature": 0.5,
    "per_device_train_batch_size": 32,
    "gradient_checkpointing": False,
    "rows_per_epoch": 6400,
}


@dataclass
class RlArguments(RunArguments):
    """Reinforcement learning on plans; defaults in brackets."""

    model: str = HfArg(default="./output", help="Checkpoint, picd or direct_sft: the policy at first [./output].")
    train_csv: str | None = HfArg(
        default=None,
        help="GSISR CSV whose rows are planned for. Unset: data_process/dataset/train.csv if it is there, else "
        "generated rows.",
    )
    valid_csv: str | None = HfArg(
        default=None, help="Held-out rows, planned for greedily once an epoch. Unset: as in finetune.py."
    )
    twins: str | None = HfArg(
        default=None,
        help="Twins, both sides of which are planned for too. Unset: none, or those of the embedded rows when "
        "train_csv is unset too.",
    )
    valid_twins: str | None = HfArg(
        default=None, help="Held-out twins, for context responsiveness. Unset: none, or embedded ones, likewise."
    )
    output_dir: str | None = HfArg(
        default="./output_rl", help="Checkpoint folder; one that holds a run needs --resume."
    )
    rewards: str | None = HfArg(
        default=None,
        help="Rewards and their weights, of nes, first_intent, twin_margin, expert and judge "
        f"[{DEFAULT}; with twins {WITH_TWINS}].",
    )
    plans: int = HfArg(default=8, help="G: plans that are drawn for a row; 2 or more [8].")
    temperature: float | None = HfArg(
        default=None, help="That plans are drawn at, and their log-probabilities are of [1]."
    )
    beta: float = HfArg(default=0.0, help="β: weight of the KL to the start checkpoint; 0: none is computed [0].")
    num_train_epochs: float = HfArg(aliases=["--epochs"], default=1, help="Epochs [1].")
    per_device_train_batch_size: int | None = HfArg(
        aliases=["--batch_size"], default=None, help="Rows a device, G plans each [8]."
    )
    learning_rate: float | None = HfArg(default=None, help="Rate after warm-up [1e-6].")
    lr_scheduler_type: str = HfArg(default="linear", help="[linear]")
    warmup_steps: float = HfArg(default=0.02, help="Steps of linear warm-up, or their share of all steps [0.02].")
    weight_decay: float = HfArg(default=0.0, help="AdamW's weight decay [0].")

    FIXED: ClassVar[dict[str, str]] = FIXED_IN_ALIGN

    def __post_init__(self):
        small = is_small(self.model)
        self.fill(EMBEDDED if small else REAL)
        if self.bf16 is None:
            self.bf16 = not small and torch.cuda.is_available()
        if self.plans < 2:
            raise ValueError(f"--plans {self.plans}: a plan is compared with the row's others, so 2 or more are needed")
        check_temperature(self.temperature)
        if not 0 <= self.beta < math.inf:
            raise ValueError(f"--beta {self.beta}: 0 or more is needed")
        if self.rewards:
            parse_rewards(self.rewards)  # before anything is loaded
        if self.deepspeed and zero_stage(self.deepspeed) == 3:
            raise InputError(
                f"--deepspeed {self.deepspeed}: plans are drawn from whole weights, which ZeRO-3 parts; take "
                "config/ds_z1_bf16.json"
            )
        super().__post_init__()


def parse_arguments(argv: list[str] | None = None) -> RlArguments:
    """The arguments of a run from the command line; see ``training_arguments.parse``."""
    return parse(RlArguments, __doc__.splitlines()[0], argv)
