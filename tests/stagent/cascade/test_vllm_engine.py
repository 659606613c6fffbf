"""The engine over a vLLM server, against a local server that answers as vLLM documents it; no vLLM was at hand."""

import asyncio
import json

import pytest

from stagent.cascade.vllm_engine import VllmEngine
from stagent.rollout.sequence import Sampled
from stagent.rollout.speaker import NoReplyError
from tests.support.teacher_server import Send, TeacherServer


def choice(ids=(7, 8, 2), logprobs=(-0.5, -0.25, 0.0), finish="stop"):
    said = {"token_logprobs": list(logprobs), "tokens": [f"token_id:{each}" for each in ids], "top_logprobs": None}
    whole = {"index": 0, "text": "", "token_ids": list(ids), "logprobs": said, "finish_reason": finish}
    return json.dumps({"object": "text_completion", "choices": [whole]}).encode()


def sampled(*answers, prompts=((5, 6),)):
    """What the engine makes of answers, and what the server was asked."""

    async def run():
        engine = VllmEngine(server.url.removesuffix("/v1"), "models/qwen", end=2, longest=10, temperature=0.7)
        try:
            return await asyncio.gather(*(engine.sample(list(each), 3, 11) for each in prompts))
        finally:
            await engine.close()

    with TeacherServer(lambda number, asked: answers[number]) as server:
        return asyncio.run(run()), server


def test_ids_in_ids_out():
    given, server = sampled(choice())
    assert given == [Sampled([7, 8, 2], [-0.5, -0.25, 0.0], "stop")]
    body = server.asked[0].body
    assert (body["model"], body["prompt"], body["max_tokens"], body["seed"]) == ("models/qwen", [5, 6], 3, 11)
    # all that a checkpoint's generation_config.json would change, and what makes the server speak in ids
    assert (body["temperature"], body["top_p"], body["top_k"], body["min_p"], body["repetition_penalty"]) == (
        0.7,
        1,
        0,
        0,
        1,
    )
    assert (body["stop_token_ids"], body["logprobs"], body["return_token_ids"]) == ([2], 0, True)


def test_a_message_that_was_cut_off():
    assert sampled(choice(finish="length"))[0][0].finish == "length"


def test_a_conversation_as_long_as_the_model():
    given, server = sampled(choice(), prompts=([5] * 8, [5] * 10))
    assert given[1] == Sampled([], [], "length")
    assert [asked.body["max_tokens"] for asked in server.asked] == [2]


def test_messages_are_written_at_the_same_time():
    slow = Send(choice(), seconds=0.2)
    given, server = sampled(slow, slow, slow, prompts=((5,), (6,), (7,)))
    assert len(given) == 3 and server.most == 3


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Send(b'{"error": {"message": "maximum context length is 16"}}', 400), "HTTP 400: .*maximum context length"),
        (Send(b"<html>", 502), "HTTP 502"),
        (b"<html>", "no token ids with log-probabilities"),
        (b'{"choices": [{"text": "an older server"}]}', "no token ids .*vLLM 0.22 or later"),
        (b'{"choices": []}', "no token ids"),
        (choice(logprobs=(-0.5, float("nan"), 0.0)), "one that is no number"),
        (choice(logprobs=(-0.5, None, 0.0)), "no token ids"),
        (choice(logprobs=(-0.5,)), "3 ids, 1 log-probabilities"),
        (choice((), ()), "0 ids"),
    ],
)
def test_what_is_no_reply(answer, problem):
    with pytest.raises(NoReplyError, match=problem):
        sampled(answer)


def test_nobody_there():
    with pytest.raises(NoReplyError, match="ConnectError"):
        asyncio.run(VllmEngine("http://127.0.0.1:9", "m", end=2, longest=9).sample([1], 1, 1))
