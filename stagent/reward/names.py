"""Names that nothing supports: places, roads and cities that an answer names and no result, context or word has.

    text    去 青团书屋 要 11 分钟        runs of letters between what is known
            └┬┘└─┬┘└┬┘                    function characters and everyday words end a stretch
           left stretch ending            what is left is a name, if an ending, quotation marks or its place say so

A stretch that the pool of evidence or the user's words have is none.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter
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
    "足道 汤泉 酒行 私房菜 客运 产业园 实业 大楼 门店 旗舰店 高铁站 新村 会馆 会所 农庄 山庄 度假村 渔港 码头 电玩 手作 本帮菜 鲜果茶 家私房菜 烟酒 教室 音乐教室 小院 饭团 户外 旅行社 旅行 珠宝 炸鸡 江南菜 面食坊 炒货 科技 集团 ktv".split()
) | frozenset(
    word for word in WORDS if _HAN.fullmatch(word) and len(word) > 1 and not set(word) & set("的吃喝玩住买衣服桩票药边")
)
_LAST = frozenset("店馆园楼寺庙塔桥亭阁站路街巷弄区市县镇村湖山岛堂铺坊轩居斋庄苑港湾里线道榜节屋")
# Characters that end a name on either side; others alone may stand in one.
_FUNCTION = frozenset(
    "的了吧呢吗啊啦哦呀嘛哟噢喔嗯和与及或在去到从是有往距离得为被把让给对比用就也还都只才又再即则而但且若所其这那哪您你我他她它们个些很太最更较约共没不无未会要想将已正仍能说需每各该并至选逛乘坐找带付订买"
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
    "大小新老中内外东南西北上下前左右高低多少一二三四五六七八九十两几家间座处所条号线车段面边头口种类第来回走开关看玩买住查过里请"
)
_QUOTED = re.compile(r"[「『“《‘\"]([^「」『』“”《》‘’\"\n，。；！？]{2,16})[」』”》’\"]")
_TO = re.compile(
    r"(?:从|去|到|往|坐|乘|搭|走|经过|途经|经|离|距|叫|叫做|名叫|位于|推荐|首选|逛|选|约在|设在|(?:备选|首选|推荐的?|最[近快好高低早便]宜?的?|第[一二三]|榜首|就|其次|还有)是)\s?$"
)
_EDGE = re.compile(r"(?:^|[，。；！？\n、()「“《:：.]\s?|是|有|和|与|或|即|为|在|了|给|把)\s?$")
_AFTER = re.compile(
    r"\s?(?:$|[，。；！？\n、()（：:」”》]|的(?:路|评分|人均|门票|票价|营业|电话|地址|距离|开放|规定)|路上|要|有|评分|人均|距离|现在|今天|目前|营业|出发|开|只|需|约|大约|更|最|步行|驾车|骑|坐|也|还|已|\d|和|与)"
)
_WAYS = re.compile(
    r"(?:[东西南北中新老]|第?[一二三四五六七八九十]+)?(?:站(?![名内台点])|机场|火车站)|(?:[东西南北中新老]|第?[一二三四五六七八九十]+)(?:站|路|街|桥|巷|区|村|中学|小学|医院|店|门|湖|公园|大道)"
)
_REGION = re.compile(
    r"(?:^|[，。；！？\n、()「“:：~\s]|从|去|到|在|是|和|与|或|往|日|天)([\u4e00-\u9fff]{2}[市区县])(?![场区民内里中长外])"
)
_BRANCH = re.compile(r"\s?\(([\u4e00-\u9fff]{2,8}店)\)")
_RUN = re.compile(r"[\u4e00-\u9fffa-z0-9·&]+")
_PLACE_KINDS = frozenset(
    ("rating", "money", "distance", "open", "clock", "phone", "count", "duration", "category", "free", "day", "address", "line",
     "number", "date", "temperature", "percent", "word", "rain", "days")
)  # fmt: skip


class Stretch(NamedTuple):
    """Letters between function characters that everyday words alone don't explain: places in a run, how many of them are
    unexplained, whether an ending ends it, and where the everyday words behind it end."""

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
        word = next((word for word in _PAIRS.get(run[at : at + 2], ()) if run.startswith(word, at)), "")
        if at == len(run) or word in _VERBS or (not word and run[at] in _FUNCTION):
            if strange:
                found.append(Stretch(begin, end, strange, ending, at))
            begin, end, strange, ending = -1, -1, 0, False
            at += len(word) or 1
        elif word:
            if strange and word in _ENDINGS:
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
            if run[at] not in _PALE and not run[at].isascii():
                strange += 1
                end, ending = at + 1, False
            elif strange and run[at] in _LAST:
                end = at + 1
            at += 1
    return tuple(found)


def unknown_names(reading: Reading, grounds: Grounds) -> Iterator[tuple[int, int]]:
    """Spans, in the plain text, of names that nothing supports."""
    text = reading.text
    covered = sorted(
        [
            (mention.start, mention.end)
            for mention in reading.mentions
            if mention.slot not in _IN_NAMES and text[mention.start : mention.end] not in _ENDINGS
        ]
        + [(claim.start, claim.end) for claim in reading.claims if claim.kind not in ("word", "open", "rain", "free")]
    )
    found = []
    for start, end in _open_runs(text, covered):
        found += _in_run(reading, start, end)
        found += _plain_names(reading, start, end)
    for mention in reading.mentions:
        if mention.slot == "thing" and (match := _BRANCH.match(text, mention.end)):
            found.append(match.span(1))
    for match in _REGION.finditer(text):
        start, end = match.span(1)
        if not any(begin < end and start < stop for begin, stop in covered) and match.group(1) not in _WORDS:
            found.append((start, end))
    for mention in reading.mentions:
        if mention.slot == "thing" and text[mention.start : mention.end] not in mention.keys:
            if match := _ENDS.match(text, mention.end):
                found.append((mention.start, match.end()))
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


def names_something(reading: Reading) -> bool:
    """Whether letters stand in a text that neither evidence nor everyday words explain."""
    covered = sorted((mention.start, mention.end) for mention in reading.mentions)
    runs = [reading.text[start:end] for start, end in _open_runs(reading.text, covered)]
    return any(each.strange >= 2 for run in runs for each in stretches(run))


def _pieces(name: str) -> list[str]:
    """What a name has beside everyday words: ``_pieces("听瀑亭中秋节第一天") == ["听瀑亭"]``."""
    found, at = [""], 0
    while at < len(name):
        word = next((word for word in _PAIRS.get(name[at : at + 2], ()) if name.startswith(word, at)), "")
        if word:
            found.append("")
        else:
            found[-1] += name[at]
        at += len(word) or 1
    return [piece for piece in found if len(piece) > 1]


def _stands(name: str, grounds: Grounds) -> bool:
    """Whether the evidence or the user's words have a name, of a city or station also without its last character."""
    tight = name.replace(" ", "")
    if grounds.has(tight):
        return True
    for at in range(1, len(tight) - 2):
        if tight[at - 1] in "爱吃喝看住" and grounds.has(tight[at:]):
            return True  # 爱吃 and a dish that ends like a place
    pieces = _pieces(name)
    if pieces and all(any(piece in said for said in grounds.said) for piece in pieces):
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
    for begin, stop, strange, ending, tail in stretches(text[start:end]):
        first, last = start + begin, start + stop
        while last - first > 2 and text[first] in "走来回看玩买住查请":
            first += 1
        size = last - first
        before = max(0, first - 5)
        to = first > start + begin or bool(_TO.search(text, before, first))
        edge = to or bool(_EDGE.search(text, before, first))
        if ending:
            if strange >= 2 or edge or (size >= 2 and last - first > 3 and _LED.search(text, before, first)):
                yield first, last
        elif (
            text[last - 1] in _LAST
            and size >= 3
            and strange >= 2
            and (to or text[last - 1] in "路街道线站市区县镇村" or (edge and _has_place_value(reading, first, last)))
        ):
            yield first, last
        elif (
            edge and size <= 9 and (_AFTER.match(text, last) or _AFTER.match(text, start + tail) or tail < end - start)
        ):
            near = _has_place_value(reading, first, last)
            if near and (
                (to and (size + (start + tail - last) >= 3 or strange >= 2))
                or (size >= 3 and strange >= 2)
                or _alone(reading, first, start + tail)
            ):
                yield first, last


_VERBS = frozenset(
    "现在 今天 目前 营业 步行 开车 驾车 骑行 出发 评分 人均 距离 分别 可以 大约 需要 只要 没有 没开 还有 此刻 明天 当前 已经 正在 这会儿 出门 打车 走路 坐车 只停靠 停靠".split()
)


def _alone(reading: Reading, start: int, end: int) -> bool:
    """Whether a name is all that a clause says."""
    text = reading.text
    return (
        end - start >= 3
        and _BEGIN.search(text, max(0, start - 2), start) is not None
        and text[end : end + 1] in "，:：("
    )


_MEASURE = re.compile(r"[一二两三四五六七八九十几这那哪每各第首]+.?")
_LED = re.compile(r"(?:推荐|还有|另外|另有|附近有|试试|考虑|包括|选择|比如|例如|建议|途经|停靠)\s?$")
_BEGIN = re.compile(r"(?:^|[，。；！？\n、:：.]\s?)$")


def _plain_names(reading: Reading, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Names of everyday words alone, 码头珠宝: where a thing must stand, and a place's value is said of it."""
    text = reading.text
    words = [(word.start, word.end) for word in reading.words if "pref" in word.load or "mode" in word.load]
    for match in _ENDS.finditer(text, start, end):
        first = match.start()
        while (
            first > start
            and match.start() - first < 4
            and _HAN.match(text[first - 1])
            and text[first - 1] not in _FUNCTION
        ):
            first -= 1
        head = text[first : match.start()]
        if len(head) < 2 or head in _MODIFIERS or (head in _ENDINGS and head not in _HEADS) or _MEASURE.fullmatch(head):
            continue
        if (head[0] in _PALE and head[-1] in _PALE) or any(
            begin < match.end() and first < stop for begin, stop in words
        ):
            continue
        before = max(0, first - 5)
        if (_EDGE.search(text, before, first) or _TO.search(text, before, first)) and _AFTER.match(text, match.end()):
            if _has_place_value(reading, first, match.end()):
                yield first, match.end()
    for match in _LATIN.finditer(text, start, end):
        before = max(0, match.start() - 5)
        if _TO.search(text, before, match.start()) or _EDGE.search(text, before, match.start()):
            if match.group().split()[0] not in _LETTERS and _has_place_value(reading, match.start(), match.end()):
                yield match.span()


_LATIN = re.compile(r"(?<![a-z0-9])[a-z][a-z&']{2,}(?:\s[a-z&'\u4e00-\u9fff]{2,6})?")
_LETTERS = frozenset(
    "wifi app ktv gps atm vip aqi brt apm spa diy sos unsolved the and for you from about with".split()
)
_HEADS = frozenset("码头 老街 古镇 古城 花园 天地 中心 汤泉".split())
_MODIFIERS = frozenset(
    "附近 周边 周围 旁边 连锁 网红 热门 平价 高档 大型 小型 附近的 这家 那家 本地 当地 特色 综合 社区 公共 地下 免费 收费 亲子 宠物 露天 室内 户外 国际 快捷 精选 自助 特产 "
    "水果 海鲜 牛肉 素食 儿童 宠物友好 深夜 市区 市内 路边 楼下 楼上 对面 沿途 沿线 途中 一家 两家 三家 几家 最近 就近 口碑 高分 人气 老字号 招牌 出发 目的 起点 终点 所在 主要 其他 其余 另外 同一 "
    "备选 首选 推荐 建议 考虑 选择 可以 适合 直接 步行 驾车 开车 骑行 公交 地铁 长途 汽车 火车 高铁 客运 中式 西式 日式 韩式 川味 家常 市中心 景区 校园 医院 酒店 机场 车站 商场".split()
)
_ENDS = re.compile("|".join(sorted(_ENDINGS, key=len, reverse=True)))


def _has_place_value(reading: Reading, start: int, end: int) -> bool:
    """Whether a place's value follows within this clause or the next."""
    clause = reading.clause(start)
    claims = reading.claims
    for claim in claims[bisect_left(claims, clause, key=attrgetter("clause")) :]:
        if claim.clause > clause + 2:
            break
        if claim.kind in _PLACE_KINDS:
            return True
    return False
