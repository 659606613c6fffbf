"""What a run leaves beside its weights: progress while it goes, then manifest and model card."""

from collections.abc import Callable
from pathlib import Path

from transformers import ProgressCallback
from transformers.trainer_callback import PrinterCallback

from training.checkpoint import MANIFEST
from utils import environment, peak_memory, say, write_json

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


def use_progress(trainer, figures: Callable[[dict], dict[str, str]]) -> None:
    """Puts ``RunProgress`` in the place of Trainer's own printing."""
    for callback in (ProgressCallback, PrinterCallback):
        trainer.remove_callback(callback)
    if not trainer.args.disable_tqdm:
        trainer.add_callback(RunProgress(figures))


def write_manifest(folder: Path, recipe: dict, data: dict, metrics: dict, resumed: str | None) -> None:
    """``run.json``: arguments, data fingerprints, versions, commit, seconds, samples a second, peak memory.

    Of a continued run, seconds, rate and memory are those of its last start; ``resumed_from`` says where that began.
    """
    write_json(
        folder / MANIFEST,
        {
            "arguments": recipe,
            "data": data,
            "environment": environment(),
            "resumed_from": resumed,
            "seconds": metrics["train_runtime"],
            "samples_per_second": metrics["train_samples_per_second"],
            "peak_memory": peak_memory(),
        },
    )


def write_card(folder: Path, title: str, figures: dict, recipe: dict, data: dict) -> None:
    """``README.md`` of a checkpoint: what it is, how it was made, on what, and its last figures.

    Args:
        title: how it was trained: ``"trained with picd"``.
        figures: numbers of the last log entries, by name.
    """
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
    (folder / CARD).write_text(text, encoding="utf-8")


def _table(what: str, values: dict) -> str:
    rows = (f"| {name} | {value} |" for name, value in values.items() if value is not None)
    return "\n".join((f"| {what} | value |", "|---|---|", *rows))
