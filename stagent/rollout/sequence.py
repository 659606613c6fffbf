"""Tokens of an episode as a trainer needs them: which a model wrote, and how probable each was when it was drawn."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol


class Sampled(NamedTuple):
    """What an engine wrote behind a prompt.

    Attributes:
        logprobs: of each id, under the policy that drew it.
        finish: ``length`` where the bound on ids ended it, or the model's own; no ids: the prompt is too long for it.
    """

    ids: list[int]
    logprobs: list[float]
    finish: Literal["stop", "length"] = "stop"


class Engine(Protocol):
    """A policy that continues a prompt, id by id."""

    name: str

    async def sample(self, prompt: Sequence[int], most: int, seed: int) -> Sampled:
        """At most so many ids behind a prompt; the same for the same seed, whatever runs beside it."""


@dataclass(slots=True)
class TokenSequence:
    """Ids that a model read and wrote in one go.

    Attributes:
        written: for each id whether the model wrote it: the loss is on these alone.
        logprobs: for each id its log-probability at sampling, 0 where the model didn't write it.
    """

    ids: list[int] = field(default_factory=list)
    written: list[bool] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)

    def read(self, ids: Sequence[int]) -> None:
        self._add(ids, False, [0.0] * len(ids))

    def write(self, sampled: Sampled) -> None:
        self._add(sampled.ids, True, sampled.logprobs)

    def _add(self, ids: Sequence[int], written: bool, logprobs: Sequence[float]) -> None:
        self.ids += ids
        self.written += [written] * len(ids)
        self.logprobs += logprobs

    def begins(self, prompt: Sequence[int]) -> bool:
        """Whether a prompt goes on where the sequence ends."""
        return list(prompt[: len(self.ids)]) == self.ids

    def as_json(self) -> dict[str, Any]:
        return {"ids": self.ids, "written": [int(each) for each in self.written], "logprobs": self.logprobs}


def seed_of(base: int, *names: object) -> int:
    """A seed of 63 bits of anything that has a name: ``seed_of(7, task.id, 3)`` is the fourth try's."""
    text = "/".join(map(str, (base, *names)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1
