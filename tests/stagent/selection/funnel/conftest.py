"""A small model for the semantic stage."""

import pytest

from tests.conftest import tiny_qwen3

TEXTS = ["附近最近的药店", "附近最近的药房", "从N到N怎样走", "今天下雨", "好"]


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """A transformer of one layer that reads characters."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    words = ["[pad]", "[unk]", *sorted(set("".join(TEXTS)))]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[unk]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[pad]").save_pretrained(folder)
    tiny_qwen3(len(words)).save_pretrained(folder)
    return folder
