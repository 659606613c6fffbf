"""The models whose decoding is measured, by their training modes: trained ones, or a backbone with random weights."""

import argparse
from typing import NamedTuple

import torch
from transformers import PreTrainedModel

from add_tokens.load import load_folder
from config.stored import trained_settings
from data_process.compression import COT_MODES, CotMode
from data_process.encode import RowEncoder
from experiments.bench.backbones import build
from gplan.metrics.placement import placement
from gplan.planner.decode import RESPONSE_TOKENS
from utils import InputError


class Checkpoint(NamedTuple):
    """A model in eval mode on its device, bf16 on CUDA and fp32 elsewhere; ``limit``: the most tokens it may write."""

    model: PreTrainedModel
    encoder: RowEncoder
    limit: int


def random_weights(args: argparse.Namespace) -> dict[CotMode, Checkpoint]:
    """A backbone. The same weights serve every mode: what differs between modes is the length of responses."""
    model, encoder = build(args)
    return dict.fromkeys(COT_MODES, Checkpoint(model.to(_dtype(args)).eval(), encoder, RESPONSE_TOKENS))


def trained(args: argparse.Namespace) -> dict[CotMode, Checkpoint]:
    """The checkpoints of ``args.model``.

    Raises:
        InputError: a folder without a model that was trained here, two of one mode, or none of picd.
    """
    found: dict[CotMode, Checkpoint] = {}
    for folder in args.model:
        tokenizer, model = load_folder(folder, _dtype(args))
        stored = trained_settings(folder)
        mode = stored["cot_mode"]
        if mode in found:
            raise InputError(f"--model {folder}: a second {mode} checkpoint; give one of each mode at most")
        encoder = RowEncoder.of(tokenizer, stored)
        found[mode] = Checkpoint(model.to(args.device).eval(), encoder, stored["response_tokens"])
    if "picd" not in found:
        raise InputError(f"--model {' '.join(args.model)}: no picd checkpoint; give one")
    return found


def _dtype(args: argparse.Namespace) -> torch.dtype:
    return placement("auto", args.device)[1]
