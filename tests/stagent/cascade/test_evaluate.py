"""``agent.py test`` on a folder with toy policies: every row, gone on with behind a stop, and what can't be scored."""

import asyncio
import json
import shutil

import pytest

from stagent.cascade.agent_figures import agent_figures
from stagent.cascade.evaluate import FIGURES, policies_of, rows_of, score
from stagent.cascade.held_out import SPLITS, as_json, held_out_tasks
from stagent.queries.continued import settings_path
from tests.stagent.cascade.scored import scored
from tests.support.doors import here, refused
from utils import InputError

COUNT = 12
ROWS = ["always [Unsolved]", "first result", "untrained", "seed SFT", "seed SFT, likeliest", "rule expert"]


@pytest.fixture(scope="module")
def evaluated(gazetteer, vocabulary, toy_start, tmp_path_factory):
    """The folder of a run that was stopped behind the untrained policy's rows, and gone on with.

    These two are made up here: an untrained policy of the embedded size says nothing but noise, at length.
    """
    folder = tmp_path_factory.mktemp("run")
    shutil.copytree(toy_start, folder / "seed" / "policy")
    vocabulary.save(folder)
    figures = as_json(agent_figures([scored(0.0)]))
    line = {"agent": "untrained", "policy": "", "samples": 1, "figures": figures, "by": {}}
    lines = [line | {"split": split} for split in SPLITS]
    (folder / FIGURES).write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"agent": "al')
    settings = {"world": f"{gazetteer.world.name} {gazetteer.world.version}", "--count": COUNT}
    settings_path(folder / FIGURES).write_text(json.dumps(settings))
    assert score(folder, gazetteer, COUNT) == 0
    return folder


def rows(folder):
    found = map(json.loads, (folder / FIGURES).read_text(encoding="utf-8").splitlines())
    return {(row["agent"], row["split"]): row for row in found}


def test_every_agent_plays_both_splits_once(evaluated):
    found = rows(evaluated)
    assert sorted(found) == sorted((name, split) for name in ROWS for split in SPLITS)
    assert len((evaluated / FIGURES).read_text().splitlines()) == len(found)
    assert [found[name, SPLITS[0]]["samples"] for name in ROWS] == [1, 1, 1, 4, 1, 1]
    assert all((evaluated / f"{split}.png").stat().st_size > 1000 for split in SPLITS)


@pytest.mark.parametrize("split", SPLITS)
def test_the_expert_stands_above_the_floors(evaluated, split):
    figures = {name: rows(evaluated)[name, split]["figures"] for name in ROWS}
    assert figures["rule expert"]["reward"]["mean"] > 0.9 and figures["rule expert"]["vetoed"]["mean"] == 0
    for name in ("always [Unsolved]", "first result", "seed SFT"):
        assert figures[name]["reward"]["mean"] < 0.5
    gives_up = figures["always [Unsolved]"]
    assert gives_up["calls"] == 0 and gives_up["gave_up"]["mean"] == 1 and gives_up["commonest"] == 1
    assert gives_up["power"] is None and figures["seed SFT"]["power"]["count"] == COUNT  # four tries a task
    assert figures["seed SFT"]["reward"]["count"] == COUNT and figures["rule expert"]["reward"]["count"] == COUNT
    assert figures["rule expert"]["errors"] == 0 < figures["rule expert"]["calls"]


def test_giving_up_always_has_the_share_that_can_not_be_solved_as_its_precision(evaluated, gazetteer):
    tasks = asyncio.run(held_out_tasks(gazetteer, COUNT))
    for split in SPLITS:
        can_not = sum(bool(task.unsolvable) for task in tasks[split])
        figures = rows(evaluated)["always [Unsolved]", split]["figures"]
        assert figures["precision_first"]["mean"] == pytest.approx(can_not / COUNT)
        assert (figures["recall_first"] or {"mean": 1})["mean"] == 1
        assert {task.split for task in tasks[split]} == {split}


def test_parts_add_up_to_the_whole(evaluated):
    for row in rows(evaluated).values():
        if row["agent"] != "untrained":
            for own in row["by"].values():
                assert sum(each["reward"]["count"] for each in own.values()) == COUNT


def test_what_is_there_is_not_played_again(evaluated, gazetteer, capsys):
    before = (evaluated / FIGURES).read_bytes()
    assert score(evaluated, gazetteer, COUNT) == 0
    assert (evaluated / FIGURES).read_bytes() == before
    said = capsys.readouterr()
    assert f"## held_out_city, {COUNT} tasks" in said.out and "| rule expert | " in said.out
    assert "on 12 tasks of" not in said.err


def test_cut_off_and_gone_on_with_it_is_the_same_file(evaluated, gazetteer, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(evaluated, folder)
    whole = (folder / FIGURES).read_bytes()
    lines = whole.splitlines(keepends=True)
    (folder / FIGURES).write_bytes(b"".join(lines[:5]) + lines[5][:100])
    assert score(folder, gazetteer, COUNT) == 0
    assert (folder / FIGURES).read_bytes() == whole


def test_figures_of_other_tasks_are_not_mixed_in(evaluated, gazetteer):
    before = (evaluated / FIGURES).read_bytes()
    with pytest.raises(InputError, match=r"held_out\.jsonl: was made with --count 12, now it is 9"):
        score(evaluated, gazetteer, 9)
    assert (evaluated / FIGURES).read_bytes() == before


def test_policies_are_found_where_stages_leave_them(tmp_path):
    for name in ("seed/policy", "sft/run", "rl/best-000010", "rl/best-000020", "rl/state-000030", "controls/x/policy"):
        (tmp_path / name).mkdir(parents=True)
    found = policies_of(tmp_path)
    assert {name: str(path.relative_to(tmp_path)) for name, path in found.items()} == {
        "seed SFT": "seed/policy",
        "+ RL": "rl/best-000020",  # a run that was killed before it removed the earlier one
        "x": "controls/x/policy",
    }


def test_no_policy_there(tmp_path):
    refused(here("agent", "test", "--out", tmp_path), f"--out {tmp_path}: no policy there", "bash agent.sh train --out")
    refused(here("agent", "test", "--out", tmp_path / "none"), "none: no policy there")
    assert list(tmp_path.iterdir()) == []
    refused(here("agent", "test", "--out", tmp_path, "--count", "0"), "--count", "1 or more is needed")


def test_a_damaged_policy_is_named(evaluated, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(evaluated, folder)
    lines = (folder / FIGURES).read_bytes().splitlines(keepends=True)
    (folder / FIGURES).write_bytes(b"".join(line for line in lines if b"seed SFT" not in line))
    (folder / "seed" / "policy" / "model.safetensors").unlink()
    refused(here("agent", "test", "--out", folder, "--count", COUNT), "seed/policy: no model", "agent.py train")
    (folder / "seed" / "policy" / "compact.json").write_text("{")
    refused(here("agent", "test", "--out", folder, "--count", COUNT), "compact.json: ", "train the model anew")


def test_a_better_policy_of_rl_is_scored_anew(evaluated, toy_start, gazetteer):
    best = evaluated / "rl" / "best-000010"
    shutil.copytree(toy_start, best)
    figures = as_json(agent_figures([scored(0.0)]))
    older = {"agent": "+ RL", "policy": "rl/best-000000", "samples": 4, "figures": figures, "by": {}}
    with open(evaluated / FIGURES, "a") as file:
        file.writelines(json.dumps(older | {"split": split}) + "\n" for split in SPLITS)
    before = len((evaluated / FIGURES).read_text().splitlines())
    assert policies_of(evaluated)["+ RL"] == best and score(evaluated, gazetteer, COUNT) == 0
    newest = {row["agent"]: row["policy"] for row in rows_of(evaluated)[SPLITS[0]]}
    assert newest["+ RL"] == "rl/best-000010" and newest["seed SFT"] == "seed/policy"
    added = (evaluated / FIGURES).read_text().splitlines()[before:]
    assert len(added) == 4  # RL's two rows, of both splits
