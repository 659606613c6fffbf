"""The simulated user adds no facts: quotes and numbers come from what is known, or the reply is refused."""

import json

import pytest

from stagent.benchmarks.travel_user import read_user
from stagent.queries.interview import UnusableAnswer

KNOWN = ["不吃辣，预算人均 80 元", "找个饭店", "（无）"]


def reply(say, *facts, done=False):
    return json.dumps({"done": done, "facts": list(facts), "say": say}, ensure_ascii=False)


def test_what_the_profile_says_may_be_said():
    assert (
        read_user(reply("我不吃辣，人均 80 以内。", "不吃辣", "预算人均 80元"), KNOWN, "") == "我不吃辣，人均 80 以内。"
    )
    assert read_user(reply("就第 2 家吧"), KNOWN, "1. 山月；2. 济安") == "就第 2 家吧"  # a number of the agent's
    assert read_user(reply("", done=True), KNOWN, "") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("好的", "answer.json"),
        ('{"say": "好"}', "answer.shape"),
        ('{"done": "no", "facts": [], "say": "好"}', "answer.shape"),
        (reply("我爱吃鱼", "爱吃鱼"), "answer.quote"),
        (reply("人均 100 元", "预算人均 80 元"), "user.number"),
        (reply("八点前到，要 3 个座位"), "user.number"),
        (reply(" "), "user.long"),
        (reply("好" * 301), "user.long"),
    ],
)
def test_what_is_refused(text, reason):
    with pytest.raises(UnusableAnswer) as error:
        read_user(text, KNOWN, "想吃什么？")
    assert error.value.reason == reason
