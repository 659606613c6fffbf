"""Latent-Valid: whether a response's reasoning is exactly the latent scaffold of its plan."""

from functools import lru_cache

from data_process.compression import LETTERS, block_latents, scaffold
from data_process.intents import MAX_PLAN
from data_process.response import CLOSE, OPEN, parse_response


def latent_valid(text: str, intents: int | None = None) -> bool:
    """Whether the text is one ``<THOUGHT>…</THOUGHT>`` holding the scaffold of its plan, and the plan.

    True means that the latents (i) follow the scaffold's order, (ii) none of them repeated or misplaced,
    (iii) no raw XML tag and no other text stands among or before them, and (iv) there are as many step
    triplets as the plan has intents. Of a model with another number of latents a block than three, as many as its
    first block has.

    ``latent_valid("<THOUGHT>" + "".join(scaffold(1)) + '</THOUGHT>[{"工具名称":"tool_9"}]') is True``

    Args:
        text: the whole response.
        intents: number of intents of its plan; None to read it from the text.
    """
    if intents is None:
        intents = len(parse_response(text).plan)
    if not 1 <= intents <= MAX_PLAN or text.count(OPEN) != 1 or text.count(CLOSE) != 1:
        return False
    # All four rules at once: there is just one right text for every number of intents.
    count = sum(name in text for name in block_latents(0, len(LETTERS)))
    return bool(count) and text.startswith(_thought(intents, count))


def holds_latents(text: str) -> bool:
    """Whether any latent token stands in the text, right or wrong: a sign that its model was to write them."""
    return any(name in text for name in scaffold(MAX_PLAN, len(LETTERS)))


@lru_cache
def _thought(steps: int, count: int) -> str:
    return OPEN + "".join(scaffold(steps, count)) + CLOSE
