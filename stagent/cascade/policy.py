"""The small policy: a Qwen3 with random weights over the compact vocabulary, made, saved, opened, let speak."""

import json
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel, Qwen3Config
from transformers.utils import logging

from data_process.files import whole
from stagent.rollout.compact.talk import CompactSpeaker
from stagent.rollout.compact.vocabulary import CompactVocabulary
from stagent.rollout.local_engine import LocalEngine
from utils import ROOT, InputError

CONFIG = ROOT / "config" / "small_qwen3.json"


class Policy(NamedTuple):
    """A model and how it is spoken to."""

    model: PreTrainedModel
    vocabulary: CompactVocabulary

    @property
    def pad(self) -> int:
        return self.vocabulary.ids["<pad>"]

    def speaker(self, name: str, *, slots: int = 128, temperature: float = 1.0, most: int = 160) -> CompactSpeaker:
        """It as a speaker of episodes, so many messages at once; temperature 0: the likeliest id each.

        Args:
            most: ids of a message, at most.
        """
        end = self.vocabulary.ids["<end>"]
        engine = LocalEngine(self.model, stop=[end], slots=slots, temperature=temperature, name=name)
        return CompactSpeaker(self.vocabulary, engine, most=most)


def new_policy(vocabulary: CompactVocabulary, seed: int) -> Policy:
    """Random weights of the embedded size (``config/small_qwen3.json``), fp32, by a seed."""
    torch.manual_seed(seed)
    settings = json.loads(CONFIG.read_text(encoding="utf-8")) | {
        "vocab_size": len(vocabulary),
        "pad_token_id": vocabulary.ids["<pad>"],
        "eos_token_id": vocabulary.ids["<end>"],
        "bos_token_id": None,
    }
    settings.pop("model_type")
    return Policy(AutoModelForCausalLM.from_config(Qwen3Config(**settings)), vocabulary)


def save_policy(policy: Policy, folder: Path) -> None:
    """Writes a checkpoint: weights as safetensors, ``config.json``, ``compact.json``; whole or not at all."""
    with whole(folder) as partial:
        policy.model.save_pretrained(partial)
        policy.vocabulary.save(partial)


def load_policy(folder: Path) -> Policy:
    """The policy of a checkpoint, fp32.

    Raises:
        InputError: it has none.
    """
    vocabulary = CompactVocabulary.load(folder)
    logging.disable_progress_bar()
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: no model ({str(error)[:200]}); give a checkpoint of: agent.py train") from None
    if model.config.vocab_size != len(vocabulary):
        raise InputError(
            f"{folder}: a model of {model.config.vocab_size} tokens, a vocabulary of {len(vocabulary)}: files of two "
            "checkpoints; train it anew"
        )
    return Policy(model, vocabulary)
