"""What public bug reports broke: options and models."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, TrainingArguments

from config import trainer_options
from tests.conftest import ROOT, SHARED
from tests.support.doors import finetune, here, refused, score

# Options


def test_every_option_of_the_installed_version_is_in_one_list():
    names = {field.name for field in dataclasses.fields(TrainingArguments) if field.init}
    fixed = {**trainer_options.FIXED, **trainer_options.FIXED_IN_FINETUNE, **trainer_options.FIXED_IN_ALIGN}
    assert not fixed.keys() & set(trainer_options.HONOURED)
    listed = fixed.keys() | set(trainer_options.HONOURED) | {"train_sampling_strategy"}
    assert names - listed == set()
    page = (ROOT / "docs" / "training_options.md").read_text(encoding="utf-8")
    assert trainer_options.tables() in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--lr_scheduler_type", "cosine"), "--lr_scheduler_type has no effect here: the rate follows --lr_schedule"),
        (("--label_smoothing_factor", "0.1"), "--label_smoothing_factor has no effect here"),
        (("--fp16", "true"), "--fp16 has no effect here"),
        (("--ignore_data_skip", "true"), "--ignore_data_skip has no effect here"),
        (("--push_to_hub", "true"), "--push_to_hub has no effect here"),
        (("--do_eval", "true"), "--do_eval has no effect here"),
        (("--dataloader_drop_last", "true"), "--dataloader_drop_last has no effect here"),
        (("--epochs", "0"), "--epochs 0: a whole number of at least 1"),
        (("--epochs", "1.5"), "--epochs 1.5: a whole number"),
        (("--blocks_per_epoch", "0"), "--blocks_per_epoch 0: 1 or more is needed"),
        (("--blocks_per_epoch", "-4"), "--blocks_per_epoch -4: 1 or more is needed"),
        (("--blocks_per_epoch", "1.5"), "--blocks_per_epoch: invalid int value: '1.5'"),
        (("--batch_size", "0"), "--per_device_train_batch_size 0: 1 or more"),
        (("--grad_accum", "0"), "--gradient_accumulation_steps 0: 1 or more"),
        (("--learning_rate", "-1"), "--learning_rate -1.0: 0 or more"),
        (("--learning_rate", "nan"), "--learning_rate nan: 0 or more"),
        (("--logging_steps", "0"), "--logging_steps 0.0: more than 0"),
        (("--report_to", "wandb"), "--report_to none"),
        (("--report_to", "nowhere"), "--report_to nowhere: "),
        (("--load_best_model_at_end", "true", "--save_steps", "2"), "save and eval strategy"),
        (("--eval_strategy", "epoch"), "--eval_strategy epoch: nothing to validate on"),
    ],
)
def test_an_option_that_would_do_nothing_or_harm_is_refused(words, said, tiny_backbone, cot_csv, tmp_path):
    refused(finetune(tiny_backbone, cot_csv, tmp_path / "out", *words), said)
    assert not (tmp_path / "out").exists()


def test_a_deepspeed_file_with_a_schedule_of_its_own(tiny_backbone, cot_csv, tmp_path):
    if not (SHARED / "cases").is_dir():
        pytest.skip("no cases here")
    file = SHARED / "cases" / "ds_with_scheduler.json"
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out", "--ds_config", file)
    refused(result, "its section optimizer and its section scheduler would replace the recipe's own")


def test_null_in_yaml_is_no_word_and_lists_are_several(tiny_backbone, cot_csv, tmp_path):
    (tmp_path / "run.yaml").write_text(
        f"model: {tiny_backbone}\ntrain_csv: {cot_csv}\noutput_dir: {tmp_path / 'out'}\nvalid_csv: null\n"
        "run_name: null\nreport_to: [none]\nmax_steps: 1\nsave_strategy: 'no'\nbatch_size: 4\nprompt_style: compact\n"
        "use_cpu: true\ngradient_checkpointing: false\n",
        encoding="utf-8",
    )
    result = here("finetune", tmp_path / "run.yaml")
    assert result.returncode == 0, result.stderr
    assert not list(tmp_path.rglob("None"))


def test_losses_are_shown_without_a_bar_and_bf16_works_on_a_cpu(tiny_backbone, cot_csv, tmp_path):
    more = ("--max_steps", "4", "--logging_steps", "2", "--save_strategy", "no", "--bf16", "true")
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out", "--valid_csv", cot_csv, *more)
    assert result.returncode == 0, result.stderr
    assert "step 2 of 4: " in result.stderr and "step 4 of 4: " in result.stderr and "loss" in result.stderr


def test_rate_0_teaches_nothing_and_ends_well(tiny_backbone, cot_csv, tmp_path):
    more = ("--max_steps", "3", "--learning_rate", "0", "--polish_lr", "0", "--save_strategy", "no")
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out", *more)
    assert result.returncode == 0, result.stderr
    before, after = (load_file(folder / "model.safetensors") for folder in (Path(tiny_backbone), tmp_path / "out"))
    words = len(AutoTokenizer.from_pretrained(tiny_backbone))  # behind them stand the latents, which are new
    assert before.keys() == after.keys()
    for name in before:
        assert torch.equal(before[name][:words], after[name][:words]), name


# Models


def backbone_with(folder, source, **settings):
    """A copy of a backbone whose config.json holds these settings too."""
    shutil.copytree(source, folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))
    return folder


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"quantization_config": {"quant_method": "awq", "bits": 4}}, "its weights are awq"),
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "its weights are gptq"),
        (
            {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Mine", "AutoModelForCausalLM": "mine.Lm"}},
            "asks to run code",
        ),
    ],
)
def test_models_that_are_not_used_say_so_before_data_is_read(settings, said, tiny_backbone, tmp_path):
    model = backbone_with(tmp_path / "model", tiny_backbone, **settings)
    refused(finetune(model, tmp_path / "nothing.csv", tmp_path / "out"), said)


def test_a_tokenizer_without_a_pad_token_is_no_reason_to_stop(tiny_backbone, cot_csv, tmp_path):
    model = backbone_with(tmp_path / "model", tiny_backbone, pad_token_id=None)
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.pad_token = None
    tokenizer.save_pretrained(model)
    assert AutoTokenizer.from_pretrained(model).pad_token is None
    result = finetune(model, cot_csv, tmp_path / "out", "--max_steps", "2", "--save_strategy", "no")
    assert result.returncode == 0, result.stderr


def test_rows_that_are_longer_than_the_models_positions(tiny_backbone, cot_csv, tmp_path):
    model = backbone_with(tmp_path / "model", tiny_backbone, max_position_embeddings=64)
    result = finetune(model, cot_csv, tmp_path / "out")
    assert "the model attends to 64 tokens: --max_length 2560 becomes 64" in result.stderr
    refused(result, "of 24 rows are longer than --max_length 64 tokens")


def test_a_repetition_penalty_in_the_folder_changes_nothing(picd_checkpoint, cot_csv, tmp_path):
    model = shutil.copytree(picd_checkpoint, tmp_path / "model")
    answers = []
    for penalty in (1.0, 5.0):
        path = model / "generation_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"repetition_penalty": penalty}))
        result = score("--model", model, "--valid_csv", cot_csv, "--output_dir", tmp_path / "results")
        assert result.returncode == 0, result.stderr
        answers.append((tmp_path / "results" / "predictions.jsonl").read_bytes())
    assert answers[0] == answers[1]
