"""The measurement over answers of the real path: the bars, the same figures twice, and the verb's files."""

import asyncio
import json
import random

import pytest

from experiments.results import read_result
from stagent.queries.answer import text_of
from stagent.queries.trajectory import trajectory_of
from stagent.reward.measure.days_damaged import another_day
from stagent.reward.measure.expert import ExpertAnswers
from stagent.reward.measure.measuring import BARS, REPHRASED, UNHURT, UNMET, Measuring
from stagent.reward.measure.run import SAMPLES, draw_sample
from stagent.reward.measure.tables import EXPERT
from stagent.reward.verifier import Verifier
from utils import InputError


@pytest.fixture(scope="module")
def sample(gazetteer):
    return asyncio.run(draw_sample(gazetteer, 60, 3, SAMPLES["held-out kinds"]))


@pytest.fixture(scope="module", params=[False, True], ids=["doubt", "strict"])
def strict(request):
    return request.param


@pytest.fixture(scope="module")
def measured(gazetteer, sample, strict):
    misses = []
    measuring = Measuring(Verifier(strict), gazetteer, 3, lambda variant, score: misses.append((variant, score)))
    return asyncio.run(measuring.run(sample, "test")), misses


def test_the_bars(measured, strict):
    found, _ = measured
    chance = 0.04 if strict else 0.1  # some of a hundred: a miss or two is chance; and what the doubt costs
    for way, bar in BARS.items():
        share = found.tally.get(way)
        assert share.count >= 10, way
        slack = 0.0 if way in (UNHURT, UNMET) else chance
        assert bar.passed(share.share + slack if bar.least else share.share - slack), (way, share)


def test_gaming_does_not_pay(measured):
    means = {way: sum(rewards) / len(rewards) for way, rewards in measured[0].rewards.items()}
    expert = means.pop(EXPERT)
    assert expert > 0.8
    assert max(means.values()) <= expert / 2, max(means, key=means.get)


def test_every_miss_is_what_it_says(measured):
    found, misses = measured
    for variant, score in misses:
        if variant.way in (UNHURT, REPHRASED):
            assert score.vetoed
        elif variant.way != UNMET:
            assert score.reward > 0 and not variant.stays_true
    damaged = [variant for variant, _ in misses if variant.way not in (UNHURT, REPHRASED, UNMET)]
    counted = sum(
        share.count - share.hits if BARS[way].least else share.hits
        for (way, kind), share in found.tally.shares.items()
        if kind != "all" and way not in (UNHURT, REPHRASED, UNMET)
    )
    assert len(damaged) == counted


def test_the_same_seed_gives_the_same_figures(gazetteer, sample):
    def figures(seed):
        measuring = Measuring(Verifier(), gazetteer, seed, lambda variant, score: None)
        found = asyncio.run(measuring.run(sample[:6], "test"))
        return {key: vars(share) for key, share in found.tally.shares.items()}, found.rewards

    assert figures(1) == figures(1)


def test_another_day_s_fact_is_what_the_tool_says_of_that_day(gazetteer, sample):
    seen = 0
    for trajectory in sample:
        answers = ExpertAnswers(trajectory)
        for placed in answers.placed:
            if placed.fact.kind not in ("temperature", "percent") or placed.fact.how != "given":
                continue
            variant = asyncio.run(another_day(answers, placed, gazetteer.calls, random.Random(0)))
            if variant is None or variant.style != "weather_forecast_days":
                continue
            asked = [step for step in trajectory.calls() if step.tool == variant.style]
            if len(asked) > 1:
                continue  # whose forecast it is isn't told here
            day, arguments = asked[0].arguments["date"], asked[0].arguments | {"date": asked[0].clock[:10], "days": 15}
            result = asyncio.run(gazetteer.calls.call(variant.style, arguments, trajectory.task.context.now))
            ahead = result.content["items"]
            key = ("high_c", "low_c") if placed.fact.kind == "temperature" else ("rain_percent",)
            others = {
                str(item[each])
                for item in ahead
                if item["date"] != day or asked[0].arguments.get("days")
                for each in key
            }
            digits = variant.after.strip("°C℃度% ").replace("零下", "-").replace(" ", "")
            if digits.lstrip("-").isdigit():
                seen += 1
                assert digits in others
    assert seen


def test_answers_are_measured_without_their_pieces(sample):
    trajectory = sample[0]
    assert trajectory.answers()[-1].text == text_of(trajectory.answers()[-1].pieces)


def test_the_verb_writes_result_files_and_misses(tmp_path, capsys):
    from agent import VERBS
    from config.command_line import run_verb

    cases = tmp_path / "cases.jsonl"
    line = ["reward", "measure", "--count", "4", "--held_out", "--json", str(tmp_path / "out"), "--cases", str(cases)]
    assert run_verb("agent", "", VERBS, line) == 0
    printed = capsys.readouterr().out
    assert "changed digit" in printed and "an empty answer" in printed
    for name, first in (("verifier", UNHURT), ("gaming", EXPERT)):
        result = read_result(tmp_path / "out" / f"{name}.json")
        assert result.rows[0]["way"] == first
    for line in cases.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        for step in case["trajectory"]["steps"]:
            step.setdefault("geometry", []) if step["role"] == "call" else None
        assert trajectory_of(case["trajectory"]).answers()[-1].text == case["damage"]["answers"][-1]


def test_a_strict_measurement_leaves_the_other_s_files(tmp_path, capsys):
    from agent import VERBS
    from config.command_line import run_verb

    line = ["reward", "measure", "--count", "2", "--held_out", "--strict", "--json", str(tmp_path)]
    assert run_verb("agent", "", VERBS, line) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["verifier_strict.json"]
    assert "--strict" in read_result(tmp_path / "verifier_strict.json").command[0]


def test_a_file_where_the_folder_should_be_is_said_before_the_work(tmp_path):
    from agent import VERBS
    from config.command_line import run_verb

    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match=r"--json .*taken: File exists; name a folder"):
        run_verb("agent", "", VERBS, ["reward", "measure", "--json", str(tmp_path / "taken")])
