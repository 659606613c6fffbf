"""``agent.py rollout split``: tasks by the rewards of a model's own tries."""

import json
from dataclasses import replace

import pytest

from agent import VERBS
from config.command_line import run_verb
from stagent.queries.trajectory import AnswerStep, Trajectory, UserStep
from tests.stagent.cascade.toy import toy_task
from utils import InputError


def split(*words):
    return run_verb("agent", "", VERBS, ["rollout", "split", *map(str, words)])


def scored(path, rewards: dict[str, list]):
    lines = []
    for task, tries in rewards.items():
        for reward in tries:
            asked = replace(toy_task(0), id=task, primary="discovery.poi_search.spatial_optimized_poi_search")
            trajectory = Trajectory(asked, "m", [UserStep("家"), AnswerStep("好")])
            lines.append(json.dumps(trajectory.as_json() | {"score": {"reward": reward}}) + "\n")
    path.write_text("".join(lines))
    return path


def names(path):
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_a_file_of_tasks_a_part(tmp_path, capsys):
    """Variances 0, 0, .0225 (μ .85), .16 (μ .6), .2025 (μ .55), .0625 (μ .25): the median of the learnable four is .11.

    Potentials: .6 · .16 = .096, .55 · .2025 = .111: the last of the file comes first.
    """
    rewards = {"can": [1.0, 1.0], "can't": [0.0, 0.0], "sure": [0.7, 1.0], "often": [1.0, 0.2], "low": [0.0, 0.5],
               "half": [1.0, 0.1, None]}  # fmt: skip
    assert split(scored(tmp_path / "s.jsonl", rewards), tmp_path / "out") == 0
    assert names(tmp_path / "out" / "trivial.jsonl") == ["can"] and names(tmp_path / "out" / "noise.jsonl") == ["can't"]
    assert names(tmp_path / "out" / "certain.jsonl") == ["sure", "low"]
    assert names(tmp_path / "out" / "uncertain.jsonl") == ["half", "often"]
    assert (tmp_path / "out" / "split.png").stat().st_size > 1000
    said = "6 tasks: 1 trivial, 1 noise, 2 certain, 2 uncertain; 1 episodes without a reward"
    assert said in capsys.readouterr().err


def test_what_cannot_be_split(tmp_path):
    path = tmp_path / "s.jsonl"
    with pytest.raises(InputError, match="no task has two scored episodes; play each more often"):
        split(scored(path, {"a": [1.0], "b": [0.0, None]}), tmp_path / "out")
    lines = scored(path, {"a": [1.0, 0.0]}).read_text().splitlines()
    other = json.loads(lines[1])
    other["task"]["turns"] = ["别的"]
    path.write_text(f"{lines[0]}\n{json.dumps(other)}\n")
    with pytest.raises(InputError, match=r"trajectory 2: another task has the id a"):
        split(path, tmp_path / "out")
    path.write_text(json.dumps(json.loads(lines[0]) | {"score": None}) + "\n")
    with pytest.raises(InputError, match=r"trajectory 1: has no score; first: agent\.py reward score"):
        split(path, tmp_path / "out")
    with pytest.raises(InputError, match=r"s\.jsonl: a file; name a folder"):
        split(path, path)
    assert not (tmp_path / "out").exists()
