"""What a run leaves beside its weights: progress while it goes, then manifest, model card and picture."""

from pathlib import Path

import matplotlib
from transformers import ProgressCallback, TrainerState
from transformers.trainer_callback import PrinterCallback

from training.checkpoint import MANIFEST
from utils import environment, peak_memory, say, write_json

matplotlib.use("Agg")
import matplotlib.pyplot as plt

CARD, PICTURE = "README.md", "training.png"


class PicdProgress(ProgressCallback):
    """Trainer's bar with stage, section losses and rate beside it, and a line for every validation."""

    def on_log(self, args, state, control, logs=None, **kwargs):
        if not state.is_world_process_zero or self.training_bar is None or not logs:
            return
        if "json_loss" in logs:
            shown = {"stage": logs["stage"]}
            shown |= {name: f"{logs[name]:.4f}" for name in ("cot_loss", "json_loss") if name in logs}
            self.training_bar.set_postfix(shown | {"lr": f"{logs['learning_rate']:.1e}"})
        elif "eval_loss" in logs:
            losses = ", ".join(f"{name[5:]} {logs[name]:.4f}" for name in logs if name.startswith("eval_"))
            say(f"validation at epoch {state.epoch:g}: {losses}")

    def on_prediction_step(self, args, state, control, **kwargs):
        """No second bar: validation is short beside an epoch."""


def use_picd_progress(trainer) -> None:
    """Puts ``PicdProgress`` in the place of Trainer's own printing."""
    for callback in (ProgressCallback, PrinterCallback):
        trainer.remove_callback(callback)
    if not trainer.args.disable_tqdm:
        trainer.add_callback(PicdProgress)


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


def write_card(folder: Path, recipe: dict, data: dict, state: TrainerState) -> None:
    """``README.md`` of a checkpoint: what it is, how it was made, on what, and with which final losses."""
    last = next((entry for entry in reversed(state.log_history) if "json_loss" in entry), {})
    valid = next((entry for entry in reversed(state.log_history) if "eval_loss" in entry), {})
    figures = {**{k: last[k] for k in ("loss", "cot_loss", "json_loss") if k in last}}
    figures |= {k: v for k, v in valid.items() if k.startswith("eval_") and k.endswith("loss")}
    rows = "\n".join(f"| {name} | {value} |" for name, value in recipe.items() if value is not None)
    inputs = "\n".join(f"| {name} | {value} |" for name, value in data.items() if value is not None)
    losses = "\n".join(f"| {name} | {value:.4f} |" for name, value in figures.items())
    text = f"""---
library_name: transformers
pipeline_tag: text-generation
tags: [gplan, picd, gsisr]
---
# GPlan planner, trained with {recipe["cot_mode"]}

Answers a GSISR request with a plan of service intents. Loads with `AutoModelForCausalLM`; the prompt is built by
`data_process.encode.RowEncoder` in the style named in `config.json` under `gplan`. Score it with
`MODEL=<this folder> bash test.sh`.

## Losses at the last log entry
| loss | value |
|---|---|
{losses}

## Recipe
| argument | value |
|---|---|
{rows}

## Data
| what | value |
|---|---|
{inputs}
"""
    (folder / CARD).write_text(text, encoding="utf-8")


def draw_training(folder: Path, history: list[dict], title: str) -> None:
    """``training.png``: section losses, rate and stage over the optimizer steps."""
    logs = [entry for entry in history if "json_loss" in entry]
    if not logs:
        return
    valid = [entry for entry in history if "eval_loss" in entry]
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(9, 6.5), sharex=True, height_ratios=(3, 2))
    for name, label, colour in (("cot_loss", "reasoning", "tab:orange"), ("json_loss", "plan", "tab:blue")):
        points = [(entry["step"], entry[name]) for entry in logs if name in entry]
        if points:
            top.plot(*zip(*points, strict=True), color=colour, linewidth=1.2, label=f"{label}, training")
        points = [(entry["step"], entry[f"eval_{name}"]) for entry in valid if f"eval_{name}" in entry]
        if points:
            label = f"{label}, validation (fully latent)"
            top.plot(*zip(*points, strict=True), color=colour, linestyle="", marker="o", markersize=4, label=label)
    top.set_yscale("log")
    top.set_ylabel("cross entropy, nats a token")
    top.legend(frameon=False)
    steps = [entry["step"] for entry in logs]
    bottom.plot(steps, [entry["learning_rate"] for entry in logs], color="tab:green")
    bottom.set_ylabel("learning rate", color="tab:green")
    bottom.set_xlabel("optimizer step")
    bottom.set_ylim(bottom=0)
    right = bottom.twinx()
    right.step(steps, [entry["stage"] for entry in logs], color="tab:purple", where="post")
    right.set_ylabel("stage (leading blocks latent)", color="tab:purple")
    right.set_ylim(bottom=0)
    for axes in (top, bottom):
        axes.grid(alpha=0.25)
    top.set_title(title)
    figure.tight_layout()
    figure.savefig(folder / PICTURE, dpi=120)
    plt.close(figure)
