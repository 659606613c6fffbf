"""A small vocabulary and a Monday morning's context, made by hand."""

import re
from collections.abc import Iterable
from itertools import groupby

from stagent.queries.task import Context
from stagent.rollout.compact.result import result_tokens
from stagent.rollout.compact.talk import CompactTalk
from stagent.rollout.compact.text import spoken, text_tokens
from stagent.rollout.compact.things import Things
from stagent.rollout.compact.vocabulary import CompactVocabulary
from stagent.rollout.sequence import Sampled
from tests.stagent.reward.episodes import CLOCK, HERE, HOME

# What users say; 书店 and 站 end names, too.
HEARD = ("从", "去", "坐", "火车", "最", "便宜", "的", "到", "前", "附近", "书店", "药店", "站", "号", "车辆", "没有车")
SPOKEN = ("最近的是", "，距离", "距离", "经济舱", "免费", "免费托运", "收取", "二等座", "公园", "一共", "。", "分店")
FIELDS = (
    *("rating", "phone", "hours_today", "distance_m", "duration_s", "departure", "arrival", "fares.0.fare_yuan"),
    *("mass.0", "mass.1", "money.0", "clock.0", "region", "from_station", "open_now", "fares.0.cabin"),
)
VOCABULARY = CompactVocabulary([*HEARD, *SPOKEN], HEARD, FIELDS)
CONTEXT = Context(CLOCK, "澜屿市", HERE, {"家": HOME})


def things() -> Things:
    """The user's place is <0>, 澜屿市 <1>, home <2>; what comes next is <3>."""
    return Things(CONTEXT)


def tokens_in(text: str) -> list[str]:
    """``"<3> 药店 <rating 4.8>"`` → three tokens."""
    return re.findall(r"<[^>]*>|[^<\s]+", text)


def heard(text: str, known: Things | None = None) -> list[str]:
    return text_tokens(text, known or things(), VOCABULARY, new_names=True)


def read(call, known: Things) -> list[str]:
    """A call's result in tokens."""
    return result_tokens(call.outcome, call.content, known, VOCABULARY)


def said(tokens: Iterable[str], known: Things) -> str:
    return spoken([*tokens], known, VOCABULARY)


def ids(tokens: Iterable[str], vocabulary: CompactVocabulary = VOCABULARY) -> list[int]:
    return [vocabulary.ids[token] for token in tokens]


def told(talk: CompactTalk) -> list[str]:
    """All tokens of a conversation so far."""
    return [talk.vocabulary.tokens[number] for number in talk.sequence.ids]


def messages(sequence) -> list[list[int]]:
    """The stretches of ids that were written."""
    pairs = zip(sequence.ids, sequence.written, strict=True)
    return [[each for each, _ in run] for own, run in groupby(pairs, key=lambda pair: pair[1]) if own]


class ScriptedEngine:
    """Writes messages, one after the other; ``prompts``: what it was asked to go on with."""

    name = "script"

    def __init__(self, *written: list[int]):
        self.left, self.prompts = list(written), []

    async def sample(self, prompt, most, seed):
        self.prompts.append(list(prompt))
        message = self.left.pop(0)
        return Sampled(message, [-0.5] * len(message))
