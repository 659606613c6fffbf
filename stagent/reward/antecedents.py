"""What 前者, 后者, 第二家, 第三个 stand for: things or rides that the text has named before.

"周家客栈 270 元，赵家客栈 330 元。后者更近。" → 后者 is 赵家客栈
"""

import re

from stagent.reward.layout import Layout
from stagent.reward.spoken import Mention, Reading

_REFERS = re.compile(
    r"(?P<pair>前者|后者)|(?:第(?P<nth>[一二三四五六1-6])|(?P<first>头一))\s?(?P<unit>家|个|间|处|所|班|趟|列)(?!小时|月)"
)
_RIDES = frozenset("班趟列")


def antecedents(reading: Reading, layout: Layout) -> list[Mention]:
    """A mention for every word that stands for something named before it."""
    found = []
    for match in _REFERS.finditer(reading.text):
        slot = "ride" if match["unit"] and match["unit"] in _RIDES else "thing"
        named = [each for each in reading.mentions if each.slot == slot and each.end <= match.start()]
        if match["pair"]:
            chosen = _of_pair(named, match["pair"] == "前者")
        else:
            number = 0 if match["first"] else _number(match["nth"])
            chosen = _nth(_heads(named, layout), number) or _nth(named, number)
        if chosen is not None:
            found.append(Mention(*match.span(), slot, chosen.keys, reading.clause(match.start())))
    return found


def _number(text: str) -> int:
    return int(text) - 1 if text.isdigit() else "一二三四五六".index(text)


def _of_pair(named: list[Mention], former: bool) -> Mention | None:
    """Of the last two different things the first or the second, in the order in which they came up first."""
    last: list[Mention] = []
    for mention in reversed(named):
        if all(not mention.keys & each.keys for each in last):
            last.append(mention)
    if len(last) < 2:
        return None
    firsts = [next(each for each in named if each.keys & one.keys) for one in last[:2]]
    firsts.sort(key=lambda each: each.start)
    return firsts[0 if former else 1]


def _heads(named: list[Mention], layout: Layout) -> list[Mention]:
    """The first thing of each entry of a list."""
    found: dict[int, Mention] = {}
    for mention in named:
        number = layout.number(mention.start)
        if number in layout.entries:
            found.setdefault(number, mention)
    return [found[number] for number in sorted(found)]


def _nth(named: list[Mention], number: int) -> Mention | None:
    distinct: list[Mention] = []
    for mention in named:
        if all(not mention.keys & each.keys for each in distinct):
            distinct.append(mention)
    return distinct[number] if number < len(distinct) else None
