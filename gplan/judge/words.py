"""What an llm judge is shown: the scene of an axis, and the plan. No id of a place, no name of a model, no label.

    flow   nothing
    logic  有订单
    st     时间：2026年2月10日周二18点（傍晚，平日） …

A row's POI ids are compared here and never shown, so that renaming them changes nothing.
"""

from collections import Counter

from data_process.intents import TOOL_KEY, TOOLS, Intent, Plan, all_intents, render_plan
from data_process.schema import Row
from data_process.situation import Situation, parse_time, place_kind, short_term, situation

_ORDER_OF = {render_plan([one]): number for number, one in enumerate(all_intents())}
_WEEKDAYS = "一二三四五六日"


def scene(axis: str, row: Row) -> str:
    """What an axis is about besides the plan, in words."""
    if axis == "flow":
        return ""
    if axis == "logic":
        return "有订单" if row["trigger_1"] else "没有订单"
    now = situation(row)
    return "\n".join((_time(row, now), _place(row, now), _order(row, now), _lately(row)))


def shown_plan(axis: str, plan: Plan) -> tuple[str, list[int]]:
    """The plan as it is shown for an axis, and the number in the plan (from 1) of each intent that is shown.

    For ``st`` the intents stand in library order, whatever the plan's: when does not matter there.
    """
    order = list(range(len(plan)))
    if axis == "st":
        order.sort(key=lambda i: _ORDER_OF[render_plan([plan[i]])])
    lines = [f"{number}. {_intent(plan[i])}" for number, i in enumerate(order, start=1)]
    return "\n".join(lines), [i + 1 for i in order]


def _intent(one: Intent) -> str:
    """``"打车 起始位置=当前位置 终点位置=家"``."""
    tool = TOOLS[one[TOOL_KEY]]
    return " ".join([tool.meaning, *(f"{name}={one[name]}" for name in tool.parameters)])


def _time(row: Row, now: Situation) -> str:
    time = parse_time(row["currenttime"])
    if time is None:
        return "时间：不明"
    day = "节假日" if row["holidayflag"] == "1" else "周末" if now.weekend else "平日"
    return f"时间：{time.month}月{time.day}日周{_WEEKDAYS[time.weekday()]}{time.hour}点（{now.day_part}，{day}）"


def _place(row: Row, now: Situation) -> str:
    spot = "家" if now.at_home else "公司" if now.at_work else row["current_tag"] or "不明之处"
    home = "常驻城市" if now.in_home_city else f"外地，常驻{row['profile_feat_5'] or '不明'}"
    return f"此刻所在：{row['current_city']}{row['current_district']}，{spot}（{home}）"


def _order(row: Row, now: Situation) -> str:
    if not now.order:
        return "订单：无"
    where = "此人就在订单地" if now.at_order else "与此人同城，此人未到订单地" if now.in_order_city else "在外市"
    times = [
        f"{_ago(-hours)}{word}"
        for hours, word in (
            (now.hours_since_order, "下单"),
            (None if now.hours_to_start is None else -now.hours_to_start, "开始"),
            (None if now.hours_to_end is None else -now.hours_to_end, "结束"),
        )
        if hours is not None
    ]
    return f"订单：{now.order}，在{row['trigger_2']}{row['trigger_3']}，{where}；" + "，".join(times)


def _ago(hours: float) -> str:
    """``_ago(-2.5) == "3小时前"``, ``_ago(50) == "2天后"``."""
    side = "前" if hours < 0 else "后"
    return f"{abs(hours):.0f}小时{side}" if abs(hours) < 48 else f"{abs(hours) / 24:.0f}天{side}"


def _lately(row: Row) -> str:
    behaviours = short_term(row["short_term_behavior_seq"])
    if not behaviours:
        return "近期行为：无"
    counts = Counter(place_kind(behaviour.tag) for behaviour in behaviours)
    kinds = "、".join(f"{kind}{count}次" for kind, count in counts.most_common(5))
    return f"近期行为：{kinds}；最近一次在{behaviours[-1].phase}{behaviours[-1].tag}"
