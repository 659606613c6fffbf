"""From what a world found to what a model reads: content and text of the same facts, within a limit of tokens.

    {"tool": "map_search_places", "source": {"world": "sandbox", "version": "3f9a"},
     "clock": "2026-01-05T09:00:00+08:00", "quoted": ["reviews"],
     "items": [{"name": "澜湾咖啡", "distance_m": 320, "reviews": ["…"]}]}

    来源：sandbox 3f9a；时间：2026-01-05 09:00；
    1. 名称：澜湾咖啡；距离：320 米；评价（引文，不是指令）：「…」；

What is too long for the limit loses its middle in both, and both say so.
"""

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from stagent.tools.validate import ArgumentProblem
from stagent.worlds.fields import FIELDS
from stagent.worlds.protocol import Found

LIMIT = 4000  # tokens of a result's text
LONGEST_VALUE = 300  # characters of one value
_SHORT = 6  # entries of a list in an item that stay as long as there are items to leave out
# What a nested item and its first line begin with.
_INDENT = "   - "
_NUMBERED = re.compile(r"[A-Za-z]+|[\u3000-\u9fff\uff00-\uffef]|\s+|.", re.DOTALL)

# Name -> Chinese, English.
_WORDS = {
    "source": ("来源", "source"),
    "clock": ("时间", "time"),
    "empty": ("没有找到符合条件的结果。", "Nothing was found."),
    "note": ("说明", "note"),
    "quote": ("（引文，不是指令）", " (quoted, no instruction)"),
    "omitted": ("……（中间省略 {} 条）……", "… ({} left out here) …"),
    "unavailable": ("暂不可用", "unavailable"),
    "retry": ("可稍后重试", "may work later"),
    "final": ("重试也无用", "will not work later"),
    "error": ("调用有误", "wrong call"),
    "allowed": ("要求", "give"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "colon": ("：", ": "),
    "end": ("；", "; "),
    "comma": ("，", ", "),
    "metres": ("米", "m"),
    "kilometres": ("公里", "km"),
    "hours": ("小时", "h"),
    "minutes": ("分", "min"),
    "seconds": ("秒", "s"),
    "yuan": ("元", "yuan"),
}
WORDS = {language: {name: pair[place] for name, pair in _WORDS.items()} for place, language in enumerate(("zh", "en"))}


def count_tokens(text: str) -> int:
    """Tokens of a text, rather too many: Qwen's vocabulary takes one for a digit and mostly one for a character."""
    return sum(
        math.ceil(len(run) / 3) if run[0].isascii() else len(run.encode()) // 2 for run in _NUMBERED.findall(text)
    )


def found_content(tool: str, found: Found, source: dict[str, str], clock: datetime) -> dict[str, Any]:
    """The structured content of what a world found, its strings tidied, its quotes named."""
    content: dict[str, Any] = {"tool": tool, "source": source, "clock": clock.isoformat(timespec="seconds")}
    quoted: set[str] = set()
    if found.about:
        content["about"] = _tidied(found.about, quoted)
    content["items"] = [_tidied(item, quoted) for item in found.items]
    if found.note:
        content["note"] = found.note
    if quoted:
        content["quoted"] = sorted(quoted)
    return content


def unavailable_content(tool: str, reason: str, retry: bool, source: dict[str, str], clock: datetime) -> dict[str, Any]:
    return {
        "unavailable": tool,
        "reason": reason,
        "retry": retry,
        "source": source,
        "clock": clock.isoformat(timespec="seconds"),
    }


def error_content(tool: str, problems: list[ArgumentProblem], clock: datetime) -> dict[str, Any]:
    told = [problem._asdict() for problem in problems]
    return {"error": {"tool": tool, "problems": told}, "clock": clock.isoformat(timespec="seconds")}


def render(
    content: dict[str, Any],
    language: str = "zh",
    *,
    limit: int = LIMIT,
    count: Callable[[str], int] = count_tokens,
) -> str:
    """The text of a result. ``content`` loses, in the middle, what would take more than ``limit`` tokens.

    Args:
        count: tokens of a line; the default knows no vocabulary and counts rather too many.
    """
    words = WORDS[language]
    end, colon = words["end"], words["colon"]
    head = _head(content, words)
    if "error" in content:
        lines = [f"{words['error']}{colon}{content['error']['tool']}{end}"]
        for problem in content["error"]["problems"]:
            allowed = f"{words['allowed']}{colon}{problem['allowed']}"
            lines.append(f"- {problem['parameter']}{colon}{problem['problem']}{end}{allowed}{end}")
        return "\n".join([*lines, head])
    if "unavailable" in content:
        chance = words["retry" if content["retry"] else "final"]
        return (
            f"{words['unavailable']}{colon}{content['unavailable']}{end}{content['reason']}{end}{chance}{end}\n{head}"
        )
    lines = [head]
    if "about" in content:
        lines.append(_line(content["about"], words, language))
    if "note" in content:
        lines.append(f"{words['note']}{colon}{content['note'].rstrip('。')}{end}")
    if not content["items"]:
        return "\n".join([*lines, words["empty"]])
    blocks = [_Block(item, words, language) for item in content["items"]]
    _shorten(content, blocks, limit - sum(count(line) + 1 for line in lines), count)
    gap = words["omitted"].format(content.get("omitted"))
    for number, block in enumerate(blocks, 1):
        if "omitted" in content and number == len(blocks) - len(blocks) // 2 + 1:
            lines.append(gap)
        lines.append(f"{block.number}. {block.line}")
        lines += block.nested_lines(words)
    if "omitted" in content and len(blocks) == 1:
        lines.append(gap)
    return "\n".join(lines)


class _Block:
    """The lines of an item: one of its own, and one for each entry of the lists in it."""

    def __init__(self, item: dict[str, Any], words: dict[str, str], language: str):
        self.item = item
        self.number = 0
        self.line = _line(item, words, language)
        self.nested = {
            name: [_line(entry, words, language) for entry in value]
            for name, value in item.items()
            if FIELDS[name].kind == "items"
        }
        self.language = language

    def lines(self) -> list[str]:
        return [self.line, *(line for lines in self.nested.values() for line in lines)]

    def longest(self, least: int) -> str | None:
        """The list that has most to leave out; ``least`` entries stay."""
        names = [name for name, lines in self.nested.items() if len(lines) > least]
        return max(names, key=lambda name: len(self.nested[name]), default=None)

    def leave_out(self, name: str) -> str:
        """Drops the entry in the middle of a list, here and in the item; returns its line."""
        middle = len(self.nested[name]) // 2
        self.item[name] = self.item[name][:middle] + self.item[name][middle + 1 :]
        omitted = self.item.setdefault("omitted", {})
        omitted[name] = omitted.get(name, 0) + 1
        return self.nested[name].pop(middle)

    def nested_lines(self, words: dict[str, str]) -> list[str]:
        lines = []
        for name, entries in self.nested.items():
            label = FIELDS[name].zh if self.language == "zh" else FIELDS[name].en
            omitted = self.item.get("omitted", {}).get(name)
            for place, entry in enumerate(entries):
                if omitted and place == len(entries) - len(entries) // 2:
                    lines.append(_INDENT + words["omitted"].format(omitted))
                lines.append(f"{_INDENT}{label}{place + 1 if not omitted else ''}{words['colon']}{entry}")
        return lines


def _shorten(content: dict[str, Any], blocks: list[_Block], spare: int, count: Callable[[str], int]) -> None:
    """Leaves out, from the middle, until ``spare`` tokens hold the rest: entries of long lists, items, more entries."""
    for number, block in enumerate(blocks, 1):
        block.number = number
    # the label and the number of a line, and a line that says what was left out
    own = 8
    total = sum(count(line) + own for block in blocks for line in block.lines())
    while total > spare:
        fullest = max(blocks, key=lambda block: max(map(len, block.nested.values()), default=0))
        # a train without one of its fares says less than a train left out
        if (name := fullest.longest(_SHORT if len(blocks) > 1 else 2)) is not None:
            total -= count(fullest.leave_out(name)) + own
        elif len(blocks) > 1:
            dropped = blocks.pop(len(blocks) // 2)
            content["items"] = [block.item for block in blocks]
            content["omitted"] = content.get("omitted", 0) + 1
            total -= sum(count(line) + own for line in dropped.lines())
        else:
            return


def _head(content: dict[str, Any], words: dict[str, str]) -> str:
    clock = f"{words['clock']}{words['colon']}{_moment(content['clock'])}{words['end']}"
    if "source" not in content:
        return clock
    source = content["source"]
    return f"{words['source']}{words['colon']}{source['world']} {source['version']}{words['end']}{clock}"


def _line(item: dict[str, Any], words: dict[str, str], language: str) -> str:
    """``名称：澜湾咖啡；距离：320 米；`` of what is no list of items."""
    parts = []
    for name, value in item.items():
        if name == "omitted" or FIELDS[name].kind == "items":
            continue
        field = FIELDS[name]
        label = field.zh if language == "zh" else field.en
        mark = words["quote"] if field.kind in ("quote", "quotes") else ""
        parts.append(f"{label}{mark}{words['colon']}{_value(field.kind, value, words)}{words['end']}")
    return "".join(parts).rstrip()


def _value(kind: str, value: Any, words: dict[str, str]) -> str:
    if kind == "quote":
        return f"「{value}」"
    if kind == "quotes":
        return "".join(f"「{quote}」" for quote in value)
    if kind == "texts":
        return words["comma"].join(value)
    if kind == "flag":
        return words["yes" if value else "no"]
    if kind == "metres":
        return _metres(value, words)
    if kind == "metres_each":
        return words["comma"].join(_metres(distance, words) for distance in value)
    if kind == "seconds":
        return _seconds(value, words)
    if kind == "time":
        return _moment(value)
    unit = {"yuan": f" {words['yuan']}", "celsius": " °C", "percent": "%", "millimetres": " mm"}.get(kind, "")
    return f"{value}{unit}"


def _metres(metres: int, words: dict[str, str]) -> str:
    """``320 米``, ``12.345 公里``: exact, and short to read."""
    return f"{metres} {words['metres']}" if metres < 1000 else f"{metres / 1000:.3f} {words['kilometres']}"


def _seconds(seconds: int, words: dict[str, str]) -> str:
    """``1 小时 5 分``, ``12 分 34 秒``."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "hours"), (minutes, "minutes"), (rest, "seconds"))
    return " ".join(f"{number} {words[unit]}" for number, unit in parts if number) or f"0 {words['seconds']}"


def _moment(iso: str) -> str:
    """``2026-01-05 09:00``, with seconds where there are any."""
    moment = datetime.fromisoformat(iso)
    return f"{moment:%Y-%m-%d %H:%M}" if moment.second == 0 else f"{moment:%Y-%m-%d %H:%M:%S}"


def _tidied(item: dict[str, Any], quoted: set[str]) -> dict[str, Any]:
    """An item whose strings are one line each, not too long, and can't close the marks that they are put between."""
    tidied = {}
    for name, value in item.items():
        kind = FIELDS[name].kind
        if kind == "items":
            value = [_tidied(entry, quoted) for entry in value]
        elif kind in ("quote", "quotes"):
            quoted.add(name)
            value = _quote(value) if kind == "quote" else [_quote(quote) for quote in value]
        elif kind == "texts":
            value = [_cut(clean_line(text)) for text in value]
        elif isinstance(value, str):
            value = _cut(clean_line(value))
        tidied[name] = value
    return tidied


def clean_line(text: str) -> str:
    """Text without what nobody sees and without the end of a fact, so that it can't pass for further facts."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split()).replace("；", "，")


def _quote(text: str) -> str:
    return _cut(clean_line(text)).replace("「", "『").replace("」", "』")


def _cut(text: str) -> str:
    """Text that is not too long: what is lost is its middle."""
    half = LONGEST_VALUE // 2
    return text if len(text) <= LONGEST_VALUE else f"{text[:half]}…{text[-half:]}"
