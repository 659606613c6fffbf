"""An agent's figures by hand: what counts where, and over how many."""

import math
from dataclasses import replace

import pytest

from stagent.cascade.agent_figures import agent_figures, gives_up, mean_figure
from stagent.cascade.agent_table import draw_rows, table_of
from stagent.cascade.held_out import as_json, parted
from tests.stagent.cascade.scored import call, scored
from tests.stagent.cascade.toy import toy_task

CAN = [replace(toy_task(number), id=f"can-{number}") for number in range(3)]
CAN_NOT = [replace(toy_task(number), id=f"not-{number}", unsolvable="no_data") for number in range(2)]


def test_a_mean_with_its_interval():
    assert mean_figure([0.5] * 7) == (0.5, 0.5, 0.5, 7)
    found = mean_figure([0.0, 1.0] * 50)
    assert found.mean == 0.5 and found.count == 100
    assert 0.38 < found.low < 0.42 and 0.58 < found.high < 0.62  # .5 ± 1.96 · .5 / √100
    nothing = mean_figure([])
    assert nothing.count == 0 and math.isnan(nothing.mean)


def test_tries_of_a_task_are_one_unit():
    """Tasks of mean .5 and 1: the mean is .75 over two, not over six."""
    episodes = [scored(reward, task=CAN[0], number=n) for n, reward in enumerate([1.0, 0.0, 1.0, 0.0])]
    episodes += [scored(1.0, task=CAN[1], number=n) for n in range(2)]
    found = agent_figures(episodes)
    assert (found.reward.mean, found.reward.count) == (0.75, 2)
    assert (found.full.mean, found.vetoed.mean, found.vetoed.count) == (0.75, 0.25, 2)


def test_full_marks_begin_at_95_hundredths():
    found = agent_figures([scored(0.95, task=CAN[0]), scored(0.9499, task=CAN[1]), scored(1.0, task=CAN[2])])
    assert found.full.mean == pytest.approx(2 / 3)


def test_pass_4_wants_full_marks_four_times():
    def four(task, *rewards):
        return [scored(reward, task=task, number=n) for n, reward in enumerate(rewards)]

    episodes = [*four(CAN[0], 1.0, 0.96, 1.0, 0.95), *four(CAN[1], 1.0, 1.0, 0.9, 1.0), *four(CAN[2], 1.0, 1.0, 1.0)]
    found = agent_figures(episodes)
    assert (found.power.mean, found.power.count) == (0.5, 2)  # the last one was tried three times alone
    assert agent_figures(episodes[:3]).power.count == 0


def test_precision_and_recall_of_giving_up_by_both_readings():
    """First answers: one gives up rightly, one wrongly. Any answer: two rightly, two wrongly, of two and three.

    precision 1/2, recall 1/2; precision 2/4, recall 2/2.
    """
    episodes = [
        scored(1.0, task=CAN_NOT[0], answers=["[Unsolved] 没有数据。"]),
        scored(1.0, task=CAN_NOT[1], answers=["要哪一天的？", "[Unsolved] 没有数据。"]),
        scored(0.0, task=CAN[0], answers=["[unsolved]"]),
        scored(0.0, task=CAN[1], answers=["好", "[Unsolved]"]),
        scored(1.0, task=CAN[2], answers=["好"]),
    ]
    found = agent_figures(episodes)
    assert found.precision_first[0::3] == (0.5, 2) and found.recall_first[0::3] == (0.5, 2)
    assert found.precision_any[0::3] == (0.5, 4) and found.recall_any[0::3] == (1.0, 2)
    assert (found.gave_up.mean, found.gave_up.count) == (pytest.approx(2 / 3), 3)
    assert [gives_up(each, "first") for each in episodes] == [True, False, True, False, False]
    assert [gives_up(each, "any") for each in episodes] == [True, True, True, True, False]


def test_no_answer_gives_nothing_up():
    episode = scored(0.0, task=CAN_NOT[0], answers=[])
    assert not gives_up(episode, "first") and not gives_up(episode, "any")
    found = agent_figures([episode])
    assert found.recall_first.mean == 0.0 and found.precision_first.count == 0


def test_errors_a_call_and_calls_an_episode():
    """Of four calls one was refused and one failed; what found nothing, or was unavailable, is no error."""
    episodes = [
        scored(1.0, task=CAN[0], calls=[call(), call("error"), call("empty")]),
        scored(1.0, task=CAN[1], calls=[call("failed")]),
        scored(1.0, task=CAN[2], calls=[call("unavailable")]),
    ]
    found = agent_figures(episodes)
    assert (found.errors, found.calls) == (2 / 5, 5 / 3)
    assert agent_figures([scored(1.0)]).errors == 0.0


def test_last_answers_are_counted_to_find_out_who_always_says_the_same():
    """Last answers 好 好 不行: 4/3 characters, the commonest two of three."""
    found = agent_figures(
        [
            scored(1.0, task=CAN[0], answers=["不行", "好"]),
            scored(1.0, task=CAN[1], answers=["好"]),
            scored(0.0, task=CAN[2], answers=["不行"]),
        ]
    )
    assert (found.characters, found.commonest) == (pytest.approx(4 / 3), pytest.approx(2 / 3))


def test_what_no_judge_could_score_is_in_no_figure():
    found = agent_figures([scored(1.0, task=CAN[0]), scored(None, task=CAN[1], calls=[call("error")])])
    assert (found.reward.mean, found.reward.count, found.calls, found.unscored) == (1.0, 1, 0, 1)
    nothing = agent_figures([scored(None)])
    assert nothing.reward.count == 0 and nothing.unscored == 1 and as_json(nothing)["reward"] is None


def test_parts_are_by_class_and_difficulty_in_their_order():
    tasks = [
        replace(CAN[0], primary="discovery.poi_search", difficulty=5),
        replace(CAN[1], primary="discovery.area_summaries", difficulty=-1),
        replace(CAN[2], primary="dynamic_information.realtime_weather", difficulty=1),
    ]
    found = parted([scored(reward, task=task) for reward, task in zip((1.0, 0.5, 0.0), tasks, strict=True)])
    assert {name: own.reward.mean for name, own in found["class"].items()} == {
        "discovery": 0.75,
        "dynamic_information": 0.0,
    }
    assert [(name, own.reward.mean) for name, own in found["difficulty"].items()] == [("-1", 0.5), ("1", 0), ("5", 1)]


def test_the_table_says_means_with_half_their_intervals(tmp_path):
    figures = as_json(agent_figures([scored(1.0, task=CAN[0], calls=[call()]), scored(1.0, task=CAN[1])]))
    figures["vetoed"] = {"mean": 0.25, "low": 0.2, "high": 0.32, "count": 9}
    lines = table_of([{"agent": "A", "figures": figures}]).splitlines()
    titles, cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], lines[2]))
    row = dict(zip(titles, cells, strict=True))
    assert len(lines) == 3 and row["agent"] == "A" and row["reward"] == "1.000 ± 0.000"
    assert row["vetoed"] == "0.250 ± 0.060" and row["calls"] == "0.50"
    assert row["pass^4"] == "" == row["unsolved: precision"]  # nothing to take a mean of
    draw_rows(tmp_path / "rows.png", [{"agent": "A", "figures": figures}] * 2, "two rows")
    assert (tmp_path / "rows.png").read_bytes().startswith(b"\x89PNG")
