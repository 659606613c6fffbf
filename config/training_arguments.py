"""What the arguments of every training run have in common: ``TrainingArguments`` with this project's defaults.

Shell variable X of a stage's script is the flag ``--x``.
"""

import argparse
import dataclasses
import json
import math
import os
import sys
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

import torch
from transformers import HfArgumentParser, TrainingArguments
from transformers.hf_argparser import HfArg

from config.trainer_options import refuse_fixed
from config.zero import prepare_deepspeed
from utils import InputError, Parser


@dataclass
class RunArguments(TrainingArguments):
    """Where a run writes, how it saves and logs, what it does with rows that are no good."""

    gradient_accumulation_steps: int = HfArg(aliases=["--grad_accum"], default=1, help="Micro-batches a step [1].")
    rows_per_epoch: int | None = HfArg(
        default=None,
        help="Samples of an epoch at most: each takes the next ones of the shuffled file. Unset: all, in every epoch.",
    )
    max_length: int = HfArg(default=2560, help="Longest sequence in tokens; nothing is ever cut.")
    overlong: Literal["error", "skip"] = HfArg(default="error", help="What to do with rows that don't fit.")
    bad_rows: Literal["stop", "skip"] = HfArg(
        default="stop",
        help="What to do with rows that can't be used (fields, label, no reasoning): stop at them, or leave them "
        "out. Either way they are listed, with reasons, in a JSONL file in the cache.",
    )
    bf16: bool | None = HfArg(default=None, help="bf16 autocast over fp32 weights. Unset: on CUDA, real backbone.")
    gradient_checkpointing: bool | None = HfArg(default=None, help="Recompute activations [true].")
    deepspeed: str | None = HfArg(aliases=["--ds_config"], default=None, help="DeepSpeed JSON file.")
    resume_from_checkpoint: str | None = HfArg(
        aliases=["--resume"],
        default=None,
        help="auto (newest complete checkpoint in output_dir; the first step if there is none) or a checkpoint folder.",
    )
    weight_decay: float = HfArg(default=0.01, help="AdamW's weight decay [0.01].")
    logging_steps: float = HfArg(default=10, help="Steps between two log entries.")
    save_strategy: str | None = HfArg(
        default=None,
        help="When to save a checkpoint: no, steps, epoch or best. Unset: steps if save_steps is set, else epoch.",
    )
    eval_strategy: str | None = HfArg(
        default=None, help="When to validate: no, steps or epoch. Unset: every epoch, where there is held-out data."
    )
    save_steps: float | None = HfArg(default=None, help="Steps between two checkpoints, or their share of all steps.")
    save_total_limit: int | None = HfArg(default=2, help="Checkpoints kept.")
    report_to: str = HfArg(default="tensorboard", help="Where to log: tensorboard, none, …")
    # Batches are dictionaries of our own, and a NaN is to be seen, not averaged away.
    remove_unused_columns: bool = False
    logging_nan_inf_filter: bool = False
    ddp_find_unused_parameters: bool | None = False
    dataloader_pin_memory: bool = HfArg(default_factory=torch.cuda.is_available, help="Pinned host memory [on CUDA].")
    per_device_eval_batch_size: int = HfArg(default=32, help="Rows a device in validation.")
    seed: int = HfArg(default=42, help="Of weights that are new, the order of samples, dropout [42].")

    # Options that this trainer fixes and the other does not, with the reason.
    FIXED: ClassVar[dict[str, str]] = {}

    def __post_init__(self):
        refuse_fixed(self, self.FIXED)
        check_ranges(self)
        self.validates_if_it_can = self.eval_strategy is None
        if self.validates_if_it_can:
            self.eval_strategy = "epoch"
        # Newer 5.x call it activation_checkpointing and warn about the old name.
        if getattr(self, "activation_checkpointing", True) is None:
            self.activation_checkpointing = self.gradient_checkpointing
        if self.save_strategy is None:
            self.save_strategy = "steps" if self.save_steps else "epoch"
        if self.save_steps is None:
            self.save_steps = 500
        # Without GPUs torchrun's processes would take no notice of each other, unless told that there are none.
        self.use_cpu = self.use_cpu or ("WORLD_SIZE" in os.environ and not torch.cuda.is_available())
        if self.deepspeed:
            prepare_deepspeed(self.deepspeed, cpu=self.use_cpu)
        if self.bf16 and not torch.cuda.is_available():
            self.use_cpu = True  # autocast in bf16 works on a CPU, if transformers knows that it is to be one
        super().__post_init__()

    def fill(self, preset: dict) -> None:
        """Gives every argument that was left open the preset's value."""
        for name, value in preset.items():
            if getattr(self, name) is None:
                setattr(self, name, value)


# Least values of numbers; 0 is a legitimate rate (nothing is learnt, and a run can be looked at).
_LEAST = {
    **dict.fromkeys(("per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps"), 1),
    **dict.fromkeys(("max_length", "preview_rows", "rows_per_epoch"), 1),
    **dict.fromkeys(("learning_rate", "polish_lr", "weight_decay", "max_grad_norm", "warmup_steps", "seed"), 0),
    **dict.fromkeys(("adam_beta1", "adam_beta2", "adam_epsilon", "dataloader_num_workers", "eval_delay"), 0),
}
_ABOVE_0 = ("logging_steps", "save_steps", "eval_steps")


def check_ranges(arguments: RunArguments) -> None:
    """Raises InputError for a number that leaves nothing to train, or none that a run can use."""
    for name, least in _LEAST.items():
        value = getattr(arguments, name, None)
        if value is not None and not least <= value < math.inf:
            raise InputError(f"--{name} {value}: {least} or more is needed")
    for name in _ABOVE_0:
        value = getattr(arguments, name)
        if value is not None and not 0 < value < math.inf:
            raise InputError(f"--{name} {value}: more than 0 is needed")
    epochs = arguments.num_train_epochs
    if arguments.max_steps <= 0 and not (epochs >= 1 and epochs == int(epochs)):
        raise InputError(
            f"--epochs {epochs:g}: a whole number of at least 1 is needed; for less than an epoch give --max_steps"
        )


Arguments = TypeVar("Arguments", bound=RunArguments)


class RunParser(Parser, HfArgumentParser):
    """A parser of ``RunArguments`` whose help shows this project's own options, by the class that has them.

    Args:
        everything: whether help shows those of transformers' TrainingArguments too, over a hundred.
    """

    def __init__(self, kind: type[RunArguments], description: str, *, everything: bool):
        self.kind, self.everything = kind, everything
        usage = "%(prog)s [FILE.yaml] [--option value …]"
        # This project's options name their defaults in brackets, transformers' leave that to argparse.
        formatter = argparse.ArgumentDefaultsHelpFormatter if everything else argparse.HelpFormatter
        wide = partial(formatter, max_help_position=36, width=110)
        super().__init__(kind, description=description, usage=usage, formatter_class=wide)

    @cached_property
    def groups(self) -> dict[str, argparse._ArgumentGroup]:
        """The group of each option of this project by the option's name, in the order in which help shows them."""
        groups = {}
        for kind in _own_kinds(self.kind):
            group = self.add_argument_group(kind.__doc__.splitlines()[0].rstrip("."))
            groups |= {name: group for name in kind.__annotations__ if name not in groups}
        return groups

    @cached_property
    def others(self) -> argparse._ArgumentGroup:
        return self.add_argument_group("Everything else that transformers' TrainingArguments has")

    def add_argument(self, *flags: str, **settings) -> argparse.Action:
        name = settings.get("dest", flags[0].lstrip("-"))
        if name in ("h", "help"):
            super().add_argument(*flags, **settings | {"help": "show this project's own options"})
            return super().add_argument("--help_all", action="help", help="show all, transformers' own too")
        if not settings.get("help") or name not in self.groups:
            return self.others.add_argument(
                *flags, **settings | ({} if self.everything else {"help": argparse.SUPPRESS})
            )
        return self._add_own(name, flags, settings)

    def _add_own(self, name: str, flags: tuple[str, ...], settings: dict) -> argparse.Action:
        # Hyphens for underscores are taken too, but would only make the page longer.
        hyphened = [flag for flag in flags if "-" in flag.lstrip("-")]
        if hyphened:
            self.groups[name].add_argument(*hyphened, **{"dest": name} | settings | {"help": argparse.SUPPRESS})
        help_, default = settings["help"], settings.get("default")
        if not self.everything and default not in (None, "") and not help_.rstrip(".").endswith("]"):
            help_ = f"{help_.rstrip('.')} [{str(default).lower() if isinstance(default, bool) else default}]."
        if "choices" not in settings and "action" not in settings:
            settings = settings | {"metavar": "X"}
        shown = [flag for flag in flags if flag not in hyphened]
        return self.groups[name].add_argument(*shown, **settings | {"help": help_})


def parse(kind: type[Arguments], description: str, argv: list[str] | None = None) -> Arguments:
    """Arguments from the command line; a first argument that ends in .yaml, .yml or .json is read before it.

    In such a file the keys are the flags' names (``epochs: 13``) or the fields' (``num_train_epochs: 13``).

    Raises:
        InputError: values that don't go together or can't be used.
    """
    argv = sys.argv[1:] if argv is None else argv
    parser = RunParser(kind, description, everything="--help_all" in argv)
    if argv and argv[0].endswith((".yaml", ".yml", ".json")):
        argv = [*_flags_of_file(argv[0]), *argv[1:]]
    try:
        (arguments,) = parser.parse_args_into_dataclasses(argv)
    except ValueError as error:  # of __post_init__; argparse would print hundreds of lines of usage before it
        raise InputError(str(error)) from error
    return arguments


def _flags_of_file(path: str) -> list[str]:
    import yaml  # JSON is YAML too

    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        words = "not UTF-8; save it as UTF-8" if isinstance(error, UnicodeDecodeError) else " ".join(str(error).split())
        raise InputError(f"{path}: {words}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: a mapping of argument names to values is expected")
    # null: as if the line were not there.
    return [word for name, value in values.items() if value is not None for word in (f"--{name}", *_words(value))]


def _words(value: object) -> list[str]:
    """A YAML value as words of a command line: ``[1, "a"]`` -> ``["1", "a"]``, ``{"a": 1}`` -> ``['{"a": 1}']``."""
    if isinstance(value, list):
        return [str(one) for one in value]
    return [json.dumps(value) if isinstance(value, dict) else str(value)]


def recipe(arguments: RunArguments) -> dict:
    """The arguments that a run's manifest and model card name: this project's own, and the Trainer's that it sets."""
    fields = {field.name for field in dataclasses.fields(arguments)}
    own = {name for kind in _own_kinds(type(arguments)) for name in kind.__annotations__ if name in fields}
    own |= fields - {field.name for field in dataclasses.fields(TrainingArguments)}
    values = {name: getattr(arguments, name) for name in sorted((own | {"seed", "max_steps"}) - _NOT_OF_THE_RUN)}
    return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}


def _own_kinds(kind: type[RunArguments]) -> list[type[RunArguments]]:
    """The class of arguments and those it inherits from, down to ``RunArguments``."""
    return [ancestor for ancestor in kind.__mro__ if issubclass(ancestor, RunArguments)]


_NOT_OF_THE_RUN = {"preview", "preview_rows", "json"}
