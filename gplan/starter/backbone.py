"""A backbone where none is named: a small Qwen3 with random weights and a tokenizer of its own.

Both are made on first use and cached; they go through the same code as a real model.
"""

import json
from pathlib import Path

import torch
from filelock import FileLock
from safetensors.torch import save_model
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerFast, Qwen3Config

from data_process.cache import cached, digest
from data_process.encode import IM_END, IM_START
from data_process.files import whole
from data_process.prompts import PROMPT_STYLES
from data_process.schema import LABEL, Row
from gplan.starter.rows import TRAIN_ROWS, labelled
from utils import ROOT, say

# Raised whenever the texts that the tokenizer is trained on, or how it is made, change.
FORMAT = 1
PROMPT_STYLE = "compact"
TOKENIZER_SEED, WEIGHT_SEED = 3, 4
# Few tokens: a rare phrase is made of pieces that others share, and the head is not a third of a step.
VOCABULARY = 1000
CONFIG = ROOT / "config" / "small_qwen3.json"

END_OF_TEXT = "<|endoftext|>"
# Qwen2's and Qwen3's pre-tokenisation: digits apart, letters with one leading sign, line ends together.
_QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def embedded_backbone() -> Path:
    """The folder of the small backbone: a Hugging Face checkpoint with random weights, fp32, tied embeddings."""
    text = CONFIG.read_text(encoding="utf-8")
    settings = json.dumps([text, VOCABULARY, TOKENIZER_SEED, WEIGHT_SEED, CHAT_TEMPLATE, FORMAT])
    target = cached("embedded", f"backbone-{digest(settings)}")
    with FileLock(f"{target}.lock"):
        if not target.exists():
            say(f"building the small backbone: {target}")
            tokenizer = small_tokenizer(labelled(TRAIN_ROWS, TOKENIZER_SEED))
            with whole(target) as partial:
                tokenizer.save_pretrained(partial)
                _save(small_backbone(tokenizer), partial)
    return target


def _save(model: PreTrainedModel, folder: Path) -> None:
    """Writes weights and configuration on whatever rank comes first: save_pretrained writes nothing but on rank 0."""
    model.config.architectures = [type(model).__name__]
    save_model(model, str(folder / "model.safetensors"), metadata={"format": "pt"})
    model.generation_config.save_pretrained(folder)
    model.config.save_pretrained(folder)


def small_tokenizer(rows: list[Row]) -> PreTrainedTokenizerFast:
    """A byte-level BPE trained on the prompts and labels of ``rows``, otherwise made as Qwen3's is."""
    tokenizer = byte_level_bpe(_QWEN_SPLIT)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    style = PROMPT_STYLES[PROMPT_STYLE]
    texts = (text for row in rows for text in ("system\nuser\nassistant\n", style.system, style.user(row), row[LABEL]))
    tokenizer.train_from_iterator(texts, trainer)
    special = [AddedToken(token, special=True, normalized=False) for token in (END_OF_TEXT, IM_START, IM_END)]
    tokenizer.add_special_tokens(special)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=IM_END,
        pad_token=END_OF_TEXT,
        chat_template=CHAT_TEMPLATE,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def byte_level_bpe(split: str) -> Tokenizer:
    """A byte-level BPE that has not been trained; ``split`` is the expression of what becomes a piece of its own."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(split), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def small_backbone(tokenizer: PreTrainedTokenizerFast) -> torch.nn.Module:
    """A Qwen3 model of the shape in config/small_qwen3.json with seeded random weights."""
    settings = json.loads(CONFIG.read_text(encoding="utf-8"))
    # Spare rows for the 35 latents and wrappers, as a real Qwen3 has them.
    vocabulary = -(-(len(tokenizer) + 35) // 128) * 128
    config = Qwen3Config(
        **settings,
        vocab_size=vocabulary,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(WEIGHT_SEED)
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32)
