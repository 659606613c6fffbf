"""Text as tokens and back: names, moments and days by hand, what can't be said, what means nothing."""

import pytest

from stagent.queries.task import Context
from stagent.rollout.compact.text import Unsayable, text_tokens
from stagent.rollout.compact.things import Things
from stagent.rollout.compact.vocabulary import HANDLES
from tests.stagent.reward.episodes import HERE, search, trains
from tests.stagent.rollout.compact.by_hand import VOCABULARY, heard, read, said, things


def test_the_module_s_example():
    known = things()
    tokens = ["从", "<3>", "去", "<4>", "，", "<d+9>", " ", "<18h>", "<30m>", " ", "前", "到"]
    assert heard("从澜屿站去砺港，1月14日 18:30 前到", known) == tokens
    assert [known.name(number) for number in range(5)] == ["", "澜屿市", "家", "澜屿站", "砺港"]
    assert said(tokens, known) == "从澜屿站去砺港，1月14日 18:30 前到"


def test_a_name_is_one_thing_however_often_it_comes():
    known = things()
    assert heard("砺港的药店", known) == ["<3>", "的", "药店"]
    assert heard("去砺港，去家", known) == ["去", "<3>", "，", "去", "<2>"]
    assert heard("去澜屿市", known) == ["去", "<1>"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("去云书店的", ["云书店"]),  # a word by itself, here the name's tail
        ("去附近的书店", []),
        ("去砺港站", ["砺港站"]),
        ("去云书店分馆", ["云书店分馆"]),  # the tail is none: the name goes on
        ("去砺港5号", ["砺港"]),
        ("去砺港1月6日", ["砺港"]),
        ("去砺港坐火车去青浦市", ["砺港", "青浦市"]),
        ("去距离", ["距离"]),  # a word of answers alone
    ],
)
def test_where_an_unknown_name_ends(text, names):
    known = things()
    heard(text, known)
    assert [each.name for each in known.all[3:]] == names


@pytest.mark.parametrize(
    "text", ["1月6日", "1月6号", "1 月 6 日", "1月6", "01-06", "1-6", "2026-01-06", "2026年1月6日", "2026-1-6"]
)
def test_a_date_in_all_spellings(text):
    assert heard(text) == ["<d+1>"] and said(heard(text), things()) == "1月6日"


@pytest.mark.parametrize("text", ["09:05", "9:05"])
def test_a_clock_in_all_spellings(text):
    assert heard(text) == ["<09h>", "<05m>"] and said(heard(text), things()) == "09:05"


@pytest.mark.parametrize("text", ["24:00", "12:60", "112:30", "03-01", "2027-01-06", "2025-01-06", "13-01", "02-30"])
def test_what_is_no_clock_and_no_near_day_is_spelled(text):
    assert text_tokens(text, things(), VOCABULARY) == list(text)


def test_days_over_the_turn_of_the_year():
    known = Things(Context("2026-12-31T09:00:00+08:00", "澜屿市", HERE))
    assert text_tokens("1月1日", known, VOCABULARY) == ["<d+1>"] and said(["<d+1>"], known) == "1月1日"
    assert text_tokens("12月30日", known, VOCABULARY) == ["<d-1>"]


@pytest.mark.parametrize(("text", "unknown"), [("最近的是砺港", "砺港"), ("3月1日", "月"), ("<end>", "<end>")])
def test_what_has_no_token_is_unsayable_in_an_answer(text, unknown):
    with pytest.raises(Unsayable, match=f"^{unknown}$"):
        text_tokens(text, things(), VOCABULARY)


def test_a_user_who_names_more_than_there_are_handles():
    known = things()
    names = [chr(0x7000 + 2 * number) + chr(0x7001 + 2 * number) for number in range(HANDLES)]
    tokens = heard("的".join(names), known)
    assert len(known.all) == HANDLES and tokens[::2] == [f"<{number}>" for number in range(3, HANDLES)] + ["<?>"] * 3
    assert heard(names[0] + "的新的", known) == ["<3>", "的", "<?>", "的"]  # those that are known stay so


def test_a_value_is_said_as_the_result_has_it():
    known = things()
    read(search(), known)
    read(trains(), known)  # <6> is G12
    tokens = [
        "最近的是",
        "<3>",
        "，距离",
        "<3>",
        "<.distance_m>",
        "，",
        "<3>",
        "<.open_now>",
        "，",
        "<6>",
        "<.departure>",
    ]
    assert said(tokens, known) == "最近的是济安药房，距离320 米，营业中，09:40"
    assert said(["<6>", "<.fares.0.fare_yuan>", "，", "<4>", "<.open_now>", "<3>", "<.rating>"], known) == (
        "279 元，未营业4.8 分"
    )


def test_what_means_nothing_where_it_stands_is_left_out():
    known = things()
    read(search(), known)
    tokens = [
        "去",
        "<90>",
        "<90>",
        "<.rating>",
        "<3>",
        "<.departure>",
        "<.rating>",
        "<17h>",
        "<end>",
        "<least>",
        "<call>",
    ]
    assert said([*tokens, "<tool:web_search>", "<money 4>", "<minus>", "<times>", "药店", "<plus>"], known) == "去药店"
    assert said([], known) == ""
