"""The real SC-DPO trainer and align.py on a tiny PICD checkpoint: losses, cuts of a batch, resume, refusals."""

import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest
import torch
from transformers import AutoModelForCausalLM

import align
from data_process.twins import read_pairs, write_pairs
from gplan.scdpo.trainer import FIGURES
from tests.conftest import ROOT
from tests.support.runs import TORCHRUN, StopAt, assert_same_end, history, send, start, wait_until
from utils import InputError

FLAGS = """--use_cpu true --bf16 false --report_to none --disable_tqdm true --learning_rate 1e-3 --batch_size 4
    --gradient_checkpointing false --save_strategy no"""
VANILLA = ("--anchor_weight", 0, "--low_weight", 0, "--high_weight", 0, "--center_weight", 0)
COMPARED = (*FIGURES, "learning_rate", *(f"eval_{name}" for name in FIGURES))


@pytest.fixture
def words(picd_checkpoint, twins_jsonl):
    """The command line of an alignment of 6 steps."""

    def build(output, *more):
        paths = ["--model", picd_checkpoint, "--twins", twins_jsonl, "--valid_twins", twins_jsonl]
        return [*map(str, [*paths, "--output_dir", output]), *FLAGS.split(), *map(str, more)]

    return build


@pytest.fixture
def run(words, monkeypatch):
    """That run in this process; returns the log's training entries."""

    def go(output, *more):
        monkeypatch.setattr("sys.argv", ["align.py", *words(output, *more)])
        assert align.main() == 0
        return entries(output)

    return go


def entries(output):
    return [entry for entry in history(output) if "loss" in entry]


def test_policy_is_the_reference_at_first(run, tmp_path):
    first, *_ = run(tmp_path / "sc")
    assert first["loss"] == pytest.approx(0.893147, abs=1e-5)
    assert [first[name] for name in ("dpo", "anchor", "low", "high", "center")] == pytest.approx(
        [0.693147, 0, 0.2, 0, 0], abs=1e-5
    )
    assert [first[name] for name in ("chosen_reward", "rejected_reward", "margin", "drift")] == pytest.approx(
        [0] * 4, abs=1e-4
    )
    vanilla, *_ = run(tmp_path / "vanilla", *VANILLA)
    assert vanilla["loss"] == pytest.approx(0.693147, abs=1e-5)


def test_it_learns_to_prefer_the_matched_plan_and_leaves_all_files(run, picd_checkpoint, twins_jsonl, tmp_path):
    output = tmp_path / "output"
    write_pairs(tmp_path / "two.jsonl", read_pairs(twins_jsonl)[:2])
    log = run(output, "--twins", tmp_path / "two.jsonl", "--epochs", 80, "--learning_rate", 5e-3, "--valid_twins", "")
    assert len(log) == 80
    for entry in log:
        assert entry["margin"] == pytest.approx(entry["chosen_reward"] - entry["rejected_reward"], abs=1e-5)
        assert entry["drift"] == pytest.approx(10 * entry["chosen_reward"], abs=1e-4)  # β = 0.1
        total = entry["dpo"] + entry["anchor"] + entry["low"] + 0.5 * entry["high"] + 0.1 * entry["center"]
        assert entry["loss"] == pytest.approx(total, abs=1e-5)
    assert sum(entry["margin"] for entry in log[-6:]) / 6 > 0.2
    assert sum(entry["accuracy"] for entry in log[-6:]) / 6 > 0.8
    before, after = (json.loads((folder / "config.json").read_text())["gplan"] for folder in (picd_checkpoint, output))
    assert {name: after[name] for name in ("cot_mode", "prompt_style")} == {
        "cot_mode": "picd",
        "prompt_style": "compact",
    }
    assert after["response_tokens"] >= before["response_tokens"]
    manifest = json.loads((output / "run.json").read_text())
    assert manifest["arguments"]["beta"] == 0.1
    assert manifest["data"]["twins_pairs"] == 2
    assert manifest["data"]["twins_fingerprint"] in (output / "README.md").read_text(encoding="utf-8")
    assert (output / "alignment.png").read_bytes()[:4] == b"\x89PNG"
    assert AutoModelForCausalLM.from_pretrained(output).num_parameters()


def test_figures_are_those_of_the_weights_before_the_step(run, picd_checkpoint, twins_jsonl, tmp_path):
    """The second step's margin, computed by hand from the weights that the first step left."""
    from gplan.scdpo.forward import attach_response_log_probs
    from gplan.scdpo.pairs import PairCollater, PairDataset

    saving = ("--save_strategy", "steps", "--save_steps", 1, "--save_total_limit", 9)
    log = run(tmp_path / "output", *saving, "--batch_size", 24, "--epochs", 2)
    checkpoint = tmp_path / "output" / "checkpoint-1"
    values = []
    for folder in (picd_checkpoint, checkpoint):
        _, encoder = align.load_reference(align.parse_arguments(["--model", str(picd_checkpoint)]))
        dataset = PairDataset(twins_jsonl, encoder, max_length=2560)
        model = AutoModelForCausalLM.from_pretrained(folder)
        attach_response_log_probs(model)
        batch = PairCollater(encoder, share_prompt=False)([dataset[1, index] for index in range(24)])
        with torch.no_grad():
            values.append(model(**{name: batch[name] for name in ("input_ids", "sources", "targets")}))
    chosen, rejected = (0.1 * (values[1] - values[0])).unbind(1)
    assert log[1]["chosen_reward"] == pytest.approx(chosen.mean().item(), abs=1e-5)
    assert log[1]["rejected_reward"] == pytest.approx(rejected.mean().item(), abs=1e-5)
    assert log[1]["accuracy"] == pytest.approx((chosen > rejected).float().mean().item(), abs=1e-6)


def test_ordinary_training_minimises_the_cross_entropy_of_each_sides_own_plan(
    run, picd_checkpoint, twins_jsonl, tmp_path
):
    """Its first loss by hand, from the checkpoint's own logits: no rejected plan and no reference is in it."""
    _, encoder = align.load_reference(align.parse_arguments(["--model", str(picd_checkpoint)]))
    model = AutoModelForCausalLM.from_pretrained(picd_checkpoint)
    losses = []
    for pair in read_pairs(twins_jsonl):
        for row, plan in zip((pair.anchor, pair.twin), pair.plans, strict=True):
            prompt, response = encoder.prompt(row), encoder.latent_response(plan)
            with torch.no_grad():
                logits = model(torch.tensor([prompt + response])).logits[0, len(prompt) - 1 : -1]
            losses.append(torch.nn.functional.cross_entropy(logits, torch.tensor(response)).item())
    log = run(tmp_path / "output", "--loss", "sft", "--batch_size", len(losses), "--epochs", 30)
    assert log[0]["loss"] == pytest.approx(sum(losses) / len(losses), abs=1e-4)
    assert log[-1]["loss"] < log[0]["loss"] - 0.5
    assert log[-1]["drift"] > 10  # what it is made for: the matched plan gets likelier
    assert (tmp_path / "output" / "alignment.png").exists()


CUTS = {
    "8 x 1": ((), ("--batch_size", 8)),
    "2 x 4": ((), ("--batch_size", 2, "--grad_accum", 4)),
    "apart": ((), ("--batch_size", 8, "--share_prompt", "false")),
    "checkpointed": ((), ("--batch_size", 8, "--gradient_checkpointing", "true")),
    "two processes": (TORCHRUN, ("--batch_size", 2, "--grad_accum", 2)),
    "two processes, ZeRO-3": (TORCHRUN, ("--batch_size", 4, "--deepspeed", ROOT / "config" / "ds_z3_bf16.json")),
}


def in_a_process(words, output, launcher, flags):
    process = start(words(output, *flags), launcher, script="align.py")
    lines = wait_until(process, lambda lines: False)
    assert process.wait() == 0, "".join(lines)
    return lines


def test_a_step_does_not_depend_on_how_the_global_batch_is_cut(words, twins_jsonl, tmp_path):
    # 11 pairs: the last global batch of 22 samples holds 6, filled up where ranks need it.
    write_pairs(tmp_path / "eleven.jsonl", read_pairs(twins_jsonl)[:11])
    logs = {}
    for name, (launcher, flags) in CUTS.items():
        if "--deepspeed" in flags:
            pytest.importorskip("deepspeed")
        output = tmp_path / name.replace(" ", "_")
        twins = ("--twins", tmp_path / "eleven.jsonl", "--valid_twins", tmp_path / "eleven.jsonl")
        # Off the anchor's kink: at the first step r⁺ is 0 but for rounding, whose sign would settle the gradient.
        in_a_process(words, output, launcher, (*flags, *twins, "--epochs", 2, "--anchor_margin", -0.1))
        logs[name] = [entry for entry in history(output) if "loss" in entry or "eval_loss" in entry]
    reference = logs.pop("8 x 1")
    assert len(reference) == 8  # 3 steps and a validation an epoch
    for name, log in logs.items():
        # AdamW hardly feels a factor on all gradients; this does.
        assert log[0]["grad_norm"] == pytest.approx(reference[0]["grad_norm"], rel=1e-3), name
        for entry, other in zip(reference, log, strict=True):
            assert other.keys() & set(COMPARED) == entry.keys() & set(COMPARED)
            for figure in entry.keys() & set(COMPARED):
                if figure == "accuracy" and entry["step"] <= 2:
                    continue  # the warm-up's first rate is 0: rewards are rounding, and their order is chance
                assert other[figure] == pytest.approx(entry[figure], abs=2e-4, rel=1e-4), (name, figure)


# The reference


def test_reference_is_computed_once_for_a_checkpoint_and_a_file(run, words, tmp_path, capfd, picd_checkpoint):
    def computed():
        return capfd.readouterr().err.count("the reference's log-probabilities of")

    own_cache = tmp_path / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPLAN_CACHE", str(own_cache))
        first = run(tmp_path / "one")
        assert computed() == 1  # the held-out file is the same one here
        # Another loss, rate and batch size, but the same model and twins, from a copy of the folder.
        shutil.copytree(picd_checkpoint, tmp_path / "copy")
        second = run(tmp_path / "two", *VANILLA, "--batch_size", 6, "--model", tmp_path / "copy")
        assert computed() == 0
        assert second[0]["margin"] == pytest.approx(first[0]["margin"], abs=1e-4)
        model = AutoModelForCausalLM.from_pretrained(picd_checkpoint)
        with torch.no_grad():
            model.model.norm.weight *= 1.1
        model.save_pretrained(tmp_path / "copy")
        assert run(tmp_path / "three", "--model", tmp_path / "copy")[0]["loss"] == pytest.approx(0.893147, abs=1e-5)
        assert computed() == 1


# Cut off and continued


@pytest.mark.parametrize("cache_is_gone", [False, True])
def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(run, words, tmp_path, monkeypatch, cache_is_gone):
    flags = ("--epochs", 2, "--logging_steps", 5, "--save_steps", 4, "--save_strategy", "steps")
    run(tmp_path / "whole", *flags)
    build = align.build_trainer

    def with_stop(*args):
        trainer = build(*args)
        trainer.add_callback(StopAt(7))
        return trainer

    with monkeypatch.context() as patch:
        patch.setattr(align, "build_trainer", with_stop)
        patch.setattr("sys.argv", ["align.py", *words(tmp_path / "cut", *flags)])
        assert align.main() == 128 + signal.SIGTERM
    if cache_is_gone:
        monkeypatch.setenv("GPLAN_CACHE", str(tmp_path / "another"))
    run(tmp_path / "cut", *flags, "--resume", "auto")
    assert_same_end(tmp_path / "cut", tmp_path / "whole", COMPARED)


def test_a_continued_run_without_its_reference_is_refused(run, words, tmp_path, monkeypatch):
    flags = ("--save_steps", 2, "--save_strategy", "steps")
    run(tmp_path / "output", *flags)
    for path in (tmp_path / "output").glob("*reference*"):
        path.unlink()
    monkeypatch.setenv("GPLAN_CACHE", str(tmp_path / "another"))
    monkeypatch.setattr(
        "sys.argv", ["align.py", *words(tmp_path / "output", *flags, "--resume", tmp_path / "output" / "checkpoint-4")]
    )
    with pytest.raises(InputError, match=r"reference's log-probabilities .* neither in the cache nor in"):
        align.main()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("--beta", 0.2), "--beta was 0.1 and is 0.2"),
        (("--gap_high", 3), "--gap_high was 2.0 and is 3.0"),
        (("--batch_size", 3), "--batch_size was 4 and is 3"),
    ],
)
def test_other_settings_are_not_continued(run, tmp_path, change, message):
    flags = ("--save_steps", 2, "--save_strategy", "steps", "--max_steps", 2)
    run(tmp_path / "output", *flags)
    with pytest.raises(InputError, match=message):
        run(tmp_path / "output", *flags, *change, "--resume", "auto")


def test_a_run_is_not_continued_against_another_reference(run, picd_checkpoint, tmp_path):
    """Not even against one whose log-probabilities are at hand."""
    other = shutil.copytree(picd_checkpoint, tmp_path / "other")
    model = AutoModelForCausalLM.from_pretrained(picd_checkpoint)
    with torch.no_grad():
        model.model.norm.weight *= 1.1
    model.save_pretrained(other)
    flags = ("--save_steps", 2, "--save_strategy", "steps", "--max_steps", 2)
    run(tmp_path / "another run", *flags, "--model", other)
    run(tmp_path / "output", *flags)
    with pytest.raises(InputError, match="--model was"):
        run(tmp_path / "output", *flags, "--model", other, "--resume", "auto")


@pytest.mark.slow
@pytest.mark.parametrize("launcher", [(), TORCHRUN], ids=["one", "two"])
def test_killed_at_a_random_moment_and_continued(words, tmp_path, launcher):
    flags = ("--epochs", 12, "--batch_size", 2, "--save_steps", 3, "--save_strategy", "steps", "--save_total_limit", 50)
    in_a_process(words, tmp_path / "whole", launcher, flags)
    output = tmp_path / "output"
    seconds = random.Random(len(launcher))
    process = start(words(output, *flags), launcher, script="align.py")
    lines = wait_until(process, lambda _: any(output.glob("checkpoint-*")))
    time.sleep(seconds.uniform(0, 0.4))
    ended = process.poll()
    send(process, signal.SIGKILL)
    process.wait()
    assert ended is None, "".join(lines)
    in_a_process(words, output, launcher, (*flags, "--resume", "auto"))
    assert_same_end(output, tmp_path / "whole", COMPARED)


# What can't be used


def test_loss_that_is_no_number_names_the_pair_and_keeps_the_last_checkpoint(words, tmp_path, monkeypatch, run):
    """From step 3 on, one token that a single pair's prompt has is poisoned."""
    build = align.build_trainer
    poisoned = []

    def with_poison(*args):
        trainer = build(*args)
        data = trainer.train_dataset
        sides = [(data[1, 2 * i], data[1, 2 * i + 1]) for i in range(12)]
        users = [{token for one in both for name in ("user", "chosen") for token in one[name]} for both in sides]
        pair, token = next(
            (i, min(own))
            for i in range(12)
            if (own := users[i].difference(*users[:i], *users[i + 1 :], data.encoder.prefix, data.encoder.header))
        )
        poisoned.append(pair)

        def poison(module, inputs, output):
            # Not the weight itself: it is the head's too.
            if module.training and trainer.state.global_step >= 3:
                return output.masked_fill((inputs[0] == token)[..., None], float("nan"))

        trainer.model.get_input_embeddings().register_forward_hook(poison)
        return trainer

    monkeypatch.setattr(align, "build_trainer", with_poison)
    output = tmp_path / "output"
    flags = ("--epochs", 2, "--save_strategy", "steps", "--save_steps", 1, "--save_total_limit", 20, "--batch_size", 3)
    monkeypatch.setattr("sys.argv", ["align.py", *words(output, *flags, "--valid_twins", "")])
    with pytest.raises(FloatingPointError) as error:
        align.main()
    # The pair alone is named, not its neighbours in the batch.
    assert f"is not a number, at pair {poisoned[0]} of the training file (1 of the step's " in str(error.value)
    step = int(str(error.value).partition("of step ")[2].partition(" ")[0])
    assert step > 3
    assert {path.name for path in output.glob("checkpoint-*")} == {f"checkpoint-{n}" for n in range(1, step)}
    assert not (output / "config.json").exists()


def test_reference_that_is_no_number_is_refused(run, picd_checkpoint, tmp_path):
    shutil.copytree(picd_checkpoint, tmp_path / "broken")
    weights = AutoModelForCausalLM.from_pretrained(picd_checkpoint)
    with torch.no_grad():
        weights.model.norm.weight.fill_(float("nan"))
    weights.save_pretrained(tmp_path / "broken")
    with pytest.raises(InputError, match=r"the responses of 12 pairs have no probability .* \(pair 0 is the first\)"):
        run(tmp_path / "output", "--model", tmp_path / "broken")
    assert not any((tmp_path / "output").glob("checkpoint-*"))


def test_models_that_do_not_reason_in_latents_are_refused(run, tiny_backbone, picd_checkpoint, tmp_path):
    with pytest.raises(
        InputError, match=r"was not trained by finetune.py and has no latent tokens; SC-DPO starts from"
    ):
        run(tmp_path / "output", "--model", tiny_backbone)
    direct = shutil.copytree(picd_checkpoint, tmp_path / "direct")
    config = json.loads((direct / "config.json").read_text())
    config["gplan"]["cot_mode"] = "direct_sft"
    (direct / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"was trained with direct_sft; SC-DPO starts from"):
        run(tmp_path / "output", "--model", direct)
    with pytest.raises(InputError, match=r"no config.json there"):
        run(tmp_path / "output", "--model", tmp_path / "nowhere")
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--beta", 0), "--beta 0.0: more than 0 is needed"),
        (("--low_weight", -1), "--low_weight -1.0: a weight is 0 or more"),
        (("--gap_low", 3), "--gap_low 3.0 lies above --gap_high 2.0"),
        (("--twins", "nowhere.jsonl"), "nowhere.jsonl: no such file; make it anew with"),
    ],
)
def test_arguments_that_can_not_be_used(run, tmp_path, flags, message):
    with pytest.raises(InputError, match=message):
        run(tmp_path / "output", *flags)


def test_presets_follow_the_checkpoint(picd_checkpoint, tmp_path):
    small = align.parse_arguments(["--model", str(picd_checkpoint)])
    real = align.parse_arguments(["--model", str(tmp_path), "--use_cpu", "true"])
    assert real.learning_rate == 5e-7
    assert small.learning_rate != 5e-7
    assert (real.beta, real.gap_low, real.gap_high, real.anchor_weight) == (0.1, 0.2, 2.0, 1.0)
    assert (real.lr_scheduler_type.value, real.warmup_steps, real.num_train_epochs) == ("constant_with_warmup", 0.1, 1)


# The scripts


def test_recipes_differ_in_the_weights_alone_and_pass_flags_on(picd_checkpoint, twins_jsonl, tmp_path):
    import sys

    recipes = {}
    for name in ("sc_dpo", "vanilla_dpo"):
        variables = {
            "GPLAN_PYTHON": sys.executable,
            "MODEL": str(picd_checkpoint),
            "TWINS": str(twins_jsonl),
            "OUTPUT_DIR": str(tmp_path / name),
            "BATCH_SIZE": "6",
            "OMP_NUM_THREADS": "1",
        }
        flags = ("--max_steps", "1", "--report_to", "none", "--disable_tqdm", "true", "--use_cpu", "true")
        subprocess.run(
            ["bash", str(ROOT / "align.sh"), str(ROOT / "experiments" / "recipes" / f"{name}.yaml"), *flags],
            env=os.environ | variables,
            check=True,
            capture_output=True,
        )
        recipes[name] = json.loads((tmp_path / name / "run.json").read_text())["arguments"]
        assert recipes[name]["max_steps"] == 1
        assert recipes[name]["per_device_train_batch_size"] == 6
    assert entries(tmp_path / "sc_dpo")[0]["loss"] == pytest.approx(0.893147, abs=1e-5)
    assert entries(tmp_path / "vanilla_dpo")[0]["loss"] == pytest.approx(0.693147, abs=1e-5)
    different = {name for name in recipes["sc_dpo"] if recipes["sc_dpo"][name] != recipes["vanilla_dpo"][name]}
    assert different == {"anchor_weight", "low_weight", "high_weight", "center_weight", "output_dir"}
