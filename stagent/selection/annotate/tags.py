"""Reads answers in tags: blocks of known names one after the other, and nothing between them.

``blocks('<a>1</a> <b id="2">x</b>', ("a", "b")) == [TagBlock("a", "", "1"), TagBlock("b", "2", "x")]``

What a block holds is text, which may hold ``<`` and ``&``; no XML parser would take what models write there.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from stagent.queries.interview import UnusableAnswer

_BLOCK = re.compile(r"<(\w+)(?:\s+(?:id|name|rating)=\"([^\"<>]*)\")?\s*>(.*?)</\1>", re.DOTALL)


class TagBlock(NamedTuple):
    """A tag, the value of its one attribute (``id``, ``name`` or ``rating``), and what it holds."""

    name: str
    attribute: str
    inside: str


def blocks(text: str, names: Sequence[str], where: str = "") -> list[TagBlock]:
    """The blocks of a text, in their order.

    Args:
        where: what the text is, for messages: ``simulation 里``.

    Raises:
        UnusableAnswer: ``answer.around``: something beside blocks of these names.
    """
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _BLOCK.match(text, at)
        if not match or match[1] not in names:
            shown = text[at : at + 40].replace("\n", " ")
            only = "、".join(f"<{name}>…</{name}>" for name in names)
            raise UnusableAnswer("answer.around", f"{where}只能写 {only}，收到“{shown}”")
        found.append(TagBlock(match[1], match[2] or "", match[3].strip()))
        at = match.end()
    return found


def each_once(text: str, names: Sequence[str], needed: Sequence[str], where: str = "") -> dict[str, TagBlock]:
    """Blocks of which each stands once at most, in the order of ``names``.

    Raises:
        UnusableAnswer: ``answer.shape``: one is missing, twice or out of order; ``answer.around``.
    """
    found: dict[str, TagBlock] = {}
    for block in blocks(text, names, where):
        if block.name in found:
            raise UnusableAnswer("answer.shape", f"<{block.name}> 写了两次")
        if found and names.index(block.name) < names.index(last := next(reversed(found))):
            raise UnusableAnswer("answer.shape", f"<{block.name}> 应写在 <{last}> 前面")
        found[block.name] = block
    for name in needed:
        if name not in found:
            raise UnusableAnswer("answer.shape", f"{where}缺少 <{name}>…</{name}>；没有内容也要写出空的一块")
    return found
