"""The analysis of an A/B test: values derived by hand, and what is counted and what is not."""

import json
import sys

import pytest

from gplan.serving import __main__ as serving_main
from gplan.serving.ab import Arm, analyse, lift, wilson
from utils import InputError, door


def write(path, *lines):
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("arm", "low", "high"),
    [
        # z² = 3.841459. x = 0: 0 and z² / (n + z²) = 3.841459 / 13.841459
        (Arm(10, 0), 0.0, 0.277533),
        # x = n mirrors it
        (Arm(10, 10), 0.722467, 1.0),
        # rate ½, n = 100: ½ ± ½ z / sqrt(n + z²) = ½ ± 0.979982 / 10.190260
        (Arm(100, 50), 0.403832, 0.596168),
    ],
)
def test_wilson(arm, low, high):
    assert wilson(arm) == pytest.approx((low, high), abs=1e-6)


def test_lift_its_interval_and_p():
    found = lift(Arm(1000, 120), Arm(1000, 100))
    # ratio 0.12 / 0.10; log 1.2 = 0.182322; standard error sqrt(1/120 - 1/1000 + 1/100 - 1/1000) = sqrt(0.0163333)
    # = 0.127802, times 1.959964 = 0.250487; exp(-0.068165) = 0.934106, exp(0.432809) = 1.541581
    assert found[:3] == pytest.approx((0.2, -0.065894, 0.541581), abs=1e-6)
    # pooled rate 0.11; sqrt(0.11 * 0.89 * 2 / 1000) = 0.0139929; z = 0.02 / 0.0139929 = 1.429304; p = 2 (1 - Φ(z))
    assert found.p == pytest.approx(0.152918, abs=1e-6)
    # Seen from the other side: 1 / 1.2 - 1, the interval's ends inverted and swapped, the same p.
    other = lift(Arm(1000, 100), Arm(1000, 120))
    assert other == pytest.approx((-1 / 6, 1 / 1.541581 - 1, 1 / 0.934106 - 1, found.p), abs=1e-6)


def test_arms_without_clicks_have_no_interval():
    assert lift(Arm(10, 0), Arm(10, 5))[:3] == (-1, None, None)
    assert lift(Arm(10, 5), Arm(10, 0))[:3] == (None, None, None)
    assert lift(Arm(10, 0), Arm(10, 0)) == (None, None, None, None)
    assert lift(Arm(10, 10), Arm(10, 10)).p is None
    assert lift(Arm(10, 5), Arm(10, 0)).p == pytest.approx(0.009823, abs=1e-6)  # z = 0.5 / sqrt(¼ ¾ / 5) = 2.581989


def test_clicks_are_counted_once_a_request_and_what_is_left_out_is_said(tmp_path, capsys, monkeypatch):
    plans = [{"request_id": str(i), "arm": "new" if i % 2 else "old", "plan": []} for i in range(8)]
    log = write(tmp_path / "plans.jsonl", *plans[:6], '{"request_id": "6", "ar', "", plans[0])
    more = write(tmp_path / "more.jsonl", *plans[6:])
    clicks = [
        {"request_id": one, "position": 1, "time": "2026-02-10 09:30:00"} for one in ("1", "1", "3", "0", "x", "y")
    ]
    clicked = write(tmp_path / "clicks.jsonl", *clicks, "[]", {"request_id": 4})
    result = analyse([log, more], clicked)
    assert result["baseline"] == "old"  # the first in the log
    arms = {name: (arm["requests"], arm["clicks"], arm["rate"]) for name, arm in result["arms"].items()}
    assert arms == {"old": (4, 1, 0.25), "new": (4, 2, 0.5)}
    assert result["arms"]["new"]["lift"] == lift(Arm(4, 2), Arm(4, 1))._asdict() and "lift" not in result["arms"]["old"]
    assert result["left_out"] == {
        **{"unreadable log lines": 1, "repeated plans": 1, "unreadable click lines": 2},
        **{"clicks on unknown requests": 2, "repeated clicks": 1},
    }
    assert analyse([log, more], clicked, "new")["arms"]["old"]["lift"]["lift"] == -0.5
    with pytest.raises(InputError, match="--baseline none: no such arm; the logs have old, new"):
        analyse([log, more], clicked, "none")

    monkeypatch.setattr(sys, "argv", ["serving", "ab", str(log), str(more), str(clicked), "--json"])
    assert serving_main.main() == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(result))
    monkeypatch.setattr(sys, "argv", ["serving", "ab", str(log), str(more), str(clicked)])
    assert serving_main.main() == 0
    text = capsys.readouterr().out
    assert "+100.0%" in text and "left out: 1 unreadable log lines, 1 repeated plans" in text


def test_files_that_can_not_be_used_are_named(tmp_path, capsys, monkeypatch):
    good = write(tmp_path / "plans.jsonl", {"request_id": "1", "arm": "a"})
    moved = write(tmp_path / "moved.jsonl", {"request_id": "1", "arm": "b"})
    empty = write(tmp_path / "empty.jsonl")
    with pytest.raises(InputError, match="request 1 is in two arms"):
        analyse([good, moved], empty)
    with pytest.raises(InputError, match="no plans there; give what serve"):
        analyse([empty], empty)
    monkeypatch.setattr(sys, "argv", ["serving", "ab", str(good), str(tmp_path / "none.jsonl")])
    assert door(serving_main.main) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'none.jsonl'}: no such file; give a JSONL file\n"
