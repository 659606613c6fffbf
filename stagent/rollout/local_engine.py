"""A local model as an engine: many episodes in one batch, what a prompt has in common with an earlier one seen once.

    sample ─► waits for a slot ─┬─ begins with all that a slot holds: goes on there
                                ├─ shares a beginning with one: that is copied, the rest is computed
                                └─ shares what another is about to compute: waits for it
    a pass:  one token of every message under way + a bounded number of tokens of prompts ─► draw ─► ended? ─► answer

Passes run in the event loop, which turns between them, so that tools answer meanwhile and whoever asks joins the next
pass. No message waits for another to end unless there are more of them than slots.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from gplan.decoding.draw import draw
from gplan.decoding.packed import Chunk, arrangement, check_packed, classes_of, forward_packed, work_of
from gplan.decoding.slots import Slots, own_attention
from stagent.rollout.sequence import Sampled
from stagent.rollout.slot_table import SlotTable

# Tokens of prompts in one pass: the messages under way wait for them.
PROMPT_TOKENS = 512
# A beginning of so many ids is waited for where another prompt is about to compute it.
_WORTH_WAITING = 16
_BLOCK = 64  # numbers drawn at once for a message
# Turns of the event loop between passes: an answer becomes calls, kept results, and the next prompt.
_TURNS = 8
# Slots are put in order where attention costs so many times what it would then: moving them costs as well.
_UNTIDY = 1.2


@dataclass(slots=True, eq=False)
class _Request:
    prompt: np.ndarray
    most: int
    seed: int
    numbers: np.random.Generator
    future: asyncio.Future[Sampled]


@dataclass(slots=True)
class EngineCounts:
    """What an engine has done since it was made.

    Attributes:
        computed: ids that went through the model; found: ids of prompts that needn't, as a slot had them.
        drawn: ids that it wrote.
    """

    passes: int = 0
    computed: int = 0
    found: int = 0
    drawn: int = 0
    messages: int = 0


class LocalEngine:
    """A causal language model that writes messages, each drawn with numbers of its own seed.

    Log-probabilities are those of the distribution that is drawn from, at the temperature. Temperature 0: the likeliest
    id each, with its log-probability at temperature 1. What a message is doesn't depend on what runs beside it, but for
    rounding: sums in another order may tip a draw that stands on the edge, about one in a million.

    Between passes the model is anyone's: its attention is as it was, but it is in eval mode. ``forget`` after its
    weights have changed.

    Args:
        model: fp32 or bf16, on its device.
        stop: ids that end a message; the one that did is given back as its last.
        slots: messages under way at once, and conversations kept at most.

    Raises:
        InputError: the model has no full attention, or passes can't be run on it (``Slots``, ``check_packed``).
    """

    def __init__(
        self,
        model: PreTrainedModel,
        *,
        stop: Collection[int],
        slots: int = 128,
        temperature: float = 1.0,
        name: str = "local",
    ):
        self.name, self.temperature, self.counts = name, temperature, EngineCounts()
        self._model = model.eval()
        before = model.config._attn_implementation
        try:
            self._slots = Slots(model, [], slots)
            check_packed(self._slots)
        finally:
            model.config._attn_implementation = before
        self._stop = np.array(sorted(stop), dtype=np.int64)
        self._table = SlotTable(slots, _BLOCK)
        self._waiting: deque[_Request] = deque()
        self._running: dict[int, _Request] = {}  # by slot, in the order in which they came
        self._pump: asyncio.Task[None] | None = None

    async def sample(self, prompt: Sequence[int], most: int, seed: int) -> Sampled:
        """At most so many ids behind a prompt.

        A prompt that the model can't attend to with one id more gives no ids and ``length``; so does ``most`` of 0.
        """
        most = min(most, self._slots.longest - len(prompt))
        if most < 1:
            return Sampled([], [], "length")
        numbers = np.random.Generator(np.random.Philox(key=seed))
        loop = asyncio.get_running_loop()
        request = _Request(np.array(prompt, dtype=np.int64), most, seed, numbers, loop.create_future())
        self._waiting.append(request)
        if self._pump is None or self._pump.done():
            self._pump = loop.create_task(self._turn())
        try:
            return await request.future
        except asyncio.CancelledError:
            self._drop(request)
            raise

    def forget(self) -> None:
        """Drops all keys and values, for weights that have changed. Messages under way go on with the new ones."""
        self._table.forget()

    def _drop(self, request: _Request) -> None:
        if request in self._waiting:
            self._waiting.remove(request)
        for slot in [slot for slot, each in self._running.items() if each is request]:
            self._table.stop(slot)
            del self._running[slot]

    async def _turn(self) -> None:
        """Passes as long as anyone waits. An error is everyone's who does."""
        while self._waiting or self._running:
            try:
                with torch.inference_mode(), own_attention(self._model):
                    self._admit()
                    self._arrange()
                    self._pass()
            except Exception as error:
                self._fail(error)
            for _ in range(_TURNS):
                await asyncio.sleep(0)

    def _fail(self, error: Exception) -> None:
        for request in (*self._running.values(), *self._waiting):
            if not request.future.done():
                request.future.set_exception(error)
        for slot in self._running:
            self._table.stop(slot)
        self._running.clear()
        self._waiting.clear()
        self._table.forget()

    def _admit(self) -> None:
        """Gives slots to those that wait, in their order, as far as there are any."""
        free = self._slots.count - len(self._running)
        first = [self._waiting.popleft() for _ in range(min(free, len(self._waiting)))]
        # by seed: who comes first in a turn hangs on how long tools took, and sums on the order in a batch
        first.sort(key=lambda request: request.seed)
        # those that go on come before those that would take the place where they do
        others = [request for request in first if not self._goes_on(request)]
        later = [request for request in others if not self._begins(request)]
        self._waiting.extendleft(reversed(later))

    def _goes_on(self, request: _Request) -> bool:
        """Goes on in a slot that holds nothing but a beginning of the prompt, if there is one."""
        table = self._table
        fits = np.where(table.running, 0, table.common(request.prompt))
        fits[fits < table.known] = 0
        slot = int(fits.argmax())
        if fits[slot]:
            self._start(request, slot, int(fits[slot]))
        return bool(fits[slot])

    def _begins(self, request: _Request) -> bool:
        """Begins in the slot used least recently; not if another is about to compute much of what it needs."""
        table = self._table
        common = np.minimum(table.common(request.prompt), len(request.prompt) - 1)
        there = np.minimum(common, table.fed)
        source = int(there.argmax())
        shared = int(there[source])
        if common[table.running].max(initial=0) >= shared + _WORTH_WAITING:
            return False
        slot = table.oldest()
        if shared and slot != source:
            self._slots.move(source, slot, shared)
            table.touch(source)
        self._start(request, slot, shared)
        return True

    def _start(self, request: _Request, slot: int, shared: int) -> None:
        fed = min(shared, len(request.prompt) - 1)  # the last one has to be seen, for what follows it
        self._table.begin(slot, request.prompt, fed, request.most)
        self._running[slot] = request
        self.counts.found += fed

    def _arrange(self) -> None:
        """Puts running slots to the front, in the order of their lengths, where attention would cost much more else."""
        table = self._table
        lengths = np.where(table.running, table.known, 1)
        behind = int(np.flatnonzero(table.running).max(initial=-1)) + 1
        if work_of(lengths[:behind]) <= _UNTIDY * work_of(np.sort(table.known[table.running])):
            return
        idle = np.iinfo(np.int64).max
        sources, targets = arrangement(np.where(table.running, classes_of(lengths), idle))
        self._slots.rearrange(sources, targets, int(table.fed[sources].max()))
        table.rearrange(sources, targets)
        moved = dict(zip(sources.tolist(), targets.tolist(), strict=True))
        self._running = {moved.get(slot, slot): request for slot, request in self._running.items()}

    def _pass(self) -> None:
        table = self._table
        running = np.flatnonzero(table.running)
        if not len(running):
            return
        if self._model.training:
            self._model.eval()
        self._slots.reserve(int(table.known[running].max()))
        left = table.known - table.fed
        singles = running[left[running] == 1]
        chunks = self._chunks(left)
        rows = int(singles.max(initial=-1)) + 1
        ids, places = np.zeros(rows, dtype=np.int64), np.full(rows, -1)
        ids[singles], places[singles] = table.ids[singles, table.fed[singles]], table.fed[singles]
        hidden = forward_packed(self._slots, ids, places, chunks)
        table.fed[singles] += 1
        ready, at = singles.tolist(), singles.tolist()  # slots that draw, and where their hidden states stand
        for chunk in chunks:
            rows += len(chunk.ids)
            table.fed[chunk.slot] = chunk.end
            if chunk.end == table.known[chunk.slot]:
                ready.append(chunk.slot)
                at.append(rows - 1)
        self.counts.passes += 1
        self.counts.computed += len(singles) + sum(len(chunk.ids) for chunk in chunks)
        if ready:
            self._draw(np.array(ready), hidden[at])

    def _chunks(self, left: np.ndarray) -> list[Chunk]:
        """What the pass takes of prompts, the first ones first."""
        table, chunks, room = self._table, [], PROMPT_TOKENS
        for slot in self._running:
            if left[slot] > 1 and room:
                begin, width = int(table.fed[slot]), min(int(left[slot]), room)
                chunks.append(Chunk(slot, begin, table.ids[slot, begin : begin + width]))
                room -= width
        return chunks

    def _draw(self, slots: np.ndarray, hidden: torch.Tensor) -> None:
        """The next id of each slot; hidden: (N, H)."""
        table = self._table
        ids, logprobs = self._choose(slots, hidden @ self._model.get_output_embeddings().weight.T)
        places = table.known[slots]
        table.ids[slots, places], table.logprobs[slots, places] = ids, logprobs
        table.known[slots] += 1
        self.counts.drawn += len(slots)
        stopped = np.isin(ids, self._stop)
        for place in np.flatnonzero(stopped | (places + 1 == table.end[slots])).tolist():
            self._end(int(slots[place]), stopped=bool(stopped[place]))

    def _choose(self, slots: np.ndarray, logits: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Ids and their log-probabilities, (N,) each; logits: (N, V)."""
        table = self._table
        written = table.known[slots] - table.begun[slots]
        for slot in slots[written % _BLOCK == 0].tolist():
            table.uniforms[slot] = self._running[slot].numbers.random(_BLOCK, dtype=np.float32)
        uniforms = torch.from_numpy(table.uniforms[slots, written % _BLOCK]).to(logits.device)
        found = draw(logits, uniforms, self.temperature)
        return found.ids.cpu().numpy(), found.logprobs.cpu().numpy()

    def _end(self, slot: int, *, stopped: bool) -> None:
        table, request = self._table, self._running.pop(slot)
        own = slice(table.begun[slot], table.known[slot])
        found = Sampled(
            table.ids[slot, own].tolist(), table.logprobs[slot, own].tolist(), "stop" if stopped else "length"
        )
        table.stop(slot)
        self.counts.messages += 1
        if not request.future.done():
            request.future.set_result(found)
