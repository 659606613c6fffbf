"""What holds for every input of the response parser and of the CSV reader, whatever it is.

``check_response`` and ``check_csv`` raise an AssertionError where it does not. What is right they take from a
second reading that shares no code with the first: a split at the tags, json's list of pairs, a regular
expression for one CSV field. ``python -m tests.fuzz`` and ``tests/fuzz/test_fuzz.py`` both call them.
"""

import json
import re
import time
from pathlib import Path

from data_process.cells import read_cells
from data_process.intents import all_intents, render_plan
from data_process.response import (
    CLOSE,
    OPEN,
    Label,
    LabelError,
    block_names,
    parse_label,
    parse_response,
    plan_text,
    render_label,
)
from data_process.rule_filter import REASONS, filter_parsed, filter_plan, filter_response
from data_process.schema import COLUMNS, LABEL, read_columns, read_rows, write_rows
from utils import InputError

SECONDS = 1.0  # of processor time to read one input of up to LARGEST bytes; usual is a thousandth of that
LARGEST = 200_000
PROBLEMS = {
    *("thought.unclosed", "thought.unopened", "thought.repeated", "thought.text_before"),
    *("plan.missing", "plan.json", "plan.truncated", "plan.text_around"),
}
DEPTH = 8  # objects and arrays in each other, the intent itself counted
FIELD_LIMIT = 131_072  # characters: the csv module's own
MESSAGE = 4_000  # characters an error message may have: one line, not the file

_CELL = re.compile(r" is not a time;| is not a flag;| has no time of day;| is no POI's id;")
_TAG = re.compile(r"(</?(?:CONTEXT|STRATEGY|STEP_\d+)>)")
_FIELD = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n][^,\r\n]*)?)(,|\r\n|\r|\n|\Z)')
_LIBRARY = {frozenset(one.items()) for one in all_intents()}


def check_response(text: str) -> None:
    """The parser, the strict parser and the filter neither raise nor dawdle nor alter anything of ``text``."""
    response = _bounded(parse_response, text)
    reason = filter_parsed(response, has_order=True)
    label = _bounded(parse_label, text)
    thought = [name for name in response.problems if name.startswith("thought.")]
    assert set(response.problems) <= PROBLEMS
    assert len(set(response.problems)) == len(response.problems)
    split = _split(text)
    assert (split is not None) == (not thought)
    plan = None
    if split:
        assert response.reasoning == split[0]
        plan = _read_plan(split[1])
        assert (plan is not None) == (not response.problems)
    elif response.reasoning is not None:
        assert OPEN + response.reasoning in text
    if plan is not None:
        assert _pairs(response.plan) == plan
        # a cut text holds the same intents up to the cut and never another one
        part = parse_response(text[: len(text) * 2 // 3]).plan
        assert part == response.plan[: len(part)]
    _check_plan(text, response.plan)
    _check_filter(text, response, reason)

    texts = None if plan is None else _block_texts(split[0], len(plan))
    assert isinstance(label, Label) == (texts is not None), label
    if isinstance(label, Label):
        assert _pairs(label.plan) == plan
        assert "".join(block.source for block in label.blocks) == (split[0] or "")
        assert [(block.name, block.text) for block in label.blocks] == texts
        _check_rendering(label)


def _bounded(read, source):
    """What ``read`` gives for the source, its refusal too, and within ``SECONDS``."""
    for _ in range(2):  # a busy machine may stall the first time
        began = time.process_time()
        try:
            result = read(source)
        except (LabelError, InputError) as refusal:
            result = refusal
        if time.process_time() - began < SECONDS:
            return result
    raise AssertionError(f"{read.__name__} takes longer than {SECONDS} s")


def _split(text: str) -> tuple[str | None, str] | None:
    """Reasoning and the rest of a text whose wrappers are right, None for any other: wrappers are absent or a pair."""
    parts = re.split("(</?THOUGHT>)", text)
    if len(parts) == 1:
        return None, text
    if parts[1::2] == [OPEN, CLOSE] and not parts[0].strip():
        return parts[2], parts[4]
    return None


def _read_plan(text: str) -> list | None:
    """The array of objects in ``text``, each object as ``("object", [(key, value), …])``; None if it is not sound."""
    text = text.strip()
    if fenced := re.fullmatch(r"```[a-zA-Z]*(.*?)(```)?", text, flags=re.S):
        text = fenced[1].strip()
    try:
        plan = json.loads(text, object_pairs_hook=lambda pairs: ("object", pairs))
    except (ValueError, RecursionError):
        return None
    if not isinstance(plan, list) or not all(isinstance(one, tuple) and _sound(one, DEPTH) for one in plan):
        return None
    return plan


def _sound(value: object, depth: int) -> bool:
    """No key twice, no lone surrogate, no NaN or infinity, not too deep."""
    if isinstance(value, tuple):
        keys = [key for key, _ in value[1]]
        return (
            depth > 0
            and len(set(keys)) == len(keys)
            and all(_sound(one, depth - 1) for pair in value[1] for one in pair)
        )
    if isinstance(value, list):
        return depth > 0 and all(_sound(one, depth - 1) for one in value)
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return True


def _pairs(value: object) -> object:
    """Dictionaries as ``("object", pairs)``, so that equal means equal in the order of keys too."""
    if isinstance(value, dict):
        return "object", [(key, _pairs(one)) for key, one in value.items()]
    return [_pairs(one) for one in value] if isinstance(value, list) else value


def _block_texts(reasoning: str | None, intents: int) -> list[tuple[str, str]] | None:
    """(name, text) of the blocks of a label's reasoning; None if they are not those of a plan of so many intents."""
    if reasoning is None:
        return []
    names = block_names(intents)
    gap_open_text_close = _TAG.split(reasoning)  # "a<X>b</X>c" -> ["a", "<X>", "b", "</X>", "c"]
    if gap_open_text_close[1::2] != [tag for name in names for tag in (f"<{name}>", f"</{name}>")]:
        return None
    if "".join(gap_open_text_close[::4]).strip():
        return None
    return list(zip(names, gap_open_text_close[2::4], strict=True))


def _check_plan(text: str, plan: list) -> None:
    assert all(type(one) is dict for one in plan)
    rendered = json.dumps(plan, ensure_ascii=False, allow_nan=False)
    rendered.encode()
    if OPEN not in rendered and CLOSE not in rendered:
        again = parse_response(rendered)
        assert (_pairs(again.plan), again.problems) == (_pairs(plan), ())
    if "\\" not in text:  # without escapes each key and text stands in the response as it is, in the same order
        position = 0
        for word in _words(plan):
            position = text.find(f'"{word}"', position) + 1
            assert position > 0, f"{word!r} is not in the response"


def _words(value: object):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _words(one)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)


def _check_filter(text: str, response, reason: str | None) -> None:
    assert reason is None or reason in REASONS
    assert filter_response(text, has_order=True) == reason
    broken = any(name.startswith("plan.") for name in response.problems)
    assert broken == (reason == "format.json")
    for has_order in (True, False):
        of_plan = filter_plan(response.plan, has_order=has_order)
        assert of_plan is None or of_plan in REASONS
        if of_plan is None:
            assert 3 <= len(response.plan) <= 9
            assert all(type(value) is str for one in response.plan for value in one.values())
            intents = {frozenset(one.items()) for one in response.plan}
            assert intents <= _LIBRARY and len(intents) == len(response.plan)
    assert broken or reason == filter_plan(response.plan, has_order=True)


def _check_rendering(label) -> None:
    """What was read is written and read back as it was, unless a value of the plan holds a wrapper."""
    blocks = [(block.name, block.text) for block in label.blocks]
    try:
        again = parse_label(render_label(blocks, label.plan))
    except LabelError:
        rendered = render_plan(label.plan)
        assert OPEN in rendered or CLOSE in rendered
        return
    assert [(block.name, block.text) for block in again.blocks] == blocks
    assert _pairs(again.plan) == _pairs(label.plan)
    if filter_plan(label.plan, has_order=True) is None:
        assert parse_label(plan_text(label.plan)).plan == label.plan


def check_csv(data: bytes, folder: Path) -> list[dict[str, str]] | None:
    """A file of ``data`` is read to the character (as ``data_process.cells`` means its cells), or refused with one line
    that says where; gives the rows.

    Args:
        data: the file's bytes.
        folder: where to write it, and a second file beside it.
    """
    path, back = folder / "input.csv", folder / "back.csv"
    for old in (path, back):
        old.unlink(missing_ok=True)  # some file systems wait for the disk where a file is written over
    path.write_bytes(data)
    expected = _read_csv(data)
    fields = _bounded(read_columns, path)
    if isinstance(fields, InputError):
        message = str(fields)
        if _CELL.search(message):  # may stand before what the second reading refuses
            assert message.isprintable() and len(message) < MESSAGE
            return None
        assert isinstance(expected, str), f"refused: {message}"
        assert expected in message.removeprefix(f"{path}: ") != message
        assert message.isprintable() and len(message) < MESSAGE
        return None
    assert isinstance(expected, list), expected
    meant = [read_cells(dict(zip(COLUMNS, one, strict=True))) for one in expected]
    assert not any(cells.errors for cells in meant)
    assert fields == [tuple(cells.row[name] for name in COLUMNS) for cells in meant]
    rows = read_rows(path)
    assert rows == [dict(zip(COLUMNS, one, strict=True)) for one in fields]
    assert read_columns(path, (LABEL, "id")) == [(one[-1], one[0]) for one in fields]
    write_rows(back, rows)
    assert read_rows(back) == rows
    assert _read_csv(back.read_bytes()) == fields
    return rows


def _read_csv(data: bytes) -> list[tuple[str, ...]] | str:
    """The fields in the order of ``COLUMNS``, or a part of the message with which the file is refused."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""  # which one is found first, this or a row before it, depends on the size of a read
    header, rows = None, []
    for record in _records(text):
        if header is None:
            if record is None or sorted(record) != sorted(COLUMNS):
                return "header"
            header = record
        elif record is None or len(record) != len(header) or any("\0" in field for field in record):
            return f"row {len(rows)} "
        else:
            rows.append(tuple(record[header.index(name)] for name in COLUMNS))
    return rows or ("no rows" if header else "empty")


def _records(text: str):
    """The records by RFC 4180, line ends of any kind; None, and no more, for one that breaks its rules.

    A quote within a field that does not start with one is an ordinary character. Empty lines are left out after
    the first one.
    """
    position, first = 0, True
    while position < len(text):
        record, start, end = [], position, ","
        while end == ",":
            field = _FIELD.match(text, position)
            quoted, plain, end = field.groups() if field else (None, None, "")
            value = (plain or "") if quoted is None else quoted.replace('""', '"')
            if not field or len(value) > FIELD_LIMIT:
                yield None
                return
            record.append(value)
            position = field.end()
        if first or position - start > len(end):
            yield record
        first = False
