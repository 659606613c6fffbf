"""TIGER (Rajput et al. 2023): intents as semantic ids of four codes, written by a small T5 one code after another."""

from collections import Counter
from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np
from transformers import PreTrainedModel

from data_process.intents import DESTINATION, ORIGIN, RANGE, TAG, TOOL_KEY, Intent
from data_process.schema import CONTEXT, TRIGGER, Row
from data_process.situation import Behaviour, Place, long_term, parse_time, place_kind, short_term, situation
from gplan.baselines.generative import END, GenerativeBaseline, small_t5
from gplan.baselines.trie import Codes, CodeTrie
from gplan.baselines.vocabulary import Vocabulary

# Codes begin behind pad and end, and a token that a row's tokens end with, so that no source is empty.
ASK = 2
FIRST_CODE = 3
# Entries of a history that are looked at, of each kind.
ENTRIES = 10
# Upper edges of the signed hour classes: finer near now, where the world's rules change.
_HOURS = (-72, -48, -24, -12, -6, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 6, 12, 24, 48, 72)
_COUNTS = (2, 3, 5, 9, 17, 33)
_PROFILE = tuple(f"profile_feat_{i}" for i in (1, 2, 3, 4, 10, 11, 12))
_TIMES = ("currenttime", "trigger_5", "trigger_6", "trigger_7")
_RAW = ("profile_feat_5", "profile_feat_6", "profile_feat_8", *(n for n in (*CONTEXT, *TRIGGER) if n not in _TIMES))


class Tiger(GenerativeBaseline):
    """Semantic ids in, semantic ids out.

    The paper learns its codes with an RQ-VAE because items are texts (§3.1); an intent *is* a tuple of four values,
    so these are its codes, from coarse to fine, and none collides. What the model sees of a row is tokens too:
    comparisons as ``column=value``; a behaviour as kind of place, phase, hour and the place itself; ids by the hashing
    trick, as the paper has its users (§4, implementation details), in one table for all columns, so that equal ids are
    equal tokens. Tokens that training never met keep their random vectors.
    """

    def prepare(self, rows: Sequence[Row]) -> None:
        ids = semantic_ids(self.vocabulary)
        self.trie = CodeTrie(ids, END, self.vocabulary)
        self._first = max(map(max, ids)) + 1  # behind the codes: tokens of words, then the table of hashed ids
        self._words: dict[str, int] = {}
        for row in rows:
            for word in self._row_words(row):
                if not word.startswith("#"):
                    self._words.setdefault(word, self._first + len(self._words))
        self._buckets = self._first + len(self._words)

    def build(self) -> PreTrainedModel:
        return small_t5(self.args, self._buckets + self.args.buckets)

    def sources(self, rows: Sequence[Row]) -> list[list[int]]:
        return [[*map(self._number, self._row_words(row)), ASK] for row in rows]

    def _number(self, word: str) -> int:
        # A word that training lacks is hashed as an id is: a vector of its own, and never an error.
        return self._words.get(word) or self._buckets + crc32(word.encode()) % self.args.buckets

    def _row_words(self, row: Row) -> list[str]:
        return WORDS[self.args.sees](row)


def semantic_ids(vocabulary: Vocabulary) -> list[Codes]:
    """Each intent's four codes (tool, origin, destination or range, tag); every place has codes of its own, and one
    for a parameter that the tool has not.

    ``打车 from here to the order's place`` -> ``(tool_1, 当前位置, 订单目的地, nothing)`` as numbers
    """
    numbers: dict[tuple[int, str], int] = {}
    tuples = [tuple(enumerate(_values(one))) for one in vocabulary.intents]
    for place in range(4):  # the codes of a place stand together
        for values in tuples:
            numbers.setdefault(values[place], FIRST_CODE + len(numbers))
    return [tuple(numbers[value] for value in values) for values in tuples]


def _values(one: Intent) -> tuple[str, str, str, str]:
    # No tool has both a destination and a range.
    return one[TOOL_KEY], one.get(ORIGIN, ""), one.get(DESTINATION) or one.get(RANGE, ""), one.get(TAG, "")


def comparison_words(row: Row) -> list[str]:
    """The comparisons of ``situation`` as one word each, hours by their class, and what was lately looked at."""
    found = situation(row)
    words = [
        f"{name}={_hour_class(value) if name.startswith('hours') else value}" for name, value in found._asdict().items()
    ]
    counts = Counter(place_kind(one.tag) for one in short_term(row["short_term_behavior_seq"]))
    lately = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [*words, f"holiday={row['holidayflag']}", *(f"lately={kind} {min(count, 9)}" for kind, count in lately)]


def history_words(row: Row) -> list[str]:
    """Profile codes, the last ten behaviours and the ten places, each with its id as ``#id``."""
    words = [f"{name}={row[name]}" for name in _PROFILE]
    for one in short_term(row["short_term_behavior_seq"])[-ENTRIES:]:
        words += _behaviour(one)
    for one in long_term(row["long_term_behavior"])[:ENTRIES]:
        words += _place(one)
    return words


def context_words(row: Row) -> list[str]:
    """``history_words``, and every field of context and trigger as its column and what stands there."""
    words = history_words(row)
    for name in _TIMES:  # as it stands: its day, equal in all columns, and its hour
        time = parse_time(row[name])
        words += [f"{name}={time.hour}", f"day={time:%m-%d}"] if time else [f"{name}=", "day="]
    for name in _RAW:
        words += [f"{name}:", f"#{row[name]}"]
    return words


def _behaviour(one: Behaviour) -> list[str]:
    return [f"kind={place_kind(one.tag)}", f"phase={one.phase}", f"hour={one.hour}", f"#{one.poi}"]


def _place(one: Place) -> list[str]:
    return [f"kind={place_kind(one.tag)}", f"often={np.searchsorted(_COUNTS, one.count, side='right')}", f"#{one.poi}"]


def _hour_class(hours: float | None) -> int | None:
    return None if hours is None else int(np.searchsorted(_HOURS, hours, side="right"))


WORDS: dict[str, Callable[[Row], list[str]]] = {
    "plan": lambda row: [],
    "history": history_words,
    "context": context_words,
    "comparisons": comparison_words,
}
