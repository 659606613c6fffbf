"""Ways of the expert in tokens: facts as fields by hand, and whole ways that play to the same ids and reward."""

import asyncio

import pytest

from stagent.queries.answer import Fact
from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.reward.verifier import Verifier
from stagent.rollout.compact.lesson import answer_tokens, lesson
from stagent.rollout.compact.talk import CompactSpeaker
from stagent.rollout.compact.text import Unsayable
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.play import play
from tests.stagent.reward.episodes import CLOCK, HERE, SHOPS, call, search, task, trains
from tests.stagent.rollout.compact.by_hand import (
    VOCABULARY,
    ScriptedEngine,
    ids,
    messages,
    read,
    said,
    things,
    tokens_in,
)

SHOP, OTHER, _ = (shop["name"] for shop in SHOPS)
FARE = "<.fares.0.fare_yuan>"


@pytest.fixture
def known():
    """Shops are <3> to <5>, the trains G12 and G14 <6> and <7>."""
    found = things()
    read(search(), found)
    read(trains(), found)
    return found


def test_a_way_in_tokens():
    pieces = ["最近的是", Fact(SHOP, "name", SHOP, SHOP), "，距离", Fact("320 米", "distance", 320, SHOP), "。"]
    steps = [UserStep("附近的药店"), search(query="药店", center=HERE), AnswerStep.of(pieces)]
    sequence = lesson(Trajectory(task("附近的药店"), "expert", steps), VOCABULARY)
    asked = tokens_in("<call> <tool:map_search_places> <arg:query> 药店 <arg:center> <0> <end>")
    answered = tokens_in("<answer> 最近的是 <3> ，距离 <3> <.distance_m> 。 <end>")
    assert messages(sequence) == [ids(asked), ids(answered)]
    tokens = [VOCABULARY.tokens[number] for number in sequence.ids]
    heard = tokens_in("<context> <weekday 1> <09h> <00m> <1>")
    assert tokens[:5] == heard and tokens.count("<result>") == 1 and len(sequence.logprobs) == len(tokens)
    assert not any(sequence.written[: tokens.index("<call>")]) and sequence.written[-1]


@pytest.mark.parametrize(
    ("fact", "tokens", "text"),
    [
        (Fact(OTHER, "name", OTHER), "<4>", "同春堂"),
        (Fact("G14次", "number", "G14"), "<7>", "G14"),
        (Fact("￥279", "money", 279, "G12"), "<6> <.fares.0.fare_yuan>", "279 元"),  # however the expert says it
        (Fact("约 2.3 小时", "duration", 8460, "G12"), "<6> <.duration_s>", "约 2 小时 21 分钟"),
        (Fact("上午 9 点 40 分", "clock", "09:40", "G12"), "<6> <.departure>", "09:40"),
        (Fact("明天", "date", "2026-01-06"), "<d+1>", "1月6日"),
        (Fact("二等座", "word", "二等座", "G14"), "<7> <.fares.0.cabin>", "二等座"),
        (Fact("18:30", "clock", "18:30"), "<18h> <30m>", "18:30"),  # of the user's words
        (Fact("二等座", "word", "别的"), "二等座", "二等座"),
        (Fact("现在开着", "open", True, SHOP), None, None),
        (Fact("10 元", "money", 10, "G12", "difference"), f"<minus> <7> {FARE} <6> {FARE}", "10 元"),
        (Fact("548 元", "money", 548, "", "sum"), f"<plus> <7> {FARE} <6> {FARE}", "548 元"),
        (Fact("837 元", "money", 837, "G12", "product"), f"<times> 3 <6> {FARE}", "837 元"),
        (Fact("48 分", "duration", 2880, "", "difference"), "<minus> <7> <.departure> <6> <.departure>", "约 48 分钟"),
        (Fact("999 元", "money", 999, "", "sum"), None, None),
        (Fact("120 元", "money", 120), None, None),  # nothing has it
        (Fact("XY9", "number", "XY9"), None, None),
    ],
)  # fmt: skip
def test_a_fact_by_where_it_stands(known, fact, tokens, text):
    if tokens is None:
        with pytest.raises(Unsayable):
            answer_tokens(AnswerStep.of([fact]), known, VOCABULARY, "")
        return
    assert answer_tokens(AnswerStep.of([fact]), known, VOCABULARY, "") == tokens_in(tokens)
    assert said(tokens_in(tokens), known) == text


def test_a_value_is_that_of_its_own_entity(known):
    """Two places are worth 4.8: whose it is decides, and the latest where nobody says."""
    read(call("map_search_places", [{"name": "海宾楼", "distance_m": 320, "rating": 4.8}]), known)  # <8>, the latest
    for name, tokens in ((SHOP, "<3> <.rating>"), ("海宾楼", "<8> <.rating>"), ("", "<8> <.rating>")):
        fact = Fact("4.8 分", "rating", 4.8, name)
        assert answer_tokens(AnswerStep.of([fact]), known, VOCABULARY, "") == tokens_in(tokens)


def test_a_number_of_the_user_s_is_spelled(known):
    step = AnswerStep.of([Fact("120", "money", 120)])
    assert answer_tokens(step, known, VOCABULARY, "我有120元") == ["1", "2", "0"]


def test_an_answer_without_pieces_is_read_as_text(known):
    assert answer_tokens(AnswerStep("最近的是济安药房。"), known, VOCABULARY, "") == ["最近的是", "<3>", "。"]


@pytest.mark.parametrize(
    "step",
    [
        CallStep("", {}, CLOCK, "error", {}, ""),  # a message that couldn't be read
        CallStep("web_search", {"question": "药店"}, CLOCK, "error", {}, ""),
        CallStep("web_search", {"query": ["药店", 3.5e30]}, CLOCK, "error", {}, ""),
        AnswerStep("最近的是砺港。"),
    ],
)
def test_what_an_agent_of_another_kind_did_is_unsayable(step):
    with pytest.raises(Unsayable):
        lesson(Trajectory(task("附近的药店"), "a model", [UserStep("附近的药店"), step]), VOCABULARY)


def test_ways_that_can_be_said_play_to_themselves(gazetteer, drawn, vocabulary):
    """Their ids, written by a script through the real world and its tools: the same sequence, worth the same."""
    judge, sayable = Verifier(strict=True), 0
    for each in drawn:
        try:
            wanted = lesson(each.trajectory, vocabulary)
        except Unsayable:
            continue
        sayable += 1
        speaker = CompactSpeaker(vocabulary, ScriptedEngine(*messages(wanted)))
        rollout = asyncio.run(play(each.task, speaker, gazetteer.calls, 1, EpisodeLimits()))
        (sequence,) = rollout.sequences
        assert (sequence.ids, sequence.written) == (wanted.ids, wanted.written), each.task.pattern
        assert rollout.ended == "answered"
        assert judge.score(rollout.trajectory).reward == judge.score(each.trajectory).reward, each.task.pattern
    assert sayable >= 0.8 * len(drawn)
