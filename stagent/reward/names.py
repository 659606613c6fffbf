"""Names that nothing supports: places, roads and cities that an answer names and no result, context or word has.

A name shows itself by its ending (药房, 公园, 路), by quotation marks, or by its place: at the head of an entry, behind
去 or 推荐, where a place's value is said of it. What stands in it must be unknown: neither evidence, nor words of
everyday talk (``stagent.reward.phrases``).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter

from stagent.reward.grounds import Grounds
from stagent.reward.phrases import (
    BRANDS,
    ENDINGS,
    EVERYDAY,
    FUNCTION,
    HAN,
    LAST,
    LAST_OF_ENDINGS,
    LETTERS,
    MODIFIERS,
    PALE,
    is_talk,
    named_by_ending,
    pieces,
    stretches,
    without_verb,
    word_at,
)
from stagent.reward.spoken import Reading

_QUOTED = re.compile(r"[「『“《‘\"]([^「」『』“”《》‘’\"\n，。；！？]{2,16})[」』”》’\"]")
# What stands before a name: 去, 推荐, 备选是.
_TO = re.compile(
    r"(?:到达|抵达|打|从|去|到|往|坐|乘|搭|走|经过|途经|经|离|距|叫|叫做|名叫|位于|推荐|首选|逛|选|约在|设在"
    r"|(?:备选|首选|推荐的?|最[近快好高低早便]宜?的?|第[一二三]|榜首|就|其次|还有)是)\s?$"
)
_EDGE = re.compile(r"(?:^|[，。；！？\n、()「“《:：.]\s?|是|有|和|与|或|即|为|在|了|给|把)\s?$")
_LED = re.compile(r"(?:推荐|还有|另外|另有|附近有|试试|考虑|包括|选择|比如|例如|建议|途经|停靠)\s?$")
_AFTER = re.compile(
    r"\s?(?:$|[，。；！？\n、()（：:」”》]|的(?:路|评分|人均|门票|票价|营业|电话|地址|距离|开放|规定)|路上|要|有|评分|人均"
    r"|距离|现在|今天|目前|营业|出发|开|只|需|约|大约|更|最|步行|驾车|骑|坐|也|还|已|\d|和|与)"
)
# Before no name: 几家, 那种.
_SOME = re.compile(r"[一两几多这那哪某]\s?[家个条座间种处片所些]$")
# Behind a name: its value, or what tells it.
_TOLD = re.compile(
    r"\s?(?:[(:]|[\d¥]|的?(?:评分|人均|门票|票价|房价|地址|电话|营业时间|口碑)|[离距]|[要需]\s?[\d一二两三四五六七八九十]|有\s?\d"
    r"|只[要需有]|大?约|现在|今天|目前|正在|营业|也?不错|[，,]\s?(?:评分|人均|[离距]|大?约?\s?\d|步行|驾车|骑行|直线|现在|营业))"
)
_OWNS = re.compile(f"的[\u4e00-\u9fff]{{1,5}}[{''.join(sorted(LAST))}](?![\u4e00-\u9fff])")
_EVENT_OF = re.compile(r"(?:推荐|去|到|逛|参加|赶上)[\u4e00-\u9fff]{2,6}的$")  # before a festival
_HEADS = re.compile(r"(?:^|\n)\s?(?:[-*•·]|\d+[.、)])\s?$")
_PAUSE = re.compile(r"\s?(?:[，(:、\n]|$|-)")
# Behind a city's name: a station or a road of it.
_OF_CITY = re.compile(
    r"(?:[东西南北中新老]|第?[一二三四五六七八九十]+)?(?:站(?![名内台点])|机场|火车站)"
    r"|博物馆|公园|大学|医院|美术馆|图书馆|体育馆|动物园|植物园|大桥|大道|路(?![口线上况程])|街|巷|湿地|温泉"
    r"|(?:[东西南北中新老]|第?[一二三四五六七八九十]+)(?:站|路|街|桥|巷|区|村|中学|小学|医院|店|门|湖|公园|大道)"
)
_STOP_OF = re.compile(r"(?:地铁|公交)站|大桥")  # behind a road's name
_REGION = re.compile(
    r"(?:^|[，。；！？\n、()「“:：~\s]|从|去|到|在|是|和|与|或|往|日|天|号)([\u4e00-\u9fff]{2}[市区县])(?![场区民内里中长外])"
)
_BRANCH = re.compile(r"\s?\(([\u4e00-\u9fff]{2,8}店)\)")
_TO_NEXT = re.compile(r"[到至飞往去]")
_RUN = re.compile(r"[\u4e00-\u9fffa-z0-9·&]+")
_MEASURE = re.compile(r"[一二两三四五六七八九十几这那哪每各第首]+.?")
_LATIN = re.compile(r"(?<![a-z0-9])[a-z][a-z&']{2,}(?:\s[a-z&'\u4e00-\u9fff]{2,6})?")
_ENDS = re.compile("|".join(sorted(ENDINGS, key=len, reverse=True)))
_IN_NAMES = ("mode", "own", "pref", "leave", "cabin")  # words that names can have: 公交 of a stop
_IN_WORDS = ("word", "open", "rain", "free")
_VALUES = frozenset(
    (
        "rating", "money", "distance", "open", "clock", "phone", "count", "duration", "category", "free", "day",
        "address", "line", "number", "date", "temperature", "percent", "word", "rain", "days",
    )
)  # fmt: skip


def unknown_names(reading: Reading, grounds: Grounds) -> Iterator[tuple[int, int]]:
    """Spans, in the plain text, of names that nothing supports."""
    covered = _covered(reading)
    found, ended = (
        [*_before_ending(reading, covered), *_quoted(reading, covered)],
        [*_beside_known(reading, covered), *_brands(reading)],
    )
    for start, end in _open_runs(reading.text, covered):
        found += _in_run(reading, start, end)
        found += _of_everyday_words(reading, start, end)
        found += _in_latin(reading, grounds, start, end)
        ended += [(start + first, start + last) for first, last in named_by_ending(reading.text[start:end])]
    found = [(start, end) for start, end in found if not is_talk(reading.text[start:end].strip())]
    last = -1
    for start, end in sorted(found + ended):
        name = reading.text[start:end].strip()
        if start >= last and not _supported(name, grounds):
            last = end
            yield start, end


def names_something(reading: Reading) -> bool:
    """Whether letters stand in a text that neither evidence nor everyday words explain."""
    covered = sorted((mention.start, mention.end) for mention in reading.mentions)
    runs = [reading.text[start:end] for start, end in _open_runs(reading.text, covered)]
    return any(each.strange >= 2 for run in runs for each in stretches(run))


def _supported(name: str, grounds: Grounds) -> bool:
    """Whether the evidence or the user's words have a name, of a city or district also without its last character."""
    tight = name.replace(" ", "")
    if grounds.has(tight) or (
        (tight[0] in FUNCTION or tight[0] in "经可但回住家个座间") and len(tight) > 3 and grounds.has(tight[1:])
    ):
        return True
    for at in range(1, len(tight) - 2):
        if tight[at - 1] in "爱吃喝看住" and grounds.has(tight[at:]):
            return True  # 爱吃 and a dish that ends like a place
    if tight.endswith("机场") and grounds.tells(re.compile(f"{re.escape(tight[:-2])}(?:国际)?机场")):
        return True  # 临霁机场 is 沧州临霁国际机场
    if len(tight) > 2 and tight[-1] in "市区县省" and grounds.has(tight[:-1]):
        return True
    if (rest := without_verb(tight)) and (rest in EVERYDAY or grounds.has(rest)):
        return True
    if any(grounds.has(tight[:cut]) and grounds.has(tight[cut:]) for cut in range(2, len(tight) - 4)):
        return True  # 霜原麦垛区冰城里冰雪园
    parts = [part for piece in pieces(name) for part in re.findall(r"\w+", piece)]
    if parts and all(any(part in said for said in grounds.said) for part in parts):
        return True
    return len(tight) > 2 and tight[-1] in "市区县省" and any(tight[:-1] in said for said in grounds.said)


def _covered(reading: Reading) -> list[tuple[int, int]]:
    """What is known or a value: no name begins there."""
    text = reading.text
    known = [
        (mention.start, mention.end)
        for mention in reading.mentions
        if mention.slot not in _IN_NAMES and text[mention.start : mention.end] not in ENDINGS
    ]
    return sorted(known + [(claim.start, claim.end) for claim in reading.claims if claim.kind not in _IN_WORDS])


def _touches(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(begin < end and start < stop for begin, stop in spans)


def _quoted(reading: Reading, covered: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What stands between quotation marks and ends like a place, or stands where one must."""
    for match in _QUOTED.finditer(reading.text):
        start, end = match.span(1)
        inner = stretches(match.group(1).strip())
        if _touches(start, end, covered) or not inner:
            continue
        ends = any(each.strange >= 2 and (each.ending or match.group(1)[-1] in LAST) for each in inner)
        if ends or (inner[0].strange >= 2 and _TO.search(reading.text, max(0, start - 5), start - 1)):
            yield start, end


def _beside_known(reading: Reading, covered: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Regions, branches of known places, stations of known cities, and known names that go on."""
    text = reading.text
    for match in _REGION.finditer(text):
        start, end = match.span(1)
        if (
            match.group(1) not in EVERYDAY
            and match.group(1)[:-1] not in EVERYDAY
            and not set(match.group(1)[:2]) & FUNCTION
            and not _touches(start, end, covered)
        ):
            yield start, end
    for mention in reading.mentions:
        if (mention.slot == "city" and (match := _OF_CITY.match(text, mention.end))) or (
            mention.slot in ("road", "word") and (match := _STOP_OF.match(text, mention.end))
        ):
            yield mention.start, match.end()
        elif mention.slot == "thing":
            if match := _BRANCH.match(text, mention.end):
                yield match.span(1)
            if text[mention.start : mention.end] not in mention.keys and (match := _ENDS.match(text, mention.end)):
                yield mention.start, match.end()


def _open_runs(text: str, covered: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Runs of letters between what is known."""
    at = 0
    for start, end in [*covered, (len(text), len(text))]:
        if start > at:
            for match in _RUN.finditer(text, at, start):
                yield match.span()
        at = max(at, end)


def _in_run(reading: Reading, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Names with letters that no everyday word explains.

    What ends like a place is one by that. Anything else, and what ends like a dish or an activity, must stand where a
    name stands: most talk has letters that no list explains.
    """
    text = reading.text
    for begin, stop, strange, ending, tail in stretches(text[start:end]):
        first, last = start + begin, start + stop
        while last - first > 2 and text[first] in "走来回看玩买住查请":
            first += 1
        size, before = last - first, max(0, first - 5)
        to = first > start + begin or bool(_TO.search(text, before, first))
        edge = to or bool(_EDGE.search(text, before, first)) or _of_known(reading, first)
        edge = edge or (text[last - 1] == "节" and bool(_EVENT_OF.search(text, max(0, first - 10), first)))
        if _SOME.search(text, before, first) and not to:
            continue
        if ending and (text[last - 1] in LAST_OF_ENDINGS or text.startswith("航空", last - 2)):
            if strange >= 2 or edge or (size > 3 and _LED.search(text, before, first)):
                yield first, last
        elif text[last - 1] in LAST and size >= 3 and strange >= 2 and edge:
            if to or text[last - 1] in "路街道线站市区县镇村" or _has_value(reading, first):
                yield first, last
        elif edge and size == strange == 2 and _TO_NEXT.match(text, last):
            if _has_value(reading, first):
                yield first, last
        elif (
            (edge or _LED.search(text, before, first))
            and size <= 9
            and (strange >= 2 or ending)
            and _stands_as_name(reading, first, last, start + tail, to)
        ):
            yield first, last


def _stands_as_name(reading: Reading, first: int, last: int, tail: int, to: bool) -> bool:
    """Whether a name must stand between two places: emphasized, heading an entry, or with its value right behind it."""
    text = reading.text
    if any(begin <= first and last <= end <= tail for begin, end in reading.plain.bold):
        return _has_value(reading, first)
    told = _TOLD.match(text, last) or _TOLD.match(text, tail)
    told = told or (to and (_OWNS.match(text, last) or _mentioned_at(reading, last + 1)))
    if told or (to and _ends_there(text, last, tail)):
        return _has_value(reading, first)
    heads = _HEADS.search(text, max(0, first - 6), first) and (_PAUSE.match(text, last) or _PAUSE.match(text, tail))
    return bool(heads) and _has_value(reading, first)


def _mentioned_at(reading: Reading, start: int) -> bool:
    return reading.text[start - 1 : start] == "的" and any(
        mention.start == start for mention in reading.mentions if mention.slot == "thing"
    )


def _of_known(reading: Reading, first: int) -> bool:
    """Whether it is said to be in a place that is known: 霜原的白鹭灯节."""
    return reading.text[first - 1 : first] == "的" and any(
        mention.end == first - 1 for mention in reading.mentions if mention.slot in ("city", "thing")
    )


def _ends_there(text: str, last: int, tail: int) -> bool:
    return bool(_AFTER.match(text, last) or _AFTER.match(text, tail))


def _of_everyday_words(reading: Reading, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Names of everyday words alone, 码头珠宝: where a thing must stand, and a place's value is said of it."""
    text = reading.text
    for begin, length in _headed(text[start:end]):
        first, stop = start + begin, start + length
        before = max(0, first - 5)
        stands = _EDGE.search(text, before, first) or _TO.search(text, before, first)
        if stands and _AFTER.match(text, stop) and _has_value(reading, first):
            ways = [(word.start, word.end) for word in reading.words if "pref" in word.load or "mode" in word.load]
            if not _touches(first, stop, ways):
                yield first, stop


@lru_cache(maxsize=8192)
def _headed(run: str) -> tuple[tuple[int, int], ...]:
    """Endings in a run with what stands before them, where that is no mere modifier."""
    found = []
    for match in _ENDS.finditer(run):
        first = match.start()
        while first and match.start() - first < 4 and HAN.match(run[first - 1]) and run[first - 1] not in FUNCTION:
            first -= 1
        head = run[first : match.start()]
        pale = len(head) < 2 or (head[0] in PALE and head[-1] in PALE)
        if not pale and head not in MODIFIERS and not _MEASURE.fullmatch(head):
            found.append((first, match.end()))
    return tuple(found)


def _before_ending(reading: Reading, covered: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Letters before a kind of place or dish that stand where a name begins: 旁边就是雪岩火锅."""
    text = reading.text
    for match in _ENDS.finditer(text):
        for size in (2, 3, 4):
            first = match.start() - size
            head = text[max(0, first) : match.start()]
            if first < 0 or not HAN.fullmatch(head) or set(head) & FUNCTION or _touches(first, match.start(), covered):
                break
            before = max(0, first - 5)
            stands = (
                _TO.search(text, before, first) or _EDGE.search(text, before, first) or _LED.search(text, before, first)
            )
            if stands and _AFTER.match(text, match.end()) and not _explained(head):
                yield first, match.end()


@lru_cache(maxsize=8192)
def _explained(head: str) -> bool:
    """Whether everyday words begin or end what stands before a kind of place: 附近药店, 特色火锅."""
    return any(word_at(head, at) for at in range(len(head) - 1)) or head in MODIFIERS or bool(_MEASURE.match(head))


def _brands(reading: Reading) -> Iterator[tuple[int, int]]:
    """Chains that everybody knows, and that no result has here."""
    for brand in BRANDS:
        at = reading.text.find(brand)
        if at >= 0:
            yield at, at + len(brand)


def _in_latin(reading: Reading, grounds: Grounds, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Names in Latin letters, where a thing must stand."""
    text = reading.text
    for match in _LATIN.finditer(text, start, end) if len(grounds.results) > 1 else ():
        before = max(0, match.start() - 5)
        stands = _TO.search(text, before, match.start()) or _EDGE.search(text, before, match.start())
        words = [word for word in match.group().split() if word not in LETTERS]
        if stands and words and (_in_sentence(reading, match.start()) or (len(words) > 1 and words[1].isascii())):
            yield match.span()


def _in_sentence(reading: Reading, start: int) -> bool:
    """Whether a value stands in the sentence of a place."""
    number = reading.sentences[reading.clause(start)]
    return any(claim.kind in _VALUES and reading.sentences[claim.clause] == number for claim in reading.claims)


def _has_value(reading: Reading, start: int) -> bool:
    """Whether a value stands in the clause of a place, or in the two behind it."""
    clause = reading.clause(start)
    for claim in reading.claims[bisect_left(reading.claims, clause, key=attrgetter("clause")) :]:
        if claim.clause > clause + 2:
            break
        if claim.kind in _VALUES:
            return True
    return False
