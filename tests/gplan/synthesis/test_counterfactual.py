"""Counterfactual twins: what may change, what is possible, what matters, and the command from CSV to file."""

import calendar
import json
import random
import re
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from data_process.intents import intent, render_plan
from data_process.rule_filter import filter_response
from data_process.schema import COLUMNS, LABEL, read_rows, write_rows
from data_process.twins import read_pairs
from gplan.starter import rows as default_rows
from gplan.synthesis import __main__ as commands
from gplan.synthesis.rules.rule_teacher import RuleTeacher
from gplan.synthesis.teachers.by_rules import rules
from gplan.synthesis.twins import counterfactual
from gplan.synthesis.twins.counterfactual import differences, find_twins, write_twins
from gplan.world import moments
from gplan.world.expert import plan_distribution
from gplan.world.geography import Poi
from gplan.world.moments import candidates, is_possible, last_on, what_matters, window
from gplan.world.places import Atlas, with_place
from gplan.world.rows import generate, write_world
from tests.conftest import ROOT
from tests.support.located import locate
from utils import door

MAY_CHANGE = {
    *("currenttime", "holidayflag", "weekendflag"),
    *("current_poi_name", "current_tag", "current_city", "current_district"),
}
PLACE = ("current_poi_name", "current_tag", "current_city", "current_district")
# The holidays of 2026, day by day.
HOLIDAYS = {
    f"2026-{month}-{int(day):02d}"
    for month, days in {
        "01": "1 2 3",
        "02": "15 16 17 18 19 20 21 22 23",
        "04": "4 5 6",
        "05": "1 2 3 4 5",
        "06": "19 20 21",
        "09": "25 26 27",
        "10": "1 2 3 4 5 6 7",
    }.items()
    for day in days.split()
}
T6, T8, T9 = intent("tool_6"), intent("tool_8"), intent("tool_9")
FOOD, SHOPS = intent("tool_5", "当前位置", "附近", "美食"), intent("tool_5", "当前位置", "附近", "购物")
A, B = [T6, T8, T9], [T8, FOOD, T9]
MALL, HOTEL, STATION = (
    Poi("p_5", "商场", "苏州市", "姑苏区"),
    Poi("p_9", "商务酒店", "苏州市", "吴中区"),
    Poi("p_30", "高铁站", "无锡市", "梁溪区"),
)


MEAL = "在3月11日周三9点act_4了位于异地行中餐厅的p_3"


def request(**fields):
    """A Wednesday's hotel order, made at 12:00 for tonight; at 15:00 the person is in a mall of the same city."""
    row = dict.fromkeys(COLUMNS, "") | {
        "id": "7",
        "profile_feat_5": "无锡市",
        "profile_feat_6": "p_1",
        "profile_feat_7": "无锡市梁溪区",
        "short_term_behavior_seq": f"{MEAL}, 在3月11日周三12点act_5了&act_2了位于本地商务酒店的p_9",
        "long_term_behavior": "住宅区的p_1act_8了78次 , 公司的p_2act_8了60次",
        "currenttime": "2026-03-11 15:00:00",
        "holidayflag": "0",
        "weekendflag": "0",
        "trigger_1": "酒店",
        "trigger_2": "苏州市",
        "trigger_3": "吴中区",
        "trigger_4": "p_9",
        "trigger_5": "2026-03-11 12:00:00",
        "trigger_6": "2026-03-11 00:00:00",
        "trigger_7": "2026-03-12 00:00:00",
        "raw_labels": render_plan(A),
    }
    return with_place(row, MALL) | fields


def other(**fields):
    """Another person, at the station of the next city."""
    return with_place(request(id="8"), STATION) | fields


def seconds(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")


@pytest.fixture
def atlas():
    return Atlas([request(), other()])


# What is possible


NOW_TO_CHECK_OUT = "2026-03-11 15:00:00", "2026-03-12 14:00:00"


@pytest.mark.parametrize(
    ("fields", "first", "last"),
    [
        # Ordered at 12:00 exactly, the history's 12 o'clock is over at 13:00; the room must be left at 14:00.
        ({}, "2026-03-11 13:00:00", "2026-03-12 14:00:00"),
        # The newest entry is of this very hour: certainly done now, not a minute before.
        ({"currenttime": "2026-03-11 12:40:00"}, "2026-03-11 12:40:00", "2026-03-12 14:00:00"),
        ({"trigger_5": ""}, *NOW_TO_CHECK_OUT),  # ordered some time before now
        ({"trigger_5": "2026-03-11 14:59:59"}, "2026-03-11 14:59:59", "2026-03-12 14:00:00"),
        ({"short_term_behavior_seq": ""}, "2026-03-11 12:00:00", "2026-03-12 14:00:00"),
        ({"short_term_behavior_seq": "昨天"}, *NOW_TO_CHECK_OUT),  # can't be read
        # An entry of a day that never was.
        ({"short_term_behavior_seq": f"{MEAL}, {MEAL.replace('3月11', '2月30')}"}, *NOW_TO_CHECK_OUT),
        # No end: fresh for a day from the start, which is later than the order.
        ({"trigger_7": "", "trigger_6": "2026-03-11 18:00:00"}, "2026-03-11 13:00:00", "2026-03-12 18:00:00"),
        ({"trigger_7": "2026-06-10 23:59:59"}, "2026-03-11 13:00:00", "2026-03-18 15:00:00"),  # seven days at most
        ({"trigger_7": "2026-03-12 20:15:00"}, "2026-03-11 13:00:00", "2026-03-12 20:15:00"),
        ({"trigger_7": "2026-03-10 00:00:00"}, "2026-03-11 13:00:00", "2026-03-11 15:00:00"),  # over already
        # No order: from the history to a day from now.
        (dict.fromkeys((f"trigger_{i}" for i in range(1, 8)), ""), "2026-03-11 13:00:00", "2026-03-12 15:00:00"),
    ],
)
def test_the_window_by_hand(fields, first, last):
    row = request(**fields)
    assert window(row, seconds(row["currenttime"])) == (seconds(first), seconds(last))


def test_history_without_years():
    assert last_on(12, 31, 23, datetime(2026, 1, 1, 0, 30)) == datetime(2025, 12, 31, 23)
    assert last_on(1, 1, 0, datetime(2026, 1, 1, 0, 30)) == datetime(2026, 1, 1)
    assert last_on(2, 29, 8, datetime(2026, 3, 1)) == datetime(2024, 2, 29, 8)
    assert last_on(2, 30, 8, datetime(2026, 3, 1)) is None
    assert last_on(3, 1, 24, datetime(2026, 3, 1)) is None
    newest = "在12月31日周三23点act_1了位于本地商场的p_5"
    now = datetime(2026, 1, 1, 9)
    row = request(currenttime="2026-01-01 09:00:00", short_term_behavior_seq=newest, trigger_5="2025-12-31 20:00:00")
    assert window(row, now)[0] == datetime(2026, 1, 1)


def test_possible_moments(atlas):
    at = {"currenttime": "2026-03-11 20:00:00"}
    for twin in (
        request(**at),
        with_place(request(), HOTEL),  # the own order's place, its tag from the history
        with_place(request(**at), STATION),  # five hours later, seen in the other row
        with_place(request(currenttime="2026-03-12 08:00:00"), Poi("p_1", "住宅区", "无锡市", "梁溪区")),  # home
        request(currenttime="2026-03-11 13:00:00"),
        request(**at, raw_labels="not looked at"),
    ):
        assert is_possible(request(), twin, atlas) is None


@pytest.mark.parametrize(
    ("twin", "reason"),
    [
        (request(profile_feat_3="1"), "columns"),
        (request(trigger_5="2026-03-11 11:00:00"), "columns"),
        (request(id="8"), "columns"),
        (request(currenttime="soon"), "time.unreadable"),
        (request(currenttime="2026-03-11 12:59:59"), "time.too_early"),
        (request(currenttime="2026-03-12 14:00:01"), "time.too_late"),
        (request(currenttime="2026-06-11 08:00:00"), "time.too_late"),
        (request(weekendflag="1"), "flags.calendar"),
        (request(holidayflag="1"), "flags.calendar"),
        (request(currenttime="2026-03-12 08:00:00", weekendflag="1"), "flags.calendar"),
        (request(current_tag="商务酒店"), "place.parts"),
        (request(current_city="无锡市"), "place.parts"),
        (request(current_district="吴中区"), "place.parts"),
        (with_place(request(), HOTEL._replace(tag="酒店")), "place.parts"),
        (with_place(request(), HOTEL._replace(district="姑苏区")), "place.parts"),
        (with_place(request(currenttime="2026-03-11 20:00:00"), Poi("p_2", "公司", "无锡市", "梁溪区")), "place.parts"),
        (with_place(request(), STATION), "place.journey"),
        (with_place(request(currenttime="2026-03-11 18:59:59"), STATION), "place.journey"),
        (with_place(request(currenttime="2026-03-11 13:00:00"), STATION), "place.journey"),
    ],
)
def test_impossible_moments(atlas, twin, reason):
    assert is_possible(request(), twin, atlas) == reason


def test_nobody_comes_from_elsewhere_to_where_they_are(atlas):
    """Order and history allow the morning, but the person would have had to be in another city before the anchor."""
    fields = {"trigger_5": "2026-03-10 20:00:00", "short_term_behavior_seq": ""}
    morning = request(**fields, currenttime="2026-03-11 08:00:00")
    assert is_possible(request(**fields), morning, atlas) is None
    assert is_possible(request(**fields), with_place(morning, STATION), atlas) == "place.journey"


def test_days_change_only_where_the_calendar_is_known():
    ticket = {"trigger_1": "门票", "trigger_7": "2026-06-10 23:59:59"}
    saturday = {"currenttime": "2026-03-14 10:00:00"}
    anchor, atlas = request(**ticket), Atlas([request()])
    assert is_possible(anchor, request(**ticket, **saturday, weekendflag="1"), atlas) is None
    # A file of another year, or with flags of its own: only its own day's flags are known.
    for year, flag in (("2025", "0"), ("2026", "1")):
        fields = {name: anchor[name].replace("2026", year) for name in ("trigger_5", "trigger_6", "trigger_7")}
        row = anchor | fields | {"currenttime": f"{year}-03-11 15:00:00", "weekendflag": flag}
        later = row | {"currenttime": f"{year}-03-11 21:00:00"}
        next_day = row | {"currenttime": f"{year}-03-12 10:00:00"}
        assert is_possible(row, later, atlas) is None
        for holiday, weekend in ("00", "01", "10", "11"):
            moved = next_day | {"holidayflag": holiday, "weekendflag": weekend}
            assert is_possible(row, moved, atlas) == "flags.calendar"
        days = {one["currenttime"][:10] for _, one in zip(range(30), candidates(row, atlas, random.Random(0)))}  # noqa: B905
        assert days == {f"{year}-03-11"}


@pytest.mark.parametrize(
    ("twin", "expected"),
    [
        (request(currenttime="2026-03-11 16:59:00"), []),
        (request(currenttime="2026-03-11 17:00:00"), ["day_part"]),
        (request(currenttime="2026-03-12 15:00:00"), ["order_ending"]),
        (request(weekendflag="1"), ["kind_of_day"]),
        (request(holidayflag="1"), ["kind_of_day"]),
        (with_place(request(), HOTEL), ["at_order", "place"]),
        (with_place(request(), MALL._replace(name="p_6", district="吴中区")), []),  # another mall
        (with_place(request(), STATION), ["order_city", "home", "place"]),
        (with_place(request(), Poi("p_1", "商场", "苏州市", "姑苏区")), ["home"]),
    ],
)
def test_what_matters(twin, expected):
    assert what_matters(request(), twin) == expected


def test_an_order_that_begins_matters():
    booked = {"trigger_6": "2026-03-11 15:30:00"}
    assert what_matters(request(**booked), request(**booked, currenttime="2026-03-11 15:29:59")) == []
    assert what_matters(request(**booked), request(**booked, currenttime="2026-03-11 15:30:00")) == ["order_begun"]


def test_places_whose_parts_are_not_all_known_are_never_used():
    alone = Atlas([request(), other(current_district="")])
    assert alone.seen == {MALL}
    assert alone.own(request()) == {"order": HOTEL}  # 无锡市梁溪区 stands in no row's two columns
    assert Atlas([other()]).own(request()) == {"order": HOTEL, "home": Poi("p_1", "住宅区", "无锡市", "梁溪区")}
    assert "order" not in alone.own(request(short_term_behavior_seq=""))
    twice = [other(current_city="无锡", current_district="市梁溪区"), other()]  # the same text, cut in two ways
    assert "home" not in Atlas(twice).own(request())


# The command


def command(*arguments):
    done = subprocess.run(
        [sys.executable, "synthesize.py", "twins", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_from_a_csv_to_pairs(tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.jsonl"
    thought = "<THOUGHT><CONTEXT>a</CONTEXT><STRATEGY>b</STRATEGY>" + "".join(
        f"<STEP_{i}>c</STEP_{i}>" for i in (1, 2, 3)
    )
    rows = [
        request(raw_labels=f"{thought}</THOUGHT>{render_plan(B)}"),
        other(raw_labels=""),
        request(currenttime=""),
    ]
    write_rows(source, rows)
    code, out, err = command(source, target, "--teacher", "rules", "--per_row", 2, "--json")
    assert (code, err) == (0, "")
    pairs = read_pairs(target)
    assert [pair.row for pair in pairs] == [0, 0, 1, 1]
    assert [pair.label for pair in pairs] == [render_plan(B)] * 2 + [""] * 2  # without its reasoning
    for pair in pairs:
        assert {name: pair.anchor[name] for name in COLUMNS[:-1]} == {n: rows[pair.row][n] for n in COLUMNS[:-1]}
        assert pair.changed == [name for name in COLUMNS[:-1] if pair.anchor[name] != pair.twin[name]]
        for side in (pair.anchor, pair.twin):
            assert json.loads(side[LABEL]) == plan_distribution(side)[0][0]
    assert pairs[0].twin != pairs[1].twin
    without = (tmp_path / "out.jsonl.without.jsonl").read_text(encoding="utf-8")
    assert json.loads(without) == {"row": 2, "id": "7", "reason": "time.unreadable"}
    found = json.loads(out)
    assert (found["rows"], found["pairs"], found["with_twin"], found["share"]) == (3, 4, 2, 0.6667)
    assert found["without"] == {"time.unreadable": 1}
    assert found["changed"]["currenttime"] == sum("currenttime" in pair.changed for pair in pairs)
    assert sum(found["kinds"].values()) == 4
    assert sum(found["plans"][name] for name in ("tools", "parameters", "order")) == 4
    # Once more without --force: nothing is touched; the plain report names what lacks.
    before = target.read_bytes()
    code, _, err = command(source, target, "--teacher", "rules", "--seed", 2)
    assert code == 2 and f"{target}: exists already" in err
    assert target.read_bytes() == before
    code, out, _ = command(source, target, "--teacher", "rules", "--force")
    assert code == 0 and "2 pairs" in out and "time.unreadable 1" in out


@pytest.mark.parametrize(
    ("rows", "flags", "words"),
    [
        (None, [], ["in.csv: no such file"]),
        (
            [request(), request(raw_labels="[{")],
            [],
            ["in.csv: row 1 (line 3, id 7), column raw_labels", "a label may be empty"],
        ),
        ([request(raw_labels=render_plan([T9, T9, T9]))], [], ["row 0", "logic.duplicate"]),
        ([request(currenttime="")], [], ["no row has a twin", "time.unreadable"]),
        ([request()], ["--per_row", "0"], ["--per_row", "1 or more"]),
        ([request()], ["--moments", "x"], ["--moments"]),
    ],
)
def test_bad_input_ends_in_a_message_and_no_file(tmp_path, rows, flags, words, monkeypatch, capsys):
    source, target = tmp_path / "in.csv", tmp_path / "out.jsonl"
    if rows:
        write_rows(source, rows)
    monkeypatch.setattr(sys, "argv", ["synthesize.py", "twins", str(source), str(target), "--teacher", "rules", *flags])
    try:
        code = door(commands.main)
    except SystemExit as ended:
        code = ended.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert all(word in err for word in words), err
    assert not list(tmp_path.glob("out*"))


def test_a_teacher_is_asked_in_rounds_and_its_failures_are_told():
    """Row 0 gets a twin at its second moment, 1 never another plan, 2 and 3 have none, 4 an invalid one, 6 one once."""
    rows, asked = [request(id=str(i), currenttime="" if i == 5 else "2026-03-11 15:00:00") for i in range(7)], []

    def teacher(batch):
        assert batch
        asked.append([row["id"] for row in batch])
        nth = len(asked)  # 1: the anchors
        answers = {
            "0": B if nth == 3 else A,
            "1": A,
            "2": None,
            "3": A if nth == 1 else None,
            "4": A if nth == 1 else [T9, T9, T9],
            "5": A,
            "6": A if nth < 3 else None,
        }
        return [answers[row["id"]] for row in batch]

    pairs, without = find_twins(rows, ["x"] * 7, teacher, seed=1, moments=3)
    assert asked == [list(ids) for ids in ("0123456", "01346", "01346", "1346")]
    assert [(pair.row, pair.label, pair.anchor[LABEL], pair.twin[LABEL]) for pair in pairs] == [
        (0, "x", render_plan(A), render_plan(B))
    ]
    assert {one.row: one.reason for one in without} == {
        1: "plan.equal",
        2: "teacher.anchor",
        3: "teacher.twin",
        4: "teacher.twin",
        5: "time.unreadable",
        6: "plan.equal",
    }


def test_no_moment_left():
    """Nowhere else to be, and an order that ends now."""
    row = request(trigger_4="", trigger_5="", trigger_7="2026-03-11 15:00:00")
    asked = []
    _, without = find_twins([row], [""], lambda batch: asked.append(len(batch)) or rules(batch), seed=1)
    assert asked == [1]
    assert [one.reason for one in without] == ["moment.none"]


def test_batches_do_not_change_what_is_found(monkeypatch):
    rows = generate(60, seed=5)
    whole = find_twins(rows, [""] * 60, rules, seed=3)
    monkeypatch.setattr(counterfactual, "BATCH", 7)
    assert find_twins(rows, [""] * 60, rules, seed=3) == whole
    assert find_twins(rows, [""] * 60, rules, seed=4) != whole


def test_how_plans_differ():
    assert differences([T8, T9, T6], [T9, T8, T6]) == ["first_intent", "order"]
    assert differences([T6, FOOD, T9], [T6, SHOPS, T9]) == ["parameters"]
    assert differences([FOOD, T6, T9], [SHOPS, T6, T9]) == ["first_intent", "parameters"]
    assert differences([T6, T9, FOOD], [T6, SHOPS, T9]) == ["parameters"]
    assert differences([T6, FOOD, T9], [T6, FOOD, T9, T8]) == ["tools"]
    assert differences([T6, FOOD, SHOPS, T9], [T6, FOOD, T9]) == ["tools"]


# Properties, with every rule checked a second way


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


def test_the_search_ends(monkeypatch):
    monkeypatch.setattr(moments, "what_matters", lambda anchor, twin: [])
    assert list(candidates(request(), Atlas([request(), other()]), random.Random(0))) == []
