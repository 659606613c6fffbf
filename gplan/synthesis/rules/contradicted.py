"""What a reasoning says of its row or plan and what is not so: the comparisons that decide, and the number of steps.

    row: a fuel order, 6 hours old, elsewhere in the city   reasoning: "就在订单地点，下单不到一小时"   -> 就在订单地点

An LLM that sees examples takes over whole clauses of theirs, true of another row. Only clauses with one meaning are
read (those of ``wording``, and fields quoted by their names in the prompt); free text passes, and where the row is
silent, what can't be known to be wrong passes too, but for moments of the order that the row does not have.
"""

import re
from collections.abc import Iterator

from data_process.almanac import CITIES
from data_process.intents import TAGS, Plan
from data_process.schema import Row
from data_process.situation import long_term, parse_time, place_kind, short_term
from gplan.synthesis.rules.invented import Claim, number
from gplan.synthesis.rules.wording import ORDER_WORDS, PLACE_WORDS, SPAN_WORDS, Facts, facts

# Recommending something near the order's place, or after arriving there, says nothing of where someone is.
_NEAR = r"(?!的?(?:附近|周边|周围|商圈|全城|一带|旁|推荐|查|看|后|之后|时))"
_AT = re.compile(rf"(?:就在|已在|已到|已到达|身处|人在|(?<!不)位于)订单(?:的)?地点{_NEAR}")
_NOT_AT = re.compile(r"(?:不在|未到|没到|不位于|尚未到达)订单(?:的)?地点")
_SAME_CITY = re.compile(r"(?<!不)(?<!非)(?:与订单(?:地点)?(?:在|处于)?|而)(?:同城|同一(?:个)?城市)")
_OTHER_CITY = re.compile(
    r"订单(?:地点)?在(?:另一(?:个)?|别的|其他)城市|与订单(?:地点)?(?:不同城|异城|不在同一(?:个)?城市)"
)
_OUTSIDE = re.compile(r"(?:身在|人在|身处)外地")
_AT_HOME = re.compile(r"(?<!订单)(?:就在|身在|人在)常[住驻]城市")
_ORDER_AT_HOME = re.compile(r"订单(?:就)?在常[住驻]城市")

_ORDER = re.compile(r"(?<![非无])(?<!不是)(?<!没有)(?<!不属于)(酒店|加油|门票|充电桩?|其他类)订单")
_ORDER_KINDS = {words.removesuffix("订单"): kind for kind, words in ORDER_WORDS.items()} | {"充电桩": "充电桩"}

_DAY = re.compile(r"(入住|开始|离店|结束)日(?:期)?(?:是|为|在)?(前天|昨天|今天|今日|明天|明日|后天|还远|早已过)")
_DAYS = {"前天": -2, "昨天": -1, "今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2}
_SPAN = "|".join(re.escape(words) for _, words in SPAN_WORDS) + "|一天以上"
_SINCE = re.compile(rf"下单(?:已(?:有|过)?)?({_SPAN})")
_PAST = re.compile(rf"(入住|开始|离店|结束)(?:时间)?已过({_SPAN})")
_AHEAD = re.compile(rf"距(?:离)?(入住|开始|离店|结束)(?:还有)?({_SPAN})")
# From … to … hours; the words are bounds, so that 两小时以上 is true of seven.
_BOUNDS = {"不到半小时": (0, 0.5), "不到一小时": (0, 1), "一小时多": (1, 2), "两小时以上": (2, 1e9)}
_BOUNDS |= {"六小时以上": (6, 1e9), "一天以上": (24, 1e9)}
_HOTEL_ONLY = ("入住", "离店")
_ENDS = ("离店", "结束")

_CLAUSE_END = re.compile(r"[，。；、,;.!！\n]+")
_NOW = r"(?:用户|此时|此刻|现在|当前|目前|今天|今日|时间|时段|正值|恰逢|已经|已|是|为|在|正|处于|：|:)*"
_PART = re.compile(rf"{_NOW}(?P<part>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|夜间|深夜)(?:时间|时段|时分)?")
_DAY_KIND = re.compile(rf"{_NOW}(?P<kind>周末|工作日|节假日|假期)(?:时间|期间)?")
_MEAL = re.compile(r"正值(早餐|午餐|晚餐|夜宵)|(?:可|能)吃(夜宵)")
# Hours at which a fair reader takes a word: wider than the prompt's own parts of the day.
_PART_HOURS = {
    "凌晨": range(0, 7),
    "清晨": range(4, 9),
    "早上": range(4, 12),
    "早晨": range(4, 11),
    "上午": range(6, 13),
    "中午": range(10, 15),
    "下午": range(12, 20),
    "傍晚": range(16, 21),
    "早餐": range(4, 12),
    "午餐": range(10, 16),
    "晚餐": range(16, 22),
}
_NIGHT = {*range(17, 24), *range(0, 6)}

_PLACE = re.compile(
    rf"(?:用户|现|当前|目前|此刻)*(?:人在|位于|身处|身在|处于|在)(?:一家|一处|某)?(?P<place>{'|'.join(PLACE_WORDS.values())})"
)
_KINDS = {words: kind for kind, words in PLACE_WORDS.items()}
# What is a shop to one reader is a restaurant in a shopping street to another.
_ALIKE = frozenset({"商圈", "购物", "美食", "休闲娱乐", "景点", "丽人", "运动健身", "停车场"})

_ORDERED = {"酒店": "酒店", "加油": "加油站", "充电桩": "充电站", "门票": "景点"}
_NAMES = "|".join(sorted({*TAGS, *PLACE_WORDS.values()}, key=len, reverse=True))
_TASTE = re.compile(rf"近期(?:关注|涉及|常去|偏好)((?:{_NAMES})(?:(?:和|、)(?:{_NAMES}))*)(?!或)")
_NAME = re.compile(_NAMES)
_LATEST = re.compile(rf"最新行为涉及({_NAMES})")

_STEPS = re.compile(r"(?<!第)(?<!部)(?:分为?|分成|共|总共)([一二两三四五六七八九]|\d)(?:个)?步(?![行走骤])")

_IS = r"(?:是|为|在|即|：|:|位于)?"
_POI_FIELDS = re.compile(rf"(当前地点|所在地点|订单地点){_IS}(p_\d+)")
_CITY_FIELDS = re.compile(rf"(当前城市|所在城市|订单城市|常[驻住]城市){_IS}")
_COLUMNS = {
    "当前地点": "current_poi_name",
    "所在地点": "current_poi_name",
    "订单地点": "trigger_4",
    "当前城市": "current_city",
    "所在城市": "current_city",
    "订单城市": "trigger_2",
    "常驻城市": "profile_feat_5",
    "常住城市": "profile_feat_5",
}


def contradicted(row: Row, plan: Plan, text: str) -> Claim | None:
    """The clauses of ``text`` that plan and row contradict, all at once, or None without any."""
    steps = [match[0] for match in _STEPS.finditer(text) if number(match[1].replace("两", "二")) != len(plan)]
    found = dict.fromkeys(words for words in [*steps, *_wrong(row, facts(row), text)] if words)
    reason = "reasoning.contradicts_plan" if steps else "reasoning.contradicts_row"
    return Claim(reason, "、".join(found)) if found else None


def _wrong(row: Row, known: Facts, text: str) -> Iterator[str]:
    yield from _wrong_places(row, known, text)
    yield from _wrong_moments(row, known, text)
    yield from _wrong_history(row, known, text)
    for clause in _CLAUSE_END.split(text):
        yield _wrong_clause(row, known, clause.strip())


def _wrong_places(row: Row, known: Facts, text: str) -> Iterator[str]:
    """Where the person is: at the order's place, in its city, at home; and fields quoted with another value."""
    now = known.now
    home_known = bool(row["profile_feat_5"])
    comparisons = (
        (_AT, known.away),
        (_NOT_AT, now.at_order),
        (_SAME_CITY, known.other_city),
        (_OTHER_CITY, known.same_city),
        (_OUTSIDE, now.in_home_city),
        (_AT_HOME, known.outside),
        (_ORDER_AT_HOME, home_known and bool(row["trigger_2"]) and not now.order_in_home_city),
    )
    for pattern, wrong in comparisons:
        if wrong and (match := pattern.search(text)):
            yield match[0]
    for match in _ORDER.finditer(text):
        if now.order and _ORDER_KINDS[match[1]] != now.order:
            yield match[0]
    for match in _POI_FIELDS.finditer(text):
        if match[2] != row[_COLUMNS[match[1]]]:
            yield match[0]
    cities = {*CITIES, row["current_city"], row["trigger_2"], row["profile_feat_5"]} - {""}
    for match in _CITY_FIELDS.finditer(text):
        said = [city for city in cities if text.startswith(city, match.end())]
        if said and row[_COLUMNS[match[1]]] not in said:
            yield match[0] + said[0]


def _wrong_moments(row: Row, known: Facts, text: str) -> Iterator[str]:
    """How long ago the order was made, and when it starts and ends."""
    now, moment = known.now, parse_time(row["currenttime"])
    if not moment:
        return
    for match in _SINCE.finditer(text):
        if not _within(match[1], now.hours_since_order):
            yield match[0]
    for pattern, sign in ((_PAST, -1), (_AHEAD, 1)):
        for match in pattern.finditer(text):
            hours = now.hours_to_end if match[1] in _ENDS else now.hours_to_start
            if _foreign(match[1], now.order) or not _within(match[2], None if hours is None else sign * hours):
                yield match[0]
    for match in _DAY.finditer(text):
        then = parse_time(row["trigger_7" if match[1] in _ENDS else "trigger_6"])
        days = (then.date() - moment.date()).days if then else None
        said = match[2]
        true = days is not None and (
            days >= 2 if said == "还远" else days <= -2 if said == "早已过" else days == _DAYS[said]
        )
        if _foreign(match[1], now.order) or not true:
            yield match[0]


def _foreign(word: str, order: str) -> bool:
    """Whether a word of hotels is said of another order: 入住日 of a fuel order."""
    return word in _HOTEL_ONLY and order not in ("酒店", "")


def _within(words: str, hours: float | None) -> bool:
    """``_within("两小时以上", 7) is True``; nothing is true of a moment that the row does not have."""
    low, high = _BOUNDS[words]
    return hours is not None and low <= hours <= high


def _wrong_history(row: Row, known: Facts, text: str) -> Iterator[str]:
    """Tastes and places that no behaviour, place or order of the row has."""
    short, long = row["short_term_behavior_seq"], row["long_term_behavior"]
    kinds = {place_kind(one.tag) for one in [*short_term(short), *long_term(long)]} | {known.now.place}
    kinds.add(_ORDERED.get(known.now.order, ""))
    for match in _TASTE.finditer(text):
        for word in _NAME.findall(match[1]):
            if _KINDS.get(word, word) not in kinds and word not in short + long and not _loosely(word, kinds):
                yield match[0]
    for match in _LATEST.finditer(text):
        word = match[1]
        latest = known.now.last_place
        if latest and latest != "其他" and not _same_kind(_KINDS.get(word, word), latest):
            yield match[0]


def _loosely(word: str, kinds: set[str]) -> bool:
    """商圈 and 购物 are one thing to most people."""
    return word in ("商圈", "购物", "购物场所") and bool(kinds & {"商圈", "购物"})


def _same_kind(one: str, other: str) -> bool:
    return one == other or {one, other} <= _ALIKE


def _wrong_clause(row: Row, known: Facts, clause: str) -> str:
    """Clauses that say when or where it is now, and nothing besides."""
    now = known.now
    if (match := _PART.fullmatch(clause)) and now.hour >= 0 and now.hour not in _PART_HOURS.get(match["part"], _NIGHT):
        return clause
    meal = _MEAL.match(clause)
    if meal and now.hour >= 0 and now.hour not in _PART_HOURS.get(meal[1] or meal[2], _NIGHT):
        return meal[0]
    if (match := _DAY_KIND.fullmatch(clause)) and _wrong_day(row, match["kind"]):
        return clause
    if match := _PLACE.fullmatch(clause):
        kind, tag = _KINDS[match["place"]], row["current_tag"]
        unknown = not tag or now.place == "其他" or kind in tag or match["place"] in tag
        if not unknown and not _same_kind(kind, now.place):
            return clause
    return ""


def _wrong_day(row: Row, kind: str) -> bool:
    """Whether flag and calendar both say that it is another kind of day: a Saturday can be made a workday."""
    moment = parse_time(row["currenttime"])
    if not moment:
        return False
    if kind == "周末":
        return row["weekendflag"] == "0" and moment.weekday() < 5
    if kind == "工作日":
        return row["weekendflag"] == "1" and moment.weekday() >= 5
    return row["holidayflag"] == "0" and row["weekendflag"] == "0"
