"""Making and solving tasks from the command line: what a killed run leaves is gone on with, to the byte."""

import json

import pytest

import agent
from stagent.queries import opening
from stagent.queries.continued import GrowingFile, settings_path
from stagent.queries.patterns.all import BY_NAME
from stagent.queries.task import read_tasks
from stagent.queries.trajectory import read_trajectories
from utils import InputError, door


@pytest.fixture
def queries(monkeypatch, capsys, gazetteer):
    """``queries("make", path, "--count", 3) -> (exit status, stderr)``, over a country that is open already."""
    monkeypatch.setattr(opening, "open_world", lambda args: gazetteer.world)

    def call(*words):
        monkeypatch.setattr("sys.argv", ["agent.py", "queries", *map(str, words)])
        code = door(agent.main)
        return code, capsys.readouterr().err

    return call


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Fourteen tasks made in one go, and their trajectories."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        words = ["make", folder / "tasks.jsonl", "--count", 14, "--trajectories", folder / "ways.jsonl"]
        patch.setattr("sys.argv", ["agent.py", "queries", *map(str, words)])
        assert door(agent.main) == 0
    return folder


def test_tasks_are_made_with_their_trajectories(made):
    tasks, ways = list(read_tasks(made / "tasks.jsonl")), list(read_trajectories(made / "ways.jsonl"))
    assert [way.task for way in ways] == tasks and len(tasks) == 14
    assert all(task.pattern in BY_NAME and task.world == "sandbox" for task in tasks)
    assert {task.split for task in tasks} <= {"train", "held_out_city", "held_out_kind"}
    assert all((task.split == "held_out_kind") == BY_NAME[task.pattern].held_out for task in tasks)


def test_a_killed_run_goes_on_and_the_files_are_as_if_made_in_one_go(made, tmp_path, queries):
    """Killed while a task was being written: the tasks are one and a half lines ahead of the trajectories."""
    for name, lines, rest in (("tasks.jsonl", 6, b'{"format": 1, "id'), ("ways.jsonl", 5, b"")):
        whole = (made / name).read_bytes().splitlines(keepends=True)
        (tmp_path / name).write_bytes(b"".join(whole[:lines]) + rest)
    settings_path(tmp_path / "tasks.jsonl").write_bytes(settings_path(made / "tasks.jsonl").read_bytes())
    code, _ = queries("make", tmp_path / "tasks.jsonl", "--count", 14, "--trajectories", tmp_path / "ways.jsonl")
    assert code == 0
    for name in ("tasks.jsonl", "ways.jsonl"):
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--draw", 1], "--draw 0, now it is 1"),
        (["--split", "train"], '--split null, now it is "train"'),
        (["--clock", "2026-03-01T09:00"], "clock"),
        ([], "--trajectories true, now it is false"),
        (["--text_only"], "--text_only false, now it is true"),
    ],
)
def test_other_settings_are_refused_by_name(made, tmp_path, queries, words, named):
    if words:
        words = [*words, *([] if "--text_only" in words else ["--trajectories", tmp_path / "ways.jsonl"])]
    for name in ("tasks.jsonl", "ways.jsonl"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    settings_path(tmp_path / "tasks.jsonl").write_bytes(settings_path(made / "tasks.jsonl").read_bytes())
    code, err = queries("make", tmp_path / "tasks.jsonl", "--count", 20, *words)
    assert code == 2 and named in err, err
    assert (tmp_path / "tasks.jsonl").read_bytes() == (made / "tasks.jsonl").read_bytes()


def test_a_file_without_settings_is_not_written_to(made, tmp_path, queries):
    (tmp_path / "tasks.jsonl").write_bytes((made / "tasks.jsonl").read_bytes())
    code, err = queries("make", tmp_path / "tasks.jsonl", "--count", 20)
    assert code == 2 and "no tasks.jsonl.settings.json beside it" in err


def test_worlds_that_cannot_be_checked_are_refused(tmp_path, queries):
    for words in (["--world", "live"], ["--replay", tmp_path / "calls.jsonl"]):
        code, err = queries("make", tmp_path / "tasks.jsonl", *words)
        assert code == 2 and "tasks need a world that can be checked" in err and err.count("\n") == 1
    assert not (tmp_path / "tasks.jsonl").exists()


def test_solving_gives_the_makers_trajectories_and_goes_on(made, tmp_path, queries):
    out = tmp_path / "solved.jsonl"
    whole = (made / "ways.jsonl").read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join(whole[:3]) + whole[3][:50])
    assert queries("solve", made / "tasks.jsonl", out)[0] == 0
    assert out.read_bytes() == (made / "ways.jsonl").read_bytes()


def test_solving_into_other_tasks_trajectories_is_refused(made, tmp_path, queries):
    tasks = (made / "tasks.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "fewer.jsonl").write_text("".join(tasks[1:]), encoding="utf-8")
    code, err = queries("solve", tmp_path / "fewer.jsonl", made / "ways.jsonl")
    assert code == 2 and "line 1" in err


@pytest.mark.parametrize(
    ("change", "named"),
    [({"version": "another"}, "another"), ({"pattern": "unheard_of"}, "unheard_of"), ({"expects": [{}]}, "expects")],
)
def test_tasks_that_cannot_be_solved_here_are_named(made, tmp_path, queries, change, named):
    lines = (made / "tasks.jsonl").read_text(encoding="utf-8").splitlines()
    lines[1] = json.dumps(json.loads(lines[1]) | change)
    (tmp_path / "tasks.jsonl").write_text("\n".join(lines), encoding="utf-8")
    code, err = queries("solve", tmp_path / "tasks.jsonl", tmp_path / "out.jsonl")
    assert code == 2 and named in err and ("line 2" in err or "task 2" in err)


def test_instructions_alone_are_the_same_however_often_one_stops(tmp_path, queries):
    once, twice = tmp_path / "once.jsonl", tmp_path / "twice.jsonl"
    assert queries("make", once, "--text_only", "--count", 12)[0] == 0
    assert queries("make", twice, "--text_only", "--count", 5)[0] == 0
    assert queries("make", twice, "--text_only", "--count", 12)[0] == 0
    assert once.read_bytes() == twice.read_bytes()
    lines = [json.loads(line) for line in once.read_text(encoding="utf-8").splitlines()]
    assert len({line["id"] for line in lines}) == len(lines) == 12
    for line in lines:
        assert line.keys() == {"id", "text", "pattern", "primary", "secondary", "difficulty", "slots"}
        assert line["text"] and line["primary"] == BY_NAME[line["pattern"]].leaf


def test_a_split_is_drawn_alone(tmp_path, queries):
    assert queries("make", tmp_path / "kinds.jsonl", "--text_only", "--count", 8, "--split", "held_out_kind")[0] == 0
    lines = [json.loads(line) for line in (tmp_path / "kinds.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(BY_NAME[line["pattern"]].held_out for line in lines)


def test_two_processes_do_not_write_one_file(tmp_path):
    with GrowingFile(tmp_path / "out.jsonl"), pytest.raises(InputError, match="another process"):
        GrowingFile(tmp_path / "out.jsonl")


def test_the_last_line_is_found_however_long_it_is(tmp_path):
    with GrowingFile(tmp_path / "out.jsonl") as file:
        for length in (3, 5000, 70_000, 1):
            file.append("x" * length)
            file.flush()
            assert json.loads(file.last()) == "x" * length
        assert file.lines == 4
        file.keep(2)
        assert file.lines == 2 and json.loads(file.last()) == "x" * 5000
