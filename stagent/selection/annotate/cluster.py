"""Proposes new leaves: what gathers under other_or_unclear, in clusters with examples and a name from their own words.

    python agent.py queries cluster annotated.jsonl --output proposals.json

Texts become character n-grams (TF-IDF), these a few dimensions (SVD), and dense groups in them are clusters (HDBSCAN of
scikit-learn); what is near nothing stays alone. It is material for people: whether a cluster is a leaf is theirs to
say. --leaf looks into another leaf than other_or_unclear, to split one that has grown too wide.
"""

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from config.command_line import number
from data_process.files import write_json
from stagent.queries.taxonomy import BY_ID, OTHER
from stagent.selection.annotate.records import read_records
from utils import InputError, say

_DIMENSIONS = 48
_EXAMPLES = 5
_MOST = 20_000  # texts that are clustered at once; HDBSCAN's time grows with the square
_NO_NAME = re.compile(r"[\W_\d]")


class LeafProposal(NamedTuple):
    """A cluster.

    Attributes:
        name: the words that set it apart; size: texts in it; examples: those nearest its middle, all different.
        density: the mean cosine between its texts and its middle, up to 1.
    """

    name: str
    size: int
    examples: tuple[str, ...]
    density: float

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "size": self.size,
            "density": round(self.density, 3),
            "examples": list(self.examples),
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", type=Path, metavar="ANNOTATED.jsonl", help="what annotate wrote")
    parser.add_argument("--leaf", default=OTHER, help=f"whose instructions are looked at; {OTHER}")
    parser.add_argument("--least", type=number(int, 2), default=5, help="texts of the smallest cluster; 5")
    parser.add_argument("--output", type=Path, metavar="JSON", help="write the proposals here too")


def run(args: argparse.Namespace) -> int:
    if args.leaf != OTHER and args.leaf not in BY_ID:
        raise InputError(f"--leaf {args.leaf}: not in the taxonomy; one of {OTHER}, {', '.join(BY_ID)}")
    counts, texts = Counter[str](), []
    for record in read_records(args.input):
        primary = record.value.get("primary")
        if primary is None:
            raise InputError(f"{args.input}, line {record.number}: no primary; annotate the file first")
        counts[primary] += 1
        if primary == args.leaf:
            texts.append(record.text)
    say(f"{len(texts):,} of {counts.total():,} instructions are {args.leaf}")
    found, alone = propose(texts, args.least)
    for place, proposal in enumerate(found, 1):
        print(f"{place}. {proposal.name}  ({proposal.size} instructions, density {proposal.density:.2f})")
        for example in proposal.examples:
            print(f"   {' / '.join(example.splitlines())}")
    print(f"{len(found)} clusters; {alone:,} instructions are near no other")
    if args.output:
        proposals = [proposal.as_json() for proposal in found]
        write_json(args.output, {"leaf": args.leaf, "texts": len(texts), "alone": alone, "clusters": proposals})
    return 0


def propose(texts: Sequence[str], least: int) -> tuple[list[LeafProposal], int]:
    """Clusters, the largest first, and how many texts are in none.

    Args:
        least: texts of the smallest cluster; of fewer texts than that there is none.
    """
    texts = list(texts)[:_MOST]
    if len(set(texts)) < least:
        return [], len(texts)
    vectors = _vectors(texts)
    from sklearn.cluster import HDBSCAN

    labels = HDBSCAN(min_cluster_size=least, min_samples=2, cluster_selection_method="eom", copy=True).fit_predict(
        vectors
    )
    names = _names(texts, labels)
    found = []
    for label in sorted(set(labels.tolist()) - {-1}):
        rows = np.flatnonzero(labels == label)
        middle = vectors[rows].mean(axis=0)
        close = vectors[rows] @ (middle / (np.linalg.norm(middle) or 1))
        nearest = dict.fromkeys(texts[row] for row in rows[np.argsort(-close, kind="stable")])
        found.append(LeafProposal(names[label], len(rows), tuple(nearest)[:_EXAMPLES], float(close.mean())))
    return sorted(found, key=lambda one: -one.size), int((labels == -1).sum())


def _vectors(texts: Sequence[str]) -> np.ndarray:
    """A unit vector for each text.

    Raises:
        InputError: scikit-learn isn't installed.
    """
    try:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError:
        raise InputError("cluster needs scikit-learn: pip install -r config/requirements/baselines.txt") from None
    grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True).fit_transform(texts)
    dimensions = min(_DIMENSIONS, min(grams.shape) - 1)
    vectors = TruncatedSVD(dimensions, random_state=0).fit_transform(grams) if dimensions > 0 else grams.toarray()
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _names(texts: Sequence[str], labels: np.ndarray) -> dict[int, str]:
    """For each cluster the two phrases that most of its texts have and few others do: ``快递、寄``."""
    inside: dict[int, Counter[str]] = {}
    overall: Counter[str] = Counter()
    for text, label in zip(texts, labels.tolist(), strict=True):
        grams = _phrases(text)
        overall.update(grams)
        inside.setdefault(label, Counter()).update(grams)
    sizes, total = Counter(labels.tolist()), len(texts)
    names = {}
    for label, counts in inside.items():
        size = sizes[label]

        def weight(gram: str, counts: Counter[str] = counts, size: int = size) -> float:
            """The share of the cluster's texts that have it, less the share of the others; longer ones say more."""
            outside = (overall[gram] - counts[gram]) / max(1, total - size)
            return (counts[gram] / size - outside) * len(gram) ** 0.5

        chosen: list[str] = []
        for gram in sorted(counts, key=lambda gram: (-weight(gram), gram)):
            if all(gram not in other and other not in gram and not _overlap(gram, other) for other in chosen):
                chosen.append(gram)
            if len(chosen) == 2:
                break
        names[label] = "、".join(chosen) or texts[int(np.flatnonzero(labels == label)[0])][:6]
    return names


def _phrases(text: str) -> set[str]:
    """Its pieces of two to eight characters without marks and digits."""
    pieces = set()
    for part in _NO_NAME.split(text):
        pieces |= {part[at : at + size] for size in range(2, 9) for at in range(len(part) - size + 1)}
    return pieces


def _overlap(one: str, other: str) -> bool:
    """Whether the end of one is the beginning of the other: pieces of one longer phrase."""
    return any(one.endswith(other[:size]) or other.endswith(one[:size]) for size in range(1, 8))
