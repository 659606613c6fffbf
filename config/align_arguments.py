"""The arguments of ``align.py``: everything of ``TrainingArguments``, plus what SC-DPO needs.

A field left at None takes its default from the preset: ``EMBEDDED`` for a checkpoint of the small backbone, else
``REAL``. The paper's numbers did not survive in its text: those here are ours.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from transformers.hf_argparser import HfArg

from config.stored import is_small
from config.trainer_options import FIXED_IN_ALIGN
from config.training_arguments import RunArguments, parse

REAL = {
    "learning_rate": 5e-7,
    "per_device_train_batch_size": 8,
    "gradient_checkpointing": True,
}
# Found by the runs in docs/log.md for the embedded backbone and its twins.
EMBEDDED = {
    "learning_rate": 1e-4,
    "per_device_train_batch_size": 8,
    "gradient_checkpointing": False,
}


@dataclass
class AlignArguments(RunArguments):
    """SC-DPO, vanilla DPO as the case in which every weight is 0, and ordinary training; defaults in brackets."""

    model: str = HfArg(default="./output", help="PICD checkpoint, policy at first and reference throughout [./output].")
    twins: str | None = HfArg(
        default=None,
        help="Twins to train on (python -m gplan.synthesis twins). Unset: those of the embedded training rows.",
    )
    valid_twins: str | None = HfArg(
        default=None,
        help="Held-out twins, on which the same figures are reported once an epoch. Unset: none, or those of the "
        "embedded held-out rows when twins is unset too.",
    )
    output_dir: str | None = HfArg(
        default="./output_dpo", help="Checkpoint folder; one that holds a run needs --resume."
    )
    loss: Literal["sc_dpo", "sft"] = HfArg(
        default="sc_dpo", help="sc_dpo; or sft: ordinary training on both sides' own plans, the control."
    )
    beta: float = HfArg(default=0.1, help="β: what a nat of log-probability beyond the reference's is worth [0.1].")
    anchor_margin: float = HfArg(default=0.0, help="m: how far r⁺ may fall below 0 for nothing [0].")
    anchor_weight: float = HfArg(default=1.0, help="λ_a, of the reference anchor [1].")
    gap_low: float = HfArg(default=0.2, help="g_low: the least margin r⁺ - r⁻ that is wanted [0.2].")
    gap_high: float = HfArg(default=2.0, help="g_high: the largest [2.0].")
    low_weight: float = HfArg(default=1.0, help="λ_low, below the least margin [1].")
    high_weight: float = HfArg(default=0.5, help="λ_high, above the largest [0.5].")
    center: float = HfArg(default=0.0, help="c₀: where the mean of r⁺ and r⁻ is wanted [0].")
    center_weight: float = HfArg(default=0.1, help="λ_c, of the squared distance to it [0.1].")
    num_train_epochs: float = HfArg(aliases=["--epochs"], default=1, help="Epochs [1].")
    per_device_train_batch_size: int | None = HfArg(
        aliases=["--batch_size"], default=None, help="Samples, two responses each, a device; a pair has two [8]."
    )
    learning_rate: float | None = HfArg(default=None, help="Rate after warm-up [5e-7].")
    lr_scheduler_type: str = HfArg(default="constant_with_warmup", help="[constant_with_warmup]")
    warmup_steps: float = HfArg(default=0.1, help="Steps of linear warm-up, or their share of all steps [0.1].")
    share_prompt: bool = HfArg(
        default=True, help="Compute the prompt once for both responses; false: two sequences, no mask [true]."
    )
    logging_steps: float = HfArg(default=1, help="Steps between two log entries.")

    FIXED: ClassVar[dict[str, str]] = FIXED_IN_ALIGN

    def __post_init__(self):
        small = is_small(self.model)
        self.fill(EMBEDDED if small else REAL)
        if self.bf16 is None:
            self.bf16 = not small and torch.cuda.is_available()
        for name in ("anchor_weight", "low_weight", "high_weight", "center_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"--{name} {getattr(self, name)}: a weight is 0 or more")
        if not 0 < self.beta < math.inf:
            raise ValueError(f"--beta {self.beta}: more than 0 is needed")
        if self.gap_low > self.gap_high:
            raise ValueError(f"--gap_low {self.gap_low} lies above --gap_high {self.gap_high}; the band would be empty")
        super().__post_init__()


def parse_arguments(argv: list[str] | None = None) -> AlignArguments:
    """The arguments of an alignment from the command line; see ``training_arguments.parse``."""
    return parse(AlignArguments, __doc__.splitlines()[0], argv)
