"""A pass without padding: one token of each of many slots, and whole chunks of a few.

    tokens  │ slot 0 │ slot 1 │ … │ slot R - 1 │ a chunk of slot 5 … │ a chunk of slot 2 … │
              places[0]         -1: none of it     as long as it is

Whoever goes on token by token never waits for a prompt, and a long prompt costs nobody else a place. Neighbours of
about the same length attend in one go (``Group``), so slots had better stand in the order of their lengths
(``arrangement``); each chunk attends by itself.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention

from gplan.decoding.slots import Slots, folded
from utils import InputError

_PROBED, _NEAR = 8, 0.05  # tokens of the check, and how near of the largest value: 16 bits differ by less
_SHORT, _RATIO = 96, 1.6
_CALL = 600  # an attention call costs as much as reading so many places (one layer, one core: some 40 µs)


class Chunk(NamedTuple):
    """Tokens of one slot that go forward at once.

    Attributes:
        begin: the place of the first one; what stands before it in the slot is attended to.
        ids: (W,)
    """

    slot: int
    begin: int
    ids: np.ndarray

    @property
    def end(self) -> int:
        return self.begin + len(self.ids)


class Group(NamedTuple):
    """Slots ``begin`` to ``end`` whose single tokens attend to ``used`` places, some of them masked."""

    begin: int
    end: int
    used: int


def classes_of(lengths: np.ndarray) -> np.ndarray:
    """Classes of about the same length: 0 up to ``_SHORT`` places, then one for each ``_RATIO``."""
    return np.ceil(np.log(np.maximum(lengths, _SHORT) / _SHORT) / np.log(_RATIO)).astype(np.int64)


def groups_of(lengths: np.ndarray) -> list[Group]:
    """Slots that attend in one go, a group for each class: ``[90, 80, 300, 50]`` -> two slots to 90, two to 300."""
    reach = np.maximum.accumulate(lengths)
    cuts = [0, *(np.flatnonzero(np.diff(classes_of(reach))) + 1).tolist(), len(lengths)]
    return [Group(begin, end, int(reach[end - 1])) for begin, end in pairwise(cuts) if begin < end]


def work_of(lengths: np.ndarray) -> int:
    """What attention costs of slots of these lengths in this order: places read, calls counted as places."""
    return sum((each.end - each.begin) * each.used + _CALL for each in groups_of(lengths))


def arrangement(classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which slots go where, so that all stand in the order of their classes and as few as can be are moved.

    ``arrangement([0, 2, 1, 0])`` -> what stands in slots ``[3, 1]`` goes to ``[1, 3]``
    """
    wrong = np.flatnonzero(classes != np.sort(classes))
    return wrong[np.argsort(classes[wrong], kind="stable")], wrong


@torch.inference_mode()
def forward_packed(slots: Slots, ids: np.ndarray, places: np.ndarray, chunks: Sequence[Chunk]) -> torch.Tensor:
    """The hidden states (R + W1 + W2 …, H) of one token of each of the first R slots, then of the chunks' tokens.

    Args:
        ids: (R,) of slots 0 … R - 1.
        places: (R,) where they are written in their slots; -1: padding, of a slot that has no part in it.
    """
    if slots.fixed and not chunks:  # in a shape that is recorded
        return slots.forward(0, torch.from_numpy(ids)[:, None], torch.from_numpy(places)[:, None])[:, 0]
    view = _PackedView(slots, places, chunks)
    positions = np.concatenate([np.maximum(places, 0), *(np.arange(each.begin, each.end) for each in chunks)])
    tokens = np.concatenate([ids, *(each.ids for each in chunks)])
    given = (torch.from_numpy(each)[None].to(slots.device) for each in (tokens, positions))
    return slots.run_model(*given, mask=view.mask, cache=view, packed=view)[0]


def check_packed(slots: Slots) -> None:
    """Raises InputError for a model that doesn't hand on to its attention what a pass without padding needs."""
    ids, nothing = np.arange(_PROBED), np.zeros(0, dtype=np.int64)
    slots.reserve(_PROBED)
    problem = "its hidden states are others"
    expected = slots.forward(0, torch.from_numpy(ids)[None], torch.arange(_PROBED)[None])[0].float()
    try:
        found = forward_packed(slots, nothing, nothing, [Chunk(0, 0, ids)]).float()
        near = torch.allclose(found, expected, rtol=0, atol=_NEAR * expected.abs().max().item())
    except (TypeError, RuntimeError, ValueError, IndexError) as error:
        near, problem = False, f"{type(error).__name__}: {str(error)[:200]}"
    if not near and expected.isfinite().all():
        kind = slots.model.config.model_type
        raise InputError(f"a {kind} can't be run without padding ({problem}); give a model of another family")


class _PackedView:
    """What the model's layers see as their cache, and how they attend to it."""

    def __init__(self, slots: Slots, places: np.ndarray, chunks: Sequence[Chunk]):
        self._slots, self._chunks = slots, chunks
        bins = np.where(places < 0, slots.length - 1, places) + np.arange(len(places)) * slots.length
        held = (np.arange(each.begin, each.end) + each.slot * slots.length for each in chunks)
        self._places = torch.from_numpy(np.concatenate([bins, *held])).to(slots.device)
        # who has no part in it attends to the first place: a softmax over nothing is NaN
        lengths = np.maximum(places, 0) + 1
        self._groups = groups_of(lengths)
        ends = torch.from_numpy(lengths).to(slots.device)
        self._masks = [_group_mask(each, ends, slots) for each in self._groups]
        self._masks += [_chunk_mask(each, slots) for each in chunks]

    @property
    def mask(self) -> torch.Tensor:
        """One of four dimensions, for the model to hand on."""
        return self._masks[0]

    def update(self, key: torch.Tensor, value: torch.Tensor, layer: int, *_) -> tuple[torch.Tensor, torch.Tensor]:
        """Writes all tokens' keys and values, (1, K, T, D) each; returns the layer's slots, (S, length, K, D) each."""
        layers = self._slots.layer(layer)
        for new, cache in zip((key, value), layers, strict=True):
            cache.flatten(0, 1).index_copy_(0, self._places, new[0].transpose(0, 1))
        return layers

    def attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, scaling: float) -> torch.Tensor:
        """query: (1, H, T, D); key, value: (S, length, K, D) -> (1, T, H, D)."""
        masks, found, place = iter(self._masks), [], 0
        for begin, end, used in self._groups:
            single = query[0, :, begin:end].transpose(0, 1)[:, :, None]  # (R, H, 1, D)
            seen = (cache[begin:end, :used].transpose(1, 2) for cache in (key, value))
            found.append(folded(single, *seen, next(masks), scaling)[:, :, 0])
            place = end
        for chunk in self._chunks:
            own = query[:, :, place : place + len(chunk.ids)]
            seen = (cache[chunk.slot, None, : chunk.end].transpose(1, 2) for cache in (key, value))
            found.append(_chunk_attention(own, *seen, next(masks), scaling))
            place += len(chunk.ids)
        return torch.cat(found)[None]


def _chunk_attention(query, key, value, mask, scaling: float) -> torch.Tensor:
    """query: (1, H, W, D); key, value: (1, K, L, D) -> (W, H, D)."""
    if query.is_cuda:
        found = folded(query, key, value, mask, scaling)
    else:
        found = scaled_dot_product_attention(query, key, value, mask, scale=scaling, enable_gqa=True)
    return found[0].transpose(0, 1)


def _group_mask(group: Group, ends: torch.Tensor, slots: Slots) -> torch.Tensor:
    """(R, 1, 1, L), additive; ends: (S,) places that each slot's token attends to."""
    places = torch.arange(group.used, device=slots.device)
    return _bias(places < ends[group.begin : group.end, None], slots.dtype)[:, None, None]


def _chunk_mask(chunk: Chunk, slots: Slots) -> torch.Tensor:
    """(1, 1, W, L), additive: each token attends to what stands before it, and to itself."""
    places = torch.arange(chunk.end, device=slots.device)
    return _bias(places <= places[chunk.begin :, None], slots.dtype)[None, None]


def _bias(allowed: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return torch.zeros(allowed.shape, device=allowed.device, dtype=dtype).masked_fill_(~allowed, float("-inf"))
