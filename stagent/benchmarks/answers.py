"""Reading a language model's answer strictly: one JSON object with exactly the named parts."""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from stagent.queries.interview import UnusableAnswer

BEST = 5  # marks are whole numbers from 1
_SHORTEST_QUOTE = 2
_THINK = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```[a-z]*\n(.*)\n```\Z", re.DOTALL)


def bare(text: str) -> str:
    """An answer without a thought before it and a fence around it."""
    return _FENCE.sub(r"\1", _THINK.sub("", text).strip()).strip()


def plain(text: str) -> str:
    """As quotes are compared: NFKC, no blanks, no capitals."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def object_of(text: str, parts: Iterable[str]) -> dict[str, Any]:
    """Raises UnusableAnswer: ``answer.json``, ``answer.shape``."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableAnswer("answer.json", f"不是 JSON（{error!s:.80}）") from None
    names = list(parts)
    if not isinstance(found, dict) or found.keys() != set(names):
        raise UnusableAnswer("answer.shape", f"应为对象，恰好有 {'、'.join(names)} 几项")
    return found


def mark_of(name: str, value: Any) -> int:
    """Raises UnusableAnswer: ``answer.score``."""
    if type(value) is not int or not 1 <= value <= BEST:
        raise UnusableAnswer("answer.score", f"{name} 应为 1 至 {BEST} 的整数，收到 {json.dumps(value)[:40]}")
    return value


def sentence_of(name: str, value: Any) -> str:
    """Raises UnusableAnswer: ``answer.shape``."""
    if not isinstance(value, str) or not value.strip():
        raise UnusableAnswer("answer.shape", f"{name} 要写一句话")
    return " ".join(value.split())[:300]


def quote_of(name: str, value: Any, sources: Sequence[str]) -> str:
    """Raises UnusableAnswer: ``answer.quote``, where no source has it."""
    if not isinstance(value, str) or len(plain(value)) < _SHORTEST_QUOTE:
        raise UnusableAnswer("answer.quote", f"{name} 要抄原文，至少 {_SHORTEST_QUOTE} 个字")
    if not any(plain(value) in plain(source) for source in sources):
        raise UnusableAnswer("answer.quote", f"{name} 的“{value[:60]}”在原文里没有；请一字不差地抄")
    return value


def texts_of(name: str, value: Any) -> list[str]:
    """Raises UnusableAnswer: ``answer.shape``."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise UnusableAnswer("answer.shape", f"{name} 应为一列文字")
    return value
