"""The small policy: made by a seed, saved whole, opened as it was; files that don't belong together are named."""

import shutil

import pytest
import torch

from stagent.cascade.policy import load_policy, new_policy, save_policy
from stagent.rollout.compact.vocabulary import CompactVocabulary
from utils import InputError


def equal(one, other):
    other = other.model.state_dict()
    return all(torch.equal(value, other[name]) for name, value in one.model.state_dict().items())


def test_a_seed_makes_the_weights(vocabulary):
    first = new_policy(vocabulary, 1)
    assert equal(first, new_policy(vocabulary, 1)) and not equal(first, new_policy(vocabulary, 2))
    assert first.model.config.vocab_size == len(vocabulary) and first.model.dtype == torch.float32
    assert first.pad == vocabulary.ids["<pad>"] == first.model.config.pad_token_id
    assert first.model.config.eos_token_id == vocabulary.ids["<end>"]


def test_it_opens_as_it_was_saved(untrained, tmp_path):
    policy = untrained()
    save_policy(policy, tmp_path / "policy")
    opened = load_policy(tmp_path / "policy")
    assert equal(policy, opened) and opened.vocabulary.tokens == policy.vocabulary.tokens
    assert {path.name for path in (tmp_path / "policy").iterdir()} >= {
        "model.safetensors",
        "config.json",
        "compact.json",
    }
    assert not [path for path in (tmp_path / "policy").iterdir() if path.suffix in (".bin", ".pt", ".pkl")]


def test_a_policy_is_written_whole_or_not_at_all(untrained, tmp_path):
    broken = untrained()._replace(vocabulary=None)
    with pytest.raises(AttributeError):
        save_policy(broken, tmp_path / "policy")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_policy_is_named(untrained, vocabulary, tmp_path):
    folder = tmp_path / "policy"
    with pytest.raises(InputError, match=r"policy: no compact\.json; give a checkpoint of: agent.py train"):
        load_policy(folder)
    save_policy(untrained(), folder)
    CompactVocabulary([*vocabulary.words, "新词"], vocabulary.heard, vocabulary.fields).save(folder)
    with pytest.raises(InputError, match="files of two checkpoints; train it anew"):
        load_policy(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    vocabulary.save(folder)
    with pytest.raises(InputError, match="policy: no model"):
        load_policy(folder)
