"""The expert's decisions: one intent after another, each from a short list with probabilities.

    first intent ── by the order's kind, at its place / in its city / elsewhere, time of day, kind of place
      └ next ────── by the last intent, the ride taken, meal time, taste
          └ … ───── until the choice is END (3 to 9 intents)

Everything is looked up from ``View``, the row's comparisons and tastes, and the intents chosen so far. The
tables follow what was measured on the real sample (what decides, and the next tool given the last), made
sharper where the sample is too small to say. The probabilities are the world's fixed noise.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from data_process.intents import (
    DESTINATION,
    EXCLUSIVE_TOOLS,
    HERE,
    MAX_PLAN,
    MIN_PLAN,
    ORDER_PLACE,
    ORIGIN,
    PREVIOUS,
    TOOL_KEY,
    Intent,
    Plan,
    intent,
)
from data_process.schema import Row
from data_process.situation import Situation, place_kind, short_term, situation

END = None
Choice = tuple[Intent | None, float]

GUESS, WISH, HOME, WORK = "调用猜你去哪模型", "用户短期意向", "家", "公司"
RIDE_ORDER, DRIVE_ORDER = intent("tool_1", HERE, ORDER_PLACE), intent("tool_2", HERE, ORDER_PLACE)
RIDE_GUESS, DRIVE_GUESS = intent("tool_1", HERE, GUESS), intent("tool_2", HERE, GUESS)
RIDE_WISH, DRIVE_WISH = intent("tool_1", HERE, WISH), intent("tool_2", HERE, WISH)
RIDE_HOME, RIDE_WORK = intent("tool_1", HERE, HOME), intent("tool_1", HERE, WORK)
DRIVE_HOME, DRIVE_WORK = intent("tool_2", HERE, HOME), intent("tool_2", HERE, WORK)
LONG_WAY, TRANSIT, SHOW, REMIND, WEATHER, REVIEW = (intent(f"tool_{i}") for i in (3, 4, 6, 8, 9, 10))
FOOD_HERE, FOOD_ORDER = intent("tool_5", HERE, "附近", "美食"), intent("tool_5", ORDER_PLACE, "附近", "美食")
FOOD_NEXT, ONE_MEAL = intent("tool_5", PREVIOUS, "附近", "美食"), intent("tool_7", "美食")

# Kinds of place that speak of a taste; each is a tag of the library.
TASTES = ("景点", "美食", "购物", "休闲娱乐", "运动健身", "丽人")
CAR_PLACES = frozenset({"加油站", "充电站", "停车场", "服务区"})
# What a long outing adds beyond five intents, in this order.
EXTRAS = (
    intent("tool_5", HERE, "商圈", "休闲娱乐"),
    intent("tool_5", HERE, "附近", "购物"),
    intent("tool_7", "停车场"),
    FOOD_NEXT,
    REVIEW,
    REMIND,
    SHOW,
    WEATHER,
)


class View(NamedTuple):
    """What the expert sees of a row."""

    s: Situation
    taste: str  # dominant leisure kind of place in the short history (a key of TASTES), "" if none
    second_taste: str  # the next one, "" if none
    drives: bool  # a car shows: refuelling or charging order, or car places in the history or here
    electric: bool
    meal: bool  # at noon or in the early evening
    night: bool  # 20:00 to 6:00
    old: bool  # ordered more than six hours ago
    outing: bool  # a holiday or weekend trip of someone who looks at sights or nightlife


def view(row: Row) -> View:
    """The expert's view of a row: comparisons and tastes, from visible columns only."""
    s = situation(row)
    kinds = [place_kind(b.tag) for b in short_term(row["short_term_behavior_seq"])]
    counts = Counter(kinds)
    newest = {kind: i for i, kind in enumerate(kinds)}
    ranked = sorted((k for k in counts if k in TASTES), key=lambda k: (-counts[k], -newest[k]))
    taste, second = (*ranked, "", "")[:2]
    car = s.order in ("加油", "充电桩") or s.place in CAR_PLACES or any(counts[kind] for kind in CAR_PLACES)
    since = s.hours_since_order
    return View(
        s=s,
        taste=taste,
        second_taste=second,
        drives=car,
        electric=s.order == "充电桩" or counts["充电站"] > counts["加油站"],
        meal=s.day_part in ("中午", "傍晚"),
        night=s.day_part in ("夜里", "凌晨"),
        old=since is not None and since > 6,
        outing=(s.weekend or row["holidayflag"] == "1") and taste in ("景点", "休闲娱乐"),
    )


def choices(seen: View, plan: Plan) -> list[Choice]:
    """The next decision: intents (or ``END``) with probabilities that sum to 1, given the intents so far."""
    if not plan:
        options = _first(seen)
    elif len(plan) == MAX_PLAN:
        return [(END, 1.0)]
    elif len(plan) >= 5:
        options = _beyond_five(seen, plan)
    else:
        options = _next(seen, plan)
    allowed: list[Choice] = []
    for one, weight in options:
        if one in (other for other, _ in allowed):  # two reasons for the same intent
            allowed = [(other, w + weight * (other == one)) for other, w in allowed]
        elif _fits(one, plan):
            allowed.append((one, weight))
    if not allowed:
        fallback = next(one for one in (FOOD_HERE, WEATHER, _interest(seen, plan), *EXTRAS, END) if _fits(one, plan))
        return [(fallback, 1.0)]
    total = sum(w for _, w in allowed)
    return [(one, w / total) for one, w in allowed]


def _fits(one: Intent | None, plan: Plan) -> bool:
    """Whether the rule filter's logic lets this intent (or the end) follow the plan so far."""
    if one is END:
        return len(plan) >= MIN_PLAN
    if one in plan:
        return False
    return one[TOOL_KEY] not in EXCLUSIVE_TOOLS or not any(e[TOOL_KEY] in EXCLUSIVE_TOOLS for e in plan)


# --- the first intent ---------------------------------------------------------------------------------


def _first(v: View) -> list[Choice]:
    s = v.s
    if not s.order:
        return _without_order(v)
    if s.at_order:
        return _at_order(v)
    if s.in_home_city:  # back, with an order that is still open
        home, work = (DRIVE_HOME, DRIVE_WORK) if v.drives else (RIDE_HOME, RIDE_WORK)
        return [(work, 0.7), (SHOW, 0.3)] if s.day_part in ("早上", "上午") else [(home, 0.75), (SHOW, 0.25)]
    if s.in_order_city:
        return {"酒店": _hotel_in_city, "门票": _ticket_in_city, "其他": _other_in_city}.get(s.order, _car_in_city)(v)
    return _elsewhere(v)


def _without_order(v: View) -> list[Choice]:
    go = DRIVE_GUESS if v.drives else RIDE_GUESS
    return [(FOOD_HERE, 0.7), (go, 0.3)] if v.meal else [(go, 0.7), (FOOD_HERE, 0.15), (WEATHER, 0.15)]


def _at_order(v: View) -> list[Choice]:
    part = v.s.day_part
    if v.s.order == "加油":
        if part in ("早上", "上午"):
            return [(DRIVE_GUESS, 0.7), (REMIND, 0.2), (SHOW, 0.1)]
        return [(REMIND, 0.75), (DRIVE_GUESS, 0.25)] if v.night else [(DRIVE_WISH, 0.7), (REMIND, 0.2), (SHOW, 0.1)]
    if v.s.order == "充电桩":  # charging takes a meal's time
        return [(FOOD_HERE, 0.7), (REMIND, 0.3)] if v.meal else [(DRIVE_GUESS, 0.7), (REMIND, 0.3)]
    # The last morning in a hotel: its bill and check-out time matter more than its card.
    if v.s.order == "酒店" and part in ("早上", "上午"):
        return [(REMIND, 0.65), (SHOW, 0.35)]
    return [(SHOW, 0.86), (REMIND, 0.12), (RIDE_GUESS, 0.02)]


def _hotel_in_city(v: View) -> list[Choice]:
    if v.s.place == "酒店":  # in last night's hotel
        return [(RIDE_ORDER, 0.83), (REMIND, 0.1), (SHOW, 0.07)]
    if v.drives and v.s.day_part in ("早上", "上午", "中午", "下午"):
        return [(DRIVE_ORDER, 0.72), (RIDE_ORDER, 0.22), (REMIND, 0.06)]
    return [(RIDE_ORDER, 0.82), (DRIVE_ORDER, 0.08), (REMIND, 0.06), (RIDE_WISH, 0.04)]


def _ticket_in_city(v: View) -> list[Choice]:
    if v.night:  # the visit is over, or tomorrow's
        return [(SHOW, 0.7), (RIDE_GUESS, 0.2), (RIDE_ORDER, 0.1)]
    if v.drives:
        return [(DRIVE_ORDER, 0.7), (RIDE_ORDER, 0.25), (REMIND, 0.05)]
    return [(RIDE_ORDER, 0.74), (SHOW, 0.15), (REMIND, 0.11)]


def _other_in_city(v: View) -> list[Choice]:
    if v.s.place == "酒店":
        return [(RIDE_ORDER, 0.65), (SHOW, 0.35)] if v.meal else [(SHOW, 0.8), (RIDE_ORDER, 0.15), (REMIND, 0.05)]
    if v.s.hours_to_start is not None and v.s.hours_to_start > 2:  # booked for later
        return [(SHOW, 0.7), (FOOD_HERE, 0.2), (TRANSIT, 0.1)]
    if v.drives:
        return [(DRIVE_ORDER, 0.7), (RIDE_ORDER, 0.2), (DRIVE_WISH, 0.1)]
    return [(RIDE_ORDER, 0.74), (SHOW, 0.17), (RIDE_WISH, 0.09)]


def _car_in_city(v: View) -> list[Choice]:
    """Refuelled or charged (or booked to) in this city, and now somewhere else in it."""
    part = v.s.day_part
    if part in ("早上", "上午"):
        if v.s.place in ("住宅", "酒店", "公司"):
            return [(DRIVE_WORK, 0.7), (RIDE_WISH, 0.15), (DRIVE_ORDER, 0.15)]
        return [(DRIVE_ORDER, 0.68), (SHOW, 0.2), (REMIND, 0.12)]
    if v.night:
        return [(REMIND, 0.68), (RIDE_ORDER, 0.2), (SHOW, 0.12)]
    if v.old:
        return [(SHOW, 0.6), (REVIEW, 0.25), (FOOD_HERE, 0.15)]
    return [(DRIVE_ORDER if v.electric else RIDE_ORDER, 0.66), (SHOW, 0.21), (FOOD_HERE, 0.13)]


def _elsewhere(v: View) -> list[Choice]:
    s = v.s
    if s.order in ("加油", "充电桩"):
        if s.place in ("服务区", "加油站"):
            refuel = intent("tool_7", "充电站" if v.electric else "加油站")
            if v.night:
                return [(refuel, 0.65), (DRIVE_GUESS, 0.25), (DRIVE_ORDER, 0.1)]
            onward = DRIVE_ORDER
            if s.day_part in ("下午", "傍晚"):
                onward = DRIVE_HOME if s.order_in_home_city else DRIVE_GUESS
            return [(onward, 0.7), (refuel, 0.2), (DRIVE_WISH, 0.1)]
        if v.night:
            return [(REMIND, 0.68), (RIDE_GUESS, 0.2), (SHOW, 0.12)]
        if s.day_part == "傍晚":
            home = DRIVE_HOME if s.order_in_home_city else DRIVE_GUESS
            return [(home, 0.7), (REMIND, 0.18), (ONE_MEAL, 0.12)]
        return [(SHOW, 0.66), (RIDE_GUESS, 0.22), (FOOD_HERE, 0.12)]
    if s.place == "酒店":  # tonight still here, by day on the way to the next
        way = DRIVE_ORDER if v.drives else RIDE_ORDER
        return [(SHOW, 0.75), (way, 0.25)] if v.night else [(way, 0.6), (SHOW, 0.4)]
    if s.order == "酒店":
        if s.place in ("车站", "公交"):
            return [(LONG_WAY, 0.7), (RIDE_ORDER, 0.25), (RIDE_WISH, 0.05)]
        if v.drives:
            return [(DRIVE_ORDER, 0.72), (RIDE_ORDER, 0.16), (LONG_WAY, 0.12)]
        return [(RIDE_ORDER, 0.68), (LONG_WAY, 0.18), (RIDE_GUESS, 0.14)]
    return [(RIDE_GUESS, 0.7), (SHOW, 0.18), (FOOD_HERE, 0.12)]


# --- the intents after it -----------------------------------------------------------------------------


def _next(v: View, plan: Plan) -> list[Choice]:
    tool = plan[-1][TOOL_KEY]
    if tool in ("tool_5", "tool_7"):
        return _after_recommendation(v, plan)
    return {
        "tool_1": _after_ride,
        "tool_2": _after_drive,
        "tool_3": _after_long_way,
        "tool_6": _after_card,
        "tool_8": _after_reminder,
        "tool_9": _after_weather,
    }.get(tool, _after_rest)(v, plan)


def _after_ride(v: View, plan: Plan) -> list[Choice]:
    # An old order is known; its card helps to find it. A new one needs its time and code.
    if v.old and v.s.order:
        return [(SHOW, 0.75), (REMIND, 0.15), (FOOD_HERE, 0.1)]
    return [(REMIND, 0.9), (FOOD_HERE, 0.1)] if v.s.order else [(FOOD_HERE, 0.7), (WEATHER, 0.3)]


def _after_drive(v: View, plan: Plan) -> list[Choice]:
    if v.s.order in ("酒店", "门票"):
        return [(REMIND, 0.85), (FOOD_HERE, 0.15)]
    if v.meal:
        return [(FOOD_HERE, 0.85), (WEATHER, 0.15)]
    return [(_car_service(v), 0.6), (FOOD_HERE, 0.4)]


def _after_long_way(v: View, plan: Plan) -> list[Choice]:
    return [(RIDE_ORDER if v.night else RIDE_GUESS, 0.6), (REMIND, 0.4)] if v.s.order else [(WEATHER, 1.0)]


def _after_card(v: View, plan: Plan) -> list[Choice]:
    if len(plan) > 1:
        return [(_food(v, plan), 0.9), (WEATHER, 0.1)]
    if v.meal or v.night:
        return [(FOOD_HERE, 0.8), (REMIND, 0.12), (REVIEW, 0.08)]
    return [(FOOD_HERE, 0.3), (ONE_MEAL, 0.7)] if v.s.at_order else [(FOOD_HERE, 0.75), (REMIND, 0.25)]


def _after_reminder(v: View, plan: Plan) -> list[Choice]:
    if len(plan) == 1:
        if v.drives and not v.night:
            return [(DRIVE_GUESS, 0.65), (FOOD_HERE, 0.35)]
        return [(FOOD_HERE, 0.75), (SHOW, 0.25)] if v.meal else [(SHOW, 0.6), (FOOD_HERE, 0.4)]
    return [(_food(v, plan), 0.88), (SHOW, 0.12)]


def _after_weather(v: View, plan: Plan) -> list[Choice]:
    if len(plan) < MIN_PLAN:
        return [(_food(v, plan), 1.0)]
    if len(plan) == MIN_PLAN:
        return [(_interest(v, plan), 0.96), (END, 0.04)]
    return [(_interest(v, plan), 0.7), (END, 0.3)] if _looks_around(v) else [(END, 0.9), (_interest(v, plan), 0.1)]


def _after_rest(v: View, plan: Plan) -> list[Choice]:
    return [(_food(v, plan), 0.7), (WEATHER, 0.3)]


def _after_recommendation(v: View, plan: Plan) -> list[Choice]:
    """Another one for those who look around, the weather for the rest."""
    count = sum(one[TOOL_KEY] in ("tool_5", "tool_7") for one in plan)
    rides = any(one[TOOL_KEY] in EXCLUSIVE_TOOLS for one in plan)
    if count == 1:
        more, weather = (0.78, 0.22) if _looks_around(v) or not rides else (0.2, 0.8)
        if len(plan) == MIN_PLAN:
            return [(_interest(v, plan), more), (WEATHER, weather - 0.02), (END, 0.02)]
        return [(_interest(v, plan), more), (WEATHER, weather)]
    if len(plan) <= MIN_PLAN:
        if rides or v.s.at_order:
            return [(WEATHER, 0.8), (_second_interest(v, plan), 0.2)]
        return [(WEATHER, 0.6), (DRIVE_GUESS if v.drives else TRANSIT, 0.25), (_second_interest(v, plan), 0.15)]
    if WEATHER in plan:
        return [(END, 1.0)]
    # The more one has in mind, the more the weather matters.
    return [(WEATHER, 0.8), (END, 0.2)] if v.taste in ("景点", "美食") else [(END, 0.55), (WEATHER, 0.45)]


def _looks_around(v: View) -> bool:
    """Travellers who want more than the next meal."""
    return v.taste == "景点" or v.outing


def _beyond_five(v: View, plan: Plan) -> list[Choice]:
    """Nearly always the end; a long outing goes on, and the further it went, the more it takes."""
    extra = next((one for one in EXTRAS if _fits(one, plan)), END)
    more = (0.3 if v.outing else 0.0) if len(plan) == 5 else 0.65
    return [(END, 1 - more), (extra, more)] if extra is not END and more else [(END, 1.0)]


def _food(v: View, plan: Plan) -> Intent:
    """Food near where the person will be: at the order's place after a way to it, else here."""
    to_order = any(one.get(DESTINATION) == ORDER_PLACE for one in plan)
    return FOOD_ORDER if to_order and v.s.order in ("酒店", "门票") and not v.s.at_order else FOOD_HERE


def _interest(v: View, plan: Plan) -> Intent:
    """What comes to mind first and is not in the plan yet."""
    return next(one for one in _interests(v, plan) if one not in plan)


def _second_interest(v: View, plan: Plan) -> Intent:
    """What comes to mind next."""
    first, *rest = (one for one in _interests(v, plan) if one not in plan)
    return rest[0] if rest else first


def _interests(v: View, plan: Plan) -> Iterator[Intent]:
    """What a car needs on the way, what the short history speaks of, a bed for late ones without, and the rest."""
    if v.drives and v.s.place in ("服务区", "加油站", "充电站"):
        yield intent("tool_5", HERE, "附近", "充电站" if v.electric else "加油站")
    yield _look_for(v, v.taste or "景点", plan)
    if v.s.hour >= 17 and v.s.order not in ("酒店", ""):
        yield intent("tool_5", HERE, "商圈" if v.s.place == "商圈" else "全城", "酒店")
    elif v.drives and v.s.day_part in ("上午", "中午"):
        yield intent("tool_7", "停车场")
    yield from (_look_for(v, tag, plan) for tag in (v.second_taste or "休闲娱乐", "休闲娱乐", "景点"))
    yield WEATHER
    yield from EXTRAS


def _look_for(v: View, tag: str, plan: Plan) -> Intent:
    """A taste's recommendation: from where the last food was looked for, as wide as place and time of day allow."""
    origin = next((one[ORIGIN] for one in reversed(plan) if one[TOOL_KEY] == "tool_5"), HERE)
    # The whole city is seen from here, unless the order itself waits to be reached.
    if origin == PREVIOUS or (tag == "景点" and origin == ORDER_PLACE and REMIND not in plan):
        origin = HERE
    if tag == "景点":
        reach = "附近" if v.s.place == "景点" else "商圈" if v.night else "全城"
    elif tag in ("运动健身", "丽人"):
        reach = "附近"
    elif v.drives:
        reach = "全城"
    else:
        reach = "附近" if tag == "购物" and v.night else "商圈"
    return intent("tool_5", origin, reach, tag)


def _car_service(v: View) -> Intent:
    reach = "附近" if v.s.place in ("服务区", "加油站", "充电站", "停车场") else "全城"
    return intent("tool_5", HERE, reach, "充电站" if v.electric else "加油站")
