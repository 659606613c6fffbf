"""``predictions.jsonl`` and ``twin_predictions.jsonl``: the responses of a checkpoint, or of any other planner.

{"row": 0, "text": "<THOUGHT>…</THOUGHT>[…]"}                  one line a row
{"pair": 0, "side": "anchor", "text": "…"}                     two a pair
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from data_process.files import write_jsonl
from data_process.response import Response, parse_response
from data_process.twins import SIDES, Pair
from utils import InputError


class Predictions(NamedTuple):
    """A checkpoint's responses to tables of rows."""

    texts: list[list[str]]  # of each table's rows, in order
    latent: bool  # whether the model was trained to write latents
    passes: list[list[int]] | None = None  # forward passes that each response took, where they were counted
    cut: list[list[bool]] | None = None  # whether each response was cut at the limit, where it has one
    limit: int | None = None  # of tokens


def read_predictions(path: str | Path, rows: Sequence[int], count: int) -> list[str]:
    """The response texts to the rows with these numbers, of a file of ``count`` rows.

    Each line is a JSON object with ``row`` (data rows from 0) and ``text``; other keys are not looked at.
    ``'{"row":1,"text":"b"}\\n{"row":0,"text":"a"}\\n'`` with rows 0 and 1 -> ``["a", "b"]``

    Raises:
        InputError: no such file, a line that is no such object, a row twice, out of range or missing.
    """
    return [text for (text,) in _read_texts(path, "row", rows, count, ("",))]


def read_twin_predictions(path: str | Path, pairs: Sequence[int], count: int) -> list[tuple[str, str]]:
    """The response texts to anchor and twin of the pairs with these numbers, of a twins file of ``count`` pairs.

    Each line is a JSON object with ``pair`` (from 0), ``side`` (``anchor`` or ``twin``) and ``text``.
    Raises as ``read_predictions``.
    """
    return _read_texts(path, "pair", pairs, count, SIDES)


def _read_texts(
    path: str | Path, unit: str, numbers: Sequence[int], count: int, sides: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """The texts of each ``unit`` (row or pair) with one of these numbers, one for each of its sides."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a predictions.jsonl")
    texts: dict[tuple[int, str], str] = {}
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    at, side, text = _prediction(line, f"{path}: line {number}", unit, count, sides)
                    if (at, side) in texts:
                        what = f"{side} of {unit} {at}" if side else f"{unit} {at}"
                        raise InputError(f"{path}: line {number}: {what} stands twice; keep one line a {unit}")
                    texts[at, side] = text
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason}); save the file as UTF-8") from error
    if missing := [at for at in numbers if any((at, side) not in texts for side in sides)]:
        some = ", ".join(map(str, missing[:5])) + (", …" if len(missing) > 5 else "")
        each = f"each {unit}" if len(sides) == 1 else f"{' and '.join(sides)} of each {unit}"
        raise InputError(
            f"{path}: {len(missing)} of {count} {unit}s are missing: {unit} {some}; give a line for {each}"
        )
    return [tuple(texts[at, side] for side in sides) for at in numbers]


def _prediction(line: str, place: str, unit: str, count: int, sides: tuple[str, ...]) -> tuple[int, str, str]:
    keys = (unit, "text") if len(sides) == 1 else (unit, "side", "text")
    try:
        one = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not JSON ({error}); write one JSON object a line") from error
    if not isinstance(one, dict):
        raise InputError(f"{place}: not a JSON object; write one object with {_listed(keys)} a line")
    if missing := [key for key in keys if key not in one]:
        raise InputError(f"{place}: no {' and no '.join(missing)}; each line needs {_listed(keys)}")
    at, side, text = one[unit], one["side"] if "side" in keys else "", one["text"]
    if type(at) is not int:  # and not bool, which is an int too
        what = "data row" if unit == "row" else "pair"
        raise InputError(f"{place}: {unit} is {json.dumps(at)[:40]}; give the number of the {what}, from 0")
    if side not in sides:
        raise InputError(f"{place} ({unit} {at}): side is {json.dumps(side)[:40]}; give {' or '.join(sides)}")
    if not isinstance(text, str):
        raise InputError(f"{place} ({unit} {at}): text is {json.dumps(text)[:40]}; give the response as a string")
    if not 0 <= at < count:
        what = "gold" if unit == "row" else "twins"
        raise InputError(f"{place}: {unit} {at} is out of range; the {what} file has {unit}s 0 to {count - 1}")
    return at, side, text


def _listed(words: Sequence[str]) -> str:
    """``_listed(("pair", "side", "text")) == "pair, side and text"``."""
    return f"{', '.join(words[:-1])} and {words[-1]}"


def write_predictions(
    path: str | Path, numbers: Sequence[int], texts: Sequence[str], responses: Sequence[Response]
) -> None:
    """Writes ``predictions.jsonl``: ``{"row", "text", "plan", "problems"}`` a line, in row order."""
    _write_texts(path, [({"row": row}, *both) for row, *both in zip(numbers, texts, responses, strict=True)])


def write_twin_predictions(
    path: str | Path, numbers: Sequence[int], texts: Sequence[tuple[str, str]], pairs: Sequence[Pair]
) -> None:
    """Writes ``twin_predictions.jsonl``: ``{"pair", "row", "side", "text", "plan", "problems"}`` a line."""
    _write_texts(
        path,
        [
            ({"pair": number, "row": pair.row, "side": side}, text, parse_response(text))
            for number, pair, both in zip(numbers, pairs, texts, strict=True)
            for side, text in zip(SIDES, both, strict=True)
        ],
    )


def _write_texts(path: str | Path, lines: Iterable[tuple[dict, str, Response]]) -> None:
    write_jsonl(
        path,
        (
            {**names, "text": text, "plan": response.plan, "problems": list(response.problems)}
            for names, text, response in lines
        ),
    )
