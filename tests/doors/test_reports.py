"""What public bug reports broke, through the command line: options, resumes, answers, folders, variables."""

import contextlib
import dataclasses
import functools
import importlib.util
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, TrainingArguments

from config import trainer_options
from config.stored import stored_settings
from data_process.intents import render_plan
from data_process.response import parse_label
from data_process.schema import LABEL, read_rows, write_rows
from gplan.evaluation.free import gold_lengths
from tests.conftest import ROOT, SHARED, tiny_qwen3
from utils import InputError, door

FLAGS = [
    *("--prompt_style", "compact", "--use_cpu", "true", "--report_to", "none", "--batch_size", "4"),
    *("--learning_rate", "1e-3", "--gradient_checkpointing", "false", "--disable_tqdm", "true", "--calr_target", "1"),
]


def python(*words, cwd=ROOT, **variables):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | variables
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@functools.cache
def script(name):
    """A door as a module; by its path, for the standard library has a ``test`` too."""
    spec = importlib.util.spec_from_file_location(f"door_{name}", ROOT / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def here(name, *words):
    """``python NAME.py …`` in this process, which has torch already: the same line of arguments, the same door."""
    before, out, err = sys.argv, io.StringIO(), io.StringIO()
    sys.argv = [f"{name}.py", *map(str, words)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = door(script(name).main)
            except SystemExit as ended:  # argparse
                status = ended.code
    finally:
        sys.argv = before
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


def finetune(model, csv, output, *more, **variables):
    words = ("--model", model, "--train_csv", csv, "--output_dir", output, *FLAGS, *more)
    return python("finetune.py", *words, **variables) if variables else here("finetune", *words)


def in_folder(folder, name, *words):
    with contextlib.chdir(folder):
        return here(name, *words)


def score(*words):
    return here("test", *words)


def refused(result, *words):
    """One line, status 2, and no traceback."""
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    line = result.stderr.strip().splitlines()[-1]
    assert line.startswith("error: ")
    for word in words:
        assert word in line, line
    return line


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


# Answers that are cut


def test_the_limit_is_that_of_the_stage_that_was_reached(tiny_backbone, cot_csv, tmp_path):
    """24 rows at 4 a step: 6 steps an epoch. Epoch 1 is text throughout, epoch 2 has its first block latent."""
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out", "--epochs", "3", "--save_steps", "3")
    assert result.returncode == 0, result.stderr
    tokens, stages = {}, {}
    kept = sorted((tmp_path / "out").glob("checkpoint-*"))
    for folder in (*kept, tmp_path / "out"):
        settings = stored_settings(folder)
        tokens[folder.name], stages[folder.name] = settings["response_tokens"], settings["stage"]
        assert json.loads((folder / "generation_config.json").read_text())["max_new_tokens"] == tokens[folder.name]
    # checkpoint-15 is in the middle of epoch 3 and may still write as in epoch 2
    assert stages == {"checkpoint-15": 1, "checkpoint-18": 2, "out": 2}
    assert tokens["checkpoint-15"] > tokens["checkpoint-18"] == tokens["out"]
    from data_process.data_loader import CSVDataset
    from data_process.encode import RowEncoder

    dataset = CSVDataset(
        cot_csv, RowEncoder(AutoTokenizer.from_pretrained(tmp_path / "out"), "compact"), "picd", max_length=2560
    )
    longest = [
        max(len(dataset.encoder.lay_out(dataset[epoch, i]["pieces"], epoch, "picd").ids) for i in range(24))
        for epoch in (2, 3)
    ]
    shortest_prompt = min(len(dataset.encoder.prompt(row)) for row in read_rows(cot_csv))
    assert longest[1] - shortest_prompt >= tokens["out"]
    planned = score(
        "--model",
        tmp_path / "out",
        "--valid_csv",
        cot_csv,
        "--decode",
        "planner",
        "--output_dir",
        tmp_path / "results",
    )
    assert planned.returncode == 0
    assert "was trained up to stage 2 of 11" in planned.stderr


def test_rows_learnt_by_heart_in_one_epoch_are_answered(tiny_backbone, labelled_rows, tmp_path):
    """The report: EPOCHS=1, and every metric 0.000, for no answer came to its end."""
    write_rows(tmp_path / "two.csv", labelled_rows[:2] * 100)
    more = ("--epochs", "1", "--save_strategy", "no", "--learning_rate", "5e-3")
    result = finetune(tiny_backbone, tmp_path / "two.csv", tmp_path / "out", *more)
    assert result.returncode == 0, result.stderr
    write_rows(tmp_path / "gold.csv", labelled_rows[:2])
    scored = score(
        "--model",
        tmp_path / "out",
        "--valid_csv",
        tmp_path / "gold.csv",
        "--json",
        "--output_dir",
        tmp_path / "results",
    )
    assert scored.returncode == 0, scored.stderr
    assert json.loads(scored.stdout)["cut"]["responses"] == 0
    assert json.loads(scored.stdout)["acc@1"]["value"] > 0


def test_cut_responses_are_counted_and_warned_of(picd_checkpoint, cot_csv, tmp_path):
    result = score(
        "--model",
        picd_checkpoint,
        "--valid_csv",
        cot_csv,
        "--output_dir",
        tmp_path / "results",
        "--max_new_tokens",
        "5",
    )
    assert result.returncode == 0, result.stderr
    assert "warning: 24 of 24 gold responses are longer than the 5 tokens" in result.stderr
    assert "cut: 24 responses at 5 tokens" in result.stdout
    assert json.loads((tmp_path / "results" / "metrics.json").read_text())["cut"] == {"responses": 24, "limit": 5}


# Saving and going on


def test_a_finished_run_is_left_as_it_is(tiny_backbone, cot_csv, tmp_path):
    """Seven steps end in the middle of an epoch, where transformers would take one more."""
    more = ("--max_steps", "7", "--save_steps", "7")
    assert finetune(tiny_backbone, cot_csv, tmp_path / "out", *more).returncode == 0
    weights, manifest = (tmp_path / "out" / name for name in ("model.safetensors", "run.json"))
    before = weights.read_bytes(), weights.stat().st_mtime_ns
    again = finetune(tiny_backbone, cot_csv, tmp_path / "out", *more, "--resume", "auto")
    assert again.returncode == 0 and "the run is finished, with 7 steps; nothing is left to do" in again.stderr
    assert (weights.read_bytes(), weights.stat().st_mtime_ns) == before
    # Killed between the last checkpoint and the end: the same model, without another step.
    manifest.unlink()
    weights.unlink()
    again = finetune(tiny_backbone, cot_csv, tmp_path / "out", *more, "--resume", "auto")
    assert again.returncode == 0, again.stderr
    assert weights.read_bytes() == before[0]
    assert json.loads((tmp_path / "out" / "trainer_state.json").read_text())["global_step"] == 7


def test_weights_alone_are_not_gone_on_from(tiny_backbone, cot_csv, tmp_path):
    more = ("--max_steps", "4", "--save_steps", "2", "--save_only_model", "true")
    assert finetune(tiny_backbone, cot_csv, tmp_path / "my run", *more).returncode == 0
    checkpoint = tmp_path / "my run" / "checkpoint-2"
    result = finetune(tiny_backbone, cot_csv, tmp_path / "my run", *more, "--resume", checkpoint)
    refused(result, "it holds weights alone; take them into a new run: MODEL='", "my run/checkpoint-2'")
    result = finetune(tiny_backbone, cot_csv, tmp_path / "my run", *more, "--resume", "auto")
    refused(result, "--resume auto: no complete checkpoint")


def test_the_best_model_is_the_best(tiny_backbone, cot_csv, tmp_path):
    """Best is what --greater_is_better says: the epoch of the highest loss, which is not the last one here."""
    more = (
        "--epochs",
        "4",
        "--greater_is_better",
        "true",
        "--load_best_model_at_end",
        "true",
        "--metric_for_best_model",
        "json_loss",
        "--save_total_limit",
        "1",
        "--lr_schedule",
        "constant",
        "--learning_rate",
        "0.05",
        "--warmup_steps",
        "0",
    )
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out", "--valid_csv", cot_csv, *more)
    assert result.returncode == 0, result.stderr
    state = json.loads((tmp_path / "out" / "trainer_state.json").read_text())
    losses = {entry["step"]: entry["eval_json_loss"] for entry in state["log_history"] if "eval_json_loss" in entry}
    best = max(losses, key=losses.get)
    assert len(losses) == 4 and best != 24
    assert state["best_model_checkpoint"] == str(tmp_path / "out" / f"checkpoint-{best}")
    assert Path(state["best_model_checkpoint"]).is_dir()
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == (
        tmp_path / "out" / f"checkpoint-{best}" / "model.safetensors"
    ).read_bytes()
    assert stored_settings(tmp_path / "out")["stage"] == best // 6 - 1


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (("--eval_strategy", "no"), []),
        (("--eval_strategy", "steps", "--eval_steps", "4"), [4, 8, 12]),
        (("--eval_strategy", "epoch"), [6, 12]),
        ((), [6, 12]),
        (("--eval_delay", "2"), [12]),
        (("--eval_on_start", "true"), [0, 6, 12]),
        (("--save_strategy", "best", "--metric_for_best_model", "loss"), [6, 12]),
    ],
)
def test_validation_comes_when_it_is_asked_for(words, steps, tiny_backbone, cot_csv, tmp_path):
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out", "--valid_csv", cot_csv, "--epochs", "2", *words)
    assert result.returncode == 0, result.stderr
    state = json.loads((tmp_path / "out" / "trainer_state.json").read_text())
    assert [entry["step"] for entry in state["log_history"] if "eval_loss" in entry] == steps


def test_sigterm_under_torchrun_saves_and_ends_with_its_number(tiny_backbone, cot_csv, tmp_path):
    paths = ("--model", tiny_backbone, "--train_csv", cot_csv, "--output_dir", tmp_path / "out")
    launcher = (ROOT / "scripts" / "elastic.py", "--standalone", "--nproc_per_node", "2", ROOT / "finetune.py")
    words = (*launcher, *paths, *FLAGS, "--epochs", "13", "--max_steps", "2000", "--logging_steps", "1")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, *map(str, words)], env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    said = []
    for line in process.stderr:
        said.append(line)
        if "step 3 of" in line:
            process.send_signal(signal.SIGTERM)  # torchrun alone, as a cluster's first signal
            break
    rest = process.stderr.read()
    assert process.wait(120) == 128 + signal.SIGTERM, rest
    assert "Traceback" not in rest and "stopped by SIGTERM after step" in rest
    assert list((tmp_path / "out").glob("checkpoint-*/resume.json"))


def test_a_bad_row_under_torchrun_is_one_line(tiny_backbone, tmp_path):
    launcher = (ROOT / "scripts" / "elastic.py", "--standalone", "--nproc_per_node", "2", ROOT / "finetune.py")
    paths = ("--model", tiny_backbone, "--train_csv", tmp_path / "no.csv", "--output_dir", tmp_path / "out")
    result = python(*launcher, *paths, *FLAGS)
    assert result.returncode == 2 and "Traceback" not in result.stderr
    assert result.stderr.count("no such file") == 1
    assert not any(word in result.stderr for word in ("closing signal", "exitcode", "ended with status"))
    result = python(*launcher, *paths, "--learning_rate", "x")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1), result.stderr


# The machine around it


def test_a_cache_that_cannot_be_made(tiny_backbone, cot_csv, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GPLAN_CACHE", str(tmp_path / "file"))
    result = finetune(tiny_backbone, cot_csv, tmp_path / "out")
    refused(result, "the cache ", "let GPLAN_CACHE name a folder that can be written")


@pytest.mark.parametrize("left", [0, 1000, -8])
def test_a_cached_table_that_was_cut_is_made_anew(left, tiny_backbone, cot_csv, tmp_path, monkeypatch):
    more = ("--preview", "1", "--preview_rows", "1", "--json", "true")
    monkeypatch.setenv("GPLAN_CACHE", str(tmp_path / "cache"))
    whole = finetune(tiny_backbone, cot_csv, tmp_path / "out", *more)
    assert whole.returncode == 0, whole.stderr
    (table,) = (tmp_path / "cache" / "tokenised").glob("*.arrow")
    os.truncate(table, left % table.stat().st_size)
    again = finetune(tiny_backbone, cot_csv, tmp_path / "out", *more)
    assert again.returncode == 0 and again.stdout == whole.stdout
    assert "the cached table was cut; making it anew" in again.stderr


def test_a_results_folder_that_cannot_be_written_is_found_first(picd_checkpoint, cot_csv, tmp_path):
    (tmp_path / "file").touch()
    began = time.monotonic()
    result = score(
        "--model",
        tmp_path / "no model",
        "--valid_csv",
        cot_csv,
        "--output_dir",
        tmp_path / "file" / "results",
    )
    refused(result, "--output_dir", "name a folder that can be written")
    assert time.monotonic() > began


@pytest.mark.parametrize("encoding", ["latin-1", "gbk", "ascii"])
def test_a_terminal_that_lacks_characters(encoding, picd_checkpoint, cot_csv, tmp_path):
    words = ("test.py", "--model", picd_checkpoint, "--valid_csv", cot_csv, "--output_dir", tmp_path / "results")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    result = subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, env=environment, capture_output=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.decode(encoding).count("row ") == 3
    augmented = ("-m", "gplan.synthesis", "twins", cot_csv, tmp_path / "天.jsonl", "--json")
    result = subprocess.run([sys.executable, *map(str, augmented)], cwd=ROOT, env=environment, capture_output=True)
    assert json.loads(result.stdout.decode(encoding))["output"] == str(tmp_path / "天.jsonl")


def shell(script, *words, cwd, program="bash", **variables):
    environment = os.environ | {"GPLAN_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)} | variables
    command = [program, str(ROOT / script), *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("script", "variable", "meant"),
    [
        ("finetune.sh", "MODLE", "MODEL"),
        ("test.sh", "VALID_CVS", "VALID_CSV"),
        ("synthesize.sh", "TEACHER_MODLE", "TEACHER_MODEL"),
    ],
)
def test_a_misspelt_variable_is_an_error(script, variable, meant, tmp_path):
    result = shell(script, cwd=tmp_path, **{variable: "x"})
    assert result.returncode == 2
    assert f"{variable} is set, and nothing reads it; is it {meant}?" in result.stderr


def variables(*names, **environment):
    command = [sys.executable, str(ROOT / "scripts" / "variables.py"), *names]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("EPOCH", "EPOCHS"),
        ("TWIN", "TWINS"),
        ("PLANLOG", "PLAN_LOG"),
        ("MODLE", "MODEL"),
        ("SEDE", "SEED"),
        ("XSEED", "SEED"),
    ],
)
def test_one_slip_is_told_and_can_be_let_pass(variable, meant):
    names = ("EPOCHS", "TWINS", "PLAN_LOG", "MODEL", "SEED", "TWO")
    result = variables(*names, **{variable: "1"})
    assert result.returncode == 2 and f"is it {meant}?" in result.stderr and result.stderr.count("\n") == 1
    assert variables(*names, **{variable: "1", "GPLAN_IGNORE": variable}).returncode == 0


def test_other_variables_are_nobodys_business():
    known = {"SEEDS": "1", "PORT": "1", "TW": "1", "HOME": "/", "MODEL": "x", "MODELING": "1", "TEACHER_RPM": "3"}
    assert variables("MODEL", "SEED", "TWO", "HOST", **known).returncode == 0


def test_sh_is_as_good_as_bash(tmp_path):
    result = shell("test.sh", "--no_such_flag", cwd=tmp_path, program="sh")
    assert result.returncode == 2 and "--no_such_flag" in result.stderr and "Illegal" not in result.stderr


def test_host_of_the_shell_is_not_the_servers(picd_checkpoint, tmp_path):
    result = shell("serve.sh", "--slots", "0", cwd=tmp_path, MODEL=str(picd_checkpoint), HOST="x86_64-conda-linux-gnu")
    assert "HOST=x86_64-conda-linux-gnu is not read; the server listens at ADDRESS, 127.0.0.1" in result.stderr
    assert result.returncode == 2 and "--slots" in result.stderr


def test_the_last_line_of_a_run_can_be_pasted(tiny_backbone, cot_csv, tmp_path):
    result = finetune(tiny_backbone, cot_csv, tmp_path / "my run", "--max_steps", "1", "--save_strategy", "no")
    assert f"score it with: MODEL='{tmp_path}/my run' bash test.sh" in result.stderr


# The public data's own files


def test_the_readmes_way_on_a_file_with_rows_that_break_rules(tiny_backbone, labelled_rows, tmp_path):
    """Three of 24 labels are no good to train on, as 4 of the 1,000 public ones: two repeat an intent, one begins with
    a reference to an intent before. Scoring keeps all 24."""
    rows = [dict(row) for row in labelled_rows[:24]]
    for row in rows:
        row[LABEL] = render_plan(parse_label(row[LABEL]).plan)
    for number in (3, 10):
        rows[number][LABEL] = render_plan([{"工具名称": name} for name in ("tool_9", "tool_8", "tool_9")])
    plan = parse_label(rows[7][LABEL]).plan
    rows[7][LABEL] = render_plan(
        [{"工具名称": "tool_1", "起始位置": "当前位置", "终点位置": "前一位推荐结果"}, *plan[1:]]
    )
    write_rows(tmp_path / "test.csv", rows)
    augment = ("augment", "test.csv", "cot_test.csv", "--teacher", "rules")
    stopped = in_folder(tmp_path, "synthesize", *augment)
    line = refused(stopped, "test.csv: row 3 (line 5, id 100003), column raw_labels: the plan fails the rule filter")
    assert "3 of 24 rows are bad (2 logic.duplicate, 1 logic.unresolved_reference)" in line
    assert not (tmp_path / "cot_test.csv").exists()
    skipped = in_folder(tmp_path, "synthesize", *augment, "--bad_rows", "skip")
    assert skipped.returncode == 0, skipped.stderr
    listed = (tmp_path / "cot_test.csv.bad_rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["row"] for line in listed] == [3, 7, 10]
    assert len(read_rows(tmp_path / "cot_test.csv")) == 21
    more = ("--max_steps", "2", "--save_strategy", "no", "--valid_csv", tmp_path / "cot_test.csv")
    trained = finetune(tiny_backbone, tmp_path / "cot_test.csv", tmp_path / "out", *more)
    assert trained.returncode == 0, trained.stderr
    # JSON-only labels are what direct_sft trains on: the same flag, the same meaning
    direct = ("--cot_mode", "direct_sft", "--bad_rows", "skip", "--max_steps", "1", "--save_strategy", "no")
    trained = finetune(tiny_backbone, tmp_path / "test.csv", tmp_path / "direct", *direct)
    assert trained.returncode == 0 and "21 rows, 3 bad ones left out" in trained.stderr
    scored = score(
        "--model",
        tmp_path / "out",
        "--valid_csv",
        tmp_path / "test.csv",
        "--json",
        "--output_dir",
        tmp_path / "results",
    )
    assert json.loads(scored.stdout)["rows"] == 24, scored.stderr
    for words in (("generate", "test.csv", "made"), ("filter", "test.csv", "made"), ("twins", "test.csv", "t.jsonl")):
        assert "3 of 24 rows are bad" in refused(in_folder(tmp_path, "synthesize", *words))
        done = in_folder(tmp_path, "synthesize", *words, "--bad_rows", "skip")
        assert done.returncode == 0, done.stderr
        assert "3 of 24 rows can't be used and are left out" in done.stderr


def test_scoring_can_go_on_without_rows_that_do_not_parse(picd_checkpoint, labelled_rows, tmp_path):
    rows = [dict(row) for row in labelled_rows[:6]]
    rows[2][LABEL] = "[{"
    write_rows(tmp_path / "gold.csv", rows)
    words = (
        "--model",
        picd_checkpoint,
        "--valid_csv",
        tmp_path / "gold.csv",
        "--output_dir",
        tmp_path / "r",
    )
    refused(score(*words), "row 2 (line 4, id 100002), column raw_labels: the label does not parse")
    scored = score(*words, "--bad_rows", "skip", "--json")
    assert json.loads(scored.stdout)["rows"] == 5, scored.stderr
    lines = [json.loads(line) for line in (tmp_path / "r" / "predictions.jsonl").read_text().splitlines()]
    assert [line["row"] for line in lines] == [0, 1, 3, 4, 5]
    assert json.loads((tmp_path / "r" / "bad_rows.jsonl").read_text())["row"] == 2
    again = score(
        "--predictions",
        tmp_path / "r" / "predictions.jsonl",
        "--valid_csv",
        tmp_path / "gold.csv",
        "--bad_rows",
        "skip",
        "--json",
        "--output_dir",
        tmp_path / "r2",
    )
    first, second = (json.loads(one.stdout) for one in (scored, again))
    assert second["acc@1"] == first["acc@1"]


# Ten more reports: what they broke here


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_columns_that_are_parted_by_something_else(sign, name, cot_csv, tmp_path):
    text = cot_csv.read_text(encoding="utf-8").replace(",", sign, 31)
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"its columns are parted by {name}; save it with commas"):
        read_rows(tmp_path / "rows.csv")


def test_a_recipe_in_another_encoding_is_one_line(tmp_path):
    (tmp_path / "run.yaml").write_bytes("run_name: 中文\n".encode("gbk"))
    refused(here("finetune", tmp_path / "run.yaml"), "run.yaml: not UTF-8; save it as UTF-8")


def test_a_tilde_in_quotes_is_the_home_folder(tiny_backbone, cot_csv, tmp_path):
    shutil.copytree(tiny_backbone, tmp_path / "m")
    result = finetune("~/m", cot_csv, tmp_path / "out", "--max_steps", "1", "--save_strategy", "no", HOME=str(tmp_path))
    assert result.returncode == 0, result.stderr


def test_a_head_apart_and_a_vocabulary_that_fills_the_matrix(small_tokenizer_folder, cot_csv, tmp_path):
    """Thirty-five tokens more than there are rows: both matrices grow, and scoring and planning load what was saved."""
    tokenizer = AutoTokenizer.from_pretrained(small_tokenizer_folder)
    model = tiny_qwen3(len(tokenizer), tie_word_embeddings=False, max_position_embeddings=4096)
    model.save_pretrained(tmp_path / "untied")
    tokenizer.save_pretrained(tmp_path / "untied")
    more = ("--max_steps", "1", "--save_strategy", "no")
    assert finetune(tmp_path / "untied", cot_csv, tmp_path / "out", *more).returncode == 0
    weights = load_file(tmp_path / "out" / "model.safetensors")
    shapes = {weights[name].shape[0] for name in ("model.embed_tokens.weight", "lm_head.weight")}
    assert len(shapes) == 1 and shapes.pop() >= len(tokenizer) + 35
    words = ("--valid_csv", cot_csv, "--output_dir", tmp_path / "results", "--decode", "planner")
    assert score("--model", tmp_path / "out", *words).returncode == 0


def test_a_run_that_was_cut_at_an_epochs_end_goes_on_with_the_next(tiny_backbone, cot_csv, tmp_path):
    more = ("--epochs", "2", "--save_steps", "6")
    assert finetune(tiny_backbone, cot_csv, tmp_path / "whole", *more).returncode == 0
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    shutil.rmtree(tmp_path / "cut" / "checkpoint-12")
    for name in ("run.json", "model.safetensors"):
        (tmp_path / "cut" / name).unlink()
    assert finetune(tiny_backbone, cot_csv, tmp_path / "cut", *more, "--resume", "auto").returncode == 0
    ends = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert ends[0] == ends[1]


def test_reasoning_counts_towards_a_gold_response_where_it_is_written_as_text(cot_csv, small_encoder):
    """The second way: ids laid out as training lays them out, less the prompt's."""
    rows = read_rows(cot_csv)[:3]
    cases = (({"cot_mode": "cot_sft"}, 1), ({"cot_mode": "picd", "stage": 2}, 3), ({"cot_mode": "picd"}, 12))
    for settings, epoch in cases:
        walks = [small_encoder.lay_out(one, epoch, settings["cot_mode"]) for one in small_encoder.encode(rows)]
        prompts = [len(small_encoder.prompt(row)) for row in rows]
        wanted = [len(walk.ids) - prompt for walk, prompt in zip(walks, prompts, strict=True)]
        assert gold_lengths(small_encoder, rows, settings) == wanted
