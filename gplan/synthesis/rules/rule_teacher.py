"""The rule teacher: a plan for a row, and the reasons for a plan in words, both by deterministic rules.

The explanation serves any row and plan. Curated plans are noisy, so a reason is written only where the row
supports it; a plan that does not fit its row is described neutrally and not defended.
"""

from data_process.intents import DESTINATION, ORDER_PLACE, ORIGIN, PREVIOUS, RANGE, TAG, TOOL_KEY, Plan
from data_process.response import block_names, render_label
from data_process.schema import Row
from gplan.synthesis.rules.wording import COUNT_WORDS, RIDE_WORDS, Facts, action, choose, facts, join, theme

Blocks = list[tuple[str, str]]

_NIGHT = ("夜里", "凌晨")
_MEALS = {"早上": "可用早餐", "中午": "正值午餐时间", "傍晚": "正值晚餐时间", "夜里": "可吃夜宵", "凌晨": "可吃夜宵"}
# What a step is good for, said where the row gives no reason: claims nothing about the row.
_PURPOSES = {
    "tool_1": ("路线备用", "方便出行"),
    "tool_2": ("路线备用", "方便出行"),
    "tool_3": ("方便远行", "车次备查"),
    "tool_4": ("方便换乘", "多一种走法"),
    "tool_6": ("方便了解门店", "信息备查"),
    "tool_8": ("方便核对", "免得遗漏"),
    "tool_9": ("便于安排", "出门参考"),
    "tool_10": ("反馈体验", "留个评价"),
}
_TAG_PURPOSES = {
    "美食": ("解决吃饭", "吃饭备选"),
    "购物": ("方便采买", "购物备选"),
    "酒店": ("住宿备选", "方便落脚"),
    "景点": ("游玩备选", "安排游览"),
    "休闲娱乐": ("消遣备选", "放松一下"),
    "运动健身": ("锻炼备选", "活动一下"),
    "丽人": ("打理形象", "丽人备选"),
    "加油站": ("补给备选", "方便加油"),
    "充电站": ("补能备选", "方便充电"),
    "停车场": ("方便停车", "停车备选"),
}
_TAG_ORDERS = {"加油站": "加油", "充电站": "充电桩", "酒店": "酒店", "景点": "门票"}


# Raised whenever the same row and plan get other words, or the same row another plan of its expert's.
FORMAT = 1


class RuleTeacher:
    """Plans and explains by rules; the same row and plan give the same words in every process."""

    def plan(self, row: Row) -> Plan:
        """The expert's most probable plan for a row, real or generated."""
        # Explaining needs no expert: a label file can be written where only curated plans are at hand.
        from gplan.world.expert import best_plan

        return best_plan(row)

    def explain(self, row: Row, plan: Plan) -> Blocks:
        """The reasoning blocks for a plan that passed the filter's schema tier.

        -> ``[("CONTEXT", "夜里，人在酒店，身在外地；…"), ("STRATEGY", "…"), ("STEP_1", "…"), …]``
        """
        known = facts(row)
        texts = [_context(known), _strategy(known, plan), *(_step(known, plan, i) for i in range(len(plan)))]
        return list(zip(block_names(len(plan)), texts, strict=True))

    def label(self, row: Row, plan: Plan) -> str:
        """The label text ``<THOUGHT><CONTEXT>…</THOUGHT>[…]`` of a row and a plan."""
        return render_label(self.explain(row, plan), plan)


def _context(known: Facts) -> str:
    """``夜里，人在酒店，身在外地，近期关注景点；就在订单地点，与订单同城；酒店订单，下单一小时多，入住日是今天。``"""
    person, relation, order = _clauses(known, choose(known.seed, "place", ("人在", "位于", "身处")))
    orders = ((person, relation, order), (order, relation, person), (relation, order, person))
    text = join(orders[int(choose(known.seed, "context", "012"))], "；")
    return f"{text or choose(known.seed, 'context', ('可用信息不多', '可参考的信息不多'))}。"


def comparisons(row: Row) -> str:
    """What decides in a row, in the words of labels: ``"夜里，人在酒店，身在外地；就在订单地点，与订单同城；…"``."""
    return join(_clauses(facts(row), "人在"), "；")


def _clauses(known: Facts, is_at: str) -> tuple[str, str, str]:
    """The person now, how they stand to the order, and the order; ``""`` where the row says nothing."""
    now = known.now
    place = known.place and is_at + known.place
    taste = known.tastes and f"近期关注{'和'.join(known.tastes)}"
    usual = "此处常去" if now.at_home or now.at_work else ""
    person = join([now.day_part, "周末" if now.weekend else "", place, usual, known.home, taste, known.car])
    home = "订单在常住城市" if now.order_in_home_city and not now.in_home_city else ""
    relation = join([known.at, known.city, home])
    order = join([known.order, known.since, known.start, known.end])
    return person, relation, order


def _strategy(known: Facts, plan: Plan) -> str:
    """``不在订单地点而同城，分四步，先打车去订单地点，兼顾提醒、美食、天气。``"""
    first = theme(plan[0])
    others = [one for one in dict.fromkeys(theme(intent) for intent in plan) if one != first]
    reason = next(iter(_reasons(known, plan, 0)), "")
    count = COUNT_WORDS[len(plan)]
    lead = choose(known.seed, "lead", ("先{}", "首要是{}", "重点是{}")).format(first)
    rest = choose(known.seed, "rest", ("再顾{}", "兼顾{}", "另备{}")).format("、".join(others)) if others else ""
    return f"{join([reason, f'分{count}步', lead, rest])}。"


def _step(known: Facts, plan: Plan, i: int) -> str:
    """``打车之后提醒订单，入住日是今天。``"""
    slot = f"STEP_{i + 1}"
    what = action(plan[i])
    if i:
        link = choose(known.seed, slot, ("{}之后", "{}后", "接{}，"))
        what = link.format(_short(plan[i - 1])) + what
    reasons = _reasons(known, plan, i)
    # The strategy has used the first intent's first reason.
    candidates = (reasons[1:] or reasons)[:1] if i == 0 else reasons[:2]
    why = choose(known.seed, slot + "why", candidates or _purposes(plan[i]))
    return f"{what}，{why}。"


def _short(intent: dict[str, str]) -> str:
    return RIDE_WORDS.get(intent[TOOL_KEY]) or theme(intent)


def _purposes(intent: dict[str, str]) -> tuple[str, ...]:
    return _TAG_PURPOSES[intent[TAG]] if TAG in intent else _PURPOSES[intent[TOOL_KEY]]


def _reasons(known: Facts, plan: Plan, i: int) -> list[str]:
    """The reasons for intent i that the row and the intents before it support, the strongest first."""
    tool = plan[i][TOOL_KEY]
    if tool in RIDE_WORDS:
        found = _ride_reasons(known, plan[i])
    elif TAG in plan[i]:
        found = _interest_reasons(known, plan, i)
    else:
        found = _service_reasons(known, plan, i)
    return [reason for reason in found if reason]


def _ride_reasons(known: Facts, intent: dict[str, str]) -> list[str]:
    now, goal = known.now, intent[DESTINATION]
    # A car argues for driving, never for a ride-hailing.
    drives = intent[TOOL_KEY] == "tool_2"
    kind = drives and (known.order if now.order in ("加油", "充电桩") else known.car)
    if goal == ORDER_PLACE:
        if not known.away:
            return []
        where = "不在订单地点而同城" if known.same_city else "订单在另一城市" if known.other_city else known.at
        return [where, kind, known.start, known.since]
    if goal == "家":
        return [now.day_part in _NIGHT and f"已是{now.day_part}", now.in_home_city and "就在常住城市", kind]
    if goal == "公司":
        return [known.workday and now.day_part in ("早上", "上午") and f"工作日{now.day_part}", kind]
    if goal == "用户短期意向":
        return [known.latest and f"最新行为涉及{known.latest}", kind]
    if goal == "调用猜你去哪模型":
        return [now.at_order and known.at, known.started and known.start, kind]
    return [kind]


def _interest_reasons(known: Facts, plan: Plan, i: int) -> list[str]:
    now, intent = known.now, plan[i]
    tag, origin = intent[TAG], intent.get(ORIGIN, "")
    if origin == PREVIOUS and i:
        return ["以上一结果为中心"]
    heading = origin == ORDER_PLACE and _heading(known, plan[:i])
    found = [tag in known.tastes and f"近期关注{tag}", "到后可用" if heading else ""]
    if tag == "美食" and now.day_part in _MEALS:
        found.append(_MEALS[now.day_part])
    if tag == "酒店":
        found += [
            known.order and now.order != "酒店" and "订单不是酒店",
            now.day_part in _NIGHT and f"已是{now.day_part}",
        ]
    if _TAG_ORDERS.get(tag) == now.order:
        found.append(known.order)
    if intent.get(RANGE) == "商圈" and origin != ORDER_PLACE and now.place == "商圈":
        found.append("人在商圈")
    if tag in ("加油站", "充电站") and now.place == "服务区" and known.place:
        found.append(f"人在{known.place}")
    if known.car == f"近期涉及{tag}":
        found.append(known.car)
    if tag in ("酒店", "景点", "休闲娱乐", "购物"):
        found.append(known.outside and known.home)
    return found


def _service_reasons(known: Facts, plan: Plan, i: int) -> list[str]:
    now, tool = known.now, plan[i][TOOL_KEY]
    heading = _heading(known, plan[:i])
    hub = now.place == "车站" and known.place and f"人在{known.place}"
    outside = known.outside and known.home
    if tool == "tool_3":
        return [known.other_city and "订单在另一城市", hub, outside]
    if tool == "tool_4":
        return [hub, outside]
    if tool == "tool_6":
        return [now.at_order and known.at, heading and "到后可用", known.order, known.start]
    if tool == "tool_8":
        return [known.start, known.end, known.since, known.order]
    if tool == "tool_9":
        return [known.upcoming and known.start, outside, heading and "路上用得上"]
    return [now.at_order and known.at, known.started and known.start, known.since]


def _heading(known: Facts, before: Plan) -> bool:
    """The person is elsewhere, and the steps before lead to the order's place."""
    return known.away and any(one.get(DESTINATION) == ORDER_PLACE for one in before)
