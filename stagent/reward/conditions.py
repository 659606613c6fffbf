"""Claims in words: open or closed, a whole day, the sky, free of charge, a kind of place, an address, a cabin."""

import re
from typing import Any

from stagent.reward.lexicon import NOT, Word
from stagent.reward.roles import BESIDE
from stagent.reward.spoken import Reading, SpokenClaim, claim_in_words, overlaps, words_within
from stagent.worlds.local.categories import WORDS

_CONDITION = "(?:晴|多云|阴|小到中雨|小雨|中雨|大雨|暴雨|雷阵雨|阵雨|雨夹雪|小雪|中雪|大雪|暴雪|霾|雾|浮尘)"
_THEN_TURNS = "(?:[，,]?\\s?(?:之后|随后|后来|然后|再|午后|后)?\\s?(?:转|变)(?:为|成|到)?)"
_SKY = re.compile(f"{_CONDITION}(?:{_THEN_TURNS}{_CONDITION})*")
_NO_SKY = re.compile(
    r"(?<=[挑选等换找]个)晴|(?<=[光绿树])阴|阴(?=[凉影谋])|晴(?=[纶雨])|雾(?=[气化])|[霾雾](?=不|[散重轻]|什么时候)"
)
_NO_RAIN = re.compile(r"(?:没有?|无|不会?|不太会|不用担心)(?:下|降)?雨(?!伞)|(?:不下|没)雪")
_RAIN = re.compile(
    r"(?:会|要|将|有)(?:下|降)?雨(?!伞|衣|就|时)|(?:下|降)雨(?!伞|就|时|概率|量|的话|可能|的可能|的概率|几率|机会)"
)
# Behind rain that is supposed: 下雨就去博物院.
_SUPPOSED = re.compile(r"了?(?:就|便|的话|的时候|时(?!间)|天|也|可以|别|记得|才)")
_NONE_OF = re.compile(r"没有(?:一天|哪天|任何)|都没")  # 没有一天预报有雨
_DAYS_OF = re.compile(r"[\d几一二两三四五六七八九十]\s?天(?:里)?[不没会有无]?$")
_FREE = re.compile(r"(?<![不非])免费(?!托运|改签|退|带|停车|取消|wifi|小食|续)|无需门票|不收门票|免门票|免票")
_DENIES = re.compile(f"[{NOT.replace(' ', '')}][会能有在到太是够再]?$")
_STILL = re.compile(r"(?:[没未]|不会|没有)$")
_WHOLE_DAY = re.compile(
    r"(?:全天|(?<![\d.])24\s?小时)(?:都)?(?:营业|开放|开门|开着?|不打烊|不关门)(?![了到至])"
    r"|(?:全天|(?<![\d.])24\s?小时)(?=\s?(?:[，。；！？、)~\n]|$))"
    r"|(?:(?:(?<=[天日都也正节是假业间:])|(?<=周[一二三四五六])|(?<=[，、(；])(?=\s?休息\s?[，。；、)\n]))\s?)休息(?:一天)?(?=\s?(?:[，。；！？、)~\n]|$))"
)
# Before 24 小时 that is how long something takes.
_TAKES = re.compile(r"[要需花坐约近用停足满前后超内共]|全程|耗时|时长|车程|免费")
# Behind and before a word for open or closed that tells no state: 营业时间, 没开车, 离打烊还有两小时.
_NO_STATE = re.compile(r"时间|前|后|之|的(?!。)|车(?!场)|季|始|那会儿|那阵|前后|\s?还(?:有|剩|早)|只剩|不到")
_OF_OTHERS = re.compile(r"不少|其他|其余|几家|另|别的|有些|多数|大多|很多")  # open or closed of what no name tells
_NOT_YET = re.compile(r"(?:才|正好|刚好|再|等|等到|到点|才能|小时|分钟|快|快要|就要|马上)\s?$")  # 等 36 分钟才开门
_UNTIL = re.compile(r"(?:[离距到]|距离|直到|接近)\s?$")
_ADDRESS = re.compile(r"[\u4e00-\u9fff]{2,7}[路街巷弄里道坞汀桥段苑]\s?\d+号")


def conditions(reading: Reading, named: list[Word]) -> list[SpokenClaim]:
    """Claims in words: open or closed, and the sky."""
    text, found = reading.text, []

    def add(start: int, end: int, kind: str, value: Any) -> SpokenClaim:
        claim = claim_in_words(reading, start, end, kind, value)
        for word in words_within(reading, reading.starts[claim.clause], end):
            claim.asserted &= word.load.get("offer", "预算") in BESIDE
        claim.asserted &= not claim.supposed
        found.append(claim)
        return claim

    for word in reading.words:
        if "open" in word.load:
            state = word.load["open"]
            if _OF_OTHERS.search(text, reading.starts[reading.clause(word.start)], word.start):
                continue
            if _NOT_YET.search(text, max(0, word.start - 3), word.start):
                continue
            if _NO_STATE.match(text, word.end) or _UNTIL.search(text, max(0, word.start - 3), word.start):
                continue
            if state and (_DENIES.search(text, max(0, word.start - 4), word.start)):
                state = False
            elif not state and word.load["open"] is False and _STILL.search(text, max(0, word.start - 3), word.start):
                state = text[word.start] not in NOT
            add(word.start, word.end, "open", state)
    for word in named:
        if word.load[0][0] == "word" and word.load[0][1] in WORDS:
            clause = reading.clause(word.start)
            before = text[reading.starts[clause] : word.start]
            behind = text[word.end : reading.clause_end(clause)]
            if not before.strip() and not behind.strip(" ，。；、()：:\n"):
                add(word.start, word.end, "category", word.load[0][1])
    for match in _WHOLE_DAY.finditer(text):
        clause = reading.clause(match.start())
        if match.group().endswith("小时") and _TAKES.search(text, reading.starts[clause], match.start()):
            continue
        if not overlaps(*match.span(), named) and not any(
            each.start < match.end() and match.start() < each.end for each in found
        ):
            add(*match.span(), "day", "休息" if "休" in match.group() else "全天")
    for match in _ADDRESS.finditer(text):
        start = max(match.group().rfind(mark) for mark in "在是于址到去从：") + 1 + match.start()
        add(start, match.end(), "address", text[start : match.end()].replace(" ", ""))
    for mention in reading.mentions:
        if mention.slot == "cabin":
            add(mention.start, mention.end, "cabin", text[mention.start : mention.end])
    for match in _FREE.finditer(text):
        if not overlaps(*match.span(), named):
            add(*match.span(), "free", True)
    for match in _SKY.finditer(text):
        if not overlaps(*match.span(), named) and not _NO_SKY.match(text, match.start()):
            if text[match.end() : match.end() + 1] in ("天", "") and text[match.end() + 1 : match.end() + 3] in (
                "的话",
                "路滑",
            ):
                continue
            add(*match.span(), "word", re.sub(_THEN_TURNS, "转", match.group()))
    for pattern, value in ((_NO_RAIN, False), (_RAIN, True)):
        for match in pattern.finditer(text):
            if (
                not _DAYS_OF.search(text, max(0, match.start() - 6), match.start())
                and not overlaps(*match.span(), named)
                and not any(each.start <= match.start() < each.end for each in found)
            ):
                none = value and _NONE_OF.search(text, reading.starts[reading.clause(match.start())], match.start())
                claim = add(*match.span(), "rain", value and not none)
                claim.asserted &= not (value and _SUPPOSED.match(text, match.end()))
    return found
