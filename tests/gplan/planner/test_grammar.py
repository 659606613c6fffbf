"""The planner's automaton against the encoder, the response parser and the rule filter, with both vocabularies."""

import random
from collections import Counter

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from data_process.encode import RowEncoder
from data_process.intents import (
    EXCLUSIVE_TOOLS,
    MAX_PLAN,
    ORDER_PLACE,
    PREVIOUS,
    TOOL_KEY,
    all_intents,
    intent,
    render_plan,
)
from data_process.response import parse_label, parse_response
from data_process.rule_filter import REASONS, filter_plan
from data_process.schema import LABEL, read_rows
from gplan.metrics.latent import latent_valid
from gplan.planner.grammar import Choice, Grammar
from tests.support.plans import FOOD, RIDE, SHOPS, WEATHER, response
from utils import InputError

MODES = ("picd", "direct_sft", "cot_sft")


@pytest.fixture(scope="module", params=["small", "qwen"])
def encoder(request):
    return request.getfixturevalue(f"{request.param}_encoder")


@pytest.fixture(scope="module")
def grammars(encoder):
    return {mode: Grammar(encoder, mode) for mode in MODES}


def walk(grammar, rng, *, has_order, prefix=()) -> tuple[list[int], object]:
    """A response made of random tokens among the allowed ones, and the state at its end."""
    ids, state = [*prefix], grammar.after(prefix, has_order=has_order)
    while following := grammar.allowed(state):
        ids.append(rng.choice(following))
        state = grammar.advance(state, ids[-1])
    return ids, state


def decisions(grammar, ids, *, has_order) -> list[tuple[Choice, int]]:
    """The states of a response in which several tokens are allowed, in words, and the token that follows each."""
    state, found = grammar.start(has_order=has_order), []
    for token in ids:
        if len(grammar.allowed(state)) > 1:
            found.append((grammar.choice(state), token))
        state = grammar.advance(state, token)
    return found


# What is accepted ---------------------------------------------------------------------------------------------------


def test_every_real_label_is_accepted_and_read_back(encoder, grammars, real_csv):
    for label, has_order in {(row[LABEL], bool(row["trigger_1"])) for row in read_rows(real_csv)}:
        plan = parse_label(label).plan
        for mode, grammar in grammars.items():
            ids = encoder.latent_response(plan) if mode == "picd" else response(encoder, mode, plan)
            assert grammar.accepts(ids, has_order=has_order)
            assert grammar.plan(grammar.after(ids, has_order=has_order)) == plan


@pytest.mark.parametrize("mode", MODES)
def test_random_walks_are_valid_plans_in_the_tokens_of_training(encoder, grammars, mode):
    grammar, rng = grammars[mode], random.Random(1)
    thought = [encoder.open, *encoder.text("<STEP_1>走[{}]走</STEP_1>"), encoder.close] if mode == "cot_sft" else []
    for i in range(150):
        has_order = bool(i % 2)
        ids, state = walk(grammar, rng, has_order=has_order, prefix=thought)
        text = encoder.tokenizer.decode(ids[:-1])
        read = parse_response(text)
        assert read.problems == ()
        assert read.plan == grammar.plan(state)
        assert filter_plan(read.plan, has_order=has_order) is None
        assert ids == (
            thought + response(encoder, "direct_sft", read.plan) if thought else response(encoder, mode, read.plan)
        )
        assert grammar.accepts(ids, has_order=has_order)
        if mode == "picd":
            assert ids == encoder.latent_response(read.plan)
            assert latent_valid(text)


def random_plan(rng) -> list[dict]:
    """Intents that are no rides, with at most two of them replaced by a ride, by a repeat, or by what is no intent."""
    library = all_intents()
    rides = [one for one in library if one[TOOL_KEY] in EXCLUSIVE_TOOLS]
    none = [{TOOL_KEY: "tool_11"}, {**FOOD, "tag": "咖啡"}, {**WEATHER, "note": "1"}, {TOOL_KEY: "tool_7"}]
    plan = rng.sample([one for one in library if one not in rides], rng.randint(2, 10))
    for _ in range(rng.randint(0, 2)):
        plan[rng.randrange(len(plan))] = rng.choice(rng.choice([rides, rides, plan, none]))
    return plan


@pytest.mark.parametrize("mode", ["picd", "direct_sft"])
def test_a_plan_is_accepted_exactly_if_the_rule_filter_passes_it(encoder, grammars, mode):
    rng, seen = random.Random(2), {}
    for _ in range(600):
        plan, has_order = random_plan(rng), rng.random() < 0.6
        reason = filter_plan(plan, has_order=has_order)
        assert grammars[mode].accepts(response(encoder, mode, plan), has_order=has_order) == (reason is None), plan
        seen[reason] = seen.get(reason, 0) + 1
    assert seen.keys() == {None, *REASONS} - {"format.json"}
    assert min(seen.values()) >= 5 and seen[None] > 100, seen


def test_a_scaffold_settles_the_number_of_intents(encoder, grammars):
    library = [one for one in all_intents() if one[TOOL_KEY] == "tool_5"]
    for steps in range(MAX_PLAN + 1):
        for count in range(1, MAX_PLAN + 2):
            ids = response(encoder, "picd", library[:count], steps)
            assert grammars["picd"].accepts(ids, has_order=True) == (3 <= steps == count <= 9), (steps, count)


# No dead end --------------------------------------------------------------------------------------------------------


def may_follow(plan, one, *, has_order) -> bool:
    """The rules once more, for an intent behind a plan that breaks none."""
    if one in plan or (not plan and PREVIOUS in one.values()) or (not has_order and ORDER_PLACE in one.values()):
        return False
    return not (one[TOOL_KEY] in EXCLUSIVE_TOOLS and any(other[TOOL_KEY] in EXCLUSIVE_TOOLS for other in plan))


def small_branches_first(one) -> int:
    return sum(other[TOOL_KEY] == one[TOOL_KEY] for other in all_intents())


ORDERS = {
    "tool_7 alone": lambda one: one[TOOL_KEY] != "tool_7",
    "small branches": small_branches_first,
    "large branches": lambda one: -small_branches_first(one),
    "rides": lambda one: one[TOOL_KEY] not in EXCLUSIVE_TOOLS,
    "references": lambda one: PREVIOUS not in one.values(),
    "one tag": lambda one: one.get("tag") != "美食",
    "shuffled": lambda one: random.Random(str(one)).random(),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("has_order", [True, False])
def test_whatever_came_before_exactly_the_valid_intents_can_follow(encoder, grammars, order, has_order):
    """Nine times the first intent that may follow, in an order made to use up what there is; after each the end."""
    grammar = grammars["direct_sft"]
    cores = {render_plan([one]): one for one in sorted(all_intents(), key=ORDERS[order])}
    state, plan = grammar.start(has_order=has_order), []
    for count in range(1, MAX_PLAN + 1):
        open_mark = '[{"' if count == 1 else '"},{"'
        for token in encoder.text(open_mark):
            state = grammar.advance(state, token)
        after = {text: run(grammar, state, encoder.text(text[3:-3])) for text in cores}
        for text, one in cores.items():
            assert (after[text] is not None) == may_follow(plan, one, has_order=has_order), (plan, one)
        text = next(text for text in cores if after[text])
        plan, state = [*plan, cores[text]], after[text]
        assert grammar.plan(state) == plan
        closed = run(grammar, state, [*encoder.text('"}]'), encoder.end])
        assert (closed is not None) == (count >= 3)
        assert (run(grammar, state, encoder.text('"},{"')) is not None) == (count < MAX_PLAN)


def run(grammar, state, ids):
    """The state after ids, None if they are refused; every state on the way has a way on."""
    try:
        for token in ids:
            assert grammar.allowed(state)
            state = grammar.advance(state, token)
    except ValueError:
        return None
    assert grammar.allowed(state) or state.node == grammar.final
    return state


# What is refused ----------------------------------------------------------------------------------------------------


def test_mutations_are_refused(encoder, grammars):
    good = [RIDE, FOOD, WEATHER]
    broken = {
        "repeat": [RIDE, FOOD, FOOD],
        "repeat after another": [FOOD, WEATHER, FOOD],
        "second ride": [RIDE, FOOD, intent("tool_4")],
        "first reference": [intent("tool_5", PREVIOUS, "附近", "美食"), FOOD, WEATHER],
        "first destination": [intent("tool_1", "当前位置", PREVIOUS), FOOD, WEATHER],
        "two intents": good[:2],
        "other key order": [RIDE, {"tag": "美食", **FOOD}, WEATHER],
    }
    for mode, grammar in grammars.items():
        ids = response(encoder, mode, good)
        assert grammar.accepts(ids, has_order=True)
        assert not grammar.accepts(ids, has_order=False)  # it goes to the order's place
        for name, plan in broken.items():
            assert not grammar.accepts(response(encoder, mode, plan), has_order=True), name
        assert not grammar.accepts(ids[:-1], has_order=True)
        assert not grammar.accepts([], has_order=True)
        for longer in ([*ids, encoder.end], [*ids[:-1], *encoder.text(" "), encoder.end], [encoder.end, *ids]):
            assert not grammar.accepts(longer, has_order=True)
    ids = response(encoder, "picd", good)
    for place in range(1, 16):  # the scaffold: each of its tokens left out, doubled, or changed with the next
        before, one, after, rest = ids[:place], ids[place], ids[place + 1], ids[place + 2 :]
        for other in ([after], [one, one, after], [after, one]):
            assert not grammars["picd"].accepts([*before, *other, *rest], has_order=True)


def test_only_the_tokens_of_training_are_accepted(encoder, grammars):
    """The same text in other tokens: any longer token of the plan spelt by the bytes it is made of."""
    tokenizer, ids = encoder.tokenizer, response(encoder, "picd", [RIDE, FOOD, WEATHER])
    changed = 0
    for place, token in enumerate(ids):
        spelling = tokenizer.convert_tokens_to_ids(list(tokenizer.convert_ids_to_tokens(token)))
        if token in grammars["picd"].control or len(spelling) == 1:
            continue
        other = [*ids[:place], *spelling, *ids[place + 1 :]]
        assert tokenizer.decode(other) == tokenizer.decode(ids)
        assert not grammars["picd"].accepts(other, has_order=True)
        changed += 1
    assert changed > 25
    wrapper = encoder.text("</THOUGHT>")  # the text of a control token is not the token
    assert not grammars["picd"].accepts([*ids[:16], *wrapper, *ids[17:]], has_order=True)


def test_free_text_holds_any_token_but_control_tokens(encoder, grammars):
    grammar, tail = grammars["cot_sft"], response(encoder, "direct_sft", [RIDE, FOOD, WEATHER])
    vocabulary = len(encoder.tokenizer)
    control = set(encoder.tokenizer.get_added_vocab().values())
    assert grammar.control == control and encoder.end in control and encoder.close in control
    for token in random.Random(3).sample(range(vocabulary), 500):
        ids = [encoder.open, token, encoder.close, *tail]
        assert grammar.accepts(ids, has_order=True) == (token not in control)
    for token in (*(control - {encoder.close}), -1, vocabulary):
        assert not grammar.accepts([encoder.open, token, encoder.close, *tail], has_order=True)
    assert grammar.accepts([encoder.open, encoder.close, *tail], has_order=True)  # no reasoning at all
    state = grammar.after([encoder.open, *encoder.text("想")], has_order=True)
    assert grammar.is_free(state) and grammar.forced(state) == ([], state)
    run, state = grammar.forced(grammar.advance(state, encoder.close))
    assert encoder.tokenizer.decode(run).startswith('[{"工具名称":"tool_')


# Decisions ----------------------------------------------------------------------------------------------------------


def test_decisions_in_words(encoder, grammars):
    """Derived by hand: the first two intents exclude a reference and, from then on, another ride and a repeat."""
    has = {}
    for options, token in decisions(
        grammars["picd"], response(encoder, "picd", [RIDE, FOOD, SHOPS, intent("tool_10")]), has_order=True
    ):
        values = options.values
        assert len(set(values.values())) == len(values) > 1  # no two tokens say the same
        said, _ = has.get((options.step, options.field), ([], None))
        has[options.step, options.field] = [*said, set().union(*values.values())], values[token]
    tools = {f"tool_{i}" for i in range(1, 11)}
    ends = {"当前位置", "订单目的地", "家", "公司", "用户短期意向", "调用猜你去哪模型"}
    tags = {"美食", "购物", "酒店", "景点", "休闲娱乐", "运动健身", "丽人", "加油站", "充电站", "停车场"}
    places = {"当前位置", "前一位推荐结果", "订单目的地"}
    ranges = {"附近", "商圈", "全城"}
    others = tools - {"tool_1", "tool_2", "tool_4"}
    assert has == {
        (0, "steps"): ([set("3456789"), set("456789")], ("4",)),
        (1, TOOL_KEY): ([tools, {"tool_1", "tool_10"}], ("tool_1",)),
        (1, "起始位置"): ([{"当前位置", "订单目的地"}], ("当前位置",)),
        (1, "终点位置"): ([ends], ("订单目的地",)),
        (2, TOOL_KEY): ([others], ("tool_5",)),
        (2, "起始位置"): ([places], ("当前位置",)),
        (2, "空间范围"): ([ranges], ("附近",)),
        (2, "tag"): ([tags], ("美食",)),
        (3, TOOL_KEY): ([others], ("tool_5",)),
        (3, "起始位置"): ([places], ("当前位置",)),
        (3, "空间范围"): ([ranges], ("附近",)),
        (3, "tag"): ([tags - {"美食"}], ("购物",)),
        (4, TOOL_KEY): ([others], ("tool_10",)),
    }


def test_more_or_not_is_a_decision_where_no_scaffold_settles_it(encoder, grammars):
    plan = [one for one in all_intents() if one[TOOL_KEY] == "tool_7"][:MAX_PLAN]
    said = [
        (options.step, tuple(sorted(value for values in options.values.values() for value in values)))
        for options, _ in decisions(grammars["direct_sft"], response(encoder, "direct_sft", plan), has_order=False)
        if options.field == "more"
    ]
    assert said == [(count, ("no", "yes")) for count in range(3, MAX_PLAN)]


def test_decisions_of_real_responses(encoder, grammars, real_csv):
    """n intents take n - 2 decisions about steps (none after the ninth), and one for each of their words; a second one
    for a tool that begins with 1 as long as both tool_1 and tool_10 may come. Nothing else is asked."""
    labels = Counter((row[LABEL], bool(row["trigger_1"])) for row in read_rows(real_csv))
    total = 0
    for (label, has_order), rows in labels.items():
        plan = parse_label(label).plan
        count = len(decisions(grammars["picd"], encoder.latent_response(plan), has_order=has_order))
        tools = [one[TOOL_KEY] for one in plan]
        first = next((i for i, tool in enumerate(tools) if tool in {*EXCLUSIVE_TOOLS, "tool_10"}), len(plan))
        twice = sum(tool in ("tool_1", "tool_10") for tool in tools[: first + 1])
        assert count == min(len(plan), MAX_PLAN - 1) - 2 + sum(map(len, plan)) + twice, plan
        total += rows * count
    assert 14 < total / labels.total() < 14.1  # of 93 tokens with Qwen's vocabulary; all the rest is known


# Tokenizers that don't fit ------------------------------------------------------------------------------------------


def with_chatml(tokenizer) -> RowEncoder:
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    return RowEncoder(tokenizer, "compact")


def test_a_tokenizer_that_merges_across_the_cuts_is_refused():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=alphabet, special_tokens=["<unk>"], show_progress=False
    )
    tokenizer.train_from_iterator([render_plan([WEATHER, FOOD, WEATHER])] * 9, trainer)
    with pytest.raises(InputError, match="otherwise in a plan than alone"):
        Grammar(with_chatml(tokenizer), "direct_sft")


def test_a_tokenizer_that_does_not_know_every_character_is_refused():
    characters = sorted(set(render_plan(all_intents())) - set("美食购物"))
    vocabulary = {token: i for i, token in enumerate(["<unk>", *characters])}
    encoder = with_chatml(Tokenizer(models.BPE(vocabulary, merges=[], unk_token="<unk>")))
    assert encoder.text("美食") == encoder.text("购物")
    with pytest.raises(InputError, match="cuts two intents alike"):
        Grammar(encoder, "direct_sft")
