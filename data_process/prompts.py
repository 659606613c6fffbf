"""Prompt texts: one system text, and one user text rendered from a row, in two styles.

``full`` is for real backbones: every column under a stable name. ``compact`` is for the small embedded
backbone, which has neither the capacity nor the training time to learn to compare two POI ids: it states the
comparisons of ``situation`` instead of the raw fields. A checkpoint stores the name of its style.
"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from data_process import intents
from data_process.intents import TAG_ALIASES, TAGS, TOOL_KEY, TOOLS, VALUES
from data_process.schema import Row
from data_process.situation import Situation, place_kind, short_term, situation


class PromptStyle(NamedTuple):
    """A named way to ask: the constant system text, and the user text of a row."""

    system: str
    user: Callable[[Row], str]


def _library() -> str:
    lines = []
    for name, tool in TOOLS.items():
        parameters = "、".join(tool.parameters) or "无"
        lines.append(f"{name} {tool.meaning}，参数：{parameters}")
    return "\n".join(lines)


def _full_system() -> str:
    values = "\n".join(f"{name}：{'、'.join(options)}" for name, options in VALUES.items())
    aliases = "；".join(f"{'、'.join(words)}→{tag}" for tag, words in TAG_ALIASES.items())
    exclusive = "、".join(sorted(intents.EXCLUSIVE_TOOLS))
    return f"""你是地图应用首页的服务规划师。根据用户画像、历史行为、当前时空和触发事件，\
为用户规划接下来最需要的一组服务意图，按用户将会用到的先后排列，第一项最重要。

一、意图库（工具、含义、必填参数）
{_library()}

二、参数取值（只能取下列值）
{values}
库外的类别归到最近的tag：{aliases}。

三、规则
1. 计划含{intents.MIN_PLAN}到{intents.MAX_PLAN}个意图，每个意图只用一个工具，必填参数齐全，不写其他参数。
2. {exclusive}互斥，一个计划里至多出现其中一个。
3. 不得出现两个完全相同的意图。
4. 参数“前一位推荐结果”指前面意图给出的地点，第一个意图不能使用它。
5. 参数“订单目的地”只在有触发订单时使用。
6. 计划要在物理上可行：结合此刻的时间、所在地点、与订单地点的关系以及订单所处的阶段。

四、输出
先在<THOUGHT>与</THOUGHT>之间思考：先分析情境（CONTEXT），再定策略（STRATEGY），然后为每个意图写一步（STEP），步数必须等于意图数。
随后直接输出JSON数组，不加任何说明，例如：
[{{"{TOOL_KEY}":"tool_6"}},{{"{TOOL_KEY}":"tool_5","起始位置":"当前位置","空间范围":"附近","tag":"{TAGS[0]}"}},{{"{TOOL_KEY}":"tool_9"}}]"""


# Column -> the name it has in the full prompt. The meaning of most profile codes is anonymised away.
_FIELDS = (
    (
        "用户画像",
        {
            **{f"profile_feat_{i}": f"画像{i}" for i in (1, 2, 3, 4)},
            "profile_feat_5": "常驻城市",
            "profile_feat_6": "常去地点一",
            "profile_feat_7": "地点一所在",
            "profile_feat_8": "常去地点二",
            "profile_feat_9": "地点二所在",
            **{f"profile_feat_{i}": f"画像{i}" for i in (10, 11, 12)},
            "profile_feat_13": "偏好程度",
            "profile_feat_14": "偏好次数",
        },
    ),
    ("历史行为", {"short_term_behavior_seq": "近期行为", "long_term_behavior": "长期行为"}),
    (
        "当前时空",
        {
            "currenttime": "当前时间",
            "weekendflag": "是否周末",
            "holidayflag": "是否节假日",
            "current_poi_name": "当前地点",
            "current_tag": "地点类别",
            "current_city": "当前城市",
            "current_district": "当前区县",
        },
    ),
    (
        "触发事件",
        {
            "trigger_1": "订单类型",
            "trigger_2": "订单城市",
            "trigger_3": "订单区县",
            "trigger_4": "订单地点",
            "trigger_5": "下单时间",
            "trigger_6": "开始时间",
            "trigger_7": "结束时间",
        },
    ),
)


def _full_user(row: Row) -> str:
    parts = []
    for title, fields in _FIELDS:
        lines = "\n".join(f"{name}：{row[column] or '无'}" for column, name in fields.items())
        parts.append(f"【{title}】\n{lines}")
    return "\n".join(parts)


# Upper edges of the signed hour classes of the compact prompt, and their words.
_HOURS = (
    (-48, "早已"),
    (-24, "前天"),
    (-12, "昨天"),
    (-6, "半天前"),
    (-3, "几时前"),
    (-1, "两时前"),
    (0, "刚才"),
    (1, "马上"),
    (2, "两时内"),
    (6, "几时后"),
    (12, "半天后"),
    (24, "一天内"),
    (48, "明后天"),
    (float("inf"), "以后"),
)


def _when(hours: float | None) -> str:
    """``_when(2.5) == "两时后"``, ``_when(None) == "不明"``."""
    return "不明" if hours is None else next(word for edge, word in _HOURS if hours < edge)


def _whereabouts(now: Situation) -> str:
    if now.at_order:
        return "到店"
    if now.in_order_district:
        return "同区"
    return "同城" if now.in_order_city else "异城"


def _compact_user(row: Row) -> str:
    now = situation(row)
    since = None if now.hours_since_order is None else -now.hours_since_order
    counts = Counter(place_kind(behaviour.tag) for behaviour in short_term(row["short_term_behavior_seq"]))
    seen = "、".join(f"{kind}{count}" for kind, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    home = "本地" if now.in_home_city else "外地"
    day = "节日" if row["holidayflag"] == "1" else "周末" if now.weekend else "平日"
    spot = "在家，" if now.at_home else "在公司，" if now.at_work else ""
    return (
        f"订单{now.order or '无'}，{_whereabouts(now)}，下单{_when(since)}，开始{_when(now.hours_to_start)}，"
        f"结束{_when(now.hours_to_end)}，{'订单在常驻城市，' if now.order_in_home_city else ''}"
        f"{now.day_part}{now.hour}点，{day}，{spot}{home}{now.place}，"
        f"最近{now.last_phase}{now.last_place}，近期{seen}"
    )


PROMPT_STYLES = {
    "full": PromptStyle(_full_system(), _full_user),
    "compact": PromptStyle("规划意图序列。", _compact_user),
}


def chat(style: str, row: Row) -> list[dict[str, str]]:
    """The row as chat messages, for anything that speaks ChatML through a chat template."""
    prompt = PROMPT_STYLES[style]
    return [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user(row)}]
