"""A checkpoint as a GGUF file, which llama.cpp reads: weights in fp32 or fp16, and its vocabulary."""

import json
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from utils import InputError

# llama.cpp's names of pre-tokenisers: the small tokenizer cuts as Qwen's does.
PRE_TOKENIZER = "qwen2"


def write_gguf(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, path: Path, dtype: torch.dtype) -> None:
    """Writes a Qwen3 with its tokenizer.

    Args:
        dtype: float32 or float16, of matrices; vectors are fp32 in either.

    Raises:
        InputError: another family, whose layout is not known here.
    """
    import gguf

    config = model.config
    if config.model_type != "qwen3":
        raise InputError(f"a {config.model_type} can't be written as GGUF here; give a Qwen3")
    writer = gguf.GGUFWriter(path, "qwen3")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    half = dtype == torch.float16
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16 if half else gguf.LlamaFileType.ALL_F32)
    rows = model.get_input_embeddings().weight.shape[0]
    _add_vocabulary(writer, tokenizer, rows)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        own = names.get_name(name, try_suffixes=(".weight",))
        values = tensor.detach().float().cpu().numpy()
        writer.add_tensor(own, values.astype(np.float16) if half and values.ndim > 1 else values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer, tokenizer: PreTrainedTokenizerBase, rows: int) -> None:
    """Tokens, their kinds and merges; rows of the embedding that have no token are unused ones."""
    import gguf

    state = json.loads(tokenizer.backend_tokenizer.to_str())
    added = {one["id"]: one["content"] for one in state["added_tokens"]}
    known = {number: token for token, number in state["model"]["vocab"].items()} | added
    kinds = gguf.TokenType
    # Latents and wrappers are written by the model and stand in grammars, so they are shown as text.
    shown = {number for number, token in added.items() if not token.startswith("<|")}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_TOKENIZER)
    writer.add_token_list([known.get(number, f"[unused {number}]") for number in range(rows)])
    writer.add_token_types(
        [
            kinds.UNUSED if number not in known else kinds.USER_DEFINED if number in shown
            else kinds.CONTROL if number in added else kinds.NORMAL
            for number in range(rows)
        ]
    )  # fmt: skip
    merges = state["model"]["merges"]
    writer.add_token_merges([pair if isinstance(pair, str) else " ".join(pair) for pair in merges])
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_pad_token_id(tokenizer.pad_token_id)
    writer.add_add_bos_token(False)
