"""One parser for every response text: labels, predictions, teacher answers.

    <THOUGHT><CONTEXT>…</CONTEXT><STRATEGY>…</STRATEGY><STEP_1>…</STEP_1>…</THOUGHT>[{"工具名称":…},…]
             └ block 0 ────────┘└ block 1 ───────────┘└ block 2 ─────┘             └ plan ──────────┘
             <THOUGHT_CONTEXT_a><THOUGHT_CONTEXT_b><THOUGHT_CONTEXT_c><T_1_a>…      (latent form of the same)

Reading is lenient and never fails: what is wrong is listed in ``problems``. ``parse_label`` is the strict
form for training data, which accepts a text whole or refuses it by name and never alters it.
"""

import json
import math
import re
from typing import NamedTuple

from data_process.intents import Plan, canonical, render_plan

OPEN, CLOSE = "<THOUGHT>", "</THOUGHT>"
_FENCE_START = re.compile(r"```[a-zA-Z]*")
_SPACE = re.compile(r"\s*")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MAX_DEPTH = 8  # an intent is flat; deeper nesting could exhaust the stack of whoever compares or prints it
_BLOCK_TAG = re.compile(r"</?(?:CONTEXT|STRATEGY|STEP_\d+)>")


class Block(NamedTuple):
    """One block of reasoning. ``source`` is its exact text in the label: its tags, and white space before it."""

    name: str
    source: str

    @property
    def text(self) -> str:
        """What stands between the block's tags."""
        return self.source.lstrip()[len(self.name) + 2 :].rstrip()[: -len(self.name) - 3]


class Response(NamedTuple):
    """What a response text says.

    ``reasoning`` is everything between the wrappers, None without them. ``plan`` holds the complete intents
    as JSON objects, unchecked against the library (that is the rule filter's work). ``problems`` are names:
    ``thought.unclosed``, ``thought.unopened``, ``thought.repeated``, ``thought.text_before``,
    ``plan.missing``, ``plan.json``, ``plan.truncated``, ``plan.text_around``.
    """

    reasoning: str | None
    plan: Plan
    problems: tuple[str, ...]


class Label(NamedTuple):
    """A training label: its blocks in order (none for a label that is JSON only) and its plan."""

    blocks: list[Block]
    plan: Plan


class LabelError(ValueError):
    """A label that can't be trained on; the message says what is wrong with it, ``reason`` is a name to count by.

    Reasons: those of ``Response.problems`` and of the rule filter, and ``blocks.order``, ``blocks.tag``,
    ``blocks.steps``, ``blocks.missing``, ``plan.tag``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def block_names(steps: int) -> list[str]:
    """``block_names(3) == ["CONTEXT", "STRATEGY", "STEP_1", "STEP_2", "STEP_3"]``."""
    return ["CONTEXT", "STRATEGY", *(f"STEP_{i}" for i in range(1, steps + 1))]


def render_label(blocks: list[tuple[str, str]], plan: Plan) -> str:
    """The label text of (name, text) blocks and a plan; ``parse_label`` gives the same back.

    Raises:
        LabelError: the label could not be read back: the blocks are not ``block_names(len(plan))``, or a
            block's text or a value of the plan holds a tag of the label format.
    """
    names = [name for name, _ in blocks]
    if blocks and names != block_names(len(plan)):
        raise LabelError("blocks.order", f"blocks {', '.join(names)} for a plan of {len(plan)} intents")
    for name, text in blocks:
        if _BLOCK_TAG.search(text) or OPEN in text or CLOSE in text:
            raise LabelError("blocks.tag", f"the text of block {name} holds a reasoning tag; write it without")
    thought = "".join(f"<{name}>{text}</{name}>" for name, text in blocks)
    rendered = render_plan(plan)
    if OPEN in rendered or CLOSE in rendered:
        raise LabelError("plan.tag", "a value of the plan holds a reasoning tag; write it without")
    return (f"{OPEN}{thought}{CLOSE}" if blocks else "") + rendered


def parse_response(text: str) -> Response:
    """Reads any response: never raises, never maps a value, reads the plan only outside the wrappers.

    ``'<THOUGHT>[1]</THOUGHT>[{"工具名称":"tool_9"}]'`` ->
    ``Response('[1]', [{"工具名称": "tool_9"}], ())``
    """
    problems = []
    reasoning, outside = None, text
    if OPEN in text:
        before, _, rest = text.partition(OPEN)
        # The last closing wrapper ends the reasoning: a plan never holds one.
        reasoning, closed, outside = rest.rpartition(CLOSE)
        if not closed:
            reasoning, outside = rest, ""
            problems.append("thought.unclosed")
        elif OPEN in rest or CLOSE in reasoning:
            problems.append("thought.repeated")
        if before.strip():
            problems.append("thought.text_before")
    elif CLOSE in text:
        outside = text.rpartition(CLOSE)[2]
        problems.append("thought.unopened")
    plan, plan_problems = _parse_plan(outside)
    return Response(reasoning, plan, (*problems, *plan_problems))


def parse_label(text: str) -> Label:
    """Reads a training label strictly.

    The wrappers stand once, the blocks are CONTEXT, STRATEGY, STEP_1 … STEP_n in order with white space at
    most between them, n is the number of intents, and the plan is a JSON array of objects with nothing
    around it. ``"".join(block.source for block in blocks)`` is the reasoning, to the character.

    Raises:
        LabelError: anything else, by name.
    """
    return label_of(parse_response(text))


def label_of(response: Response) -> Label:
    """The label that a response is, read as strictly as ``parse_label`` reads its text."""
    if response.problems:
        raise LabelError(response.problems[0], f"the label does not parse: {', '.join(response.problems)}")
    if response.reasoning is None:
        return Label([], response.plan)
    blocks = _parse_blocks(response.reasoning)
    if len(blocks) != len(response.plan) + 2:
        raise LabelError(
            "blocks.steps",
            f"{len(blocks) - 2} STEP blocks for a plan of {len(response.plan)} intents; write one per intent",
        )
    return Label(blocks, response.plan)


def _parse_blocks(reasoning: str) -> list[Block]:
    blocks, position = [], 0
    while (start := _SPACE.match(reasoning, position).end()) < len(reasoning):
        name = block_names(len(blocks))[len(blocks)] if len(blocks) < 2 else f"STEP_{len(blocks) - 1}"
        opening, closing = f"<{name}>", f"</{name}>"
        end = reasoning.find(closing, start)
        if not reasoning.startswith(opening, start) or end < 0:
            raise LabelError(
                "blocks.order",
                f"block {name} expected at {reasoning[start : start + 20]!r}; blocks come in order, each once",
            )
        if _BLOCK_TAG.search(reasoning[start + len(opening) : end]):
            raise LabelError("blocks.tag", f"the text of block {name} holds a reasoning tag; write it without")
        end += len(closing)
        blocks.append(Block(name, reasoning[position:end]))
        position = end
    if len(blocks) < 2:
        raise LabelError("blocks.missing", "the reasoning has no CONTEXT and STRATEGY block")
    if reasoning[position:]:
        # White space before </THOUGHT> belongs to the last block, so that the sources make up the whole.
        blocks[-1] = Block(blocks[-1].name, blocks[-1].source + reasoning[position:])
    return blocks


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    one = dict(pairs)
    if len(one) < len(pairs):
        # json keeps the last of two equal keys, which would alter the label without a word.
        raise ValueError("a key stands twice in one object")
    return one


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _parse_plan(text: str) -> tuple[Plan, list[str]]:
    """The plan in the text outside the wrappers, and what is wrong with it."""
    text = text.strip()
    if text.startswith("```"):
        text = text[_FENCE_START.match(text).end() :].removesuffix("```").strip()
    if not text:
        return [], ["plan.missing"]
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return _salvage(text)
    if not isinstance(value, list) or not all(map(_is_sound, value)):
        return [], ["plan.json"]
    return value, []


def _salvage(text: str) -> tuple[Plan, list[str]]:
    """The complete intents of an array that is cut off or has text around it."""
    start = text.find("[")
    if start < 0:
        return [], ["plan.json"]
    problems = ["plan.text_around"] if text[:start].strip() else []
    plan, position = [], start + 1
    while True:
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        if position >= len(text):
            return plan, [*problems, "plan.truncated"]
        if text[position] == "]":
            around = text[position + 1 :].strip()
            return plan, list(dict.fromkeys([*problems, *(["plan.text_around"] if around else [])])) or ["plan.json"]
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            # Cut inside an intent, or not JSON here at all: what is complete counts.
            return plan, [*problems, "plan.truncated" if "]" not in text[position:] else "plan.json"]
        if not _is_sound(value):
            return [], [*problems, "plan.json"]
        plan.append(value)


def _is_sound(value: object) -> bool:
    """Whether a parsed value can be an intent: an object of sane depth that can be written as JSON in UTF-8 again.

    ``{"a": ["b"]}`` -> True; ``1`` -> False; ``{"a": "\\ud800"}`` (half of a surrogate pair) -> False;
    ``{"a": inf}`` (Python's reading of ``1e400``) -> False
    """
    return isinstance(value, dict) and _is_plain(value, _MAX_DEPTH)


def _is_plain(value: object, depth: int) -> bool:
    if isinstance(value, str):
        return value.isascii() or not _SURROGATE.search(value)
    if isinstance(value, dict):
        return depth > 0 and all(_is_plain(k, 0) and _is_plain(v, depth - 1) for k, v in value.items())
    if isinstance(value, list):
        return depth > 0 and all(_is_plain(one, depth - 1) for one in value)
    return not isinstance(value, float) or math.isfinite(value)


def plan_text(plan: Plan) -> str:
    """The training text of a plan that passed the schema: library key order, compact."""
    return render_plan(canonical(plan))
