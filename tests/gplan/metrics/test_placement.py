"""Where work is done: device and type by flag and machine, and requests dealt out in batches."""

import pytest
import torch

from gplan.metrics.placement import answer_tables, placement
from utils import InputError

CPU, BF16, FP32 = torch.device("cpu"), torch.bfloat16, torch.float32


@pytest.fixture
def machine(monkeypatch):
    """``machine(cuda=True, LOCAL_RANK="2")``: what torch and torchrun say of this machine."""

    def become(*, cuda, **variables):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        for name in ("LOCAL_RANK", "RANK", "WORLD_SIZE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return become


@pytest.mark.parametrize(
    ("dtype", "device", "expected"),
    [
        ("auto", None, (CPU, FP32)),
        ("auto", "cpu", (CPU, FP32)),
        ("bf16", None, (CPU, BF16)),
        ("fp32", "cpu", (CPU, FP32)),
    ],
)
def test_without_cuda(machine, dtype, device, expected):
    machine(cuda=False)
    assert placement(dtype, device) == expected


@pytest.mark.parametrize(
    ("dtype", "device", "expected"),
    [
        ("auto", None, (torch.device("cuda", 2), BF16)),
        ("auto", "cuda", (torch.device("cuda", 2), BF16)),
        ("fp32", None, (torch.device("cuda", 2), FP32)),
        ("auto", "cpu", (CPU, FP32)),
    ],
)
def test_with_cuda_each_process_has_its_own(machine, dtype, device, expected):
    machine(cuda=True, LOCAL_RANK="2")
    assert placement(dtype, device) == expected


def test_cuda_that_is_not_there_is_refused(machine):
    machine(cuda=False)
    with pytest.raises(InputError, match=r"^--device cuda: there is none that torch can use; leave it out$"):
        placement("auto", "cuda")


def test_batches_are_of_one_table_longest_first_and_answers_stand_where_the_requests_did(machine):
    machine(cuda=False)
    batches = []

    def answer(batch):
        batches.append(batch)
        return [word.upper() for word in batch]

    tables = [["a", "bbb", "cc"], [], ["dddd"]]
    assert answer_tables(tables, 2, len, answer) == [["A", "BBB", "CC"], [], ["DDDD"]]
    assert batches == [["bbb", "cc"], ["a"], ["dddd"]]
