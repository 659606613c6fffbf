"""``bench serve``: the load it sends, what it makes of the answers, and one small run of all of it."""

import argparse
import itertools
import json

import pytest

import experiments.bench.__main__ as bench
from data_process.intents import render_plan
from data_process.schema import LABEL, read_rows, write_rows
from experiments.bench import serve, soak
from experiments.bench.client import ODD, Outcome, make_orders, quantile, summary
from experiments.bench.server_process import ServerProcess
from utils import InputError

ROWS = [{"currenttime": "2026-02-10 09:30:00", "current_city": str(i)} for i in range(3)]


def test_requests_are_due_at_the_rate_and_rows_take_turns():
    even = make_orders(ROWS, 5, 10, spacing="even")
    assert [one.due for one in even] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert [json.loads(one.body)["current_city"] for one in even] == ["0", "1", "2", "0", "1"]
    poisson = make_orders(ROWS, 4001, 100, seed=1)
    gaps = [two.due - one.due for one, two in itertools.pairwise(poisson)]
    # Exponential gaps: their mean is 1 / rate, and so is their standard deviation; 4,000 of them tell to 5 %.
    mean = sum(gaps) / len(gaps)
    assert mean == pytest.approx(0.01, rel=0.05)
    assert (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5 == pytest.approx(0.01, rel=0.1)
    assert poisson == make_orders(ROWS, 4001, 100, seed=1) != make_orders(ROWS, 4001, 100, seed=2)


def test_odd_requests_have_their_share():
    kinds = [one.kind for one in make_orders(ROWS, 10_000, 100, odd=0.01)]
    for kind in ODD:
        assert 60 < kinds.count(kind) < 140  # 100 expected, standard deviation 10
    assert kinds.count("good") == 10_000 - sum(map(kinds.count, ODD))


def test_quantiles_and_summary():
    assert [quantile([1, 2, 3, 4], share) for share in (0.25, 0.5, 0.51, 0.99, 1)] == [1, 2, 3, 4, 4]
    assert quantile([7], 0.5) == 7 and quantile([], 0.5) is None
    answered = [Outcome("good", 0, i / 10, 0.1 + i / 100, "answered", 200, {}) for i in range(10)]
    others = [Outcome("good", 0, 1, 9, "answered", 503, {}), Outcome("leaves", 0, 1, 0, "left")]
    found = summary([*answered, *others])
    assert found["ends"] == {"answered": 11, "left": 1} and found["statuses"] == {"200": 10, "503": 1}
    assert (found["p50"], found["p99"]) == pytest.approx((0.14, 0.19))
    assert found["held"] == pytest.approx(10 / (0.9 + 0.19))  # the last was due at 0.9 and took 0.19


def test_a_near_tie_is_one_where_the_plans_part():
    a, b, c, d = ({"工具名称": name} for name in "abcd")
    tie, clear = 1e-5, 0.1
    single = {"plan": [a, b, c], "margins": [(0, clear), (1, clear), (2, tie), (3, clear)]}
    assert soak.near_tie([a, d, c], single)
    assert not soak.near_tie([d, b, c], single)  # it parts at the first, where nothing was near
    assert soak.near_tie([a, b, d], single)  # what parts at the third may be due to the second's parameters
    assert soak.near_tie([d], {"plan": [a, b, c], "margins": [(0, tie), (1, clear)]})  # another number of intents


def test_the_way_up_ends_close_to_the_highest_rate_held():
    class Limited:
        """Holds 17 requests a second."""

        def load(self, rate, requests):
            answer = {"timing": {"forward_passes": 9}}
            return [Outcome("good", 0, 0, 0.1 if rate <= 17 else 3, "answered", 200, answer)] * requests

    args = argparse.Namespace(rates=None, first_rate=4, seconds=1, p99=1)
    rates = serve.climb(Limited(), args)
    held = [one["rate"] for one in rates if one["holds"]]
    assert held[:3] == [4, 6, 9] and 17 / 1.1 < max(held) <= 17
    assert [one["rate"] for one in rates] == sorted(one["rate"] for one in rates)
    assert [one["holds"] for one in serve.climb(Limited(), argparse.Namespace(**vars(args) | {"first_rate": 20}))] == [
        False
    ]


def test_a_server_that_does_not_start_is_an_error(tmp_path):
    args = argparse.Namespace(model=str(tmp_path / "none"), device="cpu", slots=None)
    with pytest.raises(InputError, match="make one first with: bash finetune"), ServerProcess(args, tmp_path):
        pass


class Scripted:
    """A server whose clients and log say what the test wants."""

    def __init__(self, outcomes, ids):
        self.process = self
        self._outcomes, self._ids = outcomes, [[], ids, ids]

    def logged(self):
        return self._ids.pop(0)

    def start_load(self, rate, requests):
        return self

    def outcomes(self, client):
        return self._outcomes

    def poll(self):
        return 0

    def send_signal(self, number):
        pass

    def wait(self, seconds):
        return 0


def test_what_is_planned_and_not_received_is_lost():
    def outcome(end, name=None):
        return Outcome("good", 0, 0, 1, end, 200 if name else None, {"request_id": name} if name else None)

    ends = [outcome("answered", "1"), outcome("refused"), outcome("closed")]
    assert soak.terminate(Scripted(ends, ["1"]), 1)["lost"] == 0
    assert soak.terminate(Scripted(ends, ["1", "2", "3"]), 1)["lost"] == 2
    assert soak.terminate(Scripted([*ends, outcome("cut"), outcome("stuck")], ["1"]), 1)["lost"] == 2


def test_a_run_from_load_to_sigterm(picd_checkpoint, labelled_rows, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serve, "in_fresh_process", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(soak, "ODD", 0.1)
    write_rows(tmp_path / "rows.csv", [row | {LABEL: ""} for row in labelled_rows[:12]])
    words = f"--model {picd_checkpoint} --csv {tmp_path}/rows.csv --json {tmp_path}/figures.json --device cpu --slots 4"
    words += " --rates 20 --seconds 0.5 --p99 60 --rows 10 --alone 1 --soak 80 --soak_rate 40"
    monkeypatch.setattr("sys.argv", ["bench", "serve", *words.split()])
    assert bench.main() == 0
    figures = json.loads((tmp_path / "figures.json").read_text())
    (rate,) = figures["rates"]
    assert rate["statuses"] == {"200": 10} and rate["holds"] and 0 < rate["p50"] <= rate["p99"]
    assert figures["ratio"] == pytest.approx(20 * figures["alone"]["generate"]["mean"])
    rough = figures["soak"]
    assert sum(sum(ends.values()) for ends in rough["kinds"].values()) == 80 and all(rough["kinds"].values())
    assert rough["kinds"]["good"].keys() == {"200"} and rough["kinds"]["oversized"].keys() == {"413"}
    assert (rough["wrong"], rough["not_once"], rough["left_over"]) == (0, 0, 0)
    assert rough["differing"] == rough["near_ties"]
    end = figures["end"]
    assert (end["status"], end["lost"]) == (0, 0) and end["ends"]["200"] >= 40
    assert "MISSED" not in (text := capsys.readouterr().out), text
    assert "accepted requests lost at SIGTERM: 0 (bound <= 0)" in text


def test_a_backbone_is_served_with_the_labels_plans(cot_csv, small_tokenizer_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serve, "in_fresh_process", lambda function, *arguments: function(*arguments))
    words = f"--backbone small --tokenizer {small_tokenizer_folder} --prompt_style compact --csv {cot_csv} --rows 6"
    words += f" --device cpu --slots 4 --rates 20 --seconds 0.5 --p99 60 --alone 2 --json {tmp_path}/figures.json"
    asked = []
    load = ServerProcess.load
    monkeypatch.setattr(ServerProcess, "load", lambda *args: asked.extend(load(*args)) or asked)
    monkeypatch.setattr("sys.argv", ["bench", "serve", *words.split()])
    assert bench.main() == 0
    labels = [row[LABEL] for row in read_rows(cot_csv)[:6]]
    assert [one.status for one in asked] == [200] * 10
    for one in asked:
        assert render_plan(one.answer["plan"]) in labels[one.row]
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert 0 < figures["rates"][0]["passes"] < 99 and figures["alone"]["generate"]["mean"] > 0
    assert "small, random weights, forced plans" in capsys.readouterr().out


@pytest.mark.parametrize("flags", ["--backbone small --soak 9", "--backbone small --hostile", "--tokenizer x"])
def test_what_does_not_go_together_is_an_error(flags, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench", "serve", *flags.split()])
    with pytest.raises(InputError, match=r"give --model|goes with --backbone"):
        bench.main()
