"""Which texts are one instruction: courtesies and order may differ, numbers, names and dates may not."""

import pytest

from stagent.selection.funnel.wording import Lexicon, number, read_words, squeezed

LEXICON = Lexicon(
    [
        "澜屿市",
        "霁川市",
        "砚湖市",
        "澜屿站",
        "观鹭台",
        "青岸楼",
        "丁香楼",
        "葛哥串吧",
        "老炕头（行健大道店）",
        "Trattoria 濯缨",
    ]
)

SAME = [
    ("请问澜屿市明天天气怎么样呢？", "澜屿市明天天气如何"),
    ("从澜屿站到观鹭台，开车要多久？", "开车要多长时间，从澜屿站到观鹭台"),
    ("评分4.5以上，人均60元以内的川菜馆", "人均 60 块以内，评分４．５以上的川菜馆"),
    ("帮我找一下附近两公里内的药店", "周边2 公里以内的药店"),
    ("先去观鹭台，再去青岸楼", "再去青岸楼，先去观鹭台"),
    ("从我家去公司堵吗", "从家里去单位堵不堵"),
    ("附近有没有药店啊", "附近有药店吗"),
    ("推荐一家药店", "找个药店"),
    ("推荐三家药店", "推荐 3 个药店"),
    ("两个小时以内", "2小时内"),
]
OTHER = [
    ("澜屿市明天天气怎么样", "霁川市明天天气怎么样"),
    ("澜屿市明天天气怎么样", "澜屿市后天天气怎么样"),
    ("评分4.5以上的川菜馆", "评分4.6以上的川菜馆"),
    ("2 公里内的药店", "3 公里内的药店"),
    ("两公里内的药店", "三公里内的药店"),
    ("从澜屿站到观鹭台怎么走", "从观鹭台到澜屿站怎么走"),
    ("从家到公司堵不堵", "从公司到家堵不堵"),
    ("先去观鹭台，再去青岸楼", "先去青岸楼，再去观鹭台"),
    ("依次去观鹭台，青岸楼，丁香楼", "依次去观鹭台，丁香楼，青岸楼"),
    ("9:30 出发", "9:35 出发"),
    ("3点到5点去观鹭台", "5点到3点去观鹭台"),
    ("附近的药店", "附近的火锅店"),
    ("走高速去观鹭台", "不走高速去观鹭台"),
    ("观鹭台的电话", "观鹭台的地址"),
    ("“人山人海”是什么意思", "“走马观花”是什么意思"),
    ("你好", "谢谢"),
    ("澜屿市和霁川市哪个近，我在砚湖市", "澜屿市和砚湖市哪个近，我在霁川市"),
    ("选气温更高的", "选气温更低的"),
    ("一个大人、两个孩子的门票", "两个大人、一个孩子的门票"),
    ("推荐一家药店", "推荐两家药店"),
    ("一个半小时内", "半小时内"),
    ("一个小时后走", "两个小时后走"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_instruction_has_the_same_atoms(one, other):
    assert LEXICON.read(one).key == LEXICON.read(other).key


@pytest.mark.parametrize(("one", "other"), [SAME[0], SAME[1], *SAME[3:]])
def test_courtesies_known_synonyms_and_order_leave_the_form(one, other):
    assert LEXICON.read(one).form == LEXICON.read(other).form


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_numbers_names_dates_and_directions_make_another_one(one, other):
    assert LEXICON.read(one).key != LEXICON.read(other).key


def test_a_name_is_found_before_the_words_in_it():
    # 吧 is a particle, 两 a number; and a branch's brackets are no part of what is heard
    assert LEXICON.read("葛哥串吧在哪里").said == "葛哥串吧在哪家"
    assert LEXICON.read("老炕头行健大道店在哪").key == LEXICON.read("老炕头（行健大道店）在哪").key
    assert LEXICON.read("trattoria 濯缨的电话").form == "NW"


def test_without_its_name_known_a_place_still_has_its_words():
    assert Lexicon().read("澜屿市天气").form != Lexicon().read("霁川市天气").form


def test_the_heads_example():
    wording = LEXICON.read("请问明天从澜屿站到观鹭台，开车要多久呢？")
    assert wording.form == "WW\nW从N到N" and wording.said == "开车多久\n明天从澜屿站到观鹭台"


def test_courtesies_alone_stand_as_they_are():
    assert LEXICON.read("谢谢您啊！").form == LEXICON.read("谢谢您啊").form == "谢谢您啊"
    assert LEXICON.read("？！").key == LEXICON.read("。").key


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("二十五", "25"),
        ("两", "2"),
        ("十", "10"),
        ("一百零五", "105"),
        ("三万", "30000"),
        ("一二三", "123"),
        ("半", "半"),
        ("4.5", "4.5"),
    ],
)
def test_numbers_in_words(text, digits):
    assert number(text) == digits


def test_squeezed_as_its_docstring_says():
    assert squeezed("Ｃafé  2号（东门），营业至 21:30？") == "café2号东门\n营业至21:30\n"
    assert squeezed("3、4号") == "3 4号" and squeezed("3 公里") == "3公里"
    assert squeezed("药​店") == "药店"  # a zero-width space


def test_every_word_has_one_part():
    light, same, must, places = read_words()
    assert not light & must and not light & places and not must & places
    # what is written as another word is not a courtesy: it would be both
    assert not light & same.keys()
    assert all(same.get(meaning, meaning) == meaning for meaning in same.values())
