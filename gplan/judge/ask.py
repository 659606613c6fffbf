"""One question to a model: an axis' rubric first, then the scene, the plan last, so that prefixes can be cached.

    system   the axis, its kinds of evidence, the form of the answer
    user     the scene (st: the row in words), then the plan

An answer is JSON, evidence before the number:

    {"evidence": [{"intent": 1, "fact": "同城未到，打车去订单地", "sign": "+"}], "score": 4}
"""

import json
import re
from functools import cache
from typing import NamedTuple

from gplan.judge.judge import Item
from gplan.judge.rubric import AXES, KINDS, VERSION, Evidence
from gplan.judge.words import scene, shown_plan
from gplan.llm.asking import Message
from gplan.llm.journal import digest

TITLES = {"flow": "衔接（先后顺序）", "logic": "逻辑（工具与参数）", "st": "时空（此时此地是否合适，不看先后）"}
# Asked for, since what a model writes is what it costs; more is read all the same.
_MOST_EVIDENCE, _LONGEST_FACT = 4, 30
_SHOWN_FACT = 200
_THINK = re.compile(r"<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```(?:json)?\s*(.*?)\s*```\Z", re.DOTALL)

# Of the answer, for endpoints that take one; what is asked for in words says the same.
SCHEMA = {
    "type": "object",
    "properties": {
        "evidence": {
            "type": "array",
            "maxItems": _MOST_EVIDENCE,
            "items": {
                "type": "object",
                "properties": {
                    "intent": {"type": "integer", "minimum": 1, "maximum": 9},
                    "fact": {"type": "string", "maxLength": _LONGEST_FACT},
                    "sign": {"type": "string", "enum": ["+", "-"]},
                },
                "required": ["intent", "fact", "sign"],
                "additionalProperties": False,
            },
        },
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["evidence", "score"],
    "additionalProperties": False,
}
RESPONSE_FORMAT = {"type": "json_schema", "json_schema": {"name": "judgement", "strict": True, "schema": SCHEMA}}


class Question(NamedTuple):
    """What is asked about a plan on one axis: all that the answer may depend on."""

    axis: str
    scene: str
    plan: str
    numbers: tuple[int, ...]  # of the intents that are shown, in the plan, from 1

    @property
    def source(self) -> str:
        """A digest of what is judged."""
        return digest([self.axis, self.scene, self.plan])


class AnswerError(ValueError):
    """An answer that is no score; ``reason`` is a name to count by."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def question(item: Item, axis: str) -> Question:
    plan, numbers = shown_plan(axis, item.plan)
    return Question(axis, scene(axis, item.row), plan, tuple(numbers))


@cache
def rubric_text(axis: str) -> str:
    """The system message of an axis."""
    kinds = [kind for kind in KINDS if kind.axis == axis]
    good = "\n".join(f"+ {kind.words}" for kind in kinds if kind.sign > 0)
    bad = "\n".join(f"- {kind.words}{'（使计划不可行）' if kind.impossible else ''}" for kind in kinds if kind.sign < 0)
    return f"""你是地图应用服务计划的评审。计划是一列意图，供用户在首页依次使用。你只评一个方面：{TITLES[axis]}。

打分：3分＝稳妥而一般，没有亮点也没有失误，多数计划如此；4分＝有一类亮点且无失误；5分＝有两类以上亮点且无失误；\
2分＝有一处失误；1分＝有多处失误，或有一处使计划不可行。

亮点：
{good}
失误：
{bad}

先找证据再打分。只输出一个JSON对象，写在一行，不写别的字：
{{"evidence":[{{"intent":意图序号,"fact":"简短事实","sign":"+"或"-"}}],"score":1至5的整数}}
证据至多{_MOST_EVIDENCE}条，每条事实不超过{_LONGEST_FACT}字。没有证据时evidence为空列表，score为3。高于3分必须有"+"证据，低于3分必须有"-"证据，intent只能是计划里有的序号。"""


@cache
def rubric_digest(axis: str) -> str:
    return digest([VERSION, rubric_text(axis)])


def messages(one: Question) -> list[Message]:
    """The chat of a question."""
    asked = f"{one.scene}\n计划：\n{one.plan}" if one.scene else f"计划：\n{one.plan}"
    return [{"role": "system", "content": rubric_text(one.axis)}, {"role": "user", "content": asked}]


def correction(chat: list[Message], answer: str, reason: str, message: str) -> list[Message]:
    """The same chat with the refused answer and its error, for the one retry."""
    wrong = f"上面的回答不能使用（{reason}）：{message}\n请重新回答，只输出一个JSON对象。"
    return [
        *chat,
        {"role": "assistant", "content": answer.strip()[:1000] or "（空）"},
        {"role": "user", "content": wrong},
    ]


def read_answer(one: Question, text: str, finish: str = "") -> tuple[int, tuple[Evidence, ...]]:
    """The score of an answer, and its evidence, whose intents are numbered as in the plan.

    ``<think>…</think>`` and a code fence around the JSON are not looked at. An answer about all axes, in any order, is
    read for the one that was asked: ``{"st": {…}, "flow": {…}, "logic": {…}}``.

    Raises:
        AnswerError: anything else: ``answer.cut``, ``answer.empty``, ``answer.json``, ``answer.shape``,
            ``answer.score`` (no whole number from 1 to 5), ``answer.intent`` (evidence for an intent that is not
            there), ``answer.evidence`` (a score above 3 with nothing for it, or below 3 with nothing against it).
    """
    said = _THINK.sub("", text).strip()
    said = _FENCE.sub(r"\1", said)
    if not said:
        raise AnswerError("answer.empty", "there is no answer")
    try:
        found = json.loads(said)
    except (ValueError, RecursionError) as error:
        if finish == "length":
            raise AnswerError("answer.cut", "the answer was cut off; be shorter, or give --max_answer_tokens") from None
        raise AnswerError("answer.json", f"not JSON ({error!s:.80})") from None
    if isinstance(found, dict) and found.keys() <= set(AXES) and isinstance(found.get(one.axis), dict):
        found = found[one.axis]
    if not isinstance(found, dict) or found.keys() != {"evidence", "score"} or not isinstance(found["evidence"], list):
        raise AnswerError("answer.shape", "not an object with evidence, a list, and score alone")
    score = found["score"]
    if type(score) is float and score.is_integer():
        score = int(score)
    if type(score) is not int or not 1 <= score <= 5:
        raise AnswerError(
            "answer.score", f"score is {json.dumps(found['score'])[:40]}; give a whole number from 1 to 5"
        )
    evidence = tuple(_evidence(one, each) for each in found["evidence"])
    for above, sign, word in ((score > 3, 1, "+"), (score < 3, -1, "-")):
        if above and not any(each.sign == sign for each in evidence):
            raise AnswerError("answer.evidence", f'score {score} without evidence of sign "{word}"')
    return score, evidence


def _evidence(one: Question, each: object) -> Evidence:
    if not isinstance(each, dict) or each.keys() != {"intent", "fact", "sign"}:
        raise AnswerError("answer.shape", "evidence is not objects with intent, fact and sign alone")
    number, fact, sign = each["intent"], each["fact"], each["sign"]
    if sign not in ("+", "-") or not isinstance(fact, str) or not fact.strip():
        raise AnswerError("answer.shape", 'evidence needs a fact in words, and the sign "+" or "-"')
    if type(number) is not int or not 1 <= number <= len(one.numbers):
        shown = json.dumps(number)[:40]
        raise AnswerError("answer.intent", f"evidence for intent {shown}; the plan has 1 to {len(one.numbers)}")
    return Evidence(one.numbers[number - 1], " ".join(fact.split())[:_SHOWN_FACT], 1 if sign == "+" else -1)
