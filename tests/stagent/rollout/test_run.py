"""``agent.py rollout play`` against a scripted server: trajectories in order, continued, and what can't be used."""

import pytest

from agent import VERBS
from config.command_line import run_verb
from stagent.queries.task import read_tasks
from stagent.queries.trajectory import read_trajectories
from tests.support.teacher_server import Send, TeacherServer
from tests.support.tool_server import tool_server
from utils import InputError

CALL = '<tool_call>\n{"name": "map_search_places", "arguments": {"query": "药店", "region": "澜屿市"}}\n</tool_call>'


def play(*words):
    return run_verb("agent", "", VERBS, ["rollout", "play", *map(str, words)])


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    path = tmp_path_factory.mktemp("rollout") / "tasks.jsonl"
    assert run_verb("agent", "", VERBS, ["queries", "make", str(path), "--count", "3"]) == 0
    return path


def script(number, asked):
    """A call first, then an answer in the words of the last result."""
    told = asked.body["messages"][-1]["content"]
    return "[Unsolved] 查过了，没有。" if told.startswith("<tool_response>") else f"我查一下。\n{CALL}"


def test_a_model_answers_tasks(tasks, tmp_path, capsys):
    out = tmp_path / "played.jsonl"
    with TeacherServer(script) as server:
        assert play(tasks, out, "--agent_url", server.url, "--agent_model", "m") == 0
    first = server.asked[0].body["messages"]
    assert first[0]["content"].startswith("你是地图助手。\n现在是 2026-") and "map_search_places" in first[0]["content"]
    played = list(read_trajectories(out))
    assert sorted(each.task.id for each in played) == [each.id for each in read_tasks(tasks)]
    for trajectory in played:
        assert trajectory.agent == "m" and trajectory.calls()[0].arguments == {"query": "药店", "region": "澜屿市"}
        assert trajectory.answers()[0].text == "[Unsolved] 查过了，没有。"
    assert "3 of 3 episodes; now 3 answered" in capsys.readouterr().err


def test_tools_over_mcp_give_the_same_episodes(tasks, tmp_path):
    with TeacherServer(script) as model, tool_server(tmp_path, seconds=None) as tools:
        words = ("--agent_url", model.url, "--agent_model", "m", "--concurrency", 1)
        assert play(tasks, tmp_path / "own.jsonl", *words) == 0
        assert play(tasks, tmp_path / "mcp.jsonl", *words, "--mcp", f"{tools.url}/mcp") == 0
        assert tools.metric('stagent_calls_total{outcome="found",tool="map_search_places"}') > 0
    own, remote = (
        [each.as_json() for each in read_trajectories(tmp_path / name)] for name in ("own.jsonl", "mcp.jsonl")
    )
    for episode in own:
        for step in episode["steps"]:
            step.pop("geometry", None)  # for a map; not sent
    for episode in remote:
        for step in episode["steps"]:
            assert not step.pop("geometry", None)
    assert remote == own


def test_a_server_of_another_world(tasks, tmp_path):
    with TeacherServer(script) as model, tool_server(tmp_path) as tools:
        words = ("--agent_url", model.url, "--agent_model", "m", "--mcp", f"{tools.url}/mcp")
        with pytest.raises(InputError, match=r"serves toy 1, and the tasks are of sandbox .*; serve their world"):
            play(tasks, tmp_path / "out.jsonl", *words)


def test_a_run_plays_what_is_missing(tasks, tmp_path):
    out = tmp_path / "played.jsonl"

    def failing(number, asked):
        user = next(each["content"] for each in asked.body["messages"] if each["role"] == "user")
        return Send(b'{"error": {"message": "no"}}', 400) if user == turns[2] else script(number, asked)

    turns = [each.turns[0] for each in read_tasks(tasks)]
    with TeacherServer(failing) as server:
        words = (tasks, out, "--agent_url", server.url, "--agent_model", "m", "--concurrency", 1)
        with pytest.raises(InputError, match="2 episodes are kept: the same command plays the others"):
            play(*words)
    kept = out.read_bytes()
    with TeacherServer(script) as server:
        assert play(tasks, out, "--agent_url", server.url, "--agent_model", "m") == 0
        with pytest.raises(InputError, match='agent_model "m", now it is "n"'):
            play(tasks, out, "--agent_url", server.url, "--agent_model", "n")
    assert out.read_bytes().startswith(kept) and len(list(read_trajectories(out))) == 3


def test_a_budget_leaves_the_rest(tasks, tmp_path, capsys):
    with TeacherServer(script) as server:
        words = (tasks, tmp_path / "p.jsonl", "--agent_url", server.url, "--agent_model", "m")
        assert play(*words, "--max_requests", 3, "--concurrency", 1) == 3
    assert "the budget is spent" in capsys.readouterr().err


def test_no_tasks_and_no_model(tasks, tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(InputError, match="empty; tasks are made by"):
        play(tmp_path / "none.jsonl", tmp_path / "o", "--agent_url", "http://127.0.0.1:9/v1", "--agent_model", "m")
    with pytest.raises(InputError, match="no model: set AGENT_MODEL"):
        play(tasks, tmp_path / "o", "--agent_url", "http://127.0.0.1:9/v1", "--agent_model", "")
    with pytest.raises(InputError, match="tasks need a world that can be checked"):
        play(tasks, tmp_path / "o", "--agent_url", "http://127.0.0.1:9/v1", "--agent_model", "m", "--world", "live")
