"""Which seeds a row gets as examples, and what exactly the teacher reads."""

import pytest

from data_process.prompts import PROMPT_STYLES
from data_process.response import CLOSE, parse_label
from data_process.schema import COLUMNS, LABEL
from gplan.synthesis.rules.checks import check_answer
from gplan.synthesis.rules.rule_teacher import comparisons
from gplan.synthesis.rules.wording import action
from gplan.synthesis.seeds.seed_file import SEEDS, Seed, read_seeds
from gplan.synthesis.teachers.few_shot import Examples, correction, messages
from gplan.synthesis.triggers import triggers_of
from gplan.world.rows import generate
from tests.support.teacher_server import with_reasons

NOON = "2026-02-10 12:30:00"
HOTEL = dict.fromkeys(COLUMNS, "") | {
    "profile_feat_5": "惠州市",
    "currenttime": NOON,
    "current_city": "成都市",
    "current_poi_name": "p_1",
    "trigger_1": "酒店",
    "trigger_2": "成都市",
    "trigger_4": "p_2",
    "trigger_6": "2026-02-10 15:00:00",
}
FUEL = HOTEL | {"trigger_1": "加油"}
AT_HOTEL = HOTEL | {"trigger_4": "p_1"}
REMIND, WEATHER, SHOW = (f'{{"工具名称":"tool_{i}"}}' for i in (8, 9, 6))
STEPS = "<STEP_1>一</STEP_1><STEP_2>二</STEP_2><STEP_3>三</STEP_3>"
THOUGHT = f"<THOUGHT><CONTEXT>甲</CONTEXT><STRATEGY>乙</STRATEGY>{STEPS}</THOUGHT>"


@pytest.fixture(scope="module")
def reasoned():
    return with_reasons(generate(30, seed=11))


def seed(name, row, first="8"):
    plan = {"8": f"[{REMIND},{WEATHER},{SHOW}]", "6": f"[{SHOW},{WEATHER},{REMIND}]"}.get(first)
    plan = plan or f'[{{"工具名称":"tool_7","tag":"{first}"}},{{"工具名称":"tool_3"}},{{"工具名称":"tool_10"}}]'
    return Seed(name, "hotel", row | {LABEL: THOUGHT + plan}, [])


def names(seeds):
    return [one.name for one in seeds]


def test_the_most_similar_seed_stands_last():
    """HOTEL against itself agrees in all; at the order's POI loses 3; another kind of order loses 3 more."""
    far = seed("far", FUEL | {"trigger_4": "p_1"}, "美食")
    farthest = seed("farthest", FUEL | {"trigger_4": "p_1", "current_city": "惠州市"}, "酒店")
    seeds = [seed("same", HOTEL, "8"), far, seed("near", AT_HOTEL, "购物"), farthest]
    assert names(Examples(seeds).choose(HOTEL, 3)) == ["far", "near", "same"]
    assert names(Examples(seeds).choose(HOTEL, 1)) == ["same"]
    assert names(Examples(seeds).choose(FUEL | {"trigger_4": "p_1"}, 1)) == ["far"]


def test_all_seeds_stand_as_in_their_file():
    """Whatever the row: prompts that begin alike are read once by an endpoint that caches them."""
    seeds = [seed("same", HOTEL, "8"), seed("far", FUEL | {"trigger_4": "p_1"}, "美食")]
    for row in (HOTEL, FUEL, AT_HOTEL):
        for count in (2, 3):
            assert names(Examples(seeds).choose(row, count)) == ["same", "far"]


def test_a_second_seed_with_the_same_plan_gives_way_to_another_plan():
    """The twin is like the row in all but its plan is taken; "other" lies 2 (one place) behind, less than the 3."""
    other = seed("other", HOTEL | {"current_tag": "快捷酒店"}, "美食")
    seeds = [seed("first", HOTEL), seed("twin", HOTEL), other]
    assert set(names(Examples(seeds).choose(HOTEL, 2))) == {"first", "other"}
    # the same three intents in another order are the same example
    assert set(names(Examples([seeds[0], seed("turned", HOTEL, "6"), other]).choose(HOTEL, 2))) == {"first", "other"}
    # but a dissimilar seed is not taken for its plan alone: at the order's POI (3), elsewhere (2), at night (1)
    far = AT_HOTEL | {"current_city": "惠州市", "currenttime": "2026-02-10 23:30:00"}
    assert set(names(Examples([*seeds[:2], seed("far", far, "美食")]).choose(HOTEL, 2))) == {"first", "twin"}


def test_a_third_seed_is_unlike_all_that_are_chosen():
    """Not only unlike the second: the twin has the first one's plan, "c" shares two of its four intents with "b"."""
    seeds = [seed("first", HOTEL), seed("twin", HOTEL), seed("b", HOTEL, "美食"), seed("c", HOTEL, "购物")]
    assert set(names(Examples(seeds).choose(HOTEL, 3))) == {"first", "b", "c"}


def test_a_seeds_plan_may_have_its_keys_in_any_order():
    plan = f'[{REMIND},{WEATHER},{{"tag":"美食","工具名称":"tool_7"}}]'
    assert names(Examples([Seed("s", "hotel", HOTEL | {LABEL: THOUGHT + plan}, [])]).choose(HOTEL, 1)) == ["s"]


def test_a_common_trigger_counts():
    """Both seeds agree with the row in as much; the one picked for the same reason comes first."""
    [kind] = {kind for kind, _ in triggers_of(HOTEL)}
    assert kind == "hotel"
    one, other = seed("one", HOTEL, "美食")._replace(trigger="arrival"), seed("other", HOTEL, "购物")
    assert names(Examples([one, other]).choose(HOTEL, 1)) == ["other"]
    assert names(Examples([one, other._replace(trigger="ticket")]).choose(HOTEL, 1)) == ["one"]


def test_choice_is_the_same_every_time_and_knows_its_bounds(reasoned):
    seeds = [Seed(f"s{i}", "hotel", row, []) for i, row in enumerate(reasoned[:20])]
    examples, again = Examples(seeds), Examples(list(seeds))
    for row in reasoned[20:30]:
        assert examples.choose(row, 5) == again.choose(row, 5)
        assert len({one.name for one in examples.choose(row, 5)}) == 5
    assert len(examples.choose(reasoned[0], 99)) == 20
    assert examples.choose(reasoned[0], 0) == Examples([]).choose(reasoned[0], 4) == []


def test_what_a_teacher_reads(reasoned):
    """Roles alternate; an example is a request and the answer that is wanted, in the form that is wanted."""
    row, example = reasoned[0], Seed("s", "hotel", reasoned[1], [])
    plan = parse_label(row[LABEL]).plan

    def user(row):
        return f"{PROMPT_STYLES['full'].user(row)}\n【已核对】\n{comparisons(row)}"

    fresh = messages(row, None, [example])
    assert [one["role"] for one in fresh] == ["system", "user", "assistant", "user"]
    assert fresh[0]["content"].startswith(PROMPT_STYLES["full"].system)
    assert [fresh[1]["content"], fresh[3]["content"]] == [user(example.row), user(row)]
    assert fresh[2]["content"] == example.row[LABEL]
    check_answer(example.row, fresh[2]["content"])  # what is shown as good is good

    kept = messages(row, plan, [example])
    text = row[LABEL].rpartition(CLOSE)[2]
    steps = "\n".join(f"STEP_{i}：{action(one)}" for i, one in enumerate(plan, start=1))
    count = "零一二三四五六七八九"[len(plan)]
    assert kept[3]["content"] == f"{user(row)}\n【已定计划】共{count}步\n{steps}\n{text}"
    assert kept[1]["content"].startswith(user(example.row)) and "【已定计划】" in kept[1]["content"]
    assert kept[2]["content"] + kept[1]["content"].rpartition("\n")[2] == example.row[LABEL]
    # the row's own reasoning is nowhere
    assert not any(row[LABEL][:60] in one["content"] for one in fresh + kept)


@pytest.mark.skipif(not SEEDS.is_file(), reason="no shipped seeds here")
def test_what_the_shipped_seeds_show_would_itself_be_accepted():
    for one in read_seeds():
        check_answer(one.row, one.row[LABEL])


@pytest.mark.parametrize("answer", ["", "  ", "短", "长" * 9000])
def test_the_correction_shows_the_answer_and_its_error(reasoned, answer):
    chat = messages(reasoned[0], None, [])
    longer = correction(chat, answer, "plan.json", "no array")
    assert longer[: len(chat)] == chat
    assert [one["role"] for one in longer[len(chat) :]] == ["assistant", "user"]
    assert longer[-2]["content"] in (answer, "（空）", "长" * 4000) and longer[-2]["content"]
    assert "plan.json" in longer[-1]["content"] and "no array" in longer[-1]["content"]
