"""What a teacher's answer is refused for, by name, and what must pass."""

import json
import random
import re

import pytest

from data_process.intents import TOOL_KEY, all_intents, render_plan
from data_process.response import LabelError, parse_label
from data_process.rule_filter import checked_label
from data_process.schema import COLUMNS, LABEL, read_rows
from data_process.situation import parse_time
from gplan.synthesis.rules.checks import check_answer, label_text, map_tags
from gplan.synthesis.rules.invented import CITIES, Claim, invented, number
from gplan.synthesis.rules.rule_teacher import RuleTeacher
from gplan.world.rows import generate

T8, T9 = {TOOL_KEY: "tool_8"}, {TOOL_KEY: "tool_9"}
FOOD = {TOOL_KEY: "tool_5", "起始位置": "当前位置", "空间范围": "附近", "tag": "美食"}
PLAN = [T8, FOOD, T9]
STEPS = ("提醒订单。", "附近吃饭。", "查天气。")
ROW = dict.fromkeys(COLUMNS, "") | {
    "id": "7",
    "profile_feat_5": "惠州市",
    "profile_feat_7": "惠州市惠阳区",
    "profile_feat_13": "pf_60:高",
    "currenttime": "2026-02-10 22:59:07",  # a Tuesday
    "current_poi_name": "p_12",
    "current_city": "成都市",
    "trigger_1": "酒店",
    "trigger_2": "阿坝藏族羌族自治州",
    "trigger_5": "2026-02-09 08:05:00",
    "trigger_6": "2026-02-12 00:00:00",
    "short_term_behavior_seq": "在2月8日周日20点act_4了位于异地行中车站入口的p_34999",
}


def thought(context="人在外地。", strategy="先看订单。", steps=STEPS):
    blocks = [("CONTEXT", context), ("STRATEGY", strategy), *((f"STEP_{i}", s) for i, s in enumerate(steps, start=1))]
    return "<THOUGHT>" + "".join(f"<{name}>{text}</{name}>" for name, text in blocks) + "</THOUGHT>"


def reason(text, plan=None, row=ROW):
    with pytest.raises(LabelError) as caught:
        check_answer(row, text, plan)
    assert str(caught.value)
    return caught.value.reason


GOOD = thought() + render_plan(PLAN)


def test_a_good_answer_becomes_the_label():
    assert label_text(check_answer(ROW, GOOD)) == GOOD
    assert label_text(check_answer(ROW, thought(), PLAN)) == GOOD
    assert label_text(check_answer(ROW, GOOD, PLAN)) == GOOD


@pytest.mark.parametrize(
    "dressed",
    [
        f"  {GOOD}\n",
        f"<think>\nLet me see: [1] </THOUGHT>\n</think>\n\n{GOOD}",
        f"```\n{GOOD}\n```",
        f"```json\n{GOOD}\n```",
        thought() + "\n```json\n" + render_plan(PLAN) + "\n```",
        thought() + "\n" + json.dumps(PLAN, ensure_ascii=False, indent=2),
        GOOD.replace("</CONTEXT><", "</CONTEXT>\n<").replace("。</STRATEGY>", "。\n</STRATEGY>"),
        # keys in another order
        GOOD.replace('"起始位置":"当前位置","空间范围":"附近"', '"空间范围":"附近","起始位置":"当前位置"'),
    ],
)
def test_dress_is_taken_off(dressed):
    assert label_text(check_answer(ROW, dressed)) == GOOD


def test_a_kept_plan_stays_as_it_is():
    """Also with its keys in another order: what was curated is not rewritten."""
    plan = [T8, dict(reversed(FOOD.items())), T9]
    assert check_answer(ROW, GOOD, plan).plan == plan
    assert label_text(check_answer(ROW, thought(), plan)).endswith(render_plan(plan))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "answer.empty"),
        (" \n", "answer.empty"),
        ("天" * 20_001, "answer.huge"),
        ("你好", "reasoning.missing"),
        (render_plan(PLAN), "reasoning.missing"),
        ("The user should take a taxi.", "reasoning.missing"),
        (thought(), "plan.missing"),
        (thought() + "[" + render_plan(PLAN)[1:-9], "plan.truncated"),
        (thought() + "先提醒，再吃饭。", "plan.json"),
        (GOOD + "希望有帮助", "plan.text_around"),
        ("好的：" + GOOD, "thought.text_before"),
        (thought()[:-10], "thought.unclosed"),
        (GOOD.replace("<THOUGHT>", ""), "thought.unopened"),
        (GOOD.replace("STRATEGY", "PLAN"), "blocks.order"),
        (thought(steps=STEPS[:2]) + render_plan(PLAN), "blocks.steps"),
        (thought(steps=(*STEPS, "写评价。")) + render_plan(PLAN), "blocks.steps"),
        (thought(context="看<STEP_1>。") + render_plan(PLAN), "blocks.tag"),
        (thought() + render_plan([T8, FOOD, {TOOL_KEY: "tool_11"}]), "schema.tool"),
        (thought() + render_plan([T8, FOOD | {"tag": "书店"}, T9]), "schema.enum"),
        (thought() + render_plan([T8, {TOOL_KEY: "tool_5"}, T9]), "schema.param_missing"),
        (thought() + render_plan([T8, T9 | {"x": "y"}, FOOD]), "schema.param_extra"),
        (thought(steps=STEPS[:1] + STEPS[2:]) + render_plan([T8, T9]), "format.length"),
        (thought(steps=("查天气。",) * 3) + render_plan([T9, T9, FOOD]), "logic.duplicate"),
        (thought(context="") + render_plan(PLAN), "reasoning.empty_block"),
        (thought(context="…，。 ") + render_plan(PLAN), "reasoning.language"),
        (thought(context="p_12") + render_plan(PLAN), "reasoning.language"),
        (thought(strategy="First check the order, 然后。") + render_plan(PLAN), "reasoning.language"),
        (thought(strategy="まず、ちゅうもんをみる。") + render_plan(PLAN), "reasoning.language"),
        (thought(context="人\0在外地。") + render_plan(PLAN), "reasoning.characters"),
        (thought(context="人在\ufffd外地。") + render_plan(PLAN), "reasoning.characters"),
        (thought(context="人在外地<|im_end|>。") + render_plan(PLAN), "reasoning.markup"),
        (thought(context="人在外地<T_1_a>。") + render_plan(PLAN), "reasoning.markup"),
        (thought(context="在订单城市，是美食场所，就近安排，是美食场所。") + render_plan(PLAN), "reasoning.repeated"),
        (thought(context="，".join(f"人在外地第{i}日" for i in range(200))) + render_plan(PLAN), "reasoning.long"),
        (thought(steps=("查天气。", "附近吃饭。", "提醒订单。")) + render_plan(PLAN), "reasoning.step_mismatch"),
        (thought(steps=("提醒订单。", "附近加油。", "查天气。")) + render_plan(PLAN), "reasoning.step_mismatch"),
        (thought(context="人在p_1。") + render_plan(PLAN), "reasoning.invented_poi"),
        (thought(context="偏好pf_61。") + render_plan(PLAN), "reasoning.invented_id"),
        (thought(context="人在上海市。") + render_plan(PLAN), "reasoning.invented_city"),
        (thought(context="现在21点。") + render_plan(PLAN), "reasoning.invented_time"),
    ],
)
def test_what_is_refused(text, name):
    assert reason(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (thought() + render_plan([T8, FOOD | {"tag": "购物"}, T9]), "plan.unfaithful"),
        (thought() + render_plan([FOOD, T8, T9]), "plan.unfaithful"),
        (thought(steps=STEPS[:2]) + render_plan([T8, FOOD]), "plan.unfaithful"),
        (thought(steps=STEPS[:2]), "blocks.steps"),
        (thought() + "[{", "plan.truncated"),
        (render_plan(PLAN), "reasoning.missing"),
        (thought(steps=("提醒订单。", "查天气。", "附近吃饭。")), "reasoning.step_mismatch"),
    ],
)
def test_what_is_refused_for_a_kept_plan(text, name):
    assert reason(text, PLAN) == name


@pytest.mark.parametrize(
    ("step", "passes"),
    [
        ("此处附近推荐美食。", True),
        ("提醒后找吃饭的地方。", True),
        ("推荐附近一处停车场后，在附近吃饭。", True),
        ("此处全城推荐美食。", False),
        ("订单地点附近推荐美食。", False),
        ("此处附近推荐景点，顺便吃饭。", False),
    ],
)
def test_a_step_that_gives_its_intent_other_parameters(step, passes):
    """In the very words of the plan shown to the teacher; other words may say more."""
    text = thought(steps=("提醒订单。", step, "查天气。"))
    if passes:
        check_answer(ROW, text, PLAN)
    else:
        assert reason(text, PLAN) == "reasoning.step_mismatch"


def test_a_step_may_name_the_one_before():
    """Not in its own words, but speaking of its own tag too: what the other step's are is no fault."""
    plan = [FOOD, FOOD | {"空间范围": "全城", "tag": "景点"}, T9]
    steps = ("附近吃饭。", "此处附近推荐美食之后，全城的景点也看看。", "查天气。")
    check_answer(ROW, thought(steps=steps), plan)
    assert (
        reason(thought(steps=(steps[0], "此处商圈推荐美食之后看景点。", steps[2])), plan) == "reasoning.step_mismatch"
    )


def test_a_ride_that_leads_elsewhere():
    ride = {TOOL_KEY: "tool_1", "起始位置": "当前位置", "终点位置": "家"}
    plan = [ride, T8, T9]
    steps = ("从此处打车去家。", "提醒订单。", "查天气。")
    check_answer(ROW, thought(steps=steps), plan)
    check_answer(ROW, thought(steps=("打车回家。", *steps[1:])), plan)
    assert reason(thought(steps=("从此处打车去订单地点。", *steps[1:])), plan) == "reasoning.step_mismatch"


def test_all_that_is_wrong_is_named_at_once():
    """Steps with what they should say, an invented place, a clause that is not so: the teacher has one retry."""
    text = thought(context="人在p_1，加油订单。", steps=("查天气。", "附近吃饭。", "提醒订单。"))
    with pytest.raises(LabelError, match=r"STEP_1: 提醒订单, STEP_3: 查天气; .* p_1, .*; .* 加油订单, ") as caught:
        check_answer(ROW, text, PLAN)
    assert caught.value.reason == "reasoning.step_mismatch"


def test_clauses_against_row_and_plan():
    assert reason(thought(context="人在外地，加油订单。"), PLAN) == "reasoning.contradicts_row"
    assert reason(thought(strategy="分四步，先看订单。"), PLAN) == "reasoning.contradicts_plan"


def test_a_plan_about_an_order_needs_one():
    ride = {TOOL_KEY: "tool_1", "起始位置": "当前位置", "终点位置": "订单目的地"}
    text = thought(steps=("打车去。", "附近吃饭。", "查天气。")) + render_plan([ride, FOOD, T9])
    check_answer(ROW, text)
    assert reason(text, row=ROW | {"trigger_1": ""}) == "logic.no_order"


def test_words_outside_the_library_become_its_nearest_tag_in_plans_only():
    assert map_tags([FOOD | {"tag": "奶茶"}, T9, {"tag": ["x"]}]) == [FOOD, T9, {"tag": ["x"]}]
    text = thought() + render_plan([T8, FOOD | {"tag": "小吃快餐"}, T9])
    assert check_answer(ROW, text).plan == PLAN
    assert check_answer(ROW, text, PLAN).plan == PLAN  # faithful to the plan that the prompt's mapping gives


def test_whatever_comes_is_refused_by_name_or_is_a_label():
    """20,000 damaged answers: cut, joined, doubled, with odd characters; no other exception, nothing half."""
    rng = random.Random(0)
    pieces = [
        "",
        "<",
        ">",
        "</THOUGHT>",
        "<THOUGHT>",
        "[",
        "]",
        "{",
        "\0",
        "\ud800",
        "p_",
        "12",
        "市",
        "点",
        "<STEP_1>",
        "奶茶",
    ]
    passed = 0
    for _ in range(20_000):
        text = GOOD
        for _ in range(rng.randint(1, 3)):
            start = rng.randrange(len(text) + 1)
            end = min(len(text), start + rng.choice((0, 0, 1, 5, 50)))
            text = text[:start] + rng.choice(pieces) * rng.choice((1, 1, 2)) + text[end:]
        plan = rng.choice((None, PLAN))
        try:
            label = check_answer(ROW, text, plan)
        except LabelError as error:
            assert re.fullmatch(r"[a-z]+\.[a-z_]+", error.reason)
            continue
        passed += 1
        written = label_text(label)
        written.encode("utf-8")
        assert parse_label(written).plan == label.plan
        checked_label({**ROW, LABEL: written})
        assert check_answer(ROW, written, plan).plan == label.plan
    assert 500 < passed < 15_000


# Names and moments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("人在p_12", "去过p_34999", "p_１２", "偏好pf_60", "做过act_4"),
        *("人在成都", "成都市中心", "惠州市", "回惠州", "惠阳区", "阿坝藏族羌族自治州"),
        # no city at all
        *(
            "另一城市",
            "附近超市",
            "去菜市场",
            "本市",
            "夜市",
            "市区",
            "晚上海边散步",
            "爱吃北京烤鸭",
            "桂林米粉",
            "北京时间",
            "大理石",
        ),
        *(
            "22:59",
            "22：59",
            "22:59:07",
            "22点59分",
            "晚上10点59分",
            "晚上十点",
            "约23点",
            "20点在车站",
            "8点05分下单",
            "早上八点",
        ),
        *(
            "2月10日",
            "２月１０日",
            "二月十二日",
            "2月8日",
            "2026-02-10",
            "2026年2月12日",
            "2026/02/09",
            "周二",
            "星期四",
            "周日",
        ),
        # no moment at all
        *(
            "一点小吃",
            "有三点理由",
            "以下3点",
            "第2点",
            "24小时",
            "3小时后",
            "两天后",
            "周末",
            "周边",
            "一周三次",
            "10点评价",
            "2时段",
        ),
    ],
)
def test_what_the_row_holds_or_nobody_claims(text):
    assert invented(ROW, text) is None


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("去p_1", "poi", "p_1"),
        ("去p_123", "poi", "p_123"),
        ("去p_60", "poi", "p_60"),  # pf_60 is another thing
        ("偏好pf_12", "id", "pf_12"),
        ("去北京", "city", "北京"),
        ("在北京市", "city", "北京市"),
        ("在上海市", "city", "上海市"),
        ("前往德阳市", "city", "德阳市"),
        ("大理白族自治州", "city", "大理白族自治州"),
        ("21:59", "time", "21:59"),
        ("22:58", "time", "22:58"),
        ("22点58分", "time", "22点58分"),
        ("21点", "time", "21点"),
        ("上午十点半", "time", "上午十点半"),
        ("下午三点", "time", "下午三点"),
        ("25点", "time", "25点"),
        ("2月11日", "time", "2月11日"),
        ("十二月二十五日", "time", "十二月二十五日"),
        ("2025-02-10", "time", "2025-02-10"),
        ("周三", "time", "周三"),
        ("星期六", "time", "星期六"),
    ],
)
def test_what_is_invented(text, kind, what):
    assert invented(ROW, f"订单，{text}，再说") == Claim(f"reasoning.invented_{kind}", what)


def test_a_row_without_times_holds_no_time():
    assert invented(dict.fromkeys(COLUMNS, ""), "周二22点") == Claim("reasoning.invented_time", "22点")


def test_numbers():
    words = "零 一 十 十二 二十 二十三 三十一 7 07 甲乙 二十三四".split()  # noqa: SIM905
    assert [number(word) for word in words] == [0, 1, 10, 12, 20, 23, 31, 7, 7, -1, -1]


# Nothing true is refused --------------------------------------------------------------------------------------------


def own_facts(row):
    """A text that names everything that a row holds: its POIs, cities, moments, in the forms that teachers use."""
    said = [f"在{row['current_poi_name']}", f"去{row['trigger_4']}", f"{row['current_city']}{row['current_district']}"]
    said += [f"订单在{row['trigger_2']}", f"家在{row['profile_feat_5']}", row["profile_feat_7"], row["profile_feat_9"]]
    said += [row["short_term_behavior_seq"], row["long_term_behavior"], row["current_tag"]]
    for column in ("currenttime", "trigger_5", "trigger_6", "trigger_7"):
        if time := parse_time(row[column]):
            said += [f"{time:%H:%M}", f"{time.hour}点{time.minute}分", f"{time.month}月{time.day}日", row[column]]
            said += [
                f"{time.hour}点",
                f"周{'一二三四五六日'[time.weekday()]}",
                f"{time.year}年{time.month}月{time.day}日",
            ]
    return "，".join(said)


def unnoticed(rows):
    """In how many rows the facts of the next row would pass; a row whose own reasoning or facts don't fails."""
    teacher, passed = RuleTeacher(), 0
    for row, other in zip(rows, [*rows[1:], rows[0]], strict=True):
        plan = parse_label(row[LABEL]).plan
        for kept in (plan, None):
            try:
                check_answer(row, teacher.label(row, plan), kept)
            except LabelError as error:
                pytest.fail(f"{error}: {teacher.label(row, plan)}")
        if claim := invented(row, own_facts(row)):
            pytest.fail(f"{claim} in {own_facts(row)}")
        passed += invented(row, own_facts(other)) is None
    return passed


def test_nothing_true_is_refused_on_world_rows():
    assert unnoticed(generate(2000, seed=7)) < 20  # people who come back share their places


def test_nothing_true_is_refused_on_real_rows(real_csv):
    assert unnoticed(read_rows(real_csv)) < 5


def test_every_intent_has_words_of_its_own():
    """The rule teacher's wording of each of the 148 is known to speak of it."""
    from gplan.synthesis.rules.checks import _out_of_place
    from gplan.synthesis.rules.wording import action

    for intent in all_intents():
        assert not _out_of_place(intent, action(intent)), intent


def test_cities_of_the_world_are_known():
    assert len(CITIES) == len(set(CITIES)) > 80
    assert all(invented(dict.fromkeys(COLUMNS, ""), f"人在{city}。") for city in CITIES)
