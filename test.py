"""Scores a checkpoint, or a file of predictions, against a GSISR file.

    python test.py --model ./output --valid_csv valid.csv
    python test.py --predictions predictions.jsonl --valid_csv valid.csv --json
    python test.py --model ./output --valid_csv valid.csv --twins twins.jsonl
    python test.py --model ./output --valid_csv valid.csv --decode planner
    torchrun --nproc_per_node 2 test.py --model ./output --valid_csv valid.csv

Writes predictions.jsonl, metrics.json and confusion.png into --output_dir, with --twins twin_predictions.jsonl too,
and prints a table.
"""

import argparse
import json
import random
import sys
from pathlib import Path

from config.command_line import Parser, number
from data_process.intents import Plan
from data_process.schema import Row, read_rows
from data_process.twins import read_pairs
from evaluation import report
from evaluation.ceilings import world_ceilings
from evaluation.floors import floors
from evaluation.latent import holds_latents
from evaluation.metrics import Costs, Predictions, Scores, score_rows
from evaluation.pictures import write_confusion
from evaluation.responsiveness import answers_to, requests_beyond, responsiveness
from utils import ROOT, InputError, door


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description="Score a checkpoint or a predictions file.")
    parser.add_argument("--model", default="./output", help="checkpoint folder (not looked at with --predictions)")
    parser.add_argument("--predictions", help="JSONL with row and text a line: scored without a model")
    parser.add_argument(
        "--valid_csv",
        help="GSISR CSV with the gold labels; unset: data_process/dataset/test.csv if it is there, else the "
        "generated held-out rows",
    )
    parser.add_argument("--twins", help="JSONL of counterfactual twins: adds context responsiveness")
    parser.add_argument("--twin_predictions", help="with --predictions: JSONL with pair, side and text for --twins")
    parser.add_argument(
        "--decode",
        choices=("free", "planner"),
        help="how the checkpoint answers; free (the default): token by token, whatever it writes; planner: valid plans "
        "alone, and forward passes are counted",
    )
    parser.add_argument("--output_dir", default="./test_results", help="where the files are written")
    parser.add_argument("--batch_size", type=number(int, 1), default=64, help="requests a batch when generating")
    parser.add_argument("--dtype", choices=("auto", "fp32", "bf16"), default="auto", help="auto: bf16 on CUDA only")
    parser.add_argument(
        "--latent",
        choices=("auto", "yes", "no"),
        default="auto",
        help="whether a predictions file is from a latent model; auto: if any text holds a latent token",
    )
    parser.add_argument("--samples", type=number(int, 0), default=3, help="readable samples to print")
    parser.add_argument("--sub_tool_cost", type=number(float, 0), default=1.0, help="NES: another tool")
    parser.add_argument("--sub_param_cost", type=number(float, 0), default=0.3, help="NES: another parameter")
    parser.add_argument("--insert_delete_cost", type=number(float, 0), default=1.0, help="NES: insertion or deletion")
    parser.add_argument("--seed", type=number(int, 0), default=0, help="of the bootstrap and the samples")
    parser.add_argument("--json", action="store_true", help="print the metrics as JSON and nothing else")
    args = parser.parse_args()
    if bool(args.twin_predictions) != bool(args.predictions and args.twins):
        parser.error("--predictions and --twins need --twin_predictions beside them, and it needs both")
    if args.predictions and args.decode:
        parser.error(f"--decode {args.decode}: --predictions are answers already; give one of the two")
    return args


def main() -> int:
    args = parse_arguments()
    costs = Costs(args.sub_tool_cost, args.sub_param_cost, args.insert_delete_cost)
    args.valid_csv = args.valid_csv or default_rows()
    rows = read_rows(args.valid_csv)
    golds = report.parse_golds(rows, args.valid_csv)
    pairs = read_pairs(args.twins) if args.twins else []
    passes = None
    if args.predictions:
        texts = report.read_predictions(args.predictions, len(rows))
        twin_texts = report.read_twin_predictions(args.twin_predictions, len(pairs)) if pairs else []
        latent = args.latent == "yes" or (args.latent == "auto" and any(map(holds_latents, texts)))
    else:
        others = requests_beyond(pairs, rows)
        predictions = predict(args, rows, others)
        if predictions is None:  # under torchrun the first process alone gathers and scores
            return 0
        texts, other_texts = predictions.texts
        latent, passes = predictions.latent, predictions.passes and predictions.passes[0]
        twin_texts = answers_to(pairs, rows + others, texts + other_texts)
    scores = score_rows(texts, golds, [bool(row["trigger_1"]) for row in rows], latent=latent, costs=costs)
    ceilings, note = world_ceilings(args.valid_csv, rows, costs=costs)
    summary = report.summarise(scores, floors(rows, golds, costs=costs), ceilings, seed=args.seed)
    if passes:
        summary |= report.forward_passes(passes, args.decode)
    if pairs:
        summary |= responsiveness(twin_texts, pairs, costs=costs, seed=args.seed)
    write_files(Path(args.output_dir), args.predictions, texts, golds, scores, summary)
    if pairs:
        target = Path(args.output_dir) / "twin_predictions.jsonl"
        if not same_file(target, args.twin_predictions):
            report.write_twin_predictions(target, twin_texts, pairs)
    if args.json:
        print(json.dumps(summary, ensure_ascii=False))
        return 0
    print(report.table_text(summary))
    print(f"ceilings: {note}")
    print_samples(args.samples, args.seed, rows, golds, scores)
    more = ", twin_predictions.jsonl" if pairs else ""
    print(f"\nwritten to {args.output_dir}: predictions.jsonl, metrics.json, confusion.png{more}")
    return 0


def predict(args: argparse.Namespace, *tables: list[Row]) -> Predictions | None:
    """The checkpoint's responses to each table's rows; None on every process but the first."""
    from transformers.utils import logging  # torch too, only when a model is used

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if args.decode == "planner":
        from planner.predict import plan_predictions

        return plan_predictions(args, *tables)
    from evaluation.generate import generate_predictions

    return generate_predictions(args, *tables)


def default_rows() -> str:
    """The public test file if somebody put it there, else the embedded held-out rows."""
    public = ROOT / "data_process" / "dataset" / "test.csv"
    if public.is_file():
        return str(public)
    from synthesis.default_rows import embedded_rows  # torch and transformers, only when they are needed

    return str(embedded_rows()[1])


def write_files(
    folder: Path, given: str | None, texts: list[str], golds: list[Plan], scores: Scores, summary: dict
) -> None:
    """Writes the three result files; a predictions file that already lies there is left as it is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--output_dir {folder}: {error.strerror}; name a folder that can be written") from error
    target = folder / "predictions.jsonl"
    if not same_file(target, given):
        report.write_predictions(target, texts, scores.responses)
    report.write_metrics(folder / "metrics.json", summary)
    write_confusion(folder / "confusion.png", golds, [response.plan for response in scores.responses])


def same_file(target: Path, given: str | None) -> bool:
    """Whether a file to write is the one that was given to be read."""
    return bool(given) and target.exists() and target.samefile(given)


def print_samples(count: int, seed: int, rows: list[Row], golds: list[Plan], scores: Scores) -> None:
    """Prints some rows, drawn with the seed, in file order."""
    for row in sorted(random.Random(seed).sample(range(len(rows)), max(0, min(count, len(rows))))):
        print()
        print(report.sample_text(row, rows[row], golds[row], scores.responses[row], scores.reasons[row]))


if __name__ == "__main__":
    sys.exit(door(main))
