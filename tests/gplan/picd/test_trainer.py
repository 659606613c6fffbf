"""The real trainer, on a tiny backbone: loss, accumulation, ranks, schedule, resume, overfitting."""

import json
import math
import os
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

from data_process.encode import RowEncoder
from data_process.response import parse_label, plan_text
from data_process.schema import LABEL
from data_process.tokenised import FILLER
from gplan.evaluation.free import greedy
from gplan.picd.trainer import WeightedLossTrainer
from tests.conftest import ROOT


class KeepGradients(TrainerCallback):
    """Copies the gradients of every step before the optimizer uses them."""

    def __init__(self):
        self.steps = []

    def on_pre_optimizer_step(self, args, state, control, model=None, **kwargs):
        self.steps.append(torch.cat([p.grad.flatten().clone() for p in model.parameters() if p.grad is not None]))


def run(trainer: WeightedLossTrainer, resume=None):
    gradients = KeepGradients()
    trainer.add_callback(gradients)
    trainer.train(resume_from_checkpoint=resume)
    return [entry for entry in trainer.state.log_history if "json_loss" in entry], gradients.steps


def plain_losses(model, tokenizer, rows):
    """(cot, json) means over the rows with full logits: no collator, no chunks, one row at a time."""
    totals, counts = torch.zeros(2), torch.zeros(2)
    encoder = RowEncoder(tokenizer, "compact")
    for row in rows:
        label = parse_label(row[LABEL])
        reasoning = [encoder.text(block.source) for block in label.blocks]
        cot = [
            tokenizer.convert_tokens_to_ids("<THOUGHT>"),
            *(i for block in reasoning for i in block),
            tokenizer.convert_tokens_to_ids("</THOUGHT>"),
        ]
        plan = [*encoder.text(plan_text(label.plan)), tokenizer.convert_tokens_to_ids("<|im_end|>")]
        prompt = encoder.prompt(row)
        ids = torch.tensor([prompt + cot + plan])
        with torch.no_grad():
            logits = model(ids).logits[0, :-1].float()
        losses = F.cross_entropy(logits, ids[0, 1:], reduction="none")
        start, middle = len(prompt) - 1, len(prompt) - 1 + len(cot)
        totals += torch.stack([losses[start:middle].sum(), losses[middle:].sum()])
        counts += torch.tensor([len(cot), len(plan)])
    return (totals / counts).tolist()


def test_log_holds_the_losses_of_equation_5(training, labelled_rows):
    trainer = training(batch_size=24, epochs=1, cot_weight=3.0, json_weight=1.0)
    model, tokenizer = trainer.model, trainer.processing_class
    cot, plan = plain_losses(model, tokenizer, labelled_rows[:24])
    (entry,), _ = run(trainer)
    assert entry["cot_loss"] == pytest.approx(cot, rel=1e-5)
    assert entry["json_loss"] == pytest.approx(plan, rel=1e-5)
    assert entry["loss"] == pytest.approx((3 * cot + plan) / 4, rel=1e-5)
    assert (entry["stage"], entry["fully_latent"]) == (0, 0.0)


def test_loss_is_the_weighted_mean_of_the_sections_over_any_logging_window(training):
    log, _ = run(training(batch_size=4, epochs=3, grad_accum=2, cot_weight=0.5, json_weight=2.0, logging_steps=2))
    assert len(log) == 4
    for entry in log:
        assert entry["loss"] == pytest.approx((0.5 * entry["cot_loss"] + 2 * entry["json_loss"]) / 2.5, rel=1e-5)


def test_eight_by_one_equals_four_by_two_equals_two_by_four(training):
    # 20 rows of 24 are cut off so that the last window of an epoch is not full either: 8 + 8 + 4.
    results = []
    for batch, accumulation in ((8, 1), (4, 2), (2, 4)):
        trainer = training(batch_size=batch, grad_accum=accumulation, epochs=2, max_grad_norm=0)
        trainer.train_dataset.indices = trainer.train_dataset.indices[:20]
        results.append(run(trainer))
    (log, gradients), *others = results
    assert len(log) == 6
    for other_log, other_gradients in others:
        for entry, other in zip(log, other_log, strict=True):
            for name in ("loss", "cot_loss", "json_loss"):
                assert other[name] == pytest.approx(entry[name], rel=1e-5)
            assert (other["stage"], other["fully_latent"]) == (entry["stage"], entry["fully_latent"])
        # The first step's gradients: later ones add up the rounding of the weights.
        assert (other_gradients[0] - gradients[0]).norm() / gradients[0].norm() < 1e-5


def test_one_copy_of_the_prefix_gives_the_same_losses_and_gradients(training):
    # Every stage from text to latents; 20 rows of 24, so that the last batch of an epoch has fillers: 8 + 8 + 4.
    results = []
    for share_prefix in (False, True):
        trainer = training(batch_size=4, grad_accum=2, epochs=9, max_grad_norm=0, share_prefix=share_prefix)
        trainer.train_dataset.indices = trainer.train_dataset.indices[:20]
        results.append(run(trainer))
    (log, gradients), (other_log, other_gradients) = results
    assert len(log) == 27
    for entry, other in zip(log, other_log, strict=True):
        for name in ("loss", "cot_loss", "json_loss"):
            assert other[name] == pytest.approx(entry[name], rel=1e-3)  # AdamW makes much of rounding
        assert (other["stage"], other["fully_latent"]) == (entry["stage"], entry["fully_latent"])
    assert (other_gradients[0] - gradients[0]).norm() / gradients[0].norm() < 1e-5


def test_a_packed_batch_has_the_prefix_once_and_no_row_behind_another(training):
    trainer = training(share_prefix=True)
    dataset, collate = trainer.train_dataset, trainer.data_collator
    p = len(trainer.encoder.prefix)
    one, two, filler = dataset[1, 0], dataset[1, 1], dataset[1, FILLER]
    batch = collate([one, filler, two])
    walks = [trainer.encoder.lay_out(sample["pieces"], 0, "picd") for sample in (one, two)]
    first, second = (len(walk.ids) - p for walk in walks)
    used, length = p + first + second, batch["input_ids"].shape[1]
    assert length % 128 == 0 and length - used < 128
    assert batch["input_ids"][0, :used].tolist() == walks[0].ids + walks[1].ids[p:]
    assert batch["labels"][0].tolist() == walks[0].labels + walks[1].labels[p:] + [-100] * (length - used)
    assert batch["segments"][0].tolist() == [0] * p + [1] * first + [3] * second + [4] * (length - used)
    assert batch["position_ids"][0, :used].tolist() == [*range(p + first), *range(p, p + second)]
    assert batch["lengths"].tolist() == [p + first, 1, p + second]
    assert batch["rows"].tolist() == [0, -1, 1]


def run_two_ranks(backbone, csv, output, *flags):
    """A run of four rows a micro-batch, 2 x 2 a step, on two processes: its log, and what each rank wrote down."""
    words = f"""--model {backbone} --train_csv {csv} --prompt_style compact --learning_rate 1e-3 --report_to none
        --gradient_checkpointing false --logging_steps 1 --use_cpu true --bf16 false --batch_size 2 --grad_accum 2
        --epochs 2 --max_grad_norm 0 --disable_tqdm true --output_dir {output}""".split()
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    worker = ROOT / "tests" / "support" / "two_ranks.py"
    subprocess.run(
        [*map(str, (*command, worker, output)), *words, *map(str, flags)],
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    log = json.loads((output / "trainer_state.json").read_text())["log_history"]
    ranks = [torch.load(f"{output}.{rank}.pt", weights_only=True) for rank in (0, 1)]
    return [entry for entry in log if "json_loss" in entry], ranks


def assert_same_steps(log, other):
    assert len(log) == len(other)
    for entry, two in zip(log, other, strict=True):
        for name in ("loss", "cot_loss", "json_loss"):
            assert two[name] == pytest.approx(entry[name], rel=1e-5)
        for name in ("step", "stage", "fully_latent", "learning_rate"):
            assert two[name] == entry[name]


def test_two_ranks_equal_one_and_resume_in_the_middle_of_an_epoch(training, tmp_path, tiny_backbone, cot_csv):
    log, gradients = run(training(batch_size=8, epochs=2, max_grad_norm=0))
    assert [entry["stage"] for entry in log] == [0, 0, 0, 1, 1, 1]
    saving = ("--save_strategy", "steps", "--save_steps", "1", "--save_total_limit", "9")
    other, ranks = run_two_ranks(tiny_backbone, cot_csv, tmp_path / "two", *saving)
    assert_same_steps(log, other)
    assert (ranks[0]["gradients"] - gradients[0]).norm() / gradients[0].norm() < 1e-5

    # Step 4 of 6 is the first of epoch 2: the loader is rebuilt there, and its sampler starts at epoch 1 by itself.
    checkpoint = str(tmp_path / "two" / "checkpoint-4")
    # How a batch is laid out may change on the way: here, on two ranks, to rows behind one copy of the prefix.
    packed = ("--resume", checkpoint, "--share_prefix", "true")
    resumed, _ = run_two_ranks(tiny_backbone, cot_csv, tmp_path / "resumed", *packed)
    assert_same_steps(log, resumed)


def test_rates_of_a_run_follow_calr(training):
    # 24 rows in batches of 8: 3 steps an epoch; 4 epochs; c* = 1: t* is step 6 of 12; warm-up of 2 steps.
    log, _ = run(training(batch_size=8, epochs=4, learning_rate=2e-3, polish_lr=4e-4, calr_target=1, warmup_steps=2))
    structure = [1e-3, 2e-3, 2e-3, 2e-3, 2e-3, 2e-3]
    polish = [4e-4 * 0.5 * (1 + math.cos(math.pi * t / 6)) for t in range(6)]
    assert [entry["learning_rate"] for entry in log] == pytest.approx(structure + polish)
    assert [entry["stage"] for entry in log] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_stages_and_rates_of_a_run_with_several_blocks_an_epoch(training, capfd):
    # 3 steps an epoch; N = 4, so 4 epochs by themselves; stages 0 4 8 reach c* = 5 in epoch 3, so t* is step 9 of 12.
    flags = {"learning_rate": 2e-3, "polish_lr": 4e-4, "calr_target": 5, "warmup_steps": 0}
    trainer = training(batch_size=8, blocks_per_epoch=4, **flags)
    log, _ = run(trainer)
    assert [entry["stage"] for entry in log] == [0] * 3 + [4] * 3 + [8] * 3 + [11] * 3
    polish = [4e-4 * 0.5 * (1 + math.cos(math.pi * t / 3)) for t in range(3)]
    assert [entry["learning_rate"] for entry in log] == pytest.approx([2e-3] * 9 + polish)
    blocks = trainer.train_dataset.blocks
    shares = [(blocks <= stage).mean() for stage in (0, 4, 8, 11)]
    # Of the 24 rows none is fully latent at stage 4 and some are at 8, or the lines below would say little.
    assert shares[1] == 0 < shares[2] and shares[3] == 1
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("epoch ")]
    assert said == [
        f"epoch {epoch}: stage {stage}, {share:.0%} of the rows fully latent"
        for epoch, stage, share in zip((1, 2, 3, 4), (0, 4, 8, 11), shares, strict=True)
    ]
    assert [entry["fully_latent"] for entry in log[6:9]].count(0) < 3


def test_a_target_that_the_last_epoch_reaches_leaves_no_polish_phase_and_says_so(training, capfd):
    log, _ = run(training(batch_size=8, blocks_per_epoch=4, calr_target=9, warmup_steps=0, learning_rate=2e-3))
    assert [entry["learning_rate"] for entry in log] == pytest.approx([2e-3] * 12)
    said = capfd.readouterr().err
    assert "polish phase (c* = 9) would start at step 12 of 12" in said
    assert "--epochs 5 has one epoch of it" in said
    # Where --max_steps decides, more epochs would change nothing.
    run(training(batch_size=8, blocks_per_epoch=4, calr_target=9, max_steps=1))
    assert "would start at step 12 of 1: the rate stays at 0.001\n" in capfd.readouterr().err


@pytest.mark.parametrize(("blocks_per_epoch", "stages"), [(1, [1, 2, 2, 2, 3, 3, 3]), (4, [4, 8, 8, 8, 11, 11, 11])])
def test_stage_is_right_after_a_resume_in_the_middle_of_an_epoch(training, tmp_path, blocks_per_epoch, stages):
    flags = {"batch_size": 8, "epochs": 4, "blocks_per_epoch": blocks_per_epoch, "calr_target": 8}
    whole, _ = run(training(**flags, output_dir=tmp_path / "whole"))
    part = tmp_path / "part"
    run(training(**flags, output_dir=part, save_strategy="steps", save_steps=1, save_total_limit=20))
    resumed, _ = run(training(**flags, output_dir=part), resume=str(part / "checkpoint-5"))
    assert [entry["stage"] for entry in resumed[5:]] == stages
    for entry, other in zip(whole, resumed, strict=True):
        for name in ("loss", "cot_loss", "json_loss", "learning_rate"):
            assert other[name] == pytest.approx(entry[name], rel=1e-5)


def test_validation_is_fully_latent_and_exact(training, cot_csv):
    trainer = training(batch_size=5, epochs=1, valid_csv=cot_csv, per_device_eval_batch_size=5)
    # One batch of one epoch's end, by hand: all rows fully latent through the collator, full logits.
    dataset, collator = trainer.eval_dataset, trainer.data_collator
    totals, counts = torch.zeros(2), torch.zeros(2)
    for index in range(len(dataset)):
        batch = collator([dataset[13, index]])
        assert batch["fully_latent"].tolist() == [1]
        with torch.no_grad():
            logits = trainer.model(batch["input_ids"][:, : batch["lengths"]]).logits[0, :-1].float()
        labels, sections = (batch[name][0, 1 : batch["lengths"]] for name in ("labels", "sections"))
        losses = F.cross_entropy(logits, labels, reduction="none")
        for section in (1, 2):
            totals[section - 1] += losses[sections == section].sum()
            counts[section - 1] += (sections == section).sum()
    expected = (totals / counts).tolist()
    metrics = trainer.evaluate()
    assert [metrics["eval_cot_loss"], metrics["eval_json_loss"]] == pytest.approx(expected, rel=1e-5)
    assert metrics["eval_loss"] == pytest.approx(sum(expected) / 2, rel=1e-5)


@pytest.mark.parametrize("mode", ["picd", "cot_sft", "direct_sft"])
def test_a_tiny_model_overfits_eight_rows_to_exact_plans(training, labelled_rows, tmp_path, mode):
    trainer = training(
        batch_size=8,
        cot_mode=mode,
        epochs=40 if mode != "cot_sft" else 60,
        learning_rate=5e-3,
        polish_lr=3e-3,
        calr_target=11,
        logging_steps=20,
    )
    # Eight rows, eight times an epoch: eleven stages are passed within the first twelve epochs.
    trainer.train_dataset.indices = trainer.train_dataset.indices[:8].repeat(8)
    log, _ = run(trainer)
    assert ("cot_loss" in log[-1]) == (mode != "direct_sft")
    trainer.save_model()
    folder = tmp_path / "output"
    model = AutoModelForCausalLM.from_pretrained(folder)
    encoder = RowEncoder(AutoTokenizer.from_pretrained(folder), model.config.gplan["prompt_style"])
    assert model.config.gplan["cot_mode"] == mode
    rows = labelled_rows[:8]
    texts = greedy(model, encoder, [encoder.prompt(row) for row in rows], model.config.gplan["response_tokens"])
    for (text, cut), row in zip(texts, rows, strict=True):
        assert not cut
        expected = row[LABEL]
        if mode != "cot_sft":
            expected = plan_text(parse_label(row[LABEL]).plan)
            assert text.startswith("<THOUGHT><THOUGHT_CONTEXT_a>") == (mode == "picd")
            text = text.rpartition("</THOUGHT>")[2]
        assert text == expected


def test_an_epoch_of_part_of_the_rows_has_its_steps_and_its_stage(training):
    trainer = training(batch_size=4, rows_per_epoch=10, epochs=3, max_steps=-1)
    assert (trainer.steps_per_epoch, trainer.total_steps) == (3, 9)
    seen, loader = [], trainer.get_train_dataloader()
    for epoch in range(3):
        loader.set_epoch(epoch)
        batches = list(loader)
        assert {int(batch["stages"].max()) for batch in batches} == {epoch}
        seen += [row for batch in batches for row in batch["rows"].tolist() if row >= 0]
    assert len(seen) == 30 and sorted(seen[:24]) == list(range(24))  # 24 rows: each once, then from the start
    assert training(rows_per_epoch=1000).samples_per_epoch == 24


def test_latent_from_the_first_step_writes_as_picd_does_at_its_end(training, tmp_path):
    trainer = training(cot_mode="latent", batch_size=8, max_steps=2)
    batches = list(trainer.get_train_dataloader())
    assert all(batch["fully_latent"].bool()[batch["rows"] >= 0].all() for batch in batches)
    log, _ = run(trainer)
    assert "cot_loss" in log[-1]
    trainer.save_model()
    stored = json.loads((tmp_path / "output" / "config.json").read_text())["gplan"]
    assert (stored["cot_mode"], stored["stage"]) == ("picd", 11)
    assert stored["response_tokens"] == trainer.train_dataset.longest_response(12)


def test_checkpoint_is_a_plain_hugging_face_folder(training, tmp_path):
    trainer = training(batch_size=8, epochs=1)
    run(trainer)
    trainer.save_model()
    trainer.save_state()
    folder = tmp_path / "output"
    names = {path.name for path in folder.iterdir()}
    assert names >= {"model.safetensors", "tokenizer.json", "chat_template.jinja", "generation_config.json"}
    assert not [name for name in names if name.endswith((".bin", ".pt"))]
    model = AutoModelForCausalLM.from_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["Qwen3ForCausalLM"]
    for name, weight in trainer.model.state_dict().items():
        assert torch.equal(model.state_dict()[name], weight)
    longest = trainer.train_dataset.response_lengths(1).max()  # after one epoch all of it is text
    stored = {"cot_mode": "picd", "prompt_style": "compact", "response_tokens": longest, "stage": 0}
    assert config["gplan"] == stored
    assert model.generation_config.max_new_tokens == longest


def test_grouped_by_length_every_row_is_still_trained_on_once_an_epoch(training):
    trainer = training(batch_size=5, train_sampling_strategy="group_by_length")
    loader = trainer.get_train_dataloader()
    loader.set_epoch(1)
    assert sum(int((batch["stages"] >= 0).sum()) for batch in loader) == 24
    order = [index for _, index in trainer.train_sampler if index >= 0]
    # 24 rows are one pool and one group: sorted by their length at epoch 2.
    lengths = trainer.train_dataset.lengths(2)[order]
    assert (lengths[1:] >= lengths[:-1]).all()
