"""Episodes over a toy world: answers, calls, limits, and what a policy may do wrong; a record plays to equal bytes."""

import asyncio
import json

import pytest

from stagent.queries.task import Context, Task
from stagent.queries.trajectory import AnswerStep, UserStep, trajectory_of
from stagent.reward.verifier import Verifier
from stagent.rollout.chat import END, ChatCodec, read_written
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.play import play, play_all
from stagent.rollout.recorded import RecordEndedError, replay
from stagent.rollout.sequence import Sampled, seed_of
from stagent.rollout.speaker import NoReplyError, TokenSpeaker
from stagent.tools.calls import Calls
from tests.support.toy_world import MONDAY, ToyWorld

SHOPS = '<tool_call>{"name": "map_search_places", "arguments": {"query": "药店"}}</tool_call>'
LIMITS = EpisodeLimits(calls=3, call_seconds=0.2, episode_seconds=5)


def task(*turns, name="1"):
    context = Context(MONDAY.isoformat(), "澜屿市", "30.41200,174.61800", {"家": "30.41,174.62"})
    return Task(name, "by_hand", "train", "toy", "1", context, turns or ("附近的药店",),
                "discovery.poi_search.spatial_optimized_poi_search", 1)  # fmt: skip


class Scripted:
    """Says one text after the other, the last one for ever; ``heard``: what it was told."""

    name = "script"

    def __init__(self, *texts, seconds=0.0):
        self.texts, self.seconds, self.heard, self.sequences = list(texts), seconds, [], []

    def begin(self, task, seed):
        return self

    def user(self, text):
        self.heard.append(text)

    def results(self, texts):
        self.heard.append(list(texts))

    async def speak(self):
        await asyncio.sleep(self.seconds)
        return read_written(self.texts.pop(0) if len(self.texts) > 1 else self.texts[0])


def played(*texts, turns=(), world=None, limits=LIMITS, seconds=0.0):
    speaker = Scripted(*texts, seconds=seconds)
    rollout = asyncio.run(play(task(*turns), speaker, Calls(world or ToyWorld()), 1, limits))
    return rollout, speaker


def roles(rollout):
    return [step.role for step in rollout.trajectory.steps]


def test_a_call_and_an_answer():
    rollout, speaker = played(f"<think>\n搜\n</think>\n\n{SHOPS}", "最近的是澜湾咖啡馆。")
    user, call, answer = rollout.trajectory.steps
    assert (user, answer) == (UserStep("附近的药店"), AnswerStep("最近的是澜湾咖啡馆。"))
    assert (call.tool, call.arguments, call.outcome, call.thought) == (
        "map_search_places", {"query": "药店"}, "found", "搜"
    )  # fmt: skip
    assert speaker.heard == ["附近的药店", [call]] and "澜湾" in call.text
    assert rollout.ended == "answered"
    value = json.loads(json.dumps(rollout.as_json()))
    del value["rollout"]
    assert trajectory_of(value) == rollout.trajectory


def test_turns_share_the_calls():
    rollout, _ = played(SHOPS, "一家。", SHOPS, SHOPS, SHOPS, turns=("药店", "还有吗"))
    assert roles(rollout) == ["user", "call", "answer", "user", "call", "call"] and rollout.ended == "calls"


class Meeting(ToyWorld):
    """Answers when two calls have come."""

    def __init__(self):
        super().__init__()
        self.both = asyncio.Barrier(2)

    async def answer(self, tool, arguments, clock):
        await self.both.wait()
        return await super().answer(tool, arguments, clock)


def test_two_calls_of_a_message_run_at_once():
    rollout, speaker = played(f"{SHOPS}\n{SHOPS.replace('药店', '公园')}", "好。", world=Meeting())
    assert [step.outcome for step in rollout.trajectory.calls()] == ["found", "found"]
    assert roles(rollout) == ["user", "call", "call", "answer"] and len(speaker.heard[1]) == 2


def test_a_policy_that_only_repeats_a_call():
    world = ToyWorld()
    rollout, _ = played(SHOPS, world=world)
    assert roles(rollout) == ["user", "call", "call", "call"] and rollout.ended == "calls"
    assert len(world.asked) == 1  # the world was asked once
    assert Verifier().score(rollout.trajectory).reward == 0


def test_more_calls_than_are_left_are_not_begun():
    rollout, _ = played(SHOPS * 4)
    assert roles(rollout) == ["user"] and rollout.ended == "calls"


def test_a_policy_that_never_answers_or_at_once():
    rollout, _ = played("好", seconds=0.2, limits=EpisodeLimits(episode_seconds=0.1))
    assert roles(rollout) == ["user"] and rollout.ended == "deadline"
    assert Verifier().score(rollout.trajectory).reward == 0
    rollout, _ = played("")
    assert roles(rollout) == ["user", "answer"] and Verifier().score(rollout.trajectory).reward < 0.3


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('<tool_call>{"name": "map_search_places", </tool_call>', "工具调用不是"),
        ('<tool_call>{"name": "map_find", "arguments": {}}</tool_call>', "没有这个工具"),
        ('<tool_call>{"name": "map_search_places", "arguments": [1]}</tool_call>', "应为 JSON 对象"),
        ('<tool_call>{"name": "map_search_places", "arguments": {"query": 3}}</tool_call>', "应为文字"),
        ('```json\n{"name": "map_search_places", "arguments": {"query": "药店"}}\n```', "没有写在 tool_call 标签里"),
        ('我查一下。\n<tools>\n{"name": "web_search", "arguments": {}}\n</tools>', "没有写在 tool_call 标签里"),
        ("<tools></tools>", "没有写在 tool_call 标签里"),
        ('{"name": "web_search", "arguments": {"query": "x"}}', "没有写在 tool_call 标签里"),
        ("<think>\n想", "思考没有结束"),
    ],
)
def test_what_can_t_be_called_is_an_error_that_says_how(said, told):
    rollout, speaker = played(said, "[Unsolved] 不会。")
    assert [step.outcome for step in rollout.trajectory.calls()] == ["error"] and rollout.ended == "answered"
    assert told in speaker.heard[1][0].text


def test_a_tool_that_hangs_is_unavailable():
    rollout, speaker = played(SHOPS, "[Unsolved] 现在查不到。", world=ToyWorld(60))
    assert [step.outcome for step in rollout.trajectory.calls()] == ["unavailable"] and rollout.ended == "answered"
    assert "0.2 秒内没有回答" in speaker.heard[1][0].text


def test_a_world_that_breaks_is_a_failed_call(capsys):
    arguments = '{"location": "澜屿市", "date": "2026-01-06"}'
    forecast = f'<tool_call>{{"name": "weather_forecast_days", "arguments": {arguments}}}</tool_call>'
    rollout, _ = played(forecast, "[Unsolved] 查不到。")
    assert [step.outcome for step in rollout.trajectory.calls()] == ["failed"]
    assert "a fault" in capsys.readouterr().err


def test_a_speaker_that_fails_is_no_sample():
    class Silent(Scripted):
        async def speak(self):
            raise NoReplyError("endpoint.timeout: no answer within 1 s")

    rollout = asyncio.run(play(task(), Silent(""), Calls(ToyWorld()), 1, LIMITS))
    assert (rollout.ended, rollout.problem) == ("no reply", "endpoint.timeout: no answer within 1 s")


def test_no_episode_waits_for_another():
    """The first one answers when the last one has, with two under way: it comes last, or beside it."""
    last = asyncio.Event()

    class Waiting(Scripted):
        async def speak(self):
            await last.wait()
            return await super().speak()

    class Last(Scripted):
        async def speak(self):
            last.set()
            return await super().speak()

    class Mixed(Scripted):
        def begin(self, task, seed):
            return {0: Waiting, 10: Last}.get(seed, Scripted)("好")

    async def run():
        jobs = ((task(name=str(number)), number) for number in range(11))
        episodes = play_all(jobs, Mixed(""), lambda _: Calls(ToyWorld()), LIMITS, 2)
        return [(rollout.seed, rollout.ended) async for rollout in episodes]

    ended = asyncio.run(run())
    assert sorted(ended) == [(number, "answered") for number in range(11)]
    assert [number for number, _ in ended[:9]] == list(range(1, 10))


def test_seeds():
    assert seed_of(7, "1-000001", 0) != seed_of(7, "1-000001", 1)
    assert 0 <= seed_of(7, "x") < 2**63 and seed_of(7, "x") == seed_of(7, "x")


class Typing:
    """An engine that writes texts, each token with its own log-probability."""

    name = "typing"

    def __init__(self, tokenizer, *texts):
        self.messages = [tokenizer.encode(text + END) for text in texts]
        self.prompts, self.seeds = [], []

    async def sample(self, prompt, most, seed):
        self.prompts.append(list(prompt))
        self.seeds.append(seed)
        ids = self.messages.pop(0)
        return Sampled(ids, [-0.001 * (place + 1) for place in range(len(ids))])


def test_tokens_of_an_episode(qwen_tokenizer):
    codec = ChatCodec(qwen_tokenizer)
    texts = (f"<think>\n搜\n</think>\n\n{SHOPS}", "<think>\n有了\n</think>\n\n一家。", "不客气。")
    engine = Typing(qwen_tokenizer, *texts)
    asked = task("药店", "谢谢")
    rollout = asyncio.run(play(asked, TokenSpeaker(codec, engine), Calls(ToyWorld()), 5, LIMITS))
    first, second = rollout.sequences  # a new one where the first question's thoughts are gone
    written = [token for token, own in zip(first.ids, first.written, strict=True) if own]
    assert written == qwen_tokenizer.encode(texts[0] + END) + qwen_tokenizer.encode(texts[1] + END)
    assert all((logprob < 0) == own for logprob, own in zip(first.logprobs, first.written, strict=True))
    assert first.ids[: len(engine.prompts[1])] == engine.prompts[1]
    assert second.ids[: len(engine.prompts[2])] == engine.prompts[2] and second.written.count(True) > 3
    assert len(set(engine.seeds)) == 3

    record = json.dumps(rollout.as_json(), ensure_ascii=False)
    again = asyncio.run(replay(json.loads(record), codec, Calls(ToyWorld()), LIMITS))
    assert json.dumps(again.as_json(), ensure_ascii=False) == record
    shorter = json.loads(record)
    shorter["rollout"]["sequences"].pop()
    with pytest.raises(RecordEndedError):
        asyncio.run(replay(shorter, codec, Calls(ToyWorld()), LIMITS))
