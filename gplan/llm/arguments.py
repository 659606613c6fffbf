"""The flags that say which model is asked and what it may take; variables of the environment are their defaults."""

import argparse
import json
import os
from typing import NamedTuple

from gplan.llm.budget import Limits
from gplan.llm.endpoint import Endpoint
from gplan.llm.paced import Pace, check_pace
from utils import InputError


class Llm(NamedTuple):
    """A model, and how it may be asked."""

    role: str  # teacher, judge
    url: str
    model: str
    timeout: float  # seconds of one request
    options: dict[str, object]  # fields of a request's body beside model and messages
    pace: Pace
    limits: Limits
    concurrency: int  # requests at the same time

    def endpoint(self, dispensable: dict[str, object] | None = None) -> Endpoint:
        """Raises EndpointError for an address, a model or a key that can't be used."""
        return Endpoint(self.url, self.model, self.timeout, self.options, role=self.role, dispensable=dispensable)


def add_llm_arguments(parser: argparse.ArgumentParser, role: str, *, longest_answer: int) -> None:
    """The flags, in a group of their own; of a ``teacher`` the variables are TEACHER_URL, TEACHER_MODEL, and so on."""
    upper = role.upper()

    def variable(name: str) -> str:
        return os.environ.get(f"{upper}_{name}", "")

    llm = parser.add_argument_group(f"llm {role}", f"The key is read from {upper}_API_KEY and from nowhere else.")
    add = llm.add_argument
    add(f"--{role}_url", default=variable("URL"), help=f"address like https://host/v1 ({upper}_URL)")
    add(f"--{role}_model", default=variable("MODEL"), help=f"the model's name there ({upper}_MODEL)")
    add("--concurrency", type=int, default=8, help="requests at the same time (default: 8)")
    add("--rpm", type=float, default=variable("RPM") or None, help=f"requests a minute ({upper}_RPM)")
    add("--tpm", type=float, default=variable("TPM") or None, help=f"tokens a minute ({upper}_TPM)")
    add("--timeout", type=float, default=180, help="seconds for one request (default: 180)")
    add("--tries", type=int, default=6, help="requests for one answer, if they fail (default: 6)")
    add(
        "--max_answer_tokens",
        type=int,
        default=longest_answer,
        help=f"longest answer in tokens (default: {longest_answer})",
    )
    add("--request", default="{}", metavar="JSON", help="more of the request: '{\"temperature\": 0.6}'")
    add("--max_requests", type=int, help="stop before a request more than this, all runs into one journal together")
    add("--max_tokens", type=int, help="stop before tokens of prompts and answers pass this")
    add("--max_cost", type=float, help="stop before the cost passes this; needs prices")
    add("--price_in", type=float, default=0, help="money for a million tokens of prompts")
    add("--price_out", type=float, default=0, help="money for a million tokens of answers")


def llm_of(args: argparse.Namespace, role: str, **defaults: object) -> Llm:
    """The model that the flags name.

    Args:
        defaults: fields of the request's body where --request says nothing else: ``temperature=0``.

    Raises:
        InputError: numbers that make no sense, or a request that is no JSON object.
    """
    for name, least in (("concurrency", 1), ("price_in", 0), ("price_out", 0)):
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
    return Llm(
        role,
        getattr(args, f"{role}_url"),
        getattr(args, f"{role}_model"),
        timeout=args.timeout,
        options=_options(args, defaults),
        pace=pace,
        limits=Limits(args.max_requests, args.max_tokens, args.max_cost, args.price_in, args.price_out),
        concurrency=args.concurrency,
    )


def _options(args: argparse.Namespace, defaults: dict[str, object]) -> dict[str, object]:
    """The fields of a request's body beside model and messages: ``{"max_tokens": 2000, "temperature": 0.6}``."""
    try:
        more = json.loads(args.request)
    except ValueError as error:
        raise InputError(f"--request is not JSON ({error})") from error
    if not isinstance(more, dict) or more.keys() & {"model", "messages", "stream", "n"}:
        raise InputError("--request must be a JSON object without model, messages, stream and n")
    # Newer endpoints call it max_completion_tokens: whoever says that means it.
    longest = {} if "max_completion_tokens" in more else {"max_tokens": args.max_answer_tokens}
    return longest | defaults | more
