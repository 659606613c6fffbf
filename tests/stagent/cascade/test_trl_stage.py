"""TRL's trainer on our episodes: its gradient is gspo_loss's, its masks are what the policy wrote."""

import sys
from types import SimpleNamespace

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from stagent.cascade.policy_loss import group_advantages, gspo_loss
from stagent.cascade.trl_stage import EpisodeScore, TrlRollouts, grpo_trainer, row_of, vllm_speaker
from stagent.queries.trajectory import Trajectory
from stagent.rollout.play import Rollout
from stagent.rollout.sequence import TokenSequence
from tests.conftest import tiny_qwen3
from tests.stagent.reward.episodes import task
from utils import InputError

SHOPS = '<tool_call>\n{"name": "map_search_places", "arguments": {"query": "药店"}}\n</tool_call>'
VOCABULARY, END_ID = 40, 2
ON_CPU = {"use_cpu": True, "bf16": False, "report_to": "none", "disable_tqdm": True, "save_strategy": "no",
          "gradient_checkpointing": False, "logging_steps": 1, "beta": 0.0}  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")


@pytest.fixture
def trl():
    """What needs it is skipped where config/requirements/agent_rl.txt is not installed."""
    return pytest.importorskip("trl")


def word_tokenizer():
    """A tokenizer that is a list of words: all that TRL needs."""
    listed = ["<pad>", "<unk>", "<end>", *map(str, range(VOCABULARY - 3))]
    made = Tokenizer(WordLevel({word: place for place, word in enumerate(listed)}, unk_token="<unk>"))
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", unk_token="<unk>", eos_token="<end>")


class PlayedRollouts(TrlRollouts):
    """Episodes that were played already: name of a task -> its group, in order."""

    def __init__(self, played, **more):
        super().__init__([task(id=name) for name in played], lambda trainer: "nobody", None)
        self.played, self.batches = played, 0

    async def _play(self, prompts, seeds, speaker):
        self.batches += 1
        groups = {name: iter(group) for name, group in self.played.items()}
        return [next(groups[prompt]) for prompt in prompts]


def rollout(*sequences, ended="answered"):
    return Rollout(Trajectory(task(), "a hand", []), 0, ended, list(sequences), "gone" if ended == "no reply" else "")


def sequence(ids, written, logprobs=None):
    return TokenSequence(list(ids), [bool(each) for each in written], logprobs or [0.0] * len(ids))


def worth(reward):
    return EpisodeScore(reward, reward == 0)


def drawn(generator, model, spread):
    """A sequence of random ids, read and written in turns, with log-probabilities near the model's."""
    lengths = torch.randint(2, 6, (5,), generator=generator).tolist()
    written = [part % 2 for part, length in enumerate([*lengths, 1]) for _ in range(length)]
    ids = torch.randint(3, VOCABULARY, (len(written),), generator=generator)
    noise = spread * torch.randn(len(written), generator=generator)
    logps = [0.0, *(logps_of(model, ids[None])[0].detach() + noise[1:]).tolist()]
    return sequence(ids.tolist(), written, [value if each else 0.0 for value, each in zip(logps, written, strict=True)])


def logps_of(model, ids):
    """(B, T + 1) -> (B, T): of each token but the first."""
    return model(input_ids=ids).logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]


def groups_of(model, spread=0.3):
    """Three groups of four: one as it should be, one without spread, one with an episode that got no reply."""
    generator = torch.Generator().manual_seed(5)
    rewards = {"mixed": [1.0, 0.0, 0.4, 0.4], "alike": [0.6] * 4, "torn": [0.2, None, 0.9, 0.0]}
    played = {}
    for name, group in rewards.items():
        played[name] = [
            (rollout(drawn(generator, model, spread), ended="no reply" if each is None else "answered"), worth(each))
            for each in group
        ]
    return played


def our_gradient(model, played, reference, beta, low, high):
    """The same batch through gspo_loss, rows padded on the right to the longest."""
    rows, advantages = [], []
    for group in played.values():
        rewards = torch.tensor([float("nan") if score.reward is None else score.reward for _, score in group])
        for (each, score), advantage in zip(group, group_advantages(rewards), strict=True):
            if score.reward is not None and len(set(rewards.tolist())) > 1:
                rows.append(each.sequences[0])
                advantages.append(advantage)
    longest = max(len(row.ids) for row in rows)

    def padded(values, filler):
        return torch.tensor([[*each, *[filler] * (longest - len(each))] for each in values])

    ids, written = padded([row.ids for row in rows], 0), padded([row.written for row in rows], False)[:, 1:]
    old = padded([row.logprobs for row in rows], 0.0)[:, 1:]
    ref = logps_of(reference, ids).detach() if beta else None
    loss, figures = gspo_loss(
        logps_of(model, ids), old, ref, torch.stack(advantages), written, low=low, high=high, beta=beta
    )
    loss.backward()
    return {name: each.grad for name, each in model.named_parameters()}, figures


@pytest.mark.parametrize(("rows", "steps"), [(12, 1), (4, 3), (2, 6)])
@pytest.mark.parametrize(("beta", "low", "high"), [(0.0, 3e-4, 4e-4), (0.0, 0.05, 0.1), (0.5, 0.05, 0.1)])
def test_one_gradient(trl, tmp_path, rows, steps, beta, low, high):
    """A step of TRL's at rate 1 moves the weights by minus gspo_loss's gradient, however the batch is cut."""
    model = tiny_qwen3(VOCABULARY, layers=2)
    played = groups_of(model)
    reference = tiny_qwen3(VOCABULARY, layers=2)
    with torch.no_grad():
        reference.lm_head.weight.mul_(1.5)
    reference.save_pretrained(tmp_path / "reference")
    expected, figures = our_gradient(model, played, reference, beta, low, high)
    model.zero_grad()
    before = {name: each.detach().clone() for name, each in model.named_parameters()}
    model.config._name_or_path = str(tmp_path / "reference")
    trainer = grpo_trainer(
        model, word_tokenizer(), PlayedRollouts(played),
        ON_CPU | {"output_dir": str(tmp_path / "out"), "max_steps": 1, "num_generations": 4, "beta": beta,
                  "per_device_train_batch_size": rows, "gradient_accumulation_steps": steps, "max_grad_norm": 0.0,
                  "epsilon": low, "epsilon_high": high, "lr_scheduler_type": "constant"},
        optimizers=(torch.optim.SGD(model.parameters(), lr=1.0), None),
    )  # fmt: skip
    trainer.train()
    largest = max(each.abs().max().item() for each in expected.values())
    assert largest > 0.01 and 0.1 < figures.clipped < 0.9
    for name, each in model.named_parameters():
        assert torch.allclose(before[name] - each.detach(), expected[name], rtol=0, atol=1e-5 * max(1, largest)), name
    log = trainer.state.log_history[0]
    assert log["rollout/no_spread"] == pytest.approx(1 / 3) and log["rollout/no_reply"] == pytest.approx(1 / 12)
    assert log["frac_reward_zero_std"] == pytest.approx(1 / 3)  # TRL's own count of the same
    if beta and steps == 1:  # TRL's figures are means over micro-batches, those with a mask of zeros among them
        assert log["kl"] == pytest.approx(figures.kl, rel=1e-3)


def test_a_batch_that_is_used_twice_is_clipped(trl, tmp_path):
    model = tiny_qwen3(VOCABULARY, layers=2)
    played = groups_of(model, spread=0.0)
    settings = {"output_dir": str(tmp_path), "max_steps": 2, "num_generations": 4, "per_device_train_batch_size": 12,
                "learning_rate": 1e-2, "lr_scheduler_type": "constant"}  # fmt: skip
    rollouts = PlayedRollouts(played)
    trainer = grpo_trainer(model, word_tokenizer(), rollouts, ON_CPU | settings)
    trainer.train()
    assert [log["clip_ratio/region_mean"] > 0 for log in trainer.state.log_history[:2]] == [False, True]
    assert rollouts.batches == 1


def test_the_best_by_held_out_reward(trl, tmp_path):
    """Held-out tasks are played at evaluation, one episode each, and are never trained on."""
    model = tiny_qwen3(VOCABULARY)
    played = groups_of(model, spread=0.0)
    held_out = iter([0.3, 0.9, 0.5])
    rollouts = PlayedRollouts(played | {"held out": []})
    inner = rollouts._play

    async def play(prompts, seeds, speaker):
        if "held out" in prompts:
            assert set(prompts) == {"held out"}
            rollouts.played["held out"] = [(played["mixed"][0][0], worth(next(held_out)))] * len(prompts)
        return await inner(prompts, seeds, speaker)

    rollouts._play = play
    settings = {"output_dir": str(tmp_path), "max_steps": 3, "num_generations": 4, "per_device_train_batch_size": 12,
                "num_generations_eval": 1, "per_device_eval_batch_size": 1, "eval_strategy": "steps", "eval_steps": 1,
                "save_strategy": "steps", "save_steps": 1, "save_total_limit": 1, "load_best_model_at_end": True,
                "metric_for_best_model": "eval_reward", "greater_is_better": True}  # fmt: skip
    trainer = grpo_trainer(model, word_tokenizer(), rollouts, ON_CPU | settings, held_out=["held out"])
    trainer.train()
    assert trainer.state.best_metric == pytest.approx(0.9)
    assert trainer.state.best_model_checkpoint.endswith("checkpoint-2")


def test_rows_of_odd_episodes():
    read = sequence([5, 6], [0, 0])
    cut = sequence([5, 6, 7, 8, 9], [0, 1, 0, 1, 0], [0.0, -1, 0, -2, 0])
    row = {"prompt_ids": [5], "completion_ids": [6, 7, 8], "logprobs": [-1, 0, -2]}
    assert row_of([cut], True, END_ID) == row | {"env_mask": [1, 0, 1]}
    assert row_of([cut], False, END_ID) == row | {"env_mask": [0, 0, 0]}
    assert row_of([sequence([3, 4], [0, 1]), cut, read], True, END_ID) == row | {"env_mask": [1, 0, 1]}
    blank = {"prompt_ids": [2], "completion_ids": [2], "logprobs": [0.0], "env_mask": [0]}
    assert row_of([], True, END_ID) == row_of([read], True, END_ID) == blank


def test_what_can_t_be_trained_on(trl, tmp_path):
    model, one = tiny_qwen3(VOCABULARY), sequence([5, 6], [0, 1])

    def refused(played, **more):
        settings = {"output_dir": str(tmp_path), "max_steps": 1, "num_generations": 2, "per_device_train_batch_size": 2}
        trainer = grpo_trainer(model, word_tokenizer(), PlayedRollouts({"1": played}), ON_CPU | settings | more)
        with pytest.raises(InputError) as error:
            trainer.train()
        return str(error.value)

    silent = (rollout(ended="no reply"), worth(None))
    assert refused([silent] * 2) == "none of 2 episodes got a reply; task 1: gone"
    assert "use a ChatCodec with thinking=True" in refused([(rollout(one, one), worth(1.0))] * 2)
    with pytest.raises(InputError, match="beta: the reference is loaded from the model's folder"):
        grpo_trainer(model, word_tokenizer(), PlayedRollouts({}), ON_CPU | {"beta": 0.1})
    with pytest.raises(InputError, match="set use_vllm, and leave vllm_mode at server"):
        trainer = grpo_trainer(
            model, word_tokenizer(), PlayedRollouts({"1": []}), ON_CPU | {"output_dir": str(tmp_path)}
        )
        vllm_speaker(None)(trainer)


def test_a_group_on_two_processes_is_refused():
    trainer = SimpleNamespace(model=SimpleNamespace(training=True), num_generations=4)
    with pytest.raises(InputError, match=r"task 2: 2 of its 4 episodes are on this process; choose a per_device"):
        PlayedRollouts({"1": [], "2": []})(["1"] * 4 + ["2"] * 2, trainer)


def test_without_trl(monkeypatch):
    monkeypatch.setitem(sys.modules, "trl", None)
    with pytest.raises(InputError, match=r"pip install -r config/requirements/agent_rl\.txt"):
        grpo_trainer(None, None, PlayedRollouts({}), {})
