"""The sequential baselines: what their networks may see, that they learn, and that a run is a function of its seed."""

import json
import random
import signal
from argparse import Namespace
from pathlib import Path

import pytest
import torch

from data_process.intents import render_plan
from data_process.rule_filter import checked_label
from data_process.schema import write_rows
from gplan.baselines import __main__ as baselines
from gplan.baselines.bert4rec import BERT4RecNetwork
from gplan.baselines.hstu import HSTUNetwork
from gplan.baselines.inputs import RARE, RowEncoding, hashed_vectors
from gplan.baselines.options import model_defaults, parse_arguments
from gplan.baselines.rearec import ReaRecNetwork, contrastive
from gplan.baselines.sasrec import SASRecNetwork, sampled_bce
from gplan.baselines.sequential import PAD, padded
from gplan.baselines.trainer import BaselineTrainer
from gplan.baselines.vocabulary import Vocabulary
from gplan.world.rows import generate
from utils import door

VOCABULARY = Vocabulary("intents")
ROWS = generate(40, seed=3)
TARGETS = padded([(*VOCABULARY.ids(checked_label(row).plan), VOCABULARY.end) for row in ROWS])
SMALL = ("--dim", "16", "--blocks", "1", "--epochs", "2", "--batch_size", "16")


def network(kind, name: str, sees: str = "context", **settings):
    """A network with new weights that is not trained, and the encoded rows."""
    encoding = RowEncoding(ROWS, sees)
    torch.manual_seed(0)
    made = kind(encoding, len(VOCABULARY), Namespace(**model_defaults(name) | {"model": name, "dim": 16} | settings))
    return made.eval(), encoding.encode(ROWS)


def write(path: Path, rows) -> str:
    write_rows(path, rows)
    return str(path)


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """Trains and answers through the door; returns the plans of the answered rows."""
    train = write(tmp_path / "train.csv", ROWS)

    def call(model: str, *words: str, output="output", valid: str | None = None, train: str = train):
        folder = tmp_path / output
        flags = ["--train_csv", train, "--valid_csv", valid or train, "--output_dir", str(folder), *words]
        monkeypatch.setattr("sys.argv", ["baselines", model, *flags])
        assert door(baselines.main) == 0
        return [json.loads(line)["plan"] for line in (folder / "predictions.jsonl").read_text().splitlines()]

    return call


@pytest.mark.parametrize("loss", ["prl", "erl"])
def test_rearec_without_steps_is_sasrec_to_the_last_bit(loss):
    plain, batch = network(SASRecNetwork, "sasrec")
    reasoning, _ = network(ReaRecNetwork, "rearec", steps=0, loss=loss)
    assert torch.equal(plain.plan_logits(batch, TARGETS), reasoning.plan_logits(batch, TARGETS))
    losses = []
    for one in (plain.train(), reasoning.train()):
        torch.manual_seed(1)
        losses.append(one.training_losses(batch, TARGETS))
        losses[-1].sum().backward()
    assert torch.equal(*losses)
    for name, weight in plain.named_parameters():
        assert torch.equal(weight.grad, reasoning.get_parameter(name).grad), name


@pytest.mark.parametrize(
    ("kind", "name", "settings"),
    [
        (SASRecNetwork, "sasrec", {}),
        (HSTUNetwork, "hstu", {}),
        (ReaRecNetwork, "rearec", {}),
        (ReaRecNetwork, "rearec", {"loss": "erl"}),
        (BERT4RecNetwork, "bert4rec", {}),
    ],
)
def test_a_decision_is_made_by_what_stands_before(kind, name, settings):
    made, batch = network(kind, name, **settings)
    other = TARGETS.clone()
    other[:, 2] = (other[:, 2] + 1) % VOCABULARY.end
    before, after = made.plan_logits(batch, TARGETS), made.plan_logits(batch, other)
    assert torch.equal(before[:, :3], after[:, :3])
    real = (TARGETS != PAD)[:, 3]
    assert not torch.isclose(before[real, 3], after[real, 3]).all()
    # Answering asks about plans of different lengths at once, and gets the same.
    plans = [tuple(row[row != PAD].tolist())[: i % 3] for i, row in enumerate(TARGETS)]
    asked = made.next_logits(batch, padded(plans))
    expected = before[torch.arange(len(plans)), [len(plan) for plan in plans]]
    torch.testing.assert_close(asked, expected, atol=1e-5, rtol=1e-4)


def test_reasoning_changes_the_answer_and_learns_from_both_terms():
    made, batch = network(ReaRecNetwork, "rearec")
    states, _ = made.reasoned(batch, made.begun(TARGETS[:, :-1]))
    assert len(states) == 3
    assert not torch.isclose(states[0], states[2]).all()
    made.train().training_losses(batch, TARGETS).sum().backward()
    assert made.reasoning.grad.abs().sum(1).min() > 0


def test_decisions_of_one_target_are_no_negatives():
    states = torch.eye(3)[None]  # orthogonal, so that every negative's score is 0
    own, all_same = (
        contrastive(states, states, torch.tensor([[0, 1, 2]]), 1.0),
        contrastive(states, states, torch.tensor([[7, 7, 7]]), 1.0),
    )
    torch.testing.assert_close(own, torch.full((1, 3), (torch.e**0 * (torch.e + 2)) / torch.e).log())
    assert torch.equal(all_same, torch.zeros(1, 3))


def test_a_masked_target_is_never_visible():
    made, _ = network(BERT4RecNetwork, "bert4rec")
    torch.manual_seed(5)
    items, asked = made.cloze(TARGETS)
    masked = asked != PAD
    assert masked.any(1).all()
    assert (items[masked] == made.extra).all()
    assert torch.equal(items.where(masked | (items == PAD), TARGETS), items)  # what is not masked stands as it was
    torch.manual_seed(5)
    others, _ = made.cloze(TARGETS.where(~masked, (TARGETS + 1) % len(VOCABULARY)))
    assert torch.equal(items, others)
    assert (asked == VOCABULARY.end).any()  # the end is an item


def test_negatives_are_none_of_the_plan():
    targets = torch.tensor([[0, 1, PAD]])
    logits = torch.zeros(1, 3, 3)
    logits[..., 2] = 50.0  # the one choice that is left: -log(1 - σ(50)) = 50
    torch.testing.assert_close(
        sampled_bce(logits, targets),
        torch.tensor([[50.0, 50.0, 0.0]]) + 0.6931 * torch.tensor([[1, 1, 0]]),
        atol=1e-3,
        rtol=0,
    )


def test_rare_ids_have_vectors_by_their_text_alone():
    encoding = RowEncoding(ROWS, "context")
    batch = encoding.encode([ROWS[0] | {"current_poi_name": "p_0", "trigger_4": "p_0"}])
    poi, order_poi = (encoding.fields.index(name) for name in ("current_poi_name", "trigger_4"))
    assert batch.ids_BT[0, poi] == batch.ids_BT[0, order_poi] == RARE
    assert batch.hashes_BT[0, poi] == batch.hashes_BT[0, order_poi]
    vectors = hashed_vectors(torch.arange(200), 64)
    assert (vectors.norm(dim=1) == 3).all()
    assert (vectors @ vectors.T - 9 * torch.eye(200)).abs().max() < 9 * 0.6


@pytest.mark.parametrize("model", ["sasrec", "bert4rec", "rearec", "hstu"])
def test_seeing_the_plan_alone_gives_every_row_one_plan(model, answers):
    plans = answers(model, "--sees", "plan", "--decode", "free", *SMALL)
    assert all(plan == plans[0] for plan in plans)


@pytest.mark.parametrize("model", ["sasrec", "bert4rec", "rearec", "hstu"])
def test_equal_seeds_give_equal_answers_whatever_the_labels(model, answers, tmp_path):
    labels = [row["raw_labels"] for row in ROWS]
    permuted = [row | {"raw_labels": label} for row, label in zip(ROWS, labels[1:] + labels[:1], strict=True)]
    words = ("--sees", "history", "--decode", "mbr", "--k", "2", *SMALL)
    first = answers(model, *words, output="a")
    assert answers(model, *words, output="b", valid=write(tmp_path / "permuted.csv", permuted)) == first


def test_a_run_that_was_cut_gives_the_answers_of_one_that_was_not(answers, tmp_path, monkeypatch):
    words = ("--decode", "free", "--dim", "16", "--batch_size", "8", "--epochs", "4", "--rate", "0.01")
    whole = answers("sasrec", *words, output="whole")
    step = BaselineTrainer.training_step

    def cut(self, *args, **kwargs):
        if self.state.global_step == 6:  # 36 rows are 5 steps an epoch: in the middle of the second
            signal.raise_signal(signal.SIGTERM)
        return step(self, *args, **kwargs)

    monkeypatch.setattr(BaselineTrainer, "training_step", cut)
    with pytest.raises(SystemExit) as stopped:
        answers("sasrec", *words, output="cut")
    assert stopped.value.code == 128 + signal.SIGTERM
    monkeypatch.setattr(BaselineTrainer, "training_step", step)
    assert answers("sasrec", *words, "--resume", "auto", output="cut") == whole
    logs = [
        json.loads(next((tmp_path / name).glob("checkpoint-20/trainer_state.json")).read_text())["log_history"]
        for name in ("whole", "cut")
    ]
    losses = [[entry["eval_loss"] for entry in log if "eval_loss" in entry] for log in logs]
    assert losses[0] == losses[1]


def test_another_model_does_not_go_on_with_a_run(answers, tmp_path, capsys, monkeypatch):
    answers("sasrec", *SMALL)
    (tmp_path / "output" / "run.json").unlink()
    flags = parse_arguments(["hstu", *SMALL])
    argv = ["baselines", "hstu", "--train_csv", str(tmp_path / "train.csv"), "--valid_csv", str(tmp_path / "train.csv")]
    monkeypatch.setattr("sys.argv", [*argv, "--output_dir", str(tmp_path / "output"), "--resume", "auto", *SMALL])
    assert door(baselines.main) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert f"model was sasrec and is {flags.model}" in line


@pytest.mark.parametrize(
    ("model", "flag", "value"),
    [("sasrec", "--loss", "prl"), ("rearec", "--loss", "ce"), ("hstu", "--heads", "3"), ("sasrec", "--patience", "0")],
)
def test_a_setting_that_makes_no_network_is_one_line(model, flag, value, tmp_path, monkeypatch, capsys):
    train = write(tmp_path / "train.csv", ROWS)
    argv = ["baselines", model, "--train_csv", train, "--valid_csv", train, "--output_dir", str(tmp_path / "bad")]
    monkeypatch.setattr("sys.argv", [*argv, flag, value])
    assert door(baselines.main) == 2
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: --")]


def test_a_loss_that_is_no_number_is_one_line(answers, monkeypatch, capsys, tmp_path):
    train = str(tmp_path / "train.csv")
    argv = ["baselines", "sasrec", "--train_csv", train, "--valid_csv", train, "--output_dir", str(tmp_path / "nan")]
    monkeypatch.setattr("sys.argv", [*argv, *SMALL])

    def no_number(self, batch, targets_BL):
        return self.items.weight.sum() * torch.full((len(targets_BL),), torch.nan)

    monkeypatch.setattr(SASRecNetwork, "training_losses", no_number)
    assert door(baselines.main) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]
    assert "is not a number, at example" in line
    assert "--rate" in line


def test_equality_of_ids_that_training_never_saw_is_learnt(answers, tmp_path):
    draw, rows = random.Random(0), generate(1300, seed=5)
    ordered = [checked_label(row).plan for row in rows if row["trigger_1"] == "酒店"]
    plans = [ordered[0], next(plan for plan in ordered if plan[0] != ordered[0][0])]
    plans = [render_plan(plan) for plan in plans]
    for row in rows:
        here, there = (f"p_{draw.randrange(10**9)}" for _ in range(2))
        same = draw.random() < 0.5
        row |= {"trigger_1": "酒店", "trigger_4": here, "current_poi_name": here if same else there}
        row["raw_labels"] = plans[same]
    files = [write(tmp_path / f"{name}.csv", part) for name, part in (("learn", rows[:1100]), ("ask", rows[1100:]))]
    words = ("--sees", "context", "--decode", "free", "--dropout", "0", "--rate", "0.003", "--batch_size", "64")
    found = answers("sasrec", *words, "--epochs", "16", "--patience", "16", train=files[0], valid=files[1])
    right = sum(render_plan(plan) == row["raw_labels"] for plan, row in zip(found, rows[1100:], strict=True))
    assert right / len(found) > 0.95
