"""In which role a value is said, by the words beside it: which field of a result, derived how, claimed at all."""

import re
from bisect import bisect_right

from stagent.reward.evidence import KIND_OF
from stagent.reward.lexicon import SINGLE, Word
from stagent.reward.spoken import Reading, SpokenClaim, words_within
from stagent.reward.times import TextValue

_FILLER = "约大概差不多近仅只才为是有要需得花了的在:( 大约整共合计~≈"
_BREAK = re.compile(r"[，。；！？\n、]")
_APART = re.compile(r"[，。；！？\n、(]")
_COMPARED = re.compile(
    r"(?:温差(?:是|为|有|达)?|能省|可省|省|便宜|贵|[快慢少远短长]|(?<![今明每当两三四五六一夜大])[早晚]|相差|差|(?<!不)多|(?<!最)高|(?<!最)低)[了出]?(?:大?约|将近)?\s?$"
)
_NEARER = re.compile(r"比[^，。；！？\n]{1,16}近了?\s?$")
_NONE_AT_ALL = re.compile(r"\s?[都也](?:没|不)")
_SHARED = frozenset("人位张晚夜份")
_AMOUNTS_TO = re.compile(r"\s?(?:人|房)?(?:就是|就要|一共|总共|合计|共|得|要|是|花|，|:)?\s?[\d¥一二两三四五六七八九]")
_BOARDS = re.compile(r"(?:[坐乘赶搭是]|上)\s?$")
_STAYS = re.compile(r"[坐待玩逛等睡聊吃喝留]到\s?$")
_WHOLE = re.compile(r"全程|一共|总共|共计|合计|总[计长耗]|整个")
# What is done on a part of a way by public transit.
_DOING = {
    "walking": re.compile(r"走|步行"),
    "waiting": re.compile(r"等|歇|候车"),
    "riding": re.compile(r"坐|乘|搭|[站路]|上车|发车|号线"),
}
_ON_WAY = re.compile(r"路上")
_COMPARABLE = frozenset(("duration", "distance", "money", "temperature"))


def _hides(offer: str, word: Word, value: TextValue) -> bool:
    """Whether words make a value a proposal: 建议 all that follows, 停留 the time beside it."""
    if offer in _STAYING:
        return value.kind in ("duration", "days", "count") and value.start - word.end <= 4
    if offer == "预算":
        return value.kind == "money" and value.start - word.end <= 4
    return True


_STAYING = frozenset(
    [
        "玩",
        "逛",
        "游览",
        "停留",
        "停个",
        "歇个",
        "参观",
        "休息",
        "游玩",
        "用餐",
        "吃饭",
        "午餐",
        "晚餐",
        "早餐",
        "逗留",
        "安排",
        "计划",
        "预计游玩",
        "慢慢",
        "放宽",
        "扩大",
        "缩小",
        "预留",
        "留出",
        "提前",
    ]
)
# Offers that hide no state: 休息 is one itself.
BESIDE = _STAYING | {"预算"}


def claim_of(reading: Reading, value: TextValue) -> SpokenClaim | None:
    """The claim that a value is, with its role; None: it claims nothing, 一家 or a number of a list."""
    text = reading.text
    clause = reading.clause(value.start)
    sentence = reading.sentences[clause]
    begins = reading.starts[clause]
    kind = value.kind
    before, after = _beside(reading, value.start, value.end)
    fields = None
    order = [*after[:1], *before] if kind == "clock" else [*before, *after]
    for load in order:
        if "cue" not in load:
            continue
        wanted = {name for name in load["cue"] if KIND_OF.get(name) == kind or (kind == "bare" and name in _BARE)}
        if wanted:
            fields = frozenset(wanted)
            break
    if fields and "walking_m" in fields:
        fields |= {"distance_m"}  # of a way on foot
    if kind == "points":
        kind = "rating"
    if (
        kind == "count"
        and value.unit == "站"
        and not text[value.start].isdigit()
        and (text[max(0, value.start - 1) : value.start] not in tuple("坐乘过共经约"))
    ):
        return None  # 两站都全天开放
    if kind == "count" and value.unit:
        fields = _UNIT_FIELDS.get(value.unit[:1], fields)
        if value.unit[:1] == "条" and len(value.unit) > 1:
            fields = frozenset(("review_count",))
    if kind == "bare":
        if fields is None and any("cabin" in word.load for word in words_within(reading, begins, value.start)):
            fields = frozenset(("fare_yuan",))
        cell = reading.layout.cell(value.start)
        if _OPERATOR.search(text, max(0, value.start - 2), value.start):
            return None  # 231.5×2
        if value.value <= 5 and value.value % 1 and _SLASH.match(text, value.end):
            return None  # 4.9 / 30 元
        if fields is None or (cell is not None and cell.own == cell.first):
            return None
        kind = KIND_OF[min(fields, key=lambda name: list(_BARE).index(name))]
    if kind == "temperature" and value.unit == "°" and not _OF_AIR.search(text):
        return None  # 倾斜 23.4°
    if kind == "points" or (kind in ("tenths", "floor") and fields is None):
        return None
    if kind == "count" and value.start and text[value.start - 1] in "哪几前":
        return None
    compares = _COMPARED.search(text, max(0, value.start - 6), value.start)
    if kind == "duration" and value.unit == "秒" and value.value < 10 and fields is None and not compares:
        return None  # 沉默了三秒
    if value.value == 1 and _NONE_AT_ALL.match(text, value.end):
        return None  # 一公斤都没有
    if kind == "count" and value.value == 1 and not fields and value.unit in _ARTICLES:
        return None  # 1 张成人票, 1人
    claim = SpokenClaim(
        value.start, value.end, kind, value.value, clause, value.low, value.high, value.unit, value.other, value.span
    )
    claim.fields = fields
    rules: set[str] = set()
    for word in words_within(reading, begins, reading.clause_end(clause)):
        load = word.load
        if "rule" in load and (word.end <= value.start or word.start - value.end < 5):
            rules |= load["rule"]
        if "unsure" in load and word.start < value.start:
            claim.unsure = True
        if word.start < value.start and "if" in load:
            claim.supposed = True
        if word.start < value.start and "offer" in load and _hides(load["offer"], word, value):
            claim.asserted = False
        if "limit" in load and (-6 < word.start - value.end < 4 or 0 <= value.start - word.end < 3):
            claim.limit = load["limit"]
    for load in (*before[:2], *after[:2]):
        rules |= load.get("rule", frozenset())
    claim.rules = frozenset(rules)
    claim.compared = kind in _COMPARABLE and bool(
        _COMPARED.search(text, max(0, value.start - 6), value.start) or _NEARER.search(text, begins, value.start)
    )
    if (
        kind == "clock"
        and _BOARDS.search(text, max(0, value.start - 4), value.start)
        and text[value.end : value.end + 1] == "的"
    ):
        claim.fields, claim.exactly = frozenset(("departure",)), True
    if kind == "clock" and _STAYS.search(text, max(0, value.start - 4), value.start):
        claim.fields = None
    if kind == "duration" and text[max(0, value.start - 3) : value.start].strip().endswith("提前"):
        claim.early = True
    claim.whole = bool(_WHOLE.search(text, begins, value.start))
    claim.on_way = claim.whole or bool(_ON_WAY.search(text, begins, value.start))
    claim.doing = _doing(reading, clause, value.end + 4)
    if claim.doing <= {"riding"} and kind == "duration":
        claim.doing |= _doing(reading, clause - 1, begins) if clause else claim.doing
    claim.about = bool(_ABOUT.match(text, value.end) or _ROUGHLY.search(text, max(0, value.start - 4), value.start))
    if _ABOUT.match(text, value.end):
        _widen(claim)
    if kind == "clock":
        _widen_moment(claim, text)
        claim.asserted &= not _BETTER.match(text, value.end)
        claim.asserted &= not (_LATER.match(text, value.end) and _PROPOSES.search(text, begins, value.start))
    if (
        kind == "count"
        and (value.unit[:1] in _SHARED or value.unit == "个人")
        and _AMOUNTS_TO.match(text, value.end)
        and (text[max(0, value.start - 2) : value.start].strip(" *")[-1:] not in tuple("剩余有"))
    ):
        claim.asserted = False  # 两位就是 812 元: a number to multiply with
    if kind == "duration" and "difference" in claim.rules and "比" in text[begins : value.start]:
        claim.fields = None
    claim.each = "分别" in text[begins : value.start]
    claim.supposed |= sentence in reading.questions
    claim.asserted &= not claim.supposed
    near = text[value.end : value.end + 3].lstrip().lstrip("之以")[:1]
    if text.startswith("范围", value.end):
        near = "内"
    if near in ("内", "里") and kind in ("distance", "duration", "money"):
        claim.limit = claim.limit or "below"
    elif near == "前" and kind == "clock":
        claim.limit = "below"
    elif near == "后" and kind == "clock":
        claim.limit = "above"
    advice = _ADVICE.match(text, value.end) or text[max(0, value.start - 3) : value.start] == "也就是"
    if kind == "clock" and claim.limit and not fields and advice and not _AT_LATEST.search(text, begins, value.start):
        claim.asserted = False  # 9 点半以后走就好
    return claim


def _doing(reading: Reading, clause: int, end: int) -> frozenset[str]:
    """What is done on a part of a way, by a clause."""
    text = reading.text[reading.starts[clause] : end]
    return frozenset(name for name, words in _DOING.items() if words.search(text))


def _widen(claim: SpokenClaim) -> None:
    """一小时四十分左右 is no minute told exactly."""
    if claim.span or not claim.value:
        return
    if claim.kind == "duration":
        loose = 180.0 if claim.value >= 3600 and claim.value % 600 == 0 else 0.0
    else:
        return
    claim.low, claim.high = min(claim.low, claim.value - loose), max(claim.high, claim.value + loose)


def _widen_moment(claim: SpokenClaim, text: str) -> None:
    """快 22 点 is up to a quarter of an hour before, 刚过五点 behind it, 七点左右 either."""
    before = text[max(0, claim.start - 3) : claim.start].rstrip()
    round_one = claim.low % 30 == 0
    if _NEARLY_THEN.search(before):
        claim.low -= 15
    elif before.endswith(("刚过", "才过", "已过", "过了")):
        claim.high += 15
    elif round_one and claim.unit == "点" and (_ABOUT.match(text, claim.end) or before.endswith(("约", "差不多"))):
        claim.low, claim.high = claim.low - 10, claim.high + 10


_NEARLY_THEN = re.compile(r"(?:快|将近|接近|快到|临近|不到|近)$")
_AT_LATEST = re.compile(r"最晚|最迟|最早|截止|停止|必须|得在|营业|开放")
_ADVICE = re.compile(r"\s?(?:左右)?(?:以|之)?[前后].{0,3}(?:走|出发|动身|去|再|就|来|离开|回)")
_BETTER = re.compile(r"\s?(?:左右|前后)?就?(?:走|出发|动身|出门)(?:会|就)?(?:更|比较|最)?(?:合适|稳|从容|好|宽裕|妥)")
_PROPOSES = re.compile(r"不如|建议|可以|最好|不妨|哪怕|就算|干脆|改")
_LATER = re.compile(r"\s?(?:左右|前后)?\s?再(?=[^见])")  # behind a moment that is proposed: 不如 10:50 再出发
_SLASH = re.compile(r"\s?/\s?\d|\s?/\s?免")
_OPERATOR = re.compile(r"[×*÷/x]\s?$")
_OF_AIR = re.compile(r"气温|天气|体感|[晴阴雨雪]")
_ROUGHLY = re.compile(r"(?:[约概近]|差不多)\s?$")
_ABOUT = re.compile(r"\s?(?:左右|上下|多一点|出头|前后)")
_ARTICLES = frozenset(("家", "个", "间", "张", "人", "位", "班", "趟", "份", "处", "名", "晚"))
# What is counted in a unit: a field of results, or (None) things themselves.
_UNIT_FIELDS = {**dict.fromkeys("班趟列家处间所款部辆桌名", frozenset()), "站": frozenset(("stop_count",))}
# Fields that a number without a unit can be.
_BARE = {
    "rating": 0,
    "average_cost_yuan": 0,
    "price_yuan": 0,
    "fare_yuan": 0,
    "air_quality_index": 0,
    "seats_left": 0,
    "review_count": 0,
    "transfers": 0,
    "stop_count": 0,
}


def _beside(reading: Reading, start: int, end: int) -> tuple[list[dict], list[dict]]:
    """Loads of the words right before and right behind a value, nearest first."""
    text = reading.text
    words = reading.words
    place = bisect_right(reading.places, start)
    before: list[dict] = []
    for word in reversed(words[max(0, place - 3) : place]):
        if word.end <= start and start - word.end <= 8 and not _BREAK.search(text, word.end, start):
            before.append(word.load)
    at = start
    while at and text[at - 1] in _FILLER and text[at - 1] not in SINGLE:
        at -= 1
    if at and (load := SINGLE.get(text[at - 1])) and not (before and words[place - 1].end >= at):
        before.insert(0, load)
    after: list[dict] = []
    at = end
    while at < len(text) and text[at] in " 的了就才能可":
        at += 1
    for word in words[place : place + 3]:
        if end <= word.start and word.start - end <= 3 and not _APART.search(text, end, word.start):
            after.append(word.load)
    if at < len(text) and (load := SINGLE.get(text[at])) and not (after and words[place].start <= at):
        after.insert(0, load)
    return before, after
