"""The intent library: ten tools, their required parameters and the admissible values.

An *intent* is a JSON object ``{"工具名称": tool, parameter: value, …}``; a *plan* is a list of intents.
Source: the GSISR release's label format; 148 distinct intents in all.
"""

import itertools
import json
from typing import NamedTuple

TOOL_KEY = "工具名称"
ORIGIN, DESTINATION, RANGE, TAG = "起始位置", "终点位置", "空间范围", "tag"

HERE, PREVIOUS, ORDER_PLACE = "当前位置", "前一位推荐结果", "订单目的地"
ORIGINS = (HERE, PREVIOUS, ORDER_PLACE)
DESTINATIONS = (HERE, PREVIOUS, ORDER_PLACE, "家", "公司", "用户短期意向", "调用猜你去哪模型")
RANGES = ("附近", "商圈", "全城")
TAGS = ("美食", "购物", "酒店", "景点", "休闲娱乐", "运动健身", "丽人", "加油站", "充电站", "停车场")

VALUES = {ORIGIN: ORIGINS, DESTINATION: DESTINATIONS, RANGE: RANGES, TAG: TAGS}

# What stands before a plan's first intent, between two, and after the last, as its text is cut into pieces.
HEAD, MORE, STOP = '[{"', '"},{"', '"}]'

Intent = dict[str, str]
Plan = list[Intent]


class Tool(NamedTuple):
    """One tool: what it means to a person, and its required parameters in label order."""

    meaning: str
    parameters: tuple[str, ...] = ()


TOOLS = {
    "tool_1": Tool("打车", (ORIGIN, DESTINATION)),
    "tool_2": Tool("出行导航", (ORIGIN, DESTINATION)),
    "tool_3": Tool("长途交通"),
    "tool_4": Tool("周边公交"),
    "tool_5": Tool("兴趣推荐", (ORIGIN, RANGE, TAG)),
    "tool_6": Tool("单POI真实到店展示"),
    "tool_7": Tool("附近单POI推荐", (TAG,)),
    "tool_8": Tool("订单提醒"),
    "tool_9": Tool("查天气"),
    "tool_10": Tool("写评价"),
}

# At most one of these in a plan: each of them starts a ride of its own.
EXCLUSIVE_TOOLS = frozenset({"tool_1", "tool_2", "tool_4"})
MIN_PLAN, MAX_PLAN = 3, 9

# Tags outside the list and their nearest library tag. For synthesis and the prompt only:
# parser, filter and metrics map nothing.
TAG_ALIASES = {
    "购物": ("便利店", "超市", "零食", "日杂"),
    "美食": ("咖啡", "饮品", "奶茶", "甜品", "夜宵", "小吃快餐", "餐厅"),
    "景点": ("公园", "度假村", "风景区"),
    "休闲娱乐": ("KTV", "酒吧", "Livehouse"),
}


def intent(tool: str, *values: str) -> Intent:
    """``intent("tool_7", "美食")`` -> ``{"工具名称": "tool_7", "tag": "美食"}``."""
    return {TOOL_KEY: tool, **dict(zip(TOOLS[tool].parameters, values, strict=True))}


def render_plan(plan: Plan) -> str:
    """The plan as its label text: compact JSON, no ASCII escapes.

    ``[{"工具名称": "tool_9"}]`` -> ``'[{"工具名称":"tool_9"}]'``
    """
    return json.dumps(plan, ensure_ascii=False, separators=(",", ":"))


def canonical(plan: Plan) -> Plan:
    """The same plan with every intent's keys in library order (JSON objects have none of their own)."""
    return [{key: one[key] for key in (TOOL_KEY, *TOOLS[one[TOOL_KEY]].parameters)} for one in plan]


def all_intents() -> list[Intent]:
    """The 148 intents of the library, in tool and value order."""
    return [
        intent(name, *values)
        for name, tool in TOOLS.items()
        for values in itertools.product(*(VALUES[p] for p in tool.parameters))
    ]
