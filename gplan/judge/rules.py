"""The rule judge: the rubric by rules, the same for the same row and plan, nobody asked.

Each rule yields (kind, position of the intent that shows it). Flow and logic know the plan's keys alone and are kept by
them: a table of 4,000 rows has some hundred plans.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from data_process.intents import (
    DESTINATION,
    HERE,
    ORDER_PLACE,
    ORIGIN,
    PREVIOUS,
    RANGE,
    TAG,
    TOOL_KEY,
    Plan,
)
from data_process.situation import Situation, situation
from gplan.judge.judge import Item, Judge
from gplan.judge.rubric import BY_NAME, Evidence, Judgement, Verdict, score_of

WAYS = frozenset({"tool_1", "tool_2", "tool_3", "tool_4"})
AROUND = frozenset({"tool_5", "tool_7"})
AT_HAND = frozenset({"tool_6", "tool_8"})  # the order's card and its reminder
CLOSERS = frozenset({"tool_9", "tool_10"})
ELSEWHERE = frozenset({"家", "公司", "用户短期意向", "调用猜你去哪模型"})
PASSED_THROUGH = frozenset({"服务区", "加油站", "充电站", "停车场", "车站"})
CAR_TAGS = frozenset({"加油站", "充电站", "停车场"})
SHUT_AT_NIGHT = frozenset({"购物", "景点", "丽人", "运动健身"})

Found = Iterator[tuple[str, int]]  # (kind's name, position from 0)
PlanItems = tuple[tuple[tuple[str, str], ...], ...]


class RuleJudge(Judge):
    """Needs no set-up; the embedded default."""

    name = "rules"

    def judge(self, items: Sequence[Item]) -> list[Judgement]:
        situations: dict[int, Situation] = {}  # by the row's identity: many plans may be for one row

        def st(item: Item) -> Verdict:
            if (now := situations.get(id(item.row))) is None:
                now = situations[id(item.row)] = situation(item.row)
            return _verdict("st", _st(now, item.plan))

        return [{axis: st(item) if axis == "st" else _of_plan(item, axis) for axis in item.axes} for item in items]


def _of_plan(item: Item, axis: str) -> Verdict:
    items: PlanItems = tuple(tuple(one.items()) for one in item.plan)
    return _flow_verdict(items) if axis == "flow" else _logic_verdict(items, bool(item.row["trigger_1"]))


@lru_cache(maxsize=1 << 16)
def _flow_verdict(items: PlanItems) -> Verdict:
    return _verdict("flow", _flow([dict(one) for one in items]))


@lru_cache(maxsize=1 << 16)
def _logic_verdict(items: PlanItems, has_order: bool) -> Verdict:
    return _verdict("logic", _logic([dict(one) for one in items], has_order))


def _verdict(axis: str, found: Found) -> Verdict:
    kinds = [(BY_NAME[axis, name], position) for name, position in found]
    evidence = tuple(Evidence(position + 1, kind.meaning, kind.sign) for kind, position in kinds)
    return Verdict(score_of(kind for kind, _ in kinds), evidence)


def _flow(plan: Plan) -> Found:
    tools = [one[TOOL_KEY] for one in plan]
    for i, (tool, following) in enumerate(pairwise(tools)):
        after_way = tool in WAYS and (following in AT_HAND | AROUND or (tool == "tool_3" and following in WAYS))
        if after_way or (tool in AT_HAND and following in AROUND | WAYS):
            yield "linked", i
    if tools[-1] in CLOSERS and any(tool in WAYS or tool == "tool_6" for tool in tools):
        yield "closed", len(plan) - 1
    if tools[0] in WAYS | AT_HAND:
        yield "pressing_first", 0
    seen: Counter[tuple[str, str | None]] = Counter()
    for i, (one, tool) in enumerate(zip(plan, tools, strict=True)):
        later = plan[i + 1 :]
        if tool in CLOSERS and any(other[TOOL_KEY] in WAYS | AT_HAND for other in later):
            yield "closer_early", i
        to_order = any(other.get(DESTINATION) == ORDER_PLACE for other in later)
        if tool == "tool_5" and one[ORIGIN] == ORDER_PLACE and to_order:
            yield "looked_round_early", i
        if tool in WAYS and AROUND & set(tools[:i]) and PREVIOUS not in one.values():
            yield "set_off_late", i
        seen[tool, one.get(TAG)] += 1
        if seen[tool, one.get(TAG)] > 1:
            yield "again", i


def _logic(plan: Plan, has_order: bool) -> Found:
    tools = [one[TOOL_KEY] for one in plan]
    tags = {tool: {one[TAG] for one in plan if one[TOOL_KEY] == tool} for tool in AROUND}
    reached = False  # the order's place, by a way before
    for i, (one, tool) in enumerate(zip(plan, tools, strict=True)):
        if tool == "tool_5":
            if reached and one[ORIGIN] == ORDER_PLACE:
                yield "from_there", i
            if _range_fits(one[RANGE], one[TAG]):
                yield "range_fits", i
            if _range_misfits(one[RANGE], one[TAG]):
                yield "range_misfits", i
        if PREVIOUS in one.values():
            yield ("no_place_before" if tools[i - 1] in CLOSERS | {"tool_8"} else "from_previous"), i
        if DESTINATION in one:
            if one[ORIGIN] == one[DESTINATION]:
                yield "to_itself", i
            reached = reached or one[DESTINATION] == ORDER_PLACE
        if tool == "tool_7" and one[TAG] in tags["tool_5"]:
            yield "need_twice", i
        if tool == "tool_10" and WAYS & set(tools[i + 1 :]):
            yield "review_early", i
        if tool in AT_HAND | {"tool_10"} and not has_order:
            yield "no_order", i
    if WAYS & set(tools) and AT_HAND & set(tools) and AROUND & set(tools) and not tags["tool_5"] & tags["tool_7"]:
        yield "needs", next(i for i, tool in enumerate(tools) if tool in WAYS)


def _range_fits(reach: str, tag: str) -> bool:
    return (tag in ("景点", "酒店") and reach != "附近") or (tag in ("购物", "休闲娱乐") and reach == "商圈")


def _range_misfits(reach: str, tag: str) -> bool:
    return (tag in CAR_TAGS | {"美食"} and reach == "全城") or (tag == "景点" and reach == "附近")


def _st(now: Situation, plan: Plan) -> Found:
    """Of intents one by one, so that their order can't matter."""
    over = now.hours_to_end is not None and now.hours_to_end < 0
    car_order = now.order in ("加油", "充电桩") and now.hours_to_start is not None and now.hours_to_start < -1
    done = bool(now.order) and (over or car_order)
    ahead = now.hours_to_start is not None and now.hours_to_start > 24
    there, in_city = now.at_order, now.in_order_city
    long_way = any(one[TOOL_KEY] == "tool_3" for one in plan)
    meal = 11 <= now.hour < 14 or 17 <= now.hour < 20
    for i, one in enumerate(plan):
        tool, tag, goal = one[TOOL_KEY], one.get(TAG), one.get(DESTINATION)
        if goal == ORDER_PLACE:
            if there:
                yield "to_here", i
            if ahead:
                yield "far_ahead", i
            if done:
                yield "done", i
            if now.order and not in_city and tool == "tool_1" and not long_way:
                yield "ride_far", i
            if in_city and not (there or ahead or done):
                yield "way_to_order", i
        if goal in ELSEWHERE and (done or now.place in PASSED_THROUGH):
            yield "onward", i
        if (goal == "家" and now.at_home) or (goal == "公司" and now.at_work):
            yield "to_here", i
        elif goal in ("家", "公司") and not now.in_home_city:
            yield "home_far", i
        if there and tool in AT_HAND:
            yield "order_at_hand", i
        if there and (tool == "tool_7" or (one.get(ORIGIN) == HERE and tool == "tool_5")):
            yield "things_here", i
        if tool == "tool_3" and now.order:
            yield ("long_near" if in_city else "long_way"), i
        if tag == "美食" and meal:
            yield "meal", i
        if tag in CAR_TAGS and now.place in PASSED_THROUGH - {"车站"}:
            yield "car", i
        if tag == "酒店" and now.order == "酒店":
            yield "second_bed", i
        elif tag == "酒店" and now.hour >= 17 and not now.in_home_city:
            yield "bed", i
        if tag in SHUT_AT_NIGHT and (now.hour >= 23 or 0 <= now.hour < 6):
            yield "shut", i
