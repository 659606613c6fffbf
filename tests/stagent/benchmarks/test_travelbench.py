"""TravelBench through the door: a scripted server is agent, user, judge and judge of the judge."""

import json

import pytest

from agent import VERBS
from config.command_line import run_verb
from stagent.queries.trajectory import read_trajectories
from tests.support.teacher_server import TeacherServer
from utils import InputError

CALL = '<tool_call>\n{"name": "map_search_places", "arguments": {"query": "药店", "region": "澜屿市"}}\n</tool_call>'
WRONG = '<tool_call>\n{"name": "map_search_places", "arguments": {"quary": "药店"}}\n</tool_call>'


def bench(*words):
    return run_verb("agent", "", VERBS, ["benchmark", "travelbench", *map(str, words)])


def write(path, *rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path):
    multi = write(tmp_path / "m.jsonl", {"id": "m", "query": "找个饭店", "user_profile": "不吃辣"})
    single = write(tmp_path / "s.jsonl", {"id": "s", "query": "附近的药店", "context": "用户在澜屿市"})
    unsolvable = write(tmp_path / "u.jsonl", {"id": "u", "query": "帮我订票", "missing_tool": True})
    return ["--multi", multi, "--single", single, "--unsolvable", unsolvable]


def models(server):
    roles = ("agent", "simulator", "judge", "meta")
    return [word for role in roles for word in (f"--{role}_url", server.url, f"--{role}_model", role)]


def marks(*scores):
    names = ("planning", "fidelity", "presentation", "interaction")
    parts = zip(names, scores, strict=False)
    return json.dumps({name: {"quote": "为您", "reason": "好", "score": score} for name, score in parts})


def agent(messages):
    """The single query: a wrong call, a right one, an answer. The multi one: a question, then an answer."""
    last = messages[-1]["content"]
    return {
        "附近的药店": WRONG,
        "帮我订票": f"我看看。\n{CALL}",
        "找个饭店": "为您问一句：有什么忌口？",
        "不吃辣就行": "为您找到山月饭店。",
    }.get(last) or ("[Unsolved] 没有这样的工具" if messages[1]["content"] == "帮我订票" else _after(last))


def _after(last):
    return CALL if "调用有误" in last else "为您找到了药店。"


def script(number, asked):
    model, messages = asked.body["model"], asked.body["messages"]
    if model == "agent":
        return agent(messages)
    if model == "simulator":
        said = "不吃辣就行" if messages[-1]["content"].count("助手：") == 1 else ""
        return json.dumps({"done": not said, "facts": ["不吃辣"] if said else [], "say": said}, ensure_ascii=False)
    if model.startswith("judge"):
        return marks(5, 4, 4, 3) if "用户的情况" in messages[1]["content"] else marks(5, 4, 3)
    return '{"reason": "有依据", "score": 4}'


def scores_of(out):
    path = out.with_name(out.name + ".scores.jsonl")
    return {value["id"]: value for value in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def test_all_three_subsets(files, tmp_path, capsys):
    out = tmp_path / "played.jsonl"
    with TeacherServer(script) as server:
        assert bench(out, *files, *models(server)) == 0
        asked = len(server.asked)
        assert bench(out, *files, *models(server)) == 0  # all is there: nothing is asked again
        assert len(server.asked) == asked
    played = {each.task.id: each for each in read_trajectories(out)}
    assert [step.role for step in played["multi/m"].steps] == ["user", "answer", "user", "answer"]
    assert played["multi/m"].task.turns == ("找个饭店", "不吃辣就行")
    assert [call.outcome for call in played["single/s"].calls()] == ["error", "found"]
    scores = scores_of(out)
    # 5, 4, 3: mean 4, 75; one call of two an error; 4 of 5
    assert scores["single/s"]["raw"] == 75 and scores["single/s"]["score"] == pytest.approx(75 / 2 * 0.8)
    # 5, 4, 4, 3: mean 4; no calls
    assert scores["multi/m"]["score"] == pytest.approx(60)
    assert not scores["unsolvable/u"]["unsolved_first"] and scores["unsolvable/u"]["unsolved_any"]
    table = capsys.readouterr().out
    assert "first message says so, %" in table and "60.000" in table
    # (60 + 30 + 100) / 3
    assert "63.333" in table
    simulated = [each.body["messages"] for each in server.asked if each.body["model"] == "simulator"]
    assert "不吃辣" in simulated[0][0]["content"]
    first = next(each.body["messages"] for each in server.asked if each.body["model"] == "agent")
    assert "不吃辣" not in json.dumps(first, ensure_ascii=False) and "map_search_places" in first[0]["content"]


def test_a_failed_judge_gives_no_number(files, tmp_path, capsys):
    out = tmp_path / "played.jsonl"

    def failing(number, asked):
        return "9 分！" if asked.body["model"] == "judge" else script(number, asked)

    with TeacherServer(failing) as server:
        assert bench(out, *files, *models(server)) == 3
    scores = scores_of(out)
    assert scores["single/s"]["score"] is None and scores["single/s"]["reason"] == "judge: answer.json"
    said = capsys.readouterr()
    assert "2 unscored by judge" in said.err and "mean of the three" not in said.out
    with TeacherServer(script) as server:
        words = models(server)
        with pytest.raises(InputError, match='agent_model "agent", now it is "other"'):
            bench(out, *files, *["other" if word == "agent" else word for word in words])
        # what was refused twice is not asked again, by another judge it is
        assert bench(out, *files, *["judge 2" if word == "judge" else word for word in words]) == 0
    assert {each.body["model"] for each in server.asked} == {"judge 2", "meta"}


def test_a_failed_judge_of_the_judge_leaves_the_score_without_penalties(files, tmp_path):
    out = tmp_path / "played.jsonl"

    def failing(number, asked):
        return '{"reason": "好", "score": 6}' if asked.body["model"] == "meta" else script(number, asked)

    with TeacherServer(failing) as server:
        assert bench(out, *files, *models(server)) == 3
    single = scores_of(out)["single/s"]
    assert single["raw"] == 75 and single["score"] is None and single["reason"] == "meta: answer.score"


def test_a_user_who_adds_facts_is_asked_again_and_then_no_sample(files, tmp_path, capsys):
    out = tmp_path / "played.jsonl"

    def inventing(number, asked):
        if asked.body["model"] != "simulator":
            return script(number, asked)
        return '{"done": false, "facts": ["爱吃鱼"], "say": "我爱吃鱼"}'

    with TeacherServer(inventing) as server:
        assert bench(out, *files, *models(server)) == 3
    assert sum(each.body["model"] == "simulator" for each in server.asked) == 2
    assert "multi/m: not played: the user's simulator: answer.quote" in capsys.readouterr().err
    with TeacherServer(script) as server:  # the same command plays what is missing
        assert bench(out, *files, *models(server)) == 0
    assert len(list(read_trajectories(out))) == 3


def test_an_episode_without_an_answer_has_earned_nothing(files, tmp_path):
    out = tmp_path / "played.jsonl"

    def silent(number, asked):
        return CALL if asked.body["model"] == "agent" else script(number, asked)

    with TeacherServer(silent) as server:
        assert bench(out, *files[2:4], "--calls", 2, *models(server)) == 0
    single = scores_of(out)["single/s"]
    assert (single["ended"], single["mean"], single["score"]) == ("calls", 1.0, 0.0)
    assert not [each for each in server.asked if each.body["model"] == "judge"]


def test_a_user_says_no_more_than_turns(files, tmp_path):
    out = tmp_path / "played.jsonl"
    with TeacherServer(script) as server:
        assert bench(out, *files[:2], "--turns", 1, *models(server)) == 0
    (trajectory,) = read_trajectories(out)
    assert [step.role for step in trajectory.steps] == ["user", "answer"]
    assert not [each for each in server.asked if each.body["model"] == "simulator"]


def test_unavailable_is_no_error_and_a_single_turn_has_no_hidden_profile(tmp_path):
    """A replay of one call that the world could not answer: the only way to an "unavailable" that is the world's."""
    record, out = tmp_path / "record.jsonl", tmp_path / "played.jsonl"
    call = {"tool": "web_search", "arguments": {"query": "x"}, "clock": "2026-01-05T09:00:00+08:00"}
    head = {"format": 1, "world": "w", "version": "1", "zone": "Asia/Shanghai", "attribution": ""}
    write(record, head, call | {"unavailable": {"reason": "没有网页", "retry": False}})
    row = {"query": "查一下", "time": "2026-01-05", "user_profile": "不吃辣"}
    single = write(tmp_path / "s.jsonl", row)
    asks = '<tool_call>{"name": "web_search", "arguments": {"query": "x"}}</tool_call>'

    def searching(number, asked):
        if asked.body["model"] != "agent":
            return script(number, asked)
        return asks if asked.last == "查一下" else "为您查了，没有网页。"

    with TeacherServer(searching) as server:
        words = ("--single", single, "--field", "query=query", "--replay", record, *models(server))
        assert bench(out, *words) == 0
    (trajectory,) = read_trajectories(out)
    assert [each.outcome for each in trajectory.calls()] == ["unavailable"]
    found = scores_of(out)["single/1"]
    # three marks, 5, 4, 3: 75; no error among one call; × 4/5
    assert (found["calls"], found["errors"], found["score"]) == (1, 0, pytest.approx(60))
    assert not [each for each in server.asked if "不吃辣" in str(each.body)]


def test_without_a_judge_what_rules_can_say(files, tmp_path, capsys):
    with TeacherServer(script) as server:
        words = ["--agent_url", server.url, "--agent_model", "agent"]
        assert bench(tmp_path / "p.jsonl", *files[4:], *words) == 0
        assert bench(tmp_path / "q.jsonl", *files[2:4], *words) == 3
    assert "1 unscored by no judge" in capsys.readouterr().err


def test_a_run_is_continued_with_what_it_was_begun_with(files, tmp_path):
    out = tmp_path / "played.jsonl"
    with TeacherServer(script) as server:
        assert bench(out, *files[4:], *models(server)) == 0
        for change, said in (
            (("--clock", "2026-01-06T09:00"), "was made with clock null"),
            (("--seed", 8), "was made with world"),
            (("--calls", 3), "was made with calls 20, now it is 3"),
            (files[2:4], "was made with queries"),
        ):
            with pytest.raises(InputError, match=said):
                bench(out, *files[4:], *change, *models(server))


def test_what_cant_be_used(files, tmp_path):
    words = ["--agent_url", "http://127.0.0.1:9/v1", "--agent_model", "agent"]
    with pytest.raises(InputError, match="name your copy's files"):
        bench(tmp_path / "p.jsonl", *words)
    with pytest.raises(InputError, match="--multi needs a model that plays the user: set SIMULATOR_URL"):
        bench(tmp_path / "p.jsonl", *files, *words)
    bad = write(tmp_path / "bad.jsonl", {"query": "x"}, {"quary": "x"})
    with pytest.raises(InputError, match=r"bad.jsonl, row 2, field query: .*the row has quary"):
        bench(tmp_path / "p.jsonl", "--single", bad, *words)
