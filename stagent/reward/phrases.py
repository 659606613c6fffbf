"""Everyday words, and what in a text they don't explain.

  去 青团书屋 要 11 分钟
  └┬┘└──┬──┘└┬┘
ends  stretch ends     function characters and some words end a stretch; a place's ending may be its last word
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from stagent.reward.lexicon import LOADS
from stagent.worlds.local.categories import WORDS

HAN = re.compile(r"[\u4e00-\u9fff]+")


def _read() -> dict[str, frozenset[str]]:
    """The word lists of ``names.txt`` by name."""
    found: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("names.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            words = found[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            words += line.split()
    return {name: frozenset(words) for name, words in found.items()}


_LISTS = _read()
# Categories of the map whose words can end a name: no 吃的, no 衣服.
_KINDS = frozenset(
    word for word in WORDS if HAN.fullmatch(word) and len(word) > 1 and not set(word) & set("的吃喝玩住买衣服桩票药边")
)
ENDINGS = _LISTS["endings"] | _LISTS["heads"] | _KINDS
MODIFIERS = _LISTS["modifiers"] | (ENDINGS - _LISTS["heads"])
LETTERS = _LISTS["letters"]
_VERBS = _LISTS["verbs"]
EVERYDAY = ENDINGS | _LISTS["everyday"] | _VERBS | frozenset(word for word in LOADS if len(word) > 1)
_BY_PAIR: dict[str, tuple[str, ...]] = {}
for _word in sorted(EVERYDAY, key=len, reverse=True):
    _BY_PAIR[_word[:2]] = (*_BY_PAIR.get(_word[:2], ()), _word)
# Characters that end names of places.
LAST = frozenset("店馆园楼寺庙塔桥亭阁站路街巷弄区市县镇村湖山岛堂铺坊轩居斋庄苑港湾里线道榜节屋")
# Characters that end words for places, not for dishes, wares and doings.
LAST_OF_ENDINGS = LAST | frozenset("院厅场厦校司所房会城心处楼舍吧栈港口局室坊池社团行家地府宫关观厂墓点道")
# Characters that end a name on either side; others alone may stand in one.
FUNCTION = frozenset(
    "的以了吧呢吗啊啦哦呀嘛哟噢喔嗯和与及或在去到从是有往距离得为被把让给对比用就也还都只才又再即则而但且若所其这那哪您你我他她它们个些很太最更较约共没不无未会要想将已正仍能说需每各该并至选逛乘坐找带付订买"
    "拐别躲赶绕怕嫌挑饿撑谈弱差嚷跟似却挺嘛咯喽咱俺谁啥咋嗨剩扣费猜觉恨请祝急缓晒堵挤抢退改载搁待候睡醒忘错误漏缺抬吹刮闷疼痛病"
    "备虚稍略颇仅脱丢赚亏怎么嗯哎唉喂呵曾未刚敢让令使由因据按插附呗既虽倘否"
)
# Characters that alone explain nothing and hide nothing: directions, sizes, numbers.
PALE = frozenset(
    "大小新老中内外东南西北上下前左右高低多少一二三四五六七八九十两几家间座处所条号线车段面边头口种类第来回走开关看玩买住查过里请进出"
)


def word_at(text: str, at: int) -> str:
    """The longest everyday word at a place; "": there is none."""
    return next((word for word in _BY_PAIR.get(text[at : at + 2], ()) if text.startswith(word, at)), "")


class Stretch(NamedTuple):
    """Letters between function characters that everyday words alone don't explain.

    Attributes:
        start, end: places in a run; strange: how many letters are unexplained.
        ending: whether a place's ending ends it; tail: where the everyday words behind it end.
    """

    start: int
    end: int
    strange: int
    ending: bool
    tail: int


@lru_cache(maxsize=8192)
def stretches(run: str) -> tuple[Stretch, ...]:
    """``stretches("去青团书屋") == (Stretch(1, 5, 2, True, 5),)``"""
    found: list[Stretch] = []
    # of the phrase that is being read: where it begins, where its last strange letter or ending ends
    begin, end, strange, ending, at = -1, -1, 0, False, 0
    while at <= len(run):
        word = word_at(run, at)
        if at == len(run) or word in _VERBS or (not word and run[at] in FUNCTION):
            if strange:
                found.append(Stretch(begin, end, strange, ending, at))
            begin, end, strange, ending = -1, -1, 0, False
            at += len(word) or 1
        elif word:
            if strange and word in ENDINGS:
                end, ending = at + len(word), True
            elif ending:
                found.append(Stretch(begin, end, strange, True, at))
                begin, end, strange, ending = -1, -1, 0, False
            elif not strange:
                begin = -1
            at += len(word)
        else:
            if ending:
                found.append(Stretch(begin, end, strange, True, at))
                begin, end, strange, ending = -1, -1, 0, False
            begin = at if begin < 0 else begin
            if run[at] not in PALE and not run[at].isascii():
                strange += 1
                end, ending = at + 1, False
            elif strange and run[at] in LAST:
                end = at + 1
            at += 1
    return tuple(found)


def pieces(name: str) -> list[str]:
    """What a name has beside everyday words: ``pieces("听瀑亭中秋节第一天") == ["听瀑亭"]``."""
    found, at = [""], 0
    while at < len(name):
        word = word_at(name, at)
        if word:
            found.append("")
        else:
            found[-1] += name[at]
        at += len(word) or 1
    return [piece for piece in found if len(piece) > 1]
