"""A conversation as tokens, as Qwen3's chat template writes it.

    <|im_start|>system ⏎ briefing, tools <|im_end|> ⏎
    <|im_start|>user ⏎ 附近的药店 <|im_end|> ⏎
    <|im_start|>assistant ⏎                                     ◄ a prompt ends here
    <think> … </think> … <tool_call> … </tool_call> <|im_end|>    written by a model, token by token
    ⏎ <|im_start|>user ⏎ <tool_response> … </tool_response> <|im_end|> ⏎
    <|im_start|>assistant ⏎                                     ◄ and here

What a model wrote is never tokenised again. What a user or a tool says can't hold a control token: ``</tool_response>``
in a page is text. As the template has it, thoughts stand only behind the last thing that the user said, and an empty
thought only in the last message: where that changes what stood before, a prompt doesn't begin with the one before it.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase

from stagent.rollout.briefing import system_text
from stagent.tools.json_schema import Language
from utils import InputError

START, END = "<|im_start|>", "<|im_end|>"
_CONTROL = (START, END, "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>")
_SPLIT = re.compile("(" + "|".join(map(re.escape, _CONTROL)) + ")")
_CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|$)", re.DOTALL)
# Where some models put a call instead; nothing that a user is to read.
_ELSEWHERE = re.compile(r"```\w*\s*(\{.*?\})\s*```|<tools?>(.*?)(?:</tools?>|$)|^\s*(\{.*\})\s*$", re.DOTALL)
_NO_THOUGHT = "<think>\n\n</think>\n\n"


class ToolCall(NamedTuple):
    """A call as a model asks for it; not validated."""

    tool: str
    arguments: Any


class Written(NamedTuple):
    """What a model wrote in one message.

    Attributes:
        problem: why what was meant as a call can't be read; empty where there is nothing wrong.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    thought: str = ""
    problem: str = ""


def read_written(text: str, *, anywhere: bool = False) -> Written:
    """What a model's text says: its thought, its text, its calls.

    Args:
        anywhere: whether a call in a block of code, in another tag or alone is one too; else it is a problem. It is no
            answer in any case.

    ``read_written('<tool_call>{"name": "web_search", "arguments": {}}</tool_call>').calls[0].tool == "web_search"``
    """
    thought, closed, rest = text.rpartition("</think>")
    if not closed and "<think>" in text:
        return Written("", thought=text.partition("<think>")[2].strip(), problem="思考没有结束")
    thought = thought.rpartition("<think>")[2].strip("\n")
    calls = [_call_of(body) for body in _CALL.findall(rest)]
    said = _CALL.sub("", rest).strip()
    if not calls and (found := _misplaced(said)):
        if not anywhere or not all(found):
            return Written("", thought=thought, problem="工具调用没有写在 tool_call 标签里")
        calls, said = found, _ELSEWHERE.sub("", said).strip()
    if not all(calls):
        return Written("", thought=thought, problem='工具调用不是 {"name": …, "arguments": {…}} 形式的 JSON')
    return Written(said, tuple(ToolCall(call["name"], call.get("arguments", {})) for call in calls if call), thought)


def _misplaced(said: str) -> list[dict[str, Any] | None]:
    """Calls elsewhere; None for a tag that holds none. Other braces and blocks of code are an answer's own."""
    found = []
    for fenced, tagged, bare in _ELSEWHERE.findall(said):
        call = _call_of(fenced or tagged or bare)
        if (call and "arguments" in call) or not (fenced or bare):
            found.append(call)
    return found


def _call_of(body: str) -> dict[str, Any] | None:
    """A call's JSON; None: it is none."""
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return call if isinstance(call, dict) and isinstance(call.get("name"), str) else None


def without_control(text: str) -> str:
    """A user's or a tool's text for a server that reads control tokens wherever they stand: their brackets widened."""
    return _SPLIT.sub(lambda found: found[0].replace("<", "＜") if found[0] in _CONTROL else found[0], text)


def response_text(results: Iterable[str]) -> str:
    """Results as the content of one message, for a server that renders the template itself."""
    return "\n".join(f"<tool_response>\n{without_control(text)}\n</tool_response>" for text in results)


class Foreign(str):
    """Text of a user or a tool: no control token in it is one."""


class ChatCodec:
    """Between text and the ids of a Qwen3 vocabulary.

    Args:
        thinking: whether a prompt leaves room for a thought, or closes an empty one as ``enable_thinking=False`` does.

    Raises:
        InputError: the vocabulary lacks one of the template's control tokens.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, *, language: Language = "zh", thinking: bool = True):
        self.tokenizer, self.language, self.thinking = tokenizer, language, thinking
        vocabulary = tokenizer.get_added_vocab()
        if missing := [token for token in _CONTROL if token not in vocabulary]:
            raise InputError(
                f"{tokenizer.name_or_path}: no token {missing[0]}; the chat template of Qwen3 needs "
                f"{' '.join(_CONTROL)}: give a Qwen3 vocabulary"
            )
        self.control = {token: vocabulary[token] for token in _CONTROL}
        self.end = self.control[END]
        plain = json.loads(tokenizer.backend_tokenizer.to_str())
        plain["added_tokens"] = []
        self._plain = Tokenizer.from_str(json.dumps(plain))

    def encode(self, *parts: str) -> list[int]:
        """Ids of texts one behind the other, control tokens found in all but ``Foreign`` ones."""
        ids: list[int] = []
        pending = ""
        for part in parts:
            for piece in (part,) if isinstance(part, Foreign) else _SPLIT.split(part):
                if isinstance(part, Foreign) or piece not in self.control:
                    pending += piece
                    continue
                ids += [*self._text(pending), self.control[piece]]
                pending = ""
        return ids + self._text(pending)

    def _text(self, text: str) -> list[int]:
        return self._plain.encode(text, add_special_tokens=False).ids if text else []

    def read(self, ids: Sequence[int]) -> Written:
        """What a model's ids say."""
        return read_written(self.tokenizer.decode(ids, skip_special_tokens=False).split(END)[0])

    def without_thought(self, ids: Sequence[int]) -> list[int]:
        """The ids behind a thought and the empty line that ends it."""
        close = self.control["</think>"]
        if close not in ids:
            return list(ids)
        rest = list(ids[len(ids) - list(ids)[::-1].index(close) :])
        return rest[1:] if rest and self.tokenizer.decode(rest[:1]).strip("\n") == "" else rest


@dataclass(slots=True)
class _Message:
    role: str  # user, results, assistant
    ids: list[int]
    bare: list[int]  # of the assistant's: without the thought
    thought: bool = False


class Conversation:
    """A conversation that grows message by message.

    Args:
        briefing: what the system prompt says before the tools.
    """

    def __init__(self, codec: ChatCodec, briefing: str):
        self.codec = codec
        self._head = codec.encode(f"{START}system\n{system_text(briefing, codec.language)}{END}\n")
        self._messages: list[_Message] = []

    def user(self, text: str) -> None:
        self._add("user", self.codec.encode(f"{START}user\n", Foreign(text), f"{END}\n"))

    def results(self, texts: Iterable[str]) -> None:
        """Results of the calls of the last message, in their order."""
        parts = [part for text in texts for part in ("\n<tool_response>\n", Foreign(text), "\n</tool_response>")]
        self._add("results", self.codec.encode(f"{START}user", *parts, f"{END}\n"))

    def wrote(self, ids: Sequence[int]) -> Written:
        """What a model wrote behind the prompt, its end token with it or not."""
        ids = list(ids)
        written = self.codec.read(ids)
        if not ids or ids[-1] != self.codec.end:
            ids.append(self.codec.end)
        message = _Message("assistant", ids, self.codec.without_thought(ids), bool(written.thought))
        self._messages.append(message)
        return written

    def _add(self, role: str, ids: list[int]) -> None:
        self._messages.append(_Message(role, ids, ids))

    def prompt(self) -> list[int]:
        """The ids behind which a model writes."""
        asked = max((place for place, each in enumerate(self._messages) if each.role == "user"), default=-1)
        ids = list(self._head)
        for place, message in enumerate(self._messages):
            if message.role != "assistant":
                ids += message.ids
                continue
            kept = message.ids if place > asked and message.thought else message.bare
            ids += [*self._opening(), *kept, *self.codec.encode("\n")]
        return [*ids, *self._opening(), *(() if self.codec.thinking else self.codec.encode(_NO_THOUGHT))]

    def _opening(self) -> list[int]:
        return self.codec.encode(f"{START}assistant\n")
