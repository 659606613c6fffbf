"""P5 and TIGER: intents have codes of their own, decoders keep to the library and the rules, labels are not seen."""

import json
import sys
from argparse import Namespace

import pytest
import torch

from data_process.intents import TOOLS, all_intents
from data_process.rule_filter import filter_plan
from data_process.schema import LABEL, read_rows, write_rows
from gplan.baselines import __main__ as program
from gplan.baselines.generative import END, IGNORED, SourceAndPlan, collate, padded
from gplan.baselines.options import model_defaults
from gplan.baselines.p5 import P5, intent_names, text_tokenizer
from gplan.baselines.tiger import Tiger, context_words, semantic_ids
from gplan.baselines.trie import CodeTrie
from gplan.baselines.vocabulary import Vocabulary
from tests.conftest import tiny_qwen3
from utils import door

MODELS = ("p5", "tiger")
TINY = ("--width", 16, "--inner", 16, "--heads", 2, "--layers", 1, "--epochs", 1, "--batch_size", 8, "--warmup", 1)


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary("intents")


@pytest.fixture(scope="module")
def data(labelled_rows, tmp_path_factory):
    """24 rows to learn from and 12 others to answer."""
    folder = tmp_path_factory.mktemp("rows")
    write_rows(folder / "train.csv", labelled_rows[:24])
    write_rows(folder / "valid.csv", labelled_rows[24:36])
    return folder


@pytest.fixture
def run(data, tmp_path, monkeypatch, capsys):
    """``run("p5", "--sees", "plan") -> (exit status, stderr, plans)`` of a tiny model; ``valid`` names other rows."""

    def call(model, *words, valid=data / "valid.csv", name="output"):
        out = tmp_path / name
        files = ("--train_csv", data / "train.csv", "--valid_csv", valid, "--output_dir", out)
        monkeypatch.setattr("sys.argv", ["baselines", model, *map(str, (*files, *TINY, *words))])
        status = door(program.main)
        lines = (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines() if status == 0 else []
        return status, capsys.readouterr().err, [json.loads(line)["text"] for line in lines]

    return call


def tries(vocabulary):
    names = intent_names(vocabulary)
    tokenizer = text_tokenizer(names, 400)
    written = [tuple(name) for name in tokenizer(names, add_special_tokens=False).input_ids]
    return {
        "p5": CodeTrie(written, END, vocabulary),
        "tiger": CodeTrie(semantic_ids(vocabulary), END, vocabulary),
    }


# Codes


@pytest.mark.parametrize("model", MODELS)
def test_codes_and_intents_are_one_to_one(model, vocabulary):
    trie = tries(vocabulary)[model]
    assert len(set(trie.codes)) == len(vocabulary.intents) == 148
    for number in range(148):
        # Twice, and with another behind it: nothing runs into its neighbour.
        plan = (number, (number + 1) % 148, number)
        codes = trie.encode(plan)
        assert trie.read(codes) == (plan, ())
        assert trie.read(codes[:-2]) == (plan[:2], trie.codes[number][:-1])


def test_a_semantic_id_is_the_four_values_of_its_intent(vocabulary):
    ids = semantic_ids(vocabulary)
    assert {len(codes) for codes in ids} == {4}
    # Ten tools; three origins, seven destinations and three ranges, ten tags, and nothing in each place.
    assert [len({codes[place] for codes in ids}) for place in range(4)] == [10, 3 + 1, 7 + 3 + 1, 10 + 1]
    # No code stands in two places.
    assert len({code for codes in ids for code in codes}) == 10 + 4 + 11 + 11
    for one, codes in zip(all_intents(), ids, strict=True):
        for other, others in zip(all_intents(), ids, strict=True):
            same = one["工具名称"] == other["工具名称"], one.get("起始位置") == other.get("起始位置")
            assert (codes[0] == others[0], codes[1] == others[1]) == same
    assert len({codes[0] for codes in ids}) == len(TOOLS)


def test_p5s_names_are_in_library_order_and_share_sub_tokens(vocabulary):
    names = intent_names(vocabulary)
    assert (names[0], names[16], names[147], len(names)) == (" intent_001", " intent_017", " intent_148", 148)
    tokenizer = text_tokenizer(names, 400)
    assert tokenizer.decode(tokenizer(names[16], add_special_tokens=False).input_ids) == " intent_017"
    assert [tokenizer.decode([code]) for code in tries(vocabulary)["p5"].codes[16]] == [" intent_", "01", "7"]


@pytest.mark.parametrize("model", MODELS)
def test_the_trie_lets_follow_what_the_rules_do(model, vocabulary):
    trie = tries(vocabulary)[model]
    for plan, has_order in (
        ((), False),
        ((), True),
        ((2,), True),
        ((147, 146, 145), False),
        (tuple(range(60, 69)), True),
    ):
        may = vocabulary.allowed(plan, has_order=has_order)
        found, open_ = set(), [()]
        while open_:
            begun = open_.pop()
            codes = [code for number in plan for code in trie.codes[number]] + list(begun)
            for code in trie.following(codes, rules=True, has_order=has_order):
                if code == END:
                    found.add(vocabulary.end)
                elif (*begun, code) in trie.codes:
                    found.add(trie.codes.index((*begun, code)))
                else:
                    open_.append((*begun, code))
        assert found == {number for number in range(149) if may[number]}


def test_without_rules_a_plan_may_end_anywhere_and_must_after_nine(vocabulary):
    trie = tries(vocabulary)["tiger"]
    firsts = {codes[0] for codes in trie.codes}
    assert set(trie.following([], rules=False, has_order=False)) == firsts | {END}
    assert trie.following(trie.encode((0,) * 9)[:-1], rules=False, has_order=False) == [END]
    # A beam that has left the trie, or has ended, ends.
    assert trie.following([9999], rules=True, has_order=True) == [END]
    assert trie.following(trie.encode((0,)), rules=False, has_order=False) == [END]


def test_codes_that_begin_others_are_refused(vocabulary):
    with pytest.raises(ValueError, match="begin"):
        CodeTrie([(1,), (1, 2)], END, vocabulary)
    with pytest.raises(ValueError, match="same"):
        CodeTrie([(1, 2), (1, 2)], END, vocabulary)


def test_a_batch_is_padded_behind():
    batch = collate([SourceAndPlan([5, 6], [7, 1]), SourceAndPlan([8], [9, 9, 1])])
    assert batch["input_ids"].tolist() == [[5, 6], [8, 0]] == padded([[5, 6], [8]])["input_ids"].tolist()
    assert batch["attention_mask"].tolist() == [[1, 1], [1, 0]]
    assert batch["labels"].tolist() == [[7, 1, IGNORED], [9, 9, 1]]


# Sources


@pytest.mark.parametrize("kind", (P5, Tiger))
@pytest.mark.parametrize("sees", ("plan", "history", "context", "comparisons"))
def test_a_source_is_what_the_model_may_see(kind, sees, labelled_rows, vocabulary):
    args = Namespace(**model_defaults(kind.__name__.lower()), sees=sees)
    model = kind(args, vocabulary)
    rows = labelled_rows[:12]
    model.prepare(rows)
    sources = model.sources(rows)
    assert all(sources)
    # History is the person's alone: another moment and another order are not seen. The label never is.
    moved = [row | {"currenttime": "2026-01-01 03:00:00", "trigger_1": "其他", "current_city": "某市"} for row in rows]
    assert (model.sources(moved) == sources) == (sees in ("plan", "history"))
    assert model.sources([row | {LABEL: ""} for row in rows]) == sources
    assert (len(set(map(tuple, sources))) == 1) == (sees == "plan")


def test_texts_that_are_cut_are_counted(labelled_rows, vocabulary, capsys):
    args = Namespace(sees="history", pretrained="", words=2000, longest=10_000)
    whole = P5(args, vocabulary)
    whole.prepare(labelled_rows)
    sources = whole.sources(labelled_rows)
    assert not capsys.readouterr().err
    args.longest = sorted(map(len, sources))[-3]
    cut = whole.sources(labelled_rows)
    longer = [i for i, source in enumerate(sources) if len(source) > args.longest]
    assert longer and f"{len(longer)} of 48 rows are longer than --longest {args.longest}" in capsys.readouterr().err
    for i, (before, after) in enumerate(zip(sources, cut, strict=True)):
        assert after == ([*before[: args.longest - 1], END] if i in longer else before)


def test_equal_ids_are_equal_tokens_whatever_their_column(labelled_rows, vocabulary):
    row = labelled_rows[0] | {"current_poi_name": "p_77", "profile_feat_6": "p_77", "trigger_4": "p_78"}
    assert context_words(row).count("#p_77") == 2
    model = Tiger(Namespace(**model_defaults("tiger"), sees="context"), vocabulary)
    model.prepare(labelled_rows[1:])
    here, order = model._number("#p_77"), model._number("#p_78")  # of rows that training has not
    assert here != order and min(here, order) >= model._buckets


# Plans


@pytest.mark.parametrize("model", MODELS)
def test_who_sees_the_plan_alone_gives_one_plan_for_every_row(model, run):
    status, _, plans = run(model, "--sees", "plan", "--decode", "free")
    assert status == 0
    assert len(plans) == 12 and len(set(plans)) == 1


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("decode", ("rules", "mbr"))
def test_plans_under_the_rules_are_valid(model, decode, data, run):
    status, _, plans = run(model, "--decode", decode, "--k", 4)
    assert status == 0
    for row, text in zip(read_rows(data / "valid.csv"), plans, strict=True):
        assert filter_plan(json.loads(text), has_order=bool(row["trigger_1"])) is None


@pytest.mark.parametrize("model", MODELS)
def test_free_plans_are_of_the_librarys_intents(model, run):
    status, _, plans = run(model, "--decode", "free")
    assert status == 0
    library = all_intents()
    assert all(one in library for text in plans for one in json.loads(text))
    assert max(len(json.loads(text)) for text in plans) <= 9


@pytest.mark.parametrize("model", MODELS)
def test_equal_seeds_give_equal_plans_and_labels_are_not_looked_at(model, data, run, tmp_path):
    rows = read_rows(data / "valid.csv")
    labels = [row[LABEL] for row in rows]
    write_rows(tmp_path / "turned.csv", [r | {LABEL: t} for r, t in zip(rows, labels[1:] + labels[:1], strict=True)])
    once = run(model, "--epochs", 2)
    again = run(model, "--epochs", 2, valid=tmp_path / "turned.csv", name="again")
    assert once[0] == again[0] == 0
    assert once[2] == again[2]


@pytest.mark.parametrize("decode", ("free", "mbr"))
def test_a_beams_score_is_the_plans_probability_within_the_trie(decode, labelled_rows, vocabulary):
    # Second implementation: the decoder reads the whole plan at once, and what may not follow is left out by hand.
    tiny = {"width": 16, "inner": 16, "heads": 2, "layers": 1, "dropout": 0.0}
    args = Namespace(**(model_defaults("tiger") | tiny), sees="comparisons", decode=decode, k=4)
    model, rows = Tiger(args, vocabulary), labelled_rows[:3]
    model.prepare(rows)
    torch.manual_seed(0)
    model.network = model.build().eval()
    orders = [bool(row["trigger_1"]) for row in rows]
    sources = model.sources(rows)
    for row, ranked in enumerate(model._search(padded(sources), orders, 4, keep=4)):
        assert len({plan for _, plan in ranked}) == len(ranked) == 4
        assert [score for score, _ in ranked] == sorted((score for score, _ in ranked), reverse=True)
        for score, plan in ranked:
            batch = collate([SourceAndPlan(sources[row], model.trie.encode(plan))])
            with torch.no_grad():
                logits_TV = model.network(**batch).logits[0]
            codes, total = batch["labels"][0].tolist(), 0.0
            for place, code in enumerate(codes):
                may = model.trie.following(codes[:place], rules=decode != "free", has_order=orders[row])
                total += logits_TV[place][may].log_softmax(0)[may.index(code)].item()
            assert score == pytest.approx(total, abs=1e-3)


# What can't be used


def test_a_folder_that_holds_no_t5_is_one_line(run, tmp_path):
    status, error, _ = run("p5", "--pretrained", tmp_path / "nothing")
    assert (status, error.count("nothing: no such folder")) == (2, 1)
    tiny_qwen3(64).save_pretrained(tmp_path / "qwen")
    status, error, _ = run("p5", "--pretrained", tmp_path / "qwen")
    assert (status, error.count("qwen: a qwen3, no T5")) == (2, 1)
    (tmp_path / "empty").mkdir()
    status, error, _ = run("p5", "--pretrained", tmp_path / "empty")
    assert status == 2
    assert error.strip().splitlines()[-1].startswith(f"error: --pretrained {tmp_path / 'empty'}: no T5")


def test_a_folder_with_a_t5_is_gone_on_from(run, data, tmp_path, vocabulary):
    rows = read_rows(data / "train.csv")
    args = Namespace(**(model_defaults("p5") | {"width": 16, "inner": 16, "heads": 2, "layers": 1}), sees="comparisons")
    model = P5(args, vocabulary)
    model.prepare(rows)
    model.build().save_pretrained(tmp_path / "t5")
    model._tokenizer.save_pretrained(tmp_path / "t5")
    status, _, plans = run("p5", "--pretrained", tmp_path / "t5")
    assert (status, len(plans)) == (0, 12)


@pytest.mark.parametrize(
    "words", (["tiger", "--pretrained", "x"], ["p5", "--ids", "tools"], ["tiger", "--ids", "tools"])
)
def test_what_a_model_has_not_is_refused(words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["baselines", *words])
    try:
        status = door(program.main)
    except SystemExit as end:  # argparse
        status = end.code
    assert status == 2
    assert words[1] in capsys.readouterr().err
