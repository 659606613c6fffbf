"""The policies that ``bench rollout`` plays: how they speak, and one in the expert's words at a model's cost."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel, Qwen3Config

from gplan.starter.backbone import CONFIG
from stagent.queries.scene import Gazetteer
from stagent.queries.trajectory import Trajectory
from stagent.rollout.compact.lesson import lesson
from stagent.rollout.compact.talk import CompactSpeaker
from stagent.rollout.compact.text import Unsayable
from stagent.rollout.compact.vocabulary import CompactVocabulary
from stagent.rollout.compact.words import WordCounts, names_of
from stagent.rollout.local_engine import LocalEngine
from stagent.rollout.sequence import Engine, TokenSequence, seed_of
from stagent.rollout.speaker import Speaker

LONGEST = 2048  # tokens that the model attends to


class Speech(NamedTuple):
    """How a policy speaks.

    Attributes:
        vocabulary: ids there are; end: the one that ends a message.
        speaker: over an engine.
        messages: ids of what the expert writes in a trajectory; None: this speech has no words for it.
    """

    vocabulary: int
    end: int
    speaker: Callable[[Engine], Speaker]
    messages: Callable[[Trajectory], list[list[int]] | None]


def compact_speech(gazetteer: Gazetteer, trajectories: Sequence[Trajectory], folder: Path | None) -> Speech:
    """The small model's: of a checkpoint, or with words learnt from these trajectories."""
    if folder:
        vocabulary = CompactVocabulary.load(folder)
    else:
        words = WordCounts(names_of(gazetteer))
        for trajectory in trajectories:
            words.add(trajectory)
        vocabulary = words.vocabulary()

    def messages(trajectory: Trajectory) -> list[list[int]] | None:
        try:
            return written(lesson(trajectory, vocabulary))
        except Unsayable:
            return None

    return Speech(len(vocabulary), vocabulary.ids["<end>"], lambda engine: CompactSpeaker(vocabulary, engine), messages)


def written(sequence: TokenSequence) -> list[list[int]]:
    """The messages of a sequence: what was written between two times of reading."""
    tokens = groupby(zip(sequence.ids, sequence.written, strict=True), key=lambda token: token[1])
    return [[token[0] for token in run] for own, run in tokens if own]


def small_model(vocabulary: int) -> PreTrainedModel:
    """A Qwen3 of the embedded backbone's shape, about 1 M parameters, with random weights."""
    shape = json.loads(CONFIG.read_text(encoding="utf-8")) | {"max_position_embeddings": LONGEST}
    torch.manual_seed(0)
    # as the embedded ones: a matrix product whose last block is full
    return AutoModelForCausalLM.from_config(Qwen3Config(**shape, vocab_size=-(-vocabulary // 128) * 128))


class ForcedEngine(LocalEngine):
    """Computes and draws as a policy does, and writes what a script says: calls are real, whatever the weights.

    Args:
        scripts: a message by its seed; of another seed, an empty one.
    """

    def __init__(self, model: PreTrainedModel, end: int, scripts: dict[int, list[int]], slots: int):
        super().__init__(model, stop=[end], slots=slots, name="forced")
        self._scripts, self._said_all = scripts, [end]

    def _choose(self, slots: np.ndarray, logits: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
        _, logprobs = super()._choose(slots, logits)
        at = (self._table.known - self._table.begun)[slots].tolist()
        return np.fromiter(self._said(slots.tolist(), at), dtype=np.int64, count=len(slots)), logprobs

    def _said(self, slots: list[int], at: list[int]) -> Iterator[int]:
        for slot, place in zip(slots, at, strict=True):
            script = self._scripts.get(self._running[slot].seed, self._said_all)
            yield script[place] if place < len(script) else self._said_all[0]


def scripts_of(messages: Sequence[Sequence[int]], seed: int) -> dict[int, list[int]]:
    """An episode's messages by the seeds that a dialogue asks with."""
    return {seed_of(seed, number): list(ids) for number, ids in enumerate(messages)}
