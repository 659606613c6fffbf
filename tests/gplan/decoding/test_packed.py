"""A pass without padding gives what the model's own forward gives, whatever goes forward beside it."""

import numpy as np
import pytest
import torch

from gplan.decoding import packed
from gplan.decoding.packed import Chunk, arrangement, classes_of, forward_packed, groups_of, work_of
from gplan.decoding.slots import Slots, own_attention
from tests.conftest import tiny_qwen3

IDS = np.random.default_rng(1).integers(0, 64, (5, 40))


def expected(model, row, end):
    """Hidden states of a row's ids up to ``end`` by the model's own forward."""
    with torch.inference_mode():
        return model.base_model(torch.from_numpy(IDS[row : row + 1, :end]), use_cache=False).last_hidden_state[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_single_tokens_beside_chunks(dtype):
    near = {"atol": 1e-5} if dtype == torch.float32 else {"atol": 0.1, "rtol": 0.1}
    model = tiny_qwen3(64, layers=2).to(dtype).eval()
    slots = Slots(model, [], 5)
    slots.reserve(40)
    nothing = np.zeros(0, dtype=np.int64)
    whole = forward_packed(slots, nothing, nothing, [Chunk(row, 0, IDS[row, :9]) for row in range(5)])
    # slot 0 and 2 go on by a token, 1 has no part in it, 3 and 4 by what is left of a prompt
    ids, places = np.array([IDS[0, 9], 0, IDS[2, 9]]), np.array([9, -1, 9])
    mixed = forward_packed(slots, ids, places, [Chunk(4, 9, IDS[4, 9:40]), Chunk(3, 5, IDS[3, 5:12])])
    alone = forward_packed(slots, np.array([0, IDS[1, 9]]), np.array([-1, 9]), [])
    assert mixed.shape == (3 + 31 + 7, 32)
    with_own = tiny_qwen3(64, layers=2).to(dtype).eval()
    for row in range(5):
        assert torch.allclose(whole[9 * row : 9 * row + 9], expected(with_own, row, 9), **near)
    assert torch.allclose(mixed[0], expected(with_own, 0, 10)[-1], **near)
    assert torch.allclose(mixed[2], expected(with_own, 2, 10)[-1], **near)
    assert torch.allclose(mixed[3:34], expected(with_own, 4, 40)[9:], **near)
    assert torch.allclose(mixed[34:], expected(with_own, 3, 12)[5:], **near)
    assert torch.allclose(alone[1], expected(with_own, 1, 10)[-1], **near)


def test_fixed_shapes_give_the_same():
    model = tiny_qwen3(64).eval()
    found = []
    for fixed in (False, True):
        slots = Slots(model, [], 3, fixed=fixed)
        with own_attention(model):
            nothing = np.zeros(0, dtype=np.int64)
            forward_packed(slots, nothing, nothing, [Chunk(row, 0, IDS[row, :6]) for row in range(3)])
            found.append(forward_packed(slots, IDS[:3, 6], np.array([6, -1, 6]), [])[[0, 2]])
    assert torch.allclose(*found, atol=1e-5)


def test_neighbours_of_about_the_same_length_attend_in_one_go(monkeypatch):
    monkeypatch.setattr(packed, "_CALL", 1000)
    lengths = np.array([90, 80, 300, 50, 96, 97])
    assert classes_of(lengths).tolist() == [0, 0, 3, 0, 0, 1]  # up to 96, 153.6, 245.8, 393.2
    assert groups_of(lengths) == [(0, 2, 90), (2, 6, 300)]
    assert work_of(lengths) == 2 * 90 + 4 * 300 + 2 * 1000
    assert groups_of(np.sort(lengths)) == [(0, 4, 96), (4, 5, 97), (5, 6, 300)]
    assert groups_of(np.zeros(0, dtype=np.int64)) == []


def test_as_few_slots_as_can_be_change_places():
    sources, targets = arrangement(np.array([0, 2, 1, 0]))
    assert (sources.tolist(), targets.tolist()) == ([3, 1], [1, 3])
    classes = np.random.default_rng(2).integers(0, 4, 50)
    sources, targets = arrangement(classes)
    wrong = (classes != np.sort(classes)).sum()
    classes[targets] = classes[sources]
    assert classes.tolist() == sorted(classes) and len(sources) == wrong


def test_every_length_in_one_pass(monkeypatch):
    monkeypatch.setattr(packed, "_SHORT", 4)
    model = tiny_qwen3(64, layers=2).eval()
    slots = Slots(model, [], 5)
    slots.reserve(40)
    nothing, ends = np.zeros(0, dtype=np.int64), np.array([12, 3, 39, 5, 20])
    forward_packed(slots, nothing, nothing, [Chunk(row, 0, IDS[row, :end]) for row, end in enumerate(ends)])
    assert len(groups_of(ends + 1)) == 2 and len(groups_of(np.sort(ends + 1))) == 5
    for order in (np.arange(5), np.argsort(ends)):
        slots.rearrange(order, np.arange(5), 40)
        ends = ends[order]
        found = forward_packed(slots, IDS[order, 39], ends, [])
        for row, (own, end) in enumerate(zip(order, ends, strict=True)):
            with torch.inference_mode():
                ids = torch.from_numpy(np.append(IDS[own, :end], IDS[own, 39]))[None]
                other = tiny_qwen3(64, layers=2).eval().base_model(ids, use_cache=False).last_hidden_state[0, -1]
            assert torch.allclose(found[row], other, atol=1e-5)
