"""The teacher's prompt for a row: instructions, examples out of the seeds, the request, and what was wrong before.

    system      the planner's own prompt (library, rules) and how to write the reasoning
    user        seed 4's request    ┐
    assistant   seed 4's answer     ├ few-shot examples, the most similar one last
    …                               ┘
    user        the row's request, with its plan where it has one
    assistant   the rejected answer ┐ on the one retry
    user        what is wrong in it ┘

Deterministic: the same row and seeds give the same messages, so that a journal knows a request again.
"""

import numpy as np

from data_process.intents import Plan, all_intents, canonical, render_plan
from data_process.prompts import PROMPT_STYLES
from data_process.response import CLOSE, OPEN, parse_label
from data_process.schema import LABEL, Row
from data_process.situation import situation
from gplan.llm.asking import Message
from gplan.synthesis.rules.checks import MAX_REASONING, label_text
from gplan.synthesis.rules.rule_teacher import comparisons
from gplan.synthesis.rules.wording import COUNT_WORDS, action
from gplan.synthesis.seeds.seed_file import Seed
from gplan.synthesis.triggers import triggers_of

# How much it counts that two requests agree: first what decides in a row (the specification of the data lists it).
_WEIGHTS = {
    "order": 3.0,
    "at_order": 3.0,
    "in_order_city": 2.0,
    "start": 2.0,
    "place": 2.0,
    "in_home_city": 1.0,
    "end": 1.0,
    "day_part": 1.0,
    "last_phase": 0.5,
    "weekend": 0.5,
}
_SAME_TRIGGER = 3.0
# What an example loses for a plan like that of one already chosen: as much as a deciding comparison.
_SAME_PLAN = 3.0
_SHOWN_ANSWER = 4_000  # characters of a rejected answer that are shown again

_RULES = f"""

五、你的任务
你是示范者：为每个请求写出思考和计划，供小模型学习。
1. 格式为{OPEN}<CONTEXT>…</CONTEXT><STRATEGY>…</STRATEGY><STEP_1>…</STEP_1>…<STEP_n>…</STEP_n>{CLOSE}，\
n等于意图数，各块依次出现一次，块外不写字。
2. CONTEXT写与决策有关的情境：时段、所在地点、与订单地点和城市的关系、订单所处阶段、偏好；STRATEGY写总体安排；\
STEP_i只说明第i个意图为什么在这里。
3. 用中文，每块一两句，总共不超过{MAX_REASONING // 2}字。
4. 只说请求里有的事实：不得编造地点编号、城市、时间或行为；【已核对】的比较是对的，照用，不改。
5. 若请求给出【已定计划】，计划不可更改，STEP_i只说其中第i步：只写{OPEN}…{CLOSE}，忠实解释该计划，随后什么也不写。\
否则在{CLOSE}后直接写计划的JSON数组。"""


class Examples:
    """The seeds, read once: ``Examples(seeds).choose(row, 4)`` -> four of them. S seeds, F features, I intents."""

    def __init__(self, seeds: list[Seed]) -> None:
        self._seeds = seeds
        self._codes: dict[tuple[str, object], int] = {}
        self._features_SF = np.array([self._coded(seed.row) for seed in seeds])
        self._triggers_S = np.array([seed.trigger for seed in seeds])
        known = {render_plan([one]): i for i, one in enumerate(all_intents())}
        self._plans_SI = np.zeros((len(seeds), len(known)), dtype=int)
        for seed, plan_I in zip(seeds, self._plans_SI, strict=True):
            plan_I[[known[render_plan([one])] for one in canonical(parse_label(seed.row[LABEL]).plan)]] = 1

    def choose(self, row: Row, count: int) -> list[Seed]:
        """``count`` seeds: similar to the row, unlike each other in their plans; the most similar one last.

        Where there are no more than that, all of them in the file's order: every prompt begins alike then, and an
        endpoint that caches prompts by their beginnings reads the examples once.
        """
        if count >= len(self._seeds):
            return list(self._seeds)
        if not count:
            return []
        alike_S = (self._features_SF == self._coded(row)) @ np.array(list(_WEIGHTS.values()))
        alike_S = alike_S + _SAME_TRIGGER * np.isin(self._triggers_S, [kind for kind, _ in triggers_of(row)])
        overlap_S, chosen = np.zeros(len(self._seeds)), []
        for _ in range(count):
            score_S = alike_S - _SAME_PLAN * overlap_S
            score_S[chosen] = -np.inf
            best = int(score_S.argmax())  # the first of equals: seeds keep the order of their file
            chosen.append(best)
            overlap_S = np.maximum(overlap_S, self._overlap(best))
        return [self._seeds[i] for i in sorted(chosen, key=lambda i: alike_S[i])]

    def _coded(self, row: Row) -> list[int]:
        """A row's features as numbers, equal for equal values."""
        return [self._codes.setdefault(one, len(self._codes)) for one in _features(row).items()]

    def _overlap(self, i: int) -> np.ndarray:
        """The share of intents that each seed's plan has in common with seed i's: 0 to 1."""
        common_S = self._plans_SI @ self._plans_SI[i]
        sizes_S = self._plans_SI.sum(axis=1)
        return common_S / (sizes_S + sizes_S[i] - common_S)


def messages(row: Row, plan: Plan | None, examples: list[Seed]) -> list[Message]:
    """The chat for a row: ``plan`` is its own, to be explained, or None where the teacher plans."""
    style = PROMPT_STYLES["full"]
    chat = [{"role": "system", "content": style.system + _RULES}]
    for seed in examples:
        label = parse_label(seed.row[LABEL])
        answer = label_text(label)
        if plan is not None:
            answer = answer[: answer.rindex(CLOSE) + len(CLOSE)]
        chat.append({"role": "user", "content": _request(seed.row, label.plan if plan is not None else None)})
        chat.append({"role": "assistant", "content": answer})
    chat.append({"role": "user", "content": _request(row, plan)})
    return chat


def correction(chat: list[Message], answer: str, reason: str, message: str) -> list[Message]:
    """The same chat with the rejected answer and its error, for the one retry."""
    # An endpoint may refuse a message without text, and a page of nonsense is no use to anyone.
    shown = answer.strip()[:_SHOWN_ANSWER] or "（空）"
    wrong = (
        f"上面的回答不能使用（{reason}）：{message}\n请对照请求改正错处，不要重复上面的回答，按要求重新写出完整的回答。"
    )
    return [*chat, {"role": "assistant", "content": shown}, {"role": "user", "content": wrong}]


def _request(row: Row, plan: Plan | None) -> str:
    # What a small model can't work out from ids and times, and what the student's labels say in one wording each.
    request = f"{PROMPT_STYLES['full'].user(row)}\n【已核对】\n{comparisons(row) or '无'}"
    if plan is None:
        return request
    # In words too: a small model that reads only the array explains the plan of the example above it.
    steps = "\n".join(f"STEP_{i}：{action(one)}" for i, one in enumerate(plan, start=1))
    return f"{request}\n【已定计划】共{COUNT_WORDS[len(plan)]}步\n{steps}\n{render_plan(plan)}"


def _features(row: Row) -> dict[str, object]:
    """What is compared, in the order of ``_WEIGHTS``."""
    now = situation(row)
    when = {"start": _when(now.hours_to_start), "end": _when(now.hours_to_end)}
    return {name: when[name] if name in when else getattr(now, name) for name in _WEIGHTS}


def _when(hours: float | None) -> str:
    """``_when(-30) == "past"``, ``_when(-2) == "just"``, ``_when(5) == "soon"``, ``_when(None) == ""``."""
    if hours is None:
        return ""
    return "past" if hours < -12 else "just" if hours < 0 else "soon" if hours < 12 else "later"
