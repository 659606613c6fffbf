"""Answers to the gold rows and twins: read from predictions files, or asked of a checkpoint."""

import argparse
from typing import NamedTuple

from data_process.schema import Row
from gplan.evaluation.gold import Gold
from gplan.evaluation.predictions import Predictions, read_predictions, read_twin_predictions
from gplan.evaluation.responsiveness import answers_to, requests_beyond
from gplan.metrics.latent import holds_latents


class Answers(NamedTuple):
    """Response texts.

    ``texts``: of each row; ``twin_texts``: of anchor and twin of each pair; ``latent``: whether responses are meant to
    be fully latent; ``passes``: forward passes of each row's response where they were counted; ``cut``: whether each
    row's was cut at ``limit`` tokens, where that can be; ``sources``: the files that they were read from;
    ``decoding``: how the checkpoint answered.
    """

    texts: list[str]
    twin_texts: list[tuple[str, str]]
    latent: bool
    passes: list[int] | None = None
    cut: list[bool] | None = None
    limit: int | None = None
    sources: tuple[str, ...] = ()
    decoding: str = "free"


def get_answers(args: argparse.Namespace, gold: Gold) -> Answers | None:
    """The answers that ``test.py``'s arguments name; None on every process of torchrun but the first.

    Raises:
        InputError: a predictions file that does not fit the gold, or no checkpoint that can be used.
    """
    return _of_files(args, gold) if args.predictions else _of_checkpoint(args, gold)


def _of_files(args: argparse.Namespace, gold: Gold) -> Answers:
    texts = read_predictions(args.predictions, gold.numbers, gold.count)
    about = gold.pair_numbers, gold.pair_count
    twin_texts = read_twin_predictions(args.twin_predictions, *about) if gold.pairs else []
    latent = args.latent == "yes" or (args.latent == "auto" and any(map(holds_latents, texts)))
    sources = tuple(filter(None, (args.predictions, args.twin_predictions)))
    return Answers(texts, twin_texts, latent, sources=sources)


def _of_checkpoint(args: argparse.Namespace, gold: Gold) -> Answers | None:
    others = requests_beyond(gold.pairs, gold.rows)
    predictions = _predict(args, gold.rows, others)
    if predictions is None:
        return None
    texts, other_texts = predictions.texts
    twin_texts = answers_to(gold.pairs, gold.rows + others, texts + other_texts)
    passes, cut = (values and values[0] for values in (predictions.passes, predictions.cut))
    decoding = args.decode or "free"
    return Answers(texts, twin_texts, predictions.latent, passes, cut, predictions.limit, decoding=decoding)


def _predict(args: argparse.Namespace, *tables: list[Row]) -> Predictions | None:
    from transformers.utils import logging  # torch too, only when a model is used

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if args.decode in ("planner", "mbr", "best_of"):
        from gplan.evaluation.planned import plan_predictions

        return plan_predictions(args, *tables)
    from gplan.evaluation.free import generate_predictions

    return generate_predictions(args, *tables)
