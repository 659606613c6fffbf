"""Where places stand in an instruction, by name or by kind. No list of names: what no word explains is most likely one.

和朋友在海图美术馆附近找个火锅店 → 海图美术馆 (N), 火锅店 (K)
"""

import re
from typing import NamedTuple

from stagent.selection.annotate.vocabulary import NUMBERS, PLACE_WORDS

_STOPS = frozenset(
    "的了吗呢吧啊呀么嘛哦呗个去到从在和跟与及或离有没不附近哪什怎咋这那我你您他她它们咱想要请问找给还是最能会可都就先再坐乘吃喝买逛住玩让把为得用需该"
    "查搜看走骑开打说讲带送接约订几多少很太更比往至下上里内外过着也又只但而且因所以如果然后点分时吗嘞咯啦哈它快慢贵早晚好行等"
)
# Stops that names begin with, too: 晚晴公园.
_SOFT_STOPS = frozenset("早晚点时分等好行上下里内外开过着几多少很更比至往因如果然而但且只又也家")
_ENDINGS = PLACE_WORDS["ending"]
_ONE_IN_TOWN = frozenset(PLACE_WORDS["one_in_town"])
_IN_NAMES = re.compile(f"(?:{'|'.join(PLACE_WORDS['in_names'])})+")
_HAN = re.compile(r"[\u3400-\u9fff\w·&'’.]")
_TOWN = re.compile(r"[\u4e00-\u9fff]{2,4}(?:市|州)")
_DISTRICT = re.compile(r"[\u4e00-\u9fff]{1,4}(?:(?<![小景校社园务])区|县)")
_TOWN_PLACE = re.compile(r"(?:[东西南北]?站|机场|港|湖|路|大道|街|塔|桥|寺|湾|大学|山)(?!点)")
_QUOTED = re.compile(r"[“\"「《]([^”\"」》]{2,30})[”\"」》]")
_BEFORE_NAMES, _AFTER_NAMES = "去到离从和跟与往回在\n", "和跟与的、在"
# Numbers that are no part of a name.
_COVERING_NUMBERS = ("age", "money", "clock", "metres", "minutes", "stars", "date", "days1", "days2", "days4", "code")
_LETTERS = (("town", "C"), ("kind", "K"), ("own_place", "O"))


class WordSpan(NamedTuple):
    """A word of a text and what it means."""

    start: int
    end: int
    meanings: tuple[str, ...]


class PlaceMark(NamedTuple):
    """A place in a text.

    Attributes:
        letter: N a place by name, C a town, D a district, K a kind of place, O one's own.
    """

    start: int
    end: int
    letter: str


def places(text: str, spans: list[WordSpan]) -> list[PlaceMark]:
    """The places of a text, in its order; none overlaps another.

    Args:
        spans: the words that were found in it.
    """
    covered = [False] * (len(text) + 1)
    marks: list[PlaceMark] = []
    for span in spans:
        if span.end - span.start < 2:
            continue
        letter = next((letter for name, letter in _LETTERS if name in span.meanings), "")
        end = span.end + (letter == "C" and text[span.end : span.end + 1] in ("市", "县"))
        if letter:
            marks.append(PlaceMark(span.start, end, letter))
        if letter != "K" or len(span.meanings) > 1:
            covered[span.start : end] = [True] * (end - span.start)
    for name in _COVERING_NUMBERS:
        for match in NUMBERS[name].finditer(text):
            covered[match.start() : match.end()] = [True] * (match.end() - match.start())
    marks += [PlaceMark(match.start(), match.end(), "N") for match in _QUOTED.finditer(text)]
    kinds = {start: end for start, end, letter in sorted(marks, key=lambda mark: mark.end) if letter == "K"}
    for start, end in _unexplained(text, covered, kinds):
        if not any(a <= start and end <= b and letter != "K" for a, b, letter in marks):
            marks += _named(text, start, end, kinds, covered)
    return _joined(text, _apart(marks))


def _unexplained(text: str, covered: list[bool], kinds: dict[int, int]) -> list[tuple[int, int]]:
    """Runs of characters that no word explains; kinds may be in them."""
    in_kind = {at for start, end in kinds.items() for at in range(start, end)}

    def free(at: int) -> bool:
        return not covered[at] and (at in in_kind or text[at] not in _STOPS) and bool(_HAN.match(text[at]))

    runs, at = [], 0
    while at < len(text):
        if not free(at) or text[at].isdigit():
            at += 1
            continue
        start = at
        while at < len(text) and free(at):
            at += 1
        runs.append((start, at))
    return runs


def _named(text: str, start: int, end: int, kinds: dict[int, int], covered: list[bool]) -> list[PlaceMark]:
    """What a run is: a town, a district, a place by name, perhaps with its kind; or nothing."""
    inside = [(a, b) for a, b in kinds.items() if start <= a < b <= end]
    chunk = text[start:end]
    if inside and not any(b == end for _, b in inside) and not chunk.endswith(_ENDINGS):
        end = max(b for _, b in inside)  # 书店集合
    first = min((a for a, b in inside if b == end), default=-1)
    if first >= 0:
        if district := _DISTRICT.fullmatch(text, start, first):
            return [PlaceMark(start, district.end(), "D")]  # 沙鸥区面馆
        while first - start < 2 and start and text[start - 1] in _SOFT_STOPS and not covered[start - 1]:
            start -= 1
        if first - start >= 2 or (first - start == 1 and text[start:end].endswith(("山", "湖", "寺", "塔"))):
            return [PlaceMark(start, end, "N")]
        return []
    if _TOWN.fullmatch(chunk):
        return [PlaceMark(start, end, "C")]
    if district := _DISTRICT.match(chunk):
        return [PlaceMark(start, start + district.end(), "D")]  # 墨渚区老字号
    before = text[start - 1] if start else "\n"
    if len(chunk) >= 2 and (
        chunk.endswith(_ENDINGS)
        or before in _BEFORE_NAMES
        or len(chunk) > 3
        or (len(chunk) > 2 and text[end : end + 1] in tuple(_AFTER_NAMES))
    ):
        return [PlaceMark(start, end, "N")]
    return []


def _apart(marks: list[PlaceMark]) -> list[PlaceMark]:
    """Those that overlap no longer one, in the text's order."""
    found: list[PlaceMark] = []
    for mark in sorted(marks, key=lambda mark: (mark.start - mark.end, "NCDKO".index(mark.letter))):
        if all(mark.end <= other.start or other.end <= mark.start for other in found):
            found.append(mark)
    return sorted(found)


def _joined(text: str, marks: list[PlaceMark]) -> list[PlaceMark]:
    """Parts of one name together: 澜屿第二人民医院, 鹤岭地铁站, 澜屿站; but 澜屿火锅店 is any of the town's."""
    joined: list[PlaceMark] = []
    for start, end, letter in marks:
        if letter == "C" and (ending := _TOWN_PLACE.match(text, end)):
            end, letter = ending.end(), "N"
        before = joined[-1] if joined else PlaceMark(0, 0, "")
        between = text[before.end : start]
        of_town = before.letter == "C" and (
            _IN_NAMES.fullmatch(between) or (not between and (letter == "N" or text[start:end] in _ONE_IN_TOWN))
        )
        if letter in "NK" and (of_town or (before.letter == "N" and not between)):
            joined[-1] = PlaceMark(before.start, end, "N")
        else:
            joined.append(PlaceMark(start, end, letter))
    return joined
