"""What PICD shows of a run: figures beside the bar and in the card, and the picture of its losses."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PICTURE = "training.png"


def bar_figures(logs: dict) -> dict[str, str]:
    """Stage and section losses of a log entry: ``{"stage": 3, "cot_loss": "0.4100", "json_loss": "0.0700"}``."""
    if "json_loss" not in logs:
        return {}
    losses = {name: f"{logs[name]:.4f}" for name in ("cot_loss", "json_loss") if name in logs}
    return {"stage": logs["stage"], **losses}


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
