"""Claims in words that compare or place things, quote people, or tell of seats and jams.

seats    K1106 还有票, 已售罄         jam      一点都不堵           located  椰影区的琴台甜品
quote    有人说「锅气很足」           more     离学校更近, 比开车更长
"""

import re
from typing import Any

from stagent.reward.spoken import Reading, SpokenClaim

_SEATS = re.compile(r"(?P<yes>(?:还|都|仍|也)有(?:余|座|车)?票(?!价))|(?P<no>卖光|售罄|卖完|售完|没票|无票|没有余?票)")
_FREE_ROAD = re.compile(
    r"(?:一点都?|完全|都|基本|并)?不(?:怎么)?堵(?!的话|车的话)|一路畅通|路况畅通|没有?(?:堵车|拥堵)"
)
_QUOTE = re.compile(r"[「『“]([^「」『』“”\n]{5,60})[」』”]")
_SAYS = re.compile(r"说|评|吐槽|夸|反映|提到|食客|网友|顾客")
_IN = re.compile(r"\s?(?:就|也|都)?(?:在|位于|坐落于|属于?)\s?")
_OTHERS = re.compile(r"[两三几]家|其他|其余|另|[那这]家|别的")  # of what no name tells
_MORE = re.compile(r"更(?P<word>近|远|便宜|贵|快|慢|高|低|长|短)")


def asides(reading: Reading) -> list[SpokenClaim]:
    """Such claims of a text."""
    text, found = reading.text, []

    def add(start: int, end: int, kind: str, value: Any) -> None:
        claim = SpokenClaim(start, end, kind, value, reading.clause(start))
        claim.asserted = reading.sentences[claim.clause] not in reading.questions
        begins = reading.starts[claim.clause]
        if not any(word in text[begins:start] for word in ("如果", "要是", "万一", "怕", "假如")):
            found.append(claim)

    for match in _SEATS.finditer(text):
        add(*match.span(), "seats", bool(match["yes"]))
    for match in _FREE_ROAD.finditer(text):
        add(*match.span(), "jam", False)
    for match in _QUOTE.finditer(text):
        if _SAYS.search(text, max(reading.starts[reading.clause(match.start())], match.start() - 12), match.start()):
            add(*match.span(1), "quote", match.group(1))
    for one, other in zip(reading.mentions, reading.mentions[1:], strict=False):
        between = text[one.end : other.start]
        if one.slot == "city" and other.slot == "thing" and between.strip() == "的":
            add(one.start, one.end, "located", (one.keys, other.keys))
        elif one.slot == "thing" and other.slot == "city" and _IN.fullmatch(between):
            add(other.start, other.end, "located", (other.keys, one.keys))
    for match in _MORE.finditer(text):
        if _OTHERS.search(text, reading.starts[reading.clause(match.start())], match.start()):
            continue
        if kind := _measure(match["word"], text[reading.starts[reading.clause(match.start())] : match.start()]):
            add(*match.span(), "more", (kind, match["word"] in "远贵慢高长"))
    return found


def _measure(word: str, before: str) -> str:
    """The kind of value that 更近 and 更便宜 are about, by the words before it."""
    if word in ("近", "远"):
        return "distance"
    if word in ("便宜", "贵"):
        return "money"
    if word in ("快", "慢"):
        return "duration"
    if word in ("高", "低"):
        return "rating" if "评分" in before or "口碑" in before else ""
    return "distance" if any(each in before for each in ("路", "距离")) else ""
