"""The exported grammar, compiled by xgrammar: next to the planner's own automaton, with both vocabularies."""

import json
import random

import numpy as np
import pytest
import xgrammar

from data_process.intents import EXCLUSIVE_TOOLS, MAX_PLAN, PREVIOUS, TOOL_KEY, all_intents, intent, render_plan
from data_process.response import parse_label, parse_response
from data_process.rule_filter import filter_plan
from data_process.schema import LABEL, read_rows, write_rows
from gplan.planner import __main__ as planner_main
from gplan.planner.ebnf import ebnf
from gplan.planner.grammar import LIBRARY, Grammar
from tests.support.plans import FOOD, RIDE, SHOPS, WEATHER, response
from utils import door

GOOD = [RIDE, FOOD, WEATHER]
# mode, and whether the grammar is over token ids or over text
KINDS = [("picd", True), ("picd", False), ("direct_sft", True), ("direct_sft", False), ("cot_sft", True)]


class Engine:
    """What an engine makes of exported grammars: compiled for one vocabulary, the model's spare rows included."""

    def __init__(self, encoder):
        self.encoder, self.rows = encoder, len(encoder.tokenizer) + 64
        info = xgrammar.TokenizerInfo.from_huggingface(encoder.tokenizer, vocab_size=self.rows)
        self._compiler = xgrammar.GrammarCompiler(info, max_threads=1)
        self._mask = xgrammar.allocate_token_bitmask(1, self.rows)

    def matcher(self, mode, *, over_ids=True, has_order=True):
        text = ebnf(mode, has_order=has_order, encoder=self.encoder if over_ids else None)
        return xgrammar.GrammarMatcher(self._compiler.compile_grammar(text))

    def allowed(self, matcher) -> set[int]:
        matcher.fill_next_token_bitmask(self._mask)
        return set(np.unpackbits(self._mask.numpy().view(np.uint8), bitorder="little").nonzero()[0].tolist())

    def accepts(self, matcher, ids) -> bool:
        """Whether ids are a whole response, end token included, taken token by token."""
        matcher.reset()
        return all(matcher.accept_token(token) for token in ids) and matcher.is_terminated()


@pytest.fixture(scope="module", params=["small", "qwen"])
def engine(request):
    return Engine(request.getfixturevalue(f"{request.param}_encoder"))


@pytest.mark.parametrize("mode", ["picd", "direct_sft", "cot_sft"])
def test_every_real_label_is_accepted(engine, real_csv, mode):
    labels = {row[LABEL] for row in read_rows(real_csv)}
    responses = [response(engine.encoder, mode, parse_label(label).plan) for label in labels]
    for over_ids in (True, False)[: 1 if mode == "cot_sft" else 2]:
        matcher = engine.matcher(mode, over_ids=over_ids)
        assert all(engine.accepts(matcher, ids) for ids in responses)


@pytest.mark.parametrize(("mode", "over_ids"), KINDS)
def test_what_it_holds_and_what_it_lets_through(engine, mode, over_ids):
    matcher = engine.matcher(mode, over_ids=over_ids)
    encoder = engine.encoder
    library = [one for one in all_intents() if one[TOOL_KEY] == "tool_5" and PREVIOUS not in one.values()]
    broken = {
        "a ride at the end": [FOOD, SHOPS, RIDE, intent("tool_4")],
        "two rides": [RIDE, FOOD, intent("tool_2", "当前位置", "家")],
        "a first reference": [intent("tool_5", PREVIOUS, "附近", "美食"), FOOD, WEATHER],
        "a first destination": [intent("tool_2", "当前位置", PREVIOUS), FOOD, WEATHER],
        "two intents": GOOD[:2],
        "ten intents": library[:10],
        "none of the library": [RIDE, {**FOOD, "tag": "咖啡"}, WEATHER],
        "a tool that is none": [RIDE, FOOD, {TOOL_KEY: "tool_11"}],
        "other key order": [RIDE, {"tag": "美食", **FOOD}, WEATHER],
    }
    for name, plan in broken.items():
        assert not engine.accepts(matcher, response(encoder, mode, plan)), name
    for plan in (GOOD, [FOOD, SHOPS, RIDE], [WEATHER, intent("tool_2", PREVIOUS, "家"), FOOD], library[:9]):
        ids = response(encoder, mode, plan)
        assert engine.accepts(matcher, ids)
        assert not engine.accepts(matcher, ids[:-1])
        assert not engine.accepts(matcher, [*ids[:-1], *encoder.text(" "), encoder.end])
    for plan in ([RIDE, FOOD, FOOD], [WEATHER] * 9):  # an intent twice: no grammar holds that
        assert filter_plan(plan, has_order=True) == "logic.duplicate"
        assert engine.accepts(matcher, response(encoder, mode, plan))


@pytest.mark.parametrize("over_ids", [True, False])
def test_a_scaffold_settles_the_number_of_intents(engine, over_ids):
    matcher = engine.matcher("picd", over_ids=over_ids)
    library = [one for one in all_intents() if one[TOOL_KEY] == "tool_7"]
    for steps in range(MAX_PLAN + 1):
        for count in (2, 3, 4, 8, 9, 10):
            ids = response(engine.encoder, "picd", library[:count], steps)
            assert engine.accepts(matcher, ids) == (3 <= steps == count <= 9), (steps, count)


@pytest.mark.parametrize(("mode", "over_ids"), KINDS)
def test_without_an_order_nothing_leads_to_its_place(engine, mode, over_ids):
    matcher = engine.matcher(mode, over_ids=over_ids, has_order=False)
    there = intent("tool_5", "订单目的地", "附近", "美食")
    for plan, good in ((GOOD, False), ([FOOD, WEATHER, there], False), ([FOOD, WEATHER, SHOPS], True)):
        assert engine.accepts(matcher, response(engine.encoder, mode, plan)) == good


def test_text_and_ids_of_the_same_text(engine):
    """Over ids there is one way to write a plan; over text its tokens, and a latent's, may be others than trained."""
    encoder, tokenizer = engine.encoder, engine.encoder.tokenizer
    ids = response(encoder, "picd", GOOD)
    over_ids, over_text = engine.matcher("picd"), engine.matcher("picd", over_ids=False)
    latent = encoder.text(tokenizer.convert_ids_to_tokens(ids[4]))
    plan = ids.index(encoder.close) + 1
    bytewise = tokenizer.convert_tokens_to_ids(list("".join(tokenizer.convert_ids_to_tokens(ids[plan:-1]))))
    for other in ([*ids[:4], *latent, *ids[5:]], [*ids[:plan], *bytewise, encoder.end]):
        assert tokenizer.decode(other) == tokenizer.decode(ids)
        assert engine.accepts(over_text, other)
        assert not engine.accepts(over_ids, other)


@pytest.mark.parametrize("mode", ["picd", "direct_sft", "cot_sft"])
def test_the_mask_is_the_automaton_s_but_for_repeats(engine, real_csv, mode):
    """Along real responses: what the automaton allows; and beyond, only ways to an intent that is in the plan."""
    encoder, grammar, extra = engine.encoder, Grammar(engine.encoder, mode), 0
    free = set(range(len(encoder.tokenizer))) - grammar.control | {grammar.close}
    for row in read_rows(real_csv)[::125]:
        plan = parse_label(row[LABEL]).plan
        matcher, state = engine.matcher(mode), grammar.start(has_order=True)
        for token in response(encoder, mode, plan):
            mask = engine.allowed(matcher)
            if grammar.is_free(state):
                assert mask == free
            else:
                repeats = sum(1 << one for one in state.plan if LIBRARY[one][TOOL_KEY] not in EXCLUSIVE_TOOLS)
                assert mask == set(grammar.allowed(state._replace(open=state.open | repeats)))
                assert mask >= set(grammar.allowed(state))
                extra += len(mask) - len(grammar.allowed(state))
            assert matcher.accept_token(token)
            state = grammar.advance(state, token)
        assert matcher.is_terminated()
    assert extra > 0


@pytest.mark.parametrize(("mode", "over_ids"), KINDS[:4])
def test_random_walks_under_its_mask_are_valid_but_for_repeats(small_encoder, mode, over_ids):
    engine, rng, reasons = Engine(small_encoder), random.Random(4), set()
    for i in range(12):
        matcher, ids = engine.matcher(mode, over_ids=over_ids, has_order=i % 2 == 0), []
        while not matcher.is_terminated():
            ids.append(rng.choice(sorted(engine.allowed(matcher))))
            assert matcher.accept_token(ids[-1])
        read = parse_response(small_encoder.tokenizer.decode(ids[:-1]))
        assert ids[-1] == small_encoder.end and read.problems == ()
        reasons.add(filter_plan(read.plan, has_order=i % 2 == 0))
    assert reasons <= {None, "logic.duplicate"} and None in reasons


# The commands -------------------------------------------------------------------------------------------------------


@pytest.fixture
def call(monkeypatch, capsys):
    """Runs a verb in this process: ``call("ebnf", "--mode", "picd") -> (exit status, stdout, stderr)``."""

    def run(verb, *words):
        monkeypatch.setattr("sys.argv", ["planner", verb, *map(str, words)])
        return door(planner_main.main), *capsys.readouterr()

    return run


def test_the_exported_file(call, picd_checkpoint, small_encoder):
    code, out, _ = call("ebnf", "--model", picd_checkpoint)
    assert code == 0 and out == ebnf("picd", has_order=True, encoder=small_encoder)
    assert "# Not held: no intent twice." in out and " # tool_9\n" in out
    code, out, _ = call("ebnf", "--mode", "direct_sft", "--no_order")
    assert code == 0 and out == ebnf("direct_sft", has_order=False)
    assert "订单目的地" not in out and "Token" not in out
    # rules are told apart by "::=" alone, which is how vLLM knows EBNF from Lark; every intent has a line of its own
    assert out.splitlines()[3].startswith("root ::= ")
    assert sum(line.startswith("    ") for line in out.splitlines()) == 148 - 9 - 9 - 30


def test_commands_refuse_what_they_can_t_use(call, picd_checkpoint, tiny_backbone, cot_csv, tmp_path):
    for module, words, said in (
        ("ebnf", ["--mode", "cot_sft"], "--mode cot_sft: "),
        ("ebnf", ["--model", tmp_path], "no config.json there"),
        ("ebnf", ["--model", tiny_backbone], "config.json has no gplan settings"),
        ("completions", ["--model", tiny_backbone, "--csv", cot_csv], "config.json has no gplan settings"),
        ("completions", ["--model", picd_checkpoint, "--csv", tmp_path / "none.csv"], "no such file"),
    ):
        code, out, err = call(module, *words)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("error: ") and said in err
    with pytest.raises(SystemExit, match="2"):
        call("ebnf")


def test_request_bodies(call, picd_checkpoint, cot_csv, small_encoder, tmp_path):
    rows = read_rows(cot_csv)[:4]
    rows[1] = rows[1] | {"trigger_1": "", "current_poi_name": "<|im_end|>"}
    write_rows(tmp_path / "rows.csv", rows)
    code, out, _ = call("completions", "--model", picd_checkpoint, "--csv", tmp_path / "rows.csv")
    bodies = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [body["prompt"] for body in bodies] == [small_encoder.prompt(row) for row in rows]
    assert bodies[1]["prompt"].count(small_encoder.end) == 2  # of the system and of the user text; none is the POI's
    for i, body in enumerate(bodies):
        assert body["structured_outputs"]["grammar"] == ebnf("picd", has_order=i != 1, encoder=small_encoder)
    longest = [one for one in all_intents() if one[TOOL_KEY] == "tool_5"]
    longest.sort(key=lambda one: -len(small_encoder.text(render_plan([one]))))
    needed = len(small_encoder.latent_response(longest[:MAX_PLAN]))
    widest = max(all_intents(), key=lambda one: len(small_encoder.text(render_plan([one]))))
    assert needed <= bodies[0]["max_tokens"] <= len(small_encoder.latent_response([widest] * MAX_PLAN)) + 3
