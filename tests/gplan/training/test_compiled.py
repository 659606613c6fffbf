"""Compiled layers, through the real trainer; by dynamo alone, as the code that inductor makes takes half a minute."""

from functools import partial

import pytest
import torch
from torch._dynamo.testing import CompileCounter


def test_compiled_layers_train_alike_and_keep_their_names(training, monkeypatch):
    counter = CompileCounter()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=counter))
    plain, compiled = training(batch_size=4, max_steps=4), training(batch_size=4, max_steps=4, compile_layers=True)
    names = list(plain.model.state_dict())
    plain.train()
    assert counter.frame_count == 0
    compiled.train()
    # Layers are alike, and lengths vary freely: not a graph a layer and batch.
    assert 1 <= counter.frame_count <= 3
    assert list(compiled.model.state_dict()) == names
    losses = [
        [entry["loss"] for entry in trainer.state.log_history if "json_loss" in entry] for trainer in (plain, compiled)
    ]
    assert len(losses[0]) == 4 and losses[1] == pytest.approx(losses[0], rel=1e-4)
