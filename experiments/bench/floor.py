"""The least that a response can take: every pass reads the weights that it uses from memory once."""

import time

import torch
from transformers import PreTrainedModel

from experiments.bench.decoders import Timed

# Far beyond any cache.
_BYTES = {"cpu": 1 << 29, "cuda": 1 << 32}
_TRIES = 5


def bandwidth(device: str) -> float:
    """Bytes a second of the device's memory: the fastest of some reads and copies of a large tensor."""
    source = torch.ones(_BYTES[device] // 4, device=device)
    target = torch.empty_like(source)
    return max(
        source.nbytes / min(_seconds(source.sum, device) for _ in range(_TRIES)),
        2 * source.nbytes / min(_seconds(lambda: target.copy_(source), device) for _ in range(_TRIES)),
    )


def _seconds(work, device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    began = time.perf_counter()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def touched_bytes(model: PreTrainedModel, response: Timed) -> int:
    """Bytes of weights that a response's passes read: the body in each, and the rows of the head that are asked for."""
    head = model.get_output_embeddings().weight
    body = sum(one.nbytes for one in model.base_model.parameters()) - model.get_input_embeddings().weight.nbytes
    return response.passes * body + response.head_rows * head[0].nbytes
