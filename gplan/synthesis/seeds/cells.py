"""The cells of a case sheet: an intent in words that a person can edit, and text that no spreadsheet runs.

打车 当前位置→订单目的地          {"工具名称": "tool_1", "起始位置": "当前位置", "终点位置": "订单目的地"}
兴趣推荐 当前位置 附近 美食       {"工具名称": "tool_5", "起始位置": "当前位置", "空间范围": "附近", "tag": "美食"}
tool_9                           {"工具名称": "tool_9"}
"""

import json
import re
import unicodedata

from data_process.intents import DESTINATION, TAG, TAG_ALIASES, TOOL_KEY, TOOLS, VALUES, Intent, intent
from data_process.rule_filter import schema_reason

# Short names that people write for a tool, beside its meaning and its tool_N.
_ALIASES = {
    "出行": "tool_2",
    "导航": "tool_2",
    "到店展示": "tool_6",
    "提醒": "tool_8",
    "天气": "tool_9",
    "评价": "tool_10",
}
_ARROW = "→"
_BETWEEN = re.compile(r"(?:[-=—–]*>|[→⇒⟶➔➜➝])|[\s,、/|:;()。\"'“”‘’]+")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
# What makes a spreadsheet take a cell for a formula, and what stands before it to say that it is text. The wide
# forms count too: a spreadsheet in an East Asian locale takes them for the narrow ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_QUOTES = ("'", "’", "‘")


def intent_cell(one: Intent) -> str:
    """An intent as a cell; one that is not of the library as its JSON, which ``parse_intent`` refuses."""
    if schema_reason(one):
        return json.dumps(one, ensure_ascii=False)
    tool = TOOLS[one[TOOL_KEY]]
    values = [one[name] for name in tool.parameters]
    mark = _ARROW if DESTINATION in tool.parameters else " "
    return " ".join([tool.meaning, mark.join(values)]).strip()


def parse_intent(text: str) -> Intent:
    """The intent of a cell: any kind of arrow, full-width signs and spaces, a tool's name or ``tool_N``.

    ``parse_intent("打车　当前位置->家") == parse_intent("tool_1(当前位置, 家)") == intent("tool_1", "当前位置", "家")``

    Raises:
        ValueError: no such tool, too few or too many values, or one that is not admissible; says what to write.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
    words = [word for word in _BETWEEN.split(plain) if word]
    name = _TOOL_NAMES.get(words[0].casefold()) if words else None
    if not name:
        known = "、".join(tool.meaning for tool in TOOLS.values())
        raise ValueError(f"{(words or [''])[0][:40]!r} is no service; begin with one of {known}, or tool_1 … tool_10")
    tool, values = TOOLS[name], words[1:]
    if len(values) != len(tool.parameters):
        example = intent_cell(intent(name, *(VALUES[parameter][0] for parameter in tool.parameters)))
        raise ValueError(
            f"{tool.meaning} takes {len(tool.parameters)} values ({'、'.join(tool.parameters) or 'none'}), "
            f"not {len(values)}; write it like {example}"
        )
    for parameter, value in zip(tool.parameters, values, strict=True):
        if value not in VALUES[parameter]:
            near = [tag for tag, words in TAG_ALIASES.items() if value in words] if parameter == TAG else []
            hint = f"; the nearest is {near[0]}" if near else ""
            raise ValueError(f"{parameter} {value[:40]!r} is not one of {'、'.join(VALUES[parameter])}{hint}")
    return intent(name, *values)


def guard(text: str) -> str:
    """Text as a cell that no spreadsheet takes for a formula: ``guard("=1+1") == "'=1+1"``; undone by ``unguard``."""
    return "'" + text if _needs_guard(text) else text


def unguard(text: str) -> str:
    """What ``guard`` was given: ``unguard("'=1+1") == "=1+1"``, ``unguard("'quoted'") == "'quoted'"``."""
    return text[1:] if text.startswith(_QUOTES) and _needs_guard(text[1:]) else text


def same_text(left: str, right: str) -> bool:
    """Whether two cells say the same to a person: line ends, tabs and space around are a spreadsheet's business.

    (LibreOffice loses a tab in a cell that has gone through its own .ods.)
    """
    return tidy(left).replace("\t", "").strip() == tidy(right).replace("\t", "").strip()


def tidy(text: str) -> str:
    """Text with ``\\n`` as its line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _needs_guard(text: str) -> bool:
    # A quote too, or a text that begins with one could not be told from a guarded one.
    return text.startswith((*_FORMULA, *_QUOTES)) or text.lstrip().startswith(_FORMULA)


_TOOL_NAMES = {
    **_ALIASES,
    **{name: name for name in TOOLS},
    **{tool.meaning.casefold(): name for name, tool in TOOLS.items()},
}
