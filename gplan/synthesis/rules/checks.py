"""Whether a teacher's answer to a row may be trained on: pure, and the same for every teacher.

    check_answer(row, "<THOUGHT>…</THOUGHT>[…]")          # a row without a plan: reasoning and plan
    check_answer(row, "<THOUGHT>…</THOUGHT>", plan)       # a row with one: the reasoning alone, or the same plan

First the form (wrappers, block order, step count), then the rule filter, then what the reasoning says: its language,
that each step speaks of its own intent, that it names no POI, city or time that the row does not hold, and that no
clause with one meaning contradicts row or plan.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterator

from data_process.intents import TAG, TAG_ALIASES, TOOL_KEY, Plan, all_intents, canonical, render_plan
from data_process.response import CLOSE, OPEN, Label, LabelError, label_of, parse_response, render_label
from data_process.rule_filter import check_plan
from data_process.schema import Row
from gplan.synthesis.rules.contradicted import contradicted
from gplan.synthesis.rules.invented import invented
from gplan.synthesis.rules.wording import action

MAX_ANSWER = 20_000  # characters; a label has about 700
# With the longest real prompt (2,009 tokens) and plan (104), 447 of the 2,560 tokens are left: about 650 characters
# of Chinese. The mean prompt leaves 1,100; what is beyond that would be refused as too long in most rows.
MAX_REASONING = 1_100
_CHINESE_SHARE = 0.5  # of a block's letters, ids left out

# Some chat templates open the thinking themselves, and the answer begins with what closes it.
_THINKING = re.compile(r"\A(?:\s*<(?:\w+:)?think(?:ing)?>)?.*?</(?:\w+:)?think(?:ing)?>", re.DOTALL)
_FENCE = re.compile(r"\A\s*```[a-zA-Z]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_ID = re.compile(r"(?:pf|p|act|tool)_\d+")
_MARKUP = re.compile(r"<[|/]?[A-Za-z_][^<>]*>")
# A small model that runs in circles says a clause again and again; a shorter one may be an enumeration.
_CLAUSE = 4  # characters
_CLAUSE_END = re.compile(r"[，。；、,;.!！？?\s]+")
_ALIASES = {word: tag for tag, words in TAG_ALIASES.items() for word in words}

# Words by which a step is known to speak of an intent: a step that has none of its own but one of another tool's
# is out of place. A step with neither may be well said in other words.
_TOOL_WORDS = {
    "tool_1": ("打车", "叫车", "网约车", "出租车", "专车", "用车"),
    "tool_2": ("导航", "驾车", "自驾", "开车", "路线", "驶"),
    "tool_3": ("长途", "火车", "高铁", "机票", "航班", "车票", "跨城"),
    "tool_4": ("公交", "地铁", "公共交通"),
    "tool_6": ("到店", "门店", "店铺", "展示"),
    "tool_8": ("提醒", "订单"),
    "tool_9": ("天气", "气温", "降雨"),
    "tool_10": ("评价", "点评", "反馈"),
}
_TAG_WORDS = {
    "美食": ("美食", "餐", "吃", "饭", "夜宵", "小吃", "咖啡"),
    "购物": ("购物", "商场", "超市", "便利店", "采买", "买"),
    "酒店": ("酒店", "住宿", "宾馆", "落脚", "入住", "休息"),
    "景点": ("景点", "游玩", "游览", "景区", "公园", "观光"),
    "休闲娱乐": ("休闲", "娱乐", "消遣", "放松", "KTV", "酒吧", "电影"),
    "运动健身": ("运动", "健身", "锻炼"),
    "丽人": ("丽人", "美容", "美发", "美甲", "打理"),
    "加油站": ("加油", "油站", "补给"),
    "充电站": ("充电", "补能"),
    "停车场": ("停车", "泊车"),
}

_ACTIONS: dict[str, list[str]] = {}
for _intent in all_intents():
    _ACTIONS.setdefault(_intent[TOOL_KEY], []).append(action(_intent))


def check_answer(row: Row, text: str, plan: Plan | None = None) -> Label:
    """The label that an answer gives its row: blocks, and the plan (``plan`` itself where the row has one).

    Raises:
        LabelError: the answer can't be used; ``reason`` is a name to count by (``answer.…``, ``reasoning.…``,
            ``plan.unfaithful``, and those of parser and rule filter), the message can be shown to the teacher.
    """
    label = _well_formed(row, _bare(text), plan)
    for block in label.blocks:
        _check_block(block.name, block.text)
    reasoning = "\n".join(block.text for block in label.blocks)
    if len(reasoning) > MAX_REASONING:
        raise LabelError(
            "reasoning.long", f"the reasoning has {len(reasoning)} characters; say it in {MAX_REASONING} at most"
        )
    # All at once: the teacher has one retry.
    if faults := list(_faults(row, label, reasoning)):
        raise LabelError(faults[0][0], "; ".join(words for _, words in faults))
    return label


def _faults(row: Row, label: Label, reasoning: str) -> Iterator[tuple[str, str]]:
    """What the reasoning says and should not, each with the name to count it by; the first one counts."""
    said = [action(intent) for intent in label.plan]
    steps = zip(label.blocks[2:], label.plan, said, strict=True)
    if wrong := [f"{block.name}: {own}" for block, one, own in steps if _out_of_place(one, block.text, said)]:
        yield "reasoning.step_mismatch", f"steps do not speak of their own intents, which are {', '.join(wrong)}"
    if claim := invented(row, reasoning):
        yield claim.reason, f"the reasoning names {claim.what}, which the row does not hold; leave it out"
    if claim := contradicted(row, label.plan, reasoning):
        steps_said = f"the row and its plan of {len(label.plan)} steps"
        yield claim.reason, f"the reasoning says {claim.what}, which is not so by {steps_said}; set it right"


def label_text(label: Label) -> str:
    """The training text of a checked label; ``parse_label`` gives it back."""
    return render_label([(block.name, block.text.strip()) for block in label.blocks], label.plan)


def map_tags(plan: Plan) -> Plan:
    """Words outside the library mapped to its nearest tag, as the prompt asks: ``{"tag": "奶茶"}`` -> ``美食``."""
    tags = [one.get(TAG) for one in plan]
    return [
        {**one, TAG: _ALIASES[tag]} if isinstance(tag, str) and tag in _ALIASES else one
        for one, tag in zip(plan, tags, strict=True)
    ]


def _bare(text: str) -> str:
    """The answer without what many models put around it: ``<think>…</think>`` before, a code fence about the whole."""
    if not text.strip():
        raise LabelError("answer.empty", "the answer is empty")
    if len(text) > MAX_ANSWER:
        raise LabelError("answer.huge", f"the answer has {len(text):,} characters; {MAX_ANSWER:,} are the most")
    behind = _THINKING.sub("", text)
    text = behind if OPEN in behind or text.lstrip().startswith("<think") else text
    fenced = _FENCE.match(text)
    return (fenced[1] if fenced and OPEN in fenced[1] else text).strip()


def _well_formed(row: Row, text: str, plan: Plan | None) -> Label:
    """The parsed label, whose plan passes the rule filter, or is the row's own."""
    if OPEN not in text and CLOSE not in text:
        raise LabelError("reasoning.missing", f"no {OPEN}…{CLOSE} in the answer; write the reasoning between them")
    if plan is not None and text.endswith(CLOSE):
        text += render_plan(plan)
    response = parse_response(text)
    if plan is not None:
        if not any(problem.startswith("plan.") for problem in response.problems) and not _same(response.plan, plan):
            raise LabelError("plan.unfaithful", f"the plan is another than the given one, {render_plan(plan)}; keep it")
        return Label(label_of(response).blocks, plan)
    label = label_of(response)
    mapped = Label(label.blocks, map_tags(label.plan))
    label_text(mapped)  # raises where the label could not be written as one
    check_plan(mapped.plan, has_order=bool(row["trigger_1"]))
    return Label(mapped.blocks, canonical(mapped.plan))


def _same(one: Plan, other: Plan) -> bool:
    return map_tags(one) == other  # dictionaries: the order of keys does not matter


def _check_block(name: str, text: str) -> None:
    if not text.strip():
        raise LabelError("reasoning.empty_block", f"block {name} is empty")
    # Cc: control characters, of which a NUL would make the CSV unreadable; Cs, U+FFFD: what was no text.
    if strange := [c for c in text if c == "�" or (unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t")]:
        raise LabelError("reasoning.characters", f"block {name} holds {strange[0]!a}, which is no text")
    if markup := _MARKUP.search(text):
        raise LabelError("reasoning.markup", f"block {name} holds {markup[0]:.40}; write plain text")
    clauses = Counter(clause for clause in _CLAUSE_END.split(text) if len(clause) >= _CLAUSE)
    if twice := [clause for clause, count in clauses.items() if count > 1]:
        raise LabelError("reasoning.repeated", f"block {name} says {twice[0]:.40} more than once; say it once")
    letters = [c for c in _ID.sub("", text) if c.isalpha()]
    chinese = sum("一" <= c <= "鿿" or "㐀" <= c <= "䶿" for c in letters)
    if chinese < _CHINESE_SHARE * len(letters) or not letters:
        raise LabelError("reasoning.language", f"block {name} is not in Chinese; write the reasoning in Chinese")


def _out_of_place(intent: dict[str, str], text: str, planned: Container[str] = ()) -> bool:
    """Whether a step speaks of another tool or tag and not of its own, ``天气`` under tool_8, or gives its own tool
    other parameters in the very words of ``action``: ``此处附近推荐美食`` for 全城. A step may name what else is
    ``planned``."""
    alike = {one for one in _ACTIONS[intent[TOOL_KEY]] if one in text}
    if alike and action(intent) not in alike and any(one not in planned for one in alike):
        return True
    own = _TAG_WORDS[intent[TAG]] if TAG in intent else _TOOL_WORDS[intent[TOOL_KEY]]
    if any(word in text for word in own) or intent[TOOL_KEY] in text:
        return False
    others = [*_TOOL_WORDS.values(), *_TAG_WORDS.values()]
    return any(word in text for words in others if words is not own for word in words)
