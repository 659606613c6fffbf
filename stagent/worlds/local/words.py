"""A query taken apart: words for categories, words for regions, conditions that a search can't read, and the rest."""

import re
from collections.abc import Container
from dataclasses import dataclass, field

from stagent.worlds.local.categories import WORDS

_UNITS = re.compile(r"[^\W\d_⺀-鿿豈-﫿]+|\d+|\w", re.UNICODE)  # a word of letters, a number, one character
_LONGEST = 40  # units of a word that is looked up

# Words that say nothing about what is looked for.
_EMPTY_WORDS = """
的 了 吧 呢 吗 啊 和 与 及 或 有 找 在 去 到 里 上 内 我 要 想 个 家 间 座 处 一个 一家 几个 几家 哪里 哪儿 哪家 哪些
哪有 什么 附近 周边 周围 旁边 这里 那里 本地 当地 推荐 好 好的 不错 不错的 比较 想找 帮我 请 能 可以 适合
地方 地点 场所 位置 地址
the a an of in at on for to and or with near nearby around me find some any place places where is are
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
# Conditions that parameters express -> words for them.
_CONDITIONS = {
    "min_rating 或 sort_by=rating:d": "评分高 评分最高 高评分 高分 口碑好 口碑 好评 最好 最好的 人气 best good top",
    "price_max 或 sort_by=price:a": "便宜 便宜的 实惠 平价 性价比高 性价比 不贵 cheap affordable",
    "price_min 或 sort_by=price:d": "高档 高端 豪华 昂贵 luxury expensive",
    "结果中的营业时间": "营业中 营业 开门 开着 现在 今天 今晚 24小时 24小时营业 通宵 open now 24h",
    "center 与 sort_by=distance": "最近 最近的 离我最近 就近 closest nearest",
}
_HINTS = {word: hint for hint, words in _CONDITIONS.items() for word in words.split()}


@dataclass(slots=True)
class Words:
    """Parts of a query.

    Attributes:
        categories: keys, as they stand in the query.
        regions: words that mean a region.
        rest: what is neither: names, or parts of them.
        hints: ``{"评分高": "min_rating 或 sort_by=rating:d"}``, of conditions that were left out.
    """

    categories: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    hints: dict[str, str] = field(default_factory=dict)


def take_apart(text: str, regions: Container[str], tags: Container[str]) -> Words:
    """A query, as ``plain`` writes it, in parts: at each place the longest word that is known.

    ``"望海区评分高的老字号川菜馆"`` → regions 望海区, hints 评分高, rest 老字号, categories sichuan. Words end where
    a word of letters does: "bar" is not in "barista".
    """
    units = [match.span() for match in _UNITS.finditer(text)]
    words, unknown = Words(), []
    at = 0
    while at < len(units):
        start, end = units[at]
        kind, after = "", at + 1
        for last in range(min(len(units), at + _LONGEST) - 1, at - 1, -1):
            if kind := _kind(text[start : units[last][1]], regions, tags):
                end, after = units[last][1], last + 1
                break
        word = text[start:end]
        if kind == "category":
            words.categories.append(WORDS[word])
        elif kind == "region":
            words.regions.append(word)
        elif kind == "condition":
            words.hints[word] = _HINTS[word]
        elif kind == "tag":
            words.rest.append(word)
        elif not kind and unknown and unknown[-1][1] == start:
            unknown[-1][1] = end  # unknown characters that stand together are one name
        elif not kind:
            unknown.append([start, end])
        at = after
    words.rest += [text[start:end] for start, end in unknown]
    return words


def _kind(word: str, regions: Container[str], tags: Container[str]) -> str:
    if word in WORDS:
        return "category"
    if word in regions:
        return "region"
    if word in _HINTS:
        return "condition"
    if word in tags:
        return "tag"
    return "empty" if word in _EMPTY else ""
