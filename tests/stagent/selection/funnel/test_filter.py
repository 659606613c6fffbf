"""The whole funnel, as ``agent.py queries filter`` runs it."""

import json
import os
import random
import sys
from collections import Counter

import pytest

from agent import main
from stagent.queries.taxonomy import LEAVES
from stagent.selection.funnel import stages
from utils import InputError, door

CITIES = ("澜屿市", "霁川市", "砚湖市", "霜原市")
KINDS = ("药店", "火锅店", "书店", "咖啡馆")
WEATHER, NEAR, CHAT = "dynamic_information.realtime_weather", LEAVES[9].id, "other_or_unclear"


def pool_lines(count=400):
    """Two leaves, some chat, and copies of a tenth: exact ones and ones with other courtesies."""
    rng = random.Random(0)
    lines = []
    for number in range(count):
        if number and rng.random() < 0.1:
            line = dict(rng.choice(lines))
            text = line["text"]
            line |= {"id": number, "text": text if rng.random() < 0.5 else f"麻烦{text}吧"}
        elif rng.random() < 0.5:
            asked = rng.choice(("天气怎么样", "会下雨吗", "出门合适吗", "适合出门玩么"))
            text = f"{rng.choice(CITIES)}{rng.choice(('明天', '后天', '周六'))}{asked}"
            line = {"id": number, "text": text, "primary": WEATHER, "secondary": [], "difficulty": 1}
        elif rng.random() < 0.9:
            text = f"{rng.randrange(1, 30)}公里内评分{rng.randrange(30, 50) / 10}以上的{rng.choice(KINDS)}"
            secondary = [WEATHER] if rng.random() < 0.2 else []
            line = {
                "id": number,
                "text": text,
                "primary": NEAR,
                "secondary": secondary,
                "difficulty": rng.choice((-1, 2)),
            }
        else:
            line = {
                "id": number,
                "text": f"{number}乘{number}等于几",
                "primary": CHAT,
                "secondary": [],
                "difficulty": 0,
            }
        lines.append(line | {"own": {"note": ["原样", None]}})
    return lines


@pytest.fixture
def pool(tmp_path):
    path = tmp_path / "pool.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in pool_lines()))
    (tmp_path / "names.txt").write_text("\n".join(CITIES))
    return path


@pytest.fixture
def run(pool, monkeypatch, capsys):
    """Runs the verb in the test's folder: exit status and what stderr says."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.chdir(pool.parent)

    def call(*words, out="out.jsonl", workers="1"):
        argv = ["agent", "queries", "filter", str(pool), out, "--names", "names.txt", "--workers", workers, *words]
        monkeypatch.setattr(sys, "argv", argv)
        stages.planned.cache_clear()
        status = door(main)
        return status, capsys.readouterr().err

    return call


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def plain(text):
    return text.replace("麻烦", "").replace("吧", "")


def test_what_is_left_is_distinct_and_stands_as_it_was(pool, run):
    status, said = run("--share", "1", "--semantic", "1")
    assert status == 0 and "kept" in said
    kept, lines = (pool.parent / "out.jsonl").read_bytes().splitlines(), pool.read_bytes().splitlines()
    places = [lines.index(line) for line in kept]
    assert places == sorted(places)  # bytes of the pool, in its order
    # the first of each instruction, no other one gone
    firsts = {}
    for number, line in enumerate(read(pool)):
        firsts.setdefault((line["primary"], plain(line["text"])), number)
    assert places == sorted(firsts.values())


def test_the_report_says_what_went_and_because_of_what(pool, run):
    run("--keep", "60", "--floor", "5")
    report = json.loads((pool.parent / "out.report.json").read_text())
    counts = [entry["in"] for entry in report["stages"]] + [report["stages"][-1]["out"]]
    assert counts[0] == 400 and counts == sorted(counts, reverse=True) and counts[-1] == 60
    kept = read(pool.parent / "out.jsonl")
    assert Counter(line["primary"] for line in kept) == {
        leaf: steps["sampling"] for leaf, steps in report["leaves"].items()
    }
    assert Counter(str(line["difficulty"]) for line in kept) == {
        level: steps["sampling"] for level, steps in report["difficulties"].items() if steps["sampling"]
    }
    assert report["difficulties"]["-1"]["sampling"] >= 6 and report["difficulties"]["0"]["sampling"] >= 3
    lines = read(pool)
    for example in report["stages"][0]["examples"]:
        assert lines[example["line"] - 1]["text"] == example["text"]
        assert lines[example["near_to_line"] - 1]["text"] == example["near_to"]
        assert plain(example["text"]) == plain(example["near_to"]) and example["similarity"] == 1
        assert example["near_to_line"] < example["line"]
    page = (pool.parent / "out.report.html").read_text()
    assert "<script" not in page and "://" not in page and report["stages"][0]["examples"][0]["text"] in page


def test_texts_on_the_page_are_escaped(pool, run):
    bad = {"text": "<img src=x onerror=alert(1)>在哪", "primary": NEAR, "secondary": [], "difficulty": 1}
    pool.write_text("".join(json.dumps(line) + "\n" for line in (bad, bad, *pool_lines(20))))
    run()
    page = (pool.parent / "out.report.html").read_text()
    assert "<img" not in page and "&lt;img" in page


def test_every_leaf_is_kept_and_too_few_is_refused(pool, run):
    status, _ = run("--keep", "3")
    assert status == 0 and {line["primary"] for line in read(pool.parent / "out.jsonl")} == {WEATHER, NEAR, CHAT}
    status, said = run("--keep", "2", out="other.jsonl")
    assert status == 2 and "--keep 2: 3 leaves have texts" in said and not (pool.parent / "other.jsonl").exists()
    # the same work folder: only the draw is made again
    status, said = run("--keep", "3", out="other.jsonl")
    assert status == 0 and "lexical:" not in said
    assert (pool.parent / "other.jsonl").read_bytes() == (pool.parent / "out.jsonl").read_bytes()


def test_more_to_keep_than_there_is(pool, run):
    run(out="all.jsonl")
    status, said = run("--keep", "100000")
    assert status == 0 and "are left, and all are kept" in said
    assert (pool.parent / "out.jsonl").read_bytes() == (pool.parent / "all.jsonl").read_bytes()


def test_shards_and_processes_change_nothing(pool, run, monkeypatch):
    run("--keep", "80")
    one = (pool.parent / "out.jsonl").read_bytes()
    monkeypatch.setattr(stages, "PART_BYTES", 5000)
    monkeypatch.setattr(stages, "SHARD_BYTES", 9000)
    monkeypatch.setattr(stages, "GROUP", 10)
    run("--keep", "80", out="shards.jsonl")
    assert (pool.parent / "shards.jsonl").read_bytes() == one
    assert len(list((pool.parent / "shards.jsonl.work" / "lexical").glob("*.json"))) > 3
    run("--keep", "80", out="two.jsonl", workers="2")
    assert (pool.parent / "two.jsonl").read_bytes() == one
    run("--keep", "80", "--draw", "9", out="seed.jsonl")
    assert (pool.parent / "seed.jsonl").read_bytes() != one


def test_a_model_takes_the_place_of_n_grams(pool, run, model_folder, monkeypatch):
    monkeypatch.setattr(stages, "SHARD_BYTES", 500)  # so small that some are empty
    run("--share", "1", "--semantic", "1")
    status, _ = run("--share", "1", "--semantic", "1", "--embedder", str(model_folder), out="model.jsonl")
    assert status == 0 and not (pool.parent / "model.jsonl.work" / "fit").exists()
    assert (pool.parent / "model.jsonl").read_bytes() == (pool.parent / "out.jsonl").read_bytes()
    # 出门合适吗 and 适合出门玩么 are near enough of one city and day
    run("--share", "1", "--semantic", "0.01", "--embedder", str(model_folder), out="less.jsonl")
    assert 3 <= len(read(pool.parent / "less.jsonl")) < len(read(pool.parent / "out.jsonl"))


def test_a_run_that_was_stopped_goes_on(pool, run, monkeypatch):
    monkeypatch.setattr(stages, "PART_BYTES", 5000)
    monkeypatch.setattr(stages, "SHARD_BYTES", 9000)
    run(out="whole.jsonl")
    done = []
    semantic = stages.semantic

    def stopped(folder, number):
        if number == 2:
            raise KeyboardInterrupt
        semantic(folder, number)

    stopped.__name__ = "semantic"
    monkeypatch.setattr(stages, "semantic", stopped)
    assert run()[0] == 130 and not (pool.parent / "out.jsonl").exists()
    for job in (stages.read, stages.lexical, stages.fit, semantic):

        def noted(folder, number, job=job):
            done.append((job.__name__, number))
            job(folder, number)

        noted.__name__ = job.__name__
        monkeypatch.setattr(stages, job.__name__, noted)
    assert run()[0] == 0
    assert done[0] == ("semantic", 2) and {name for name, _ in done} == {"semantic"}
    assert (pool.parent / "out.jsonl").read_bytes() == (pool.parent / "whole.jsonl").read_bytes()


def test_other_settings_are_refused_by_name(pool, run):
    run()
    status, said = run("--lexical", "0.8")
    assert status == 2 and "--lexical 0.8, but it was begun with 0.7; name another --work" in said
    (pool.parent / "names.txt").write_text("别处市")
    assert "another names, but it was begun with one" in run()[1]
    (pool.parent / "names.txt").write_text("\n".join(CITIES))
    with open(pool, "a") as file:
        file.write(json.dumps(pool_lines(1)[0]) + "\n")
    assert "another pool" in run()[1]
    assert run("--work", "elsewhere")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lexical", "0"], "--lexical 0.0: give a number above 0"),
        (["--share", "1.5"], "--share 1.5"),
        (["--missing", "0.8", "--chat", "0.3"], "--missing 0.8 and --chat 0.3 are more than all"),
        (["--keep", "-1"], "--keep -1"),
        (["--workers", "0"], "--workers 0"),
        (["--embedder", "x", "--embedder_url", "http://x"], "give one of them"),
        (["--embedder", "nowhere"], "nowhere: no config.json"),
        (["--embedder_url", "host/v1"], "an address like https://host/v1"),
        (["--embedder_url", "http://127.0.0.1:9/v1"], "--embedder_model"),
        (["--names", "none.txt"], "--names none.txt"),
    ],
)
def test_what_makes_no_sense(run, words, said):
    status, err = run(*words)
    assert status == 2 and said in err.splitlines()[-1]


def test_the_pool_is_not_written_over(pool, run):
    before = pool.read_bytes()
    assert run(out=str(pool))[0] == 2 and pool.read_bytes() == before


def test_a_broken_line_stops_all_and_is_named(pool, run):
    lines = pool.read_text().splitlines()
    lines[123] = lines[123][:-5]
    pool.write_text("\n".join(lines))
    for workers in ("1", "2"):
        status, said = run(workers=workers)
        assert status == 2 and "pool.jsonl, line 124: no JSON" in said.splitlines()[-1]


def test_a_bucket_of_one_and_a_pool_of_one(pool, run):
    pool.write_text(json.dumps(pool_lines(1)[0]))
    status, _ = run()
    assert status == 0 and len(read(pool.parent / "out.jsonl")) == 1
    for number, nothing in enumerate(("", "\n \n")):
        pool.write_text(nothing)
        status, said = run(out=f"none{number}.jsonl")
        assert status == 2 and "pool.jsonl: empty" in said


def test_ray_gives_the_same(pool, run, monkeypatch):
    ray = pytest.importorskip("ray")
    monkeypatch.setattr(stages, "PART_BYTES", 5000)
    monkeypatch.setattr(stages, "SHARD_BYTES", 9000)
    assert run("--keep", "80")[0] == 0
    monkeypatch.setenv("RAY_ADDRESS", "local")
    try:
        status, said = run("--keep", "80", out="ray.jsonl")
    finally:
        ray.shutdown()
    assert status == 0, said
    assert (pool.parent / "ray.jsonl").read_bytes() == (pool.parent / "out.jsonl").read_bytes()
    ours, theirs = (json.loads((pool.parent / f"{name}.report.json").read_text()) for name in ("out", "ray"))
    assert ours["leaves"] == theirs["leaves"] and ours["kept"] == theirs["kept"]


def test_a_broken_line_is_named_from_ray_too_and_so_is_a_cluster_that_is_none(pool, run, monkeypatch):
    ray = pytest.importorskip("ray")
    with open(pool, "a") as file:
        file.write("{")
    monkeypatch.setenv("RAY_ADDRESS", "local")
    try:
        assert "pool.jsonl, line 401: no JSON" in run()[1].splitlines()[-1]
    finally:
        ray.shutdown()
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:9")
    status, said = run(out="other.jsonl")
    assert status == 2 and "RAY_ADDRESS 127.0.0.1:9: " in said and "unset RAY_ADDRESS" in said


def test_ray_that_is_missing_is_named(run, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "ray.example:6379")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    from stagent.selection.funnel.runner import open_runner

    with pytest.raises(InputError, match="pip install ray"):
        open_runner(1)
    assert os.environ["RAY_ADDRESS"] == "ray.example:6379"
