"""The ways to answer a request that ``bench latency`` compares: Hugging Face's generate, and the planner.

Random weights neither end a response nor plan as people do. With them every way is given what a row's label comes to:
generate writes as many tokens as it has in the mode, and the planner decides as its plan does. All else is computed as
ever.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import LogitsProcessor, LogitsProcessorList, PreTrainedModel

from data_process.compression import COT_MODES, FULLY_LATENT_EPOCH, CotMode, stage_of_epoch
from data_process.encode import IGNORED, RowEncoder
from data_process.response import LabelError
from data_process.schema import LABEL, Row
from gplan.planner.chance import Chance
from gplan.planner.decode import Planner
from gplan.planner.request import Request
from gplan.planner.scores import TokenScores
from utils import InputError

# The ids of a label's response in each mode, end token included, by the label's text.
Golds = Mapping[str, Mapping[CotMode, list[int]]]


def gold_responses(encoder: RowEncoder, rows: Sequence[Row], path: str | Path) -> Golds:
    """What the rows' labels come to.

    Raises:
        InputError: a label can't be used, or has no reasoning.
    """
    golds = {}
    for number, (row, one) in enumerate(zip(rows, encoder.encode(rows), strict=True)):
        if isinstance(one, LabelError):
            raise InputError(f"{path}: row {number}, column {LABEL}: {one}")
        if not one.blocks:
            raise InputError(
                f"{path}: row {number}, column {LABEL}: no reasoning, so CoT-SFT's length is not known; write it with "
                "python -m gplan.synthesis augment IN.csv OUT.csv --teacher rules"
            )
        stages = {mode: stage_of_epoch(FULLY_LATENT_EPOCH, mode) for mode in COT_MODES}
        walks = {mode: encoder.lay_out(one, stage, mode) for mode, stage in stages.items()}
        golds[row[LABEL]] = {mode: [token for token in walk.labels if token != IGNORED] for mode, walk in walks.items()}
    return golds


class Timed(NamedTuple):
    """A response and what it took."""

    ids: list[int]  # with the end token, where it was written
    seconds: float
    prefill: float  # of these, until prompt and all were computed that the first token needs
    prompt: int  # tokens of the prompt that were computed
    passes: int
    head_rows: int  # rows of the head that were read, in all passes


def left_padded(prompts: Sequence[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and attention mask, (B, L) each, of prompts that go together: ``[[5], [6, 7]]`` -> ``[[pad, 5], [6, 7]]``."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[pad] * (longest - len(prompt)) + prompt for prompt in prompts])
    return ids, torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])


class Generate:
    """Greedy decoding of one prompt by Hugging Face's generate, as fast as it comes.

    Attention by SDPA without a mask, a dynamic cache, logits of the last position alone. Responses of a forced length
    are counted, not kept from ending early: a processor that bars the end token would cost time at every token.

    Args:
        limit: tokens after which a response is cut off.
        golds: the responses whose length is forced; None: the model ends its own.
        static: a static cache, with which transformers compiles the forward pass on CUDA.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        encoder: RowEncoder,
        mode: CotMode,
        *,
        limit: int,
        golds: Golds | None,
        static: bool = False,
    ):
        self._model, self._encoder, self._mode, self._limit, self._golds = model.eval(), encoder, mode, limit, golds
        self._settings = {"cache_implementation": "static"} if static else {}

    def __call__(self, row: Row) -> Timed:
        """Answers one row; tokenising its prompt counts."""
        self.wait()
        began = time.perf_counter()
        prompt = self._encoder.prompt(row)
        steps = _Steps(self)
        ids = self.batch([row], [prompt], processor=steps)[0]
        self.wait()
        seconds = time.perf_counter() - began
        head_rows = steps.count * self._model.get_output_embeddings().weight.shape[0]
        return Timed(ids, seconds, steps.first - began, len(prompt), steps.count, head_rows)

    def warm_up(self, rows: Sequence[Row]) -> None:
        """Once the longest prompt with the longest response: a static cache grows to that, and is compiled for it."""
        self.batch(rows, [max((self._encoder.prompt(row) for row in rows), key=len)])

    @torch.inference_mode()
    def batch(
        self, rows: Sequence[Row], prompts: list[list[int]], processor: LogitsProcessor | None = None
    ) -> list[list[int]]:
        """The responses' ids to prompts that go together, as long as the longest of the rows' where it is forced."""
        if (attention := self._model.config._attn_implementation) != "sdpa":  # a planner puts its own in
            raise RuntimeError(f"generate would run with {attention} attention, not with sdpa")
        pad, end = self._encoder.tokenizer.pad_token_id, self._encoder.end
        limit = max(len(self._golds[row[LABEL]][self._mode]) for row in rows) if self._golds else self._limit
        ids, mask = left_padded(prompts, pad)
        longest = ids.shape[1]
        output = self._model.generate(
            input_ids=ids.to(self._model.device),
            attention_mask=mask.to(self._model.device),
            max_new_tokens=limit,
            do_sample=False,
            use_cache=True,
            eos_token_id=None if self._golds else end,
            pad_token_id=pad,
            logits_processor=LogitsProcessorList([processor] if processor else []),
            **self._settings,
        )
        found = output[:, longest:].tolist()
        return found if self._golds else [one[: one.index(end) + 1] if end in one else one for one in found]

    def wait(self) -> None:
        """Waits for the device."""
        if self._model.device.type == "cuda":
            torch.cuda.synchronize()


class _Steps(LogitsProcessor):
    """Counts the passes of a call of generate and remembers when the first one was through; changes nothing."""

    def __init__(self, owner: Generate):
        self._owner, self.count, self.first = owner, 0, 0.0

    def __call__(self, input_ids, scores):
        if not self.count:
            self._owner.wait()
            self.first = time.perf_counter()
        self.count += 1
        return scores


class ByPlanner:
    """The planner, one request at a time."""

    def __init__(self, planner: Planner):
        self.planner = planner

    def __call__(self, row: Row) -> Timed:
        """Answers one row; tokenising its prompt counts."""
        planner = self.planner
        began = time.perf_counter()
        request = planner.request(row)
        planner.admit([request])  # ends with figures on the CPU, as a step does: nothing is to be waited for
        prefill = time.perf_counter() - began
        while request not in planner.step():
            pass
        request.answer(explain=False)
        seconds = time.perf_counter() - began
        answer = request.answer()
        head_rows = sum(len(decision.options) for decision in answer.decisions)
        prompt = request.prompt_tokens - planner.slots.prefix
        return Timed(answer.ids, seconds, prefill, prompt, answer.forward_passes, head_rows)


class GoldPlanner(Planner):
    """A planner of a picd model that decides as the rows' labels do.

    Each of its decisions is computed as ever, and then the label's token wins. Its drafts learn from these plans, whose
    distribution is the real one, and so are right as often as a trained model's would be that plans like the labels.
    """

    def __init__(self, golds: Golds, rows: Sequence[Row], *args, **settings):
        super().__init__(*args, **settings)
        # By their prompts: a server's requests come without labels.
        self._wanted = {tuple(self.encoder.prompt(row)): self._way(row, golds[row[LABEL]]["picd"]) for row in rows}

    def _way(self, row: Row, ids: list[int]) -> dict:
        """The states on the way through a response, and the token that each goes on with."""
        state, way = self.grammar.start(has_order=bool(row["trigger_1"])), {}
        for token in ids:
            way[state] = token
            state = self.grammar.advance(state, token)
        return way

    def _request(self, row: Row, prompt: list[int], chance: Chance | None = None) -> Request:
        wanted, about = self._wanted[tuple(prompt)], {"prefix": self.slots.prefix, "limit": self.limit}
        return _GoldRequest(wanted, row, prompt, self.grammar, self.drafts, **about)


class _GoldRequest(Request):
    def __init__(self, wanted: dict, *args, **settings):
        super().__init__(*args, **settings)
        self._wanted = wanted

    def settle(self, scores: list[TokenScores]) -> None:
        # A state off the way lies behind a wrong guess: nobody looks at what is said there.
        super().settle([_won_by(s, self._wanted.get(state)) for (_, state), s in zip(self.points, scores, strict=True)])


def _won_by(scores: TokenScores, token: int | None) -> TokenScores:
    if token is None:
        return scores
    return TokenScores(scores.tokens, [0.0 if option == token else float("-inf") for option in scores.tokens])
