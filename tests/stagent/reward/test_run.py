"""``agent.py reward score``: each line gets its score; a broken one is named; a run that was cut off goes on."""

import argparse
import json

import pytest

from data_process.files import write_jsonl
from stagent.queries.trajectory import read_trajectories
from stagent.reward.run import add_arguments, run
from tests.stagent.reward.episodes import episode, search
from utils import InputError


def score(*words: object) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args([str(word) for word in words]))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "trajectories.jsonl"
    write_jsonl(path, [episode(f"济安药房距您 {metres} 米。", search()).as_json() for metres in (320, 350, 320)])
    return path


def test_every_line_gets_its_score(file, tmp_path, capsys):
    assert score(file, tmp_path / "out.jsonl") == 0
    found = list(read_trajectories(tmp_path / "out.jsonl"))
    assert [bool(each.score["vetoed"]) for each in found] == [False, True, False]
    assert found[0].score["judge"] == "verifier" and found[0].steps == next(read_trajectories(file)).steps
    assert "3 trajectories" in capsys.readouterr().err


def test_a_run_that_was_cut_off_goes_on(file, tmp_path):
    out = tmp_path / "out.jsonl"
    score(file, out)
    whole = out.read_bytes()
    lines = whole.splitlines(keepends=True)
    out.write_bytes(lines[0] + lines[1][:50])  # killed within its second line
    score(file, out)
    assert out.read_bytes() == whole


def test_a_strict_verifier_goes_on_with_its_own_scores_alone(file, tmp_path):
    out = tmp_path / "out.jsonl"
    score(file, out)
    with pytest.raises(InputError, match=r"line 1: .*another verifier"):
        score(file, out, "--strict")
    score(file, tmp_path / "strict.jsonl", "--strict")
    assert next(read_trajectories(tmp_path / "strict.jsonl")).score["judge"] == "strict verifier"


def test_a_broken_line_is_named(file, tmp_path):
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([lines[0], lines[1][:-9], lines[2]]), encoding="utf-8")
    with pytest.raises(InputError, match=r"trajectories\.jsonl, line 2: no JSON"):
        score(file, tmp_path / "out.jsonl")
    value = json.loads(lines[0])
    value["steps"][1]["role"] = "dance"
    file.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(InputError, match=r"line 1: step 2"):
        score(file, tmp_path / "other.jsonl")


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        score(tmp_path / "nothing.jsonl", tmp_path / "out.jsonl")
