"""What a language model is asked for an instruction's place in the taxonomy, and what its answer must be.

    <primary_intent>discovery.poi_search.spatial_optimized_poi_search</primary_intent>
    <secondary_intents>planning_and_decision.route_planning</secondary_intents>
    <auxiliary_dimensions>spatial_constraints.within_city.nearby temporal_constraints.now</auxiliary_dimensions>
    <temporal_details><departure>temporal_constraints.now</departure></temporal_details>

The shape is that of the paper's prompt; the words are ours.
"""

import re
from functools import cache
from pathlib import Path
from typing import ClassVar

from gplan.llm.asking import Message
from stagent.queries.interview import UnusableAnswer
from stagent.queries.taxonomy import AUXILIARY_IDS, BY_ID, LEAVES, MOST_SECONDARY, OTHER, TEMPORAL_IDS
from stagent.selection.annotate.labels import Annotation
from stagent.selection.annotate.records import Instruction
from stagent.selection.annotate.tags import TagBlock, each_once

_BLOCKS = ("primary_intent", "secondary_intents", "auxiliary_dimensions", "temporal_details")
_MOMENTS = ("departure", "arrival")
# What an id of an auxiliary dimension means, where its name alone could be read in two ways.
_NOTES = {
    "spatial_constraints.within_city.nearby": "附近、周边、几公里内",
    "spatial_constraints.within_city.district": "某区、某商圈、某地周围",
    "spatial_constraints.within_city.whole_city": "全城范围，或只说了城市",
    "spatial_constraints.along_route": "沿途、顺路、途经",
    "spatial_constraints.central_to_several": "几个人或几处的中间",
    "spatial_constraints.intercity": "两个城市之间",
    "temporal_constraints.now": "现在、此刻、马上",
    "temporal_constraints.specific_time": "几点几分",
    "temporal_constraints.specific_date": "某月某日、后天、星期几",
    "temporal_constraints.duration": "半小时内、玩两天这样的时长",
    "temporal_constraints.fuzzy_time.flexible": "明说时间不限",
    "temporal_constraints.fuzzy_time.part_of_day": "早上、下午、晚上等时段",
    "budget_constraints.upper_limit": "多少钱以内",
    "budget_constraints.cheapest": "最便宜、省钱",
    "preference_constraints.open_hours": "还开着、几点以后还营业",
    "preference_constraints.facilities": "停车位、包间、充电桩等设施",
    "preference_constraints.route_preference": "不走高速、少换乘等",
    "preference_constraints.ranking": "上榜、必吃榜、排名",
    "traveller_constraints.vehicle": "车的种类：电车、货车、摩托",
}


@cache
def system_text() -> str:
    """The instructions (annotation_prompt.txt), the taxonomy in them."""
    leaves = "\n".join(
        f"- {leaf.id}（{leaf.zh}）：{leaf.means}" + (f"。不属于这里：{leaf.unlike}" if leaf.unlike else "")
        for leaf in LEAVES
    )
    dimensions = "\n".join(f"- {name}" + (f"：{_NOTES[name]}" if name in _NOTES else "") for name in AUXILIARY_IDS)
    text = (Path(__file__).parent / "annotation_prompt.txt").read_text(encoding="utf-8").rstrip()
    return text.replace("<leaves/>", leaves).replace("<dimensions/>", dimensions)


class AnnotationForm:
    """An instruction -> ``Annotation``."""

    name = "annotation 1"
    dispensable: ClassVar[dict[str, object]] = {}

    def chat(self, record: Instruction) -> list[Message]:
        context = f"<context>{record.context}</context>\n" if record.context else ""
        asked = f"{context}<instruction>{record.text}</instruction>"
        return [{"role": "system", "content": system_text()}, {"role": "user", "content": asked}]

    def read(self, record: Instruction, text: str) -> Annotation:
        return read_annotation(text)


def read_annotation(text: str) -> Annotation:
    """The annotation that an answer is.

    Raises:
        UnusableAnswer: ``answer.shape`` (a block is missing, twice, or out of order), ``answer.around`` (text beside
            the blocks), ``answer.taxonomy`` (an id that isn't there), ``answer.many``, ``answer.repeated``,
            ``answer.other`` (other_or_unclear beside something else), ``answer.temporal``.
    """
    said = each_once(text, _BLOCKS, needed=_BLOCKS[:3])
    primary = _ids(said["primary_intent"].inside)
    if len(primary) != 1:
        raise UnusableAnswer("answer.shape", f"primary_intent 里要恰好一个编号，收到 {len(primary)} 个")
    secondary, auxiliary = (_ids(said[name].inside) for name in ("secondary_intents", "auxiliary_dimensions"))
    for name in (*primary, *secondary):
        if name not in BY_ID and (name != OTHER or name not in primary):
            raise UnusableAnswer("answer.taxonomy", f"意图编号 {name[:80]} 不在分类里{_meant(name, BY_ID)}")
    for name in auxiliary:
        if name not in AUXILIARY_IDS:
            raise UnusableAnswer("answer.taxonomy", f"附加条件 {name[:80]} 不在分类里{_meant(name, AUXILIARY_IDS)}")
    if len(secondary) > MOST_SECONDARY:
        raise UnusableAnswer("answer.many", f"次意图有 {len(secondary)} 个，最多 {MOST_SECONDARY} 个")
    for what, names in (("意图", [*primary, *secondary]), ("附加条件", auxiliary)):
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise UnusableAnswer("answer.repeated", f"{what} {twice} 写了两次")
    temporal = _temporal(said.get("temporal_details"))
    if primary == [OTHER] and (secondary or auxiliary or temporal):
        raise UnusableAnswer("answer.other", f"{OTHER} 时，次意图、附加条件和时间都要空着")
    return Annotation(primary[0], tuple(secondary), tuple(auxiliary), temporal)


def _temporal(block: TagBlock | None) -> dict[str, str]:
    if block is None:
        return {}
    moments = each_once(block.inside, _MOMENTS, needed=(), where="temporal_details 里")
    temporal = {name: moment.inside for name, moment in moments.items()}
    if not temporal:
        raise UnusableAnswer("answer.temporal", "temporal_details 是空的；没有出发和到达时间就整块不写")
    for name, value in temporal.items():
        if value not in TEMPORAL_IDS:
            shown = value[:80] or "（空）"
            raise UnusableAnswer(
                "answer.temporal", f"{name} 的 {shown} 不是 temporal_constraints 的编号；没有就不写这一项"
            )
    return temporal


def _ids(inside: str) -> list[str]:
    return [name for name in re.split(r"[\s,，、;；]+", inside) if name]


def _meant(name: str, known) -> str:
    """Whose last part it is, where it is one's alone: models like to leave out the path."""
    tail = name.rsplit(".", 1)[-1]
    meant = [each for each in known if each.rsplit(".", 1)[-1] == tail]
    return f"，应为 {meant[0]}" if len(meant) == 1 else ""
