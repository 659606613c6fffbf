"""Greedy decoding under the grammar: what is known is fed in one piece, the model is asked at decisions only.

    known   user text, header, <THOUGHT> context … T_3 │ T_4 a b c │ </THOUGHT>[{"工具名称":"tool_ │ 5","起始位置":" │ …
    asked                              a fourth step? ┘    a fifth? ┘           the first tool? ┘      from where? ┘

Some 14 of a response's 99 tokens are decisions, and a guess settles several of them in one pass (``drafts``). The head
is applied at decisions alone, and to the rows of allowed tokens alone. Requests in different states go forward
together; each has a slot (``slots``), and a finished one makes room for the next.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from transformers import PreTrainedModel

from add_tokens.load import load_folder
from config.stored import trained_settings, warn_of_text
from data_process.encode import RowEncoder
from data_process.schema import Row
from gplan.decoding.slots import Slots
from gplan.planner.chance import Chance
from gplan.planner.drafts import Drafts
from gplan.planner.grammar import Grammar, State
from gplan.planner.request import Answer, Request
from gplan.planner.scores import TokenScores
from utils import InputError

# Tokens of one request in one pass: a long prompt goes in pieces, which attend to less in sum than the whole would.
PIECE = 512
# Tokens in one pass over several prompts, padding included: more makes no device busier, and takes memory.
PASS_TOKENS = 1024
# Tokens that are guessed in one pass, over all its requests: beyond, the arithmetic costs more than passes do.
GUESSED = 128
# Longest free reasoning of a cot_sft model that was not trained here: benchmarks have such, with random weights.
RESPONSE_TOKENS = 1024


class Planner:
    """Plans for rows: ``Planner.load("./output").plan(rows)``.

    Args:
        model: fp32 or bf16, on its device; its attention is replaced, so it is the planner's own from here on.
        encoder: of the checkpoint's tokenizer and prompt style.
        mode: the checkpoint's ``cot_mode``.
        slots: requests that can be under way at once.
        limit: tokens after which free reasoning (cot_sft) is closed.
        drafts: guess ahead. Responses are the same without, but for rounding, and take more passes.
        fixed: run passes in fixed shapes (``Slots``).

    Raises:
        InputError: the grammar does not fit the tokenizer, or the slots don't fit the model (``Slots``).
    """

    def __init__(
        self,
        model: PreTrainedModel,
        encoder: RowEncoder,
        mode: str,
        *,
        slots: int = 64,
        limit: int = RESPONSE_TOKENS,
        drafts: bool = True,
        fixed: bool | None = None,
    ):
        self.encoder, self.mode, self.limit = encoder, mode, limit
        self.grammar = Grammar(encoder, mode)
        try:
            self.slots = Slots(model.eval(), encoder.prefix, slots, fixed=fixed)
        except InputError as error:
            raise InputError(f"{error}, or score it with --decode free") from error
        self.drafts = Drafts(self.grammar) if drafts else None
        self._head = model.get_output_embeddings().weight
        # What free text can't hold, the wrapper that ends it aside; and rows that no token has.
        barred = torch.zeros(len(self._head), dtype=torch.bool, device=model.device)
        barred[len(encoder.tokenizer) :] = True
        barred[[token for token in self.grammar.control if token != self.grammar.close]] = True
        self._barred = barred
        self.running: list[Request] = []  # the request at place i is in slot i

    @classmethod
    def load(cls, folder: str | Path, *, dtype: torch.dtype, device: str | torch.device, **settings) -> "Planner":
        """The planner of a checkpoint folder; ``settings`` are the constructor's.

        Raises:
            InputError: no model that can be loaded, or none that was trained here.
        """
        tokenizer, model = load_folder(folder, dtype)
        stored = trained_settings(folder)
        warn_of_text(folder, stored, "the planner")
        settings = {"limit": stored["response_tokens"]} | settings
        encoder = RowEncoder.of(tokenizer, stored)
        return cls(model.to(device), encoder, stored["cot_mode"], **settings)

    def request(self, row: Row) -> Request:
        """A row, tokenised: ``admit`` it, ``step`` until it is among those returned."""
        return self._request(row, self.encoder.prompt(row))

    def _request(self, row: Row, prompt: list[int], chance: Chance | None = None) -> Request:
        about = {"prefix": self.slots.prefix, "limit": self.limit, "chance": chance}
        return Request(row, prompt, self.grammar, self.drafts, **about)

    @property
    def free(self) -> int:
        """Slots that no request is in."""
        return self.slots.count - len(self.running)

    def admit(self, requests: Iterable[Request]) -> None:
        """Takes new requests into free slots and computes their prompts."""
        newcomers = sorted(requests, key=lambda request: -request.waiting)
        while newcomers:
            group = newcomers[: max(1, PASS_TOKENS // min(newcomers[0].waiting, PIECE))]
            del newcomers[: len(group)]
            first = len(self.running)
            self.running += group
            self._advance(first)

    def step(self) -> list[Request]:
        """One pass over every running request; returns those that are done, which have left their slots."""
        done = self._retire()  # those that their first pass settled
        if self.running:
            self._advance(0)
        return done + self._retire()

    def _retire(self) -> list[Request]:
        done = [request for request in self.running if request.done]
        for request in done:
            self.drop(request)
        return done

    def drop(self, request: Request) -> None:
        """Takes a running request out, done or not."""
        slot = self.running.index(request)
        last = self.running.pop()
        if last is not request:
            self.slots.move(len(self.running), slot, last.fed)
            self.running[slot] = last

    @property
    def longest_prompt(self) -> int:
        """Tokens that a prompt may have, so that the model can attend to it and its response."""
        return self.slots.longest - self.limit

    def requests(self, rows: list[Row]) -> list[Request]:
        """The rows, tokenised.

        Raises:
            InputError: a row is longer than the model can attend to.
        """
        return [self._request(row, prompt) for row, prompt in zip(rows, self._prompts(rows), strict=True)]

    def _prompts(self, rows: list[Row]) -> list[list[int]]:
        prompts = [self.encoder.prompt(row) for row in rows]
        for number, prompt in enumerate(prompts):
            if len(prompt) > self.longest_prompt:
                raise InputError(
                    f"row {number}: {len(prompt)} tokens and a response of up to {self.limit}; the model attends to "
                    f"{self.slots.longest} at most: shorten the row's histories, or give another model"
                )
        return prompts

    def plan(self, rows: list[Row]) -> list[Answer]:
        """The answers to rows, in order.

        Raises:
            InputError: a row is longer than the model can attend to.
        """
        requests = self.requests(rows)
        # by length, so that those that go forward together need little padding
        waiting = deque(sorted(requests, key=lambda request: -request.waiting))
        while waiting or self.running:
            # new prompts in few passes, not one for each slot that falls free
            if waiting and (self.free >= self.slots.count // 2 or not self.running):
                self.admit(waiting.popleft() for _ in range(min(self.free, len(waiting))))
            self.step()
        return [request.answer() for request in requests]

    def sample(self, rows: list[Row], chances: list[list[Chance]]) -> list[list[Answer]]:
        """Plans drawn for rows, one for each chance, in order; a row's prompt is computed once.

        Raises:
            InputError: a row is longer than the model can attend to.
            ValueError: more chances for a row than the planner has slots.
        """
        if (most := max(map(len, chances), default=1)) > self.slots.count:
            raise ValueError(f"{most} plans are drawn for one row by {self.slots.count} slots; make as many slots")
        groups = [
            [self._request(row, prompt, chance) for chance in own]
            for row, prompt, own in zip(rows, self._prompts(rows), chances, strict=True)
        ]
        at_once = self.slots.count // most
        for begin in range(0, len(groups), at_once):
            self._admit_groups(groups[begin : begin + at_once])
            while self.running:
                self.step()
        return [[request.answer(explain=False) for request in group] for group in groups]

    def _admit_groups(self, groups: list[list[Request]]) -> None:
        """Takes requests into the slots, which are empty, each group of one prompt."""
        shared = [[request.share() for request in group] for group in groups]
        prompts = [prompt for prompt, *_ in shared]
        fed = [group[0].fed for group in groups]
        self.slots.reserve(max(fed))
        for _ in self._passes(0, prompts, [self.slots.prefix] * len(prompts)):
            pass
        # From the last prompt on, so that none is written over before it is where it is wanted.
        for number in reversed(range(len(groups))):
            first = sum(map(len, groups[:number]))
            for target in reversed(range(first, first + len(groups[number]))):
                if target != number:
                    self.slots.move(number, target, fed[number])
        self.running = [request for group in groups for request in group]

    def _advance(self, first: int) -> None:
        """Feeds the requests from slot ``first`` on what they know, and settles what the model says to it."""
        requests = self.running[first:]
        for request in requests:
            request.prepare(GUESSED // len(requests))
        self.slots.reserve(max(request.fed + len(request.chunk) for request in requests))
        hidden = self._feed(first, requests)
        scores = iter(self.score(hidden, [state for request in requests for _, state in request.points]))
        for request in requests:
            request.settle([next(scores) for _ in request.points])

    def _feed(self, first: int, requests: list[Request]) -> torch.Tensor:
        """The hidden states at all points of the requests, in order: (N, H)."""
        hidden_at, chunks = {}, [request.chunk for request in requests]
        for start, hidden in self._passes(first, chunks, [request.fed for request in requests]):
            for row, request in enumerate(requests):
                request.forward_passes += len(request.chunk) > start
                for place, _ in request.points:
                    if start <= place < start + PIECE:
                        hidden_at[row, place] = hidden[row, place - start]
        return torch.stack(
            [hidden_at[row, place] for row, request in enumerate(requests) for place, _ in request.points]
        )

    def _passes(self, first: int, chunks: list[list[int]], fed: list[int]) -> Iterator[tuple[int, torch.Tensor]]:
        """Feeds chunks into the slots from ``first`` on, in pieces, each behind what its slot has.

        Yields where a piece begins in its chunk, and its hidden states (B, W, H), of the first B chunks: the shorter
        ones had better stand last.
        """
        for start in range(0, max(map(len, chunks)), PIECE):
            pieces = [chunk[start : start + PIECE] for chunk in chunks]
            while not pieces[-1]:
                pieces.pop()
            width = max(map(len, pieces))
            ids = torch.tensor([[*piece, *[0] * (width - len(piece))] for piece in pieces])
            index = torch.full(ids.shape, -1)
            for row, (piece, begin) in enumerate(zip(pieces, fed, strict=False)):
                index[row, : len(piece)] = torch.arange(len(piece)) + begin + start
            yield start, self.slots.forward(first, ids, index)

    @torch.inference_mode()
    def score(self, hidden: torch.Tensor, states: list[State]) -> list[TokenScores]:
        """hidden: (N, H), one for each state -> what the model says there among the allowed tokens."""
        allowed = [[] if self.grammar.is_free(state) else self.grammar.allowed(state) for state in states]
        most = max(map(len, allowed))
        log_probs = []
        if most:
            padded = [[*tokens, *[-1] * (most - len(tokens))] for tokens in allowed]
            ids = torch.tensor(padded, device=hidden.device)
            rows = self._head[ids.clamp(min=0)]  # (N, C, H)
            # In fp32 whatever the model's type: bf16 logits tie where the model does not.
            logits = torch.einsum("nch,nh->nc", rows.float(), hidden.float())
            log_probs = logits.masked_fill(ids < 0, float("-inf")).log_softmax(-1).tolist()
        scores = []
        for i, tokens in enumerate(allowed):
            if tokens:
                scores.append(TokenScores(tokens, log_probs[i][: len(tokens)]))
            else:
                logits = hidden[i] @ self._head.T
                logits[self._barred] = float("-inf")
                best = int(logits.argmax())
                scores.append(TokenScores([best], [0.0]))
        return scores
