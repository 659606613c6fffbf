"""Other numbers of latents a block, and latents right before their intents: training, grammar, text and score agree."""

import copy
import json
import random
import sys

import pytest

import finetune
from add_tokens.extend import latent_tokens
from data_process.compression import LatentForm, block_latents, scaffold
from data_process.encode import COT, JSON, RowEncoder
from data_process.intents import render_plan
from data_process.response import parse_label, parse_response
from data_process.schema import LABEL
from gplan.metrics.latent import latent_valid
from gplan.planner.ebnf import ebnf
from gplan.planner.grammar import Grammar
from utils import InputError, door

FORMS = [LatentForm(1), LatentForm(2), LatentForm(5), LatentForm(3, interleaved=True), LatentForm(1, interleaved=True)]


@pytest.fixture(params=FORMS, ids=str)
def encoder(request, small_tokenizer_folder):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(small_tokenizer_folder)
    tokenizer.add_tokens(latent_tokens(request.param.per_block))
    return RowEncoder(tokenizer, "compact", form=request.param)


def test_names():
    assert block_latents(2, 1) == ("<T_1_a>",)
    assert block_latents(0, 5)[3:] == ("<THOUGHT_CONTEXT_d>", "<THOUGHT_CONTEXT_e>")
    assert len(scaffold(4, 2)) == 12 and len(latent_tokens(5)) == 35 + 22
    assert latent_tokens(5)[:35] == latent_tokens(1) == latent_tokens()


def test_training_writes_what_the_grammar_accepts(encoder, labelled_rows):
    grammar, count = Grammar(encoder, "picd"), encoder.form.per_block
    for row, encoded in zip(labelled_rows[:12], encoder.encode(labelled_rows[:12]), strict=True):
        plan = parse_label(row[LABEL]).plan
        walk = encoder.lay_out(encoded, 11, "latent")
        response = walk.ids[len(encoder.prompt(row)) :]
        assert response == encoder.latent_response(plan)
        assert grammar.accepts(response, has_order=bool(row["trigger_1"])) and len(response) <= grammar.longest
        text = encoder.response_text(response)
        assert text == f"<THOUGHT>{''.join(scaffold(len(plan), count))}</THOUGHT>{render_plan(plan)}"
        assert latent_valid(text) and not latent_valid(text.replace("<T_2_a>", ""))
        assert walk.sections.count(COT) == 2 + count * (len(plan) + 2)
        if not encoder.form.interleaved:
            assert sorted(walk.sections) == walk.sections


def test_each_steps_latents_stand_right_before_its_intent(small_encoder, labelled_rows):
    encoder = RowEncoder(small_encoder.tokenizer, "compact", form=LatentForm(3, interleaved=True))
    plan = parse_label(labelled_rows[0][LABEL]).plan
    text = encoder.tokenizer.decode(encoder.latent_response(plan))
    head, *parts = [f"<T_{i}_a><T_{i}_b><T_{i}_c>" for i in range(1, len(plan) + 1)]
    expected = f'<THOUGHT>{"".join(scaffold(0))}</THOUGHT>[{{"{head}'
    cores = [render_plan([one])[3:-3] for one in plan]
    expected += cores[0] + "".join(f'"}},{{"{latents}{core}' for latents, core in zip(parts, cores[1:], strict=True))
    assert text == expected + '"}]<|im_end|>'
    walk = encoder.lay_out(encoder.encode(labelled_rows[:1])[0], 11, "latent")
    json_text = encoder.tokenizer.decode([i for i, s in zip(walk.ids, walk.sections, strict=True) if s == JSON])
    assert json_text == render_plan(plan) + "<|im_end|>"


def test_every_way_through_the_grammar_is_a_valid_plan(encoder):
    grammar, rng = Grammar(encoder, "picd"), random.Random(3)
    for number in range(60):
        has_order, ids = bool(number % 2), []
        state = grammar.start(has_order=has_order)
        while following := grammar.allowed(state):
            if len(following) > 1:
                assert set(grammar.choice(state).values) == set(following)
            ids.append(rng.choice(following))
            state = grammar.advance(state, ids[-1])
        text = encoder.response_text(ids)
        assert not parse_response(text).problems and latent_valid(text)
        assert parse_response(text).plan == grammar.plan(state)


def test_a_checkpoint_keeps_its_form(words, tmp_path, monkeypatch, cot_csv):
    """Trained, decoded freely and by the planner; a run isn't continued with another form."""
    import test as scoring

    flags = ("--cot_mode", "latent", "--max_steps", 2, "--save_strategy", "steps", "--save_steps", 1)
    form = ("--latents_per_block", 5, "--interleaved", "true")
    monkeypatch.setattr(sys, "argv", ["finetune.py", *words(tmp_path / "out", *flags, *form)])
    assert finetune.main() == 0
    stored = json.loads((tmp_path / "out" / "config.json").read_text())["gplan"]
    assert stored["latents"] == {"per_block": 5, "interleaved": True} and stored["cot_mode"] == "picd"
    for decode in ("planner", "free"):
        given = ["--model", tmp_path / "out", "--valid_csv", cot_csv, "--decode", decode, "--output_dir",
                 tmp_path / decode, "--max_new_tokens", 12]  # fmt: skip
        monkeypatch.setattr(sys, "argv", ["test.py", *map(str, given)])
        assert door(scoring.main) == 0
    metrics = json.loads((tmp_path / "planner" / "metrics.json").read_text())
    assert metrics["valid"]["value"] == metrics["latent_valid"]["value"] == 1
    monkeypatch.setattr(sys, "argv", ["finetune.py", *words(tmp_path / "out", *flags, "--resume", "auto")])
    with pytest.raises(InputError, match="--latents_per_block was 5 and is 3, --interleaved was True and is False"):
        finetune.main()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--latents_per_block", 6), "--latents_per_block 6: 1 to 5"),
        (("--latents_per_block", 0), "--latents_per_block 0: 1 to 5"),
        (("--interleaved", "true"), "with --cot_mode latent alone, not picd"),
    ],
)
def test_refused(words, tmp_path, monkeypatch, flags, message):
    monkeypatch.setattr(sys, "argv", ["finetune.py", *words(tmp_path / "out", *flags)])
    with pytest.raises(InputError, match=message):
        finetune.main()


def test_an_interleaved_checkpoint_has_no_exported_grammar(small_encoder):
    encoder = RowEncoder(copy.deepcopy(small_encoder.tokenizer), "compact", form=LatentForm(3, interleaved=True))
    with pytest.raises(InputError, match="no exported grammar; decode it with the planner"):
        ebnf("picd", has_order=True, encoder=encoder)
