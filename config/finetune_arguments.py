"""The arguments of ``finetune.py``: everything of ``TrainingArguments``, plus what PICD needs.

A field left at None takes its default from the preset: the paper's numbers for a real backbone, those of
``EMBEDDED`` for the small one that is built when no model is given.
"""

import dataclasses
import os
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from transformers.hf_argparser import HfArg

from config.trainer_options import FIXED_IN_FINETUNE
from config.training_arguments import RunArguments, parse
from data_process.compression import LETTERS, MAX_BLOCKS, epochs_until

# GPlan, section 5.1.3: Qwen3-1.7B and 4B, 16 rows a device on 4 devices. Its 13 epochs are ``curriculum_epochs(1)``.
PAPER = {
    "adam_beta2": 0.999,
    "learning_rate": 5e-6,
    "polish_lr": 1e-6,
    "calr_target": "9",
    "per_device_train_batch_size": 16,
    "gradient_checkpointing": True,
    "muon": False,
}
# Found by the runs in docs/log.md for the embedded backbone and its rows. The batch is one on any number of processes.
# Epochs are short: text takes the first seven, and most of the steps are left for latents. They sum up to 31,200 rows.
EMBEDDED_BATCH = 8
EMBEDDED = {
    "num_train_epochs": 26,
    "rows_per_epoch": 1200,
    "adam_beta2": 0.98,
    "learning_rate": 1e-3,
    "polish_lr": 1e-3,
    "calr_target": "auto",
    "per_device_train_batch_size": max(1, EMBEDDED_BATCH // int(os.environ.get("WORLD_SIZE", "1"))),
    "gradient_checkpointing": False,
    "muon": True,
}


@dataclass
class FinetuneArguments(RunArguments):
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
    cot_mode: Literal["picd", "cot_sft", "direct_sft", "latent"] = HfArg(
        default="picd",
        help="picd: text turns latent, epoch by epoch. cot_sft: text always. direct_sft: plan only. latent: no text in "
        "any epoch.",
    )
    fillers: int = HfArg(
        default=0,
        help="direct_sft: tokens without meaning that are fed behind every prompt, 0 or as many as picd has latents "
        "[0].",
    )
    blocks_per_epoch: int = HfArg(
        default=1, help="N, blocks of reasoning that turn latent from one epoch to the next [1]."
    )
    latents_per_block: int = HfArg(default=3, help="K, latent tokens of a block, 1 to 5 [3].")
    interleaved: bool = HfArg(
        default=False,
        help="latent: the latents of STEP_i stand right before intent i, not all in front of the plan [false].",
    )
    num_train_epochs: float | None = HfArg(aliases=["--epochs"], default=None, help="Epochs [⌈12 / N⌉ + 1: 13].")
    adam_beta2: float | None = HfArg(default=None, help="AdamW's β₂ [0.999].")
    per_device_train_batch_size: int | None = HfArg(aliases=["--batch_size"], default=None, help="Rows a device [16].")
    learning_rate: float | None = HfArg(default=None, help="Rate of the structure phase, η_s [5e-6].")
    muon: bool | None = HfArg(
        default=None, help="Muon, not AdamW, for the matrices of the layers; the same rate for both [false]."
    )
    lr_schedule: Literal["calr", "cosine", "constant"] = HfArg(
        default="calr", help="calr: η_s until the scaffold stands, then a cosine from η_p. The others have one phase."
    )
    polish_lr: float | None = HfArg(default=None, help="Rate at which CALR's polish phase starts, η_p [1e-6].")
    calr_target: str | None = HfArg(
        default=None, help="Stage c* after which CALR polishes: a number, or auto for nine tenths of the samples [9]."
    )
    cot_weight: float = HfArg(default=1.0, help="Weight of the reasoning section in the loss [1].")
    json_weight: float = HfArg(default=1.0, help="Weight of the plan section in the loss [1].")
    prompt_style: str | None = HfArg(
        default=None, help="full or compact. Unset: what the checkpoint was trained with, else full."
    )
    preview: str | None = HfArg(
        default=None, help="Epochs, as 1,2,5,12: print what the training loader yields there, then leave."
    )
    preview_rows: int = HfArg(default=3, help="Rows shown by --preview.")
    json: bool = HfArg(default=False, help="With --preview: print JSON and nothing else.")
    warmup_steps: float = HfArg(default=0.01, help="Steps of linear warm-up, or their share of all steps [0.01].")
    train_sampling_strategy: Literal["group_by_length", "random"] = HfArg(
        default="random", help="group_by_length: rows of like length share a batch. Less padding, see docs/log.md."
    )

    share_prefix: bool = HfArg(
        default=False,
        help="A micro-batch is one sequence behind one copy of what all prompts begin with: for GPUs and the full "
        "prompt [false].",
    )
    compile_layers: bool = HfArg(
        default=False, help="torch.compile each layer: for GPUs and real backbones, a minute at the start [false]."
    )

    FIXED: ClassVar[dict[str, str]] = FIXED_IN_FINETUNE

    def __post_init__(self):
        self.choose_optimizer()
        if self.blocks_per_epoch < 1:
            raise ValueError(f"--blocks_per_epoch {self.blocks_per_epoch}: 1 or more is needed")
        self.fill(PAPER | {"num_train_epochs": curriculum_epochs(self.blocks_per_epoch)} if self.model else EMBEDDED)
        if self.bf16 is None:
            self.bf16 = bool(self.model) and torch.cuda.is_available()
        if self.fillers < 0 or (self.fillers and self.cot_mode != "direct_sft"):
            raise ValueError(f"--fillers {self.fillers}: 0 or more, and with --cot_mode direct_sft alone")
        if not 1 <= self.latents_per_block <= len(LETTERS):
            raise ValueError(f"--latents_per_block {self.latents_per_block}: 1 to {len(LETTERS)}")
        if self.interleaved and self.cot_mode != "latent":
            raise ValueError(
                f"--interleaved true: with --cot_mode latent alone, not {self.cot_mode}; text has no such form"
            )
        if self.calr_target != "auto" and not self.calr_target.isdecimal():
            raise ValueError(f"--calr_target {self.calr_target}: a number of blocks (0 to 11) or auto")
        if min(self.cot_weight, self.json_weight) < 0 or self.cot_weight + self.json_weight == 0:
            raise ValueError("--cot_weight and --json_weight must not be negative, nor both 0")
        super().__post_init__()

    def choose_optimizer(self) -> None:
        """Leaves it to AdamW, or whatever --optim names, where Muon can't be had.

        Raises:
            ValueError: it is asked for all the same.
        """
        optim = next(field.default for field in dataclasses.fields(self) if field.name == "optim")
        if self.deepspeed:
            problem = "DeepSpeed cuts matrices into pieces, and Muon needs them whole"
        elif self.optim != optim:
            problem = f"--optim {self.optim} is another optimizer"
        else:
            return
        if self.muon:
            raise ValueError(f"--muon true: {problem}; leave one of the two out")
        self.muon = False


def curriculum_epochs(blocks_per_epoch: int) -> int:
    """Epochs that a run takes unless told otherwise: until a stage behind the longest plan's B = 11, ⌈12 / N⌉ + 1.

    ``[curriculum_epochs(n) for n in (1, 2, 4, 12)] == [13, 7, 4, 2]``
    """
    return epochs_until(MAX_BLOCKS + 1, blocks_per_epoch)


def parse_arguments(argv: list[str] | None = None) -> FinetuneArguments:
    """The arguments of a PICD run from the command line; see ``training_arguments.parse``."""
    return parse(FinetuneArguments, __doc__.splitlines()[0], argv)
