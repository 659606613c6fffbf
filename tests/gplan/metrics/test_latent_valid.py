"""Latent-Valid, each of its four rules broken by hand."""

import pytest

from gplan.metrics.latent import latent_valid

CONTEXT = "<THOUGHT_CONTEXT_a><THOUGHT_CONTEXT_b><THOUGHT_CONTEXT_c>"
STRATEGY = "<THOUGHT_STRATEGY_a><THOUGHT_STRATEGY_b><THOUGHT_STRATEGY_c>"
STEP_1, STEP_2, STEP_3 = (f"<T_{i}_a><T_{i}_b><T_{i}_c>" for i in (1, 2, 3))
PLAN = '[{"工具名称":"tool_9"},{"工具名称":"tool_8"},{"工具名称":"tool_6"}]'
INSIDE = CONTEXT + STRATEGY + STEP_1 + STEP_2 + STEP_3
RIGHT = f"<THOUGHT>{INSIDE}</THOUGHT>{PLAN}"


def steps(count):
    return "".join(f"<T_{i}_a><T_{i}_b><T_{i}_c>" for i in range(1, count + 1))


def plan(count):
    return "[" + ",".join(['{"工具名称":"tool_9"}'] * count) + "]"


def test_the_right_text():
    assert latent_valid(RIGHT)
    assert latent_valid(RIGHT.replace(PLAN, f"```json\n{PLAN}\n```"))


@pytest.mark.parametrize("count", range(0, 12))
def test_one_to_nine_intents(count):
    text = f"<THOUGHT>{CONTEXT}{STRATEGY}{steps(count)}</THOUGHT>{plan(count)}"
    assert latent_valid(text) == (1 <= count <= 9)


BROKEN = {
    "(i) blocks out of order": STRATEGY + CONTEXT + STEP_1 + STEP_2 + STEP_3,
    "(i) steps out of order": CONTEXT + STRATEGY + STEP_2 + STEP_1 + STEP_3,
    "(i) no context": STRATEGY + STEP_1 + STEP_2 + STEP_3,
    "(ii) latent repeated": INSIDE.replace("<T_2_b>", "<T_2_b><T_2_b>"),
    "(ii) triplet misordered": INSIDE.replace("<T_1_a><T_1_b>", "<T_1_b><T_1_a>"),
    "(ii) block repeated": CONTEXT + INSIDE,
    "(iii) raw tag": INSIDE.replace(STEP_3, f"<STEP_3>{STEP_3}</STEP_3>"),
    "(iii) block left as text": INSIDE.replace(STEP_3, "<STEP_3>天气</STEP_3>"),
    "(iii) white space": INSIDE + "\n",
    "(iii) text between": INSIDE.replace(STEP_2, "嗯" + STEP_2),
    "(iv) a step too few": CONTEXT + STRATEGY + STEP_1 + STEP_2,
    "(iv) a step too many": INSIDE + steps(4)[len(steps(3)) :],
    "nothing": "",
}


@pytest.mark.parametrize("inside", BROKEN.values(), ids=BROKEN.keys())
def test_broken_reasoning(inside):
    assert not latent_valid(f"<THOUGHT>{inside}</THOUGHT>{PLAN}")


def test_wrappers():
    assert not latent_valid(PLAN)
    assert not latent_valid("")
    assert not latent_valid(INSIDE + PLAN)
    assert not latent_valid("好的" + RIGHT)
    assert not latent_valid(RIGHT + RIGHT)
    assert not latent_valid(RIGHT + "</THOUGHT>")
    assert not latent_valid(f"<THOUGHT>{RIGHT}")
    assert not latent_valid(f"<THOUGHT>{INSIDE}</THOUGHT>")
    assert not latent_valid(f"<THOUGHT>{INSIDE}")


def test_a_plan_that_is_cut_off_counts_its_complete_intents():
    assert not latent_valid(RIGHT[:-3])
