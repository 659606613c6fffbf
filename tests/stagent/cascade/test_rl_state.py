"""What a stopped RL run goes on from: all of it comes back, whole or not at all."""

import json

import pytest
import torch

from stagent.cascade.rl_state import RlState, load_state, save_state


@pytest.fixture
def stepped(untrained):
    """A policy after a step of AdamW, and its optimizer."""
    policy = untrained()
    optimizer = torch.optim.AdamW(policy.model.parameters(), lr=1e-3)
    policy.model(torch.tensor([[5, 6, 7]])).logits.square().mean().backward()
    optimizer.step()
    return policy, optimizer


def test_nothing_was_saved(tmp_path):
    assert load_state(tmp_path) is None


def test_all_of_it_comes_back(stepped, tmp_path):
    policy, optimizer = stepped
    state = RlState(12, 0.75, 10, {"a": [0.5, 1.0], "b": []}, "stopped at step 12: …")
    save_state(tmp_path, state, policy, optimizer)
    found, opened, tensors = load_state(tmp_path)
    assert found == state and opened.vocabulary.tokens == policy.vocabulary.tokens
    for name, value in policy.model.state_dict().items():
        assert torch.equal(value, opened.model.state_dict()[name])
    before = optimizer.state_dict()["state"]
    assert tensors.keys() == before.keys() and {"step", "exp_avg", "exp_avg_sq"} == tensors[0].keys()
    for number, each in before.items():
        assert all(torch.equal(value, tensors[number][name]) for name, value in each.items())


def test_a_next_step_is_the_same_step(stepped, tmp_path):
    """Weights and moments go on as if nothing had been."""
    policy, optimizer = stepped
    save_state(tmp_path, RlState(1), policy, optimizer)
    _, opened, tensors = load_state(tmp_path)
    again = torch.optim.AdamW(opened.model.parameters(), lr=1e-3)
    again.load_state_dict(again.state_dict() | {"state": tensors})
    for model, own in ((policy.model, optimizer), (opened.model, again)):
        own.zero_grad()
        model(torch.tensor([[8, 9]])).logits.square().mean().backward()
        own.step()
    assert all(torch.equal(a, b) for a, b in zip(policy.model.parameters(), opened.model.parameters(), strict=True))


def test_a_run_without_a_step_has_no_moments(untrained, tmp_path):
    policy = untrained()
    save_state(tmp_path, RlState(), policy, torch.optim.AdamW(policy.model.parameters()))
    assert load_state(tmp_path)[0] == RlState() and load_state(tmp_path)[2] == {}


def test_the_latest_stays_and_a_half_written_one_is_passed_over(stepped, tmp_path):
    for step in (9, 10, 100):
        save_state(tmp_path, RlState(step), *stepped)
        assert [path.name for path in tmp_path.iterdir()] == [f"state-{step:06d}"]
    half = tmp_path / "state-000110.4711.partial"
    half.mkdir()
    (half / "state.json").write_text("{")
    assert load_state(tmp_path)[0].step == 100


def test_a_saved_state_is_never_written_over(stepped, tmp_path):
    save_state(tmp_path, RlState(3, best=0.5), *stepped)
    save_state(tmp_path, RlState(3, best=0.9), *stepped)  # the same step again, behind a kill
    assert json.loads((tmp_path / "state-000003" / "state.json").read_text())["best"] == 0.5
