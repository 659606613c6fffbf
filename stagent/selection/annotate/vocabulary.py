"""The files of words that the rules read with: words.txt, numbers.txt, place_words.txt, combined.txt.

Nothing here or in them knows the generator's templates: they hold the words that people use, by what they mean.
"""

import re
from collections.abc import Callable, Set
from pathlib import Path
from typing import NamedTuple

from stagent.worlds.local.categories import WORDS, plain
from stagent.worlds.sandbox.country import CITIES

FOLDER = Path(__file__).parent
# A word of these holds shorter ones that don't count then: 火车 in 火车站.
COVERING = frozenset({"kind", "apart"})
_NUMBER = r"(?:\d+(?:\.\d+)?|[零一二两三四五六七八九十百千半几]+)"
_GAP = r"[^，。？！,;；?!\n]{0,8}?"  # what "…" in a word stands for
_WIDE_GAP = r"[^。？！?!\n]{0,24}?"  # and "……", which goes on behind a comma
_KIND = re.compile(r"[\u4e00-\u9fff]{2,}|ktv|4s店|atm机?|spa会所|卡拉ok|k歌|wc")


class GapWord(NamedTuple):
    """A word with gaps: ``赶到…还开``; ``first`` and ``last``, its ends, are looked for before the pattern is."""

    first: str
    last: str
    pattern: re.Pattern[str]


def _lists(name: str) -> dict[str, list[str]]:
    """``name: word, word`` with further lines below, as lists."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith(" "):
            head, line = line.split(": ", 1)
            current = found.setdefault(head, [])
        current.extend(word for each in line.split(",") if (word := each.strip()))
    return found


def _numbers() -> dict[str, re.Pattern[str]]:
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (FOLDER / "numbers.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            current.append(line[2:].replace("<n>", _NUMBER))
        elif line and not line.startswith("#"):
            current = found.setdefault(line, [])
    return {name: re.compile("|".join(ways)) for name, ways in found.items()}


PLACE_WORDS = {name: tuple(words) for name, words in _lists("place_words.txt").items()}
NUMBERS = _numbers()
WORDS_OF: dict[str, tuple[str, ...]] = {}  # word -> what it means
WHOLE: dict[str, tuple[str, ...]] = {}  # what a whole text means
GAP_WORDS: dict[str, tuple[GapWord, ...]] = {}  # meaning -> words with gaps


def _fill() -> None:
    gaps: dict[str, list[GapWord]] = {}
    for name, words in _lists("words.txt").items():
        for word in words:
            if word.startswith("="):
                WHOLE[word[1:]] = (*WHOLE.get(word[1:], ()), name)
            elif "…" in word:
                parts = [part for part in word.split("…") if part]
                pattern = re.escape(word).replace("……", _WIDE_GAP).replace("…", _GAP)
                gaps.setdefault(name, []).append(GapWord(parts[0], parts[-1], re.compile(pattern)))
            elif name not in WORDS_OF.get(word, ()):
                WORDS_OF[word] = (*WORDS_OF.get(word, ()), name)
    GAP_WORDS.update({name: tuple(words) for name, words in gaps.items()})
    no_kind = frozenset(PLACE_WORDS["no_kind"])
    towns = [town.name.removesuffix("市") for town in CITIES]
    for name, words in (("kind", [w for w in WORDS if _KIND.fullmatch(w) and w not in no_kind]), ("town", towns)):
        for word in words:
            if name not in WORDS_OF.get(word, ()):
                WORDS_OF[word] = (*WORDS_OF.get(word, ()), name)


_fill()
LENGTHS = tuple(sorted({len(word) for word in WORDS_OF}))


def normal(text: str) -> str:
    """NFKC, lower case, no blanks; a line's end stays."""
    return "\n".join("".join(plain(line).split()) for line in text.splitlines())


def split_condition(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """``"a & !b"`` -> what must be meant, and what must not."""
    names = [name.strip() for name in text.split("&")]
    needed = frozenset(name for name in names if not name.startswith("!"))
    return needed, frozenset(name[1:] for name in names if name.startswith("!"))


Holds = Callable[[Set[str], str], bool]


def _condition(text: str) -> Holds:
    """``a & !b | c | /shape/`` as a function of meanings and shape."""
    shape = None
    if "/" in text:
        before, _, rest = text.partition("/")
        text, shape = before.rstrip(" |"), re.compile(rest[: rest.rindex("/")])
    ways = [split_condition(way) for way in text.split(" | ")] if text else []

    def holds(meanings: Set[str], shaped: str) -> bool:
        return any(needed <= meanings and unwanted.isdisjoint(meanings) for needed, unwanted in ways) or bool(
            shape and shape.search(shaped)
        )

    return holds


def _combined() -> tuple[tuple[str, Holds], ...]:
    lines = (FOLDER / "combined.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(" = ", 1) for line in lines if line and not line.startswith("#"))
    return tuple((name, _condition(text)) for name, text in pairs)


COMBINED = _combined()
_OF_PLACES = frozenset({"kind", "named", "named2", "city", "city2", "city3", "district", "modes2", "turns"})
# All that a text can mean: what the files of conditions may use.
MEANINGS = frozenset(
    {name for names in (*WORDS_OF.values(), *WHOLE.values()) for name in names}
    | GAP_WORDS.keys()
    | NUMBERS.keys()
    | {name for name, _ in COMBINED}
    | _OF_PLACES
)
