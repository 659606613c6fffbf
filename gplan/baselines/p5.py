"""P5 (Geng et al. 2022): the row as text, the plan as text, T5 in between."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tokenizers import AddedToken, pre_tokenizers, processors, trainers
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from data_process.prompts import PROMPT_STYLES
from data_process.schema import CONTEXT, TRIGGER, Row
from data_process.situation import long_term, short_term
from gplan.baselines.generative import END, PAD, GenerativeBaseline, small_t5
from gplan.baselines.trie import CodeTrie
from gplan.baselines.vocabulary import Vocabulary
from gplan.starter.backbone import byte_level_bpe
from utils import InputError, say

# Entries of a history that are written out, of each kind.
ENTRIES = 10
_PROFILE = tuple(f"profile_feat_{i}" for i in (1, 2, 3, 4, 10, 11, 12))
_RAW = ("profile_feat_5", "profile_feat_6", "profile_feat_8", *CONTEXT, *TRIGGER)
# Words end behind a sign, and digits stand in pairs, so that numbers share sub-tokens.
_SPLIT = r"\p{N}{1,2}[，：；、]*|\s?[^\s\p{N}，：；、_]+[，：；、_]*|[\s，：；、_]+"
# A folder alone, never a download, and no code of the model's own.
LOCAL = {"local_files_only": True, "trust_remote_code": False}
KINDS = ("t5", "mt5", "umt5")
PAD_TOKEN, END_TOKEN, UNKNOWN_TOKEN = "<pad>", "</s>", "<unk>"


class P5(GenerativeBaseline):
    """Text to text, the plan as names of intents: ``intent_017 intent_003</s>``.

    Results hang on the indexing. This is the paper's: numbers of one index for all users, sub-tokens shared (§3.2), so
    that neighbours in the library, which have a tool and mostly an origin in common, have digits in common too. Three
    digits each, so that no name begins another. The paper's whole-word embedding is left out: names are written, not
    read, and all of one length.
    """

    def prepare(self, rows: Sequence[Row]) -> None:
        names = intent_names(self.vocabulary)
        if self.args.pretrained:
            self._tokenizer = pretrained_tokenizer(self.args.pretrained, self._text(rows[0]))
        else:
            self._tokenizer = text_tokenizer([*map(self._text, rows), *names], self.args.words)
        codes = self._tokenizer(names, add_special_tokens=False).input_ids
        self.trie = CodeTrie(list(map(tuple, codes)), END, self.vocabulary)

    def build(self) -> PreTrainedModel:
        if self.args.pretrained:
            return AutoModelForSeq2SeqLM.from_pretrained(self.args.pretrained, dtype="float32", **LOCAL)
        return small_t5(self.args, len(self._tokenizer))

    def sources(self, rows: Sequence[Row]) -> list[list[int]]:
        sources = self._tokenizer([self._text(row) for row in rows]).input_ids
        longest = self.args.longest
        cut = sum(len(ids) > longest for ids in sources)
        if cut:
            say(f"p5: {cut} of {len(rows)} rows are longer than --longest {longest} tokens; what is more is cut off")
        return [ids if len(ids) <= longest else [*ids[: longest - 1], END] for ids in sources]

    def _text(self, row: Row) -> str:
        return TEXTS[self.args.sees](row)


def intent_names(vocabulary: Vocabulary) -> list[str]:
    """``[" intent_001", …, " intent_148"]``, in library order."""
    return [f" intent_{number:03d}" for number in range(1, len(vocabulary.intents) + 1)]


def history_text(row: Row) -> str:
    """Profile codes, the last ten behaviours and the ten places."""
    codes = "，".join(row[name] for name in _PROFILE)
    lately = "，".join(
        f"{one.hour}点{one.actions}{one.phase}{one.tag}{one.poi}"
        for one in short_term(row["short_term_behavior_seq"])[-ENTRIES:]
    )
    often = "，".join(f"{one.tag}{one.poi}，{one.count}次" for one in long_term(row["long_term_behavior"])[:ENTRIES])
    return f"画像：{codes}；近期：{lately}；长期：{often}"


def context_text(row: Row) -> str:
    """``history_text``, and every field of context and trigger as it stands."""
    # In front: what is cut off a text that is too long is the end of its history.
    return "；".join([*(f"{name}：{row[name]}" for name in _RAW), history_text(row)])


TEXTS: dict[str, Callable[[Row], str]] = {
    "plan": lambda row: PROMPT_STYLES["compact"].system,
    "history": history_text,
    "context": context_text,
    "comparisons": PROMPT_STYLES["compact"].user,
}


def text_tokenizer(texts: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE of at most ``size`` tokens trained on the texts; it ends a text with ``</s>``, as T5's does."""
    tokenizer = byte_level_bpe(_SPLIT)
    special = [PAD_TOKEN, END_TOKEN, UNKNOWN_TOKEN]
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in special],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {END_TOKEN}", special_tokens=[(END_TOKEN, END)]
    )
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD_TOKEN, eos_token=END_TOKEN, unk_token=UNKNOWN_TOKEN
    )
    if (made.pad_token_id, made.eos_token_id) != (PAD, END):
        raise ValueError("the special tokens are not the first ones")
    return made


def pretrained_tokenizer(folder: str, text: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder that holds a T5 and can read the text.

    Raises:
        InputError: no such folder, none of a T5, or more than half of the text is unknown to it, as Chinese is to an
            English T5.
    """
    if not Path(folder).is_dir():
        raise InputError(f"--pretrained {folder}: no such folder; give that of a T5, mT5 or umT5 checkpoint")
    try:
        config = AutoConfig.from_pretrained(folder, **LOCAL)
        kind = config.model_type
        # What a folder's files can hold is endless, and so are the errors of reading them.
        tokenizer = AutoTokenizer.from_pretrained(folder, **LOCAL) if kind in KINDS else None
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"--pretrained {folder}: no T5 checkpoint that can be read ({reason})") from error
    if tokenizer is None:
        raise InputError(f"--pretrained {folder}: a {kind}, no T5; give the folder of a T5, mT5 or umT5 checkpoint")
    if (tokenizer.pad_token_id, tokenizer.eos_token_id, config.decoder_start_token_id) != (PAD, END, PAD):
        raise InputError(f"--pretrained {folder}: its pad, end and start are not 0, 1 and 0, as T5's are")
    ids = tokenizer(text).input_ids
    if 2 * ids.count(tokenizer.unk_token_id) > len(ids):
        raise InputError(f"--pretrained {folder}: its tokenizer knows no Chinese; give a T5 that does, as an mT5")
    return tokenizer
