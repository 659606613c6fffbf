"""What places and ways are said to have, in words: features and highways.

"有包间，可以送货。有一段要走高速。"  →  feature 包间, feature 送货, road
"""

import re

from stagent.reward.spoken import Reading, SpokenClaim, claim_in_words

# What a place has: words that say it -> any of which must stand in its tags, pages or reviews.
FEATURES = {
    "免费停车": ("免费停车", "停车免费"),
    "包间": ("包间", "包厢"),
    "露台": ("露台",),
    "院子": ("院子", "庭院"),
    "早餐": ("早餐", "早饭"),
    "宠物": ("宠物",),
    "洗衣房": ("洗衣",),
    "泳池": ("泳池", "游泳"),
    "插座": ("插座",),
    "现场演出": ("演出", "驻唱"),
    "送货": ("送货", "外送", "外卖", "配送"),
    "寄存": ("寄存", "储物"),
    "母婴室": ("母婴",),
    "电梯": ("电梯", "直梯"),
    "健身房": ("健身",),
    "接送": ("接送", "接机", "接站"),
}
_FEATURE = re.compile(
    r"(?:有|含|带|提供|可以?|能|支持|配|设)(?:了|有|备)?(?:独立|大|小|个|一个|室内|室外|户外|自助)?"
    r"(?P<what>免费停车|包间|包厢|露台|院子|早餐|(?:携?带)?宠物|洗衣房|泳池|插座|现场演出|驻唱|送货|外送|寄存|储物柜|母婴室|电梯|健身房|接送)"
)
_DENIED = re.compile(r"[不没无未否别]\s?$|[有是能]没$")
_HIGHWAY = re.compile(
    r"(?:[上走经]|有)(?:了|过|的是|一?小?段|一?点)*(?:一?小?段)?(?:要)?(?:上|走)?高速(?!优先|费|路口|铁|公路费)"
)
_ASKS = re.compile(r"[?？]|要不要|[是会有能]不[是会有能]|有没有|吗")


def told_in_words(reading: Reading) -> list[SpokenClaim]:
    """These claims of a text, in no order."""
    text, found = reading.text, []

    def add(start: int, end: int, kind: str, value: object) -> None:
        claim = claim_in_words(reading, start, end, kind, value)
        claim.asserted = not claim.supposed
        found.append(claim)

    for match in _FEATURE.finditer(text):
        if not _DENIED.search(text, max(0, match.start() - 2), match.start()):
            add(match.start("what"), match.end(), "feature", _feature(match["what"]))
    for match in _HIGHWAY.finditer(text):
        before = text[reading.starts[reading.clause(match.start())] : match.start()]
        if not any(mark in before for mark in "不没无避绕免") and not _ASKS.search(before):
            add(*match.span(), "road", True)
    return found


def _feature(word: str) -> str:
    return next(name for name, words in FEATURES.items() if any(each in word or word in each for each in words))
