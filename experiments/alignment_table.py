"""The table of an alignment experiment: each way's mean over the seeds, and how far it is from PICD, seed by seed.

    python -m experiments.alignment_table FOLDER          # as experiments/alignment_table.sh leaves it

Reads ``FOLDER/<seed>/<way>_results/metrics.json``, and the drift on held-out twins from each ``trainer_state.json``.
"""

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

from gplan.evaluation.responsiveness import FLIP, RESPONSIVENESS
from gplan.metrics.scores import METRICS
from utils import InputError, Parser, door

WAYS = {
    "picd": "PICD",
    "vanilla_dpo": "PICD + vanilla DPO",
    "vanilla_dpo_gentle": "PICD + vanilla DPO, gentle",
    "sc_dpo": "PICD + SC-DPO",
}
FIGURES = (*METRICS, RESPONSIVENESS, FLIP, "drift", "rejected drift", "margin")


def figures_of(folder: Path, way: str) -> dict[str, float]:
    """``FIGURES`` of one run: ``{"acc@1": 0.688, …, "context_responsiveness": 0.67, …, "drift": -0.4, "margin": 0.7}``.

    ``drift`` is the mean change of log π(y⁺) on held-out twins in nats, ``rejected drift`` that of log π(y⁻), and
    ``margin`` β times their difference; all are 0 for PICD, the reference itself.

    Raises:
        InputError: a file is missing or lacks a figure.
    """
    path = folder / f"{way}_results" / "metrics.json"
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
        found = {name: metrics[name]["value"] for name in (*METRICS, RESPONSIVENESS, FLIP)}
        found |= {"drift": 0.0, "rejected drift": 0.0, "margin": 0.0}
        if way != "picd":
            path = folder / way / "run.json"
            beta = json.loads(path.read_text(encoding="utf-8"))["arguments"]["beta"]
            path = folder / way / "trainer_state.json"
            history = json.loads(path.read_text(encoding="utf-8"))["log_history"]
            last = [entry for entry in history if "eval_margin" in entry][-1]
            found["drift"] = last["eval_drift"]
            found["rejected drift"] = last["eval_rejected_reward"] / beta
            found["margin"] = last["eval_margin"]
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise InputError(f"{path}: can't be used ({error!r}); make it with experiments/alignment_table.sh") from error
    return found


def table(folder: Path) -> str:
    """Markdown: a line a figure, a column a way; the mean over seeds, and in brackets the mean difference to PICD ± its
    standard error over the seeds. A way without any results has no column.

    Raises:
        InputError: no seed there, or one that lacks what another has.
    """
    seeds = sorted(path.name for path in folder.iterdir() if (path / "picd_results").is_dir())
    if not seeds:
        raise InputError(f"{folder}: no <seed>/picd_results there; make them with experiments/alignment_table.sh")
    ways = [way for way in WAYS if any((folder / seed / f"{way}_results").is_dir() for seed in seeds)]
    # A line a (way, seed), a column a figure; seeds are paired in the differences.
    runs = pd.DataFrame({(way, seed): figures_of(folder / seed, way) for way in ways for seed in seeds}).T
    gaps = runs.sub(runs.loc["picd"], level=1).groupby(level=0)
    means, mean_gaps, errors = runs.groupby(level=0).mean(), gaps.mean(), gaps.sem()

    titles = " | ".join(WAYS[way] for way in ways)
    lines = [f"| seeds {', '.join(seeds)} | {titles} |", "|---|" + "---|" * len(ways)]
    for name in FIGURES:
        cells = [f"{means.at['picd', name]:.3f}"]
        for way in ways[1:]:
            error = f" ± {errors.at[way, name]:.3f}" if len(seeds) > 1 else ""
            cells.append(f"{means.at[way, name]:.3f} ({mean_gaps.at[way, name]:+.3f}{error})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what experiments/alignment_table.sh wrote")
    args = parser.parse_args()
    print(table(args.folder))
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
