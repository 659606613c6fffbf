"""What two texts must share to be one instruction, and in what they may differ: the ground of the first two stages.

    "请问明天从澜屿站到望潮塔，开车要多久呢？"
    atoms   明天, <澜屿站, >望潮塔, 开车, 多久     numbers, names, dates, words that decide: must be equal
    form    WW / W从N到N                           what is left: courtesies gone, synonyms one, clauses in a fixed order
    said    开车多久 / 明天从澜屿站到望潮塔         the same with its atoms

Numbers and names differ in few characters and mean something else (4.5 and 4.6, 澜屿市 and 霁川市); courtesies differ
in many and mean nothing. So texts with different atoms are never compared at all.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from stagent.worlds.local.categories import CATEGORIES

_WORDS = Path(__file__).with_name("words.txt")
_ENDS = frozenset("，,。！!？?；;…~～\n\r")
_INNER = frozenset(".:/-")  # within a number: 4.5, 12:30, 2026-01-05
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_SIZES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_NUMBER = re.compile(rf"\d+(?:[.:/-]\d+)*|半|[{''.join(_DIGITS)}{''.join(_SIZES)}]+")
_LETTERS = re.compile(r"[^\W\d_\u2e80-\U0003ffff]+\d*")
_QUOTED = re.compile(r"[“\"「『《]([^”\"」』》]{1,40})[”\"」』》]")
_EITHER = re.compile(r"(\D)[不没]\1")  # 堵不堵 asks what 堵吗 asks
# Where a way begins and ends: 从甲到乙 is not 从乙到甲. And where someone is.
_ROLES = {"从": "<", "到": ">", "走": ">", "在": "@"}
# What is counted, as the character after a number says it: 2公里 and 4.5分 can change places.
_UNITS = frozenset("元公米分小点号月日天人路线度楼星折周次")
# 三家 is 三个; 家 is otherwise someone's home. Not 一个半小时.
_MEASURE = re.compile(r"[个家位间](?!半|小时|钟头|月|星期|礼拜)")
_NAME, _COUNT, _DECIDES, _QUOTE = "N", "#", "W", "Q"  # in a form, which has no capitals of its own
_SOME = "#个"  # the role of how many places or people


class Wording(NamedTuple):
    """A text taken apart, as the module's head shows it.

    Attributes:
        key: 16 bytes of the atoms; texts with different keys are different instructions.
        form: clauses, a line each; atoms are single capitals. Texts of one key and form are the same.
        said: clauses with their atoms.
    """

    key: bytes
    form: str
    said: str


class _Token(NamedTuple):
    kind: str  # _NAME, _COUNT, _DECIDES, or empty
    role: str  # within which order counts
    text: str


class _Word(NamedTuple):
    kind: str
    meaning: str  # empty: a courtesy


class Lexicon:
    """A vocabulary: ``words.txt``, the kinds of places, and the names that are given.

    Args:
        names: of places, cities, districts: what a user can name.
    """

    def __init__(self, names: Iterable[str] = ()):
        light, same, must, places = read_words()
        known = {
            squeezed(word): _Word(_DECIDES, squeezed(word))
            for kind in CATEGORIES.values()
            for word in (kind.zh, *kind.synonyms)
        }
        known |= {word: _Word("", "") for word in light}
        kinds = dict.fromkeys(must, _DECIDES) | dict.fromkeys(places, _NAME)
        known |= {word: _Word(kind, word) for word, kind in kinds.items()}
        known |= {word: _Word(kinds.get(meaning, ""), meaning) for word, meaning in same.items()}
        written = {squeezed(name) for name in names}
        known |= {name: _Word(_NAME, name) for name in written if len(name) > 1 and "\n" not in name}
        self._known = known
        lengths: dict[str, set[int]] = {}
        for word in known:
            lengths.setdefault(word[:2], set()).add(len(word))
        # first two characters -> lengths of the words that begin so, the longest first
        self._lengths = {head: tuple(sorted(each, reverse=True)) for head, each in lengths.items()}

    def read(self, text: str) -> Wording:
        """A text taken apart."""
        plain = _EITHER.sub(r"\1", squeezed(text).strip("\n"))
        clauses: list[list[_Token]] = []
        for clause in plain.split("\n"):
            tokens = self._tokens(clause)
            if clauses and tokens and all(token.kind == _NAME for token in tokens):
                clauses[-1] += tokens  # a list goes on, whose order counts: 先去甲，乙，丙
            elif tokens:
                clauses.append(tokens)
        if {token.text for tokens in clauses for token in tokens if token.role == _SOME} == {"1"}:  # 找一家 is 找家
            clauses = [[token for token in tokens if token.role != _SOME] for tokens in clauses]
            clauses = [tokens for tokens in clauses if tokens]
        clauses.sort(key=lambda tokens: ([token for token in tokens if token.kind], tokens))
        form = "\n".join("".join(token.kind or token.text for token in tokens) for tokens in clauses)
        said = "\n".join("".join(token.text for token in tokens) for tokens in clauses)
        quoted = [squeezed(each) for each in _QUOTED.findall(text)]
        if not said:  # courtesies alone: as they stand
            return Wording(_key([], [plain]), plain, plain)
        return Wording(_key(clauses, quoted), form, said)

    def _tokens(self, text: str) -> list[_Token]:
        tokens: list[_Token] = []
        place, end = 0, len(text)
        while place < end:
            word, length = self._word(text, place)
            if word is not None:
                if word.meaning:
                    before = tokens[-1].text if tokens else ""
                    role = _ROLES.get(before, "") if word.kind == _NAME else word.kind
                    tokens.append(_Token(word.kind, role, word.meaning))
            elif found := _NUMBER.match(text, place):
                value, length = number(found.group()), found.end() - place
                if measured := _MEASURE.match(text, found.end()):
                    length += len(measured.group())
                    tokens.append(_Token(_COUNT, _SOME, value))
                else:
                    after = found.end() + (text[found.end() : found.end() + 1] == "个")  # 两个小时
                    unit = text[after : after + 1].replace("块", "元").replace("千", "公")
                    tokens.append(_Token(_COUNT, f"{_COUNT}{unit if unit in _UNITS else ''}", value))
            elif found := _LETTERS.match(text, place):
                length = found.end() - place
                tokens.append(_Token(_NAME, "", found.group()))
            elif text[place] != " ":
                tokens.append(_Token("", "", text[place]))
            place += length
        return tokens

    def _word(self, text: str, place: int) -> tuple[_Word | None, int]:
        """The longest word at a place, and its length."""
        for length in self._lengths.get(text[place : place + 2], ()):
            if word := self._known.get(text[place : place + length]):
                return word, length
        return self._known.get(text[place]), 1


def squeezed(text: str) -> str:
    """Text without anything that can't be heard: NFKC, lower case, no blanks and marks; clauses end in ``\\n``.

    ``squeezed("Ｃafé  2号（东门），营业至 21:30？") == "café2号东门\\n营业至21:30\\n"``. Where two numbers would run
    together a blank stays.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    if plain.isalnum():
        return plain
    written: list[str] = []
    for place, character in enumerate(plain):
        if character.isalnum():
            written.append(character)
            continue
        between = 0 < place < len(plain) - 1 and plain[place - 1].isdecimal() and plain[place + 1].isdecimal()
        if character in _INNER and between:
            written.append(character)
        elif character in _ENDS:
            written.append("\n")
        elif written and written[-1].isdecimal():
            written.append(" ")
    return re.sub(r"(?<!\d) | (?!\d)", "", "".join(written))


def number(text: str) -> str:
    """A number as digits: ``number("二十五") == "25"``, ``number("两") == "2"``; ``4.5``, ``半`` as they are."""
    if text[0].isdecimal() or text == "半":
        return text
    if not _SIZES.keys() & set(text):  # digits read out one by one: 一二三路
        return "".join(str(_DIGITS[character]) for character in text)
    total, digit = 0, None
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character == "万":
            total, digit = (total + (digit or 0)) * 10_000, None
        else:
            total, digit = total + (1 if digit is None else digit) * _SIZES[character], None
    return str(total + (digit or 0))


def read_words() -> tuple[set[str], dict[str, str], set[str], set[str]]:
    """``words.txt``: courtesies, words -> what they are written as, words that must be equal, places."""
    same: dict[str, str] = {}
    sets: dict[str, set[str]] = {"light:": set(), "must:": set(), "places:": set()}
    block = ""
    for line in _WORDS.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if line.endswith(":"):
            block = line
        elif block == "same:":
            same |= dict.fromkeys(words, words[0] if words else "")
        elif block:
            sets[block].update(words)
    return sets["light:"], same, sets["must:"], sets["places:"]


def _key(clauses: list[list[_Token]], quoted: list[str]) -> bytes:
    """Of all atoms: in each role in their order, words that decide in any; of what is quoted too."""
    roles: dict[str, list[str]] = {_QUOTE: quoted} if quoted else {}
    for tokens in clauses:
        for token in tokens:
            if token.kind:
                roles.setdefault(token.role, []).append(token.text)
    roles.get(_DECIDES, []).sort()
    text = "\n".join("\t".join((role, *roles[role])) for role in sorted(roles))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
