"""What stands in the tables: how each way's answers are made, for one seed."""

from pathlib import Path
from typing import NamedTuple

from experiments.table.jobs import Step
from utils import ROOT

# Held-out rows of a seed that nothing was tuned on.
HELD_OUT_ROWS, HELD_OUT_SEED = 4000, 100


class TableLine(NamedTuple):
    """A line of a table: its name, what it sees of a row, and the step that scores its answers."""

    name: str
    sees: str
    scores: Step
    run: Path  # run.json with seconds and, of baselines, parameters


class Repeat(NamedTuple):
    """A table's lines for one training seed and, of a sample in folds, one fold."""

    seed: int
    lines: list[TableLine]
    fold: int | None = None


class Files(NamedTuple):
    """What a table is made from: the folder that takes everything, rows to learn from and rows to answer, and twins of
    both where they are asked for. ``few`` are the first of ``train``: what twins are made of, and what models are
    compared on that see every row many times."""

    folder: Path
    train: str
    few: str
    held_out: str
    needs: tuple[Step, ...] = ()
    train_twins: str = ""
    twins: str = ""


def held_out(folder: Path, rows: int = HELD_OUT_ROWS, seed: int = HELD_OUT_SEED) -> Step:
    """Held-out rows of a world seed: ``held_out.csv`` in the folder."""
    path = folder / "held_out.csv"
    words = ("-m", "gplan.world", "--rows", rows, "--seed", seed, "--out", path)
    return Step(Path(f"{path}.meta.json"), tuple(map(str, words)))


def held_out_twins(folder: Path) -> Step:
    """Twins of the held-out rows, both plans by the rule teacher."""
    path = folder / "held_out_twins.jsonl"
    words = ("-m", "gplan.synthesis", "twins", folder / "held_out.csv", path, "--teacher", "rules", "--force")
    return Step(path, tuple(map(str, words)), (held_out(folder),))


def baseline(
    files: Files, model: str, seed: int, *flags: str, sees: str = "", name: str = "", folder: str = ""
) -> TableLine:
    """A baseline, by its command: ``baseline(files, "sasrec", 42, sees="context")``; ``folder`` is that of its run."""
    own = folder or "-".join(filter(None, (model, sees, *(flag.strip("-") for flag in flags))))
    folder = files.folder / str(seed) / f"{own}{'-with-twins' * bool(files.twins)}"
    words = ["-m", "gplan.baselines", model, "--train_csv", files.train, "--valid_csv", files.held_out]
    words += [*(("--sees", sees) if sees else ()), "--seed", seed, "--output_dir", folder, *flags]
    words += [*(("--twins", files.twins) if files.twins else ()), "--resume", "auto"]
    answers = Step(folder / "run.json", tuple(map(str, words)), files.needs)
    scoring = ["test.py", "--predictions", folder / "predictions.jsonl", "--valid_csv", files.held_out]
    scoring += ["--output_dir", folder / "scores", "--samples", 0]
    if files.twins:
        scoring += ["--twins", files.twins, "--twin_predictions", folder / "twin_predictions.jsonl"]
    scores = Step(folder / "scores" / "metrics.json", tuple(map(str, scoring)), (answers,))
    return TableLine(name or model, sees, scores, folder / "run.json")


def planner(files: Files, name: str, folder: Path, train: Step, decode: str) -> TableLine:
    """A checkpoint that ``train`` leaves in ``folder``, decoded in one of test.py's ways."""
    out = files.folder / folder.parent.name / f"{folder.name}_{decode}{'_twins' * bool(files.twins)}"
    words = ["test.py", "--model", folder, "--valid_csv", files.held_out, "--decode", decode, "--output_dir", out]
    words += ["--samples", 0, *(("--twins", files.twins) if files.twins else ())]
    scores = Step(out / "metrics.json", tuple(map(str, words)), (train, *files.needs))
    return TableLine(name, "comparisons", scores, folder / "run.json")


def trained(files: Files, seed: int, own: str, *flags: object, needs: tuple[Step, ...] = ()) -> tuple[Path, Step]:
    """The embedded default with these flags: its folder, and the step that trains it."""
    folder = files.folder / str(seed) / own
    words = (
        "finetune.py",
        *flags,
        "--seed",
        seed,
        "--output_dir",
        folder,
        "--resume",
        "auto",
        "--disable_tqdm",
        "true",
    )
    return folder, Step(folder / "run.json", tuple(map(str, words)), needs)


def picd(files: Files, seed: int) -> tuple[Path, Step]:
    """The embedded default itself, which the tables share."""
    return trained(files, seed, "picd")


def without_reasoning(files: Files, seed: int) -> tuple[Path, Step]:
    """Its rows and steps without any reasoning, which they share too."""
    return trained(files, seed, "direct_sft", "--cot_mode", "direct_sft")


SEQUENTIAL = {
    "sasrec": "SASRec",
    "bert4rec": "BERT4Rec",
    "rearec": "ReaRec",
    "hstu": "HSTU",
    "p5": "P5",
    "tiger": "TIGER",
}
# Runs of a quarter of an hour and more, three quarters of P5's: with all of them the table would take over three hours.
SLOW = {"history": ("p5", "tiger"), "context": ("bert4rec", "p5", "tiger"), "comparisons": ()}


def table_1(files: Files, seed: int) -> list[TableLine]:
    """GPlan first, then floors, trees and the paper's baselines, by what they see; all on the same few rows.

    Behind them the embedded default, which sees more rows and each once, and trees on those.
    """
    few = files._replace(train=files.few)
    same, default = trained(files, seed, "picd_few", "--train_csv", files.few), picd(files, seed)
    ways = [
        planner(files, "PICD, planner", *same, "planner"),
        planner(files, "PICD, free", *same, "free"),
        baseline(few, "majority", seed, name="commonest plan"),
        baseline(few, "lookup", seed, name="table of three comparisons"),
    ]
    for sees in ("history", "context", "comparisons"):
        ways.append(baseline(few, "tabular", seed, sees=sees, name="trees"))
        ways += [
            baseline(few, model, seed, sees=sees, name=title)
            for model, title in SEQUENTIAL.items()
            if model not in SLOW[sees]
        ]
    mbr = ("--decode", "mbr")
    return [
        *ways,
        baseline(few, "tabular", seed, *mbr, sees="comparisons", name="trees, mbr"),
        planner(files, "PICD, all rows, free", *default, "free"),
        planner(files, "PICD, all rows, mbr", *default, "mbr"),
        baseline(files, "tabular", seed, *mbr, sees="comparisons", name="trees, all rows, mbr", folder="all-tabular"),
    ]


def aligned(files: Files, seed: int, recipe: str, name: str, decode: str = "free") -> TableLine:
    """What a recipe of align.py makes of the embedded default."""
    start, train = picd(files, seed)
    folder = files.folder / str(seed) / recipe
    words = ["align.py", ROOT / "experiments" / "recipes" / f"{recipe}.yaml", "--model", start, "--seed", seed]
    words += ["--twins", files.train_twins, "--output_dir", folder, "--resume", "auto", "--disable_tqdm", "true"]
    step = Step(folder / "run.json", tuple(map(str, words)), (train,))
    return planner(files, name, folder, step, decode)


def direct_sft(files: Files, seed: int, decode: str) -> TableLine:
    """The embedded default's rows and steps without any reasoning."""
    name = "Direct-SFT" if decode == "free" else f"Direct-SFT, {decode}"
    return planner(files, name, *without_reasoning(files, seed), decode)


def table_4(files: Files, seed: int) -> list[TableLine]:
    """PICD, what alignment makes of it, ordinary training on the same pairs, training without reasoning, and trees
    without and with the pairs.

    By minimum Bayes risk twins are not answered: that is for label metrics, and would take as long as all else.
    """
    folder, train = picd(files, seed)
    twins, mbr = ("--train_twins", files.train_twins), ("--decode", "mbr")
    rows_alone = files._replace(twins="")
    return [
        planner(files, "PICD", folder, train, "free"),
        planner(rows_alone, "PICD, mbr", folder, train, "mbr"),
        aligned(files, seed, "vanilla_dpo", "PICD + vanilla DPO"),
        aligned(files, seed, "vanilla_dpo_gentle", "PICD + vanilla DPO, gentle"),
        aligned(files, seed, "sc_dpo", "PICD + SC-DPO"),
        aligned(files, seed, "sc_dpo_raised_anchor", "PICD + SC-DPO, raised anchor"),
        aligned(files, seed, "sft_on_pairs", "PICD + SFT on pairs"),
        aligned(rows_alone, seed, "sft_on_pairs", "PICD + SFT on pairs, mbr", "mbr"),
        direct_sft(files, seed, "free"),
        direct_sft(rows_alone, seed, "mbr"),
        baseline(files, "majority", seed, name="commonest plan"),
        baseline(files, "tabular", seed, sees="comparisons", name="trees"),
        baseline(rows_alone, "tabular", seed, *mbr, sees="comparisons", name="trees, mbr", folder="all-tabular"),
        baseline(
            files, "tabular", seed, *twins, sees="comparisons", name="trees, twins as rows", folder="tabular-twins"
        ),
    ]


# Fold k of a sample holds out its rows i % FOLDS == k.
FOLDS = 5


def folds(folder: Path, sample: Path) -> Step:
    """A sample's rows with reasoning by the rule teacher, in ``fold_K/train.csv`` and ``fold_K/held_out.csv``."""
    rows = folder / "sample.csv"
    words = ("-m", "gplan.synthesis", "augment", sample, rows, "--teacher", "rules", "--force")
    augment = Step(rows, tuple(map(str, words)))
    words = ("-m", "experiments.table.folds", rows, folder, "--folds", FOLDS)
    return Step(folder / f"fold_{FOLDS - 1}" / "held_out.csv", tuple(map(str, words)), (augment,))


def table_1_sample(files: Files, seed: int, fold: int) -> list[TableLine]:
    """Trees first, then floors and models by what they see, all learnt from the other folds; PICD before and behind.

    The few models here are those that Table 1 shows to be the best of their kind, or the plainest.
    """
    folder = files.folder / f"fold_{fold}"
    part = files._replace(folder=folder, train=str(folder / "train.csv"), held_out=str(folder / "held_out.csv"))
    world, trained_before = picd(files, seed)
    recipe = ROOT / "experiments" / "recipes" / "real_rows.yaml"
    flags = (recipe, "--model", world, "--train_csv", part.train)
    behind = trained(part, seed, "picd_real", *flags, needs=(trained_before, *part.needs))
    return [
        baseline(part, "tabular", seed, "--decode", "mbr", sees="comparisons", name="trees, mbr"),
        baseline(part, "majority", seed, name="commonest plan"),
        baseline(part, "lookup", seed, name="table of three comparisons"),
        *(
            baseline(part, model, seed, sees=sees, name=title)
            for sees in ("history", "comparisons")
            for model, title in (("tabular", "trees"), ("sasrec", "SASRec"), ("hstu", "HSTU"))
        ),
        planner(part, "PICD, no real row seen, free", world, trained_before, "free"),
        planner(part, "PICD, then these rows, free", *behind, "free"),
        planner(part, "PICD, then these rows, mbr", *behind, "mbr"),
    ]


# Latents and wrappers before a plan of four intents, the commonest length: 3 · (4 + 2) + 2.
FILLERS = 20
# An epoch's rows in the control that has as many steps as PICD and SC-DPO together: 1,200 · (3,900 + 596) / 3,900.
LONGER_EPOCH = 1383


def table_2(files: Files, seed: int) -> list[TableLine]:
    """PICD against training without reasoning and with text, alignment, and what else could explain its figures."""

    def line(name: str, own: str, *flags: object, needs: tuple[Step, ...] = ()) -> TableLine:
        return planner(files, name, *trained(files, seed, own, *flags, needs=needs), "free")

    more, rows_alone = teacher_rows(files), files._replace(twins="")
    return [
        line("PICD", "picd"),
        direct_sft(files, seed, "free"),
        planner(rows_alone, "PICD, mbr", *picd(files, seed), "mbr"),
        direct_sft(rows_alone, seed, "mbr"),
        line("CoT-SFT", "cot_sft", "--cot_mode", "cot_sft"),
        aligned(files, seed, "sc_dpo", "PICD + SC-DPO"),
        aligned(files, seed, "sft_on_pairs", "PICD + SFT on pairs"),
        line(
            "PICD, teacher's plans as rows, as many steps as with SC-DPO",
            "picd_teacher_rows",
            *("--train_csv", more.done, "--rows_per_epoch", LONGER_EPOCH),
            needs=(more,),
        ),
        line("latent from the first step", "latent", "--cot_mode", "latent"),
        line(f"Direct-SFT, {FILLERS} fillers", "fillers", "--cot_mode", "direct_sft", "--fillers", FILLERS),
        baseline(files, "majority", seed, name="commonest plan"),
        baseline(files, "tabular", seed, sees="comparisons", name="trees"),
    ]


def teacher_rows(files: Files) -> Step:
    """The training rows, and behind them the anchors of their twins with the teacher's plans."""
    path = files.folder / "teacher_rows.csv"
    words = ("-m", "experiments.table.teacher_rows", files.train, files.train_twins, path)
    return Step(path, tuple(map(str, words)))


def table_3(files: Files, seed: int) -> list[TableLine]:
    """The learning rate's schedules; Latent-Valid tells them apart in the paper."""
    return [
        planner(files, name, *trained(files, seed, own, *flags), "free")
        for name, own, flags in (
            ("CALR", "picd", ()),
            ("cosine", "cosine", ("--lr_schedule", "cosine")),
            ("constant", "constant", ("--lr_schedule", "constant")),
        )
    ]
