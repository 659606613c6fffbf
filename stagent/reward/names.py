"""Names that nothing supports: places, roads and cities that an answer names and no result, context or word has.

    text    去 青团书屋 要 11 分钟        runs of letters between what is known
            └┬┘└─┬┘└┬┘                    function characters and everyday words end a stretch
           left stretch ending            what is left is a name, if an ending, quotation marks or its place say so

A stretch that the pool of evidence or the user's words have is none.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from stagent.reward.claims import Reading
from stagent.reward.grounds import Grounds
from stagent.reward.lexicon import all_words
from stagent.worlds.local.categories import WORDS

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_ENDINGS = frozenset(
    "药房 大药房 药店 诊所 医院 酒店 宾馆 旅馆 客栈 民宿 公寓 饭店 餐厅 餐馆 饭馆 酒楼 酒家 酒馆 清吧 酒吧 茶馆 茶楼 茶舍 咖啡馆 咖啡厅 咖啡店 咖啡 书店 书屋 书院 面馆 火锅店 "
    "烧烤店 小馆 菜馆 小炒 小吃店 拉面 牛肉面 米线 包子铺 饺子馆 早点 汉堡 披萨 烘焙 面包 甜品 糖水铺 奶茶 茶铺 超市 便利店 便利 商场 百货 购物中心 广场 天地 公园 乐园 "
    "植物园 动物园 博物馆 美术馆 图书馆 纪念馆 展览馆 体育馆 体育中心 剧院 剧场 影城 电影院 影院 健身房 游泳馆 学校 小学 中学 大学 幼儿园 银行 邮局 加油站 充电站 停车场 派出所 火车站 "
    "地铁站 公交站 汽车站 客运站 机场 码头 车站 海滩 古镇 古城 老街 步行街 美食街 菜市场 市场 大道 高速 中心 大厦 小区 花园 服务区 航空 铁路 商圈 湿地 画廊 驿站 法院 "
    "足道 汤泉 酒行 私房菜 客运 产业园 实业 大楼 门店 旗舰店 高铁站 新村 会馆 会所 农庄 山庄 度假村 渔港 码头 电玩 手作 本帮菜 鲜果茶 家私房菜".split()
) | frozenset(
    word for word in WORDS if _HAN.fullmatch(word) and len(word) > 1 and not set(word) & set("的吃喝玩住买衣服桩票药")
)
_LAST = frozenset("店馆园楼寺庙塔桥亭阁站路街巷弄区市县镇村湖山岛堂铺坊轩居斋庄苑港湾里")
# Characters that end a name on either side; others alone may stand in one.
_FUNCTION = frozenset(
    "的了吧呢吗啊和与及或在去到从是有往向经距离为叫被把让给对比用以就也还都只才又再先后即则而但且若如因所其此这那哪您你我他她它们个些很太最更较约共没不无未会要想将已正仍能请问说请需每各该本等于并至由名选逛吃乘坐找带穿付订买接送"
)


def _everyday() -> frozenset[str]:
    text = Path(__file__).with_name("everyday_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


_WORDS = _ENDINGS | _everyday() | frozenset(word for word in all_words() if len(word) > 1)
_PAIRS: dict[str, tuple[str, ...]] = {}
for _word in sorted(_WORDS, key=len, reverse=True):
    _PAIRS[_word[:2]] = (*_PAIRS.get(_word[:2], ()), _word)
# Characters that alone explain nothing and hide nothing: directions, sizes, numbers.
_PALE = frozenset(
    "大小新老中内外东南西北上下前左右高低多少一二三四五六七八九十两几家间座处所条号线车段面边头口种类第来回走开关看玩买住查过里"
)
_QUOTED = re.compile(r"[「『“《‘\"]([^「」『』“”《》‘’\"\n，。；！？]{2,16})[」』”》’\"]")
_TO = re.compile(r"(?:从|去|到|往|经过|途经|经|离|距|叫|叫做|名叫|位于|推荐|首选|逛|选)\s?$")
_EDGE = re.compile(r"(?:^|[，。；！？\n、()「“《:：.]\s?|是|有|和|与|或|即|为|在|在是|者是)\s?$")
_AFTER = re.compile(
    r"\s?(?:$|[，。；！？\n、()（：:」”》]|的(?:评分|人均|门票|票价|营业|电话|地址|距离)|要|有|评分|人均|距离|现在|今天|目前|营业|出发|开|只|需|约|大约|更|最|步行|驾车|骑|坐|也|还|已|\d|和|与)"
)
_WAYS = re.compile(
    r"(?:[东西南北中新老]|第?[一二三四五六七八九十]+)(?:站|路|街|桥|巷|区|村|中学|小学|医院|店|门|湖|公园|大道)"
)
_RUN = re.compile(r"[\u4e00-\u9fffa-z0-9·&]+")
_PLACE_KINDS = frozenset(("rating", "money", "distance", "open", "clock", "phone", "count", "duration"))


class Stretch(NamedTuple):
    """Letters of a run that no everyday word explains: places in the run, how many of them are unexplained, and where
    an ending behind them ends (0: there is none)."""

    start: int
    end: int
    strange: int
    ending: int


@lru_cache(maxsize=8192)
def stretches(run: str) -> tuple[Stretch, ...]:
    """``stretches("去青团书屋") == (Stretch(1, 3, 2, 5),)``"""
    found: list[Stretch] = []
    begin, strange, at = -1, 0, 0
    while at <= len(run):
        word = next((word for word in _PAIRS.get(run[at : at + 2], ()) if run.startswith(word, at)), "")
        ends = at == len(run) or bool(word) or run[at] in _FUNCTION
        if ends and begin >= 0:
            if strange:
                found.append(Stretch(begin, at, strange, at + len(word) if word in _ENDINGS else 0))
            begin, strange = -1, 0
        if not ends:
            begin = at if begin < 0 else begin
            strange += run[at] not in _PALE and not run[at].isascii()
        at += len(word) or 1
    return tuple(found)


def unknown_names(reading: Reading, grounds: Grounds) -> Iterator[tuple[int, int]]:
    """Spans, in the plain text, of names that nothing supports."""
    text = reading.text
    covered = sorted(
        [(mention.start, mention.end) for mention in reading.mentions if mention.slot not in _IN_NAMES]
        + [(claim.start, claim.end) for claim in reading.claims if claim.kind not in ("word", "open", "rain", "free")]
    )
    found = [span for start, end in _open_runs(text, covered) for span in _in_run(reading, start, end)]
    for mention in reading.mentions:
        if mention.slot == "city" and (match := _WAYS.match(text, mention.end)):
            found.append((mention.start, match.end()))
    for match in _QUOTED.finditer(text):
        start, end = match.span(1)
        if not any(begin < end and start < stop for begin, stop in covered):
            inner = stretches(match.group(1).strip())
            if any(each.strange >= 2 and (each.ending or match.group(1)[-1:] in _LAST) for each in inner) or (
                inner and inner[0].strange >= 2 and _TO.search(text, max(0, start - 5), start - 1)
            ):
                found.append((start, end))
    last = -1
    for start, end in sorted(found):
        name = text[start:end].strip()
        if start >= last and not _stands(name, grounds):
            last = end
            yield start, end


def _stands(name: str, grounds: Grounds) -> bool:
    """Whether the evidence or the user's words have a name, of a city or station also without its last character."""
    tight = name.replace(" ", "")
    if name in grounds.pool or tight in grounds.tight:
        return True
    return len(tight) > 2 and tight[-1] in "市区县省" and any(tight[:-1] in said for said in grounds.said)


_IN_NAMES = ("mode", "own", "pref", "leave", "cabin")


def _open_runs(text: str, covered: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Runs of letters between what is known."""
    at = 0
    for start, end in [*covered, (len(text), len(text))]:
        if start > at:
            for match in _RUN.finditer(text, at, start):
                yield match.span()
        at = max(at, end)


def _in_run(reading: Reading, start: int, end: int) -> Iterator[tuple[int, int]]:
    text = reading.text
    for begin, stop, strange, ending in stretches(text[start:end]):
        first, last = start + begin, start + stop
        size = stop - begin
        to = bool(_TO.search(text, max(0, first - 4), first))
        edge = to or bool(_EDGE.search(text, max(0, first - 4), first))
        if ending and (size >= 2 or edge):
            yield first, start + ending
        elif not ending and text[last - 1] in _LAST and size >= 3 and strange >= 2 and edge:
            yield first, last
        elif strange >= 2 and edge and _AFTER.match(text, last):
            if to and size <= 8 or (size >= 3 and size <= 8 and _has_place_value(reading, first, last)):
                yield first, last


def _has_place_value(reading: Reading, start: int, end: int) -> bool:
    """Whether a place's value follows within this clause or the next."""
    clause = reading.clause(start)
    return any(
        claim.kind in _PLACE_KINDS and claim.start >= end and claim.clause <= clause + 1 for claim in reading.claims
    )
