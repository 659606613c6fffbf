"""Changes of a plan or a row whose effect on a score is known without a label: what a judge is tested by.

Each takes a canonical, valid plan and gives one that is valid too, or None where the plan has no place for it.
"""

import random
import re
from collections.abc import Iterator

from data_process.intents import (
    DESTINATION,
    HERE,
    ORDER_PLACE,
    ORIGIN,
    ORIGINS,
    PREVIOUS,
    RANGE,
    RANGES,
    TAG,
    TOOL_KEY,
    VALUES,
    Intent,
    Plan,
    intent,
)
from data_process.rule_filter import filter_plan
from data_process.schema import Row

# What fits anybody anywhere: nothing speaks for them, nothing against them.
GENERIC_PLANS: tuple[Plan, ...] = (
    [intent("tool_5", HERE, "附近", "美食"), intent("tool_7", "停车场"), intent("tool_9")],
    [intent("tool_5", HERE, "附近", "购物"), intent("tool_7", "停车场"), intent("tool_9")],
    [intent("tool_5", HERE, "附近", "休闲娱乐"), intent("tool_7", "购物"), intent("tool_9")],
)
# What says nothing about a moment either, and no plan needs.
_PADDING = (
    intent("tool_7", "停车场"),
    intent("tool_5", HERE, "附近", "购物"),
    intent("tool_5", HERE, "附近", "休闲娱乐"),
    intent("tool_9"),
)
_POI = re.compile(r"p_\d+")


def shuffled(plan: Plan, rng: random.Random) -> Plan | None:
    """The same intents in another order."""
    for _ in range(20):
        order = rng.sample(plan, len(plan))
        if order != plan and _valid(order):
            return order
    return None


def corrupted(plan: Plan, rng: random.Random) -> Plan | None:
    """One parameter spoilt: a way from a place to itself, the previous result after what gives no place, or a tag or
    range that misfits the other."""
    changes = [(i, name, value) for i, one in enumerate(plan) for name, value in _wrong(plan, i, one)]
    for i, name, value in rng.sample(changes, len(changes)):
        spoilt = [*plan[:i], plan[i] | {name: value}, *plan[i + 1 :]]
        if _valid(spoilt):
            return spoilt
    return None


def _wrong(plan: Plan, i: int, one: Intent) -> Iterator[tuple[str, str]]:
    if DESTINATION in one and one[ORIGIN] != one[DESTINATION] and one[ORIGIN] in VALUES[DESTINATION]:
        yield DESTINATION, one[ORIGIN]
    if RANGE in one:
        if i and plan[i - 1][TOOL_KEY] in ("tool_8", "tool_9", "tool_10") and one[ORIGIN] != PREVIOUS:
            yield ORIGIN, PREVIOUS
        if one[TAG] in ("加油站", "充电站", "停车场") and one[RANGE] != "全城":
            yield RANGE, "全城"
        if one[TAG] == "景点" and one[RANGE] != "附近":
            yield RANGE, "附近"
        if one[RANGE] == "全城" and one[TAG] not in ("加油站", "充电站", "停车场", "美食"):
            yield TAG, "加油站"
        if one[RANGE] == "附近" and one[TAG] != "景点":
            yield TAG, "景点"


def near_duplicate(plan: Plan, rng: random.Random) -> Plan | None:
    """A recommendation said again right away, with the same tag and another range or place to start from."""
    places = [i for i, one in enumerate(plan) if one[TOOL_KEY] == "tool_5"]
    for i in rng.sample(places, len(places)):
        for name, value in rng.sample([(RANGE, reach) for reach in RANGES] + [(ORIGIN, place) for place in ORIGINS], 6):
            again = plan[i] | {name: value}
            if again != plan[i] and value not in (ORDER_PLACE, PREVIOUS):
                longer = [*plan[: i + 1], again, *plan[i + 1 :]]
                if _valid(longer):
                    return longer
    return None


def padded(plan: Plan, rng: random.Random) -> Plan | None:
    """Two intents more that fit anybody, at the end."""
    said = {(one[TOOL_KEY], one.get(TAG)) for one in plan}
    new = [one for one in _PADDING if (one[TOOL_KEY], one.get(TAG)) not in said]
    if len(new) < 2:
        return None
    longer = [*plan, *rng.sample(new, 2)]
    return longer if _valid(longer) else None


def renamed(row: Row) -> Row:
    """The same request with every POI's id another, equal ones equal still: ``p_12`` -> ``p_900012``."""
    return {name: _POI.sub(lambda found: f"p_9{int(found[0][2:]):05d}", text) for name, text in row.items()}


def _valid(plan: Plan) -> bool:
    return filter_plan(plan, has_order=True) is None
