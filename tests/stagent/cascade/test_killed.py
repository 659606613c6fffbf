"""``agent.py train`` killed with -9 in every stage, and started again each time: it ends as one that wasn't."""

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
    *("seed/policy/model.safetensors", "sft/policy/model.safetensors", "rl/log.jsonl", "stages.jsonl"),
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


def assert_alike(out, whole):
    """To the byte, whichever state of the RL stage is the best one."""
    names = sorted(path.name for path in (whole / "rl").iterdir())
    assert sorted(path.name for path in (out / "rl").iterdir()) == names and names[-1] == "state-000004"
    for name in (*ALIKE, f"rl/{names[0]}/model.safetensors", "rl/state-000004/policy/model.safetensors"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
