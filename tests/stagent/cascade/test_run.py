"""The stages over the sandbox: tasks that come back, stages before their predecessors, bad input through the door.

Training itself is tested on toys (test_sft.py, test_rl.py), all of it together in test_killed.py.
"""

import json
import shutil
from dataclasses import replace

import pytest

from stagent.cascade.folder import STAGES, CascadeFolder
from stagent.cascade.recipe import CascadeRecipe
from stagent.cascade.run import CascadeRun
from stagent.queries.task import read_tasks
from stagent.rollout.compact.vocabulary import CompactVocabulary
from tests.support.doors import here, refused
from utils import InputError

RECIPE = CascadeRecipe(
    seed_tasks=3, tasks=6, valid=2, samples=2, rl_steps=2, rl_tasks=2, group=2, validate_every=1, probe_every=0
)


@pytest.fixture(scope="module")
def made(gazetteer, tmp_path_factory):
    """A folder with the stage of tasks done."""
    folder = tmp_path_factory.mktemp("made") / "out"
    assert cascade(folder, gazetteer).run("tasks") == 0
    return folder


@pytest.fixture
def out(made, tmp_path):
    """A copy of it."""
    return shutil.copytree(made, tmp_path / "out")


def cascade(folder, gazetteer, recipe=RECIPE):
    settings = {"world": f"{gazetteer.world.name} {gazetteer.world.version}", "--draw": 0, **recipe.as_json()}
    return CascadeRun(CascadeFolder(folder, settings), gazetteer, recipe, 0)


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stages(folder):
    return [json.loads(line) for line in (folder / "stages.jsonl").read_text().splitlines()]


def taught(out, toy_start, *names):
    """A policy for stages, and lessons of each, as if they had been trained."""
    lesson = {"reward": 1.0, "answers": 2, "ids": [1, 2], "written": [[1, 2]]}
    tasks = list(read_tasks(out / "tasks.jsonl"))
    for name in names:
        shutil.copytree(toy_start, out / name / "policy")
        lines = [json.dumps({"task": task.id} | lesson) for task in tasks[:3]]
        (out / name / "lessons.jsonl").write_text("".join(line + "\n" for line in lines))


def probed(out, *rewards):
    """Rewards of the tasks behind the seed's, as if they had been probed, the last task first."""
    ids = [task.id for task in read_tasks(out / "tasks.jsonl")][3:]
    lines = [{"task": task, "rewards": each, "vetoed": 0} for task, each in zip(ids, rewards, strict=False)]
    (out / "probe.jsonl").write_text("".join(json.dumps(line) + "\n" for line in reversed(lines)))
    (out / "split.png").touch()
    return ids


def test_tasks_of_training_and_of_validation(made, gazetteer):
    pool, valid = (list(read_tasks(made / name)) for name in ("tasks.jsonl", "valid.jsonl"))
    assert len(pool) == 9 and len(valid) == 2 and not {task.id for task in pool} & {task.id for task in valid}
    assert {task.split for task in (*pool, *valid)} == {"train"}
    run = cascade(made, gazetteer)
    assert run.seed_tasks() == pool[:3] and len(CompactVocabulary.load(made)) > 500


def test_a_stage_that_is_done_is_passed_over(out, gazetteer):
    before = files(out)
    assert cascade(out, gazetteer).run("tasks") == 0 and files(out) == before


def test_killed_among_the_tasks_they_are_made_anew_and_the_same(out, gazetteer):
    before = files(out)
    (out / "compact.json").unlink()
    (out / "valid.jsonl").unlink()
    cascade(out, gazetteer).run("tasks")
    assert files(out) == before


def test_other_numbers_are_refused(out, gazetteer):
    with pytest.raises(InputError, match=r"begun with rate 0\.006, now it is 0\.1"):
        cascade(out, gazetteer, replace(RECIPE, rate=0.1))


def test_a_stage_before_its_predecessors_names_what_to_run(out, gazetteer, toy_start, tmp_path):
    def needs(stage, before, folder=out):
        with pytest.raises(InputError, match=rf"isn't there yet; run the stage before: .*--stage {before}$"):
            cascade(folder, gazetteer).run(stage)

    needs("seed", "tasks", tmp_path / "new")
    for stage, before in (("probe", "seed"), ("sft", "seed"), ("rl", "sft")):
        needs(stage, before, tmp_path / "new")
        needs(stage, before)
    taught(out, toy_start, "seed")
    needs("sft", "probe")
    taught(out, toy_start, "sft")
    needs("rl", "probe")


def test_half_a_probe_is_no_split(out, gazetteer, toy_start):
    """Killed while probing: what there is would be split otherwise than all of it."""
    taught(out, toy_start, "seed", "sft")
    probed(out, [0, 1])
    (out / "split.png").unlink()
    for stage in ("sft", "rl"):
        with pytest.raises(InputError, match="--stage probe"):
            cascade(out, gazetteer).run(stage)


def test_parts_of_the_split_are_in_the_tasks_order(out, gazetteer):
    """σ² .01, .25, .25, 0, 0, .04: the median of the learnable is between .04 and .25."""
    ids = probed(out, [0.4, 0.6], [0, 1], [1, 0], [1, 1], [0, 0], [0.3, 0.7])
    run = cascade(out, gazetteer)
    assert list(run.rewards()) == ids
    parts = {name: [task.id for task in run.part(name)] for name in ("trivial", "noise", "certain", "uncertain")}
    assert parts == {
        "trivial": [ids[3]],
        "noise": [ids[4]],
        "certain": [ids[0], ids[5]],
        "uncertain": [ids[1], ids[2]],
    }


def test_probing_plays_what_the_seed_was_not_taught(out, gazetteer, toy_start, capsys):
    taught(out, toy_start, "seed")
    assert cascade(out, gazetteer).run("probe") == 0
    found = [json.loads(line) for line in (out / "probe.jsonl").read_text().splitlines()]
    ids = [task.id for task in read_tasks(out / "tasks.jsonl")]
    assert sorted(line["task"] for line in found) == sorted(ids[3:])
    assert {len(line["rewards"]) for line in found} == {2} and "split: " in capsys.readouterr().err
    assert (out / "split.png").read_bytes().startswith(b"\x89PNG")


def test_killed_between_a_policy_and_its_validation(out, gazetteer, toy_start):
    """The stage is passed over, but for the line that is missing; a second time nothing is added."""
    taught(out, toy_start, "seed", "sft")
    probed(out, [0, 1], [1, 0], [0, 1], [0.4, 0.6], [0.4, 0.6], [0.4, 0.6])
    run = cascade(out, gazetteer)
    for stage in ("seed", "sft", "seed"):
        assert run.run(stage) == 0
    assert [line["stage"] for line in stages(out)] == ["seed", "sft"]
    for line in stages(out):
        assert line["episodes"] == 4 and 0 <= line["reward"] <= 1 and 0 <= line["vetoed"] <= 1
    assert {key: value for key, value in stages(out)[0].items() if key != "stage"} == {
        key: value for key, value in stages(out)[1].items() if key != "stage"
    }  # one and the same policy, by the same seeds
    assert (out / "stages.png").exists() and not (out / "seed" / "run").exists()


def test_rl_on_what_is_uncertain(out, gazetteer, toy_start):
    taught(out, toy_start, "sft")
    probed(out, [0, 1], [1, 0], [0.4, 0.6], [0.4, 0.6], [0.4, 0.6], [1, 1])
    assert cascade(out, gazetteer).run("rl") == 0
    log = [json.loads(line) for line in (out / "rl" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [0, 1, 2]
    (line,) = stages(out)
    best = max(each["valid_reward"] for each in log)
    assert line["stage"] == "rl" and line["reward"] == pytest.approx(best)  # the same tasks, the same seeds
    before = files(out)
    assert cascade(out, gazetteer).run("rl") == 0 and files(out).keys() == before.keys()
    assert (out / "rl" / "log.jsonl").read_bytes() == before["rl/log.jsonl"]


def test_nothing_is_uncertain(out, gazetteer, toy_start):
    taught(out, toy_start, "sft")
    probed(out, [1, 1], [0, 0])
    with pytest.raises(InputError, match=r"probe\.jsonl: no task is uncertain; probe more"):
        cascade(out, gazetteer).run("rl")


def test_a_recipe_without_rl_ends_before(gazetteer, toy_start, made, tmp_path):
    recipe = replace(RECIPE, rl_steps=0)
    out = tmp_path / "out"
    run = cascade(out, gazetteer, recipe)
    for name in ("tasks.jsonl", "valid.jsonl", "compact.json"):
        shutil.copy(made / name, out / name)
    taught(out, toy_start, "sft")
    assert run.run("rl") == 0 and not (out / "rl").exists() and not (out / "stages.jsonl").exists()


def test_no_verified_answer_at_all(out, gazetteer):
    (out / "seed").mkdir()
    ids = [task.id for task in read_tasks(out / "tasks.jsonl")][:3]
    lines = [{"task": name, "reward": 0.2, "answers": 8, "why": "no verified answer"} for name in ids]
    (out / "seed" / "lessons.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(InputError, match=r"lessons\.jsonl: no verified answer among them; lower good in the recipe"):
        cascade(out, gazetteer).run("seed")


def test_tasks_of_another_world_are_refused(out, gazetteer):
    path = out / "tasks.jsonl"
    path.write_text(path.read_text().replace(gazetteer.world.version, "0"))
    with pytest.raises(InputError, match=r"tasks\.jsonl, line 1: a task of sandbox 0"):
        cascade(out, gazetteer).run("seed")


# Through the door


def train(*words):
    return here("agent", "train", *words)


def test_a_folder_that_can_not_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    refused(train("--out", tmp_path / "file" / "out"), "--out", "name a folder that can be written")
    refused(train("--out", tmp_path), "there are files of something else; name another folder")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tasks: many", ("my.yaml, tasks: 'many'; a whole number",)),
        ("- 3", ("my.yaml: a mapping is expected",)),
        ("a: [", ("my.yaml: no YAML",)),
        ("mistakes: {gives_up: 7}", ("my.yaml, mistakes, gives_up: 7",)),
    ],
)
def test_a_broken_recipe(tmp_path, text, words):
    (tmp_path / "my.yaml").write_text(text)
    refused(train("--out", tmp_path / "out", "--recipe", tmp_path / "my.yaml"), *words)
    assert not (tmp_path / "out").exists()


def test_no_such_recipe_stage_or_draw(tmp_path):
    refused(train("--recipe", tmp_path / "no.yaml", "--out", tmp_path / "out"), "no.yaml: No such file")
    refused(train("--stage", "dance", "--out", tmp_path / "out"), "--stage", "dance", *STAGES)
    refused(train("--draw", "-1", "--out", tmp_path / "out"), "--draw", "0 or more is needed")
    refused(train("--draw", "x", "--out", tmp_path / "out"), "--draw", "x")
    assert not (tmp_path / "out").exists()


def test_a_world_that_can_not_be_checked(tmp_path):
    refused(train("--world", "live", "--out", tmp_path / "out"), "--world live: tasks need a world that can be checked")
    assert not (tmp_path / "out").exists()


def test_a_stage_alone_in_a_new_folder(tmp_path):
    refused(train("--stage", "rl", "--out", tmp_path / "out"), "run the stage before: bash agent.sh train --stage sft")
    refused(train("--stage", "rl", "--out", tmp_path / "out", "--draw", "3"), "begun with --draw 0, now it is 3")
