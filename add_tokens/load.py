"""Tokenizer and model out of a folder, or one clear error that says which of its files is no good."""

import json
import sys
from pathlib import Path

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from data_process.encode import IM_END, IM_START
from utils import InputError

REMEDY = "give the folder of a Qwen3 model, or of a checkpoint that bash finetune.sh made"


def load_folder(folder: str | Path, dtype: torch.dtype) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """What ``--model`` names: tokenizer and model.

    Raises:
        InputError: no such folder; a config that is none of a causal language model; tokenizer files missing,
            unreadable or without the ChatML markers; weights missing, unreadable, incomplete or of another shape.
    """
    folder = Path(folder)
    check_config(folder)
    return load_tokenizer(folder), load_weights(folder, dtype)


def check_config(folder: Path) -> PretrainedConfig:
    """The config of a folder; raises InputError unless it is there, sound, and a causal language model's."""
    path = folder / "config.json"
    if not path.is_file():
        raise InputError(f"--model {folder}: no config.json there; {REMEDY}")
    settings = None
    try:
        settings = json.loads(path.read_bytes())
        if not isinstance(settings, dict):
            raise ValueError("no JSON object")
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except (ValueError, StrictDataclassError) as error:
        if isinstance(settings, dict) and "auto_map" in settings:
            raise InputError(
                f"--model {folder}: config.json asks to run code that lies beside the weights; none is ever run here: "
                f"{REMEDY}"
            ) from error
        raise InputError(f"--model {folder}: config.json can't be used ({_one_line(error)}); {REMEDY}") from error
    if quantised := settings.get("quantization_config"):
        method = quantised.get("quant_method", "quantised") if isinstance(quantised, dict) else "quantised"
        raise InputError(
            f"--model {folder}: its weights are {method}, and can be neither trained nor decoded here; give the folder "
            "that they were made from"
        )
    # AutoModelForCausalLM would take a BERT as well, and give it new random weights for what it lacks.
    names = settings.get("architectures") or ["none"]
    if not any(name.endswith("ForCausalLM") for name in names):
        found = ", ".join(names)
        raise InputError(f"--model {folder}: config.json names no causal language model (found: {found}); {REMEDY}")
    return config


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder; raises InputError if it is missing, unreadable or knows no ChatML."""
    # Without these files transformers makes an empty tokenizer and says nothing.
    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
        raise InputError(f"--model {folder}: no tokenizer.json there; copy the model's tokenizer files into it")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"--model {folder}: the tokenizer can't be read ({_one_line(error)}); copy the model's tokenizer files anew"
        ) from error
    if missing := [token for token in (IM_START, IM_END) if token not in tokenizer.get_vocab()]:
        raise InputError(
            f"--model {folder}: the tokenizer has no token {' and no '.join(missing)}; prompts need ChatML: {REMEDY}"
        )
    if not hasattr(tokenizer, "backend_tokenizer"):
        raise InputError(f"--model {folder}: a slow tokenizer without tokenizer.json; save it as a fast one into it")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = IM_END  # nothing that counts ever sees padding: any token will do
    return tokenizer


def longest_sequence(config: PretrainedConfig) -> int:
    """Tokens that a model can attend to at once: its positions, or its window if that is smaller.

    ``longest_sequence(Qwen3Config(max_position_embeddings=4096)) == 4096``
    """
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    return min(filter(None, (getattr(config, "max_position_embeddings", None), window)), default=sys.maxsize)


def load_weights(folder: Path, dtype: torch.dtype) -> PreTrainedModel:
    """The model of a folder; raises InputError unless its weights are all there and fit the config."""
    try:
        model, found = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, output_loading_info=True, ignore_mismatched_sizes=True, trust_remote_code=False
        )
    except (OSError, ValueError, ImportError, SafetensorError) as error:
        raise InputError(
            f"--model {folder}: the weights can't be loaded ({_one_line(error)}); fetch the folder anew, whole, and "
            "without git-lfs pointers"
        ) from error
    # What the files lack, or hold in another shape, starts at random: a run would go on and learn from scratch.
    wrong = sorted(found["missing_keys"]) + sorted(name for name, *_ in found["mismatched_keys"])
    if wrong:
        raise InputError(
            f"--model {folder}: the files lack {len(wrong)} of the weights that config.json asks for, or hold them in "
            f"another shape ({wrong[0]} is the first); fetch the folder anew"
        )
    # Greedy is greedy: a repetition penalty that the folder's generation_config.json asks for would change it.
    model.generation_config = GenerationConfig()
    return model


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
