"""The planner against token-by-token decoding: the same plans, in fewer passes, however requests are batched."""

import json
import math

import pytest
import torch
from transformers import AutoModelForCausalLM

from data_process.encode import RowEncoder
from data_process.intents import render_plan
from data_process.rule_filter import filter_plan
from data_process.schema import read_rows
from gplan.planner import __main__ as planner_main
from gplan.planner.agreement import Generated, generate, verdict
from gplan.planner.decode import PIECE, Planner
from gplan.planner.drafts import Drafts
from gplan.planner.grammar import Grammar
from gplan.planner.request import Answer
from gplan.planner.search import Search
from tests.conftest import tiny_qwen3
from utils import InputError

NEAR = 1e-4  # logits nearer than this may change places when sums are taken in another order


def sharpened(model):
    """Random weights are sure of nothing; with the last norm scaled up the model is, of random things."""
    with torch.no_grad():
        model.base_model.norm.weight.mul_(12)
    return model


@pytest.fixture(scope="module")
def rows(labelled_rows):
    """Requests with and without an order."""
    return [row if i % 4 else row | {"trigger_1": ""} for i, row in enumerate(labelled_rows[:16])]


@pytest.fixture(scope="module")
def build(picd_checkpoint):
    """A planner of the tiny checkpoint: ``build("cot_sft", slots=2)``."""
    from add_tokens.load import load_folder

    def make(mode="picd", **settings):
        tokenizer, model = load_folder(picd_checkpoint, torch.float32)
        return Planner(sharpened(model), RowEncoder(tokenizer, "compact"), mode, **{"limit": 40, **settings})

    return make


def step_by_step(planner, row, limit):
    """The second implementation: the whole sequence anew for each token, no cache, all logits, all decisions alike.

    Returns the ids, the sum of the log-probabilities among allowed tokens, and the least lead of a chosen token.
    """
    import copy

    model = copy.deepcopy(planner.slots.model)
    model.set_attn_implementation("eager")
    grammar = planner.grammar
    state = grammar.start(has_order=bool(row["trigger_1"]))
    prompt, ids, total, lead = planner.encoder.prompt(row), [], 0.0, math.inf
    while state.node != grammar.final:
        with torch.no_grad():
            logits = model(torch.tensor([prompt + ids])).logits[0, -1]
        free = grammar.is_free(state)
        if free:
            allowed = [
                i for i in range(len(planner.encoder.tokenizer)) if i not in grammar.control or i == grammar.close
            ]
            allowed = [grammar.close] if len(ids) >= limit else allowed
        else:
            allowed = grammar.allowed(state)
        scores = logits[allowed].log_softmax(0)
        best = scores.topk(min(2, len(allowed)))
        if len(allowed) > 1:
            lead = min(lead, (best.values[0] - best.values[1]).item())
        total += 0.0 if free else best.values[0].item()
        ids.append(allowed[best.indices[0]])
        state = grammar.advance(state, ids[-1])
    return ids, total, lead


@pytest.mark.parametrize("mode", ["picd", "direct_sft", "cot_sft"])
def test_same_as_token_by_token(build, rows, mode):
    planner = build(mode, slots=3)
    answers = planner.plan(rows[:6])
    assert len({tuple(answer.ids) for answer in answers}) > 1  # the prompt matters
    compared = 0
    for row, answer in zip(rows, answers, strict=False):
        ids, total, lead = step_by_step(planner, row, planner.limit)
        if lead > NEAR:
            compared += 1
            assert answer.ids == ids
            assert answer.log_probability == pytest.approx(total, abs=1e-3)
        assert filter_plan(answer.plan, has_order=bool(row["trigger_1"])) is None
    assert compared >= 4


def generated(planner, rows):
    """Hugging Face's generate, held to the planner's automaton."""
    model = AutoModelForCausalLM.from_config(planner.slots.model.config, attn_implementation="sdpa").eval()
    model.load_state_dict(planner.slots.model.state_dict())
    return generate(model, planner.encoder, rows, planner.limit, planner.grammar)


@pytest.mark.parametrize("mode", ["picd", "direct_sft", "cot_sft"])
def test_same_as_hugging_face_held_to_the_automaton(build, rows, mode):
    planner = build(mode, limit=20)
    found = [verdict(*pair) for pair in zip(planner.plan(rows), generated(planner, rows), strict=True)]
    assert found.count("same") > 12 and "differs" not in found


@pytest.mark.parametrize("settings", [{"slots": 1}, {"slots": 5}, {"slots": 16}, {"drafts": False}, {"fixed": True}])
def test_the_way_of_going_does_not_matter(build, rows, settings):
    expected = build(slots=2).plan(rows)
    planner = build(**settings)
    for _ in range(2):  # the second time with drafts learnt
        for answer, other in zip(planner.plan(rows), expected, strict=True):
            assert answer.ids == other.ids
            assert answer.log_probability == pytest.approx(other.log_probability, abs=1e-4)
            assert [one[:3] for one in answer.decisions] == [one[:3] for one in other.decisions]


def test_long_prompts_go_in_pieces(build, rows, monkeypatch):
    expected = build(drafts=False).plan(rows[:4])
    monkeypatch.setattr("gplan.planner.decode.PIECE", 20)
    monkeypatch.setattr("gplan.planner.decode.PASS_TOKENS", 40)  # two prompts a pass
    planner = build(drafts=False)
    for row, answer, other in zip(rows, planner.plan(rows[:4]), expected, strict=False):
        assert answer.ids == other.ids
        request = planner.request(row)
        pieces = math.ceil(request.waiting / 20)
        assert pieces > 2
        assert answer.forward_passes == other.forward_passes + pieces - 1


def test_prompts_that_end_in_different_pieces(build, rows, monkeypatch):
    """In fixed shapes, where every piece's hidden states come out at the same address."""
    planner = build(drafts=False, fixed=True)
    by_length = sorted(rows, key=lambda row: planner.request(row).waiting)
    some = [by_length[0], *by_length[-3:]]  # four rows and three go in the same shape
    requests = [planner.request(row) for row in some]
    assert requests[0].waiting < requests[1].waiting
    monkeypatch.setattr("gplan.planner.decode.PIECE", requests[0].waiting)
    monkeypatch.setattr("gplan.decoding.graphs.WIDTHS", (128,))
    planner.admit(requests)
    while planner.running:
        planner.step()
    for one, expected in zip(requests, build(drafts=False).plan(some), strict=True):
        assert one.answer().ids == expected.ids
        assert one.answer().log_probability == pytest.approx(expected.log_probability, abs=1e-4)


def test_a_newcomer_joins_and_a_client_leaves(build, rows):
    planner = build(slots=3)
    expected = [answer.ids for answer in build(drafts=False).plan(rows[:5])]
    requests = [planner.request(row) for row in rows[:5]]
    planner.admit(requests[:2])
    planner.step()
    planner.admit(requests[2:3])
    assert planner.free == 0
    planner.step()
    planner.drop(requests[0])
    assert planner.free == 1
    planner.admit(requests[3:4])
    done = []
    while planner.running:
        done += planner.step()
    assert sorted(map(id, done)) == sorted(map(id, requests[1:4]))
    assert [one.answer().ids for one in requests[1:4]] == expected[1:4]


def test_passes_without_drafts_are_one_for_each_decision(build, rows):
    """The prompt's pass asks the first decision; each further one takes a pass: no other token does."""
    for answer in build(drafts=False).plan(rows):
        assert answer.forward_passes == len(answer.decisions)


def test_drafts_save_passes(build, rows):
    planner = build()
    first = planner.plan(rows[:1])[0]
    again = planner.plan(rows[:1])[0]
    assert again.ids == first.ids
    # One plan is all that is known of, so it is guessed whole, and the prompt's own pass settles it.
    assert again.forward_passes == 1 < first.forward_passes


def test_guess_follows_the_plans_so_far(small_tokenizer_folder, picd_checkpoint, labelled_rows):
    from transformers import AutoTokenizer

    from data_process.rule_filter import checked_label

    encoder = RowEncoder(AutoTokenizer.from_pretrained(picd_checkpoint), "compact")
    grammar = Grammar(encoder, "picd")
    drafts = Drafts(grammar)
    response = encoder.latent_response(checked_label(labelled_rows[0]).plan)
    run, state = grammar.forced(grammar.start(has_order=True))
    start = state
    assert drafts.guess(start, 99) == []
    for token in response[len(run) :]:
        if len(grammar.allowed(state)) > 1:
            drafts.learn(state, token)
        state = grammar.advance(state, token)
    assert drafts.guess(start, 999) == response[len(run) :]
    assert drafts.guess(start, 7) == response[len(run) :][:7]
    # At the first tool four others come once each: each has a share of 0.2, and there the guess ends.
    known, state = list(run), start
    while len(grammar.allowed(state)) < 5:
        token = response[len(known)]
        rest, state = grammar.forced(grammar.advance(state, token))
        known += [token, *rest]
    for token in [token for token in grammar.allowed(state) if token != response[len(known)]][:4]:
        drafts.learn(state, token)
    assert drafts.guess(start, 999) == response[len(run) : len(known)]
    drafts.learn(state, response[len(known)])  # 2 of 6 now
    assert drafts.guess(start, 999) == response[len(run) :]


def test_free_text_holds_no_control_token(build):
    planner = build("cot_sft")
    state = planner.grammar.after([planner.encoder.open], has_order=True)
    hidden = torch.randn(1, planner._head.shape[1])
    likeliest = [planner.grammar.end, planner.encoder.open, planner.encoder.latents[0][0]]
    for i, token in enumerate(
        [7, planner.grammar.close, *likeliest, len(planner._head) - 1]
    ):  # the last: no token at all
        with torch.no_grad():
            planner._head[token] = 10 * 2**i * hidden[0]
        assert planner.score(hidden, [state])[0].tokens == [7 if token == 7 else planner.grammar.close]


def test_decisions_say_what_was_chosen(build, rows):
    for answer in build().plan(rows[:8]):
        log_probability = 0.0
        for one in answer.decisions:
            assert sum(one.options.values()) == pytest.approx(1)
            assert one.options[one.chosen] == one.probability == max(one.options.values())
            log_probability += math.log(one.probability)
            # What was chosen is what the plan says there; a choice between groups is settled by a later one.
            if one.field == "steps":
                assert str(len(answer.plan)) in one.chosen.split("|")
            else:
                assert answer.plan[one.step - 1][one.field] in one.chosen.split("|")
        assert answer.log_probability == pytest.approx(log_probability, abs=1e-4)


def every_plan_of_three(planner, row):
    """All plans of three intents and their log-probabilities, by walking the automaton: token by token, no search."""
    grammar, found = planner.grammar, {}

    def walk(state, ids, total):
        if state.node == grammar.final:
            found[render_plan(grammar.plan(state))] = total
            return
        allowed = grammar.allowed(state)
        if len(allowed) == 1:
            walk(grammar.advance(state, allowed[0]), [*ids, allowed[0]], total)
            return
        with torch.inference_mode():
            prompt = planner.encoder.prompt(row) + ids
            hidden = planner.slots.model.base_model(torch.tensor([prompt])).last_hidden_state[0, -1]
            scores = (planner._head[allowed] @ hidden).log_softmax(0).tolist()
        for token, score in zip(allowed, scores, strict=True):
            if total + score > THRESHOLD:
                walk(grammar.advance(state, token), [*ids, token], total + score)

    walk(grammar.start(has_order=bool(row["trigger_1"])), [], 0.0)
    return found


THRESHOLD = -3.0


def test_search_finds_the_best(build, rows):
    """Against a walk over every plan more probable than e^-3, which knows neither a frontier nor a bound."""
    planner = build()
    planner.slots.model.base_model.norm.weight.data.mul_(3)
    # The second implementation computes without slots.
    for row in rows[1:4]:
        search = Search(planner, row, 3)
        while not search.done:
            search.step()
        planner.slots.model.set_attn_implementation("sdpa")
        expected = sorted(every_plan_of_three(planner, row).items(), key=lambda item: -item[1])[:3]
        planner.slots.model.set_attn_implementation("gplan_slots")
        assert search.complete and expected
        best = [one for one in search.plans if one.log_probability > THRESHOLD]
        assert [render_plan(one.plan) for one in best] == [plan for plan, _ in expected]
        assert [one.log_probability for one in best] == pytest.approx([total for _, total in expected], abs=1e-3)
        assert best[0].log_probability >= planner.plan([row])[0].log_probability - 1e-4


def test_search_gives_up_when_its_budget_is_spent(build, rows, monkeypatch):
    monkeypatch.setattr("gplan.planner.search.BUDGET", 60)
    planner = build()
    planner.slots.model.base_model.norm.weight.data.mul_(0.01)  # sure of nothing at all
    search = Search(planner, rows[1], 5)
    while not search.done:
        search.step()
    assert not search.complete and len(search.plans) < 5


def test_free_reasoning_has_no_best_plans(build, rows):
    with pytest.raises(InputError, match="cot_sft"):
        Search(build("cot_sft"), rows[0], 2)


def test_a_checkpoint_that_was_not_trained_here(tiny_backbone):
    with pytest.raises(InputError, match="no gplan settings"):
        Planner.load(tiny_backbone, dtype=torch.float32, device="cpu")


def test_real_rows_take_few_passes(real_csv, qwen_encoder):
    """With the real vocabulary and whole prompts: the same plans, in a pass a decision and one a piece of prompt."""
    encoder = RowEncoder(qwen_encoder.tokenizer, "full")
    planner = Planner(sharpened(tiny_qwen3(151_936, hidden=32)), encoder, "picd", drafts=False, slots=8)
    rows = read_rows(real_csv)[:16]
    answers = planner.plan(rows)
    found = [verdict(*pair) for pair in zip(answers, generated(planner, rows), strict=True)]
    assert found.count("same") > 12 and "differs" not in found
    for row, answer in zip(rows, answers, strict=True):
        pieces = math.ceil(planner.request(row).waiting / PIECE)
        assert pieces in (2, 3)
        assert answer.forward_passes == len(answer.decisions) + pieces - 1


def test_agreement_counts_every_row(picd_checkpoint, cot_csv, monkeypatch, capsys):
    words = ["agreement", "--model", str(picd_checkpoint), "--csv", str(cot_csv), "--json"]
    monkeypatch.setattr("sys.argv", ["planner", *words])
    assert planner_main.main() == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["rows"] == 24 == sum(figures[f"constrained_{name}"] for name in ("same", "near_tie", "differs"))
    assert figures["free_accepted"] == sum(figures[f"free_{name}"] for name in ("same", "near_tie", "differs"))


def test_agreement_sees_a_difference():
    other = Generated([1, 2, 3], [0.5, 0.5, 0.5])
    answer = Answer([1, 2, 3], [], 0.0, [], 1)
    assert verdict(answer, other) == "same"
    assert verdict(answer._replace(ids=[1, 4, 3]), other) == "differs"
    assert verdict(answer._replace(ids=[1, 4, 3]), other._replace(leads=[0.5, 5e-5, 0.5])) == "near_tie"
    assert verdict(answer._replace(ids=[1, 2]), other) == "differs"
