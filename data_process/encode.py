"""From a row to pieces of token ids, and from pieces to a training sequence.

    piece     prompt prefix │ user text │ header │ <THOUGHT> block … block </THOUGHT> │ plan <|im_end|>
    section   PROMPT         PROMPT      PROMPT    COT                                  JSON
    label     -              -           -         the id itself                        the id itself

Every piece is tokenised apart, so its borders are known by construction and never searched for: with the real
Qwen vocabulary ``</THOUGHT>[`` merges its last characters into one token ``>[``. Pieces of text go through a
tokenizer that knows no added tokens, so that no text of a row or a teacher can become a control token.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, Self

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase

from data_process.compression import MAX_BLOCKS, CotMode, LatentForm, block_latents, compress
from data_process.intents import HEAD, MORE, Plan
from data_process.prompts import PROMPT_STYLES
from data_process.response import CLOSE, OPEN, Label, LabelError, block_names, plan_text
from data_process.rule_filter import checked_label
from data_process.schema import Row
from utils import InputError

PROMPT, COT, JSON = 0, 1, 2
IGNORED = -100
IM_START, IM_END = "<|im_start|>", "<|im_end|>"


class EncodedRow(NamedTuple):
    """One row as ids: ``user`` is the user text alone, ``blocks`` one list a block (empty for a JSON-only label),
    ``plan`` the plan without the end token."""

    user: list[int]
    blocks: list[list[int]]
    plan: list[int]


class Walk(NamedTuple):
    """A training sequence: three lists of one length T, appended to together."""

    ids: list[int]
    labels: list[int]
    sections: list[int]

    def append(self, piece: list[int], section: int) -> None:
        self.ids.extend(piece)
        self.labels.extend([IGNORED] * len(piece) if section == PROMPT else piece)
        self.sections.extend([section] * len(piece))


class RowEncoder:
    """Turns rows into ids with one tokenizer and one prompt style.

    Args:
        fillers: how often the first latent token stands behind every prompt, unsupervised: room to compute in, without
            a word to say. Constant: a number that followed the plan's length would give it away.
        form: how reasoning looks once it is latent.

    Raises:
        InputError: the tokenizer has no ChatML markers, or the prompt style is unknown.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        prompt_style: str,
        fillers: int = 0,
        form: LatentForm = LatentForm(),  # noqa: B008 (immutable)
    ):
        if prompt_style not in PROMPT_STYLES:
            raise InputError(f"unknown prompt style {prompt_style!r}; one of {', '.join(PROMPT_STYLES)}")
        self.tokenizer = tokenizer
        self.prompt_style, self.fillers, self.form = prompt_style, fillers, form
        self._text = _text_tokenizer(tokenizer)
        self.end = self._control(IM_END)
        start, newline = self._control(IM_START), self.text("\n")
        system = PROMPT_STYLES[prompt_style].system
        self.prefix = [start, *self.text(f"system\n{system}"), self.end, *newline, start, *self.text("user\n")]
        filler = [self._control(block_latents(0)[0])] if fillers else []
        self.header = [self.end, *newline, start, *self.text("assistant\n"), *filler * fillers]

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase, stored: Mapping) -> Self:
        """The encoder of a checkpoint that stores these settings (``config.stored``)."""
        form = LatentForm(**stored.get("latents", {}))
        return cls(tokenizer, stored["prompt_style"], stored.get("fillers", 0), form)

    def text(self, text: str) -> list[int]:
        """The ids of plain text; a control token's name in it stays text."""
        return self._text.encode(text, add_special_tokens=False).ids

    def texts(self, texts: list[str]) -> list[list[int]]:
        """``text`` for many at once, on all cores."""
        return [one.ids for one in self._text.encode_batch(texts, add_special_tokens=False)]

    def prompt(self, row: Row) -> list[int]:
        """The whole prompt of a row, ending exactly at the assistant header: in training and generation alike."""
        return [*self.prefix, *self.text(PROMPT_STYLES[self.prompt_style].user(row)), *self.header]

    def encode(self, rows: list[Row]) -> list[EncodedRow | LabelError]:
        """Encodes rows with their labels; where a label can't be used, its error stands in the row's place."""
        labels = [_label_or_error(row) for row in rows]
        good = [(row, label) for row, label in zip(rows, labels, strict=True) if isinstance(label, Label)]
        users = iter(self.texts([PROMPT_STYLES[self.prompt_style].user(row) for row, _ in good]))
        plans = iter(self.texts([plan_text(label.plan) for _, label in good]))
        blocks = iter(self.texts([block.source for _, label in good for block in label.blocks]))
        return [
            EncodedRow(next(users), [next(blocks) for _ in label.blocks], next(plans))
            if isinstance(label, Label)
            else label
            for label in labels
        ]

    def lay_out(self, row: EncodedRow, stage: int, mode: CotMode) -> Walk:
        """The training sequence of a row at a stage (0, 1, …): prompt, reasoning, plan, end token.

        direct_sft has no reasoning, so that the stage says nothing there.
        """
        walk = Walk([], [], [])
        walk.append(self.prefix, PROMPT)
        walk.append(row.user, PROMPT)
        walk.append(self.header, PROMPT)
        if mode == "direct_sft":
            walk.append(row.plan, JSON)
        elif self.form.interleaved:
            for piece, section in self._interleaved(row.plan, len(row.blocks)):
                walk.append(piece, section)
        else:
            latents = self.latents[: len(row.blocks)]
            walk.append([self.open], COT)
            for piece in compress(row.blocks, latents, stage):
                walk.append(piece, COT)
            walk.append([self.close], COT)
            walk.append(row.plan, JSON)
        walk.append([self.end], JSON)
        return walk

    def _interleaved(self, plan: list[int], blocks: int) -> Iterator[tuple[list[int], int]]:
        """Pieces of a fully latent response and their sections, each step's latents right before its intent."""
        context, strategy, *steps = self.latents[:blocks]
        yield [self.open, *context, *strategy, self.close], COT
        head, more = self.text(HEAD), self.text(MORE)
        yield head, JSON
        begin = len(head)
        for number, latents in enumerate(steps):
            yield latents, COT
            ends = (i for i in range(begin, len(plan)) if plan[i : i + len(more)] == more)
            end = len(plan) if number == len(steps) - 1 else next(ends) + len(more)
            yield plan[begin:end], JSON
            begin = end

    def latent_response(self, plan: Plan) -> list[int]:
        """A plan's response in fully latent form, end token included: what a finished picd model writes."""
        blocks = len(block_names(len(plan)))
        if self.form.interleaved:
            pieces = self._interleaved(self.text(plan_text(plan)), blocks)
            return [*(token for piece, _ in pieces for token in piece), self.end]
        latents = self.latents[:blocks]
        scaffold = [self.open, *(token for triplet in latents for token in triplet), self.close]
        return [*scaffold, *self.text(plan_text(plan)), self.end]

    def plan_response(self, plan: Plan, mode: CotMode) -> str:
        """The text of a plan's response in a mode that has no text to reason in: picd (fully latent) or direct_sft."""
        ids = self.latent_response(plan) if mode == "picd" else [*self.text(plan_text(plan)), self.end]
        return self.response_text(ids)

    def response_text(self, ids: list[int]) -> str:
        """The text of a response's ids, without the end token and what stands behind it.

        Interleaved latents are gathered in front of the plan, so that it is read and scored as any other's.
        """
        end = ids.index(self.end) if self.end in ids else len(ids)
        ids = self._in_front(ids[:end])
        return self.tokenizer.decode(ids, clean_up_tokenization_spaces=False)

    def _in_front(self, ids: list[int]) -> list[int]:
        """The same with interleaved latents in front of the plan, as every other response has them."""
        if not self.form.interleaved or self.close not in ids:
            return ids
        at, steps = ids.index(self.close), {token for latents in self.latents[2:] for token in latents}
        moved = [token for token in ids[at:] if token in steps]
        return [*ids[:at], *moved, *(token for token in ids[at:] if token not in steps)]

    # The wrappers and latents exist only once the tokenizer is extended; direct_sft never asks for them.
    @cached_property
    def open(self) -> int:
        return self._control(OPEN)

    @cached_property
    def close(self) -> int:
        return self._control(CLOSE)

    @cached_property
    def latents(self) -> list[list[int]]:
        """The triplet of ids of each of the 11 blocks."""
        return [
            [self._control(name) for name in block_latents(block, self.form.per_block)] for block in range(MAX_BLOCKS)
        ]

    def _control(self, token: str) -> int:
        identity = self.tokenizer.convert_tokens_to_ids(token)
        if identity is None or identity == self.tokenizer.unk_token_id:
            raise InputError(f"the tokenizer has no token {token}; use a Qwen3 tokenizer (ChatML), extended if latent")
        return identity


def _text_tokenizer(tokenizer: PreTrainedTokenizerBase) -> Tokenizer:
    """The same vocabulary without any added token: what ``encode_special_tokens`` does for special ones only."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    state["added_tokens"] = []
    state["truncation"] = state["padding"] = None
    return Tokenizer.from_str(json.dumps(state))


def _label_or_error(row: Row) -> Label | LabelError:
    try:
        return checked_label(row)
    except LabelError as error:
        return error
