import pytest
import torch
from transformers import AutoTokenizer

from add_tokens.extend import extend, has_latents, latent_tokens
from tests.conftest import tiny_qwen3


def build(folder, vocabulary, tied):
    return AutoTokenizer.from_pretrained(folder), tiny_qwen3(vocabulary, tie_word_embeddings=tied)


@pytest.mark.parametrize("tied", [True, False])
def test_spare_rows_are_used_and_nothing_else_changes(small_tokenizer_folder, tied):
    tokenizer = AutoTokenizer.from_pretrained(small_tokenizer_folder)
    used = len(tokenizer)
    tokenizer, model = build(small_tokenizer_folder, used + 100, tied)
    before = model.get_input_embeddings().weight.detach().clone()
    head_before = model.get_output_embeddings().weight.detach().clone()
    assert not has_latents(tokenizer)

    assert extend(tokenizer, model, seed=3) == 35

    embedding, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    assert embedding.shape == before.shape
    assert (head is embedding) == tied
    ids = tokenizer.convert_tokens_to_ids(latent_tokens())
    assert ids == list(range(used, used + 35))
    assert torch.equal(embedding[:used], before[:used])
    assert torch.equal(embedding[used + 35 :], before[used + 35 :])
    for matrix, old in ((embedding, before), (head, head_before)):
        mean, deviation = old[:used].mean(0), old[:used].std(0)
        distance = (matrix[ids] - mean) / deviation
        # Noise of 0.1 standard deviations: clearly there, clearly small.
        assert 0.05 < distance.std() < 0.2
        assert distance.abs().max() < 1


def test_matrix_without_room_grows_to_a_multiple_of_128(small_tokenizer_folder):
    used = len(AutoTokenizer.from_pretrained(small_tokenizer_folder))
    tokenizer, model = build(small_tokenizer_folder, used, tied=True)
    extend(tokenizer, model, seed=0)
    rows = model.get_input_embeddings().num_embeddings
    assert rows % 128 == 0
    assert used + 35 <= rows < used + 35 + 128
    assert model.config.vocab_size == rows
    assert model.get_output_embeddings().weight.shape[0] == rows
    # Every row of it follows from the seed, whatever the generator of the process was used for before.
    torch.rand(1)
    again_tokenizer, again = build(small_tokenizer_folder, used, tied=True)
    torch.rand(1)
    extend(again_tokenizer, again, seed=0)
    assert torch.equal(again.get_input_embeddings().weight, model.get_input_embeddings().weight)


def test_extending_twice_changes_nothing(small_tokenizer_folder):
    tokenizer, model = build(small_tokenizer_folder, 4096, tied=True)
    extend(tokenizer, model, seed=0)
    before = model.get_input_embeddings().weight.detach().clone()
    assert extend(tokenizer, model, seed=1) == 0
    assert torch.equal(model.get_input_embeddings().weight, before)


def test_latents_survive_decoding_without_special_tokens(small_tokenizer_folder):
    tokenizer, model = build(small_tokenizer_folder, 4096, tied=True)
    extend(tokenizer, model, seed=0)
    ids = tokenizer.convert_tokens_to_ids(["<THOUGHT>", "<T_1_a>", "</THOUGHT>", "<|im_end|>"])
    assert tokenizer.decode(ids, skip_special_tokens=True) == "<THOUGHT><T_1_a></THOUGHT>"


def test_real_vocabulary_fits_into_qwen3s_spare_rows(qwen_tokenizer):
    # 151,936 rows for 151,669 entries: 35 more fit, so a real backbone is never resized.
    assert len(qwen_tokenizer) == 151_669
    assert len(qwen_tokenizer) + len(latent_tokens()) <= 151_936
