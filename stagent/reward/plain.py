"""Text as the verifier reads it: one spelling of every character, without what nobody sees, and where it came from.

    "ＡＢ１２：３０\u200b　５　公里"  →  "ab12:30 5 公里"

Chinese punctuation stays (a full-width comma separates, a plain one may group digits); colons and brackets become
ASCII.
Digits of any script become 0 to 9, so that a value can't hide in them.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from stagent.reward.markup import HAS_MARKUP, without_markup

# One character for one: these texts need no map of positions.
_SIMPLE = {ord(c): c.lower() for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_SIMPLE |= {0xFF01 + n: chr(0x21 + n).lower() for n in range(0x5E)}
_SIMPLE |= {ord("，"): "，", ord("；"): "；", ord("！"): "！", ord("？"): "？", ord("％"): "%", ord("\u3000"): " "}
_SIMPLE |= {ord(c): "~" for c in "～〜∼"} | {ord(c): "-" for c in "–—−‐‑‒－﹣"} | {ord(c): " " for c in "\t\xa0\r"}
_SIMPLE |= {ord("￥"): "¥", ord("·"): "·", ord("℃"): "℃", ord("〇"): "零"}
_USUAL = re.compile(r"[\x20-\x7e\n\t\r\u3000-\u3002\u3008-\u3011\u4e00-\u9fff\uff01-\uff5e“”‘’…·￥¥℃°×→–—−～\xa0]*")
_SEPARATE = "\n"


@lru_cache(maxsize=4096)
def _one(character: str) -> str:
    """What a character is read as, possibly nothing or several characters."""
    code = ord(character)
    if code in _SIMPLE:
        return _SIMPLE[code]
    if character == "\n" or _USUAL.fullmatch(character):
        return character
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me", "Cc", "Cs", "Co", "Cn"):
        return ""
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp"):
        return _SEPARATE
    digit = unicodedata.digit(character, None)
    if digit is not None:
        # ① and ❶ number the entries of a list, ² and ٢ are digits
        return f"{_SEPARATE}{digit}." if category == "No" and 0x2460 <= code <= 0x2793 else str(digit)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return letters.translate(_SIMPLE)


@dataclass(slots=True)
class PlainText:
    """A text as it is read.

    Attributes:
        text: its characters; origins: of each the place in the given text, None: the same.
        unread: runs of letters of scripts that the verifier doesn't read, as (start, end) in ``text``.
        bold: what stands between marks of emphasis, alike.
    """

    text: str
    origins: list[int] | None = None
    unread: list[tuple[int, int]] = field(default_factory=list)
    bold: list[tuple[int, int]] = field(default_factory=list)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Places in the given text."""
        if self.origins is None:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


# Letters that are neither Latin nor Chinese nor Japanese nor signs.
_FOREIGN = re.compile(r"[^\W\d_a-z\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\U00020000-\U000323af]+")


def plain(text: str) -> PlainText:
    """A text as it is read: ``plain("１２：３０").text == "12:30"``."""
    marked = HAS_MARKUP.search(text) is not None
    if not marked and _USUAL.fullmatch(text):
        return PlainText(text.translate(_SIMPLE))
    characters: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(text):
        for read in _one(character):
            characters.append(read)
            origins.append(place)
    read, bold = "".join(characters), []
    if marked:
        read, origins, bold = without_markup(read, origins)
    return PlainText(read, origins, [match.span() for match in _FOREIGN.finditer(read)], bold)


@lru_cache(maxsize=65536)
def plain_name(name: str) -> str:
    """A name as names are compared: as text is read, without spaces at its ends, inner ones single."""
    return " ".join(plain(name).text.split())
