"""``agent.py train`` killed with -9 in every stage, and started again each time: it ends as one that wasn't."""

import json
import signal

import pytest

from tests.support.runs import start, wait_until

RECIPE = """
seed_tasks: 400
tasks: 40
valid: 8
seed_tries: 2
tries: 2
samples: 4
seed_epochs: 8
sft_epochs: 2
rl_steps: 4
rl_tasks: 4
group: 4
validate_every: 2
probe_every: 3
"""


def lines(path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


# Stage -> when the process is killed in it, from what the folder holds.
KILLS = {
    "tasks": lambda out: (out / "recipe.json").exists(),
    "seed, the teacher's answers": lambda out: lines(out / "seed" / "lessons.jsonl") > 99,
    "seed, training": lambda out: any((out / "seed" / "run").glob("checkpoint-*")),
    "seed, validation": lambda out: (out / "seed" / "policy").exists(),
    "probe": lambda out: (out / "probe.jsonl").exists(),
    "sft, training": lambda out: any((out / "sft" / "run").glob("checkpoint-*")),
    "rl, before its first save": lambda out: (out / "rl" / "log.jsonl").exists(),
    "rl, behind step 1": lambda out: lines(out / "rl" / "log.jsonl") > 1,
    "rl, behind step 3": lambda out: lines(out / "rl" / "log.jsonl") > 3,
}
ALIKE = (
    *("tasks.jsonl", "valid.jsonl", "compact.json", "seed/lessons.jsonl", "probe.jsonl", "sft/lessons.jsonl"),
    *("seed/policy/model.safetensors", "sft/policy/model.safetensors"),
)


def train(out, recipe):
    return start(["train", "--out", str(out), "--recipe", str(recipe)], script="agent.py")


@pytest.mark.slow
def test_killed_in_every_stage(tmp_path):
    recipe, whole, out = tmp_path / "tiny.yaml", tmp_path / "whole", tmp_path / "killed"
    recipe.write_text(RECIPE)
    process = train(whole, recipe)
    said = wait_until(process, lambda _: False)
    assert process.wait() == 0, "".join(said)
    for where, ready in KILLS.items():
        process = train(out, recipe)
        said = wait_until(process, lambda _, ready=ready: ready(out))
        process.kill()
        assert process.wait() == -signal.SIGKILL, (where, "".join(said))
    process = train(out, recipe)
    said = wait_until(process, lambda _: False)
    assert process.wait() == 0, "".join(said)
    assert_alike(out, whole)


def entries(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def assert_alike(out, whole):
    """To the byte up to the RL stage; there, results that a new process doesn't have yet come some turns later.

    Episodes then join a pass in another order, sums differ in their last digits, and in the end a draw may be another
    one. With tools that keep nothing test_rl.py has this stage to the byte.
    """
    for name in ALIKE:
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    logs = [entries(folder / "rl" / "log.jsonl") for folder in (out, whole)]
    first, second = ([(entry["step"], *entry) for entry in log] for log in logs)
    assert first == second  # the same steps, with the same figures in their lines
    for found, expected in zip(*(log[:2] for log in logs), strict=True):
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-4)
    found, expected = (entries(folder / "stages.jsonl") for folder in (out, whole))
    assert found[:2] == expected[:2] and [each["stage"] for each in found] == ["seed", "sft", "rl"]
    for folder in (out, whole):
        names = sorted(path.name for path in (folder / "rl").iterdir())
        assert len(names) == 3 and names[0].startswith("best-") and names[1:] == ["log.jsonl", "state-000004"]
