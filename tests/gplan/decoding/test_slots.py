"""Slots: what a recorded pass may depend on, what they can't hold, and a model that others use between passes."""

import numpy as np
import pytest
import torch

from gplan.decoding.slots import Slots, folded, own_attention
from tests.conftest import tiny_qwen3
from utils import InputError


def test_a_pass_waits_for_nothing_on_the_device():
    """What a CUDA graph can record may not depend on values. Fake tensors have none, so asking for one fails."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    slots = Slots(tiny_qwen3(64).eval(), list(range(9)), 4, fixed=True)
    with FakeTensorMode(allow_non_fake_inputs=True), torch.inference_mode():
        ids = torch.zeros(2, 8, dtype=torch.long)
        hidden = slots._run(0, slots.length, ids, torch.full_like(ids, -1))
    assert hidden.shape[:2] == (2, 8)


def test_shared_heads_of_keys_on_cuda_and_cpu_agree():
    """The CUDA way folds the queries that share a key; it is plain arithmetic, so the CPU can check it."""
    torch.manual_seed(0)
    query, key, value = torch.randn(2, 6, 5, 8), torch.randn(2, 3, 9, 8), torch.randn(2, 3, 9, 8)
    mask = torch.zeros(2, 1, 5, 9).masked_fill(torch.rand(2, 1, 5, 9) < 0.3, float("-inf"))
    mask[..., 0] = 0
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, mask, enable_gqa=True)
    assert torch.allclose(folded(query, key, value, mask, 8**-0.5), expected, atol=1e-6)


def test_layers_that_slots_cannot_hold():
    model = tiny_qwen3(64, layers=2, use_sliding_window=True, sliding_window=4, max_window_layers=1)
    with pytest.raises(InputError, match="sliding_attention"):
        Slots(model, [1, 2, 3], 1)


def hidden(model, ids):
    with torch.inference_mode():
        return model.base_model(torch.tensor([ids]), use_cache=False).last_hidden_state[0]


def test_slots_without_a_prefix_change_places():
    model = tiny_qwen3(64, layers=2).eval()
    with own_attention(model):
        slots = Slots(model, [], 3)
    first, second = [5, 6, 7, 8], [9, 10]
    with own_attention(model):
        for slot, ids in ((0, first), (2, second)):
            slots.forward(slot, torch.tensor([ids]), torch.arange(len(ids))[None])
        slots.rearrange(np.array([0, 2]), np.array([2, 0]), 4)
        after = slots.forward(0, torch.tensor([[11], [0], [11]]), torch.tensor([[2], [-1], [4]]))
        slots.move(2, 1, 3)  # of the first one what is shared, then another way on
        other = slots.forward(1, torch.tensor([[12]]), torch.tensor([[3]]))
    assert model.config._attn_implementation == "sdpa"
    assert torch.allclose(after[0, 0], hidden(model, [*second, 11])[-1], atol=1e-5)
    assert torch.allclose(after[2, 0], hidden(model, [*first, 11])[-1], atol=1e-5)
    assert torch.allclose(other[0, 0], hidden(model, [*first[:3], 12])[-1], atol=1e-5)
