"""Compares labels of the same instructions: how often a file agrees with another that is taken for right.

    python agent.py queries agree gold.jsonl annotated.jsonl --page confusion.html

Lines are matched by their id, where both files have ids, else by their place. Prints the accuracy of the primary leaf,
by leaf and by class, with 95 % intervals; precision and recall of the other labels; difficulty exactly and within one
step. --page draws the confusions.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_process.files import write_text
from stagent.queries.taxonomy import BY_ID, LEAVES, OTHER, TOPS
from stagent.selection.annotate import agreement
from stagent.selection.annotate.agreement import Confusion, Share, share
from stagent.selection.annotate.picture import page, svg, table
from stagent.selection.annotate.records import Instruction, read_records
from utils import InputError

Pair = tuple[Instruction, Instruction]
_SHOWN = 12  # commonest confusions that are listed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("gold", type=Path, metavar="GOLD.jsonl", help="labels that are taken for right")
    parser.add_argument("said", type=Path, metavar="SAID.jsonl", help="labels that are compared with them")
    parser.add_argument("--page", type=Path, metavar="HTML", help="write tables and confusion pictures here")


def run(args: argparse.Namespace) -> int:
    pairs = matched(args.gold, args.said)
    sections: list[tuple[str, str]] = []
    annotated = [pair for pair in pairs if all(record.value.get("primary") for record in pair)]
    scored = [pair for pair in pairs if all(record.value.get("difficulty") is not None for record in pair)]
    if not annotated and not scored:
        raise InputError(f"{args.said}: no line has a primary leaf or a difficulty where {args.gold} has one too")
    who = {"rows": args.gold.name, "columns": args.said.name}
    if annotated:
        sections += _primary(annotated, who) + _others(annotated)
    if scored:
        sections += _difficulty(scored, who)
    left_out = len(pairs) - max(len(annotated), len(scored))
    if left_out:
        print(f"{left_out:,} of {len(pairs):,} lines have no label in one of the files and are left out")
    if args.page:
        write_text(args.page, page(f"{args.said.name} compared with {args.gold.name}", sections))
        print(f"written: {args.page}")
    return 0


def matched(gold: Path, said: Path) -> list[Pair]:
    """The records of two files that are about the same instruction.

    Raises:
        InputError: they are about different ones.
    """
    ours, theirs = list(read_records(gold)), list(read_records(said))
    if not ours:
        raise InputError(f"{gold}: it is empty")
    if all("id" in record.value for record in (*ours, *theirs)):
        by_id = {str(record.value["id"]): record for record in theirs}
        pairs = [(record, by_id[key]) for record in ours if (key := str(record.value["id"])) in by_id]
        if not pairs:
            raise InputError(f"{said}: none of its ids is in {gold}")
    elif len(ours) != len(theirs):
        raise InputError(
            f"{said}: {len(theirs):,} lines, but {gold} has {len(ours):,}; give both ids, or the same lines"
        )
    else:
        pairs = list(zip(ours, theirs, strict=True))
    for one, other in pairs:
        if one.text != other.text:
            raise InputError(f"{said}, line {other.number}: another text than {gold}, line {one.number}")
    return pairs


def _both(pairs: Sequence[Pair], name: str, default: Any = None) -> tuple[list[Any], list[Any]]:
    ours, theirs = ([pair[side].value.get(name, default) for pair in pairs] for side in (0, 1))
    return ours, theirs


def _primary(pairs: Sequence[Pair], who: dict[str, str]) -> list[tuple[str, str]]:
    gold, said = _both(pairs, "primary")
    hits = share(sum(map(str.__eq__, gold, said)), len(gold))
    tops = [*map(agreement.top_of, gold)], [*map(agreement.top_of, said)]
    top_hits = share(sum(map(str.__eq__, *tops)), len(gold))
    summary = [
        ["primary", "agreement (95 %)", "of"],
        ["leaf", hits.text(), str(hits.of)],
        ["class", top_hits.text(), str(top_hits.of)],
        ["kappa of leaves", f"{agreement.kappa(gold, said):.3f}", str(hits.of)],
    ]
    leaves = agreement.by_name(gold, said)
    classes = agreement.by_name(*tops)
    by_class = [["class", "agreement (95 %)", "of"], *_lines(classes, [*TOPS, OTHER])]
    by_leaf = [["leaf", "agreement (95 %)", "of"], *_lines(leaves, [*(leaf.id for leaf in LEAVES), OTHER])]
    wrong = [["said", "gold", "times", "for example"], *_confused(pairs)]
    for lines in (summary, by_class, by_leaf, wrong):
        print(_align(lines), end="\n\n")
    return [
        ("Primary intent", table(summary)),
        ("By class", table(by_class) + svg(pictured := agreement.tops_confusion(gold, said), pictured.names, **who)),
        ("By leaf", table(by_leaf) + svg(pictured := agreement.leaves_confusion(gold, said), _labels(pictured), **who)),
        ("Commonest differences", table(wrong)),
    ]


def _labels(pictured: Confusion) -> list[str]:
    return [f"{_short(name)} {BY_ID[name].zh}" if name in BY_ID else name for name in pictured.names]


def _short(leaf: str) -> str:
    return leaf.rsplit(".", 1)[-1]


def _lines(shares: dict[str, Share], names: Sequence[str]) -> list[list[str]]:
    return [[_short(name), shares[name].text(), str(shares[name].of)] for name in names if name in shares]


def _confused(pairs: Sequence[Pair]) -> list[list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for one, other in pairs:
        if one.value["primary"] != other.value["primary"]:
            found.setdefault((other.value["primary"], one.value["primary"]), []).append(one.text)
    common = sorted(found.items(), key=lambda item: -len(item[1]))[:_SHOWN]
    return [
        [_short(said), _short(gold), str(len(texts)), " ".join(texts[0].split())[:60]] for (said, gold), texts in common
    ]


def _others(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    lines = [["labels", "precision", "recall", "F1"]]
    for name in ("secondary", "auxiliary", "temporal"):
        labelled = [pair for pair in pairs if all(name in record.value for record in pair)]
        if not labelled:
            continue
        gold, said = _both(labelled, name, ())
        if name == "temporal":
            gold, said = (
                [[f"{end} {value}" for end, value in one.items()] if one else [] for one in some]
                for some in (gold, said)
            )
        figures = agreement.set_figures(gold, said)
        lines.append([name, figures.precision.text(), figures.recall.text(), f"{figures.f1:.3f}"])
    if len(lines) == 1:
        return []
    print(_align(lines), end="\n\n")
    return [("Other labels", table(lines))]


def _difficulty(pairs: Sequence[Pair], who: dict[str, str]) -> list[tuple[str, str]]:
    gold, said = _both(pairs, "difficulty")
    away = [abs(one - other) for one, other in zip(gold, said, strict=True)]
    lines = [["difficulty", "agreement (95 %)", "of"]]
    for label, most in (("exact", 0), ("within one step", 1)):
        hits = share(sum(distance <= most for distance in away), len(away))
        lines.append([label, hits.text(), str(hits.of)])
    for level in agreement.LEVELS:
        of_level = [distance for distance, one in zip(away, gold, strict=True) if one == level]
        if of_level:
            hits = share(sum(distance <= 1 for distance in of_level), len(of_level))
            lines.append([f"within one step of {level}", hits.text(), str(hits.of)])
    print(_align(lines), end="\n\n")
    pictured = agreement.levels_confusion(gold, said)
    return [("Difficulty", table(lines) + svg(pictured, pictured.names, **who))]


def _align(lines: Sequence[Sequence[str]]) -> str:
    """Columns below each other: ``_align([["a", "bc"], ["def", "g"]]) == "a    bc\\ndef  g"``"""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
