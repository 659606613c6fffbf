"""A local model as an engine: log-probabilities are the model's own, whoever runs beside it and whatever is kept."""

import asyncio
import json
import math
import random

import numpy as np
import pytest
import torch
import transformers
from scipy.stats import chisquare

from gplan.decoding.slots import Slots
from stagent.rollout import local_engine
from stagent.rollout.briefing import briefing_of
from stagent.rollout.chat import ChatCodec, Conversation
from stagent.rollout.live_episode import EpisodeLimits
from stagent.rollout.local_engine import LocalEngine
from stagent.rollout.play import play
from stagent.rollout.recorded import replay
from stagent.rollout.speaker import TokenSpeaker
from stagent.tools.calls import Calls
from tests.conftest import tiny_qwen3
from tests.stagent.reward.episodes import task
from tests.support.toy_world import ToyWorld
from utils import InputError

LIMITS = EpisodeLimits(calls=3, call_seconds=5, episode_seconds=60)
VOCABULARY, STOP = 64, 7
HEAD = [60, 61, 62, 63] * 5


def model_of(dtype=torch.float32, **settings):
    """Sure enough of random things that its distributions aren't flat."""
    model = tiny_qwen3(VOCABULARY, layers=2, **settings).to(dtype).eval()
    with torch.no_grad():
        model.base_model.norm.weight.mul_(6)
    return model


@pytest.fixture(scope="module")
def model():
    return model_of()


def own_logprobs(model, prompt, ids, temperature=1.0):
    """Of ids behind a prompt, by the model's plain forward over all of them."""
    with torch.inference_mode():
        logits = model(torch.tensor([[*prompt, *ids]]), use_cache=False).logits[0, len(prompt) - 1 : -1].float()
    return (logits / temperature).log_softmax(-1).gather(-1, torch.tensor(ids)[:, None])[:, 0].tolist()


class Episode:
    """Turns of an episode: what was asked and what came. ``waits``: turns of the loop before each of them."""

    def __init__(self, number, turns=4):
        self.number, self.turns, self.told = number, turns, []

    async def play(self, engine, waits=False):
        draws, turns = random.Random(self.number), random.Random(-self.number)
        prompt = [*HEAD, *(draws.randrange(VOCABULARY) for _ in range(draws.randrange(1, 30)))]
        for turn in range(self.turns):
            for _ in range(turns.randrange(40) if waits else 0):
                await asyncio.sleep(0)
            sampled = await engine.sample(prompt, draws.randrange(1, 30), 1000 * self.number + turn)
            self.told.append((prompt, sampled))
            prompt = [*prompt, *sampled.ids, *(draws.randrange(VOCABULARY) for _ in range(draws.randrange(1, 20)))]
        return self


def played(engine, count, waits=False):
    async def run():
        return await asyncio.gather(*(Episode(number).play(engine, waits) for number in range(count)))

    return asyncio.run(run())


@pytest.mark.parametrize(("slots", "temperature"), [(32, 1.0), (12, 0.7), (3, 1.0), (1, 1.0)])
def test_log_probabilities_of_episodes_among_others(model, slots, temperature):
    engine = LocalEngine(model, stop=[STOP], slots=slots, temperature=temperature)
    finishes, lengths = set(), []
    for episode in played(engine, 12, waits=True):
        assert len(episode.told) == 4
        for prompt, sampled in episode.told:
            expected = own_logprobs(model, prompt, sampled.ids, temperature)
            assert sampled.logprobs == pytest.approx(expected, abs=1e-4)
            assert (sampled.ids[-1] == STOP) == (sampled.finish == "stop") and STOP not in sampled.ids[:-1]
            finishes.add(sampled.finish)
            lengths.append(len(sampled.ids))
    assert finishes == {"stop", "length"} and engine.counts.messages == 48
    assert engine.counts.drawn == sum(lengths) > 300


def test_the_same_ids_alone_and_among_others(model):
    together = played(LocalEngine(model, stop=[STOP], slots=16), 12)
    few = played(LocalEngine(model, stop=[STOP], slots=2), 12, waits=True)
    for number in range(12):
        alone = asyncio.run(Episode(number).play(LocalEngine(model, stop=[STOP], slots=4)))
        for episode in (together[number], few[number]):
            assert [sampled.ids for _, sampled in episode.told] == [sampled.ids for _, sampled in alone.told]
    assert together[0].told[0][1].ids != together[1].told[0][1].ids


def test_another_seed_draws_otherwise_as_often_as_probabilities_say(model):
    engine = LocalEngine(model, stop=[], slots=64)
    prompt = [1, 2, 3]

    async def run():
        return await asyncio.gather(*(engine.sample(prompt, 1, seed) for seed in range(4000)))

    counts = np.bincount([sampled.ids[0] for sampled in asyncio.run(run())], minlength=VOCABULARY)
    with torch.inference_mode():
        probabilities = model(torch.tensor([prompt])).logits[0, -1].double().softmax(-1).numpy()
    assert (probabilities * 4000).min() > 4
    assert chisquare(counts, probabilities * 4000).pvalue > 0.01
    # 64 of them at once: the first computes the prompt's three ids, too few for others to wait for
    assert engine.counts.found + engine.counts.computed == 3 * 4000


def test_greedy_is_the_likeliest_id_each(model):
    engine = LocalEngine(model, stop=[STOP], temperature=0)
    sampled = asyncio.run(engine.sample([1, 2, 3], 20, 5))
    ids = []
    while len(ids) < 20 and STOP not in ids:
        with torch.inference_mode():
            ids.append(int(model(torch.tensor([[1, 2, 3, *ids]])).logits[0, -1].argmax()))
    assert sampled.ids == ids
    assert sampled.logprobs == pytest.approx(own_logprobs(model, [1, 2, 3], ids), abs=1e-4)


def test_a_turn_computes_only_what_is_new(model):
    engine = LocalEngine(model, stop=[], slots=2)

    async def run():
        first = await engine.sample([1, 2, 3, 4], 5, 1)
        assert (engine.counts.computed, engine.counts.found) == (4 + 4, 0)  # the last id drawn is not fed
        await engine.sample([1, 2, 3, 4, *first.ids, 8, 9], 1, 2)
        assert (engine.counts.computed, engine.counts.found) == (8 + 3, 8)
        assert engine.counts.passes == 5 + 1

    asyncio.run(run())


def test_a_prompt_that_shares_a_part_leaves_the_other_whole(model):
    engine = LocalEngine(model, stop=[], slots=2)

    async def run():
        first = await engine.sample([1, 2, 3, 4], 5, 1)
        other = await engine.sample([1, 2, 3, 9], 1, 2)
        assert engine.counts.found == 3
        assert other.logprobs == pytest.approx(own_logprobs(model, [1, 2, 3, 9], other.ids), abs=1e-4)
        prompt = [1, 2, 3, 4, *first.ids, 8]
        again = await engine.sample(prompt, 3, 3)
        assert engine.counts.found == 3 + 8
        assert again.logprobs == pytest.approx(own_logprobs(model, prompt, again.ids), abs=1e-4)
        # no slot is left but the older one, of the shared part
        await engine.sample([1, 2, 3, 4, 40], 1, 4)
        assert engine.counts.found == 11 + 4

    asyncio.run(run())


def test_equal_prompts_at_once_are_computed_once(model):
    engine = LocalEngine(model, stop=[], slots=8)
    prompt = [*range(8, 48)]

    async def run():
        return await asyncio.gather(*(engine.sample(prompt, 3, seed) for seed in range(8)))

    told = asyncio.run(run())
    assert engine.counts.found == 7 * 39 and engine.counts.computed == 40 + 7 + 8 * 2
    for sampled in told:
        assert sampled.logprobs == pytest.approx(own_logprobs(model, prompt, sampled.ids), abs=1e-4)


def test_long_prompts_go_in_pieces_beside_those_that_write(model, monkeypatch):
    monkeypatch.setattr(local_engine, "PROMPT_TOKENS", 16)
    engine = LocalEngine(model, stop=[], slots=4)
    long = [number % 60 for number in range(100)]

    async def run():
        writing = asyncio.create_task(engine.sample([1, 2], 30, 1))
        await asyncio.sleep(0)
        sampled = await engine.sample(long, 2, 2)
        assert not writing.done()  # nor did it wait
        return sampled, await writing

    sampled, beside = asyncio.run(run())
    assert engine.counts.passes == 30
    assert sampled.logprobs == pytest.approx(own_logprobs(model, long, sampled.ids), abs=1e-4)
    assert beside.logprobs == pytest.approx(own_logprobs(model, [1, 2], beside.ids), abs=1e-4)


def test_a_deadline_frees_its_slot(model):
    engine = LocalEngine(model, stop=[], slots=1)

    async def run():
        async with asyncio.timeout(5):
            never = asyncio.create_task(engine.sample([1, 2, 3], 5000, 1))
            waiting = asyncio.create_task(engine.sample([1, 2, 4], 5000, 2))
            next_one = asyncio.create_task(engine.sample([5, 6], 4, 3))
            while engine.counts.drawn < 10:
                await asyncio.sleep(0)
            never.cancel()
            waiting.cancel()
            return await next_one

    sampled = asyncio.run(run())
    assert sampled.logprobs == pytest.approx(own_logprobs(model, [5, 6], sampled.ids), abs=1e-4)
    assert engine.counts.messages == 1


def test_requests_beyond_the_slots_come_in_order(model):
    engine = LocalEngine(model, stop=[], slots=2)
    ended = []

    async def ask(number):
        await engine.sample([number], 3, number)
        ended.append(number)

    async def run():
        await asyncio.gather(*map(ask, range(8)))

    asyncio.run(run())
    assert ended == list(range(8))


def test_a_prompt_longer_than_the_model():
    model = model_of(max_position_embeddings=16)
    engine = LocalEngine(model, stop=[])

    async def run():
        for prompt in ([1] * 16, [1] * 20):
            assert await engine.sample(prompt, 5, 1) == ([], [], "length")
        return await engine.sample([1] * 12, 50, 1)

    sampled = asyncio.run(run())
    assert len(sampled.ids) == 4 and sampled.finish == "length"


def test_weights_that_changed():
    model = model_of()
    engine = LocalEngine(model, stop=[], slots=4)
    prompt = [1, 2, 3, 4]

    def train():
        with torch.no_grad():
            for weight in model.parameters():
                weight.mul_(1.1)

    async def run():
        await engine.sample(prompt, 3, 1)
        under_way = asyncio.create_task(engine.sample([9, 8], 40, 2))
        while engine.counts.drawn < 20:
            await asyncio.sleep(0)
        train()
        engine.forget()
        found = engine.counts.found
        after = await engine.sample(prompt, 3, 1)
        assert engine.counts.found == found
        assert after.logprobs == pytest.approx(own_logprobs(model, prompt, after.ids), abs=1e-4)
        return await under_way

    sampled = asyncio.run(run())
    # what came last is of the new weights, seen anew from the first id on
    expected = own_logprobs(model, [9, 8], sampled.ids)
    assert sampled.logprobs[-10:] == pytest.approx(expected[-10:], abs=1e-4)
    assert max(abs(a - b) for a, b in zip(sampled.logprobs[:10], expected, strict=False)) > 1e-2


def test_an_error_reaches_everyone_and_the_engine_goes_on():
    model = model_of()
    engine = LocalEngine(model, stop=[], slots=2)

    async def run():
        asked = [asyncio.create_task(engine.sample([1, 2, number], 500, number)) for number in range(3)]
        while engine.counts.drawn < 10:
            await asyncio.sleep(0)
        hook = model.base_model.register_forward_hook(lambda *_: 1 / 0)
        told = await asyncio.gather(*asked, return_exceptions=True)
        hook.remove()
        assert [type(each) for each in told] == [ZeroDivisionError] * 3
        return await engine.sample([1, 2, 3], 4, 1)

    sampled = asyncio.run(run())
    assert sampled.logprobs == pytest.approx(own_logprobs(model, [1, 2, 3], sampled.ids), abs=1e-4)


def test_the_model_stays_its_trainers():
    model = model_of().train()
    engine = LocalEngine(model, stop=[], slots=2)
    before = model.config._attn_implementation
    sampled = asyncio.run(engine.sample([1, 2, 3], 4, 1))
    assert model.config._attn_implementation == before == "sdpa"
    loss = model(torch.tensor([[1, 2, 3, *sampled.ids]]), labels=torch.tensor([[1, 2, 3, *sampled.ids]])).loss
    loss.backward()
    assert math.isfinite(loss.item()) and model.get_input_embeddings().weight.grad is not None


def test_sixteen_bits():
    model = model_of(torch.bfloat16)
    for episode in played(LocalEngine(model, stop=[STOP], slots=4), 6):
        for prompt, sampled in episode.told:
            assert sampled.logprobs == pytest.approx(own_logprobs(model, prompt, sampled.ids), abs=0.3)


@pytest.mark.parametrize("name", ["Qwen2", "Llama", "Phi3", "Qwen3Moe", "Olmo2", "SmolLM3"])
def test_other_families(name):
    experts = {"moe_intermediate_size": 32, "num_experts": 4, "num_experts_per_tok": 2} if "Moe" in name else {}
    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        bos_token_id=None,
        pad_token_id=0,
        **experts,
    )
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    for episode in played(LocalEngine(model, stop=[STOP], slots=3), 4):
        for prompt, sampled in episode.told:
            assert sampled.logprobs == pytest.approx(own_logprobs(model, prompt, sampled.ids), abs=1e-4)


def test_a_model_that_drops_what_attention_needs_is_refused(monkeypatch):
    def dropping(self, ids, positions, mask, cache, packed=None):
        return run_model(self, ids, positions, mask, cache)

    run_model = Slots.run_model
    monkeypatch.setattr(Slots, "run_model", dropping)
    model = tiny_qwen3(VOCABULARY)
    with pytest.raises(InputError, match=r"a qwen3 can't be run without padding .*give a model of another family"):
        LocalEngine(model, stop=[STOP])
    assert model.config._attn_implementation == "sdpa"


def test_a_conversation_in_the_real_vocabulary(qwen_tokenizer):
    codec = ChatCodec(qwen_tokenizer)
    model = tiny_qwen3(151_936).eval()
    engine = LocalEngine(model, stop=[codec.end], slots=4)
    asked = task(("附近的药店", "还有公园吗"), world="toy")

    async def run():
        plays = (play(asked, TokenSpeaker(codec, engine, most=6), Calls(ToyWorld()), seed, LIMITS) for seed in (1, 2))
        return await asyncio.gather(*plays)

    for rollout in asyncio.run(run()):
        assert rollout.ended == "answered"  # weights are random, so what they say is no call
        (sequence,) = rollout.sequences
        places = np.flatnonzero(sequence.written)
        with torch.inference_mode():
            hidden = model.base_model(torch.tensor([sequence.ids]), use_cache=False).last_hidden_state[0, places - 1]
            expected = model.lm_head(hidden).log_softmax(-1)[range(12), torch.tensor(sequence.ids)[places]]
        assert np.array(sequence.logprobs)[places] == pytest.approx(expected.numpy(), abs=1e-4)
    # the head and the first question once, and of each what came after
    assert engine.counts.computed < 1.1 * len(sequence.ids) and engine.counts.found > 2 * len(sequence.ids)


def test_a_conversation_that_grows_too_long_is_an_end(qwen_tokenizer):
    codec = ChatCodec(qwen_tokenizer)
    talk = Conversation(codec, briefing_of(task().context))
    talk.user("附近的药店")
    model = tiny_qwen3(151_936, max_position_embeddings=len(talk.prompt()) + 4).eval()
    speaker = TokenSpeaker(codec, LocalEngine(model, stop=[codec.end], slots=1), most=100)
    rollout = asyncio.run(play(task(("附近的药店", "还有公园吗")), speaker, Calls(ToyWorld()), 1, LIMITS))
    assert rollout.ended == "length" and [step.role for step in rollout.trajectory.steps] == ["user", "answer", "user"]
    (sequence,) = rollout.sequences
    assert sum(sequence.written) == 4
    record = json.dumps(rollout.as_json())
    again = asyncio.run(replay(json.loads(record), codec, Calls(ToyWorld()), LIMITS))
    assert json.dumps(again.as_json()) == record
