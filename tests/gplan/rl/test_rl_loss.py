"""The loss by hand, by enumeration, and beside TRL's."""

import itertools

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import PreTrainedTokenizerFast

from gplan.rl.forward import attach_decision_log_probs
from gplan.rl.layout import Decided, DrawnPlan, Tree, lay_out
from gplan.rl.loss import decision_entropy, decision_kl, leave_one_out, policy_loss
from tests.conftest import tiny_qwen3

REWARDS = torch.tensor([1.0, 0.25, 0.0])  # of three plans
REFERENCE = torch.tensor([0.3, -0.2, 0.5]).log_softmax(-1)


def test_leave_one_out():
    assert leave_one_out(torch.tensor([1.0, 0, 0, 1])).tolist() == pytest.approx([2 / 3, -2 / 3, -2 / 3, 2 / 3])
    drawn = torch.rand(50, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert leave_one_out(drawn).sum(-1).abs().max() < 1e-12
    assert leave_one_out(torch.full((4,), 0.7)).abs().max() < 1e-7


@pytest.mark.parametrize("count", [0, 1])
def test_a_plan_without_others_is_compared_with_nothing(count):
    with pytest.raises(ValueError, match="2 or more are needed"):
        leave_one_out(torch.zeros(count))


def test_kl_and_entropy_leave_out_what_may_not_be_chosen():
    ours = torch.tensor([[0.5, 0.5, 0.0]]).log().requires_grad_()
    theirs = torch.tensor([[0.25, 0.75, 0.0]]).log()
    assert decision_kl(ours, theirs).item() == pytest.approx(0.5 * 0.693147 + 0.5 * -0.405465, abs=1e-6)
    (gradient,) = torch.autograd.grad(decision_kl(ours, theirs).sum(), ours)
    assert gradient[0].tolist() == pytest.approx([0.5 * 1.693147, 0.5 * 0.594535, 0], abs=1e-5)
    assert decision_entropy(ours).item() == pytest.approx(0.693147, abs=1e-6)


def loss_of(logits, drawn, beta=0.0):
    """The loss of a group of plans that are one decision each."""
    log_probs = logits.log_softmax(-1)
    advantages = torch.zeros(3).index_add(0, torch.tensor(drawn), leave_one_out(REWARDS[torch.tensor(drawn)]))
    kl = decision_kl(log_probs[None], REFERENCE[None])
    counts = torch.tensor([len(drawn)])
    return policy_loss(log_probs[None], kl, advantages[None], counts, plans=len(drawn), beta=beta).sum()


@pytest.mark.parametrize("plans", [2, 3])
def test_its_expected_gradient_is_that_of_the_expected_reward(plans):
    """Over all groups that can be drawn, each with its probability."""
    logits = torch.tensor([0.1, -0.4, 0.7], dtype=torch.float64, requires_grad=True)
    chances = logits.detach().softmax(-1)
    expected = sum(
        loss_of(logits, list(drawn)) * chances[torch.tensor(drawn)].prod()
        for drawn in itertools.product(range(3), repeat=plans)
    )
    (found,) = torch.autograd.grad(expected, logits)
    (by_hand,) = torch.autograd.grad(-(logits.softmax(-1) * REWARDS).sum(), logits)
    torch.testing.assert_close(found, by_hand, atol=1e-7, rtol=0)


def test_a_group_without_spread_moves_nothing():
    logits = torch.tensor([0.1, -0.4, 0.7], requires_grad=True)
    (found,) = torch.autograd.grad(loss_of(logits, [1, 1, 1, 1]), logits)
    assert found.abs().max() < 1e-8


@pytest.mark.parametrize("beta", [0.1, 1.0, 1e6])
def test_what_it_leads_to_is_the_reference_tilted_by_the_reward(beta):
    """π ∝ π_ref exp(r / β): of a large β the reference itself. There the expected gradient is 0."""
    wanted = (REFERENCE + REWARDS / beta).log_softmax(-1).double()
    logits = wanted.clone().requires_grad_()
    expected = sum(
        loss_of(logits, list(drawn), beta) * wanted.exp()[torch.tensor(drawn)].prod()
        for drawn in itertools.product(range(3), repeat=2)
    )
    (found,) = torch.autograd.grad(expected, logits)
    assert found.abs().max() < 1e-7 * max(1, beta)
    if beta == 1e6:
        torch.testing.assert_close(wanted.float(), REFERENCE, atol=1e-5, rtol=0)


VOCABULARY = 40
WORDS = ["<pad>", "<unk>", "<end>", *map(str, range(VOCABULARY - 3))]


@pytest.fixture
def drawn():
    """Two prompts, two responses each, and what they are worth; every token is a decision among all."""
    generator = torch.Generator().manual_seed(4)

    def ids(count):
        return torch.randint(3, VOCABULARY, (count,), generator=generator).tolist()

    return [(ids(5), [ids(4), ids(6)], [1.0, 0.2]), (ids(3), [ids(5), ids(5)], [0.0, 0.7])]


def test_without_grammar_its_step_is_trls(drawn, tmp_path, monkeypatch):
    """TRL's RLOO on the same samples: at rate 1 a step of SGD moves the weights by minus the gradient, ours and its."""
    pytest.importorskip("trl")
    from datasets import Dataset
    from trl import RLOOConfig, RLOOTrainer

    ours, theirs = (tiny_qwen3(VOCABULARY, layers=2) for _ in range(2))
    before = {name: each.detach().clone() for name, each in theirs.named_parameters()}
    attach_decision_log_probs(ours)
    everything = list(range(VOCABULARY))
    trees = []
    for prompt, both, worth in drawn:
        advantages = leave_one_out(torch.tensor(worth)).tolist()
        decided = [[Decided(i, everything, token) for i, token in enumerate(ids)] for ids in both]
        trees.append(Tree(prompt, list(map(DrawnPlan, both, decided, (1, 1), advantages))))
    batch = lay_out(trees, 0)
    advantages, counts, _ = (batch.pop(name) for name in ("advantages", "counts", "rows"))
    losses = policy_loss(ours(**batch), torch.zeros(len(counts)), advantages, counts, plans=2, beta=0.0)
    loss = losses.sum() / len(drawn)
    loss.backward()

    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    answers = {tuple(prompt): list(zip(both, worth, strict=True)) for prompt, both, worth in drawn}
    words = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="<end>")
    texts = {tokenizer.decode(prompt): tuple(prompt) for prompt in answers}
    arguments = RLOOConfig(
        output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to="none", disable_tqdm=True, save_strategy="no",
        max_steps=1, num_generations=2, per_device_train_batch_size=4, learning_rate=1.0, max_grad_norm=0.0, beta=0.0,
        optim="sgd", lr_scheduler_type="constant", normalize_advantages=False, gradient_checkpointing=False,
        max_completion_length=8, logging_steps=1, shuffle_dataset=False,
    )  # fmt: skip

    class Given(RLOOTrainer):
        """Its responses are those above."""

        def _generate_single_turn(self, prompt_ids, *args, **kwargs):
            taken = dict.fromkeys(answers, 0)
            found = []
            for prompt in map(tuple, prompt_ids):
                found.append(answers[prompt][taken[prompt]][0])
                taken[prompt] += 1
            return found

    def reward(prompts, completions, completion_ids, **_):
        worth = {(texts[p], tuple(ids)): value for p in prompts for ids, value in answers[texts[p]]}
        return [worth[texts[p], tuple(ids)] for p, ids in zip(prompts, completion_ids, strict=True)]

    trainer = Given(
        model=theirs,
        args=arguments,
        reward_funcs=reward,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list([{"prompt": text} for text in texts]),
    )
    trainer.train()
    for name, each in ours.named_parameters():
        moved = before[name] - dict(theirs.named_parameters())[name].detach()
        torch.testing.assert_close(moved, each.grad, atol=1e-5, rtol=1e-4, msg=name)
