"""What kinds of places there are: labels, the words that mean them in a query, and OpenStreetMap's tags.

Categories form a tree, so that a search for 美食 finds a 川菜馆 too: ``sichuan`` < ``chinese`` < ``restaurant`` <
``food``.
The table itself is ``categories.txt``.
"""

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple


class Category(NamedTuple):
    """A kind of place.

    Attributes:
        parent: the key of the wider category, ``""`` at the top.
        zh, en: labels.
        synonyms: further words that mean it in a query; a word belongs to one category alone.
        osm: tags of OpenStreetMap, each a tuple of conditions that must all hold:
            ``(("amenity", "cafe"),)``; the value ``"*"`` is any.
    """

    parent: str
    zh: str
    en: str
    synonyms: tuple[str, ...]
    osm: tuple[tuple[tuple[str, str], ...], ...]


def plain(text: str) -> str:
    """Text as queries and names are compared: NFKC, lower case, no accents, one space between words.

    ``plain("Café  Ｋ１") == "cafe k1"``
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFC", letters).split())


def _read(path: Path) -> dict[str, Category]:
    categories = {}
    for block in re.split(r"\n(?=\w)", path.read_text(encoding="utf-8")):
        if block.startswith("#"):
            continue
        head, *lines = [line.strip() for line in block.splitlines() if line.strip()]
        names, labels = head.split(": ")
        key, _, parent = names.partition(" < ")
        zh, en = labels.split(", ")
        words = tuple(word.strip() for line in lines if "=" not in line for word in line.split(","))
        tags = (tag for line in lines if "=" in line for tag in line.split())
        conditions = tuple(tuple(tuple(pair.split("=")) for pair in tag.split("+")) for tag in tags)
        categories[key] = Category(parent, zh, en, words, conditions)
    return categories


CATEGORIES = _read(Path(__file__).with_name("categories.txt"))
# A word as ``plain`` writes it -> the category that it means.
WORDS = {
    plain(word): key for key, category in CATEGORIES.items() for word in (category.zh, category.en, *category.synonyms)
}


def ancestors(key: str) -> tuple[str, ...]:
    """A category and those above it: ``ancestors("hotel") == ("hotel", "lodging")``."""
    found = [key]
    while parent := CATEGORIES[found[-1]].parent:
        found.append(parent)
    return tuple(found)


def _below() -> dict[str, frozenset[str]]:
    below: dict[str, set[str]] = {key: set() for key in CATEGORIES}
    for key in CATEGORIES:
        for above in ancestors(key):
            below[above].add(key)
    return {key: frozenset(keys) for key, keys in below.items()}


# A category -> itself and all below it.
WITHIN = _below()
