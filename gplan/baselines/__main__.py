"""Trains a baseline and answers with it; test.py scores what it writes, as anyone's.

python -m gplan.baselines tabular
python -m gplan.baselines tabular --train_csv train.csv --valid_csv test.csv --output_dir output_tabular
python test.py --predictions output_tabular/predictions.jsonl --valid_csv test.csv
"""

import importlib
import json
import sys
import time
from argparse import Namespace
from pathlib import Path

from data_process.cache import file_digest
from data_process.files import write_json
from data_process.intents import render_plan
from data_process.response import parse_response
from gplan.baselines.baseline import Baseline
from gplan.baselines.examples import read_examples, read_questions
from gplan.baselines.options import MODELS, parse_arguments
from gplan.baselines.vocabulary import Vocabulary
from gplan.evaluation.predictions import write_predictions, write_twin_predictions
from gplan.evaluation.responsiveness import answers_to, requests_beyond
from gplan.starter.rows import first_embedded_rows, held_out_rows, public, training_rows
from gplan.training.checkpoint import MANIFEST, output_folder
from utils import InputError, door, environment, peak_memory, say


def main() -> int:
    args = parse_arguments(sys.argv[1:])
    if not args.train_csv and not public("train.csv"):  # few, so that every model takes minutes
        args.train_csv, args.valid_csv = str(first_embedded_rows()), held_out_rows(args.valid_csv)
    args.train_csv, args.valid_csv = training_rows(args.train_csv, args.valid_csv)
    if not args.valid_csv:
        raise InputError("--valid_csv: rows to answer are needed beside --train_csv; name a file")
    if args.resume and is_finished(args):
        say(f"{args.output_dir}: the run is finished; nothing is left to do")
        return 0
    with output_folder(args.output_dir, args.resume) as args.checkpoint:
        run(args)
    return 0


def run(args: Namespace) -> None:
    """Learns, answers, writes."""
    folder, vocabulary = Path(args.output_dir), Vocabulary(args.ids)
    examples = read_examples(args.train_csv, args.train_twins, vocabulary, args.bad_rows, folder)
    questions = read_questions(args.valid_csv, args.twins, args.bad_rows, folder)
    say(f"{args.model} learns from {len(examples.rows)} rows and sees: {args.sees}")
    model = load(args, vocabulary)
    began = time.monotonic()
    model.fit(examples)
    learnt = time.monotonic()
    others = requests_beyond(questions.pairs, questions.rows)
    texts = [render_plan(vocabulary.plan(ids)) for ids in model.answer(questions.rows + others)]
    answered = time.monotonic()
    own = texts[: len(questions.rows)]
    write_predictions(folder / "predictions.jsonl", questions.numbers, own, list(map(parse_response, own)))
    if questions.pairs:
        sides = answers_to(questions.pairs, questions.rows + others, texts)
        write_twin_predictions(folder / "twin_predictions.jsonl", questions.pair_numbers, sides, questions.pairs)
    write_json(
        folder / MANIFEST,
        {
            "arguments": recipe(args),
            "parameters": model.parameters,
            "seconds": round(learnt - began, 2),
            "answer_seconds": round(answered - learnt, 2),
            "rows": len(examples.rows),
            "environment": environment(),
            "peak_memory": peak_memory(),
        },
    )
    twins = f" --twins {args.twins} --twin_predictions {folder}/twin_predictions.jsonl" if args.twins else ""
    say(
        f"{model.parameters:,} parameters, {learnt - began:.0f} s; score it with: python test.py --predictions "
        f"{folder}/predictions.jsonl --valid_csv {args.valid_csv}{twins}"
    )


def load(args: Namespace, vocabulary: Vocabulary) -> Baseline:
    """The model that the command line names; its packages are imported here, and no other's."""
    model = MODELS[args.model]
    return getattr(importlib.import_module(f"gplan.baselines.{model.path}"), model.name)(args, vocabulary)


def recipe(args: Namespace) -> dict:
    """The arguments that the answers follow from; files by what is in them."""
    files = {"train_csv", "valid_csv", "train_twins", "twins"}
    values = {name: value for name, value in vars(args).items() if name not in {"resume", "output_dir", "checkpoint"}}
    return {name: file_digest(Path(value)) if name in files and value else value for name, value in values.items()}


def is_finished(args: Namespace) -> bool:
    """Whether the folder holds the whole of this run.

    Raises:
        InputError: it holds another one.
    """
    manifest = Path(args.output_dir) / MANIFEST
    if not manifest.is_file():
        return False
    before, now = json.loads(manifest.read_text(encoding="utf-8"))["arguments"], recipe(args)
    if changed := [name for name in before | now if before.get(name) != now.get(name)]:
        what = ", ".join(f"{name} was {before.get(name)} and is {now.get(name)}" for name in changed)
        raise InputError(f"--output_dir {args.output_dir} holds another run: {what}; give another folder")
    return True


if __name__ == "__main__":
    sys.exit(door(main))
