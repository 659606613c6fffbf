"""The three dimensions, each in [0, 1] with its reasons: planning, fidelity, presentation.

planning      = predicates met × what calls lack: needed tools uncalled, wrong and repeated ones, made-up arguments
fidelity      = claims with a witness × required facts told, at most .5 where a tool said that it is unavailable
presentation  = 1 − what disturbs: length, language, raw results, the question repeated, sentences twice, no next step
"""

import json
import re
from collections import Counter
from collections.abc import Sequence

from stagent.queries.task import Task
from stagent.queries.trajectory import CallStep
from stagent.reward.score import Dimension, Judged, JudgedClaim

LONGEST = 20_000  # characters of an answer that are read: beyond it nobody reads it either
_FACTS = ("names", "value", "text", "sequence", "verdict", "choice")
_NEXT = re.compile(
    r"需要的话|要不要|如需|需要我|可以(?:再|继续|帮|为)|我(?:可以|能|再|来)|随时|告诉我|还可以|建议|记得|祝|欢迎|要是|如果|请|出发前|提前|[?？]\s*$"
    r"|let me know|would you|if you|i can"
)
_RAW = re.compile(
    r"[{}\[\]]\s*\"|\"\s*:|_(?:m|s|yuan|c|percent|now|today)\b|items|编号[:：]|引文，不是指令|来源：|<tool|https?://|\b[a-z]+\d{5}\b"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LETTER = re.compile(r"[a-z]")


def planning(
    task: Task,
    predicates: Sequence[Judged],
    calls: Sequence[CallStep],
    arguments: Sequence[str],
    recovered: bool | None,
) -> Dimension:
    """How well the way to the answer was thought out.

    Args:
        arguments: what calls were given that nobody had said.
        recovered: after an empty result something else was tried; None: there was none.
    """
    reasons = []
    met = sum(judged.met for judged in predicates)
    score = met / len(predicates) if predicates else 1.0
    if predicates:
        reasons.append(f"{met}/{len(predicates)} 项要求得到满足")
    needed = Counter(task.chain)
    made = Counter(call.tool for call in calls if call.outcome in ("found", "empty", "unavailable"))
    if needed:
        share = sum((needed & made).values()) / sum(needed.values())
        tools = len(needed.keys() & made.keys()) / len(needed)
        if share < 1:
            score *= 0.3 + 0.7 * max(share, 0.8 * tools)
            reasons.append(f"需要 {sum(needed.values())} 次调用，做了其中 {sum((needed & made).values())} 次")
    extra = len(calls) - sum(needed.values()) - (2 if recovered else 0)
    if extra > 1:
        score *= max(0.7, 1 - 0.05 * (extra - 1))
        reasons.append(f"多调用了 {extra} 次")
    wrong = sum(call.outcome in ("error", "failed") for call in calls)
    if wrong:
        score *= max(0.5, 1 - 0.1 * wrong)
        reasons.append(f"{wrong} 次调用有误")
    same = 0
    if len(calls) > 1:
        same = len(calls) - len(
            {(call.tool, json.dumps(call.arguments, sort_keys=True, default=str)) for call in calls}
        )
    if same:
        score *= max(0.7, 1 - 0.1 * same)
        reasons.append(f"{same} 次调用与之前相同")
    if arguments:
        score *= max(0.4, 1 - 0.2 * len(arguments))
        reasons += arguments[:3]
    if recovered is False:
        score *= 0.9
        reasons.append("没有结果后没有换一种方式再找")
    elif recovered:
        reasons.append("没有结果后换了一种方式")
    return Dimension(round(score, 4), tuple(reasons))


def fidelity(
    task: Task, predicates: Sequence[Judged], claims: Sequence[JudgedClaim], unread: int, hedged: bool, called: bool
) -> Dimension:
    """How much of what is said is supported, and how much of what must be said is.

    Args:
        unread: runs of letters that nobody here can read.
        hedged: unsupported claims were left standing because a tool said that it is unavailable.
    """
    reasons = []
    held = sum(claim.holds for claim in claims)
    total = len(claims) + unread
    share = held / total if total else 1.0
    if total:
        reasons.append(f"{held}/{total} 项说法有依据")
    wanted = [judged for judged in predicates if judged.predicate["kind"] in _FACTS]
    told = 1.0
    if wanted:
        told = sum(judged.met for judged in wanted) / len(wanted)
        reasons.append(f"{sum(judged.met for judged in wanted)}/{len(wanted)} 项必要信息已说到")
    elif predicates:
        told = sum(judged.met for judged in predicates) / len(predicates)
    score = share * told
    if task.chain and not task.unsolvable and not called:
        score *= 0.3
        reasons.append("没有查询任何工具")
    if hedged:
        score = min(score, 0.5)
        reasons.append("工具不可用，只是推测")
    return Dimension(round(score, 4), tuple(reasons))


def presentation(questions: Sequence[str], answers: Sequence[str], predicates: Sequence[Judged]) -> Dimension:
    """How well it reads: the lowest of the answers counts.

    Args:
        questions: what the user said before each answer; answers: plain texts.
    """
    if not answers:
        return Dimension(0.0, ("没有回答",))
    worst, reasons = 1.0, []
    for number, answer in enumerate(answers):
        question = questions[number] if number < len(questions) else ""
        score, why = _presented(question, answer, number == len(answers) - 1)
        if score < worst:
            worst, reasons = score, why
    if predicates and not any(judged.met for judged in predicates):
        worst *= 0.5
        reasons.append("没有回答所问")
    return Dimension(round(worst, 4), tuple(reasons))


def _presented(question: str, answer: str, last: bool) -> tuple[float, list[str]]:
    text = answer.strip()
    if not text:
        return 0.0, ["空白回答"]
    letters = len(_HAN.findall(text)) + len(_LETTER.findall(text))
    if letters < 2 or (letters < 0.3 * len(text.replace(" ", "")) and len(text) > 40):
        return 0.0, ["读不懂"]
    score, reasons = 1.0, []

    def less(by: float, why: str) -> None:
        nonlocal score
        score -= by
        reasons.append(why)

    if len(text) > 1500:
        less(0.6, f"太长：{len(text)} 字")
    elif len(text) > 700:
        less(0.25, f"偏长：{len(text)} 字")
    if bool(_HAN.search(question)) and len(_HAN.findall(text)) < 0.25 * letters and not text.startswith("[unsolved]"):
        less(0.4, "语言与用户不同")
    if _RAW.search(text.removeprefix("[unsolved]")):
        less(0.4, "含有原始数据")
    if question and len(question) > 6 and question.strip("？?。 ") in text:
        less(0.4, "重复了问题")
    sentences = [part.strip() for part in re.split(r"[。！？!?\n]", text) if len(part.strip()) > 7]
    if len(set(sentences)) < len(sentences):
        less(0.3, "同一句话说了两遍")
    if last and not _NEXT.search(text):
        less(0.1, "没有说接下来可以做什么")
    return max(0.0, score), reasons


def focused(answer: str, named: int, claims: int, results: Sequence[str], empty: int) -> bool:
    """Whether a text is an answer rather than what results say, copied or listed.

    Args:
        named: different places and rides in it; claims: values; empty: sentences with neither.
    """
    if len(answer) > 2500 or named > 25 or claims > 90:
        return False
    if len(answer) < 120:
        return True
    sentences = [part.strip() for part in re.split(r"[。；！？!?\n]", answer) if len(part.strip()) > 4]
    if len(sentences) > 5 and (len(set(sentences)) < 0.6 * len(sentences) or empty > 0.6 * len(sentences)):
        return False
    if len(answer) < 250:
        return True  # a rule may be quoted
    size = 16
    tight = answer.replace(" ", "")
    chunks = [tight[at : at + size] for at in range(0, len(tight) - size, size)]
    copied = sum(any(chunk in text for text in results) for chunk in chunks)
    return copied < 0.5 * len(chunks)
