"""Layers compiled one by one: they are alike, so that one is compiled and the others find it in the cache."""

import torch
from transformers import PreTrainedModel


def compile_layers(model: PreTrainedModel) -> None:
    """Lets every layer's forward go through torch.compile, for sequences of any length; weights keep their names."""
    for layer in model.base_model.layers:
        layer.forward = torch.compile(layer.forward, dynamic=True)
