"""The flags that say who the teacher is and what it may take; variables of the environment are their defaults."""

import argparse
import json
import os
from pathlib import Path

from data_process.usable import add_bad_rows
from gplan.llm.budget import Limits
from gplan.llm.paced import Pace, check_pace
from gplan.synthesis.seeds.seed_file import SEEDS
from gplan.synthesis.teachers.by_llm import ByLlm
from gplan.synthesis.teachers.by_replay import ByReplay
from gplan.synthesis.teachers.by_rules import ByRules
from gplan.synthesis.teachers.teacher import Teacher
from utils import InputError

TEACHERS = ("rules", "llm", "replay")


def add_teacher_arguments(parser: argparse.ArgumentParser) -> None:
    def variable(name: str) -> str:
        return os.environ.get(name, "")

    add = parser.add_argument
    add(
        "--teacher",
        nargs="+",
        metavar=("KIND", "JOURNAL"),
        default=["rules"],
        help="rules (default), llm, or replay JOURNAL: the answers of another journal, asking nobody",
    )
    add("--plans", choices=("keep", "new"), default="keep", help="rows with a plan: explain it (default), or plan anew")
    add_bad_rows(parser)
    add("--seeds", type=Path, default=SEEDS, help="examples for the llm teacher (default: the shipped ones)")
    add("--shots", type=int, default=4, help="examples in a prompt (default: 4)")
    add(
        "--changed",
        choices=("refuse", "ask", "keep"),
        default="refuse",
        help="answers that were asked for with other seeds, model or settings: refuse to go on (default), ask anew, "
        "or keep them",
    )
    llm = parser.add_argument_group("llm teacher", "The key is read from TEACHER_API_KEY and from nowhere else.")
    add = llm.add_argument
    add("--teacher_url", default=variable("TEACHER_URL"), help="address like https://host/v1 (TEACHER_URL)")
    add("--teacher_model", default=variable("TEACHER_MODEL"), help="the model's name there (TEACHER_MODEL)")
    add("--concurrency", type=int, default=8, help="requests at the same time (default: 8)")
    add("--rpm", type=float, default=variable("TEACHER_RPM") or None, help="requests a minute (TEACHER_RPM)")
    add("--tpm", type=float, default=variable("TEACHER_TPM") or None, help="tokens a minute (TEACHER_TPM)")
    add("--timeout", type=float, default=180, help="seconds for one request (default: 180)")
    add("--tries", type=int, default=6, help="requests for one answer, if they fail (default: 6)")
    add(
        "--stop_after",
        type=int,
        default=20,
        help="stop when so many rows in a row are rejected for one reason; 0: never (default: 20)",
    )
    add("--max_answer_tokens", type=int, default=2000, help="longest answer in tokens (default: 2000)")
    add("--request", default="{}", metavar="JSON", help="more of the request: '{\"temperature\": 0.6}'")
    add("--max_requests", type=int, help="stop before a request more than this, all runs of FOLDER together")
    add("--max_tokens", type=int, help="stop before tokens of prompts and answers pass this")
    add("--max_cost", type=float, help="stop before the cost passes this; needs prices")
    add("--price_in", type=float, default=0, help="money for a million tokens of prompts")
    add("--price_out", type=float, default=0, help="money for a million tokens of answers")


def teacher_of(args: argparse.Namespace) -> Teacher:
    """Who is to answer, after a look at all the numbers.

    Raises:
        InputError: an unknown teacher, numbers that make no sense, or seeds or a journal that can't be read.
    """
    kind, *more = args.teacher
    if kind not in TEACHERS:
        raise InputError(f"--teacher {kind}: give one of {', '.join(TEACHERS)}")
    if len(more) != (kind == "replay"):
        wanted = "--teacher replay JOURNAL" if kind == "replay" else f"--teacher {kind}, and ROWS.csv FOLDER before it"
        raise InputError(f"--teacher {' '.join(args.teacher)}: give {wanted}")
    for name, least in (("concurrency", 1), ("shots", 0), ("stop_after", 0), ("price_in", 0), ("price_out", 0)):
        if getattr(args, name) < least:
            raise InputError(f"--{name} {getattr(args, name)}: give at least {least}")
    if not 0 < args.timeout < float("inf"):
        raise InputError(f"--timeout {args.timeout}: give seconds above 0")
    for name in ("max_requests", "max_tokens", "max_cost"):
        if getattr(args, name) is not None and not getattr(args, name) > 0:
            raise InputError(f"--{name} {getattr(args, name)}: give a number above 0, or none for no limit")
    if args.max_cost is not None and not args.price_in and not args.price_out:
        raise InputError("--max_cost needs --price_in and --price_out, in money for a million tokens")
    pace = Pace(args.tries, args.rpm, args.tpm, args.max_answer_tokens)
    check_pace(pace)
    options = _options(args)
    if kind == "rules":
        return ByRules()
    if kind == "replay":
        return ByReplay(Path(more[0]))
    return ByLlm(
        args.teacher_url,
        args.teacher_model,
        timeout=args.timeout,
        options=options,
        pace=pace,
        limits=Limits(args.max_requests, args.max_tokens, args.max_cost, args.price_in, args.price_out),
        concurrency=args.concurrency,
        seeds=args.seeds,
        shots=args.shots,
        stop_after=args.stop_after,
    )


def _options(args: argparse.Namespace) -> dict[str, object]:
    """The fields of a request's body beside model and messages: ``{"max_tokens": 2000, "temperature": 0.6}``."""
    try:
        more = json.loads(args.request)
    except ValueError as error:
        raise InputError(f"--request is not JSON ({error})") from error
    if not isinstance(more, dict) or more.keys() & {"model", "messages", "stream", "n"}:
        raise InputError("--request must be a JSON object without model, messages, stream and n")
    # Newer endpoints call it max_completion_tokens: whoever says that means it.
    longest = {} if "max_completion_tokens" in more else {"max_tokens": args.max_answer_tokens}
    return longest | more
