"""The cells of a case sheet: intents in words, and text that no spreadsheet runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_process.intents import all_intents, intent
from gplan.synthesis.seeds.cells import guard, intent_cell, parse_intent, unguard


def test_every_intent_has_its_own_cell_and_comes_back():
    cells = [intent_cell(one) for one in all_intents()]
    assert len(set(cells)) == 148
    assert [parse_intent(cell) for cell in cells] == all_intents()
    assert cells[0] == "打车 当前位置→当前位置"
    assert "兴趣推荐 当前位置 附近 美食" in cells


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("打车 当前位置->家", intent("tool_1", "当前位置", "家")),
        ("打车　当前位置　＝＞　家", intent("tool_1", "当前位置", "家")),
        ("打车：当前位置－＞家", intent("tool_1", "当前位置", "家")),
        ("“打车 当前位置 —> 家”", intent("tool_1", "当前位置", "家")),
        ("TOOL_1(当前位置,家)", intent("tool_1", "当前位置", "家")),
        ("导航 当前位置⇒家", intent("tool_2", "当前位置", "家")),
        ("tool_5 当前位置、附近、美食", intent("tool_5", "当前位置", "附近", "美食")),
        ("\ufeff查天气\u200b ", intent("tool_9")),
        ("单ＰＯＩ真实到店展示", intent("tool_6")),
    ],
)
def test_an_intent_may_be_written_in_many_ways(text, expected):
    assert parse_intent(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("飞行 当前位置→家", "'飞行' is no service"),
        ("tool_11", "no service"),
        ("→", "no service"),
        ("打车 当前位置", "takes 2 values (起始位置、终点位置), not 1; write it like 打车 当前位置→当前位置"),
        ("查天气 附近", "takes 0 values (none), not 1"),
        ("打车 家→当前位置", "起始位置 '家' is not one of 当前位置、前一位推荐结果、订单目的地"),
        ("附近单POI推荐 咖啡", "the nearest is 美食"),
        ('{"工具名称": "tool_9"}', "no service"),
    ],
)
def test_what_is_no_intent_is_refused_with_what_to_write(text, message):
    with pytest.raises(ValueError) as error:
        parse_intent(text)
    assert message in str(error.value)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])) | st.text("'’=+-@ \t\r\n＝x", max_size=6))
def test_no_cell_begins_like_a_formula_and_each_comes_back(text):
    cell = guard(text)
    assert unguard(cell) == text
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
    assert not cell.startswith(("\t", "\r", "\n"))
