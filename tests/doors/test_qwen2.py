"""A backbone as Qwen2.5 is published: biases, a tied head, spare rows, bf16 files, a generation config of its own."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config

from tests.support.doors import finetune, here, score
from tests.support.runs import history

SPARE = 267  # Qwen's matrix has 151,936 rows for 151,669 tokens
EMBEDDING = "model.embed_tokens.weight"


@pytest.fixture(scope="module")
def qwen2(small_tokenizer_folder, tmp_path_factory):
    tokenizer = AutoTokenizer.from_pretrained(small_tokenizer_folder)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(
        Qwen2Config(
            vocab_size=len(tokenizer) + SPARE,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            tie_word_embeddings=True,
        )
    ).to(torch.bfloat16)
    folder = tmp_path_factory.mktemp("qwen2")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    generation = {"do_sample": True, "repetition_penalty": 1.05, "temperature": 0.7, "top_k": 20, "top_p": 0.8}
    (folder / "generation_config.json").write_text(json.dumps(generation))
    return folder


@pytest.fixture(scope="module")
def trained(qwen2, cot_csv, tmp_path_factory):
    """24 rows at 4 a step, 12 blocks an epoch: 6 steps of text, 6 fully latent."""
    folder = tmp_path_factory.mktemp("trained") / "out"
    result = finetune(qwen2, cot_csv, folder, "--blocks_per_epoch", 12, "--save_steps", 9, "--logging_steps", 1)
    assert result.returncode == 0, result.stderr
    assert "35 latent and wrapper tokens added" in result.stderr
    return folder


def test_the_latents_take_spare_rows_and_the_tied_matrix_is_saved_once(qwen2, trained):
    before, after = (load_file(folder / "model.safetensors") for folder in (qwen2, trained))
    assert EMBEDDING in before and "lm_head.weight" not in before
    assert before.keys() == after.keys()
    assert {name: weight.shape for name, weight in before.items()} == {n: w.shape for n, w in after.items()}
    assert {weight.dtype for weight in before.values()} == {torch.bfloat16}
    assert {weight.dtype for weight in after.values()} == {torch.float32}
    model = AutoModelForCausalLM.from_pretrained(trained)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    latents = AutoTokenizer.from_pretrained(trained).convert_tokens_to_ids(["<THOUGHT>", "<T_9_c>"])
    assert latents[1] - latents[0] == 34 and latents[1] < len(before[EMBEDDING])


def test_a_run_that_was_cut_ends_as_the_whole_one(qwen2, trained, cot_csv, tmp_path):
    assert [entry["stage"] for entry in history(trained) if "json_loss" in entry] == [0] * 6 + [11] * 6
    checkpoint = trained / "checkpoint-9"
    more = ("--blocks_per_epoch", 12, "--save_steps", 9, "--logging_steps", 1, "--resume", checkpoint)
    result = finetune(qwen2, cot_csv, tmp_path / "out", *more)
    assert result.returncode == 0, result.stderr
    assert [entry["stage"] for entry in history(tmp_path / "out") if "json_loss" in entry] == [0] * 6 + [11] * 6
    ends = [(folder / "model.safetensors").read_bytes() for folder in (trained, tmp_path / "out")]
    assert ends[0] == ends[1]


@pytest.mark.parametrize("decode", ["free", "planner"])
def test_it_is_scored(trained, cot_csv, tmp_path, decode):
    words = ("--valid_csv", cot_csv, "--output_dir", tmp_path / "results", "--decode", decode, "--json")
    result = score("--model", trained, *words)
    assert result.returncode == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary["rows"] == 24
    if decode == "planner":
        assert summary["valid"]["value"] == 1


def test_it_is_aligned(trained, twins_jsonl, tmp_path):
    words = ("--twins", twins_jsonl, "--output_dir", tmp_path / "aligned", "--max_steps", 2, "--batch_size", 4)
    more = ("--use_cpu", "true", "--report_to", "none", "--disable_tqdm", "true", "--gradient_checkpointing", "false")
    result = here("align", "--model", trained, *words, *more, "--save_strategy", "no")
    assert result.returncode == 0, result.stderr
    before, after = (load_file(folder / "model.safetensors") for folder in (trained, tmp_path / "aligned"))
    assert {name: weight.shape for name, weight in before.items()} == {n: w.shape for n, w in after.items()}


def test_a_head_that_the_files_hold_beside_a_tied_matrix_is_dropped(qwen2, cot_csv, tmp_path):
    """Converters write both: the head's copy must not come back as a matrix of its own."""
    folder = shutil.copytree(qwen2, tmp_path / "both")
    weights = load_file(folder / "model.safetensors")
    save_file(weights | {"lm_head.weight": weights[EMBEDDING].clone()}, folder / "model.safetensors", {"format": "pt"})
    result = finetune(folder, cot_csv, tmp_path / "out", "--max_steps", 1, "--save_strategy", "no")
    assert result.returncode == 0, result.stderr
    after = load_file(tmp_path / "out" / "model.safetensors")
    assert "lm_head.weight" not in after and after[EMBEDDING].shape == weights[EMBEDDING].shape
