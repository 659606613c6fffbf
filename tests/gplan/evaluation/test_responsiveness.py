"""Context responsiveness: the measure by hand, and from a twins file on disk through test.py."""

import json
import random
import runpy

import pytest

from data_process.intents import intent, render_plan
from data_process.schema import COLUMNS, write_rows
from data_process.twins import Pair, changed_columns, write_pairs
from gplan.evaluation.predictions import read_twin_predictions, write_twin_predictions
from gplan.evaluation.responsiveness import answers_to, flips, requests_beyond, responsive, responsiveness
from gplan.evaluation.table import table_text
from gplan.metrics.scores import Costs, nes
from tests.conftest import ROOT
from utils import InputError

T1, T6, T8, T9 = intent("tool_1", "当前位置", "订单目的地"), intent("tool_6"), intent("tool_8"), intent("tool_9")
HOME = intent("tool_1", "当前位置", "家")
FOOD, SHOPS, SIGHTS = (intent("tool_5", "当前位置", "附近", tag) for tag in ("美食", "购物", "景点"))
A, B = [T1, T8, FOOD, T9], [T6, FOOD, T9]


def row(plan, **fields):
    return dict.fromkeys(COLUMNS, "") | {"trigger_1": "酒店", "raw_labels": render_plan(plan)} | fields


def pair(number, ours, theirs, **anchor):
    """A pair that differs in the tag of the place."""
    one = row(ours, id=str(number), current_tag="商场", **anchor)
    two = one | {"current_tag": "高铁站", "raw_labels": render_plan(theirs)}
    return Pair(number, one, two, changed_columns(one, two), (ours, theirs))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((A, B), True),
        ((B, A), False),  # responds, the wrong way
        ((A, A), False),
        ((B, B), False),
        # Not the gold plans, but each nearer to its own. A to [T1, T9]: 2 of 4 edits; B to it: T1 for T6, FOOD gone.
        (([T1, T9], [T6, T9]), True),
        # [T9] is one of four intents of A and one of three of B: nearer to B, so the anchor's side fails.
        (([T9], [T6, T9]), False),
        (([], B), False),
        ((A, []), False),
        (([], []), False),
        ((A, [T8]), False),  # T8: 1 - 3/4 to A, 1 - 3/3 to B
    ],
)
def test_by_hand(answers, expected):
    assert responsive(answers, (A, B)) is expected


def test_a_tie_is_not_responsive():
    x, y = [T6, FOOD, T9], [T6, SHOPS, T9]
    assert responsive((x, y), (x, y))
    assert not responsive(([T6, SIGHTS, T9], y), (x, y))
    assert not responsive((x, [T6, SIGHTS, T9]), (x, y))


def test_rounding_is_no_difference():
    """Sums of the same costs in another order can differ in their last digit: 0.3 + 1 + 0.3 + 0.3, 0.3 + 0.3 + 1 + …"""
    library = [T1, T6, T8, T9, HOME, FOOD, SHOPS, SIGHTS]
    rng, uneven = random.Random(0), 0
    for _ in range(6_000):
        answer, ours, theirs = ([rng.choice(library) for _ in range(rng.randint(3, 6))] for _ in range(3))
        one, two = nes(answer, ours), nes(answer, theirs)
        uneven += one != two and abs(one - two) < 1e-9
        if abs(one - two) < 1e-9:
            assert not responsive((answer, theirs), (ours, theirs))
            assert not responsive((ours, answer), (ours, theirs))
    assert uneven


def test_costs_decide_what_is_nearer():
    """The answer has one wrong parameter of three intents, or lacks one intent of four."""
    ours, theirs, answer = [T6, SHOPS, T9], [T6, FOOD, T9, T8], [T6, FOOD, T9]
    assert responsive((answer, theirs), (ours, theirs), costs=Costs(sub_param=0.6))  # 1 - 0.6/3 against 1 - 1/4
    assert not responsive((answer, theirs), (ours, theirs), costs=Costs(sub_param=0.9))  # 1 - 0.9/3 against 1 - 1/4


def test_flips():
    assert flips(A, B) and not flips(A, [T1, T9])
    assert flips([T1], [HOME])
    assert not flips([], B) and not flips(A, []) and not flips([], [])
    assert flips([{"工具名称": ["odd"]}], A) and not flips([{"工具名称": ["odd"]}], [{"工具名称": ["odd"]}])


def test_the_figures_by_hand():
    """Four pairs: gold flips in 0, 1 and 2, keeps its first intent in 3."""
    keeps = [T1, T8, SHOPS, T9]
    pairs = [pair(0, A, B), pair(1, A, B), pair(2, B, A), pair(3, A, keeps)]
    texts = [(A, B), (A, A), (A, B), (A, keeps)]
    found = responsiveness([(render_plan(x), render_plan(y)) for x, y in texts], pairs)
    assert set(found) == {"pairs", "context_responsiveness", "first_intent_flip"}
    assert found["pairs"] == 4
    assert found["context_responsiveness"]["value"] == 2 / 4  # 0 and 3
    flip = found["first_intent_flip"]
    assert (flip["value"], flip["gold"]) == (2 / 4, 3 / 4)
    assert flip["where_gold_flips"] == pytest.approx(2 / 3)
    assert flip["where_gold_keeps"] == 0
    for figure in (found["context_responsiveness"], flip):
        assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1
    # Reasoning in front does not count, and a text that is no plan is one that responds to nothing.
    thought = "<THOUGHT>[]</THOUGHT>"
    texts = [(thought + render_plan(A), thought + render_plan(B)), ("", ""), ("?", render_plan(A)), ("[", "[")]
    found = responsiveness(texts, pairs)
    assert found["context_responsiveness"]["value"] == 1 / 4
    assert found["first_intent_flip"]["value"] == 1 / 4


def test_denominators_that_are_empty():
    found = responsiveness([(render_plan(A), render_plan(B))], [pair(0, A, B)])
    assert found["first_intent_flip"]["where_gold_keeps"] is None
    assert found["context_responsiveness"] == {"value": 1.0, "low": 1.0, "high": 1.0}


def test_a_model_that_ignores_the_moment_scores_nothing():
    rng = random.Random(1)
    library = [T1, T6, T8, T9, FOOD, SHOPS, SIGHTS]
    golds = [[rng.sample(library, 4) for _ in range(2)] for _ in range(200)]
    pairs = [pair(i, *gold) for i, gold in enumerate(golds)]
    same = [(render_plan(one), render_plan(one)) for one in (rng.choice(gold) for gold in golds)]
    found = responsiveness(same, pairs)
    assert found["context_responsiveness"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert found["first_intent_flip"]["value"] == 0


# Through test.py


@pytest.fixture
def run(monkeypatch, capsys):
    """``run("--json", …)`` -> (exit code, stdout, stderr) of test.py."""

    def command(*words):
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["test.py", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / "test.py"), run_name="__main__")
        return ended.value.code, *capsys.readouterr()

    return command


@pytest.fixture
def files(tmp_path):
    """Gold rows, their predictions, two pairs and answers to them, in no order."""
    write_rows(tmp_path / "gold.csv", [row(A), row(B)])
    write_pairs(tmp_path / "t.jsonl", [pair(0, A, B), pair(1, B, A)])
    predictions = [{"row": i, "text": render_plan(A)} for i in (0, 1)]
    answers = [(1, "twin", A), (0, "anchor", A), (1, "anchor", A), (0, "twin", B)]
    for name, lines in (
        ("p.jsonl", predictions),
        ("tp.jsonl", [{"pair": i, "side": side, "text": render_plan(plan)} for i, side, plan in answers]),
    ):
        (tmp_path / name).write_text("".join(json.dumps(one) + "\n" for one in lines))
    return tmp_path


FLAGS = {"--valid_csv": "gold.csv", "--predictions": "p.jsonl", "--output_dir": "out", "--samples": "0"}
TWINS = {"--twins": "t.jsonl", "--twin_predictions": "tp.jsonl"}


def words(folder, flags):
    return [word for flag, name in flags.items() for word in (flag, name if name == "0" else folder / name)]


def test_twins_are_added_to_the_metrics(files, run):
    code, out, err = run(*words(files, FLAGS), "--json")
    assert code == 0, err
    plain = json.loads(out)
    assert not (files / "out" / "twin_predictions.jsonl").exists()
    code, out, err = run(*words(files, FLAGS | TWINS), "--json")
    assert code == 0, err
    metrics = json.loads(out)
    assert metrics == json.loads((files / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert {name: metrics[name] for name in plain} == plain
    assert set(metrics) - set(plain) == {"pairs", "context_responsiveness", "first_intent_flip"}
    assert metrics["pairs"] == 2
    assert metrics["context_responsiveness"]["value"] == 0.5
    flip = metrics["first_intent_flip"]
    assert (flip["value"], flip["gold"], flip["where_gold_flips"], flip["where_gold_keeps"]) == (0.5, 1, 0.5, None)
    written = [json.loads(one) for one in (files / "out" / "twin_predictions.jsonl").read_text("utf-8").splitlines()]
    assert [(one["pair"], one["row"], one["side"], one["plan"]) for one in written] == [
        (0, 0, "anchor", A),
        (0, 0, "twin", B),
        (1, 1, "anchor", A),
        (1, 1, "twin", A),
    ]
    # What was written scores the same, and is left as it is; a reader gets a table.
    again = (
        FLAGS | TWINS | {"--predictions": "out/predictions.jsonl", "--twin_predictions": "out/twin_predictions.jsonl"}
    )
    theirs = files / "out" / "twin_predictions.jsonl"
    theirs.write_text(theirs.read_text("utf-8").replace('"pair"', '"mine": 1, "pair"'), "utf-8")
    before = theirs.read_bytes()
    code, out, err = run(*words(files, again))
    assert code == 0, err
    assert theirs.read_bytes() == before
    assert json.loads((files / "out" / "metrics.json").read_text(encoding="utf-8")) == metrics
    assert "context_responsiveness  0.500" in out and "gold flips in 1.000" in out
    assert "twin_predictions.jsonl" in out


@pytest.mark.parametrize(
    "flags",
    [
        FLAGS | {"--twins": "t.jsonl"},
        FLAGS | {"--twin_predictions": "tp.jsonl"},
        {"--valid_csv": "gold.csv", "--twins": "t.jsonl", "--twin_predictions": "tp.jsonl"},
    ],
)
def test_flags_that_belong_together(files, run, flags):
    code, out, err = run(*words(files, flags))
    assert (code, out) == (2, "") and err.startswith("error: ") and err.count("\n") == 1
    assert "--twin_predictions" in err


GOOD = '{"pair":0,"side":"anchor","text":""}\n{"pair":0,"side":"twin","text":""}\n'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ["2 of 2 pairs are missing: pair 0, 1;", "anchor and twin of each pair"]),
        (GOOD, ["1 of 2 pairs are missing: pair 1;"]),
        (GOOD + '{"pair":1,"side":"twin","text":""}\n', ["1 of 2 pairs are missing: pair 1;"]),
        (GOOD + "oops\n", ["line 3", "not JSON"]),
        (GOOD + "[]\n", ["line 3", "pair, side and text"]),
        (GOOD + '{"row":1,"side":"twin","text":""}\n', ["line 3", "no pair", "pair, side and text"]),
        (GOOD + '{"pair":1,"text":""}\n', ["line 3", "no side"]),
        (GOOD + '{"pair":1,"side":"both","text":""}\n', ["line 3 (pair 1)", 'side is "both"', "anchor or twin"]),
        (GOOD + '{"pair":1,"side":["twin"],"text":""}\n', ["line 3 (pair 1)", "side is"]),
        (GOOD + '{"pair":1,"side":"twin","text":1}\n', ["line 3 (pair 1)", "text is 1"]),
        (GOOD + '{"pair":"1","side":"twin","text":""}\n', ["line 3", 'pair is "1"', "number of the pair"]),
        (GOOD + '{"pair":2,"side":"twin","text":""}\n', ["line 3", "pair 2 is out of range", "twins file", "0 to 1"]),
        (GOOD + '{"pair":0,"side":"twin","text":""}\n', ["line 3", "twin of pair 0 stands twice"]),
    ],
)
def test_twin_predictions_that_are_refused(files, run, content, expected):
    (files / "tp.jsonl").write_text(content)
    with pytest.raises(InputError) as error:
        read_twin_predictions(files / "tp.jsonl", range(2), 2)
    assert all(word in str(error.value) for word in [str(files / "tp.jsonl"), *expected]), error.value
    code, out, err = run(*words(files, FLAGS | TWINS))
    assert (code, out) == (2, "") and err == f"error: {error.value}\n"


def test_twin_predictions_come_back_as_written(tmp_path):
    texts = [("a\u2028b", '"\n'), ("\ud800", "")]
    write_twin_predictions(tmp_path / "tp.jsonl", range(2), texts, [pair(0, A, B), pair(5, A, B)])
    assert read_twin_predictions(tmp_path / "tp.jsonl", range(2), 2) == texts


def test_every_request_is_answered_once():
    one, two = pair(0, A, B), pair(1, B, A)
    rows = [one.anchor | {"raw_labels": "another label"}, row(A, id="else")]
    again = Pair(0, one.anchor, two.twin, [], (A, A))
    others = requests_beyond([one, two, again], rows)
    assert others == [one.twin, two.anchor, two.twin]
    texts = ["one", "else", "one'", "two", "two'"]
    assert answers_to([one, two, again], rows + others, texts) == [("one", "one'"), ("two", "two'"), ("one", "two'")]


def test_a_checkpoint_answers_rows_and_twins_in_batches_of_their_own(tiny_backbone, files, run, monkeypatch):
    """Each request once, each answer back at its side: the answer here is a plan that tells requests apart."""
    from gplan.evaluation import free

    batches = []

    def greedy(model, encoder, prompts, limit):
        texts = [encoder.tokenizer.decode(prompt) for prompt in prompts]
        batches.append([f"{'7' if 'mall7' in text else '8' if 'mall8' in text else 'gold'}" for text in texts])
        return [(render_plan(A if "商场" in text else B), False) for text in texts]

    monkeypatch.setattr(free, "greedy", greedy)
    mine, other = (pair(n, A, B, current_city=f"mall{n}") for n in (7, 8))
    write_pairs(files / "t.jsonl", [mine, other, mine])
    write_rows(files / "gold.csv", [row(B), mine.anchor, row(A, current_city="mall")])
    flags = {name: FLAGS[name] for name in ("--valid_csv", "--output_dir", "--samples")} | {"--twins": "t.jsonl"}
    code, out, err = run(*words(files, flags), "--model", tiny_backbone, "--batch_size", 2, "--json")
    assert code == 0, err
    assert [len(batch) for batch in batches] == [2, 1, 2, 1]
    assert sorted(batches[0] + batches[1]) == ["7", "gold", "gold"]
    assert sorted(batches[2] + batches[3]) == ["7", "8", "8"]
    assert json.loads(out)["context_responsiveness"]["value"] == 1
    written = [json.loads(one) for one in (files / "out" / "twin_predictions.jsonl").read_text("utf-8").splitlines()]
    assert [one["plan"] for one in written] == [A, B] * 3


def test_the_table_without_twins_has_no_line_for_them():
    figure = {"value": 0.5, "low": 0.4, "high": 0.6}
    names = ("acc@1", "ndcg@3", "ndcg@3_unique", "nes", "valid", "latent_valid")
    floor = dict.fromkeys(names, 0.0)
    summary = dict.fromkeys(names, figure) | {
        "rows": 4,
        "reasons": {},
        "ceilings": None,
        "floors": dict.fromkeys(("majority_first_intent", "majority_plan", "tool_9_x3", "best_single_column"), floor),
    }
    assert "twins" not in table_text(summary)
    flip = figure | {"gold": 0.7, "where_gold_flips": 0.8, "where_gold_keeps": None}
    text = table_text(summary | {"pairs": 3, "context_responsiveness": figure, "first_intent_flip": flip})
    assert text.endswith("gold flips in 0.700, the model in 0.800 of those where gold does")
