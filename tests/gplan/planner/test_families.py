"""Models other than Qwen3: trained, decoded and answered alike, or refused by name before anything is made of them."""

import copy
import json
import runpy
import sys

import pytest
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

import finetune
from add_tokens.extend import extend
from add_tokens.load import longest_sequence
from data_process.encode import RowEncoder
from data_process.schema import write_rows
from gplan.decoding.slots import Slots
from gplan.planner import __main__ as planner_main
from gplan.planner.agreement import generate, verdict
from gplan.planner.decode import Planner
from gplan.training.logits import check_model
from tests.conftest import SHARED
from utils import InputError, door

EXPERTS = {"moe_intermediate_size": 32, "num_experts": 4, "num_experts_per_tok": 2}
FAMILIES = {
    "Qwen2": {},
    "Qwen3": {},
    "Llama": {},
    "Mistral": {"sliding_window": None},
    "Phi3": {},
    "Qwen3Moe": EXPERTS,
    "Olmo2": {},
    "SmolLM3": {},
}


def family(name, tokenizer, **settings):
    """A model of the family with random weights that are sure of random things."""
    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(
        **{
            "vocab_size": len(tokenizer) + 64,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 4096,
            "tie_word_embeddings": False,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": None,
        }
        | settings
    )
    model = AutoModelForCausalLM.from_config(config).eval()
    norms = [weight for name, weight in model.named_parameters() if name.endswith("model.norm.weight")]
    with torch.no_grad():
        for weight in norms:
            weight.mul_(12)
    return model


@pytest.fixture(scope="module")
def tokenizer(small_tokenizer_folder):
    return AutoTokenizer.from_pretrained(small_tokenizer_folder)


def planner_of(model, tokenizer, **settings):
    tokenizer = copy.deepcopy(tokenizer)
    extend(tokenizer, model, seed=0)
    return Planner(model, RowEncoder(tokenizer, "compact"), "picd", **{"slots": 8, "limit": 60} | settings)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_answers_as_generate_does(name, tokenizer, labelled_rows):
    model = family(name, tokenizer, **FAMILIES[name])
    planner = planner_of(model, tokenizer)
    rows = [row if i % 4 else row | {"trigger_1": ""} for i, row in enumerate(labelled_rows[:24])]
    plain = family(name, tokenizer, **FAMILIES[name])
    extend(copy.deepcopy(tokenizer), plain, seed=0)
    answers = planner.plan(rows)
    others = generate(plain, planner.encoder, rows, planner.limit, planner.grammar)
    assert {verdict(*both) for both in zip(answers, others, strict=True)} <= {"same", "near_tie"}
    assert len({json.dumps(answer.plan) for answer in answers}) > 1  # or agreement would say nothing


def test_a_config_without_head_dim(tokenizer, labelled_rows):
    """Qwen2's has none: 64 channels over 4 heads are 16."""
    model = family("Qwen2", tokenizer)
    assert not hasattr(model.config, "head_dim")
    assert planner_of(model, tokenizer).slots._layers[0][0].shape[2:] == (2, 16)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("Cohere", {}, "logits are .*% off those of the model itself"),
        ("GPTNeoX", {}, "can't decode a gpt_neox"),
        ("OPT", {}, "can't decode a opt"),
        ("Gemma2", {}, "layers of full_attention, sliding_attention"),
        ("Mamba", {}, "layers of linear_attention"),
    ],
)
def test_a_family_that_would_answer_as_another_is_refused(name, settings, words, tokenizer):
    with pytest.raises(InputError, match=words):
        planner_of(family(name, tokenizer, **settings), tokenizer)


def test_attention_that_does_not_take_the_mask_is_refused(tokenizer, monkeypatch):
    """The fault itself: a model that sees what follows."""
    run = Slots._run

    def blind(self, first, used, ids, index, positions=None, allowed=None):
        return run(self, first, used, ids, index, positions, torch.ones(*ids.shape, used, dtype=torch.bool))

    monkeypatch.setattr(Slots, "_run", blind)
    with pytest.raises(InputError, match="can't decode a llama"):
        planner_of(family("Llama", tokenizer), tokenizer)


@pytest.mark.parametrize(("name", "fits"), [("Llama", True), ("Phi3", True), ("Granite", False), ("Cohere", False)])
def test_logits_that_are_not_the_heads_are_not_trained_on(name, fits, tokenizer):
    model = family(name, tokenizer, **({"logits_scaling": 4.0} if name == "Granite" else {}))
    if fits:
        check_model(model, [5, 6, 7])
    else:
        with pytest.raises(InputError, match=f"a {name.lower()} can't be trained here"):
            check_model(model, [5, 6, 7])


def test_a_window_is_the_longest_a_model_attends_to(tokenizer, labelled_rows):
    assert longest_sequence(transformers.MistralConfig(sliding_window=512)) == 512
    assert longest_sequence(transformers.Qwen2Config(sliding_window=512, max_position_embeddings=1024)) == 1024
    planner = planner_of(family("Mistral", tokenizer, sliding_window=300), tokenizer, limit=280)
    with pytest.raises(InputError, match=r"row 0: \d+ tokens and a response of up to 280; the model attends to 300"):
        planner.plan(labelled_rows[:2])


def test_a_llama_through_every_door(small_tokenizer_folder, labelled_rows, tmp_path, monkeypatch, capsys):
    """Trained by finetune.py, planned, and compared with generate."""
    if not (SHARED / "cases").is_dir():
        pytest.skip("no cases here")
    backbone, output, csv = tmp_path / "llama", tmp_path / "output", tmp_path / "cot.csv"
    write_rows(csv, labelled_rows[:6])

    def run(main, *words):
        monkeypatch.setattr(sys, "argv", ["door.py", *map(str, words)])
        assert door(main) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    monkeypatch.setattr(sys, "argv", ["", str(small_tokenizer_folder), str(backbone)])
    runpy.run_path(str(SHARED / "cases" / "make_llama_chatml.py"))
    trained = """--prompt_style compact --use_cpu true --report_to none --max_steps 3 --batch_size 2
        --gradient_checkpointing false --save_strategy no --learning_rate 1e-3 --disable_tqdm true"""
    run(finetune.main, "--model", backbone, "--train_csv", csv, "--output_dir", output, *trained.split())
    figures = json.loads(run(planner_main.main, "agreement", "--model", output, "--csv", csv, "--json"))
    assert figures["rows"] == 6 and not figures["constrained_differs"]
