"""Counterfactual twins as files: every rule checked a second way, on generated and on real rows."""

import calendar
import json
import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from data_process.rule_filter import filter_response
from data_process.schema import COLUMNS, LABEL, read_rows
from data_process.twins import read_pairs
from gplan.starter import rows as default_rows
from gplan.synthesis.rules.rule_teacher import RuleTeacher
from gplan.synthesis.teachers.by_rules import rules
from gplan.synthesis.twins import counterfactual
from gplan.synthesis.twins.counterfactual import write_twins
from gplan.world.expert import plan_distribution
from gplan.world.moments import is_possible
from gplan.world.places import Atlas
from gplan.world.rows import generate, write_world
from tests.support.hotel_order import (
    HOLIDAYS,
    MAY_CHANGE,
    PLACE,
    seconds,
)
from tests.support.located import locate


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """2,000 generated rows and their twins, as the command writes them: ``(rows, pairs, rows without, statistics)``."""
    folder = tmp_path_factory.mktemp("made")
    write_world(folder / "in.csv", 2000, seed=21)
    return found(folder)


@pytest.fixture(scope="module")
def real(real_csv, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    (folder / "in.csv").symlink_to(real_csv)
    return found(folder)


def found(folder):
    statistics = write_twins(folder / "in.csv", folder / "out.jsonl", rules, seed=1)
    without = (folder / "out.jsonl.without.jsonl").read_text(encoding="utf-8").splitlines()
    lines = (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()
    return read_rows(folder / "in.csv"), list(map(json.loads, lines)), list(map(json.loads, without)), statistics


def newest_done(anchor):
    """The end of the newest history entry's hour; its year is the one in which the date has that weekday."""
    now, times = seconds(anchor["currenttime"]), []
    for month, day, weekday, hour in re.findall(r"在(\d+)月(\d+)日周(.)(\d+)点", anchor["short_term_behavior_seq"]):
        for year in (now.year, now.year - 1):
            if calendar.weekday(year, int(month), int(day)) == "一二三四五六日".index(weekday):
                times.append(datetime(year, int(month), int(day), int(hour)) + timedelta(hours=1))
                break
        else:
            raise AssertionError(f"no year fits {month}-{day} 周{weekday}")
    return max(times, default=None)


def check_moment(anchor, twin):
    """The rules for time and flags, and for a journey."""
    now, then = seconds(anchor["currenttime"]), seconds(twin["currenttime"])
    if then < now:
        assert anchor["trigger_5"] and anchor["trigger_5"] <= twin["currenttime"]
        done = newest_done(anchor)
        assert done is None or done <= then
    if then > now:
        end = anchor["trigger_7"]
        limit = now + timedelta(days=7)
        if anchor["trigger_1"] == "酒店":
            assert then <= min(limit, seconds(end[:10] + " 14:00:00"))
        elif end:
            assert then <= min(limit, seconds(end))
        else:
            fresh = max(seconds(anchor[name]) for name in ("trigger_5", "trigger_6") if anchor[name])
            assert then <= fresh + timedelta(days=1)
    if twin["current_city"] != anchor["current_city"]:
        assert then - now >= timedelta(hours=4)
    day = date.fromisoformat(twin["currenttime"][:10])
    assert twin["weekendflag"] == ("1" if calendar.weekday(day.year, day.month, day.day) in (5, 6) else "0")
    assert twin["holidayflag"] == ("1" if twin["currenttime"][:10] in HOLIDAYS else "0")


def planner_sees(row):
    """What can matter, read off the columns in another way."""
    part = sum(row["currenttime"][11:] >= f"{hour:02d}:00:00" for hour in (6, 9, 11, 14, 17, 20))
    return (
        part,
        row["weekendflag"] + row["holidayflag"],
        row["current_poi_name"] == row["trigger_4"],
        row["current_city"] == row["trigger_2"],
        (row["current_poi_name"] == row["profile_feat_6"], row["current_city"] == row["profile_feat_5"]),
        row["current_poi_name"] == row["profile_feat_8"],
        [row["currenttime"] >= row[name] for name in ("trigger_6", "trigger_7") if row[name]],
        row["current_tag"],
    )


def check_pairs(rows, pairs, without):
    assert sorted([*(pair["row"] for pair in pairs), *(one["row"] for one in without)]) == list(range(len(rows)))
    for number, pair in enumerate(pairs):
        anchor, twin, row = pair["anchor"], pair["twin"], rows[pair["row"]]
        changed = {name for name in COLUMNS if name != LABEL and anchor[name] != twin[name]}
        assert changed and changed <= MAY_CHANGE
        assert set(pair["changed"]) == changed and len(pair["changed"]) == len(changed)
        assert {**anchor, LABEL: ""} == {**row, LABEL: ""}
        assert json.loads(pair["label"]) == json.loads(row[LABEL].rpartition("</THOUGHT>")[2])
        check_moment(anchor, twin)
        assert planner_sees(anchor) != planner_sees(twin)
        assert anchor[LABEL] != twin[LABEL]
        for side in (anchor, twin):
            assert filter_response(side[LABEL], has_order=True) is None
            if number % 4 == 0:  # slow; tests/gplan/world/test_expert.py compares the two ways to the best plan
                assert json.loads(side[LABEL]) == plan_distribution(side)[0][0]  # both the teacher's, none the label's


def test_twins_of_generated_rows(made):
    rows, pairs, without, statistics = made
    assert len(pairs) >= 0.5 * len(rows)
    check_pairs(rows, pairs, without)
    for pair in pairs:
        twin = pair["twin"]
        assert locate(twin["current_poi_name"]) == tuple(twin[name] for name in PLACE)
    moved = Counter(("currenttime" in pair["changed"], "current_poi_name" in pair["changed"]) for pair in pairs)
    assert statistics["kinds"] == {
        "time": moved[True, False],
        "place": moved[False, True],
        "both": moved[True, True],
    }
    assert min(moved.values()) >= 0.1 * len(pairs) and len(moved) == 3
    # Every one of the seven columns changes somewhere, and in the file's calendar days change too.
    assert min(statistics["changed"].values()) > 0
    assert statistics["pairs"] == len(pairs) and statistics["rows"] == len(rows)
    firsts = [[json.loads(pair[side][LABEL])[0] for side in ("anchor", "twin")] for pair in pairs]
    assert statistics["plans"]["first_intent"] == sum(a != b for a, b in firsts) > 0.5 * len(pairs)


def test_twins_of_real_rows(real):
    rows, pairs, without, _ = real
    assert len(pairs) >= 0.3 * len(rows)
    check_pairs(rows, pairs, without)
    together = {tuple(row[name] for name in PLACE) for row in rows}
    areas = {(row["current_city"], row["current_district"]) for row in rows}
    areas |= {(row["trigger_2"], row["trigger_3"]) for row in rows}
    own = Counter()
    for pair in pairs:
        anchor = pair["anchor"]
        poi, tag, city, district = (pair["twin"][name] for name in PLACE)
        if (poi, tag, city, district) in together:
            continue
        # Else it is the person's own, its tag in front of its name in a history.
        assert re.search(
            f"(^|,|本地|异地行前|异地行中|未知地点) *{re.escape(tag)}的{poi}(?!\\d)",
            anchor["short_term_behavior_seq"] + "," + anchor["long_term_behavior"],
        )
        if (poi, city, district) == tuple(anchor[f"trigger_{i}"] for i in (4, 2, 3)):
            own["order"] += 1
        else:
            assert (poi, city + district) in [
                (anchor[f"profile_feat_{i}"], anchor[f"profile_feat_{i + 1}"]) for i in (6, 8)
            ]
            assert (city, district) in areas
            own["home"] += 1
    assert own["order"] and own["home"]


def test_the_same_seed_gives_the_same_file(tmp_path):
    write_world(tmp_path / "in.csv", 100, seed=4)
    for name in ("a", "b"):
        write_twins(tmp_path / "in.csv", tmp_path / name, rules, seed=9)
    write_twins(tmp_path / "in.csv", tmp_path / "c", rules, seed=10)
    texts = [(tmp_path / name).read_bytes() for name in "abc"]
    assert texts[0] == texts[1] != texts[2]


def test_several_twins_a_row(tmp_path):
    write_world(tmp_path / "in.csv", 100, seed=4)
    found = write_twins(tmp_path / "in.csv", tmp_path / "out.jsonl", rules, seed=1, per_row=3)
    pairs = read_pairs(tmp_path / "out.jsonl")
    counts = Counter(pair.row for pair in pairs)
    assert max(counts.values()) == 3 and len(pairs) > 250
    assert found["with_twin"] == len(counts) and found["pairs"] == len(pairs)
    contexts = [(pair.row, *(pair.twin[name] for name in sorted(MAY_CHANGE))) for pair in pairs]
    assert len(set(contexts)) == len(contexts)
    atlas = Atlas(read_rows(tmp_path / "in.csv"))
    assert all(is_possible(pair.anchor, pair.twin, atlas) is None for pair in pairs)


def test_embedded_twins_are_those_of_the_embedded_rows_and_made_once(tmp_path, monkeypatch):
    sources = tmp_path / "train-1.csv", tmp_path / "test-1.csv"
    for seed, source in enumerate(sources):
        write_world(source, 30, seed=seed)
    monkeypatch.setattr(default_rows, "_csv", lambda name, rows, seed: sources[name == "test"])
    targets = default_rows.embedded_twins()
    for source, target in zip(sources, targets, strict=True):
        write_twins(source, tmp_path / "again", rules, seed=1)
        assert target.read_bytes() == (tmp_path / "again").read_bytes()
    before = [target.stat().st_mtime_ns for target in targets]
    monkeypatch.setattr(counterfactual, "write_twins", None)
    assert default_rows.embedded_twins() == targets
    assert [target.stat().st_mtime_ns for target in targets] == before
    # Other plans or moments: other files.
    monkeypatch.setattr(counterfactual, "FORMAT", counterfactual.FORMAT + 1)
    assert not set(map(default_rows._twins_path, sources)) & set(targets)


def test_rules_are_the_rule_teachers_plans():
    rows = generate(20, seed=8)
    assert rules(rows) == [RuleTeacher().plan(row) for row in rows]
