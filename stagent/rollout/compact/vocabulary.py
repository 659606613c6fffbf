"""The small model's vocabulary: marks, handles, fields, values in steps, and the words that users and answers repeat.

<user>  从 <4> 去 <5> 坐 火车 最 便宜 的 <end>         a name that nobody repeats is a handle, <4>
<call>  <tool:travel_search_trains> <arg:origin> <4> <arg:destination> <5> <arg:date> <d+1> <end>
<result> <6> <07h> <15m> … <7> … <end>               values in steps: <money 31>, <distance 12>
<answer> 最便宜的是 <7> ， <.fares.0.fare_yuan> …     a field is said as the result has it, to the digit
"""

import json
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from data_process.files import write_json
from stagent.tools.schemas import TOOLS
from utils import InputError

FILE, STYLE, FORMAT = "compact.json", "compact", 1
HANDLES = 96
FIRST_DAY, LAST_DAY = -1, 16  # days from today that have a token
MARKS = (
    *("<pad>", "<context>", "<user>", "<call>", "<answer>", "<result>", "<end>", "<,>", "<?>", "<more>", "<none>"),
    *("<empty>", "<error>", "<unavailable>", "<least>", "<most>", "<minus>", "<plus>", "<times>", "<open>", "<closed>"),
)
_CHARACTERS = "0123456789.:-，。；：、（）？！\n ￥%市"
# Kind -> its first step and the ratio of one step to the next: what a model compares, not what it says.
_STEPS = {"distance": (50.0, 1.25), "duration": (60.0, 1.2), "money": (1.0, 1.15), "count": (1.0, 2.0)}
_LAST_STEP = 60
_CLOCK, _DAY = re.compile(r"<(\d\d)h><(\d\d)m>"), re.compile(r"<d([+-]\d+)>")


def handle(number: int) -> str:
    return f"<{number}>"


def clock_tokens(clock: str) -> list[str]:
    """``"17:05"`` → ``["<17h>", "<05m>"]``."""
    hour, minute = clock.split(":")[:2]
    return [f"<{int(hour) % 24:02d}h>", f"<{int(minute):02d}m>"]


def clock_of(tokens: Sequence[str], place: int) -> str:
    """The inverse, of two tokens at a place; empty where none stand there."""
    pair = tokens[place : place + 2]
    found = _CLOCK.fullmatch("".join(pair)) if len(pair) == 2 else None
    return f"{found[1]}:{found[2]}" if found else ""


def handle_of(token: str) -> int | None:
    """``"<12>"`` → 12; None: another token."""
    return int(token[1:-1]) if token[1:-1].isdigit() and token[0] == "<" else None


def path_of(token: str) -> str:
    """``"<.rating>"`` → ``"rating"``; empty for another token."""
    return token[2:-1] if token.startswith("<.") else ""


def days_of(token: str) -> int | None:
    """``"<d+1>"`` → 1; None: another token."""
    found = _DAY.fullmatch(token)
    return int(found[1]) if found else None


def day_token(days: int) -> str | None:
    """``1`` → ``"<d+1>"``; None: too far off to have one."""
    return f"<d{days:+d}>" if FIRST_DAY <= days <= LAST_DAY else None


def step_token(kind: str, value: float) -> str:
    """A number of a kind as a model reads it: ``step_token("rating", 4.6) == "<rating 4.6>"``, money by 15 %."""
    if kind in _STEPS:
        first, ratio = _STEPS[kind]
        step = 0 if value < first else 1 + math.floor(math.log(value / first) / math.log(ratio))
        return f"<{kind} {min(step, _LAST_STEP)}>"
    if kind == "rating":
        return f"<rating {min(max(value, 2.0), 5.0):.1f}>"
    if kind == "percent":
        return f"<percent {min(max(round(value / 5) * 5, 0), 100)}>"
    return f"<temperature {min(max(round(value), -30), 45)}>"


def _structure() -> list[str]:
    tokens = [*MARKS, *_CHARACTERS]
    tokens += [f"<tool:{tool.name}>" for tool in TOOLS]
    parameters = [parameter for tool in TOOLS for parameter in tool.parameters]
    tokens += dict.fromkeys(f"<arg:{each.name}>" for each in parameters)
    tokens += dict.fromkeys(word for each in parameters for word in each.allowed)
    tokens += [handle(number) for number in range(HANDLES)]
    tokens += [f"<{hour:02d}h>" for hour in range(24)] + [f"<{minute:02d}m>" for minute in range(60)]
    tokens += [f"<d{day:+d}>" for day in range(FIRST_DAY, LAST_DAY + 1)] + [f"<weekday {day}>" for day in range(1, 8)]
    tokens += [f"<{kind} {step}>" for kind in _STEPS for step in range(_LAST_STEP + 1)]
    tokens += [f"<rating {tenths / 10:.1f}>" for tenths in range(20, 51)]
    tokens += [f"<percent {value}>" for value in range(0, 101, 5)]
    return tokens + [f"<temperature {value}>" for value in range(-30, 46)]


class CompactVocabulary:
    """Tokens and their ids.

    Args:
        words: what is a token besides the structure.
        heard: those of them that are words in what a user says, too; the others may be parts of names there.
        fields: paths (``stagent.rollout.compact.fields``) that can be pointed to.
    """

    def __init__(self, words: Iterable[str], heard: Iterable[str], fields: Iterable[str]):
        self.words, self.heard, self.fields = tuple(words), tuple(heard), tuple(fields)
        self.tokens = [*dict.fromkeys([*_structure(), *(f"<.{path}>" for path in self.fields), *self.words])]
        self.ids = {token: number for number, token in enumerate(self.tokens)}
        texts = [token for token in self.tokens if not token.startswith("<")]
        self._texts, self._longest = set(texts), max(map(len, texts))
        self._heard = set(self.heard) | set(_CHARACTERS)

    def __len__(self) -> int:
        return len(self.tokens)

    def longest(self, text: str, start: int, *, heard: bool = False) -> str:
        """The longest word, or heard word, that stands in a text at a place; empty where there is none."""
        known = self._heard if heard else self._texts
        for length in range(min(self._longest, len(text) - start), 0, -1):
            if text[start : start + length] in known:
                return text[start : start + length]
        return ""

    def is_text(self, token: str) -> bool:
        return not token.startswith("<")

    def save(self, folder: Path) -> None:
        """Writes ``compact.json``: with it a checkpoint says how it is spoken to."""
        found = {"style": STYLE, "format": FORMAT, "words": self.words, "heard": self.heard}
        found |= {"fields": self.fields}
        write_json(folder / FILE, found)

    @classmethod
    def load(cls, folder: Path) -> "CompactVocabulary":
        """The vocabulary of a checkpoint.

        Raises:
            InputError: it has none, or one of another version.
        """
        path = folder / FILE
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if (found["style"], found["format"]) == (STYLE, FORMAT):
                return cls(*(_texts(found, name) for name in ("words", "heard", "fields")))
        except FileNotFoundError:
            raise InputError(f"{folder}: no {FILE}; give a checkpoint of: agent.py train") from None
        except KeyError as error:
            raise InputError(f"{path}: no {error}; train the model anew") from None
        except (OSError, ValueError, TypeError) as error:
            raise InputError(f"{path}: {error}; train the model anew") from None
        raise InputError(f"{path}: {found['style']} {found['format']}; this version reads {STYLE} {FORMAT}")


def _texts(value: dict[str, Any], name: str) -> list[str]:
    texts = value[name]
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise ValueError(f"{name}: a list of texts is needed")
    return texts
