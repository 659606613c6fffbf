"""The response parser: what it reads, what it refuses by name, and that it never alters or raises."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_process.intents import all_intents, intent, render_plan
from data_process.response import (
    LabelError,
    Response,
    block_names,
    parse_label,
    parse_response,
    plan_text,
    render_label,
)

T8, T9 = intent("tool_8"), intent("tool_9")
PLAN = [intent("tool_5", "当前位置", "附近", "美食"), T8, T9]
TEXT = render_plan(PLAN)
LABEL = "<THOUGHT><CONTEXT>在家</CONTEXT>\n<STRATEGY>先吃饭</STRATEGY><STEP_1>近</STEP_1></THOUGHT>" + render_plan([T9])

bounded = settings(max_examples=150, deadline=None)
plain = st.text(st.characters(exclude_categories=("Cs",)))
# the characters that go wrong first: quotes, backslashes, newlines, emoji, accents in two forms, wide spaces
awkward = st.lists(
    st.sampled_from(
        ['"', "\\", "\n", "\r\n", "😀", "👨‍👩‍👧", "é", "e\u0301", "\u3000", "[1]", "<b>", "{", "\u2028", "\0"]
    )
    | plain
).map("".join)
plans = st.lists(st.sampled_from(all_intents()), min_size=1, max_size=9)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | awkward,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(awkward, inner, max_size=3),
    max_leaves=6,
)


@bounded
@given(plans, st.data())
def test_labels_come_back_as_rendered(plan, data):
    texts = [data.draw(awkward) for _ in range(len(plan) + 2)]
    blocks = list(zip(block_names(len(plan)), texts, strict=True))
    try:
        text = render_label(blocks, plan)
    except LabelError:
        assert any(tag in block for block in texts for tag in ("<THOUGHT>", "</THOUGHT>", "CONTEXT>", "STEP_"))
        return
    label = parse_label(text)
    assert [(block.name, block.text) for block in label.blocks] == blocks
    assert label.plan == plan
    assert f"<THOUGHT>{''.join(block.source for block in label.blocks)}</THOUGHT>{plan_text(label.plan)}" == text


@bounded
@given(st.lists(st.dictionaries(awkward, awkward, max_size=4), max_size=5))
def test_any_object_of_texts_comes_back_or_is_refused(plan):
    try:
        text = render_label([], plan)
    except LabelError as error:
        assert "tag" in str(error)
        return
    assert parse_label(text).plan == plan
    assert parse_response(json.dumps(plan)).plan == plan  # with ASCII escapes, pairs of them for an emoji


@bounded
@given(awkward | plain)
def test_arbitrary_text_never_raises(text):
    for whole in (text, "[" + text, "<THOUGHT>" + text, TEXT + text, f"<THOUGHT>{text}</THOUGHT>{TEXT}"):
        response = parse_response(whole)
        assert all(isinstance(one, dict) for one in response.plan)
        json.dumps(response.plan, ensure_ascii=False).encode()


@bounded
@given(json_values)
def test_arbitrary_json_never_raises(value):
    parse_response(json.dumps(value))
    parse_response(json.dumps([value], ensure_ascii=False)[:-2])


@bounded
@given(plans, st.integers(0, 1_000))
def test_a_cut_plan_keeps_its_complete_intents(plan, cut):
    text = render_plan(plan)
    cut = cut % len(text)
    response = parse_response(text[:cut])
    ends = [len(render_plan(plan[:n])) - 1 for n in range(1, len(plan) + 1)]  # just after the n-th closing brace
    assert response.plan == plan[: sum(end <= cut for end in ends)]
    assert response.problems == (("plan.truncated",) if cut else ("plan.missing",))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '[{"a":' * 100_000,
        '[{"a":[' + "[" * 100_000,
        "[" + "9" * 100_000 + "]",
        "[{}" + "," * 100_000,
        "<THOUGHT>" * 20_000,
        "```" * 50_000,
        "[" + " " * 300_000 + "x",
        "```" + " " * 300_000 + "x```",
        "[" * 900 + "]" * 900,
        '[{"a":' + "[" * 900 + "]" * 900 + "}]",
        "\ufeff[]",
        "[NaN]",
    ],
    ids=lambda text: f"{text[:12]!r}-{len(text)}",
)
def test_hostile_text(text):
    assert parse_response(text).problems


def test_brackets_in_reasoning_are_no_plan():
    assert parse_response(f"<THOUGHT>[1]</THOUGHT>{TEXT}") == Response("[1]", PLAN, ())
    assert parse_response(f"<THOUGHT>{TEXT}</THOUGHT>") == Response(TEXT, [], ("plan.missing",))
    assert parse_response(f"<THOUGHT>{TEXT}") == Response(TEXT, [], ("thought.unclosed", "plan.missing"))


@pytest.mark.parametrize("fence", ["```json\n%s\n```", "```\n%s```", "``` json\n%s\n```  ", "\n```JSON %s ```\n"])
def test_fenced_plan(fence):
    expected = ("plan.text_around",) if fence.startswith("``` json") else ()
    assert parse_response(fence % TEXT) == Response(None, PLAN, expected)
    assert parse_response("<THOUGHT>近</THOUGHT>" + fence % TEXT).plan == PLAN


@pytest.mark.parametrize(
    ("text", "plan", "problems"),
    [
        ("", [], ("plan.missing",)),
        ("没有", [], ("plan.json",)),
        ("{}", [], ("plan.json",)),
        ("[1]", [], ("plan.json",)),
        ("[]", [], ()),
        ("计划: " + TEXT, PLAN, ("plan.text_around",)),
        (TEXT + "完", PLAN, ("plan.text_around",)),
        (TEXT[:-2] + "]", PLAN[:-1], ("plan.json",)),
        ("</THOUGHT>" + TEXT, PLAN, ("thought.unopened",)),
        ("好<THOUGHT></THOUGHT>" + TEXT, PLAN, ("thought.text_before",)),
        ("<THOUGHT><THOUGHT></THOUGHT>" + TEXT, PLAN, ("thought.repeated",)),
        ('[{"tag":"\\ud800"}]', [], ("plan.json",)),
        ('[{"tag":"a","tag":"b"}]', [], ("plan.json",)),
        ('[{"a":1e400}]', [], ("plan.json",)),  # infinity to Python, which would write it as no JSON
        ('[{"a":{"b":[-1e400]}},', [], ("plan.json",)),
    ],
)
def test_problems_by_name(text, plan, problems):
    response = parse_response(text)
    assert (response.plan, response.problems) == (plan, problems)


def test_label_with_white_space_keeps_every_character():
    label = parse_label(LABEL.replace("</STEP_1>", "</STEP_1> \n"))
    assert "".join(b.source for b in label.blocks) == (
        "<CONTEXT>在家</CONTEXT>\n<STRATEGY>先吃饭</STRATEGY><STEP_1>近</STEP_1> \n"
    )
    assert [b.text for b in label.blocks] == ["在家", "先吃饭", "近"]


def test_reading_blocks_takes_time_in_proportion():
    thought = "".join(f"<{name}></{name}>\n" for name in block_names(60_000))
    text = f"<THOUGHT>{thought}</THOUGHT>[" + "{}," * 59_999 + "{}]"
    began = time.process_time()
    assert len(parse_label(text).blocks) == 60_002
    assert time.process_time() - began < 2  # seconds; with the rest copied for every block it was five


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (LABEL.replace("STRATEGY", "PLAN"), "block STRATEGY expected"),
        (LABEL.replace("STEP_1", "STEP_2"), "block STEP_1 expected"),
        (LABEL.replace("近", "<STEP_2>近"), "holds a reasoning tag"),
        (LABEL.replace("[", '[{"工具名称":"tool_8"},'), "1 STEP blocks for a plan of 2 intents"),
        (LABEL.replace("<STRATEGY>", "嗯<STRATEGY>"), "block STRATEGY expected"),
        (LABEL + "完", "plan.text_around"),
        (LABEL[:-1], "plan.truncated"),
        ("<THOUGHT></THOUGHT>" + TEXT, "no CONTEXT and STRATEGY"),
        (LABEL.replace("</THOUGHT>", "</THOUGHT></THOUGHT>"), "thought.repeated"),
        ('[{"工具名称":"tool_7","tag":"<THOUGHT>"}]', "thought.unclosed"),
        ('[{"工具名称":"tool_7","tag":"\\udc00"}]', "plan.json"),
    ],
)
def test_labels_refused_by_name(text, word):
    with pytest.raises(LabelError, match=word):
        parse_label(text)


def test_render_refuses_what_could_not_be_read_back():
    blocks = [("CONTEXT", "a"), ("STRATEGY", "b"), ("STEP_1", "c")]
    assert parse_label(render_label(blocks, [T9])).plan == [T9]
    tagged = [[("CONTEXT", tag), *blocks[1:]] for tag in ("</STEP_1>", "<THOUGHT>")]
    for wrong in (blocks[::-1], blocks[:2], *tagged):
        with pytest.raises(LabelError):
            render_label(wrong, [T9])
    with pytest.raises(LabelError):
        render_label(blocks, [intent("tool_7", "</THOUGHT>")])
