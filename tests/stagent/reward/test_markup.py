"""Tables are told as sentences, emphasis is taken off, and every character knows its place."""

from stagent.reward.plain import plain
from tests.stagent.reward.episodes import refused, search

TABLE = "| 店 | 距离 | 人均 |\n|---|---|---|\n| **济安药房** | 320 米 | 56 元 |\n| 同春堂 | 500 米 | 40 元 |\n"


def test_a_row_is_a_sentence_for_each_cell():
    read = plain(TABLE)
    assert read.text.splitlines() == [
        "济安药房 距离 320 米。济安药房 人均 56 元。",
        "同春堂 距离 500 米。同春堂 人均 40 元。",
    ]
    at = read.text.index("500 米")
    assert TABLE[slice(*read.span(at, at + 5))] == "500 米"


def test_values_of_a_table_are_their_rows():
    assert refused("药店有：\n\n" + TABLE, search()) == []
    assert refused("药店有：\n\n" + TABLE.replace("500", "320"), search()) == ["320 米"]


def test_emphasis():
    read = plain("选 **济安药房**：`320` 米")
    assert read.text == "选 济安药房:320 米"
    assert [read.text[a:b] for a, b in read.bold] == ["济安药房"]
    assert plain("2 * 3 | 4").text == "2 * 3 | 4"
