"""Everyday words, and what in a text they don't explain.

  去 青团书屋 要 11 分钟
  └┬┘└──┬──┘└┬┘
ends  stretch ends     function characters and some words end a stretch; a place's ending may be its last word
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import rjieba

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
    word
    for word in WORDS
    if HAN.fullmatch(word) and len(word) > 1 and not set(word) & set("的吃喝玩住买衣服桩票药边坐")
)
ENDINGS = (_LISTS["endings"] | _LISTS["heads"] | _KINDS) - {"停车", "早点"}
MODIFIERS = _LISTS["modifiers"] | (ENDINGS - _LISTS["heads"])
LETTERS = _LISTS["letters"]
BRANDS = _LISTS["brands"]
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
    "换整拐别躲赶绕怕嫌挑饿撑谈弱差嚷跟似却挺嘛咯喽咱俺谁啥咋嗨剩扣费猜觉恨请祝急缓晒堵挤抢退改载搁待候睡醒忘错误漏缺抬吹刮闷疼痛病"
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


# What of speech no name of a place has: verbs, adverbs, pronouns, prepositions, conjunctions, particles, adjectives.
_OF_TALK = ("v", "d", "r", "p", "c", "u", "a", "b", "z", "y", "o", "l", "i")
_PROPER = ("nr", "ns", "nt", "nz", "zg", "g", "x", "eng")


@lru_cache(maxsize=8192)
def is_talk(run: str) -> bool:
    """Whether a dictionary knows all words of a run, and they are talk, or nothing in it ends like a place.

    ``is_talk("后半夜可能辛苦")``; not ``is_talk("青团书屋")``, whose 团 is a word of its own to no dictionary.
    """
    known = [(word, tag) for word, tag in rjieba.tag(run.replace(" ", ""), False) if HAN.fullmatch(word)]
    if not known or any(tag.startswith(_PROPER) for _, tag in known):
        return False
    if _FIRST.search(run) or len(known) == 1 or all(word in FUNCTION for word, _ in known[:-1]):
        return True
    talks = [tag.startswith(_OF_TALK) and (word not in ENDINGS or tag == "d") for word, tag in known]
    head = "".join(word for word, _ in known[:-1])
    if known[-1][0] in ENDINGS and len(head) < 4 and head not in EVERYDAY and word_at(head, 0) != head:
        return False  # 小满影院, 无名影城
    if len(run) < 3 and any(talks):
        return True
    if any(talk and len(word) > 1 for (word, _), talk in zip(known, talks, strict=True)):
        return True
    return all(len(word) > 1 or talk for (word, _), talk in zip(known, talks, strict=True)) and any(talks)


_FIRST = re.compile("前[一二三四五六七八九十两]+[名位家]")


# What names of places end with wherever they stand, longest first; of roads the heads may be words of a dictionary.
_ROADS = "大道 大街 大桥 立交桥 高架桥 步道 绿道 胡同 古道 桥 路 街 巷 弄"
_PLACES = (
    "地铁站 公交站 火车站 客运站 加油站 国际机场 机场 湿地公园 森林公园 公园 植物园 动物园 游乐园 乐园 广场 "
    "购物中心 百货 商厦 商城 超市 便利店 药房 药店 医院 诊所 大学 学院 书院 中学 小学 幼儿园 图书馆 博物馆 "
    "美术馆 纪念馆 科技馆 体育馆 剧院 剧场 电影院 影城 酒店 宾馆 旅馆 民宿 客栈 饭店 酒楼 酒家 面馆 茶馆 茶舍 "
    "咖啡馆 书店 书屋 禅寺 禅院 古寺 古镇 小镇 渔村 景区 夜市 花市 集市 菜市场 温泉 汤泉馆 汤泉 ktv 石油 灯节 "
    "庙会 花节 文化节 音乐节"
)
_ENDS_OF = re.compile(
    "(?P<road>"
    + "|".join(_ROADS.split())
    + ")(?![口线由程面上况边牌段费顺])|(?P<place>"
    + "|".join(_PLACES.split())
    + ")"
)
_NOUNS = ("n", "z", "g", "x", "t", "f", "s")
_OF_ROADS = frozenset(
    [
        "滨江",
        "沿江",
        "环城",
        "步行",
        "商业",
        "美食",
        "林荫",
        "高架",
        "快速",
        "主干",
        "滨河",
        "环湖",
        "滨湖",
        "滨海",
        "风景",
        "收费",
        "原",
        "同",
        "主",
        "辅",
        "岔",
        "半",
        "一",
        "老",
        "小",
    ]
)


@lru_cache(maxsize=8192)
def named_by_ending(run: str) -> tuple[tuple[int, int], ...]:
    """Names in a run by the endings that they have and the letters before them that are no words.

    ``named_by_ending("路上会穿过荷韵湿地公园") == ((5, 11),)``
    """
    found = []
    for match in _ENDS_OF.finditer(run):
        tokens = rjieba.tag(run[: match.start()], False)
        head: list[tuple[str, str]] = []
        while tokens and sum(len(word) for word, _ in head) < 4:
            word, tag = tokens.pop()
            if word in FUNCTION or word in _VERBS or not HAN.fullmatch(word) or not tag.startswith(_NOUNS):
                break
            if len(word) > 1 and word in EVERYDAY and not tag.startswith(_PROPER):
                break
            head.insert(0, (word, tag))
        text = "".join(word for word, _ in head)
        if len(text) < 2:
            continue
        strange = any((len(word) == 1 and word not in PALE) or tag.startswith(_PROPER) for word, tag in head)
        if strange or (match["road"] and text not in _OF_ROADS and len(match.group()) > 1):
            found.append((match.start() - len(text), match.end()))
    return tuple(found)


def without_verb(name: str) -> str:
    """What a verb before it leads to: ``without_verb("换地铁") == "地铁"``; "": none does."""
    (word, tag), *rest = rjieba.tag(name, False) or [("", "")]
    return name[len(word) :] if rest and tag.startswith(("v", "p", "d")) else ""


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
