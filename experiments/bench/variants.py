"""The baseline, the way from it to ours in single steps, and one optimizer step of any of them.

Shapes: B samples, L positions, V vocabulary, S = 2 sections.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from transformers import PreTrainedModel

from data_process.collate_fns import ProgressiveCotDistillCollater, split_off
from data_process.encode import IGNORED, PROMPT
from experiments.bench.backbones import build, training_rows
from gplan.picd.forward import FLEX, attach_section_loss
from gplan.picd.loss import SECTIONS, section_counts, section_normalised_loss
from gplan.training.compiled import compile_layers


class Variant(NamedTuple):
    """One way to take a step; all of them compute the same loss from the same rows."""

    name: str
    over: str  # the variant that it differs from in one part
    full_length: bool  # every sample padded to MAX_LENGTH; else to the batch's longest, rounded up to 8
    masked: bool  # attention masks the padding, so SDPA computes the whole square; else plainly causal
    full_logits: bool  # logits (B, L, V) at every position at once; else at supervised ones, in pieces
    checkpointing: bool  # activations of a layer recomputed in backward
    grouped: bool  # rows of like length share a batch; else random order
    compiled: bool = False  # a layer's forward is compiled by torch.compile, for any length
    shared: bool = False  # the batch is one sequence behind one copy of the prompts' prefix


def ours(checkpointing: bool) -> str:
    """The name of the variant that finetune takes, given whether its preset for the backbone checkpoints."""
    return "tail logits" if checkpointing else "no checkpointing"


def ladder(checkpointing: bool, *, cuda: bool = False) -> list[Variant]:
    """From the baseline to ours, one part at a time.

    Args:
        checkpointing: whether finetune's preset for the backbone checkpoints; what is optional stands on the variant
            that it takes.
        cuda: whether those are among them that are for GPUs.
    """
    own, last = ours(checkpointing), (False, False, False, checkpointing)
    found = [
        Variant("baseline", "baseline", True, True, True, True, False),
        Variant("length", "baseline", False, True, True, True, False),
        Variant("no mask", "length", False, False, True, True, False),
        Variant("tail logits", "no mask", False, False, False, True, False),
        Variant("no checkpointing", "tail logits", False, False, False, False, False),
        Variant("bucketing", own, *last, True),
        Variant("shared prefix", own, *last, False, shared=True),
        Variant("compiled", own, *last, False, compiled=True),
        Variant("compiled, shared prefix", "compiled", *last, False, compiled=True, shared=True),
    ]
    return [variant for variant in found if cuda or not (variant.compiled or variant.shared)]


def full_section_sums(model: PreTrainedModel, batch: dict[str, torch.Tensor], mask_BL=None) -> torch.Tensor:
    """Section sums the plain way, (S,): logits of every position, and their cross entropy in fp32."""
    logits_BLV = model(input_ids=batch["input_ids"], attention_mask=mask_BL, use_cache=False).logits
    # Position t predicts token t + 1; the last one predicts nothing.
    labels_BL, sections_BL = batch["labels"].roll(-1, 1), batch["sections"].roll(-1, 1)
    labels_BL[:, -1], sections_BL[:, -1] = IGNORED, PROMPT
    losses = F.cross_entropy(logits_BLV.float().flatten(0, 1), labels_BL.flatten(), reduction="none")
    return torch.stack([losses[sections_BL.flatten() == section].sum() for section in SECTIONS])


class Workbench:
    """Model, optimizer, rows and collators as finetune has them, and one step of any variant.

    fp32 on a CPU, bf16 autocast over fp32 weights on CUDA; AdamW as Trainer takes it by default.
    """

    def __init__(self, args: argparse.Namespace):
        self.device = args.device
        self.model, encoder = build(args)
        attach_section_loss(self.model)
        self.model.train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=5e-6, weight_decay=0.01, fused=True)
        self.rows = training_rows(args, encoder)
        self._short = ProgressiveCotDistillCollater(encoder, "picd")
        self._packed = ProgressiveCotDistillCollater(encoder, "picd", share_prefix=True)
        # The next multiple of MAX_LENGTH is MAX_LENGTH itself.
        self._full = ProgressiveCotDistillCollater(encoder, "picd", multiple=args.max_length)
        self._weights = torch.ones(2, device=self.device)
        self._layers: dict[bool, list[Callable]] = {False: [layer.forward for layer in self.model.base_model.layers]}

    def batch(self, keys: list[tuple[int, int]], variant: Variant) -> dict[str, torch.Tensor]:
        """The batch of these ``(epoch, index)`` as the variant lays it out, on the device."""
        collate = self._packed if variant.shared else self._full if variant.full_length else self._short
        batch, about = split_off(collate([self.rows[key] for key in keys]))
        return {name: tensor.to(self.device) for name, tensor in (batch | {"lengths": about["lengths"]}).items()}

    def loss(self, batch: dict[str, torch.Tensor], variant: Variant) -> torch.Tensor:
        """L of Eq. 5 of a batch, with its graph."""
        _checkpoint_layers(self.model, variant.checkpointing)
        self._compile_layers(variant.compiled)
        self.model.set_attn_implementation(FLEX if variant.shared and self.device == "cuda" else "sdpa")
        inputs = {name: tensor for name, tensor in batch.items() if name != "lengths"}
        mask = None
        if variant.masked:
            mask = torch.arange(batch["input_ids"].shape[1], device=self.device) < batch["lengths"][:, None]
        with torch.autocast(self.device, torch.bfloat16, enabled=self.device == "cuda"):
            sums = full_section_sums(self.model, inputs, mask) if variant.full_logits else self.model(**inputs)
        counts = section_counts(batch["labels"], batch["sections"])
        return section_normalised_loss(sums, counts, self._weights)

    def step(self, batch: dict[str, torch.Tensor], variant: Variant) -> tuple[float, float]:
        """Forward, backward, AdamW, zero_grad: the loss, and the seconds it took."""
        self._wait()
        began = time.perf_counter()
        loss = self.loss(batch, variant)
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._wait()
        return loss.item(), time.perf_counter() - began

    def _compile_layers(self, wanted: bool) -> None:
        layers = self.model.base_model.layers
        if wanted and True not in self._layers:
            compile_layers(self.model)
            self._layers[True] = [layer.forward for layer in layers]
        for layer, forward in zip(layers, self._layers[wanted], strict=True):
            layer.forward = forward

    def _wait(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()


def _checkpoint_layers(model: PreTrainedModel, wanted: bool) -> None:
    with warnings.catch_warnings():
        # Newer 5.x call it activation_checkpointing; older ones, which requirements.txt allows, know this name only.
        warnings.simplefilter("ignore", FutureWarning)
        if wanted:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        else:
            model.gradient_checkpointing_disable()
