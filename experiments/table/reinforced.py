"""Table 5, ours: reinforcement learning beside what it must beat, on generated rows and on a sample of real ones."""

from collections.abc import Sequence
from pathlib import Path

from experiments.table.jobs import Step
from experiments.table.ways import Files, TableLine, aligned, baseline, picd, planner, trained, without_reasoning
from utils import ROOT

# An epoch's rows of the control that takes as long as PICD and reinforcement learning together: with seed 42 1,230 s,
# beside 736 and 467 on the mean of three.
LONGER_EPOCH = 2060
# On real rows: six passes over some 400 of them.
_REAL_ROWS = ("--epochs", 6, "--rows_per_epoch", 400)


def reinforced(
    files: Files,
    name: str,
    start: tuple[Path, Step],
    seed: int,
    own: str,
    *flags: object,
    csv: str = "",
    decode: str = "planner",
) -> TableLine:
    """What reinforcement learning makes of a checkpoint, with these flags of its door, answered by the planner."""
    model, train = start
    folder = files.folder / str(seed) / own
    words: Sequence[object] = ("-m", "gplan.rl", "--model", model, "--train_csv", csv or files.train, "--seed", seed)
    words = (*words, "--output_dir", folder, "--resume", "auto", "--disable_tqdm", "true", *flags)
    step = Step(folder / "run.json", tuple(map(str, words)), (train, *files.needs))
    return planner(files, name, folder, step, decode)


def table_5(files: Files, seed: int) -> list[TableLine]:
    """PICD; the same decoded otherwise; trained on, on rows and on twins; reinforced; without reasoning; trees."""
    start, rows_alone = picd(files, seed), files._replace(twins="")
    plain = without_reasoning(files, seed)
    twins = ("--twins", files.train_twins)
    return [
        planner(files, "PICD", *start, "planner"),
        planner(files, "PICD, best of 8", *start, "best_of"),
        planner(rows_alone, "PICD, mbr", *start, "mbr"),
        planner(
            files,
            "PICD, as many seconds as with RL",
            *trained(files, seed, "picd_longer", "--rows_per_epoch", LONGER_EPOCH),
            "planner",
        ),
        aligned(files, seed, "sft_on_pairs", "PICD + SFT on pairs", "planner"),
        aligned(files, seed, "sc_dpo", "PICD + SC-DPO", "planner"),
        reinforced(files, "PICD + RL", start, seed, "rl", *twins),
        reinforced(files, "PICD + RL, rows alone", start, seed, "rl_rows"),
        planner(files, "Direct-SFT", *plain, "planner"),
        reinforced(files, "Direct-SFT + RL", plain, seed, "rl_direct", *twins),
        planner(rows_alone, "Direct-SFT, mbr", *plain, "mbr"),
        baseline(files, "majority", seed, name="commonest plan"),
        baseline(files, "tabular", seed, sees="comparisons", name="trees"),
        baseline(
            rows_alone, "tabular", seed, "--decode", "mbr", sees="comparisons", name="trees, mbr", folder="all-tabular"
        ),
    ]


def table_5_sample(files: Files, seed: int, fold: int) -> list[TableLine]:
    """The same on real rows: learnt from the other folds, by ordinary training and then by reward."""
    part = files._replace(folder=files.folder / f"fold_{fold}")
    part = part._replace(train=str(part.folder / "train.csv"), held_out=str(part.folder / "held_out.csv"))
    world, before = picd(files, seed)
    recipe = ROOT / "experiments" / "recipes" / "real_rows.yaml"
    flags = (recipe, "--model", world, "--train_csv", part.train)
    needs = (before, *part.needs)
    behind = trained(part, seed, "picd_real", *flags, needs=needs)
    longer = trained(part, seed, "picd_real_longer", *flags, "--epochs", 12, needs=needs)
    return [
        planner(part, "PICD, then these rows", *behind, "planner"),
        planner(part, "PICD, then these rows, best of 8", *behind, "best_of"),
        planner(part, "PICD, then these rows, mbr", *behind, "mbr"),
        planner(part, "PICD, then these rows, twice as long", *longer, "planner"),
        reinforced(part, "PICD, then these rows, then RL", behind, seed, "rl_real", *_REAL_ROWS),
        baseline(part, "majority", seed, name="commonest plan"),
        baseline(part, "tabular", seed, "--decode", "mbr", sees="comparisons", name="trees, mbr"),
    ]
