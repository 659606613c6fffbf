"""What a run leaves beside its weights: progress while it goes, then manifest and model card."""

from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from torch.utils.data import Dataset
from transformers import ProgressCallback, Trainer, TrainerCallback, TrainerState
from transformers.trainer_callback import PrinterCallback

from config.training_arguments import recipe
from data_process.files import write_json, write_text
from gplan.training.checkpoint import MANIFEST
from utils import environment, peak_memory, say

CARD = "README.md"


class RunProgress(ProgressCallback):
    """Trainer's bar with a trainer's own figures beside it, and a line for every validation.

    Args:
        figures: from a log entry to what the bar shows of it; nothing for an entry that it does not know.
    """

    def __init__(self, figures: Callable[[dict], dict[str, str]]):
        super().__init__()
        self.figures = figures

    def on_log(self, args, state, control, logs=None, **kwargs):
        if not state.is_world_process_zero or self.training_bar is None or not logs:
            return
        if "eval_loss" in logs:
            shown = ", ".join(f"{name[5:]} {logs[name]:.4f}" for name in logs if name.startswith("eval_"))
            say(f"validation at epoch {state.epoch:g}: {shown}")
        elif figures := self.figures(logs):
            self.training_bar.set_postfix(figures | {"lr": f"{logs['learning_rate']:.1e}"})

    def on_prediction_step(self, args, state, control, **kwargs):
        """No second bar: validation is short beside an epoch."""


class LogLines(TrainerCallback):
    """The same figures where there is no bar (``--disable_tqdm``): a line for every log entry and validation."""

    def __init__(self, figures: Callable[[dict], dict[str, str]]):
        self.figures = figures

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "eval_loss" in (logs or {}):
            shown = ", ".join(f"{name[5:]} {logs[name]:.4f}" for name in logs if name.startswith("eval_"))
            say(f"validation at epoch {state.epoch:g}: {shown}")
        elif figures := self.figures(logs or {}):
            figures |= {"lr": f"{logs['learning_rate']:.1e}"}
            say(f"step {state.global_step} of {state.max_steps}: " + ", ".join(f"{k} {v}" for k, v in figures.items()))


def use_progress(trainer, figures: Callable[[dict], dict[str, str]]) -> None:
    """Puts ``RunProgress`` in the place of Trainer's own printing."""
    for callback in (ProgressCallback, PrinterCallback):
        trainer.remove_callback(callback)
    trainer.add_callback(LogLines(figures) if trainer.args.disable_tqdm else RunProgress(figures))


class Records(NamedTuple):
    """What a method says of its finished run.

    Attributes:
        title: how the model was trained: ``"trained with picd"``.
        data: what ``describe_data`` gave.
        figures: names of the figures, in log entries, that the card shows; validation has them with ``eval_`` before.
        draw: draws the run's picture into the folder, given that and the log.
        variables: of test.sh beside MODEL, with a blank before: ``" TWINS=twins.jsonl"``.
    """

    title: str
    data: dict
    figures: tuple[str, ...]
    draw: Callable[[Path, list[dict]], None]
    variables: str = ""

    def write(self, trainer: Trainer, metrics: dict, checkpoint: str | None) -> None:
        """Writes manifest, card and picture into the run's folder.

        Args:
            metrics: what ``train`` returned.
            checkpoint: that the run went on from, if from any.
        """
        folder, used = Path(trainer.args.output_dir), recipe(trainer.args)
        parameters = sum(getattr(p, "ds_numel", p.numel()) for p in trainer.model.parameters())  # ZeRO-3 parts them
        _write_manifest(folder, used, self.data, parameters, metrics, checkpoint)
        _write_card(folder, self.title, last_figures(trainer.state, self.figures), used, self.data)
        self.draw(folder, trainer.state.log_history)
        say(f"saved {folder}; score it with: MODEL={quote(str(folder))}{self.variables} bash test.sh")


def describe_data(unit: str, datasets: dict[str, Dataset | None]) -> dict:
    """What the manifest and the card say of the data; ``unit``: what a line of the files is, by the argument's name.

    ``describe_data("rows", {"train_csv": train_set, "valid_csv": None})`` -> ``{"train_csv": "cot.csv",
    "train_fingerprint": "8c0f…", "train_rows": 24, "train_rows_too_long": 0, "train_rows_bad": {}}``
    """
    described = {}
    for argument, dataset in datasets.items():
        if dataset is None:
            continue
        name = argument.removesuffix("_csv")
        described |= {
            argument: str(dataset.path),
            f"{name}_fingerprint": dataset.fingerprint,
            f"{name}_{unit}": len(dataset.indices),
            f"{name}_{unit}_too_long": dataset.skipped,
            f"{name}_{unit}_bad": dict(dataset.bad),
        }
    return described


def last_figures(state: TrainerState, names: tuple[str, ...]) -> dict[str, float]:
    """The named figures of the last log entry and of the last validation, those that are there."""
    figures = {}
    for prefix in ("", "eval_"):
        entry = next((entry for entry in reversed(state.log_history) if f"{prefix}loss" in entry), {})
        figures |= {prefix + name: entry[prefix + name] for name in names if prefix + name in entry}
    return figures


def _write_manifest(
    folder: Path, recipe: dict, data: dict, parameters: int, metrics: dict, resumed: str | None
) -> None:
    """``run.json``: arguments, data fingerprints, parameters, versions, commit, seconds, samples a second, peak memory.

    Of a continued run, seconds, rate and memory are those of its last start; ``resumed_from`` says where that began.
    """
    write_json(
        folder / MANIFEST,
        {
            "arguments": recipe,
            "data": data,
            "parameters": parameters,
            "environment": environment(),
            "resumed_from": resumed,
            "seconds": metrics["train_runtime"],
            "samples_per_second": metrics["train_samples_per_second"],
            "peak_memory": peak_memory(),
        },
    )


def _write_card(folder: Path, title: str, figures: dict, recipe: dict, data: dict) -> None:
    """``README.md`` of a checkpoint: what it is, how it was made, on what, and its last figures."""
    text = f"""---
library_name: transformers
pipeline_tag: text-generation
tags: [gplan, gsisr]
---
# GPlan planner, {title}

Answers a GSISR request with a plan of service intents. Loads with `AutoModelForCausalLM`; the prompt is built by
`data_process.encode.RowEncoder` in the style named in `config.json` under `gplan`. Score it with
`MODEL=<this folder> bash test.sh`.

## Figures at the last log entry
{_table("figure", {name: f"{value:.4f}" for name, value in figures.items()})}

## Recipe
{_table("argument", recipe)}

## Data
{_table("what", data)}
"""
    write_text(folder / CARD, text)


def _table(what: str, values: dict) -> str:
    rows = (f"| {name} | {value} |" for name, value in values.items() if value is not None)
    return "\n".join((f"| {what} | value |", "|---|---|", *rows))
