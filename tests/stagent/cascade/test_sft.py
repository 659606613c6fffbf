"""Supervised training on a toy: lessons are learnt by heart, and a run that was killed ends as one that wasn't."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
import torch

from stagent.cascade.policy import load_policy, save_policy
from stagent.rollout.compact.lesson import lesson
from stagent.rollout.sequence import TokenSequence
from tests.conftest import ROOT
from tests.stagent.cascade.toy import BAD, EPOCHS, GOOD, said, toy_lessons, toy_task, train_toy
from tests.support.runs import wait_until
from utils import InputError


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Sums in one order, here and in a process of its own."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def losses(run) -> list[float]:
    """What each step's log entry says."""
    (checkpoint,) = run.glob("checkpoint-*")
    history = json.loads((checkpoint / "trainer_state.json").read_text())["log_history"]
    return [entry["loss"] for entry in history if "loss" in entry]


def greedy(policy, prompts):
    """What a policy writes behind prompts, by its likeliest ids."""
    engine = policy.speaker("greedy", temperature=0.0).engine

    async def write():
        return [(await engine.sample(prompt, 20, 0)).ids for prompt in prompts]

    return asyncio.run(write())


def test_eight_lessons_are_learnt_by_heart(untrained, vocabulary, tmp_path):
    """The hours 0 to 3 are answered with one word, 4 to 7 with the other."""
    lessons = [lesson(said(toy_task(n), GOOD if n < 4 else BAD), vocabulary) for n in range(8)]
    policy = untrained()
    assert train_toy(policy, tmp_path / "run", lessons, epochs=60, logging_steps=1) == 0
    found = losses(tmp_path / "run")
    assert len(found) == 120 and found[-1] < 0.05 < 3 < found[0]
    begins = [each.written.index(True) for each in lessons]
    written = greedy(policy, [each.ids[:begin] for each, begin in zip(lessons, begins, strict=True)])
    assert written == [each.ids[begin:] for each, begin in zip(lessons, begins, strict=True)]


def test_the_first_logged_loss_is_the_mean_over_written_tokens(untrained, vocabulary, tmp_path):
    """One step over three lessons, two of them in a batch: not the mean of the batches' means."""
    lessons = [*toy_lessons(vocabulary)[:1], TokenSequence([5, 6, 7, 8], [False, True, True, True], [0.0] * 4)]
    total = count = 0.0
    for each in lessons:
        with torch.no_grad():
            logps = untrained().model(torch.tensor([each.ids])).logits[0, :-1].float().log_softmax(-1)
        for place, written in enumerate(each.written[1:]):
            total, count = total - written * logps[place, each.ids[place + 1]].item(), count + written
    args = {"epochs": 1, "batch": 1, "gradient_accumulation_steps": 2, "logging_steps": 1}
    train_toy(untrained(), tmp_path / "run", lessons, **args)
    assert losses(tmp_path / "run") == [pytest.approx(total / count, abs=1e-4)]


def test_a_batch_and_its_parts_are_one_step(untrained, vocabulary, tmp_path):
    """8 lessons at once, or in 4 micro-batches of 2, long ones and short ones apart: the same weights.

    A mean of the micro-batches' means would count a token of a short lesson ten times as much.
    """
    long = [TokenSequence([*range(n, n + 31)], [False, *[True] * 30], [0.0] * 31) for n in range(4)]
    ends = []
    for batch, parts in ((8, 1), (2, 4)):
        policy = untrained()
        run, lessons = tmp_path / str(batch), [*toy_lessons(vocabulary)[:4], *long]
        train_toy(policy, run, lessons, epochs=3, batch=batch, gradient_accumulation_steps=parts)
        ends.append(policy.model.state_dict())
    for name, value in ends[0].items():
        torch.testing.assert_close(value, ends[1][name], atol=2e-4, rtol=0)


def test_killed_and_gone_on_with_it_ends_as_one_that_was_not(untrained, vocabulary, tmp_path):
    (tmp_path / "killed").mkdir()
    save_policy(untrained(), tmp_path / "killed" / "start")
    shutil.copytree(tmp_path / "killed", tmp_path / "whole")
    command = [sys.executable, "-m", "tests.stagent.cascade.toy", "sft", str(tmp_path / "killed")]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE, text=True
    )
    run = tmp_path / "killed" / "run"
    lines = wait_until(process, lambda _: any(run.glob("checkpoint-*")))
    process.kill()
    assert process.wait() == -signal.SIGKILL, "".join(lines)
    (name,) = [path.name for path in run.glob("checkpoint-*")][-1:]
    assert int(name.rpartition("-")[2]) < 2 * EPOCHS  # it was in the middle
    ends = []
    for folder in ("killed", "whole"):
        policy = load_policy(tmp_path / folder / "start")
        assert train_toy(policy, tmp_path / folder / "run", toy_lessons(vocabulary), epochs=EPOCHS) == 0
        save_policy(policy, tmp_path / folder / "policy")
        ends.append((tmp_path / folder / "policy" / "model.safetensors").read_bytes())
    assert ends[0] == ends[1] and losses(run) == losses(tmp_path / "whole" / "run")


def test_a_finished_run_is_not_trained_further(untrained, vocabulary, tmp_path):
    """Killed between the last checkpoint and the policy: the same command gives the checkpoint's weights."""
    weights = []
    for _ in range(2):
        policy = untrained()
        assert train_toy(policy, tmp_path / "run", toy_lessons(vocabulary), epochs=2) == 0
        weights.append({name: value.clone() for name, value in policy.model.state_dict().items()})
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def test_a_run_is_gone_on_with_on_the_same_lessons_alone(untrained, vocabulary, tmp_path):
    train_toy(untrained(), tmp_path / "run", toy_lessons(vocabulary), epochs=1, data="one")
    with pytest.raises(InputError, match="lessons was one and is two"):
        train_toy(untrained(), tmp_path / "run", toy_lessons(vocabulary)[1:], epochs=1, data="two")
    with pytest.raises(InputError, match=r"learning_rate was 0\.006 and is 0\.1"):
        train_toy(untrained(), tmp_path / "run", toy_lessons(vocabulary), epochs=1, rate=0.1, data="one")


def test_a_loss_that_is_no_number_names_the_lessons(untrained, vocabulary, tmp_path):
    policy = untrained()
    with torch.no_grad():
        policy.model.base_model.norm.weight[0] = float("nan")
    with pytest.raises(FloatingPointError, match="loss of step 1 is not a number, at lesson 0, 1, 2"):
        train_toy(policy, tmp_path / "run", toy_lessons(vocabulary)[:3], epochs=1)
    assert not list((tmp_path / "run").glob("checkpoint-*"))
