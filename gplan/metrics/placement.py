"""Where work is done: this process's device and type, and requests dealt out to the processes of torchrun."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
import torch.distributed as dist
from tqdm import tqdm

from utils import InputError, is_main_process

Request = TypeVar("Request")
Answer = TypeVar("Answer")

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def placement(dtype: str, device: str | None = None) -> tuple[torch.device, torch.dtype]:
    """This process's device, and the type that ``--dtype`` names there (``auto``: bf16 on CUDA, fp32 elsewhere).

    Args:
        device: ``"cpu"`` or ``"cuda"``; None: CUDA where there is one.

    Raises:
        InputError: CUDA is asked for where torch can use none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: there is none that torch can use; leave it out")
    kind = device or ("cuda" if torch.cuda.is_available() else "cpu")
    place = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if kind == "cuda" else torch.device("cpu")
    return place, _DTYPES[dtype if dtype != "auto" else "bf16" if kind == "cuda" else "fp32"]


def answer_tables(
    tables: Sequence[Sequence[Request]],
    size: int,
    length: Callable[[Request], int],
    answer: Callable[[list[Request]], list[Answer]],
) -> list[list[Answer]] | None:
    """The answers to each table's requests, in order; None on every rank but the first.

    Batches are cut from the requests of one table, sorted by length, before they are dealt out to the ranks, so a
    batch, and with it every figure, is the same on any number of processes, and whatever else is answered.

    Args:
        size: requests a batch.
        length: of a request, to sort by.
        answer: the answers to a batch, in order, which may depend on nothing but the batch.
    """
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    batches = []  # a request is named by its table and its place there
    for t, requests in enumerate(tables):
        order = sorted(range(len(requests)), key=[-length(one) for one in requests].__getitem__)
        batches += [[(t, r) for r in order[start : start + size]] for start in range(0, len(order), size)]
    found: dict[tuple[int, int], Answer] = {}
    mine = batches[rank::world]
    with tqdm(total=sum(map(len, mine)), desc="answering", unit="row", disable=not is_main_process()) as bar:
        for batch in mine:
            found.update(zip(batch, answer([tables[t][r] for t, r in batch]), strict=True))
            bar.update(len(batch))
    found = _gather(found, rank, world)
    if found is None:
        return None
    return [[found[t, r] for r in range(len(requests))] for t, requests in enumerate(tables)]


def _gather(found: dict[tuple[int, int], Answer], rank: int, world: int) -> dict[tuple[int, int], Answer] | None:
    if world == 1:
        return found
    # gloo even on GPUs: only Python objects travel.
    dist.init_process_group("gloo")
    parts = [None] * world if rank == 0 else None
    dist.gather_object(found, parts)
    dist.barrier()  # ranks leave together: one that finds its peer gone can abort in gloo's threads
    dist.destroy_process_group()
    return {name: one for part in parts for name, one in part.items()} if rank == 0 else None
