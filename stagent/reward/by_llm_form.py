"""What a language model is asked about a trajectory, and what its answer must be: one JSON object.

{"hallucinations": [{"quote": "营业到 23:00", "why": "结果里是 21:00"}],
 "planning": {"quote": "…", "reason": "…", "score": 4}, "fidelity": {…}, "presentation": {…}}

Every quote must stand in an answer of the trajectory, so that a judgement can be looked up, and evidence comes before
the number. The rubric is ours.
"""

import json
import unicodedata
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from gplan.llm.asking import Message
from stagent.queries.interview import UnusableAnswer
from stagent.queries.trajectory import CallStep, Trajectory, UserStep
from stagent.reward.score import DIMENSIONS

BEST = 5  # scores are whole numbers from 1
_LONGEST_RESULT, _LONGEST_ANSWER, _LONGEST = 2500, 6000, 60_000  # characters that are shown
_SHORTEST_QUOTE = 2
# The rubric says 5 and 2 as these constants do.

SYSTEM = (Path(__file__).parent / "by_llm_prompt.txt").read_text(encoding="utf-8").rstrip()

_PART = {
    "type": "object",
    "properties": {
        "quote": {"type": "string"},
        "reason": {"type": "string"},
        "score": {"type": "integer", "minimum": 1, "maximum": BEST},
    },
    "required": ["quote", "reason", "score"],
    "additionalProperties": False,
}
_LIE = {
    "type": "object",
    "properties": {"quote": {"type": "string"}, "why": {"type": "string"}},
    "required": ["quote", "why"],
    "additionalProperties": False,
}
_SCHEMA = {
    "type": "object",
    "properties": {"hallucinations": {"type": "array", "items": _LIE}} | dict.fromkeys(DIMENSIONS, _PART),
    "required": ["hallucinations", *DIMENSIONS],
    "additionalProperties": False,
}


class DimensionMark(NamedTuple):
    """One dimension's score, 1 to ``BEST``, and what was said for it."""

    score: int
    quote: str
    reason: str


class Opinion(NamedTuple):
    """What a model says of a trajectory; ``invented``: (quote, why) of each hallucination."""

    marks: dict[str, DimensionMark]
    invented: tuple[tuple[str, str], ...]


class TrajectoryForm:
    """A trajectory -> ``Opinion``."""

    name = "trajectory 1"
    dispensable: ClassVar[dict[str, object]] = {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "opinion", "strict": True, "schema": _SCHEMA},
        }
    }

    def chat(self, trajectory: Trajectory) -> list[Message]:
        return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": shown(trajectory)}]

    def read(self, trajectory: Trajectory, text: str) -> Opinion:
        return read_opinion(text, [answer.text for answer in trajectory.answers()])


def shown(trajectory: Trajectory) -> str:
    """A trajectory as the model reads it: what is known, the dialogue, and whether the task can be solved."""
    task = trajectory.task
    lines = []
    for number, step in enumerate(trajectory.steps, 1):
        if isinstance(step, UserStep):
            lines.append(f"[{number}] 用户：{step.text}")
        elif isinstance(step, CallStep):
            arguments = json.dumps(step.arguments, ensure_ascii=False)
            lines.append(f"[{number}] 调用：{step.tool} {arguments}\n结果：{_middle_cut(step.text, _LONGEST_RESULT)}")
        else:
            lines.append(f"[{number}] 回答：{_middle_cut(step.text, _LONGEST_ANSWER)}")
    dialogue = _middle_cut("\n".join(lines), _LONGEST).replace("</", "＜/")  # nobody inside ends the material
    solvable = f"无法解决（{task.unsolvable}）" if task.unsolvable else "能解决"
    return f"任务：{solvable}\n上下文：{task.context.text()}\n<dialogue>\n{dialogue}\n</dialogue>"


def _middle_cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}…（略去 {len(text) - 2 * half} 字）…{text[-half:]}"


def read_opinion(text: str, answers: list[str]) -> Opinion:
    """What an answer says about a trajectory with these answers.

    Raises:
        UnusableAnswer: ``answer.json``, ``answer.shape``, ``answer.score``, ``answer.quote`` (not in any answer),
            ``answer.veto`` (hallucinations, but fidelity isn't 1).
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableAnswer("answer.json", f"不是 JSON（{error!s:.80}）") from None
    if not isinstance(found, dict) or found.keys() != {"hallucinations", *DIMENSIONS}:
        raise UnusableAnswer("answer.shape", f"应为对象，恰好有 hallucinations、{'、'.join(DIMENSIONS)} 几项")
    if not isinstance(found["hallucinations"], list):
        raise UnusableAnswer("answer.shape", "hallucinations 应为列表")
    said = [_plain(answer) for answer in answers]
    invented = []
    for each in found["hallucinations"]:
        if not isinstance(each, dict) or each.keys() != {"quote", "why"}:
            raise UnusableAnswer("answer.shape", "hallucinations 的每一项应恰好有 quote 和 why")
        invented.append((_quoted("hallucinations", each["quote"], said), _sentence("why", each["why"])))
    marks = {name: _mark(name, found[name], said) for name in DIMENSIONS}
    if invented and marks["fidelity"].score != 1:
        raise UnusableAnswer("answer.veto", f"列出了幻觉，fidelity 应为 1，收到 {marks['fidelity'].score}")
    return Opinion(marks, tuple(invented))


def _mark(name: str, part: Any, said: list[str]) -> DimensionMark:
    if not isinstance(part, dict) or part.keys() != {"quote", "reason", "score"}:
        raise UnusableAnswer("answer.shape", f"{name} 应恰好有 quote、reason、score")
    score = part["score"]
    if type(score) is not int or not 1 <= score <= BEST:
        raise UnusableAnswer("answer.score", f"{name} 的 score 应为 1 至 {BEST} 的整数，收到 {json.dumps(score)[:40]}")
    return DimensionMark(score, _quoted(name, part["quote"], said), _sentence(f"{name}.reason", part["reason"]))


def _quoted(name: str, quote: Any, said: list[str]) -> str:
    if not isinstance(quote, str) or len(_plain(quote)) < _SHORTEST_QUOTE:
        raise UnusableAnswer("answer.quote", f"{name} 的 quote 要抄一段回答，至少 {_SHORTEST_QUOTE} 个字")
    if not any(_plain(quote) in answer for answer in said):
        raise UnusableAnswer("answer.quote", f"{name} 的 quote “{quote[:60]}”不在任何一个回答里；请一字不差地抄")
    return quote


def _sentence(name: str, text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise UnusableAnswer("answer.shape", f"{name} 要写一句话")
    return " ".join(text.split())[:300]


def _plain(text: str) -> str:
    """As quotes are compared: NFKC, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split())
