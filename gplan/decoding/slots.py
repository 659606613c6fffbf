"""Keys and values of requests under way, in fixed places, and a forward pass over some of them.

    slot 0  │ constant prefix │ request │ response so far ┊ free …                 ┊ bin │
    slot 1  │ constant prefix │ request │ response ┊ free …                        ┊ bin │

A *slot* holds one request. Every slot begins with the prompt's constant prefix, if there is one, computed once; a
request writes behind it, and the next one over it. What lies behind a request's own length is never attended to, so
going back by some tokens is a matter of counting. Chunks of unequal length are padded to the right; padding is written
to the *bin*, the last place of a slot, which nobody attends to either.
"""

import copy
import functools
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, PreTrainedModel

from add_tokens.load import longest_sequence
from gplan.decoding.graphs import Graphs
from utils import InputError

_ATTENTION = "gplan_slots"
_OTHER = "give a model of another family"
_ROUNDED = 64  # a slot's length is a multiple of it
_PROBED = 8  # tokens behind the prefix that are compared with the model's own forward
# Of the largest logit: sums in another order, in fp32 (seen: 1e-6) and in 16 bits.
_TOLERANCE, _TOLERANCE_16_BIT = 1e-3, 0.1
# What a model raises that lacks something, or wants something else, than is relied on here.
_UNFIT = (AttributeError, KeyError, IndexError, NotImplementedError, RuntimeError, TypeError, ValueError)


def _attention(module, query, key, value, attention_mask, scaling, packed=None, **_):
    """Attention over slots. query: (B, H, W, D); key, value: (B, K, L, D); mask: (B, 1, W, L), additive.

    packed: of a pass without padding, who attends to what (``gplan.decoding.packed``).
    """
    if packed is not None:
        return packed.attend(query, key, value, scaling), None
    if query.is_cuda or query.shape[2] == 1:
        found = folded(query, key, value, attention_mask, scaling)
    else:
        found = scaled_dot_product_attention(query, key, value, attention_mask, scale=scaling, enable_gqa=True)
    return found.transpose(1, 2), None


def folded(query, key, value, mask, scaling) -> torch.Tensor:
    """The same where no fast kernel takes both a mask and fewer heads of keys than of queries (CUDA), or for one token
    each: the H / K heads of queries that share a key stand one after another, as if they were further tokens."""
    batch, heads, width, size = query.shape
    shared = heads // key.shape[1]
    query = query.reshape(batch, key.shape[1], shared * width, size)
    mask = mask if width == 1 else mask.repeat(1, 1, shared, 1)
    found = scaled_dot_product_attention(query, key, value, mask, scale=scaling)
    return found.reshape(batch, heads, width, size)


AttentionInterface.register(_ATTENTION, _attention)


@contextmanager
def own_attention(model: PreTrainedModel) -> Iterator[None]:
    """Leaves a model's attention as it was, for one that others use between passes."""
    before = model.config._attn_implementation
    model.config._attn_implementation = _ATTENTION
    try:
        yield
    finally:
        model.config._attn_implementation = before


class Slots:
    """The key and value cache of ``count`` requests under way, and the model that fills it.

    Args:
        model: a causal language model in eval mode; its attention is replaced.
        prefix: ids of the constant prefix, P of them, or none.
        fixed: run passes in fixed shapes, as CUDA graphs where there is CUDA; unset: on CUDA alone.

    Attributes:
        fixed: whether passes have fixed shapes.
        longest: tokens of a prompt and its response that the model can attend to.

    Raises:
        InputError: the model has sliding or linear attention, which slots can't hold, or says something else here than
            by its own forward.
    """

    def __init__(self, model: PreTrainedModel, prefix: list[int], count: int, *, fixed: bool | None = None):
        kinds = set(getattr(model.config, "layer_types", None) or ["full_attention"])
        if kinds != {"full_attention"}:
            raise InputError(
                f"the model has layers of {', '.join(sorted(kinds))}; slots hold full attention alone: {_OTHER}"
            )
        self.model = model
        self.longest = longest_sequence(model.config)
        self.device, self.dtype = model.device, model.dtype
        self.prefix, self._prefix_ids = len(prefix), prefix
        self.count = count
        self.length = 0  # places of a slot, the bin included
        self._layers: list[tuple[torch.Tensor, torch.Tensor]] = []  # key and value, each (count, length, K, D)
        self._graphs = None
        self.fixed = self.device.type == "cuda" if fixed is None else fixed
        known = prefix or list(range(_PROBED))
        probe = [*known, *known[:_PROBED]]
        try:
            if model.config._attn_implementation == _ATTENTION:  # of another planner, whose own this model was
                model.set_attn_implementation("sdpa")
            reference = _plain_logits(model, probe)
            model.set_attn_implementation(_ATTENTION)
            self.reserve(self.prefix)
            self.fill_prefix()
            self._compare(probe, reference)
        except _UNFIT as error:
            if isinstance(error, (InputError, torch.OutOfMemoryError)):
                raise
            raise InputError(
                f"slots can't decode a {model.config.model_type} ({type(error).__name__}: {str(error)[:200]}); {_OTHER}"
            ) from error

    def fill_prefix(self) -> None:
        """Computes the constant prefix of all slots: at first, and whenever the model's weights have changed."""
        if self.prefix:
            self.forward(0, torch.tensor([self._prefix_ids]), torch.arange(self.prefix)[None])
        for pair in self._layers:
            for one in pair:
                one[1:, : self.prefix] = one[:1, : self.prefix]

    @torch.inference_mode()
    def _compare(self, probe: list[int], reference: torch.Tensor) -> None:
        """Raises InputError unless the last chunk of a probe has the logits of the model's own forward, (_PROBED, V).

        Models differ in how they take a mask, scale their logits, or see the past. One that is not understood here
        would answer all the same, with other plans and without a word.
        """
        apart = self.fork()
        for begin, end in ((self.prefix, len(probe) - _PROBED), (len(probe) - _PROBED, len(probe))):
            if begin < end:
                hidden = apart.forward(0, torch.tensor([probe[begin:end]]), torch.arange(begin, end)[None])[0]
        logits = (hidden @ self.model.get_output_embeddings().weight.T).float()
        distance = ((logits - reference).abs().max() / reference.abs().max()).item()
        # NaN weights are not this check's to judge: bench has such, and no comparison holds for them.
        if distance > (_TOLERANCE if self.dtype == torch.float32 else _TOLERANCE_16_BIT):
            raise InputError(
                f"slots can't decode a {self.model.config.model_type}: its logits are {distance:.1%} off those of the "
                f"model itself; {_OTHER}"
            )

    def fork(self) -> "Slots":
        """One slot apart from these, its prefix in place."""
        other = copy.copy(self)
        other.count, other.length, other._layers, other.fixed = 1, 0, [], False
        other.reserve(self.prefix)
        for mine, new in zip(self._layers, other._layers, strict=True):
            for source, target in zip(mine, new, strict=True):
                target[0, : self.prefix] = source[0, : self.prefix]
        return other

    def reserve(self, length: int) -> None:
        """Makes room for ``length`` tokens in every slot, prefix included; what is there stays."""
        if length < self.length:
            return
        # by a quarter at least: every growth copies what is there
        length = -(-max(length + 1, self.length * 5 // 4) // _ROUNDED) * _ROUNDED
        config = self.model.config
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        shape = (self.count, length, config.num_key_value_heads, size)
        old = self._layers or [None] * config.num_hidden_layers
        self._layers = []
        for layer in old:
            # zeros, not empty: the bin is read by padding, and a NaN there would spread
            pair = tuple(torch.zeros(shape, device=self.device, dtype=self.dtype) for _ in range(2))
            for new, known in zip(pair, layer or (), strict=False):
                new[:, : self.length] = known
            self._layers.append(pair)
        self.length = length
        # Recorded passes hold the addresses of the old layers.
        run = functools.partial(self._run, 0, length)
        self._graphs = Graphs(run, self.count, self.device) if self.fixed else None

    def move(self, source: int, target: int, length: int) -> None:
        """Copies a request's first ``length`` tokens to another slot (the prefix is there already)."""
        for pair in self._layers:
            for one in pair:
                one[target, self.prefix : length] = one[source, self.prefix : length]

    def rearrange(self, sources: np.ndarray, targets: np.ndarray, length: int) -> None:
        """Slots change places: what stood in each of ``sources`` stands in ``targets`` then, up to so many tokens."""
        given = [torch.from_numpy(each).to(self.device) for each in (targets, sources)]
        for pair in self._layers:
            for one in pair:
                seen = one[:, self.prefix : length]
                seen[given[0]] = seen[given[1]]  # what is on the right is copied before anything is written

    @torch.inference_mode()
    def forward(
        self,
        first: int,
        ids: torch.Tensor,
        index: torch.Tensor,
        *,
        positions: torch.Tensor | None = None,
        allowed: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One pass over chunks of the requests in slots ``first``, ``first`` + 1, …; returns hidden states (B, W, H).

        Args:
            ids: (B, W) tokens, on the CPU as all arguments.
            index: (B, W) places in the slot that they are written to; -1 for padding.
            positions: (B, W) places in the sequence; unset: the same as ``index``.
            allowed: (B, W, L) bool, the places that each token attends to; unset: all up to its own.
        """
        if self._graphs and first == 0 and allowed is None and self._graphs.shape(*ids.shape):
            return self._graphs.forward(ids, index)
        used = int(index.max()) + 1 if allowed is None else allowed.shape[-1]
        given = (one if one is None else one.to(self.device) for one in (ids, index, positions, allowed))
        return self._run(first, used, *given)

    def _run(self, first: int, used: int, ids, index, positions=None, allowed=None) -> torch.Tensor:
        """The pass itself, over the slots' first ``used`` places: nothing here waits for a value on the device."""
        places = index.where(index >= 0, self.length - 1)
        if allowed is None:
            allowed = torch.arange(used, device=self.device) <= places[..., None]
        bias = torch.zeros(allowed.shape, device=self.device, dtype=self.dtype).masked_fill_(~allowed, float("-inf"))
        view = _View(self._layers, first, places, used, self.length)
        return self.run_model(ids, index.clamp(min=0) if positions is None else positions, bias[:, None], view)

    def run_model(self, ids, positions, mask: torch.Tensor, cache, **more) -> torch.Tensor:
        """The model over a cache of one's own, which has ``update``: hidden states (B, W, H).

        mask: of four dimensions, so that every model hands it on as it is; more: handed on to ``_attention``.
        """
        return self.model.base_model(
            input_ids=ids,
            position_ids=positions,
            attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
            **more,
        ).last_hidden_state

    def layer(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of a layer, (count, length, K, D) each, as they lie: for whoever writes into them."""
        return self._layers[number]


@torch.inference_mode()
def _plain_logits(model: PreTrainedModel, ids: list[int]) -> torch.Tensor:
    """The logits of the last ``_PROBED`` of the ids by the model's own forward, (_PROBED, V), fp32."""
    given = torch.tensor([ids], device=model.device)
    return model(given, use_cache=False, logits_to_keep=_PROBED).logits[0, -_PROBED:].float()


class _View:
    """What the model's layers see as their cache: some slots, one chunk to write. index: (B, W)."""

    def __init__(self, layers, first: int, index: torch.Tensor, used: int, length: int):
        self._layers, self._used = layers, used
        self._slots = slice(first, first + index.shape[0])
        starts = torch.arange(first, first + index.shape[0], device=index.device) * length
        self._places = (starts[:, None] + index).flatten()

    def update(self, key: torch.Tensor, value: torch.Tensor, layer: int, *_) -> tuple[torch.Tensor, torch.Tensor]:
        """Writes a chunk, (B, K, W, D) each; returns all that is there, (B, K, L, D) each."""
        found = []
        for new, cache in zip((key, value), self._layers[layer], strict=True):
            cache.flatten(0, 1).index_copy_(0, self._places, new.transpose(1, 2).flatten(0, 1))
            found.append(cache[self._slots, : self._used].transpose(1, 2))
        return tuple(found)
