"""Words that tell what a value is about: which field, of which mode, day or cabin, derived how, asserted or not.

Each word has loads by tag; longer words win over shorter ones that begin at the same place. The tables are in
``lexicon.txt``:

    mode     "开车" → driving            cabin    "二等座"           day    "明天" → 1 (days from now)
    cue      "人均" → fields of results  rule     "一共" → sum       open   "已打烊" → False
    limit    "以内" → below              unsure   "可能"             if     "如果"
    pref     "不走高速" → avoid_highways leave    "现在走"           own    "家", "当前位置": places of the user's
    offer    "需要的话": what follows is proposed, not claimed
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

NOT = "不没未无非别"


class Word(NamedTuple):
    """A word found in a text: places in it, tag and load."""

    start: int
    end: int
    tag: str
    load: Any


class Heads:
    """Words by their first two characters, to be found in one pass over a text's pairs.

    An automaton over all names would be built anew for every result; these dicts are built in a tenth of the time, and
    a text has few pairs that begin a name.
    """

    def __init__(self) -> None:
        self.by_pair: dict[str, list[tuple[str, str, Any]]] = {}

    def add(self, word: str, tag: str, load: Any) -> None:
        if len(word) > 1:
            entries = self.by_pair.setdefault(word[:2], [])
            entries.append((word, tag, load))
            if len(entries) > 1:
                entries.sort(key=lambda entry: -len(entry[0]))

    def find(self, text: str, pairs: dict[str, list[int]]) -> Iterator[Word]:
        """The longest word at each place at which one begins, in no order."""
        by_pair = self.by_pair
        for pair in by_pair.keys() & pairs.keys():
            entries = by_pair[pair]
            for at in pairs[pair]:
                for word, tag, load in entries:
                    if text.startswith(word, at):
                        yield Word(at, at + len(word), tag, load)
                        break


def pairs_of(text: str) -> dict[str, list[int]]:
    """Where each pair of characters stands: ``pairs_of("abab") == {"ab": [0, 2], "ba": [1]}``."""
    places: dict[str, list[int]] = {}
    for at, pair in enumerate(map(str.__add__, text, text[1:])):
        if pair in places:
            places[pair].append(at)
        else:
            places[pair] = [at]
    return places


def _read() -> dict[str, dict[str, list[str]]]:
    """``{"mode": {"driving": ["驾车", …]}, …}``"""
    found: dict[str, dict[str, list[str]]] = {}
    for line in Path(__file__).with_name("lexicon.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            table = found[line.strip("[]")] = {}
        elif line.endswith(":"):
            words = table[line[:-1]] = []
        elif line and not line.startswith("#"):
            words += line.split()
    return found


_LOADS = {"day": int, "open": {"yes": True, "no": False}.__getitem__}


def _loads() -> dict[str, dict[str, Any]]:
    """Word → tag → load; a cue's and a rule's are sets, because a word can mean several fields."""
    found: dict[str, dict[str, Any]] = {}
    for tag, table in _read().items():
        for name, words in table.items():
            for word in words:
                load = found.setdefault(word, {})
                if tag in ("cue", "rule"):
                    load[tag] = load.get(tag, frozenset()) | {name}
                else:
                    load[tag] = word if name == "words" else _LOADS.get(tag, str)(name)
    return found


LOADS = _loads()
LEXICON = Heads()
for _word, _load in LOADS.items():
    LEXICON.add(_word, "word", _load)
# Words of one character, which are looked for beside values alone.
SINGLE = {word: load for word, load in LOADS.items() if len(word) == 1}
