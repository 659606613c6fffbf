"""MobilityBench's metrics, worked by hand."""

import pytest

from stagent.benchmarks.mobility_rows import read_mobility
from stagent.benchmarks.mobility_scores import agrees, mobility_figures, mobility_score, precision_recall, route_sizes
from stagent.benchmarks.stored_calls import tools_of
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from tests.stagent.benchmarks.rows import DRIVE, DRIVING, FIND, ROUTE, WEATHER, WHERE, write_rows


def call(tool, arguments, outcome="found"):
    return CallStep(tool, arguments, "2026-01-05T09:00:00+08:00", outcome, {}, "")


UNDERSTOOD = {
    "scenario": DRIVING["task_scenario"],
    "start": "",
    "transit": [],
    "end": "北 站",
    "strategies": ["不走高速"],
}
GOOD = [
    UserStep("去"),
    call("query_poi", FIND),
    call("driving_route", DRIVE),
    AnswerStep("全程 5.2 公里，约 15 分钟。"),
]


@pytest.fixture
def score(tmp_path):
    rows = read_mobility(write_rows(tmp_path / "r.csv", DRIVING, WHERE, WEATHER), {})

    def scores(steps, *, row=0, ended="answered", understood=UNDERSTOOD):
        trajectory = Trajectory(None, "m", steps)
        return mobility_score(
            rows[row], trajectory, tools_of(rows), ended=ended, tokens=(100, 10), understood=understood
        )

    return scores


def test_precision_and_recall_of_bags():
    assert precision_recall("aab", "abb") == (2 / 3, 2 / 3)
    assert precision_recall("", "") == (1, 1)
    assert precision_recall("a", "") == (0, 0) and precision_recall("", "a") == (0, 0)


def test_a_right_episode(score):
    found = score(GOOD)
    assert (found.step_precision, found.step_recall, found.tool_precision, found.tool_recall) == (1, 1, 1, 1)
    assert found.fitting == (True, True) and found.delivered and found.passed is True
    assert found.intent and found.extraction and (found.tokens_in, found.tokens_out) == (100, 10)


def test_steps_are_counted_and_tools_are_not(score):
    # twice the place and no route: one step of two is wanted, one of two wanted was taken; of tools one, of two
    found = score([UserStep("去"), call("query_poi", FIND), call("query_poi", {"keywords": 3}), AnswerStep("好")])
    assert (found.step_precision, found.step_recall) == (0.5, 0.5)
    assert (found.tool_precision, found.tool_recall) == (1, 0.5)
    assert found.fitting == (True, False) and found.passed is False


def test_what_could_not_be_read_as_a_call_fits_nothing(score):
    found = score([UserStep("去"), call("", {}, "error"), *GOOD[1:]])
    assert found.fitting == (False, True, True) and found.tool_precision == 1


@pytest.mark.parametrize(
    ("steps", "ended", "delivered", "passed"),
    [
        (GOOD[:3], "calls", False, False),
        ([*GOOD[:3], AnswerStep("[Unsolved] 5.2 公里")], "answered", False, False),
        ([*GOOD[:3], AnswerStep("全程 9 公里。")], "answered", True, False),
        ([*GOOD[:3], AnswerStep("走第二条，14 分钟。")], "answered", True, True),  # the second way's 840 s
        ([*GOOD[:2], AnswerStep("全程 5.2 公里。")], "answered", True, False),  # right by chance: never asked
        ([*GOOD[:2], call("driving_route", DRIVE, "error"), AnswerStep("全程 5.2 公里。")], "answered", True, False),
    ],
)
def test_delivered_and_right(score, steps, ended, delivered, passed):
    found = score(steps, ended=ended)
    assert (found.delivered, found.passed) == (delivered, passed)


def test_what_is_stored_decides_whether_an_answer_can_be_compared(score):
    located = call("reverse_geocoding", {"location": "174.61,30.41"})
    said = score([UserStep("我在哪"), located, AnswerStep("您在澜屿市东区望海路 12 号。")], row=1)
    assert said.passed is True
    # an object that is no route: nobody can say, whatever the answer is
    assert score([UserStep("x"), AnswerStep("下雨")], row=2).passed is None
    assert score([UserStep("x")], row=2, ended="deadline").passed is None


def test_sizes_of_a_stored_route():
    assert route_sizes(ROUTE) == [("distance", 5200), ("duration", 900), ("distance", 6100), ("duration", 840)]
    transit = {"route": {"transits": [{"distance": "7000", "duration": "1800"}]}}
    assert route_sizes(transit) == [("distance", 7000), ("duration", 1800)]
    assert route_sizes("x") == [] and route_sizes({"route": {"paths": None}}) == []
    assert agrees(ROUTE, "大约 5 公里") is True and agrees(ROUTE, "5.4 公里") is False and agrees(None, "x") is None


def test_understanding(score):
    wrong = score(GOOD, understood=UNDERSTOOD | {"scenario": "Weather Query", "strategies": []})
    assert wrong.intent is False and wrong.extraction is False
    assert score(GOOD, understood=None).intent is None


def test_the_table(score):
    scores = [
        score(GOOD),
        score([UserStep("我在哪"), AnswerStep("不知道")], row=1, understood=None),
        score([UserStep("x"), AnswerStep("下雨")], row=2, understood=None),
    ]
    figures = {(each.group, each.name): each for each in mobility_figures(scores)}
    assert figures["understanding", "ID"][2:] == (1.0, pytest.approx(0.2065, abs=1e-4), 1.0, 1, 2)
    assert figures["tool use", "TS-R"].value == pytest.approx(1 / 3)
    fpr = figures["decision", "FPR"]
    assert (fpr.value, fpr.count, fpr.unscored) == (0.5, 2, 1)
    assert figures["Basic Information Retrieval", "FPR"].value == 0
    assert figures["Preference-Constrained Route Planning", "DR"].value == 1
    assert figures["efficiency", "IT, tokens"].value == 100
