"""MobilityBench through the door, against a scripted server."""

import json

import pytest

from agent import VERBS
from config.command_line import run_verb
from stagent.queries.trajectory import read_trajectories
from tests.stagent.benchmarks.rows import DRIVE, DRIVING, FIND, WHERE, write_rows
from tests.support.teacher_server import TeacherServer
from utils import InputError


def bench(*words):
    return run_verb("agent", "", VERBS, ["benchmark", "mobilitybench", *map(str, words)])


def tool_call(name, arguments):
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments}, ensure_ascii=False)}\n</tool_call>"


def script(number, asked):
    messages = asked.body["messages"]
    if "scenario" in messages[0]["content"]:
        end, wanted = ("北站", ["不走高速"]) if "北站" in messages[1]["content"] else ("", [])
        said = {"scenario": DRIVING["task_scenario"], "start": "", "transit": [], "end": end, "strategies": wanted}
        return json.dumps(said, ensure_ascii=False)
    last = messages[-1]["content"]
    if last == DRIVING["query"]:
        return tool_call("query_poi", FIND)
    if "澜屿北站" in last:
        return tool_call("driving_route", DRIVE)
    return "全程 5.2 公里，15 分钟。" if "5200" in last else "您在澜屿市。"


def scores_of(out):
    return [json.loads(line) for line in out.with_name(out.name + ".scores.jsonl").read_text("utf-8").splitlines()]


def test_rows_are_played_scored_and_continued(tmp_path, capsys):
    rows, out = write_rows(tmp_path / "r.csv", DRIVING, WHERE), tmp_path / "played.jsonl"
    with TeacherServer(script) as server:
        words = (out, rows, "--agent_url", server.url, "--agent_model", "m", "--concurrency", 1)
        assert bench(*words) == 0
        asked = len(server.asked)
        kept = out.read_text("utf-8").splitlines(keepends=True)
        out.write_text(kept[0] + kept[1][:40], "utf-8")  # killed while it wrote the second
        assert bench(*words) == 0
        assert len(server.asked) == asked + 1  # the second row's one message again, no question about it
    driving, where = scores_of(out)
    assert (driving["passed"], driving["intent"], driving["extraction"]) == (True, True, True)
    # three messages of 1000 tokens in and 100 out, as the server counts
    assert (driving["tokens_in"], driving["tokens_out"]) == (3000, 300)
    assert (where["delivered"], where["passed"], where["intent"], where["tool_recall"]) == (True, False, False, 0)
    played = {each.task.id: each for each in read_trajectories(out)}
    assert played["row/1"].task.context.location == "30.4100001,174.6100001"
    head = next(each.body["messages"][0]["content"] for each in server.asked if "# Tools" in str(each.body))
    assert '"name": "driving_route"' in head and "map_search_places" not in head and "澜屿市" in head
    assert head.count("<tools>") == 2 and head.rstrip().endswith("</tool_call>")
    table = capsys.readouterr().out
    assert "DEC-P" in table and "FPR" in table and "Basic Information Retrieval" in table


def test_without_understanding_and_the_first_rows_alone(tmp_path, capsys):
    rows, out = write_rows(tmp_path / "r.csv", WHERE | {"location_ans": ""}, DRIVING), tmp_path / "played.jsonl"
    with TeacherServer(script) as server:
        words = ("--first", 1, "--without_understanding", "--agent_url", server.url, "--agent_model", "m")
        assert bench(out, rows, *words) == 0
    assert len(server.asked) == 1 and len(scores_of(out)) == 1
    assert "1 expected calls have no stored answer (reverse_geocoding)" in capsys.readouterr().err


def test_what_cant_be_used(tmp_path):
    rows = write_rows(tmp_path / "r.csv", WHERE, DRIVING | {"tool_list": "[1]"})
    words = ("--agent_url", "http://127.0.0.1:9/v1", "--agent_model", "m")
    with pytest.raises(InputError, match=r"r.csv, row 2, field tool_list\[0\]: no name"):
        bench(tmp_path / "o.jsonl", rows, *words)
    with pytest.raises(InputError, match="--answer fly=x: give NAME=FIELD, with NAME one of driving_route"):
        bench(tmp_path / "o.jsonl", rows, "--answer", "fly=x", *words)
