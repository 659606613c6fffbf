"""The probe sees what is there and nothing else."""

import json
import shutil

import numpy as np
import pytest
import torch

from add_tokens.load import load_folder
from config.stored import trained_settings
from data_process.encode import RowEncoder
from experiments import latent_probe
from experiments.latent_probe import WANTED, merged, probe
from gplan.evaluation.gold import gold_plan
from utils import InputError


def plans_of(rows):
    return list(map(gold_plan, rows))


def test_what_is_the_same_for_all_rows_tells_the_step_alone(picd_checkpoint, labelled_rows):
    """Layer 0 is the embedding of latents that all rows share, and of the prompt's last token: the step is all that
    they say. The last layer has seen the prompt."""
    figures = probe(str(picd_checkpoint), labelled_rows, plans_of(labelled_rows))
    names = [f"{seen}, layer {layer}" for seen in ("prompt's last state", "latents") for layer in range(3)]
    assert list(figures) == ["commonest of the step", *names]
    prompt, latents = (figures[f"{seen}, layer 0"] for seen in ("prompt's last state", "latents"))
    assert (
        prompt == latents == pytest.approx(figures["commonest of the step"], abs=0.04)
    )  # two answers may be as common
    assert figures["latents, layer 2"] != latents


def planted(monkeypatch, answers_of):
    """Answers by ``answers_of`` what was seen, instead of the plans'."""
    see = latent_probe.see

    def planting(*args):
        seen = see(*args)
        return seen._replace(answers=dict.fromkeys(WANTED, np.where(answers_of(seen), "yes", "no")))

    monkeypatch.setattr(latent_probe, "see", planting)


def side(states):
    """On which side of a plane the last layer's states are."""
    last = states[max(states)]
    return (last - last.mean(0)) @ np.random.default_rng(1).normal(size=last.shape[1]) > 0


def test_what_stands_in_the_states_is_read(picd_checkpoint, labelled_rows, monkeypatch):
    """There, and not in the embeddings."""
    planted(monkeypatch, lambda seen: side(seen.latents))
    figures = probe(str(picd_checkpoint), labelled_rows * 8, plans_of(labelled_rows) * 8)
    assert figures["latents, layer 2"]["tool"] > 0.95 > 0.8 > figures["latents, layer 0"]["tool"]


def test_the_prompt_may_say_another_thing_of_each_step(picd_checkpoint, labelled_rows, monkeypatch):
    """It is what latents are held against; one probe for all steps would find nothing here."""
    planted(monkeypatch, lambda seen: side(seen.prompt) == (seen.steps % 2 == 0))
    figures = probe(str(picd_checkpoint), labelled_rows * 8, plans_of(labelled_rows) * 8)
    assert figures["prompt's last state, layer 2"]["tool"] > 0.95


def test_rows_that_are_scored_have_not_been_fitted(picd_checkpoint, labelled_rows, monkeypatch):
    """Answers by chance can be learnt by heart, of few rows, and of no others."""
    planted(monkeypatch, lambda seen: np.random.default_rng(1).random(len(seen.steps)) > 0.5)
    figures = probe(str(picd_checkpoint), labelled_rows, plans_of(labelled_rows))
    assert figures["latents, layer 2"]["tool"] < 0.7


def test_states_are_those_of_the_rows_alone(picd_checkpoint, labelled_rows, monkeypatch):
    """Whatever stands beside a row in its batch, and however long that is."""
    tokenizer, model = load_folder(str(picd_checkpoint), torch.float32)
    encoder = RowEncoder.of(tokenizer, trained_settings(str(picd_checkpoint)))
    rows, plans = labelled_rows[:6], plans_of(labelled_rows[:6])
    together = latent_probe.see(model.eval(), encoder, rows, plans)
    monkeypatch.setattr(latent_probe, "BATCH", 1)
    alone = latent_probe.see(model, encoder, rows, plans)
    assert together.steps.tolist() == alone.steps.tolist()
    embed, width = model.get_input_embeddings().weight.detach(), model.config.hidden_size
    for number, step in enumerate(alone.steps[:4]):  # layer 0: all of a block's latents, and the prompt's last token
        own = tokenizer.convert_tokens_to_ids([f"<T_{step + 1}_{letter}>" for letter in "abc"])
        assert alone.latents[0].shape[1] == 3 * width
        np.testing.assert_allclose(alone.latents[0][number], embed[own].flatten().numpy())
        np.testing.assert_allclose(alone.prompt[0][number], embed[encoder.prompt(rows[0])[-1]].numpy())
    for layer in together.latents:
        np.testing.assert_allclose(together.latents[layer], alone.latents[layer], atol=1e-5)
        np.testing.assert_allclose(together.prompt[layer], alone.prompt[layer], atol=1e-5)


def test_seeds_are_put_together():
    seeds = [{"a": {"tool": 0.5, "tag": 0.6}, "b": {"tool": 0.5 + gap, "tag": 0.6}} for gap in (0.1, 0.3)]
    first, second = merged({"PICD": seeds, "without text": seeds[:1]})
    both = {f"{group}: {what}": value for group in ("PICD", "without text") for what, value in seeds[0]["a"].items()}
    assert first == {"seen": "a"} | both
    assert second["PICD: tool"] == pytest.approx({"value": 0.7, "gap": 0.2, "error": 0.1})
    assert second["without text: tool"] == pytest.approx({"value": 0.6, "gap": 0.1})


def test_without_latents_there_is_nothing_to_probe(picd_checkpoint, labelled_rows, tmp_path):
    folder = shutil.copytree(picd_checkpoint, tmp_path / "direct")
    config = json.loads((folder / "config.json").read_text())
    config["gplan"]["cot_mode"] = "direct_sft"
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="was trained with direct_sft; give a checkpoint with latents"):
        probe(str(folder), labelled_rows, plans_of(labelled_rows))
