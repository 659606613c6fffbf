"""The rule teacher: every clause is checked against an oracle that reads the row's raw fields by itself."""

import os
import random
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_process.intents import all_intents, intent
from data_process.response import block_names, parse_label
from data_process.schema import COLUMNS, LABEL, read_rows
from data_process.situation import place_kind, short_term
from gplan.synthesis.rules.rule_teacher import _PURPOSES, _TAG_PURPOSES, RuleTeacher
from gplan.synthesis.rules.wording import PLACE_WORDS, action, choose, facts, moment_clause, span_words
from tests.conftest import ROOT

SHARED = Path(os.environ.get("GSISR_SHARED") or ROOT.parent / "shared")
SAMPLE = SHARED / "gsisr" / "sample.csv"
VOCABULARY = SHARED / "qwen_tokenizer" / "tokenizer.json"
needs_sample = pytest.mark.skipif(not SAMPLE.is_file(), reason=f"no {SAMPLE}")
needs_vocabulary = pytest.mark.skipif(not VOCABULARY.is_file(), reason=f"no {VOCABULARY}")

TEACHER = RuleTeacher()
EMPTY = dict.fromkeys(COLUMNS, "")
# A hotel booked at 19:30 for tonight; it is 21:00 and the guest is at a station of the same city.
HOTEL = EMPTY | {
    "id": "1",
    "profile_feat_5": "青岛市",
    "short_term_behavior_seq": "在2月10日周二19点act_2了位于异地行中公园的p_77",
    "currenttime": "2026-02-10 21:00:00",
    "holidayflag": "0",
    "weekendflag": "0",
    "current_poi_name": "p_1",
    "current_tag": "高铁站",
    "current_city": "郑州市",
    "current_district": "中牟县",
    "trigger_1": "酒店",
    "trigger_2": "郑州市",
    "trigger_3": "金水区",
    "trigger_4": "p_2",
    "trigger_5": "2026-02-10 19:30:00",
    "trigger_6": "2026-02-10 00:00:00",
    "trigger_7": "2026-02-12 00:00:00",
}
GO = intent("tool_1", "当前位置", "订单目的地")
STORE, REMIND, WEATHER, REVIEW = intent("tool_6"), intent("tool_8"), intent("tool_9"), intent("tool_10")
FOOD = intent("tool_5", "订单目的地", "附近", "美食")
# Two meals, a shop, a car wash (no taste), and after it a sight: 美食 is commonest, 景点 is newer than 购物.
SEQUENCE = ", ".join(
    f"在2月9日周一{hour}点act_2了位于异地行中{tag}的p_{hour}"
    for hour, tag in enumerate(("超市", "火锅", "加油站", "汽车美容", "小吃快餐", "公园"))
)
PLAN = [GO, REMIND, FOOD, WEATHER]


def text_of(row, plan=PLAN):
    return "\n".join(text for _, text in TEACHER.explain(row, plan))


def context_of(row):
    return TEACHER.explain(row, PLAN)[0][1]


def clauses(text):
    return [clause for clause in re.split("[，；。]", text) if clause]


# --- the deciding comparisons, each derived by hand ------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said", "unsaid"),
    [
        ({}, "不在订单地点", "就在订单地点"),
        ({"current_poi_name": "p_2"}, "就在订单地点", "不在订单地点"),
        ({}, "与订单同城", "另一城市"),
        ({"trigger_2": "惠州市"}, "订单在另一城市惠州市", "同城"),
        ({}, "身在外地", "常住"),  # 郑州市, home is 青岛市
        ({"profile_feat_5": "郑州市"}, "就在常住城市", "外地"),
        ({}, "夜里", "傍晚"),  # 21:00
        ({"currenttime": "2026-02-10 12:00:00", "trigger_5": ""}, "中午", "夜里"),
        ({}, "交通枢纽", "酒店，"),  # 高铁站
        ({}, "酒店订单", "加油订单"),
        ({}, "下单一小时多", "半小时"),  # 19:30 to 21:00
        ({"trigger_5": "2026-02-10 20:40:00"}, "下单不到半小时", "一小时"),
        ({"trigger_5": "2026-02-09 20:00:00"}, "下单一天以上", "小时"),
        ({}, "入住日是今天", "开始日"),
        ({}, "离店日是后天", "结束日"),
        ({"trigger_6": "2026-02-09 00:00:00"}, "入住日是昨天", "今天"),
        ({"trigger_7": "2026-02-13 00:00:00"}, "离店日还远", "离店日是"),
        ({"trigger_1": "门票", "trigger_7": "2026-03-12 23:59:59"}, "结束日还远", "离店"),
        ({"trigger_1": "加油", "trigger_6": "2026-02-10 20:10:00"}, "开始已过不到一小时", "距开始"),
        ({"trigger_1": "其他", "trigger_6": "2026-02-11 00:30:00"}, "距开始两小时以上", "开始已过"),
        ({"weekendflag": "1"}, "周末", "工作日"),
        ({"trigger_2": "青岛市"}, "订单在常住城市", "就在常住"),
        ({}, "近期关注景点", "涉及"),  # 公园
        ({"short_term_behavior_seq": SEQUENCE}, "近期关注美食和景点", "购物"),
        ({"short_term_behavior_seq": SEQUENCE}, "近期涉及加油站", "充电"),
        ({"profile_feat_6": "p_1"}, "此处常去", "就在常住"),
    ],
)
def test_context_states_the_comparison(change, said, unsaid):
    context = context_of(HOTEL | change)
    assert said in context
    assert unsaid not in context


@pytest.mark.parametrize(
    ("column", "gone"),
    [
        ("current_poi_name", "订单地点"),
        ("trigger_4", "订单地点"),
        ("trigger_2", "同城"),
        ("profile_feat_5", "外地"),
        ("current_tag", "枢纽"),
        ("trigger_1", "酒店订单"),
        ("trigger_5", "下单"),
        ("trigger_6", "入住"),
        ("trigger_7", "离店"),
        ("currenttime", "夜里"),
    ],
)
def test_an_unknown_field_is_not_talked_about(column, gone):
    assert gone in context_of(HOTEL)
    assert gone not in context_of(HOTEL | {column: ""})


def test_an_empty_row_is_explained_without_a_claim():
    assert context_of(EMPTY) in ("可用信息不多。", "可参考的信息不多。")
    assert len(TEACHER.explain(EMPTY, PLAN)) == 6


@pytest.mark.parametrize("tag", ["汽车美容", "体育彩票", "", "桥"])
def test_a_category_without_a_sure_kind_is_not_named(tag):
    assert not re.search("人在|位于|身处", context_of(HOTEL | {"current_tag": tag}))


def test_span_words_bounds():
    hours = (0, 0.49, 0.5, 1, 1.99, 2, 5.9, 6, 23.9, 24, 500)
    assert [span_words(h) for h in hours] == (
        ["不到半小时"] * 2
        + ["不到一小时", "一小时多", "一小时多"]
        + ["两小时以上"] * 2
        + ["六小时以上"] * 2
        + ["一天以上"] * 2
    )


def test_a_date_is_compared_by_days_across_midnight():
    now = datetime(2026, 2, 10, 0, 51)
    assert moment_clause(now, datetime(2026, 2, 9), "入住") == "入住日是昨天"
    assert moment_clause(now, datetime(2026, 2, 10), "离店") == "离店日是今天"
    assert moment_clause(now, None, "离店") == ""


# --- plans that fit, and plans that do not ----------------------------------------------------------


def test_going_to_the_order_is_argued_only_from_elsewhere():
    strategy = TEACHER.explain(HOTEL, PLAN)[1][1]
    assert strategy.startswith("不在订单地点而同城，分四步")
    assert "打车去订单地点" in strategy
    there = TEACHER.explain(HOTEL | {"current_poi_name": "p_2"}, PLAN)[1][1]
    assert there.startswith("分四步")
    away = TEACHER.explain(HOTEL | {"trigger_2": "惠州市"}, PLAN)[1][1]
    assert away.startswith("订单在另一城市，")


def test_home_is_not_argued_from_the_night_at_noon():
    plan = [intent("tool_1", "当前位置", "家"), FOOD, WEATHER]
    assert TEACHER.explain(HOTEL, plan)[1][1].startswith("已是夜里")
    noon = text_of(HOTEL | {"currenttime": "2026-02-10 12:00:00"}, plan)
    assert "夜" not in noon


def test_company_is_argued_from_a_working_morning_only():
    plan = [intent("tool_2", "当前位置", "公司"), FOOD, WEATHER]
    morning = HOTEL | {"currenttime": "2026-02-10 08:00:00"}
    assert "工作日早上" in text_of(morning, plan)
    for change in ({"weekendflag": "1"}, {"holidayflag": "1"}, {"weekendflag": ""}, {"currenttime": ""}):
        assert "工作日" not in text_of(morning | change, plan)
    assert "工作日" not in text_of(HOTEL, plan)


def test_the_store_is_argued_from_being_there():
    plan = [STORE, FOOD, WEATHER]
    assert "就在订单地点" not in text_of(HOTEL, plan)
    assert TEACHER.explain(HOTEL | {"current_poi_name": "p_2"}, plan)[1][1].startswith("就在订单地点，")


def test_the_recent_interest_is_the_newest_behaviours_place():
    plan = [intent("tool_2", "当前位置", "用户短期意向"), FOOD, WEATHER]
    assert "最新行为涉及景点" in text_of(HOTEL, plan)  # 公园
    assert "最新行为" not in text_of(HOTEL | {"short_term_behavior_seq": ""}, plan)


def test_every_intent_has_wording_of_its_own():
    assert len({action(one) for one in all_intents()}) == 148


def test_steps_name_the_intent_and_the_one_before():
    blocks = dict(TEACHER.explain(HOTEL, PLAN))
    assert blocks["STEP_1"].startswith("从此处打车去订单地点，")
    assert "打车" in blocks["STEP_2"] and "提醒订单" in blocks["STEP_2"]
    assert "提醒" in blocks["STEP_3"] and "订单地点附近推荐美食" in blocks["STEP_3"]
    assert "美食" in blocks["STEP_4"] and "查天气" in blocks["STEP_4"]


# --- the oracle: the clauses a row supports, from its raw fields ------------------------------------

SPANS = (
    ("不到半小时", 0, 0.5),
    ("不到一小时", 0.5, 1),
    ("一小时多", 1, 2),
    ("两小时以上", 2, 6),
    ("六小时以上", 6, 24),
    ("一天以上", 24, 1e9),
)
DAYS = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
KINDS = {"酒店": "酒店订单", "加油": "加油订单", "门票": "门票订单", "充电桩": "充电订单", "其他": "其他类订单"}
PARTS = ["凌晨"] * 6 + ["早上"] * 3 + ["上午"] * 2 + ["中午"] * 3 + ["下午"] * 3 + ["傍晚"] * 3 + ["夜里"] * 4
MEALS = {"早上": "可用早餐", "中午": "正值午餐时间", "傍晚": "正值晚餐时间", "夜里": "可吃夜宵", "凌晨": "可吃夜宵"}
LEISURE = ("景点", "美食", "购物", "休闲娱乐", "运动健身", "丽人")
ADVICE = {word for words in (*_PURPOSES.values(), *_TAG_PURPOSES.values()) for word in words}


def read_time(text):
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None


def span_of(hours):
    return next(words for words, low, high in SPANS if low <= hours < high)


def true_time_clauses(row):
    """The clauses about the hour, and about the order's three times."""
    now, true = read_time(row["currenttime"]), set()
    if not now:
        return true
    part = PARTS[now.hour]
    true |= {part, MEALS.get(part, part), f"已是{part}"}
    if row["weekendflag"] == "0" and row["holidayflag"] == "0":
        true.add(f"工作日{part}")
    if (made := read_time(row["trigger_5"])) and made <= now:
        true.add("下单" + span_of((now - made).total_seconds() / 3600))
    words = ("入住", "离店") if row["trigger_1"] == "酒店" else ("开始", "结束")
    for column, word in zip(("trigger_6", "trigger_7"), words, strict=True):
        if not (then := read_time(row[column])):
            continue
        if row[column][11:] in ("00:00:00", "23:59:59"):
            days = then.toordinal() - now.toordinal()
            far = f"{word}日还远" if days > 0 else f"{word}日早已过"
            true.add(f"{word}日是{DAYS[days]}" if days in DAYS else far)
        else:
            hours = (then - now).total_seconds() / 3600
            true.add(f"距{word}{span_of(hours)}" if hours >= 0 else f"{word}已过{span_of(-hours)}")
    return true


def true_clauses(row):
    """Every clause about the row that the teacher may write."""
    true = true_time_clauses(row)
    poi, city = row["current_poi_name"], row["current_city"]
    if poi and row["trigger_4"]:
        true.add("就在订单地点" if poi == row["trigger_4"] else "不在订单地点")
    if city and row["trigger_2"] == city:
        true.add("与订单同城")
        if "不在订单地点" in true:
            true.add("不在订单地点而同城")
    elif city and row["trigger_2"]:
        plain = re.fullmatch("[一-鿿]{2,12}", row["trigger_2"])
        true |= {"订单在另一城市", f"订单在另一城市{row['trigger_2'] if plain else ''}"}
    if city and row["profile_feat_5"]:
        true.add("就在常住城市" if city == row["profile_feat_5"] else "身在外地")
    if poi and poi in (row["profile_feat_6"], row["profile_feat_8"]):
        true.add("此处常去")
    if row["weekendflag"] == "1":
        true.add("周末")
    if row["trigger_1"] in KINDS:
        true.add(KINDS[row["trigger_1"]])
    if row["trigger_1"] and row["trigger_1"] != "酒店":
        true.add("订单不是酒店")
    if place := PLACE_WORDS.get(place_kind(row["current_tag"])):
        true |= {"人在" + place, "位于" + place, "身处" + place}
    if row["profile_feat_5"] and row["profile_feat_5"] == row["trigger_2"] != city:
        true.add("订单在常住城市")
    return true | true_history_clauses(row)


def true_history_clauses(row):
    """The clauses about the short history, found by repeated search instead of sorting."""
    behaviours, true = short_term(row["short_term_behavior_seq"]), set()
    kinds = [place_kind(one.tag) for one in behaviours]
    if behaviours:
        true.add("最新行为涉及" + PLACE_WORDS.get(kinds[-1], "？"))
    ranked, left = [], [kind for kind in kinds[::-1] if kind in LEISURE]
    while left:
        ranked.append(max(left, key=left.count))  # max takes the first, here the newest, of equals
        left = [kind for kind in left if kind != ranked[-1]]
    true |= {f"近期关注{kind}" for kind in ranked[:2]} | {"近期关注" + "和".join(ranked[:2])}
    if {"加油站", "充电站", "停车场", "服务区"} & set(kinds):
        fuel, charge = kinds.count("加油站"), kinds.count("充电站")
        main = "充电站" if charge > fuel else "加油站" if fuel else "停车场或服务区"
        true.add(f"近期涉及{main}")
    return true


def assert_true(row, plan):
    """Every clause of the explanation is true of the row, a description of the plan, or advice."""
    blocks = TEACHER.explain(row, plan)
    assert [name for name, _ in blocks] == block_names(len(plan))
    true = true_clauses(row)
    context, strategy, *steps = [clauses(text) for _, text in blocks]
    assert set(context) <= true or context in (["可用信息不多"], ["可参考的信息不多"])
    start = next(i for i, clause in enumerate(strategy) if re.fullmatch("分[三四五六七八九]步", clause))
    assert set(strategy[:start]) <= true
    heading = False
    for one, step in zip(plan, steps, strict=True):
        about_plan = {"以上一结果为中心"} if "前一位推荐结果" in one.values() else set()
        about_plan |= {"到后可用", "路上用得上"} if heading else set()
        assert step[-1] in true | ADVICE | about_plan
        assert action(one) in "，".join(step[:-1])
        heading = heading or (one.get("终点位置") == "订单目的地" and "不在订单地点" in true)
    for _, text in blocks:
        assert not re.search(r"[<>\[\]\n\r]|p_|\d", text)
        cities = re.findall(r"另一城市([一-鿿]+)", text)
        assert all(city == row["trigger_2"] for city in cities)


NAMES = ["", "郑州市", "青岛市", "<T_1_a>", "p_7\n[市]"]
TIMES = ["", "soon", *(f"2026-02-{day:02d} {hour}" for day in (7, 9, 10, 11, 14) for hour in ("00:00:00", "23:59:59"))]
TIMES += [f"2026-02-10 {hour:02d}:15:00" for hour in range(24)]
TAGS = ["", "高铁站", "快捷酒店", "景区", "商圈", "服务区", "住宅区", "菜市场", "<STEP_1>"]
HISTORY_TAGS = ["火锅", "公园", "超市", "SPA", "加油站", "充电站", "停车场", "菜市场", "快捷酒店", "桥", "<STEP_1>"]
ROWS = st.fixed_dictionaries(
    {
        **{c: st.just("") for c in COLUMNS},
        **{c: st.sampled_from(NAMES) for c in ("profile_feat_5", "current_city", "trigger_2")},
        **{c: st.sampled_from(["", "金水区", "中牟县", "</THOUGHT>"]) for c in ("current_district", "trigger_3")},
        **{c: st.sampled_from(["", "p_1", "p_2"]) for c in ("current_poi_name", "trigger_4", "profile_feat_6")},
        **{c: st.sampled_from(TIMES) for c in ("currenttime", "trigger_5", "trigger_6", "trigger_7")},
        **{c: st.sampled_from(["", "0", "1"]) for c in ("holidayflag", "weekendflag")},
        "trigger_1": st.sampled_from(["", "火车", *KINDS]),
        "current_tag": st.sampled_from(TAGS),
        "short_term_behavior_seq": st.lists(st.sampled_from(HISTORY_TAGS), max_size=7).map(
            lambda tags: ", ".join(f"在2月9日周一3点act_2了位于本地{tag}的p_{i}" for i, tag in enumerate(tags))
        ),
    }
)
PLANS = st.lists(st.sampled_from(all_intents()), min_size=3, max_size=9, unique_by=lambda one: tuple(one.items()))


@settings(max_examples=300, deadline=None)
@given(ROWS, PLANS)
def test_any_row_and_plan_is_explained_truly(row, plan):
    assert_true(row, plan)
    assert parse_label(TEACHER.label(row, plan)).plan == plan


@needs_sample
def test_real_rows_are_explained_truly():
    for row in read_rows(SAMPLE):
        assert_true(row, parse_label(row[LABEL]).plan)


@needs_sample
def test_real_rows_state_where_the_person_is_exactly_if_so():
    for row in read_rows(SAMPLE):
        context = context_of(row)
        assert ("就在订单地点" in context) == (row["current_poi_name"] == row["trigger_4"])
        assert ("与订单同城" in context) == (row["current_city"] == row["trigger_2"])


@needs_sample
def test_real_labels_parse_back_to_the_same_plan():
    for row in read_rows(SAMPLE):
        plan = parse_label(row[LABEL]).plan
        label = parse_label(TEACHER.label(row, plan))
        assert label.plan == plan
        assert [(block.name, block.text) for block in label.blocks] == TEACHER.explain(row, plan)


# --- length, variety, determinism -------------------------------------------------------------------


def reasoning(row, plan):
    return TEACHER.label(row, plan).rpartition("</THOUGHT>")[0] + "</THOUGHT>"


@pytest.fixture(scope="module")
def count_tokens():
    tokenizer = pytest.importorskip("tokenizers").Tokenizer.from_file(str(VOCABULARY))
    return lambda text: len(tokenizer.encode(text).ids)


@needs_sample
@needs_vocabulary
def test_real_rows_take_60_to_400_tokens(count_tokens):
    lengths = [count_tokens(reasoning(row, parse_label(row[LABEL]).plan)) for row in read_rows(SAMPLE)]
    assert min(lengths) >= 60 and max(lengths) <= 400
    assert sum(lengths) / len(lengths) < 180


@needs_vocabulary
@pytest.mark.parametrize("steps", range(3, 10))
def test_every_plan_length_takes_60_to_400_tokens(count_tokens, steps):
    draw = random.Random(steps)
    plans = [draw.sample(all_intents(), steps) for _ in range(40)]
    # The longest wordings of all, and the shortest.
    plans += [
        sorted(all_intents(), key=lambda one: len(action(one)))[-steps:],
        [STORE, REMIND, WEATHER, REVIEW][:steps],
    ]
    for plan in plans:
        for row in (EMPTY, HOTEL, HOTEL | {"trigger_2": "黔西南布依族苗族自治州", "profile_feat_6": "p_1"}):
            assert 60 <= count_tokens(reasoning(row, plan)) <= 400


@needs_sample
def test_wording_is_varied():
    contexts = [context_of(row) for row in read_rows(SAMPLE)]
    skeletons = {re.sub("另一城市[一-鿿]+", "另一城市", context) for context in contexts}
    assert len(skeletons) > 250
    assert {text[:2] for text in contexts} >= {"不在", "就在", "酒店"}
    leads = {re.search("先|首要是|重点是", TEACHER.explain(row, PLAN)[1][1])[0] for row in read_rows(SAMPLE)}
    assert leads == {"先", "首要是", "重点是"}


def test_choose_uses_every_variant_about_equally():
    drawn = [choose(seed * 7919, f"STEP_{seed % 9}", "abc") for seed in range(3000)]
    assert all(850 < drawn.count(letter) < 1150 for letter in "abc")


def test_id_and_label_are_not_read():
    assert TEACHER.explain(HOTEL | {"id": "9", LABEL: "<THOUGHT>？"}, PLAN) == TEACHER.explain(HOTEL, PLAN)


def test_two_processes_write_the_same_words():
    code = (
        "from tests.gplan.synthesis.test_teacher import HOTEL, PLAN, TEACHER; print(ascii(TEACHER.label(HOTEL, PLAN)))"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert texts == [ascii(TEACHER.label(HOTEL, PLAN))] * 2


def test_a_date_that_is_today_has_neither_passed_nor_yet_to_come():
    assert not facts(HOTEL).started and not facts(HOTEL).upcoming
    assert facts(HOTEL | {"trigger_6": "2026-02-09 00:00:00"}).started
    assert facts(HOTEL | {"trigger_6": "2026-02-11 00:00:00"}).upcoming


def test_a_car_argues_for_driving_only():
    car = HOTEL | {"short_term_behavior_seq": SEQUENCE}
    drive = [intent("tool_2", "当前位置", "订单目的地"), REMIND, WEATHER]
    assert dict(TEACHER.explain(car, drive))["STEP_1"].endswith("近期涉及加油站。")
    assert "涉及" not in dict(TEACHER.explain(car, PLAN))["STEP_1"]


def test_facts_separate_unknown_from_different():
    assert facts(HOTEL).away and not facts(HOTEL | {"trigger_4": ""}).away
    assert facts(HOTEL | {"trigger_2": "惠州市"}).other_city and not facts(HOTEL | {"trigger_2": ""}).other_city


@needs_sample
def test_the_plan_is_the_experts():
    expert = pytest.importorskip("gplan.world.expert")
    for row in read_rows(SAMPLE)[:20]:
        assert TEACHER.plan(row) == expert.best_plan(row)
