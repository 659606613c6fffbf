"""What gathers under other_or_unclear comes apart into what it is about."""

import json

import pytest

from stagent.selection.annotate.cluster import propose
from tests.stagent.selection.annotate.verbs import verb
from utils import InputError

pytest.importorskip("sklearn", reason="clusters need scikit-learn")

ABOUT_PARCELS = ("快递", "快递到哪了", "快递单号", "快递柜")
PARCELS = [f"帮我{do}{what}" for do in ("寄", "查一下", "取一下") for what in ABOUT_PARCELS]
MOVIES = [
    f"{when}电影院放什么{what}"
    for when in ("今晚", "明天", "周末")
    for what in ("电影", "新电影", "好看的电影", "动画电影")
]


def test_two_subjects_are_two_clusters_named_by_their_words():
    found, alone = propose([*PARCELS, *MOVIES], 5)
    assert [("快递" in one.name, "电影" in one.name) for one in found] in ([(True, False), (False, True)],
                                                                       [(False, True), (True, False)])  # fmt: skip
    for one in found:
        assert set(one.examples) <= set(PARCELS if "快递" in one.name else MOVIES) and len(set(one.examples)) == 5
    assert sum(one.size for one in found) + alone == 24


def test_few_or_equal_texts_are_no_cluster():
    assert propose([], 5) == ([], 0)
    assert propose(["你好"] * 3, 2) == ([], 3)
    assert propose(PARCELS[:4], 5) == ([], 4)


def test_the_command_looks_at_one_leaf(tmp_path, capsys):
    lines = [{"text": text, "primary": "other_or_unclear"} for text in PARCELS + MOVIES]
    lines.append({"text": "明天下雨吗", "primary": "dynamic_information.realtime_weather"})
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    assert verb("cluster", path, "--output", tmp_path / "c.json") == 0
    written = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert written["texts"] == 24 and all(one["size"] >= 5 for one in written["clusters"])
    assert "快递" in capsys.readouterr().out
    path.write_text('{"text": "x"}', encoding="utf-8")
    with pytest.raises(InputError, match="line 1: no primary"):
        verb("cluster", path)
