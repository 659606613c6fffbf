"""Annotates by rules: what speaks for each leaf is weighed (cues.txt), what speaks for a constraint is enough alone."""

import re
from collections import Counter
from functools import cache
from typing import NamedTuple

from stagent.queries.taxonomy import AUXILIARY_IDS, LEAVES, MOST_SECONDARY, OTHER
from stagent.selection.annotate.ends import ends_of
from stagent.selection.annotate.labels import Annotation
from stagent.selection.annotate.meanings import TextReading, read
from stagent.selection.annotate.vocabulary import FOLDER, MEANINGS, split_condition

VERSION = 1
ANNOTATOR = f"rules {VERSION}"
LEAST = 2  # a sum below it is no evidence
# A clause of its own that speaks so clearly for another leaf names a secondary intent.
_LEAST_SECONDARY = 5
# What is to be looked at besides: "…，顺便看看那天下不下雨", "…，天气也查一下".
_BESIDES = re.compile(
    r"[，,。；;？?](?:顺便|顺带|另外|此外)(?!去|买|加|吃|接)(?!.*(?:营业|还开|来得及|赶得)).*$|[？?](?:看看|查查|告诉我|说说|再看|再查|查一下|看一下)[^？?票]*$|[，,。；;？?][^，,。；;？?]{0,8}也(?:查|看|说|告诉)[^，,。；;？?]*$"
)
_CLAUSE = re.compile(r"[，。！？；,!?;\n]|顺便|另外|还有就是|然后再")
_IDS = {leaf.id.rsplit(".", 1)[-1]: leaf.id for leaf in LEAVES} | {OTHER: OTHER}


class Cue(NamedTuple):
    """A line of cues.txt."""

    weight: int
    needed: frozenset[str]
    unwanted: frozenset[str]


@cache
def cues() -> dict[str, tuple[Cue, ...]]:
    """Leaf -> its cues."""
    found: dict[str, list[Cue]] = {}
    for line in _lines("cues.txt"):
        if not line.startswith(" "):
            found[_IDS[line.strip()]] = current = []
        else:
            weight, condition = line.split(None, 1)
            current.append(Cue(int(weight), *_checked(condition)))
    return {leaf: tuple(lines) for leaf, lines in found.items()}


@cache
def constraints() -> dict[str, tuple[tuple[frozenset[str], frozenset[str]], ...]]:
    """Id of an auxiliary dimension -> the conditions of which one is enough."""
    found: dict[str, list] = {}
    for line in _lines("constraints.txt"):
        if not line.startswith(" "):
            assert line in AUXILIARY_IDS, line
            found[line] = current = []
        else:
            current.append(_checked(line))
    return {name: tuple(lines) for name, lines in found.items()}


@cache
def implied() -> dict[str, tuple[tuple[frozenset[str], frozenset[str]], ...]]:
    """Leaf -> the conditions under which it is a secondary intent; ``is_…`` in them means a primary leaf."""
    found: dict[str, list] = {}
    for line in _lines("secondary.txt"):
        if not line.startswith(" "):
            found[_IDS[line.strip()]] = current = []
        else:
            current.append(split_condition(line))
    return {leaf: tuple(lines) for leaf, lines in found.items()}


def _lines(name: str) -> list[str]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _checked(condition: str) -> tuple[frozenset[str], frozenset[str]]:
    needed, unwanted = split_condition(condition)
    if unknown := (needed | unwanted) - MEANINGS:
        raise AssertionError(f"{condition.strip()}: nothing means {sorted(unknown)}")
    return needed, unwanted


@cache
def _by_meaning() -> dict[str, tuple[tuple[str, Cue], ...]]:
    """Meaning -> the cues that are looked at where it is meant: each cue stands below one that it needs."""
    found: dict[str, list[tuple[str, Cue]]] = {}
    for leaf, lines in cues().items():
        for cue in lines:
            found.setdefault(min(cue.needed), []).append((leaf, cue))
    return {meaning: tuple(lines) for meaning, lines in found.items()}


def weigh(reading: TextReading) -> Counter[str]:
    """What speaks for each leaf, those with nothing left out."""
    meanings, cues_of = reading.meanings, _by_meaning()
    sums: Counter[str] = Counter()
    for meaning in meanings:
        for leaf, (weight, needed, unwanted) in cues_of.get(meaning, ()):
            if needed <= meanings and unwanted.isdisjoint(meanings):
                sums[leaf] += weight
    return sums


def read_main(text: str) -> TextReading:
    """What is asked for first: the first turn without what is to be looked at besides; the whole where that says
    nothing."""
    first, _, later = text.partition("\n")
    main = _BESIDES.sub("", first)
    for part in dict.fromkeys((main, first) if later or main != first else ()):
        if len(part) > 3 and best_leaf(reading := read(part))[0] != OTHER:
            return reading
    return read(text)


def best_leaf(reading: TextReading) -> tuple[str, int]:
    """The leaf with the most evidence, of equal ones the first in cues.txt, and how much; ``other_or_unclear`` below
    ``LEAST``."""
    sums = weigh(reading)
    if not sums:
        return OTHER, 0
    leaf, most = max(((leaf, sums[leaf]) for leaf in cues() if leaf in sums), key=lambda item: item[1])
    return (leaf, most) if most >= LEAST else (OTHER, most)


def annotate(text: str) -> Annotation:
    """``annotate("最近的药店在哪").primary == "discovery.poi_search.spatial_optimized_poi_search"``"""
    return annotation_of(read(text), best_leaf(read_main(text))[0])


def annotation_of(reading: TextReading, primary: str) -> Annotation:
    if primary == OTHER:
        return Annotation(OTHER)
    auxiliary = tuple(
        name
        for name, ways in constraints().items()
        if any(needed <= reading.meanings and unwanted.isdisjoint(reading.meanings) for needed, unwanted in ways)
    )
    return Annotation(primary, _secondary(reading, primary), auxiliary, ends_of(reading, primary))


def _secondary(reading: TextReading, primary: str) -> tuple[str, ...]:
    """What the whole also asks for, as far as it follows from words, and what a clause of its own asks for."""
    meanings, own = reading.meanings, primary.rsplit(".", 1)[-1]
    found: Counter[str] = Counter()
    for leaf, lines in implied().items():
        if leaf != primary and any(
            needed <= meanings | {f"is_{own}"} and unwanted.isdisjoint(meanings | {f"is_{own}"})
            for needed, unwanted in lines
        ):
            found[leaf] = 100
    clauses = [clause for clause in _CLAUSE.split(reading.text) if len(clause) > 3]
    if len(clauses) < 2:
        return tuple(found)[:MOST_SECONDARY]
    for clause in clauses:
        leaf, most = best_leaf(read(clause))
        if leaf not in (OTHER, primary) and most >= _LEAST_SECONDARY:
            found[leaf] = max(found[leaf], most)
    return tuple(leaf for leaf, _ in found.most_common(MOST_SECONDARY))
