"""The command line of ``python -m gplan.baselines``: the models, what goes together, and each one's settings."""

import argparse
import math
from collections.abc import Iterable
from typing import NamedTuple

import yaml

from config.command_line import number
from data_process.usable import add_bad_rows
from utils import ROOT, InputError, Parser

SEES = ("plan", "history", "context", "comparisons")
IDS = ("intents", "tools")
DECODE = ("free", "rules", "mbr")


class Model(NamedTuple):
    """A baseline: where its class is, in a line what it is, and what it can be asked for; the first is the default."""

    path: str
    name: str
    about: str
    sees: tuple[str, ...] = ("comparisons", "context", "history", "plan")
    ids: tuple[str, ...] = IDS
    decode: tuple[str, ...] = ("rules", "mbr", "free")


MODELS = {
    "majority": Model("majority", "Majority", "the commonest plan", ("plan",), ("intents",), ("free",)),
    "lookup": Model(
        "lookup", "Lookup", "a table of up to three comparisons", ("comparisons",), ("intents",), ("free",)
    ),
    "tabular": Model("tabular", "Tabular", "trees that choose the next intent"),
    "sasrec": Model("sasrec", "SASRec", "self-attention from left to right"),
    "bert4rec": Model("bert4rec", "BERT4Rec", "self-attention both ways, which fills in masks"),
    "rearec": Model("rearec", "ReaRec", "SASRec with steps of latent reasoning"),
    "hstu": Model("hstu", "HSTU", "SASRec with pointwise attention and time"),
    "p5": Model("p5", "P5", "T5 from text to names of intents", ids=("intents",)),
    "tiger": Model("tiger", "Tiger", "T5 from tokens to semantic ids", ids=("intents",)),
}
_ABOUT = "Trains a baseline and answers with it; test.py scores what it writes, as anyone's."
DEFAULTS = ROOT / "config" / "baselines"
# Of the models' own settings: least and largest value; where 0 or 1 itself is none, the next number that fits.
_POSITIVE = (1, math.inf)
_LEAST = 1e-9
_SHARE = (_LEAST, 1 - _LEAST)
RANGES = {
    **dict.fromkeys(("columns", "trees", "leaf", "rounds", "patience", "epochs", "batch_size"), _POSITIVE),
    **dict.fromkeys(("dim", "blocks", "heads", "width", "layers", "inner", "beams", "buckets", "longest"), _POSITIVE),
    **dict.fromkeys(("leaves", "boost_leaves"), (2, math.inf)),
    **dict.fromkeys(("steps", "warmup", "weight_decay", "noise", "contrast", "diversity"), (0, math.inf)),
    **dict.fromkeys(("rate", "contrast_temperature"), (_LEAST, math.inf)),
    "words": (300, math.inf),  # 256 bytes and the signs that end and fill
    "sharpening": (1, math.inf),
    "held_out": _SHARE,
    **dict.fromkeys(("share", "mask"), (_LEAST, 1)),
    "last": (0, 1),
    "dropout": (0, 1 - _LEAST),
}
CHOICES = {"booster": ("trees", "lightgbm"), "loss": ("ce", "bce", "prl", "erl")}
FLAGS = {"sees": SEES, "ids": IDS, "decode": DECODE}


def matrix() -> str:
    """What every model can be asked for, for ``--help``."""
    rows = [("", *FLAGS)] + [
        (name, *(" ".join(getattr(model, flag)) for flag in FLAGS)) for name, model in MODELS.items()
    ]
    widths = [max(len(row[i]) for row in rows) + 2 for i in range(len(rows[0]))]
    return "\n".join(
        "  " + "".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """The arguments; those of the model's YAML file are flags too.

    Raises:
        InputError: flags that don't go together.
    """
    # Not what a flag is given: --output_dir p5 tiger.
    named = [word for before, word in zip(["", *argv], argv, strict=False) if not takes_next(before)]
    names = [word for word in named if word in MODELS][:1]
    parser = Parser(
        prog="python -m gplan.baselines",
        description=f"{_ABOUT}\n\n{_models()}\n\nWhat goes together, the default first:\n\n{matrix()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("model", choices=MODELS, metavar="MODEL", help=", ".join(MODELS))
    parser.add_argument("--train_csv", help="GSISR CSV to learn from; unset: the first 2,400 embedded rows")
    parser.add_argument("--valid_csv", help="GSISR CSV to answer; unset: the embedded held-out rows")
    parser.add_argument("--train_twins", help="twins whose two sides are rows to learn from, too")
    parser.add_argument("--twins", help="twins to answer too: twin_predictions.jsonl")
    parser.add_argument("--sees", choices=SEES, help="what of a row the model is given")
    parser.add_argument("--ids", choices=IDS, help="what it chooses among: the 148 intents, or the ten tools alone")
    parser.add_argument("--decode", choices=DECODE, help="how plans are made of its choices")
    parser.add_argument("--k", type=number(int, 1), default=8, help="mbr: plans among which one is chosen [8]")
    parser.add_argument("--seed", type=number(int, 0), default=42, help="of everything that is drawn [42]")
    parser.add_argument("--output_dir", help="where predictions and manifest go [output_MODEL]")
    parser.add_argument("--resume", choices=("auto",), help="auto: go on with a run that was cut off")
    add_bad_rows(parser)
    for name in names:
        own = parser.add_argument_group(f"{name}, from config/baselines/{name}.yaml")
        for key, value in model_defaults(name).items():
            own.add_argument(f"--{key}", type=type(value), default=value, help=f"[{value}]")
    args = parser.parse_args(argv)
    model, asked = MODELS[args.model], args.decode
    for flag in FLAGS:
        allowed, given = getattr(model, flag), getattr(args, flag)
        if given is None:
            setattr(args, flag, allowed[0])
        elif given not in allowed:
            raise InputError(
                f"--{flag} {given}: {args.model} ({model.about}) has no such way; give {' or '.join(allowed)}"
            )
    if args.ids == "tools" and args.decode != "free":
        if asked:
            raise InputError(f"--decode {args.decode}: rules are about parameters, and --ids tools has none; give free")
        args.decode = "free"
    if args.decode == "mbr" and args.k < 2:
        raise InputError("--k 1: of one plan none is to be chosen; give 2 or more, or --decode rules")
    check_settings(args, model_defaults(args.model))
    args.output_dir = args.output_dir or f"output_{args.model}"
    return args


def takes_next(word: str) -> bool:
    """Whether the word behind is this flag's value."""
    return word.startswith("--") and "=" not in word


def check_settings(args: argparse.Namespace, names: Iterable[str]) -> None:
    """Raises InputError for a model's own setting that nothing can be learnt with."""
    for name in names:
        value = getattr(args, name)
        if name in CHOICES and value not in CHOICES[name]:
            raise InputError(f"--{name} {value}: give {' or '.join(CHOICES[name])}")
        least, most = RANGES.get(name, (-math.inf, math.inf))
        if name in RANGES and not least <= value <= most:  # no number is in no range
            open_end = most == math.inf
            more = "above 0" if least == _LEAST else f"of {least:g} or more"
            wanted = more if open_end else f"between {round(least, 6):g} and {round(most, 6):g}"
            raise InputError(f"--{name} {value}: a number {wanted} is needed")


def model_defaults(name: str) -> dict:
    """A model's own settings, from its YAML file."""
    return yaml.safe_load((DEFAULTS / f"{name}.yaml").read_text(encoding="utf-8")) or {}


def _models() -> str:
    return "\n".join(f"  {name:10s}{model.about}" for name, model in MODELS.items())
