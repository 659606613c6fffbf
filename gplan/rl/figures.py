"""What reinforcement learning shows of a run: figures beside the bar, and the picture of rewards and what they cost."""

from pathlib import Path

import matplotlib

from gplan.rl.rewards import parse_rewards

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PICTURE = "rewards.png"
# Panels of ``rewards.png``, two rows of three: its label and its figures.
_PANELS = (
    ("reward", ("reward",)),
    ("nats", ("entropy", "kl")),
    ("share", ("without_spread", "commonest_first", "eval_commonest_plan")),
    ("held-out rows and twins", ("eval_nes", "eval_acc@1", "eval_context_responsiveness")),
    ("rule judge, held-out rows", ("eval_flow", "eval_logic", "eval_st")),
    ("intents and plans", ("length", "different", "first_intents")),
)


def bar_figures(logs: dict) -> dict[str, str]:
    """Reward, entropy and KL of a log entry: ``{"reward": "0.71", "entropy": "0.31", "kl": "0.02"}``."""
    return {name: f"{logs[name]:.3f}" for name in ("reward", "entropy", "kl")} if "without_spread" in logs else {}


def draw_rewards(folder: Path, history: list[dict], args) -> None:
    """``rewards.png``: rewards by part, entropy and KL, diversity, and held-out figures over the optimizer steps."""
    if not any("without_spread" in entry for entry in history):
        return
    weights = parse_rewards(args.rewards)
    figure, axes = plt.subplots(2, 3, figsize=(14, 7))
    for axis, (label, names) in zip(axes.flat, _PANELS, strict=True):
        parts = [name for name, weight in weights.items() if weight] if label == "reward" else []
        for name in (*names, *parts):
            points = [(entry["step"], entry[name]) for entry in history if name in entry]
            if points:
                dots = "o" if name.startswith("eval_") else ""
                axis.plot(*zip(*points, strict=True), label=name.removeprefix("eval_"), marker=dots)
        if not axis.lines:  # a run without held-out rows has nothing to say of them
            axis.remove()
            continue
        axis.set_ylabel(label)
        axis.set_xlabel("optimizer step")
        axis.grid(alpha=0.25)
        axis.legend(frameon=False)
    figure.suptitle(f"{args.rewards}; {args.plans} plans a row, β = {args.beta:g}, rate {args.learning_rate:g}")
    figure.tight_layout()
    figure.savefig(folder / PICTURE, dpi=120)
    plt.close(figure)
