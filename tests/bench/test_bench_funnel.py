"""``bench funnel``: what is planted is what it says, and what is counted holds, with few lines."""

import json
import random

import pytest

from experiments.bench import funnel
from experiments.bench.__main__ import parse_arguments
from experiments.bench.planted import Original, copied, order, particles, planted_lines, said_slots, synonym
from experiments.results import read_result, write_result
from stagent.queries.drawing import TextDraw

ONE = Original(7, ("请查一下观鹭台附近的药店，要现在营业的？",), ("观鹭台", "药店"), {})


class Place:
    """A pattern as far as planting looks at it."""

    name = "place"
    wordings = (("{name}在哪里，怎么走",),)


def ways(change, one=ONE):
    return {change(one, random.Random(seed))[0] for seed in range(60)}


def test_particles():
    assert ways(particles) == {
        "查一下观鹭台附近的药店，要现在营业的？",
        *(f"请查一下观鹭台附近的药店，要现在营业的{particle}？" for particle in "吧吗呢啊呀"),
    }
    assert "观鹭台" in next(iter(ways(particles, ONE._replace(turns=("观鹭台呢",)))))


def test_order_and_where_there_is_none():
    assert ways(order) == {"要现在营业的，请查一下观鹭台附近的药店？"}
    assert ways(order, ONE._replace(turns=("观鹭台在哪",))) == {"观鹭台在哪"}
    torn = ONE._replace(turns=("先甲，乙后丙",), said=("甲，乙",))
    assert ways(order, torn) == {"先甲，乙后丙"}


def test_synonyms_leave_slots_alone():
    found = ways(synonym)
    assert "请查一下观鹭台周边的药店，要现在营业的？" in found and "请查一下观鹭台附近的药店，要目前营业的？" in found
    assert all("观鹭台" in text and "药店" in text for text in found)
    assert ways(synonym, ONE._replace(turns=("附近",), said=("附近",))) == {"附近"}


def test_half_of_the_copies_are_exact():
    kinds = [copied(ONE, random.Random(seed))[0] for seed in range(400)]
    assert 150 < kinds.count("exact") < 250
    assert {kinds.count(kind) > 40 for kind in ("particles", "order", "synonym")} == {True}


def test_slots_that_no_one_can_see():
    assert said_slots({"day": "明天", "date": "2026-01-06", "n": 3}, ["day", "date"], "明天呢") == {"day": "明天"}


def test_a_pool_with_its_originals():
    draws = (TextDraw(str(n), "place", "leaf", {"name": f"楼{n}"}, (f"楼{n}在哪里，怎么走",)) for n in range(10_000))
    lines = list(planted_lines(draws, [Place()], 2000, seed=3))
    copies = [(number, line) for number, line in enumerate(lines) if line["planted"]]
    assert 140 < len(copies) < 260
    for number, line in copies:
        original = lines[line["planted"]["of"]]
        assert line["planted"]["of"] < number and original["planted"] is None and original["pair"] == line["pair"]
        assert (line["turns"] == original["turns"]) == (line["planted"]["kind"] == "exact")


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    args = parse_arguments(
        [
            "funnel",
            "--count",
            "1500",
            "--keep",
            "300",
            "--workers",
            "1",
            "--folder",
            str(tmp_path_factory.mktemp("pool")),
        ]
    )
    return funnel.measure(args), args.folder


def test_what_is_counted(figures, tmp_path):
    found, folder = figures
    lines = [json.loads(line) for line in (folder / "pool.jsonl").read_text().splitlines()]
    assert len(lines) == found["stages"][0] == 1500 and found["stages"][-1] == 300
    assert found["slots"]["pairs"] == len({json.dumps(line["pair"], sort_keys=True) for line in lines})
    planted = [line["planted"] for line in lines if line["planted"]]
    assert sum(counts.get("pairs", 0) for counts in found["planted"].values()) == len(planted)
    assert funnel.recall(found, "lexical", ("exact",)) == 1 and funnel.recall(found, "semantic") > 0.9
    assert found["slots"]["lexical"] < 0.02 * found["slots"]["pairs"] and found["leaves"][0] == found["leaves"][1]
    assert found["gib"] > 0.05 and found["cpu_seconds"] > 0
    text = funnel.text(found)
    assert "1,500 → " in text and "holds   leaves lost: 0" in text
    write_result(tmp_path / "funnel.json", *funnel.as_result(found))
    assert read_result(tmp_path / "funnel.json").rows[-1]["value"] == "300"
