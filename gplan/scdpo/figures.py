"""What SC-DPO shows of a run: figures beside the bar and in the card, and the picture of its rewards and terms."""

from pathlib import Path

import matplotlib

from gplan.scdpo.loss import TERMS

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PICTURE = "alignment.png"
# Curves are means over so many steps: single batches of pairs scatter widely.
SMOOTHED = 20
_COLOURS = dict(zip(TERMS, ("tab:blue", "tab:red", "tab:orange", "tab:brown", "tab:green"), strict=True))


def bar_figures(logs: dict) -> dict[str, str]:
    """Loss, margin and accuracy of a log entry: ``{"loss": "0.8931", "margin": "0.00", "accuracy": "50%"}``."""
    if "margin" not in logs:
        return {}
    return {"loss": f"{logs['loss']:.4f}", "margin": f"{logs['margin']:.2f}", "accuracy": f"{logs['accuracy']:.0%}"}


def draw_alignment(folder: Path, history: list[dict], args) -> None:
    """``alignment.png``: rewards, margin with its band, loss terms, accuracy and drift over the optimizer steps."""
    logs = [entry for entry in history if "margin" in entry]
    if not logs:
        return
    valid = [entry for entry in history if "eval_margin" in entry]
    figure, axes = plt.subplots(2, 2, figsize=(11, 7), sharex=True)
    (rewards, margin), (terms, share) = axes

    def curve(axis, name, label, colour, scale=1.0):
        steps = [entry["step"] for entry in logs]
        values = [scale * entry[name] for entry in logs]
        axis.plot(steps, values, color=colour, alpha=0.2, linewidth=0.8)
        axis.plot(steps, _smoothed(values), color=colour, linewidth=1.5, label=label)
        points = [(entry["step"], scale * entry[f"eval_{name}"]) for entry in valid]
        if points:
            axis.plot(*zip(*points, strict=True), color=colour, linestyle="", marker="o", markersize=6)

    curve(rewards, "chosen_reward", "r⁺, matched plan", "tab:blue")
    curve(rewards, "rejected_reward", "r⁻, mismatched plan", "tab:red")
    rewards.axhline(0, color="black", linewidth=0.6)
    rewards.set_ylabel("reward, β · nats")
    margin.axhspan(args.gap_low, args.gap_high, color="tab:green", alpha=0.12, label="[g_low, g_high]")
    curve(margin, "margin", "margin r⁺ - r⁻", "tab:purple")
    margin.set_ylabel("reward, β · nats")
    for name in TERMS:
        if name == "dpo" or getattr(args, f"{name}_weight"):
            curve(terms, name, name, _COLOURS[name])
    terms.set_ylabel("loss term, unweighted")
    curve(share, "accuracy", "r⁺ > r⁻, share", "tab:green")
    share.set_ylim(0, 1.02)
    share.set_ylabel("share of the samples", color="tab:green")
    drift = share.twinx()
    curve(drift, "drift", "drift of log π(y⁺)", "tab:grey")
    drift.set_ylabel("drift of log π(y⁺), nats", color="tab:grey")
    for axis in (rewards, margin, terms):
        axis.legend(frameon=False)
    for axis in axes.flat:
        axis.grid(alpha=0.25)
    for axis in axes[1]:
        axis.set_xlabel("optimizer step")
    held_out = "; dots: held-out twins" if valid else ""
    figure.suptitle(f"{name_of(args)}, β = {args.beta:g}, rate {args.learning_rate:g}{held_out}")
    figure.tight_layout()
    figure.savefig(folder / PICTURE, dpi=120)
    plt.close(figure)


def name_of(args) -> str:
    """``SC-DPO``, ``vanilla DPO`` if no other term has a weight, or ``SFT on pairs``."""
    if args.loss == "sft":
        return "SFT on pairs"
    weights = (args.anchor_weight, args.low_weight, args.high_weight, args.center_weight)
    return "SC-DPO" if any(weights) else "vanilla DPO"


def _smoothed(values: list[float]) -> list[float]:
    return [sum(part) / len(part) for i in range(len(values)) if (part := values[max(0, i + 1 - SMOOTHED) : i + 1])]
