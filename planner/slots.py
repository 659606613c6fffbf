"""Keys and values of requests under way, in fixed places, and a forward pass over some of them.

    slot 0  │ constant prefix │ request │ response so far ┊ free …                 ┊ bin │
    slot 1  │ constant prefix │ request │ response ┊ free …                        ┊ bin │

A *slot* holds one request. Every slot begins with the prompt's constant prefix, computed once; a request writes behind
it, and the next one over it. What lies behind a request's own length is never attended to, so going back by some tokens
is a matter of counting. Chunks of unequal length are padded to the right; padding is written to the *bin*, the last
place of a slot, which nobody attends to either.
"""

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, PreTrainedModel

from data_process.schema import DataError

_ATTENTION = "gplan_slots"
_ROUNDED = 64  # a slot's length is a multiple of it


def _attention(module, query, key, value, attention_mask, scaling, **_):
    """Attention over slots. query: (B, H, W, D); key, value: (B, K, L, D); mask: (B, 1, W, L), additive."""
    batch, heads, width, size = query.shape
    if query.is_cuda:
        # No fast CUDA kernel takes both a mask and fewer heads of keys; so queries that share a key stand side by side.
        shared = heads // key.shape[1]
        query = query.reshape(batch, key.shape[1], shared * width, size)
        mask = attention_mask.repeat(1, 1, shared, 1)
        found = scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scaling)
        found = found.reshape(batch, heads, width, size)
    else:
        found = scaled_dot_product_attention(
            query, key, value, attn_mask=attention_mask, scale=scaling, enable_gqa=True
        )
    return found.transpose(1, 2), None


AttentionInterface.register(_ATTENTION, _attention)


class Slots:
    """The key and value cache of ``count`` requests under way, and the model that fills it.

    Args:
        model: a Qwen3 for causal language modelling, in eval mode; its attention is replaced.
        prefix: ids of the constant prefix, P of them.

    Raises:
        DataError: the model has sliding or linear attention, which slots can't hold.
    """

    def __init__(self, model: PreTrainedModel, prefix: list[int], count: int):
        kinds = set(getattr(model.config, "layer_types", None) or ["full_attention"])
        if kinds != {"full_attention"}:
            raise DataError(f"the model has layers of {', '.join(sorted(kinds))}; the planner needs full attention")
        model.set_attn_implementation(_ATTENTION)
        self._model = model
        self.device, self.dtype = model.device, model.dtype
        self.prefix = len(prefix)
        self.count = count
        self._layers: list[tuple[torch.Tensor, torch.Tensor]] = []  # key and value, each (count, L, K, D)
        self.length = 0
        self.reserve(self.prefix)
        ids = torch.tensor([prefix])
        self.forward(0, ids, torch.arange(self.prefix)[None])
        for key, value in self._layers:
            key[1:, : self.prefix] = key[:1, : self.prefix]
            value[1:, : self.prefix] = value[:1, : self.prefix]

    def reserve(self, length: int) -> None:
        """Makes room for ``length`` tokens in every slot, prefix included; what is there stays."""
        if length < self.length:
            return
        length = -(-(length + 1) // _ROUNDED) * _ROUNDED
        config = self._model.config
        shape = (self.count, length, config.num_key_value_heads, config.head_dim)
        old = self._layers or [None] * config.num_hidden_layers
        self._layers = []
        for layer in old:
            # zeros, not empty: the bin is read by padding, and a NaN there would spread
            pair = tuple(torch.zeros(shape, device=self.device, dtype=self.dtype) for _ in range(2))
            for new, known in zip(pair, layer or (), strict=False):
                new[:, : self.length] = known
            self._layers.append(pair)
        self.length = length

    def move(self, source: int, target: int, length: int) -> None:
        """Copies a request's first ``length`` tokens to another slot (the prefix is there already)."""
        for pair in self._layers:
            for one in pair:
                one[target, self.prefix : length] = one[source, self.prefix : length]

    def mask(self, index: torch.Tensor, used: int) -> torch.Tensor:
        """(B, W, used) bool: what a token at ``index`` (B, W) of a response without branches attends to."""
        return torch.arange(used, device=index.device) <= index[..., None]

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
            ids: (B, W) tokens.
            index: (B, W) places in the slot that they are written to; -1 for padding.
            positions: (B, W) places in the sequence; unset: the same as ``index``.
            allowed: (B, W, L) bool, places that each token attends to; unset: all up to its own.
        """
        used = int(index.max()) + 1  # while index is on the CPU: nothing waits for the GPU
        ids, index = ids.to(self.device), index.to(self.device)
        if allowed is None:
            allowed = self.mask(index.where(index >= 0, used), used)
        positions = index.clamp(min=0) if positions is None else positions.to(self.device)
        bias = torch.zeros(allowed.shape, device=self.device, dtype=self.dtype)
        bias.masked_fill_(~allowed.to(self.device), float("-inf"))
        index = index.where(index >= 0, self.length - 1)
        return self._run(first, ids, index, positions, bias[:, None])

    def _run(self, first, ids, index, positions, bias) -> torch.Tensor:
        view = _View(self._layers, first, index, bias.shape[-1], self.length)
        output = self._model.base_model(
            input_ids=ids,
            position_ids=positions,
            attention_mask={"full_attention": bias},
            past_key_values=view,
            use_cache=True,
        )
        return output.last_hidden_state


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
