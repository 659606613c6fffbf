"""Pictures of a cascade: the split by leaf and difficulty, and the reward by stage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stagent.cascade.split import PARTS, probed
from stagent.queries.task import Task

_COLOURS = {"trivial": "#bdbdbd", "noise": "#525252", "certain": "#3182bd", "uncertain": "#e6550d"}


def draw_split(
    path: Path, tasks: Mapping[str, Task], rewards: Mapping[str, Sequence[float]], parts: Mapping[str, str]
) -> None:
    """Mean against variance of each task, and the share of each part by difficulty and by leaf."""
    figure, (cloud, levels, leaves) = new_figure(3, (15, 7))
    for part in PARTS:
        own = [probed(rewards[task]) for task in parts if parts[task] == part]
        label = f"{part} ({len(own)})"
        cloud.scatter([p.mean for p in own], [p.variance for p in own], s=12, color=_COLOURS[part], label=label)
    cloud.set(xlabel="mean reward", ylabel="variance", title=f"{len(parts)} tasks, by the policy's own tries")
    cloud.legend()
    _shares(levels, {task: str(tasks[task].difficulty) for task in parts}, parts, "by difficulty")
    _shares(leaves, {task: tasks[task].primary.rpartition(".")[2] for task in parts}, parts, "by leaf")
    save_figure(figure, path)


def draw_stages(path: Path, stages: Sequence[Mapping[str, Any]]) -> None:
    """Reward and share vetoed of each stage's policy on the tasks to validate by."""
    figure, (axis,) = new_figure(1, (6, 4))
    names = [each["stage"] for each in stages]
    for place, (key, colour) in enumerate((("reward", "#3182bd"), ("vetoed", "#e6550d"))):
        heights = [each[key] for each in stages]
        bars = axis.bar([n + place * 0.4 - 0.2 for n in range(len(names))], heights, 0.38, color=colour, label=key)
        axis.bar_label(bars, fmt="%.2f")
    axis.set(xticks=range(len(names)), ylim=(0, 1), title=f"{stages[0]['episodes']} episodes a stage")
    axis.set_xticklabels(names)
    axis.legend()
    save_figure(figure, path)


def _shares(axis: Any, groups: Mapping[str, str], parts: Mapping[str, str], title: str) -> None:
    """A bar a group, parted by the split; numbers in their order, else the rarest group on top."""
    counts = Counter((groups[task], part) for task, part in parts.items())
    totals = Counter(groups[task] for task in parts)
    names = [name for name, _ in totals.most_common()]
    if all(name.lstrip("-").isdigit() for name in names):
        names.sort(key=int)
    left = [0.0] * len(names)
    for part in PARTS:
        widths = [counts[name, part] / totals[name] for name in names]
        axis.barh(range(len(names)), widths, left=left, color=_COLOURS[part])
        left = [a + b for a, b in zip(left, widths, strict=True)]
    axis.set(yticks=range(len(names)), xlim=(0, 1), title=title, xlabel="share")
    axis.set_yticklabels([f"{name} ({totals[name]})" for name in names], fontsize=7)


def new_figure(columns: int, size: tuple[float, float]) -> tuple[Any, Sequence[Any]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def save_figure(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=110)
