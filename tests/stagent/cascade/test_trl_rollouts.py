"""Real rollouts through a toy world, on their way to TRL: masks, log-probabilities, rewards; a policy behind vLLM."""

import json
from types import SimpleNamespace

import pytest
from transformers import AutoTokenizer

from stagent.cascade.trl_stage import TrlRollouts, grpo_trainer, vllm_speaker
from stagent.rollout.chat import END, START, ChatCodec
from stagent.rollout.sequence import Sampled
from stagent.rollout.speaker import NoReplyError, TokenSpeaker
from stagent.tools.calls import Calls
from tests.conftest import tiny_qwen3
from tests.stagent.cascade.test_trl_stage import ON_CPU
from tests.stagent.reward.episodes import task
from tests.support.teacher_server import TeacherServer
from tests.support.toy_world import ToyWorld

SHOPS = '<tool_call>\n{"name": "map_search_places", "arguments": {"query": "药店"}}\n</tool_call>'


class ScriptedPolicy:
    """Engine: each new episode says the next texts, one a message."""

    name = "script"

    def __init__(self, tokenizer, *episodes):
        self.tokenizer, self.episodes, self.said = tokenizer, list(episodes), {}

    async def sample(self, prompt, most, seed):
        said = next((each for begun, each in self.said.items() if list(begun) == prompt[: len(begun)]), None)
        if said is None:
            said = iter(self.episodes.pop(0))
        text = next(said)
        if text is None:
            raise NoReplyError("gone")
        ids = self.tokenizer.encode(f"{text}{END}")
        self.said = {begun: each for begun, each in self.said.items() if each is not said}
        self.said[(*prompt, *ids)] = said
        return Sampled(ids, [-0.5 - place / 100 for place in range(len(ids))])


@pytest.fixture(scope="module")
def chat_tokenizer(small_tokenizer_folder):
    """The small vocabulary with Qwen3's control tokens."""
    tokenizer = AutoTokenizer.from_pretrained(small_tokenizer_folder)
    tokenizer.add_special_tokens({"additional_special_tokens": [START, END]})
    tokenizer.add_tokens(["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"])
    return tokenizer


def train_on_toys(folder, tokenizer, ids, episodes, *said):
    """One step on toy tasks, with a policy that says so."""
    pytest.importorskip("trl")
    rollouts = TrlRollouts(
        [task(id=each, world="toy") for each in ids],
        lambda trainer: TokenSpeaker(ChatCodec(tokenizer), ScriptedPolicy(tokenizer, *said)),
        lambda task: Calls(ToyWorld()),
        at_once=1,
    )
    settings = {"output_dir": str(folder), "max_steps": 1, "num_generations": episodes, "shuffle_dataset": False,
                "per_device_train_batch_size": episodes * len(ids)}  # fmt: skip
    trainer = grpo_trainer(tiny_qwen3(len(tokenizer)), tokenizer, rollouts, ON_CPU | settings)
    trainer.train()
    return trainer._buffered_inputs[0], trainer.state.log_history[0]


def test_a_real_rollout(tmp_path, chat_tokenizer):
    """Two tasks of two episodes each: an answer that holds and one that doesn't; twice the same."""
    good, lie = [SHOPS, "有一家，距离 320 米。"], [SHOPS, "有一家，距离 999 米。"]
    batch, log = train_on_toys(tmp_path, chat_tokenizer, "12", 2, good, lie, lie, lie)
    told, trained = [], []
    for ids, mask, written, old, prompt in zip(
        batch["completion_ids"], batch["completion_mask"].bool(), batch["tool_mask"].bool(),
        batch["old_per_token_logps"], batch["prompt_ids"], strict=True,
    ):  # fmt: skip
        told.append(chat_tokenizer.decode(ids[mask]))
        assert told[-1].count("<tool_response>") == 1 and told[-1].endswith(END)
        assert chat_tokenizer.decode(prompt).endswith(f"附近的药店{END}\n{START}assistant\n")
        if (written & mask).any():
            trained.append(chat_tokenizer.decode(ids[written & mask]))
            lengths = [len(chat_tokenizer.encode(f"{text}{END}")) for text in good]
            at_sampling = [-0.5 - place / 100 for length in lengths for place in range(length)]
            assert old[written & mask].tolist() == pytest.approx(at_sampling)
    assert sorted(trained) == sorted(["".join(f"{text}{END}" for text in texts) for texts in (good, lie)])
    assert sum("320 米" in text.split("</tool_response>")[1] for text in told) == 1
    assert (log["rollout/no_spread"], log["rollout/vetoed"], log["rollout/calls"]) == (0.5, 0.75, 1)
    assert 0 < log["reward"] < 0.25


def test_an_episode_without_a_reply_is_no_sample(tmp_path, chat_tokenizer):
    good, lie, gone = ["有什么可以帮您？"], ["距离 999 米。"], [SHOPS, None]
    batch, log = train_on_toys(tmp_path, chat_tokenizer, "1", 3, good, lie, gone)
    assert sorted((batch["tool_mask"] * batch["completion_mask"]).any(-1).tolist()) == [False, True, True]
    assert sorted(batch["advantages"].tolist()) == pytest.approx([-1 / 2**0.5, 0, 1 / 2**0.5], abs=1e-3)
    assert (log["rollout/no_reply"], log["rollout/vetoed"]) == pytest.approx((1 / 3, 1 / 3))


def test_a_policy_behind_vllm(chat_tokenizer):
    """The whole way without TRL: every message is a request of ids to the server that the trainer's settings name."""
    answers = ["有一家，距离 320 米。", "有一家，距离 999 米。"]
    has_results = chat_tokenizer.convert_tokens_to_ids("<tool_response>")

    def script(number, asked):
        text = answers.pop() if has_results in asked.body["prompt"] else SHOPS
        ids = chat_tokenizer.encode(f"{text}{END}")
        said = {"token_logprobs": [-0.5] * len(ids)}
        return json.dumps({"choices": [{"token_ids": ids, "logprobs": said, "finish_reason": "stop"}]}).encode()

    with TeacherServer(script) as server:
        args = SimpleNamespace(use_vllm=True, vllm_mode="server", temperature=0.8,
                               vllm_server_base_url=server.url.removesuffix("/v1"))  # fmt: skip
        config = SimpleNamespace(name_or_path="models/qwen", max_position_embeddings=30_000)
        trainer = SimpleNamespace(args=args, model=SimpleNamespace(config=config, training=True), num_generations=2,
                                  state=SimpleNamespace(global_step=3), eos_token_ids=[2])  # fmt: skip
        rollouts = TrlRollouts(
            [task(id="1", world="toy")],
            vllm_speaker(ChatCodec(chat_tokenizer), most=400),
            lambda task: Calls(ToyWorld()),
        )
        rows = rollouts(["1", "1"], trainer)
    assert sorted(bool(each) for each in rows["reward"]) == [False, True] and rows["no_spread"] == [False, False]
    for place in range(2):
        ids, mask = rows["completion_ids"][place], rows["env_mask"][place]
        written = [each for each, kept in zip(ids, mask, strict=True) if kept]
        assert chat_tokenizer.decode(written).count(END) == 2 and "<tool_response>" not in chat_tokenizer.decode(
            written
        )
        assert set(zip(mask, rows["logprobs"][place], strict=True)) == {(0, 0.0), (1, -0.5)}
    bodies = [asked.body for asked in server.asked]
    assert len(bodies) == 4 and len({body["seed"] for body in bodies}) == 4
    assert {(body["model"], body["temperature"], body["max_tokens"]) for body in bodies} == {("models/qwen", 0.8, 400)}
