"""A request in words that a person reads: when, where, the order, who, and what happened; nothing is added.

Words and comparisons are those of the rule teacher's ``facts``, so that a person sees what the rules saw; raw values
stand beside them.
"""

from datetime import datetime
from typing import NamedTuple

from data_process.schema import Row
from data_process.situation import Behaviour, behaviour_time, long_term, parse_time, short_term
from gplan.synthesis.rules.wording import facts, join

REASON_WORDS = {
    "format.json": "标注读不出计划",
    "format.length": "意图数不在3到9之间",
    "schema.tool": "有库外的服务",
    "schema.param_missing": "缺少必填参数",
    "schema.param_extra": "有多余的参数",
    "schema.enum": "有不可取的参数值",
    "logic.unresolved_reference": "第一步不能引用前一位推荐结果",
    "logic.mutually_exclusive": "打车、出行导航、周边公交至多一个",
    "logic.duplicate": "有两个相同的意图",
    "logic.no_order": "没有订单，不能用订单目的地",
}
PASSES = "通过"
FILTER_OPINIONS = (
    PASSES,
    *(f"未通过：{words}（{reason}）" for reason, words in REASON_WORDS.items()),
    *(f"原计划不可用：{words}（{reason}），这里是规则给出的计划" for reason, words in REASON_WORDS.items()),
    "没有原计划，这里是规则给出的计划",
)
KIND_WORDS = {
    "arrival": "跨城到达",
    "ride": "在途",
    "hotel": "酒店订单",
    "ticket": "门票订单",
    "fuel": "加油订单",
    "charging": "充电订单",
}
_WEEKDAYS = "一二三四五六日"
_RECENT, _USUAL = 6, 3


class TimelineEntry(NamedTuple):
    """One point of a request's timeline; ``time`` is None where the row's text is no time."""

    time: datetime | None
    kind: str  # past, made, start, end or now
    words: str
    detail: str  # raw values: ids, action codes, a text that is no time


def context_words(row: Row) -> dict[str, str]:
    """``{"when": "2026年2月10日周二0点19分，凌晨", "where": "…", "order": "…", "person": "…", "history": "…"}``."""
    return {
        "when": when_words(row),
        "where": where_words(row),
        "order": order_words(row),
        "person": person_words(row),
        "history": history_words(row),
    }


def when_words(row: Row) -> str:
    known, time = facts(row), parse_time(row["currenttime"])
    day = ["周末" if known.now.weekend else "", "节假日" if row["holidayflag"] == "1" else ""]
    return join([clock_words(time) or f"时间不明 {row['currenttime']}".strip(), known.now.day_part, *day])


def where_words(row: Row) -> str:
    """``"在高铁站 p_603，南宁市青秀区；不在订单地点，与订单同城，身在外地"``."""
    known = facts(row)
    place = " ".join(filter(None, [row["current_tag"] or "地点不明", row["current_poi_name"]]))
    usual = ["此处是常去地点一" if known.now.at_home else "", "此处是常去地点二" if known.now.at_work else ""]
    relation = join([known.at, known.city, known.home, *usual])
    return join([f"在{place}，{row['current_city']}{row['current_district']}".rstrip("，"), relation], "；")


def order_words(row: Row) -> str:
    """``"酒店订单，南宁市青秀区 p_853147；下单不到半小时，入住日是昨天，离店日是今天"``."""
    if not row["trigger_1"]:
        return "没有订单"
    known = facts(row)
    place = " ".join(filter(None, [row["trigger_2"] + row["trigger_3"], row["trigger_4"]]))
    home = "订单在常住城市" if known.now.order_in_home_city else ""
    what = known.order or f"{row['trigger_1']}订单"
    return join([join([what, place]), join([known.since, known.start, known.end, home])], "；")


def person_words(row: Row) -> str:
    """``"常驻泉州市；常去地点一 p_853146（泉州市南安市）；近期关注景点和美食；偏好程度 pf_60:高（代码已匿名）"``."""
    known = facts(row)
    usual = [
        row[poi] and f"常去地点{number} {row[poi]}" + (f"（{row[place]}）" if row[place] else "")
        for number, poi, place in (
            ("一", "profile_feat_6", "profile_feat_7"),
            ("二", "profile_feat_8", "profile_feat_9"),
        )
    ]
    levels = [
        row[column] and f"{name} {row[column]}（代码已匿名）"
        for column, name in (("profile_feat_13", "偏好程度"), ("profile_feat_14", "偏好次数"))
    ]
    home = row["profile_feat_5"] and f"常驻{row['profile_feat_5']}"
    taste = known.tastes and f"近期关注{'和'.join(known.tastes)}"
    return join([home, *usual, taste, known.car, *levels], "；") or "画像为空"


def history_words(row: Row) -> str:
    """The newest behaviours, then the commonest places: ``"2月9日20点 异地行中 高铁站 p_9；常去：公司 p_1 9次"``."""
    lately = [_behaviour_words(one) for one in short_term(row["short_term_behavior_seq"])[-_RECENT:]]
    # A history of another form is shown as it is: to a person it may say something.
    lately = lately or [row["short_term_behavior_seq"][:200]]
    usual = usual_words(row)
    return join([*lately, usual and f"常去：{usual}"], "；") or "没有历史"


def usual_words(row: Row) -> str:
    """``"公司 p_1 184次、住宅区 p_2 6次"``; a history of another form as it is."""
    # Real rows say one place several times over.
    places = list(dict.fromkeys(long_term(row["long_term_behavior"])))[:_USUAL]
    return "、".join(f"{one.tag} {one.poi} {one.count}次" for one in places) or row["long_term_behavior"][:200]


def timeline(row: Row) -> list[TimelineEntry]:
    """The newest behaviours, the order's times and now, in order; what has no readable time stands at the end."""
    now = parse_time(row["currenttime"])
    events = []
    for one in short_term(row["short_term_behavior_seq"])[-_RECENT:]:
        known = {row["trigger_4"]: "（订单地点）", row["current_poi_name"]: "（此刻所在）"}.get(one.poi, "")
        time = now and behaviour_time(one, now)
        events.append(TimelineEntry(time, "past", f"{one.phase} {one.tag}{known}", f"{one.poi} {one.actions}"))
    stay = row["trigger_1"] == "酒店"
    for column, kind, words in (
        ("trigger_5", "made", "下单"),
        ("trigger_6", "start", "入住" if stay else "开始"),
        ("trigger_7", "end", "离店" if stay else "结束"),
    ):
        if row[column]:
            time = parse_time(row[column])
            events.append(TimelineEntry(time, kind, words, "" if time else row[column]))
    events.append(TimelineEntry(now, "now", "现在打开首页", "" if now else row["currenttime"]))
    # A stable sort: what is known to the hour only stands before what is known to the second.
    return sorted(events, key=lambda one: (one.time is None, one.time or datetime.min))


def clock_words(time: datetime | None) -> str:
    """``"2026年2月10日周二0点19分"``: words, because a spreadsheet rewrites what it takes for a date."""
    if not time:
        return ""
    return f"{time.year}年{time.month}月{time.day}日周{_WEEKDAYS[time.weekday()]}{time.hour}点{time.minute:02d}分"


def _behaviour_words(one: Behaviour) -> str:
    return f"{one.month}月{one.day}日{one.hour}点 {one.phase} {one.tag} {one.poi}"
