"""The output language as an EBNF grammar, for engines with structured outputs: xgrammar, and vLLM through it.

    python -m gplan.planner ebnf --model output > plan.ebnf                        # over a checkpoint's token ids
    python -m gplan.planner ebnf --model output --no_order > plan_no_order.ebnf    # for requests without an order
    python -m gplan.planner ebnf --mode picd > plan.ebnf                           # over text, for any tokenizer

    root        ::= <THOUGHT> context a b c … T_3 a b c, steps-3
    steps-3     ::= </THOUGHT> [{" (first-other any-2 | first-ride others-2) | T_4 a b c, steps-4
    any-2       ::= "},{" (other any-1 | ride others-1)      two more intents, one of which may be a ride
    others-2    ::= ("},{" other){2} "}]"                    two more, none of them a ride
    first-other ::= 工具名称":"tool_3 | …                     the library: intents that can stand first, others, rides

Over token ids (``Token(…)``, which xgrammar knows from 0.2 on) a response has one path, as in ``grammar``. Over
text, which any engine with GBNF knows, a model may also spell a latent or a plan with other tokens than it was trained
on. No such grammar can hold that an intent comes only once: that takes a rule for every set of intents. A request's
order is held by the choice between two grammars.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from add_tokens.load import check_config, load_tokenizer
from config.stored import StoredSettings, trained_settings
from data_process.compression import COT_MODES, CotMode, LatentForm, block_latents, scaffold
from data_process.encode import RowEncoder
from data_process.intents import (
    EXCLUSIVE_TOOLS,
    HEAD,
    MAX_PLAN,
    MIN_PLAN,
    MORE,
    ORDER_PLACE,
    PREVIOUS,
    STOP,
    TOOL_KEY,
    Intent,
)
from data_process.response import CLOSE, OPEN
from gplan.planner.grammar import LIBRARY, Grammar, core
from utils import InputError

_HEADER = """\
# What a GPlan model ({mode}) may answer to a request {order} an order, over {alphabet}.
# Held: the library, {count}, 前一位推荐结果 not in the first, at most one of {rides}.
# Not held: no intent twice. The engine adds the end token.
"""


class Text:
    """Grammars over text: ``plain("家") == named("家") == '"家"'``."""

    name = "text"

    def plain(self, text: str) -> str:
        """A piece of a plan."""
        return json.dumps(text, ensure_ascii=False)

    def named(self, *names: str) -> str:
        """Wrappers and latents."""
        return self.plain("".join(names))

    def comment(self, intent: Intent) -> str:
        """What an intent's line says to people: nothing that its text does not."""
        return ""


class TokenIds:
    """Grammars over one tokenizer's ids: ``plain("家") == "Token(45629)"``."""

    name = "one tokenizer's ids"

    def __init__(self, encoder: RowEncoder):
        self._encoder = encoder

    def plain(self, text: str) -> str:
        return _tokens(self._encoder.text(text))

    def named(self, *names: str) -> str:
        return _tokens(self._encoder.tokenizer.convert_tokens_to_ids(names))

    def comment(self, intent: Intent) -> str:
        return f" # {' '.join(intent.values())}"


def _tokens(ids: Sequence[int]) -> str:
    return " ".join(f"Token({token})" for token in ids)


def ebnf(mode: CotMode, *, has_order: bool, encoder: RowEncoder | None = None) -> str:
    """The grammar of responses to requests with or without an order, over an encoder's token ids or else over text.

    Raises:
        InputError: cot_sft over text; or the tokenizer does not fit, as in ``Grammar``.
    """
    count, interleaved = encoder.form if encoder else LatentForm()
    if interleaved:
        raise InputError("a checkpoint with interleaved latents has no exported grammar; decode it with the planner")
    if encoder:
        alphabet, grammar = TokenIds(encoder), Grammar(encoder, mode)
    elif mode == "cot_sft":
        raise InputError(
            "--mode cot_sft: text can't tell free reasoning from markers; give its checkpoint with --model"
        )
    else:
        alphabet = Text()

    def plan(intents: int) -> str:
        return f"{alphabet.plain(HEAD)} (first-other any-{intents - 1} | first-ride others-{intents - 1})"

    if mode == "picd":
        rules = [f"root ::= {alphabet.named(OPEN, *scaffold(MIN_PLAN, count))} steps-{MIN_PLAN}"]
        for n in range(MIN_PLAN, MAX_PLAN + 1):
            step = f" | {alphabet.named(*block_latents(n + 2, count))} steps-{n + 1}" if n < MAX_PLAN else ""
            rules.append(f"steps-{n} ::= {alphabet.named(CLOSE)} {plan(n)}{step}")
    elif mode == "cot_sft":
        free = f"(ExcludeToken({', '.join(map(str, sorted(grammar.control)))}))*"
        rules = [f"root ::= {alphabet.named(OPEN)} {free} {alphabet.named(CLOSE)} {plan(MAX_PLAN)}"]
    else:
        rules = [f"root ::= {plan(MAX_PLAN)}"]
    header = _HEADER.format(
        mode=mode,
        order="with" if has_order else "without",
        alphabet=alphabet.name,
        count=f"{MIN_PLAN} to {MAX_PLAN} intents" + (", one a step" if mode == "picd" else ""),
        rides=", ".join(sorted(EXCLUSIVE_TOOLS)),
    )
    rules += _rest(alphabet, counted=mode == "picd")
    rules += _library(alphabet, has_order=has_order)
    return header + "\n".join(rules) + "\n"


def _rest(alphabet: Text | TokenIds, *, counted: bool) -> list[str]:
    """Rules for what follows an intent: k more, exactly (counted by a scaffold) or at most."""
    more, stop = alphabet.plain(MORE), alphabet.plain(STOP)
    rules = [f"any-0 ::= {stop}", f"others-0 ::= {stop}"]
    for k in range(1, MAX_PLAN):
        least = k if counted else max(0, k - (MAX_PLAN - MIN_PLAN))
        ending = f" | {stop}" if least == 0 else ""
        rules.append(f"any-{k} ::= {more} (other any-{k - 1} | ride others-{k - 1}){ending}")
        rules.append(f"others-{k} ::= ({more} other){{{least},{k}}} {stop}")
    return rules


def _library(alphabet: Text | TokenIds, *, has_order: bool) -> list[str]:
    """Rules for intents, by whether they are rides and whether they can stand first; every intent a line."""
    rules = []
    for kind in ("ride", "other"):
        rules.append(f"{kind} ::= first-{kind} | later-{kind}")
        for place in ("first", "later"):
            intents = [
                intent
                for intent in LIBRARY
                if (intent[TOOL_KEY] in EXCLUSIVE_TOOLS) == (kind == "ride")
                and (PREVIOUS in intent.values()) == (place == "later")
                and (has_order or ORDER_PLACE not in intent.values())
            ]
            rules.append(f"{place}-{kind} ::=")
            for intent in intents:
                # "|" ends a line and begins none, as llama.cpp's GBNF, where the dialect comes from, wants it
                way = " |" if intent is not intents[-1] else ""
                rules.append(f"    {alphabet.plain(core(intent))}{way}{alphabet.comment(intent)}")
    return rules


def load_encoder(folder: str | Path) -> tuple[RowEncoder, StoredSettings]:
    """The encoder and the stored settings of a checkpoint, without its weights.

    Raises:
        InputError: no checkpoint there, or none that was trained here.
    """
    check_config(Path(folder))
    stored = trained_settings(folder)
    return RowEncoder.of(load_tokenizer(Path(folder)), stored), stored


def add_arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", help="checkpoint folder: a grammar over its token ids, for xgrammar from 0.2 on")
    source.add_argument("--mode", choices=COT_MODES, help="a grammar over text, of responses in this cot_mode")
    parser.add_argument("--no_order", action="store_true", help="for requests without an order: without 订单目的地")


def run(args: argparse.Namespace) -> int:
    encoder, settings = load_encoder(args.model) if args.model else (None, {"cot_mode": args.mode})
    print(ebnf(settings["cot_mode"], has_order=not args.no_order, encoder=encoder), end="")
    return 0
