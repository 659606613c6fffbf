"""The embedded default: rows from the world with the rule teacher's reasoning, and a small Qwen3 backbone.

Both are made on first use and cached, so that ``bash finetune.sh`` works with nothing at hand. The backbone has
random weights and its own tokenizer; it goes through the same code as a real one.
"""

import inspect
import json
from pathlib import Path

import torch
from filelock import FileLock
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, Qwen3Config

from data_process import prompts, response, situation
from data_process.cache import cache_folder, digest
from data_process.encode import IM_END, IM_START
from data_process.files import whole, write_json
from data_process.prompts import PROMPT_STYLES
from data_process.schema import LABEL, Row, write_rows
from synthesis import counterfactual, decisions, expert, geography, moments, places, rule_teacher, wording, world
from synthesis.rule_teacher import RuleTeacher
from utils import ROOT, say

PROMPT_STYLE = "compact"
# Sized so that 13 epochs take about 7 minutes on two cores; see docs/log.md.
TRAIN_ROWS, TEST_ROWS = 2400, 500
TRAIN_SEED, TEST_SEED, TOKENIZER_SEED, WEIGHT_SEED, TWIN_SEED = 1, 2, 3, 4, 1
VOCABULARY = 3000
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


def embedded_rows() -> tuple[Path, Path]:
    """Paths of the training and the held-out CSV, with reasoning: other people live in the second."""
    return _csv("train", TRAIN_ROWS, TRAIN_SEED), _csv("test", TEST_ROWS, TEST_SEED)


def embedded_twins() -> tuple[Path, Path]:
    """Paths of the twins of the training rows and of the held-out rows, both plans by the rule teacher."""
    return tuple(_twins(source) for source in embedded_rows())


def embedded_backbone() -> Path:
    """The folder of the small backbone: a Hugging Face checkpoint with random weights, fp32, tied embeddings."""
    text = CONFIG.read_text(encoding="utf-8")
    settings = json.dumps([text, VOCABULARY, TOKENIZER_SEED, WEIGHT_SEED, CHAT_TEMPLATE, _code(prompts)])
    target = cache_folder() / "embedded" / f"backbone-{digest(settings)}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not target.exists():
            say(f"building the small backbone: {target}")
            tokenizer = small_tokenizer(labelled(TRAIN_ROWS, TOKENIZER_SEED))
            with whole(target) as partial:
                tokenizer.save_pretrained(partial)
                small_backbone(tokenizer).save_pretrained(partial)
    return target


def small_tokenizer(rows: list[Row]) -> PreTrainedTokenizerFast:
    """A byte-level BPE trained on the prompts and labels of ``rows``, otherwise made as Qwen3's is."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_QWEN_SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
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


def _csv(name: str, rows: int, seed: int) -> Path:
    settings = json.dumps([rows, seed, world.WORLD_VERSION, _code(world, expert, rule_teacher, wording, response)])
    target = cache_folder() / "embedded" / f"{name}-{digest(settings)}.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not target.exists():
            say(f"generating {rows} {name} rows: {target}")
            write_json(f"{target}.meta.json", {"world_version": world.WORLD_VERSION, "seed": seed, "rows": rows})
            write_rows(target, labelled(rows, seed))
    return target


def _twins(source: Path) -> Path:
    target = _twins_path(source)
    with FileLock(f"{target}.lock"):
        if not target.exists():
            say(f"looking for twins: {target}")
            counterfactual.write_twins(source, target, counterfactual.rules, seed=TWIN_SEED)
    return target


def _twins_path(source: Path) -> Path:
    # The source's name holds the digest of what its rows come from.
    made_by = _code(counterfactual, moments, places, geography, expert, decisions, situation)
    return source.with_name(f"twins-{source.stem}-{made_by}.jsonl")


def labelled(rows: int, seed: int) -> list[Row]:
    """World rows whose labels carry the rule teacher's reasoning before the plan."""
    teacher = RuleTeacher()
    return [
        {**row, LABEL: teacher.label(row, response.parse_label(row[LABEL]).plan)} for row in world.generate(rows, seed)
    ]


def _code(*modules) -> str:
    return digest("".join(inspect.getsource(module) for module in modules))
