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
    clause = reading.clause(value.start)
    begins = reading.starts[clause]
    before, after = _beside(reading, value.start, value.end)
    told = _kind_and_fields(reading, value, begins, before, after)
    if told is None or _claims_nothing(reading.text, value, *told):
        return None
    kind, fields = told
    claim = SpokenClaim(
        value.start, value.end, kind, value.value, clause, value.low, value.high, value.unit, value.other, value.span
    )
    claim.fields = fields
    _read_words(claim, reading, value, before, after)
    _read_way(claim, reading)
    claim.about = bool(_ABOUT.match(reading.text, claim.end) or _ends(_ROUGHLY, reading.text, claim.start, 4))
    claim.each = "分别" in reading.text[begins : claim.start]
    if kind == "clock":
        _read_moment(claim, reading.text, begins)
    elif kind == "duration":
        _read_duration(claim, reading.text, begins)
    elif kind == "count" and _is_factor(claim, reading.text):
        claim.asserted = False
    claim.supposed |= reading.sentences[clause] in reading.questions
    claim.asserted &= not claim.supposed
    _read_bound(claim, reading.text)
    if kind == "clock" and claim.limit and not fields and _is_advice(claim, reading.text, begins):
        claim.asserted = False  # 9 点半以后走就好
    return claim


def _kind_and_fields(
    reading: Reading, value: TextValue, begins: int, before: list[dict], after: list[dict]
) -> tuple[str, frozenset[str] | None] | None:
    """Of which kind a value is, and which fields of results it can be by the words beside it (None: any); None: it is
    a number alone."""
    kind, fields = value.kind, _cued(value.kind, before, after)
    if kind == "points":
        return "rating", fields
    if kind == "count" and value.unit:
        if value.unit[:1] == "条" and len(value.unit) > 1:
            return kind, frozenset(("review_count",))
        return kind, _UNIT_FIELDS.get(value.unit[:1], fields)
    if kind != "bare":
        return kind, fields
    if fields is None and any("cabin" in word.load for word in words_within(reading, begins, value.start)):
        fields = frozenset(("fare_yuan",))
    if _ends(_OPERATOR, reading.text, value.start, 2):
        return None  # 231.5×2
    if value.value <= 5 and value.value % 1 and _SLASH.match(reading.text, value.end):
        return None  # 4.9 / 30 元
    cell = reading.layout.cell(value.start)
    if fields is None or (cell is not None and cell.own == cell.first):
        return None
    return KIND_OF[min(fields, key=lambda name: list(_BARE).index(name))], fields


def _cued(kind: str, before: list[dict], after: list[dict]) -> frozenset[str] | None:
    """The fields of the nearest word that names some of a kind."""
    for load in [*after[:1], *before] if kind == "clock" else [*before, *after]:
        names = load.get("cue", ())
        fields = frozenset(name for name in names if KIND_OF.get(name) == kind or (kind == "bare" and name in _BARE))
        if fields:
            return fields | {"distance_m"} if "walking_m" in fields else fields  # of a way on foot
    return None


def _claims_nothing(text: str, value: TextValue, kind: str, fields: frozenset[str] | None) -> bool:
    """Whether a value is said in passing: 两站都全天开放, 沉默了三秒, 一公斤都没有."""
    before = text[max(0, value.start - 1) : value.start]
    if value.value == 1 and _NONE_AT_ALL.match(text, value.end):
        return True
    if kind == "count":
        in_words = value.unit == "站" and not text[value.start].isdigit()
        article = value.value == 1 and not fields and value.unit in _ARTICLES  # 1 张成人票, 1人
        return (in_words and before not in tuple("坐乘过共经约")) or article or before in tuple("哪几前")
    if kind == "temperature":
        return value.unit == "°" and not _OF_AIR.search(text)  # 倾斜 23.4°
    if kind == "duration":
        moment = value.unit == "秒" and value.value < 10 and fields is None
        return moment and not _ends(_COMPARED, text, value.start, 6)
    return kind in ("tenths", "floor") and fields is None


def _ends(words: re.Pattern[str], text: str, end: int, length: int) -> bool:
    """Whether words that end a stretch stand in the last characters before a place."""
    return bool(words.search(text, max(0, end - length), end))


def _read_words(claim: SpokenClaim, reading: Reading, value: TextValue, before: list[dict], after: list[dict]) -> None:
    """What the words of its clause make of a claim: a rule that derives it, a bound, a guess, an offer."""
    rules: set[str] = set()
    for word in words_within(reading, reading.starts[claim.clause], reading.clause_end(claim.clause)):
        load, precedes = word.load, word.start < claim.start
        if "rule" in load and (word.end <= claim.start or word.start - claim.end < 5):
            rules |= load["rule"]
        claim.unsure |= precedes and "unsure" in load
        claim.supposed |= precedes and "if" in load
        if precedes and "offer" in load and _hides(load["offer"], word, value):
            claim.asserted = False
        if "limit" in load and (-6 < word.start - claim.end < 4 or 0 <= claim.start - word.end < 3):
            claim.limit = load["limit"]
    claim.rules = frozenset(rules).union(*(load.get("rule", ()) for load in (*before[:2], *after[:2])))


def _read_way(claim: SpokenClaim, reading: Reading) -> None:
    """Whether a claim compares, is of a whole way, and what is done on it."""
    text, begins = reading.text, reading.starts[claim.clause]
    compares = _ends(_COMPARED, text, claim.start, 6) or bool(_NEARER.search(text, begins, claim.start))
    claim.compared = claim.kind in _COMPARABLE and compares
    claim.whole = bool(_WHOLE.search(text, begins, claim.start))
    claim.on_way = claim.whole or bool(_ON_WAY.search(text, begins, claim.start))
    claim.doing = _doing(reading, claim.clause, claim.end + 4)
    if claim.doing <= {"riding"} and claim.kind == "duration" and claim.clause:
        claim.doing |= _doing(reading, claim.clause - 1, begins)


def _read_moment(claim: SpokenClaim, text: str, begins: int) -> None:
    """A moment: of boarding (坐 9:40 的), of none that results have (玩到 5 点), or one that is proposed."""
    if _ends(_BOARDS, text, claim.start, 4) and text.startswith("的", claim.end):
        claim.fields, claim.exactly = frozenset(("departure",)), True
    if _ends(_STAYS, text, claim.start, 4):
        claim.fields = None
    _widen_moment(claim, text)
    proposed = _LATER.match(text, claim.end) and _PROPOSES.search(text, begins, claim.start)
    claim.asserted &= not (_BETTER.match(text, claim.end) or proposed)


def _read_duration(claim: SpokenClaim, text: str, begins: int) -> None:
    claim.early = text[max(0, claim.start - 3) : claim.start].strip().endswith("提前")
    if "difference" in claim.rules and "比" in text[begins : claim.start]:
        claim.fields = None
    long = claim.value >= 3600 and claim.value % 600 == 0 and not claim.span
    if long and _ABOUT.match(text, claim.end):  # 一小时四十分左右 is no minute told exactly
        claim.low, claim.high = min(claim.low, claim.value - 180.0), max(claim.high, claim.value + 180.0)


def _is_factor(claim: SpokenClaim, text: str) -> bool:
    """Whether a number is there to multiply with: 两位就是 812 元."""
    shared = claim.unit[:1] in _SHARED or claim.unit == "个人"
    left = text[max(0, claim.start - 2) : claim.start].strip(" *")[-1:] in tuple("剩余有")
    return shared and not left and bool(_AMOUNTS_TO.match(text, claim.end))


def _read_bound(claim: SpokenClaim, text: str) -> None:
    """以内, 之前, 以后 behind a value."""
    near = text[claim.end : claim.end + 3].lstrip().lstrip("之以")[:1]
    if text.startswith("范围", claim.end):
        near = "内"
    if near in ("内", "里") and claim.kind in ("distance", "duration", "money"):
        claim.limit = claim.limit or "below"
    elif near in ("前", "后") and claim.kind == "clock":
        claim.limit = "below" if near == "前" else "above"


def _is_advice(claim: SpokenClaim, text: str, begins: int) -> bool:
    advice = _ADVICE.match(text, claim.end) or text[max(0, claim.start - 3) : claim.start] == "也就是"
    return bool(advice) and not _AT_LATEST.search(text, begins, claim.start)


def _doing(reading: Reading, clause: int, end: int) -> frozenset[str]:
    """What is done on a part of a way, by a clause."""
    text = reading.text[reading.starts[clause] : end]
    return frozenset(name for name, words in _DOING.items() if words.search(text))


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
