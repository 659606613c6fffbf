"""Backbones of stated shapes with random weights: speed and memory depend on shapes, not on what was learnt."""

import argparse
import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, Qwen3Config

from add_tokens.extend import extend
from config.finetune_arguments import EMBEDDED, PAPER
from data_process.data_loader import CSVDataset
from data_process.encode import RowEncoder
from gplan.starter.backbone import CONFIG, PROMPT_STYLE, embedded_backbone
from gplan.starter.rows import first_embedded_rows
from utils import InputError

# Entries of Qwen3's tokenizer, and rows of its embedding.
QWEN_ENTRIES, QWEN_VOCABULARY = 151_669, 151_936
_QWEN3 = {
    "max_position_embeddings": 40960,
    "rope_theta": 1e6,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
    "num_key_value_heads": 8,
    "head_dim": 128,
}
SHAPES = {
    # The one that finetune.py builds when no model is given.
    "small": json.loads(CONFIG.read_text(encoding="utf-8")),
    # 89 million with Qwen's vocabulary, 58 of them in its embedding; proportions of Qwen3-0.6B.
    "90m": _QWEN3
    | {
        "hidden_size": 384,
        "intermediate_size": 1152,
        "num_hidden_layers": 14,
        "num_attention_heads": 6,
        "num_key_value_heads": 3,
    },
    # Qwen3-1.7B and Qwen3-4B, the paper's.
    "1.7b": _QWEN3
    | {"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28, "num_attention_heads": 16},
    "4b": _QWEN3 | {"hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36, "num_attention_heads": 32},
}


def preset(backbone: str) -> dict:
    """What finetune.py takes for such a backbone: the embedded preset for the small one, else the paper's."""
    return EMBEDDED if backbone == "small" else PAPER


def build(args: argparse.Namespace) -> tuple[PreTrainedModel, RowEncoder]:
    """The model (fp32, on ``args.device``) and the encoder with the extended tokenizer."""
    if args.tokenizer and not (Path(args.tokenizer) / "tokenizer.json").is_file():
        raise InputError(f"--tokenizer {args.tokenizer}: no tokenizer.json there; give the folder of a Qwen3 model")
    tokenizer = AutoTokenizer.from_pretrained(args.tokenizer or embedded_backbone())
    # ``extend`` enlarges a matrix without spare rows, as the small tokenizer's is here.
    vocabulary = QWEN_VOCABULARY if len(tokenizer) == QWEN_ENTRIES else len(tokenizer)
    torch.manual_seed(args.seed)
    with torch.device(args.device):
        model = AutoModelForCausalLM.from_config(
            Qwen3Config(**SHAPES[args.backbone], vocab_size=vocabulary), dtype=torch.float32
        )
    extend(tokenizer, model, seed=args.seed)
    return model, RowEncoder(tokenizer, args.prompt_style or ("full" if args.tokenizer else PROMPT_STYLE))


def training_rows(args: argparse.Namespace, encoder: RowEncoder) -> CSVDataset:
    """The rows of ``args.csv``, or the first embedded ones; those longer than ``args.max_length`` are left out."""
    path = args.csv or str(first_embedded_rows())
    return CSVDataset(path, encoder, "picd", max_length=args.max_length, overlong="skip")


def parameters(model: PreTrainedModel) -> dict[str, int]:
    """``{"total", "embedding"}``; the head is tied to the embedding."""
    return {"total": model.num_parameters(), "embedding": model.get_input_embeddings().weight.numel()}


def useful_flops(model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> float:
    """Floating-point operations that a step on the batch cannot do without: no padding, no recomputation.

    6 · (body parameters) · tokens + 6 · (head parameters) · supervised tokens, 2 of the 6 in forward and 4 in backward;
    and causal attention: 2 · T² · heads · head size a layer and sequence in forward, three times that with backward.
    A prefix that the rows share counts once.
    """
    count, shape = parameters(model), model.config
    lengths = batch["lengths"].double()
    supervised = (batch["labels"] >= 0).sum().item()
    attention = 6 * shape.num_hidden_layers * shape.num_attention_heads * shape.head_dim
    body = count["total"] - count["embedding"]
    tokens, squares = lengths.sum().item(), (lengths**2).sum().item()
    if "segments" in batch:
        shared, again = int((batch["segments"] == 0).sum()), len(lengths) - 1
        tokens, squares = tokens - again * shared, squares - again * shared**2
    return 6 * body * tokens + 6 * count["embedding"] * supervised + attention * squares
