"""The server's file of trajectories: its list, its lines, and what is wrong with some of them."""

import json
import subprocess
import sys

import pytest

from stagent.look import trajectory_file
from stagent.look.trajectory_file import PAGE_ROWS, TrajectoryFile, Wanted, row_of
from tests.conftest import ROOT
from tests.support.look_trajectories import QUESTIONS, many, write_file
from tests.support.look_world import LookWorld
from tests.support.looking import looking
from tests.support.serving import ask

BROKEN = {5: "notJson", 7: "noTrajectory", 8: "notUtf8", 9: "notJson"}  # line 6 is empty, which is nothing


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("look") / "many.jsonl"
    write_file(path, many())
    return path


@pytest.fixture(scope="module")
def url(path):
    with looking(LookWorld(), trajectories=TrajectoryFile(path)) as url:
        yield url


def small(number: int, **more) -> dict:
    return {"format": 1, "task": {"id": str(number)}, "steps": [{"role": "user", "text": f"第{number}问"}]} | more


def read_all(file: TrajectoryFile, wanted: Wanted | None = None, page: int = 0) -> dict:
    while (found := file.listing(wanted or Wanted(), page))["read"] < 1:
        pass
    return found


def lines_of(found: dict) -> list[int]:
    return [row["line"] for row in found["rows"]]


def test_a_row_says_what_a_line_is_about(path):
    found = read_all(TrajectoryFile(path))
    assert (found["name"], found["lines"], found["matching"], found["pages"]) == ("many.jsonl", 69, 69, 2)
    assert (
        len(found["rows"]) == PAGE_ROWS
        and {row["line"]: row["broken"] for row in found["rows"] if row["broken"]} == BROKEN
    )
    first = found["rows"][0]
    assert first == {
        "line": 1, "broken": "", "id": "t-1", "pattern": "best_and_back", "difficulty": 2, "split": "held_out_kind",
        "leaf": "discovery.poi_search.spatial_optimized_poi_search", "agent": "expert", "text": QUESTIONS[0],
        "turns": 2, "calls": 2, "state": "vetoed", "reward": 0,
    }  # fmt: skip
    assert [row["state"] for row in found["rows"][1:4]] == ["scored", "unscored", "none"]
    # 60 numbered ones, and four as the first; the hostile one's is no leaf of ours, but what it says
    assert found["leaves"] == {
        "discovery.area_summaries": 60, "discovery.poi_search.spatial_optimized_poi_search": 4, "constructor": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [
        (Wanted(state="broken"), list(BROKEN)),
        (Wanted(state="vetoed"), [1]),
        (Wanted(state="none"), [4, 10]),
        (Wanted(leaf="discovery.poi_search"), [1, 3, 4, 10]),
        (Wanted(leaf="discovery.poi"), []),  # half a name is no class
        (Wanted(split="train", difficulty=3, most=0.1), [14, 18]),  # n = 3 and 7, after ten lines
        (Wanted(least=0.585), [70]),
        (Wanted(text="BEST_and  t-1"), [1]),
        (Wanted(text="坐飞机", state="unscored"), [3]),
        (Wanted(text="坐飞机 nowhere"), []),
    ],
)
def test_filters(path, wanted, lines):
    assert lines_of(read_all(TrajectoryFile(path), wanted)) == lines


def test_pages_and_lines(path):
    file = TrajectoryFile(path)
    assert json.loads(file.line(70))["task"]["id"] == "n-59"  # before any list was asked for
    assert lines_of(read_all(file, page=1)) == list(range(52, 71))
    assert read_all(file, page=9)["page"] == 1 and read_all(file, page=-3)["page"] == 0
    for number in (0, 5, 6, 71):
        with pytest.raises(KeyError):
            file.line(number)


def test_a_large_file_opens_at_once_and_is_read_on(tmp_path):
    path = tmp_path / "large.jsonl"
    raw = json.dumps(small(1)).encode() + b"\n"
    path.write_bytes(raw * 20_000)
    file = TrajectoryFile(path)
    first = file.listing(Wanted(), seconds=0)
    assert first["lines"] == 1 and first["read"] == pytest.approx(1 / 20_000)
    last = read_all(file, page=399)
    assert (last["lines"], last["pages"], last["page"], lines_of(last)[-1]) == (20_000, 400, 399, 20_000)
    assert file.line(19_999) == raw


def test_a_file_that_grows_or_becomes_another(tmp_path):
    path = tmp_path / "growing.jsonl"
    path.write_bytes(json.dumps(small(1)).encode() + b'\n{"format": 1, "ta')
    file = TrajectoryFile(path)
    rows = read_all(file)["rows"]
    assert [(row["line"], row["broken"]) for row in rows] == [(1, ""), (2, "unfinished")]
    whole = json.dumps(small(2, task={"primary": "a.b"})).encode()
    path.write_bytes(json.dumps(small(1)).encode() + b"\n" + whole)  # whole, but for its end
    found = read_all(file)
    assert [(row["line"], row["broken"], row["text"]) for row in found["rows"]] == [(1, "", "第1问"), (2, "", "第2问")]
    with path.open("ab") as more:
        more.write(b"\n\n" + json.dumps(small(3)).encode() + b"\n")
    found = read_all(file)
    assert [row["line"] for row in found["rows"]] == [1, 2, 4] and found["leaves"] == {"a.b": 1}
    assert file.line(2) == whole + b"\n" and json.loads(file.line(4))["task"]["id"] == "3"
    write_file(path, [small(7)])
    assert [row["id"] for row in read_all(file)["rows"]] == ["7"]  # shorter than what was read
    write_file(path, [small(8), small(9)])
    assert [row["id"] for row in read_all(file)["rows"]] == ["8", "9"]  # longer, but it begins otherwise
    write_file(tmp_path / "other", [small(8, agent="late"), small(9), small(10)])
    (tmp_path / "other").replace(path)
    assert [row["agent"] for row in read_all(file)["rows"]] == ["late", "", ""]  # as a whole file is put in place
    write_file(path, [])
    assert read_all(file)["rows"] == []
    path.unlink()
    with pytest.raises(FileNotFoundError):
        file.listing(Wanted())


def test_a_line_without_end_is_named_and_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(trajectory_file, "MAX_LINE", 1000)
    path = tmp_path / "long.jsonl"
    write_file(path, [small(1), b"x" * 5000, small(3), b'"' + b"y" * 998 + b'"'])
    rows = read_all(TrajectoryFile(path))["rows"]
    assert [(row["line"], row["broken"]) for row in rows] == [(1, ""), (2, "tooLong"), (3, ""), (4, "tooLong")]


def test_a_line_may_hold_anything():
    odd = {
        "format": 1,
        "task": {"difficulty": True, "id": ["x"]},
        "steps": [None, {"role": "user", "text": 5}, {"role": []}],
    }
    for score, state in (
        (5, "none"),
        ({}, "unscored"),
        ({"reward": True}, "unscored"),
        ({"reward": 2, "vetoed": "x"}, "scored"),
    ):
        row = row_of(1, json.dumps(odd | {"score": score}).encode())
        assert (row.broken, row.state, row.difficulty, row.id, row.turns) == ("", state, None, "", 1)
    infinite = row_of(1, b'{"format": 1, "task": {}, "steps": [], "score": {"reward": 1e999}}')
    assert (infinite.state, infinite.reward) == ("unscored", None)
    long = row_of(1, json.dumps(small(1, steps=[{"role": "user", "text": "长" * 1_000_000}])).encode())
    assert len(long.text) == 200 and len(long.said) == 2000
    assert row_of(1, b"[" * 100_000).broken == row_of(1, b"\xef\xbb\xbf{}").broken == "notJson"


def test_over_http(url):
    world = ask(url, "/api/world").json
    assert world["trajectories"] == "many.jsonl" and world["leaves"]["discovery.area_summaries"] == "区域概览"
    found = ask(url, "/api/trajectories?leaf=discovery&difficulty=0&least=.1&most=0.2&page=0&state=&text=").json
    assert [row["id"] for row in found["rows"]] == ["n-12", "n-16", "n-20"]
    whole = ask(url, "/api/trajectories/1")
    assert whole.json["task"]["id"] == "t-1" and "no-store" in whole.headers["cache-control"]
    for query in ("state=x", "least=x", "difficulty=nan", "page=inf"):
        reply = ask(url, f"/api/trajectories?{query}")
        assert reply.status == 422 and reply.error["field"] == query.partition("=")[0]
    for line in ("5", "999", "x"):
        assert ask(url, f"/api/trajectories/{line}").status == 404
    for way in ("/api/trajectories", "/api/trajectories/1"):  # another site may not read them by a name that leads here
        assert ask(url, way, Host="evil.example").status == 421


def test_without_a_file_and_without_it_any_more(tmp_path):
    with looking(LookWorld()) as url:
        assert ask(url, "/api/world").json["trajectories"] is None
        assert ask(url, "/api/trajectories").status == ask(url, "/api/trajectories/1").status == 404
    path = tmp_path / "gone.jsonl"
    write_file(path, [small(1)])
    with looking(LookWorld(), trajectories=TrajectoryFile(path)) as url:
        assert ask(url, "/api/trajectories").json["lines"] == 1
        path.unlink()
        reply = ask(url, "/api/trajectories")
        assert reply.status == 404 and reply.error["message"] == "gone.jsonl: No such file or directory"


def test_the_command_says_what_it_can_not_open(tmp_path):
    for given in (tmp_path / "none.jsonl", tmp_path):
        words = [sys.executable, str(ROOT / "agent.py"), "look", "--port", "0", "--trajectories", str(given)]
        ended = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 2 and f"--trajectories {given}: " in ended.stderr and "Traceback" not in ended.stderr
