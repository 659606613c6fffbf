"""The world: rows come out of a life, agree with themselves, and keep their distance from the real file."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from data_process.almanac import CITIES, is_holiday
from data_process.response import parse_label
from data_process.rule_filter import filter_response
from data_process.schema import COLUMNS, LABEL, read_rows
from data_process.situation import long_term, parse_time, place_kind, short_term, situation
from gplan.world import __main__ as world_main
from gplan.world.geography import CATEGORIES, FIRST_POI, KIND_TAGS, capacity, neighbours, place
from gplan.world.realism import best_column, compare, total_variation
from gplan.world.rows import WORLD_VERSION, generate
from tests.conftest import ROOT
from tests.support.located import locate
from utils import door

SAMPLE = Path(os.environ.get("GSISR_SHARED", ROOT / ".." / "shared")) / "gsisr" / "sample.csv"
needs_sample = pytest.mark.skipif(not SAMPLE.is_file(), reason="the real sample is not here (GSISR_SHARED)")

DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)  # neither 2025 nor 2026 is a leap year


@pytest.fixture(scope="module")
def rows():
    return generate(5000, seed=7)


def weekday(year: int, month: int, day: int) -> str:
    """By counting days: 2026-01-01 was a Thursday (the sample's 2026-02-10, 40 days on, a Tuesday)."""
    days = DAYS_BEFORE_MONTH[month - 1] + day - 1 - (365 if year == 2025 else 0)
    return "四五六日一二三"[days % 7]


def test_weekday_helper_on_dates_from_the_calendar():
    assert [weekday(*d) for d in ((2026, 2, 10), (2026, 10, 1), (2025, 12, 25))] == ["二", "四", "四"]


def test_same_seed_same_rows_and_a_longer_file_starts_with_the_shorter():
    assert generate(50, seed=3) == generate(80, seed=3)[:50]
    assert generate(50, seed=3) != generate(50, seed=4)


def test_same_file_in_other_processes_whatever_their_hash_seed(tmp_path):
    digests = set()
    for hash_seed in ("0", "12345"):
        out = tmp_path / f"{hash_seed}.csv"
        command = [sys.executable, "-m", "gplan.world.__main__", "--rows", "40", "--seed", "5", "--out", str(out)]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        digests.add(hashlib.sha256(out.read_bytes()).hexdigest())
        meta = json.loads(Path(f"{out}.meta.json").read_text())
        assert meta == {"world_version": WORLD_VERSION, "seed": 5, "rows": 40}
    assert len(digests) == 1
    assert read_rows(out) == generate(40, seed=5)


def test_all_columns_in_order_and_every_label_passes(rows):
    assert all(tuple(row) == COLUMNS for row in rows)
    assert all(filter_response(row[LABEL], has_order=True) is None for row in rows)
    assert all(not parse_label(row[LABEL]).blocks for row in rows[:200])  # JSON only
    assert all(row["id"].isdecimal() for row in rows)


def test_all_plan_lengths_occur_long_ones_in_one_to_three_percent(rows):
    lengths = Counter(len(json.loads(row[LABEL])) for row in rows)
    assert set(lengths) == set(range(3, 10))
    assert 0.01 <= sum(n for length, n in lengths.items() if length > 6) / len(rows) <= 0.03


def test_histories_have_the_real_files_form(rows):
    for row in rows[:1000]:
        short, long = row["short_term_behavior_seq"], row["long_term_behavior"]
        assert len(short_term(short)) == (len(short.split(", ")) if short else 0)
        assert len(long_term(long)) == (len(long.split(" , ")) if long else 0)
        assert re.fullmatch(r"act_\d+((了)?&act_\d+)*", "&".join(b.actions for b in short_term(short)) or "act_1")
        counts = [one.count for one in long_term(long)]
        assert counts == sorted(counts, reverse=True) and len(counts) <= 10
    assert sum(len(short_term(row["short_term_behavior_seq"])) == 10 for row in rows) > 0.93 * len(rows)


def test_histories_run_forward_end_before_now_and_name_the_right_weekday(rows):
    for row in rows[:1000]:
        now, before = parse_time(row["currenttime"]), None
        weekdays = re.findall(r"日周(.)\d+点", row["short_term_behavior_seq"])
        for one, said in zip(short_term(row["short_term_behavior_seq"]), weekdays, strict=True):
            # A month later in the year than now can only be last year's: no history is longer than that.
            year = now.year - (one.month > now.month)
            assert said == weekday(year, one.month, one.day)
            moment = (year, one.month, one.day, one.hour)
            assert moment <= (now.year, now.month, now.day, now.hour)
            assert before is None or before <= moment
            before = moment


def test_days_are_flagged_as_the_calendar_says(rows):
    for row in rows[:1000]:
        now = parse_time(row["currenttime"])
        assert row["weekendflag"] == str(int(weekday(now.year, now.month, now.day) in "六日"))
        assert row["holidayflag"] == str(int(is_holiday(now.date())))
    # 2026: Spring Festival 15 to 23 February, Labour Day 1 to 5 May; 10 May is an ordinary Sunday.
    days = (date(2026, 2, 14), date(2026, 2, 15), date(2026, 2, 23), date(2026, 5, 5), date(2026, 5, 10))
    assert [is_holiday(day) for day in days] == [False, True, True, True, False]
    for flag in ("holidayflag", "weekendflag"):
        assert {row[flag] for row in rows} == {"0", "1"}
    assert len({row["currenttime"][:7] for row in rows}) >= 6


def test_orders_are_made_before_now_and_stages_differ(rows):
    made = [(parse_time(row["trigger_5"]), parse_time(row["currenttime"])) for row in rows if row["trigger_5"]]
    assert all(then <= now for then, now in made)
    starts = [situation(row).hours_to_start for row in rows]
    assert 0.02 < sum(hours > 0 for hours in starts) / len(rows) < 0.3
    assert any((hours := situation(row).hours_to_end) is not None and hours < 0 for row in rows)


def test_a_place_has_one_category_city_and_district_everywhere(rows):
    for row in rows[:1500]:
        here = locate(row["current_poi_name"])
        assert here[1:] == (row["current_tag"], row["current_city"], row["current_district"])
        assert locate(row["trigger_4"])[2:] == (row["trigger_2"], row["trigger_3"])
        for poi, district in (("profile_feat_6", "profile_feat_7"), ("profile_feat_8", "profile_feat_9")):
            assert bool(row[poi]) == bool(row[district])
            if row[poi]:
                assert locate(row[poi]).city + locate(row[poi]).district == row[district]
        for one in (*short_term(row["short_term_behavior_seq"]), *long_term(row["long_term_behavior"])):
            assert locate(one.poi).tag == one.tag


def test_geography_numbers_places_both_ways():
    assert place("经济型", "北京市", "朝阳区", 0).name == f"p_{FIRST_POI}"
    for city, districts in CITIES.items():
        poi = place("高铁站", city, districts[-1], 1)
        assert locate(poi.name) == poi
        assert city not in neighbours(city) and len(neighbours(city)) >= 2
        assert len(set(districts)) == len(districts)
    assert place("商圈", "上海市", "黄浦区", capacity("商圈")) == place("商圈", "上海市", "黄浦区", 0)
    assert [locate(name) for name in ("p_999999", "p_99999999", "x", "p_", "")] == [None] * 5


def test_every_category_reads_as_its_kind():
    assert [(kind, tag) for kind in CATEGORIES for tag in KIND_TAGS[kind] if place_kind(tag) != kind] == []


def test_situations_are_as_common_as_in_the_real_rows(rows):
    seen = [situation(row) for row in rows]

    def share(flag: str) -> float:
        return sum(bool(getattr(one, flag)) for one in seen) / len(seen)

    # Measured on the real sample: 24%, 79%, 0.8%, 6%; kinds 52, 22, 12, 10, 4.5% of the test file.
    assert share("at_order") == pytest.approx(0.24, abs=0.04)
    assert share("in_order_city") == pytest.approx(0.79, abs=0.04)
    assert share("in_home_city") == pytest.approx(0.008, abs=0.008)
    assert share("order_in_home_city") == pytest.approx(0.06, abs=0.03)
    kinds = Counter(one.order for one in seen)
    for kind, real in (("酒店", 0.521), ("加油", 0.219), ("其他", 0.116), ("门票", 0.099), ("充电桩", 0.045)):
        assert kinds[kind] / len(seen) == pytest.approx(real, abs=0.03)


def test_total_variation_by_hand():
    # Shares 2/3, 1/3 against 1/2, 1/2: half of 1/6 + 1/6.
    assert total_variation(Counter("aab"), Counter("ab")) == pytest.approx(1 / 6)
    assert total_variation(Counter("a"), Counter("b")) == 1


def test_best_column_by_hand():
    blank = dict.fromkeys(COLUMNS, "")
    rows = [{**blank, "trigger_1": kind} for kind in "xxyxyz"]
    # Trained on the first three (a, a, b): x -> a, y -> b, unseen z -> a. Tested on (a, b, b): two of three right.
    assert best_column(rows, ["a", "a", "b", "a", "b", "b"], [([0, 1, 2], [3, 4, 5])]) == ("trigger_1", 2 / 3, 1 / 3)


@needs_sample
def test_distances_from_the_real_sample_keep_their_bounds(rows):
    measures = compare(rows, read_rows(SAMPLE))
    assert [one for one in measures if not one.ok] == []


@needs_sample
def test_no_value_of_a_person_or_place_is_the_samples(rows):
    names = {name for row in read_rows(SAMPLE) for value in row.values() for name in re.findall(r"p_\d+", value)}
    assert not any(int(name[2:]) >= FIRST_POI for name in names)
    ids = {row["id"] for row in read_rows(SAMPLE)}
    assert not ids & {row["id"] for row in rows}


def test_command_line_refuses_by_name(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["world", "--rows", "2", "--out", str(tmp_path / "no" / "w.csv")])
    assert door(world_main.main) == 2
    assert "error: " in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["world", "--compare", str(tmp_path / "missing.csv")])
    assert door(world_main.main) == 2
    assert "no such file" in capsys.readouterr().err


@needs_sample
def test_compare_without_scikit_learn_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    monkeypatch.setattr(sys, "argv", ["world", "--compare", str(SAMPLE), "--json"])
    assert door(world_main.main) == 2
    said = capsys.readouterr()
    assert "config/requirements/baselines.txt" in said.err and said.out == ""


def test_the_forest_command_finds_what_one_comparison_decides(tmp_path, capsys, monkeypatch):
    from data_process.schema import write_rows
    from data_process.situation import situation

    for name, seed in (("train", 1), ("valid", 2)):
        rows = generate(150, seed)
        for row in rows:
            tool = "tool_6" if situation(row).at_order else "tool_9"
            row["raw_labels"] = f'[{{"工具名称":"{tool}"}}]'
        write_rows(tmp_path / f"{name}.csv", rows)
    monkeypatch.setattr("sys.argv", ["world", "--forest", str(tmp_path / "train.csv"), str(tmp_path / "valid.csv")])
    assert door(world_main.main) == 0
    assert capsys.readouterr().out == "Acc@1 of the forest: 1.000 on 150 rows, grown on 150\n"
