"""Judgements as figures: means with intervals, unscored ones by reason, and the scores file, JSON, one line a row.

{"file": "a.jsonl", "row": 0, "judge": "rules", "flow": 5, "logic": 4, "st": 4, "overall": 4.33,
 "evidence": {"flow": [{"intent": 1, "fact": "…", "sign": "+"}], …}, "reasons": {}}
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from data_process.files import write_jsonl
from gplan.judge.rubric import AXES, OVERALL, Judgement, overall
from gplan.metrics.bootstrap import bootstrap_intervals
from utils import InputError

COLUMNS = (*AXES, OVERALL)
TITLES = {"flow": "Flow", "logic": "Logic", "st": "ST", OVERALL: "Overall"}
# Why a plan has no score that could have one: a budget, a signal, or a journal without it.
NOT_ASKED = "judge.not_asked"


class ScoreLine(NamedTuple):
    """A line of a scores file; scores by axis and ``overall``, None for one that is missing."""

    file: str
    row: int
    judge: str
    scores: dict[str, float | None]


def score_row(judgement: Judgement) -> dict[str, float | None]:
    """``{"flow": 5, "logic": 4, "st": 3, "overall": 4.0}``; None for one that is missing."""
    return {axis: judgement[axis].score for axis in AXES} | {OVERALL: overall(judgement)}


def summarise_scores(judgements: Sequence[Judgement], *, seed: int = 0) -> dict[str, dict | None]:
    """Each column as ``{"value", "low", "high"}`` over the rows that have it; None where no row has."""
    table = [score_row(one) for one in judgements]
    found: dict[str, dict | None] = {}
    for name in COLUMNS:
        values = [row[name] for row in table if row[name] is not None]
        found[name] = None
        if values:
            low, high = bootstrap_intervals({name: values}, seed=seed)[name]
            found[name] = {"value": sum(values) / len(values), "low": low, "high": high}
    return found


def unscored(judgements: Sequence[Judgement]) -> dict[str, int]:
    """How many verdicts have no score, by reason, the commonest first; an invalid plan is one, not three."""
    reasons: Counter[str] = Counter()
    for judgement in judgements:
        missing = [verdict.reason for verdict in judgement.values() if verdict.score is None]
        reasons.update(missing[:1] if all(reason.startswith("plan.") for reason in missing) else missing)
    return dict(reasons.most_common())


def count_scored(judgements: Sequence[Judgement]) -> int:
    """How many plans have a score on every axis."""
    return sum(all(verdict.score is not None for verdict in one.values()) for one in judgements)


def incomplete(reasons: Iterable[str]) -> bool:
    """Whether a plan lacks a score that it could still get: it was not asked for, or nothing came back."""
    return any(reason == NOT_ASKED or reason.startswith("endpoint.") for reason in reasons)


def write_scores(path: str | Path, judge: str, tables: Iterable[tuple[str, Sequence[int], Sequence[Judgement]]]) -> int:
    """Writes a scores file of (file's name, row numbers, judgements) a system; returns the number of lines."""
    return write_jsonl(
        path,
        (
            {"file": name, "row": number, "judge": judge, **score_row(judgement), **_grounds(judgement)}
            for name, numbers, judgements in tables
            for number, judgement in zip(numbers, judgements, strict=True)
        ),
    )


def _grounds(judgement: Judgement) -> dict:
    evidence = {
        axis: [one._asdict() | {"sign": "+" if one.sign > 0 else "-"} for one in verdict.evidence]
        for axis, verdict in judgement.items()
    }
    return {"evidence": evidence, "reasons": {axis: one.reason for axis, one in judgement.items() if one.reason}}


def read_scores(path: str | Path) -> list[ScoreLine]:
    """The lines of a scores file.

    Raises:
        InputError: no such file, not UTF-8, a line of another form, a row of a file twice, or nothing in it.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; write it with: python -m gplan.judge score … --output {path}")
    lines: dict[tuple[str, int], ScoreLine] = {}
    try:
        for number, text in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
            if text.strip():
                line = _line(path, number, text)
                if (line.file, line.row) in lines:
                    raise InputError(f"{path}: line {number}: row {line.row} of {line.file} stands twice; keep one")
                lines[line.file, line.row] = line
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason}); save the file as UTF-8") from error
    if not lines:
        raise InputError(f"{path}: no scores in it; write it with: python -m gplan.judge score … --output {path}")
    return list(lines.values())


def _line(path: Path, number: int, text: str) -> ScoreLine:
    try:
        one = json.loads(text)
        scores = {name: one[name] for name in COLUMNS}
        good = type(one["row"]) is int and isinstance(one["file"], str) and isinstance(one["judge"], str)
        good = good and all(map(_is_score, scores.values()))
    except (ValueError, LookupError, TypeError, RecursionError):
        good = False
    if not good:
        raise InputError(
            f"{path}: line {number} is no line of a scores file (file, row, judge, {', '.join(COLUMNS)}); write it "
            "with: python -m gplan.judge score … --output FILE"
        )
    return ScoreLine(one["file"], one["row"], one["judge"], scores)


def _is_score(value: object) -> bool:
    return value is None or (type(value) in (int, float) and 1 <= value <= 5)
