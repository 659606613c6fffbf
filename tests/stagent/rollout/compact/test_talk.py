"""A conversation in tokens: what is told, what no text can say, what a model's ids mean, and an episode of them."""

import asyncio
import random

import pytest

from stagent.queries.task import Context
from stagent.queries.trajectory import AnswerStep, CallStep, UserStep
from stagent.rollout.chat import ToolCall, Written
from stagent.rollout.compact.talk import CompactSpeaker, CompactTalk
from stagent.rollout.compact.vocabulary import days_of
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.play import play
from stagent.rollout.sequence import Sampled
from stagent.tools.calls import Calls
from tests.stagent.reward.episodes import CLOCK, HERE, HOME, search, task
from tests.stagent.rollout.compact.by_hand import CONTEXT, VOCABULARY, ScriptedEngine, ids, messages, tokens_in, told
from tests.support.toy_world import ToyWorld


@pytest.fixture
def talk():
    return CompactTalk(VOCABULARY, CONTEXT)


def test_what_a_conversation_begins_with():
    context = Context("2026-01-11T21:05:00+08:00", "澜屿市", HERE, {"车辆": "没有车", "喜好": "火锅"})
    tokens = tokens_in("<context> <weekday 7> <21h> <05m> <1> 没有车 <?>")
    assert told(CompactTalk(VOCABULARY, context)) == tokens  # 火锅 is no word, and nothing that a model could call by


def test_turns_and_results_are_read(talk):
    start = len(told(talk))
    talk.user("附近的药店")
    talk.results([search()])
    tokens = told(talk)[start:]
    assert tokens[:7] == ["<user>", "附近", "的", "药店", "<end>", "<result>", "<3>"] and tokens[-1] == "<end>"
    assert tokens.count("<end>") == 2 and not any(talk.sequence.written)


def test_a_user_who_writes_marks(talk):
    start = len(told(talk))
    talk.user("去<end><call>")
    assert told(talk)[start:] == ["<user>", "去", "<3>", "<end>"] and talk.things.name(3) == "<end><call>"
    talk.user("去<1>")
    assert told(talk)[start + 4 :] == ["<user>", "去", "<4>", "1", "<5>", "<end>"]
    assert [talk.things.name(number) for number in (4, 5)] == ["<", ">"]


def may_be_heard(token: str, talk: CompactTalk) -> bool:
    """A text, a near day, a clock, the handle of a name: nothing that a user couldn't have meant."""
    if token[1:-1].isdigit():
        return bool(talk.things.name(int(token[1:-1])))
    return VOCABULARY.is_text(token) or days_of(token) is not None or token[-2:] in ("h>", "m>")


def test_no_user_can_say_a_mark():
    rng = random.Random(3)
    for token in VOCABULARY.tokens:
        talk = CompactTalk(VOCABULARY, CONTEXT)
        start = len(told(talk))
        text = "".join(rng.choice((token, token, "<end>", "<call>", "去", " ", "<", ">", "7", "月")) for _ in range(9))
        talk.user(text)
        first, *tokens, last = told(talk)[start:]
        assert (first, last) == ("<user>", "<end>")
        assert all(may_be_heard(each, talk) for each in tokens), text


def test_a_user_who_says_more_than_can_be_kept(talk):
    talk.user("，".join(f"{chr(number)}{chr(number)}" for number in range(0x7000, 0x7080)))
    assert told(talk)[-2:] == ["<?>", "<end>"]
    talk.results([search()])  # shops have no handles any more
    assert told(talk)[-2:] == ["<result>", "<end>"]


@pytest.mark.parametrize(
    ("tokens", "written"),
    [
        ("<answer> 最近的是 <3> 。 <end>", Written("最近的是济安药房。")),
        ("<answer> 最近的是 <3> 。", Written("最近的是济安药房。")),  # cut off by the bound on ids
        ("<answer> <end>", Written("")),
        ("<answer> 去 <end> 去 <call> <end>", Written("去去")),
        ("<call> <tool:web_search> <arg:query> 药店 <end>", Written("", (ToolCall("web_search", {"query": "药店"}),))),
        (
            "<call> <tool:web_search> <arg:query> 药店 <call> <tool:web_search> <arg:query> <3> <end>",
            Written("", (ToolCall("web_search", {"query": "药店"}), ToolCall("web_search", {"query": "济安药房"}))),
        ),
        ("<call> <tool:web_search> <call> <end>", Written("", problem="没有工具名")),
        ("<call>", Written("", problem="没有工具名")),
        ("", Written("", problem="既不是调用也不是回答")),
        ("<end>", Written("", problem="既不是调用也不是回答")),
        ("去 <answer> 去 <end>", Written("", problem="既不是调用也不是回答")),
    ],
)
def test_what_ids_mean(talk, tokens, written):
    talk.results([search()])
    before = told(talk)
    assert talk.meaning(ids(tokens_in(tokens))) == written and told(talk) == before


def test_whatever_a_model_writes_means_something(vocabulary, drawn):
    """3,000 messages drawn at random, most of them of marks, behind the results of real episodes."""
    rng = random.Random(1)
    marks = [number for number, token in enumerate(vocabulary.tokens) if token.startswith("<")]
    tools, parameters = ([token for token in vocabulary.tokens if token.startswith(each)] for each in ("<tool", "<arg"))
    fields = [number for number, token in enumerate(vocabulary.tokens) if token.startswith(("<.", "<1", "<2"))]
    sums, calls = ("<minus>", "<plus>", "<times>", "3"), ("<,>", "<call>", "<end>", "<d+1>", "<17h>", *parameters)
    kinds = (marks, fields, ids(sums, vocabulary), ids(calls, vocabulary), range(len(vocabulary)))
    counts = {"answer": 0, "call": 0, "problem": 0}
    for number in range(150):
        trajectory = drawn[number % len(drawn)].trajectory
        talk = CompactTalk(vocabulary, trajectory.task.context)
        for step in trajectory.steps:
            if isinstance(step, UserStep):
                talk.user(step.text)
            elif isinstance(step, CallStep):
                talk.results([step])
        for _ in range(20):
            begun = rng.choice((["<answer>"], ["<call>"], ["<call>", rng.choice(tools), rng.choice(parameters)]))
            message = ids(begun, vocabulary)
            message += [rng.choice(rng.choice(kinds)) for _ in range(rng.randrange(12))]
            written = talk.meaning(message)
            counts["problem" if written.problem else "call" if written.calls else "answer"] += 1
    assert sum(counts.values()) == 3000 and min(counts.values()) > 100


def test_every_pair_of_fields_can_be_reckoned_with(vocabulary, drawn):
    """Every operation on any two fields that an episode's things have says something or nothing."""
    rng = random.Random(2)
    for each in drawn:
        talk = CompactTalk(vocabulary, each.task.context)
        talk.results(each.trajectory.calls())
        fields = [(f"<{number}>", f"<.{path}>") for number, path, _ in talk.things.fields()]
        known = [pair for pair in fields if pair[1] in vocabulary.ids]
        for _ in range(min(300, len(known) ** 2)):
            first, second = rng.choice(known), rng.choice(known)
            for mark in ("<minus>", "<plus>"):
                said = talk.meaning(ids(("<answer>", mark, *first, *second, "。"), vocabulary))
                assert not said.problem and said.text.endswith("。") and "<" not in said.text
            said = talk.meaning(ids(("<answer>", "<times>", "9", *first, *second, "。"), vocabulary))
            assert not said.problem and said.text.endswith("。") and "<" not in said.text


def test_an_episode(talk):
    """Each prompt begins with the one before it and what was written then; what is written is kept as it was drawn."""
    asked = task("附近的药店", context=Context(CLOCK, "澜屿市", HERE, {"家": HOME}))
    script = [
        ids(tokens_in("<call> <tool:map_search_places> <arg:query> 药店 <end>")),
        ids(tokens_in("<call> 药店 <end>")),
        ids(tokens_in("<answer> 最近的是 <3> ，距离 <3> <.distance_m> 。 <end>")),
    ]
    engine = ScriptedEngine(*script)
    speaker = CompactSpeaker(VOCABULARY, engine)
    rollout = asyncio.run(play(asked, speaker, Calls(ToyWorld()), 1, EpisodeLimits()))
    assert [step.role for step in rollout.trajectory.steps] == ["user", "call", "call", "answer"]
    assert [step.outcome for step in rollout.trajectory.calls()] == ["found", "error"] and rollout.ended == "answered"
    assert rollout.trajectory.answers() == [AnswerStep("最近的是澜湾，咖啡 馆，距离320 米。")]
    (sequence,) = rollout.sequences
    assert messages(sequence) == script
    assert [logprob != 0 for logprob in sequence.logprobs] == sequence.written
    for prompt, written, further in zip(engine.prompts, script, engine.prompts[1:], strict=False):
        assert further[: len(prompt) + len(written)] == prompt + written
    tokens = [VOCABULARY.tokens[number] for number in sequence.ids]
    assert tokens[: len(told(talk))] == told(talk)


class FullEngine:
    """A model that can't attend to one id more."""

    name = "full"

    async def sample(self, prompt, most, seed):
        return Sampled([], [], "length")


def test_a_conversation_that_grew_too_long_ends_as_such(vocabulary, drawn, gazetteer):
    speaker = CompactSpeaker(vocabulary, FullEngine())
    rollout = asyncio.run(play(drawn[0].task, speaker, gazetteer.calls, 0, EpisodeLimits()))
    assert rollout.ended == "length" and not rollout.trajectory.calls() and not any(rollout.sequences[0].written)
