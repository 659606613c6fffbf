"""``bench peers``: peers answer as the planner does, those that are missing are named, and a GGUF holds the weights."""

import json
import sys
from argparse import Namespace

import pytest
import torch

import experiments.bench.__main__ as bench
from add_tokens.load import load_folder
from data_process.encode import RowEncoder
from data_process.response import parse_response
from data_process.schema import read_rows
from data_process.twins import read_pairs
from experiments.bench.backbones import SHAPES
from experiments.bench.peers import parts, plans, trainers, written
from experiments.bench.peers.decoders import HfLlguidance, HfXgrammar, ThePlanner, lark, settings_of, timed
from experiments.bench.peers.gguf_file import write_gguf
from experiments.results import read_result
from gplan.planner.ebnf import ebnf
from utils import InputError, door

FEW = ["--requests", "2", "--warm_up", "1", "--batch_rows", "4", "--batch_sizes", "1", "3"]


@pytest.fixture
def run(monkeypatch, tmp_path, cot_csv, capsys):
    """``bench peers`` on a backbone of one layer: its figures and what it prints."""
    monkeypatch.setitem(SHAPES, "small", SHAPES["small"] | {"num_hidden_layers": 1})

    def go(*words):
        words = ["bench", "peers", "--csv", cot_csv, "--device", "cpu", "--json", tmp_path / "figures.json", *words]
        monkeypatch.setattr(sys, "argv", [*map(str, words)])
        assert door(bench.main) == 0
        return json.loads((tmp_path / "figures.json").read_text()), capsys.readouterr()

    return go


def test_plans(run, tmp_path, monkeypatch):
    monkeypatch.setattr(written, "FOLDER", tmp_path)
    monkeypatch.setattr(written, "PICTURE", tmp_path / "peers.png")
    figures, said = run("--parts", "plans", "--peers", "generate", "--result", *FEW)
    ways = figures["plans"]["ways"]
    assert list(ways) == ["planner", "planner, no drafts", "generate"]
    for name in ("planner", "planner, no drafts"):
        assert (ways[name]["valid"], ways[name]["same"]) == (1, 1)
    assert ways["planner"]["ratio"]["value"] == 1 and ways["generate"]["rates"].keys() == {"1", "3"}
    assert "over the planner" in said.out and "planner, no drafts" in said.out
    rows = read_result(tmp_path / "peers_plans.json").rows
    assert [row["way"] for row in rows] == list(ways) and rows[2]["ms a plan"] == ways["generate"]["milliseconds"]
    assert (tmp_path / "peers.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("peer", [HfXgrammar, HfLlguidance])
def test_a_mask_holds_the_same_language(peer, picd_checkpoint, labelled_rows):
    """Under it generate writes whole responses and ends: what the planner writes, but that random weights repeat
    intents, which no grammar of theirs forbids."""
    pytest.importorskip(*peer.needs)
    tokenizer, model = load_folder(picd_checkpoint, torch.float32)
    encoder, rows = RowEncoder(tokenizer, "compact"), [labelled_rows[0], labelled_rows[1] | {"trigger_1": ""}]
    way = peer(model, encoder, "picd", limit=200)
    alone = [text for row in rows for text in timed(way, [row])[0]]
    assert way.answer(rows) == alone  # padded beside each other, each under its own grammar
    assert settings_of(way).keys() == set(peer.needs)
    _, other = load_folder(picd_checkpoint, torch.float32)
    ours = ThePlanner(other, encoder, "picd", limit=200, slots=2, drafts=False).answer(rows)
    for text, own in zip(alone, ours, strict=True):
        assert parse_response(text).problems == ()
        assert text.partition("<T_1_a>")[0] == own.partition("<T_1_a>")[0]


def test_a_peer_that_is_not_installed(run, monkeypatch, capsys):
    gone = type("Gone", (HfXgrammar,), {"needs": ("no_such_package",)})
    monkeypatch.setattr(plans, "PEERS", {"generate": plans.PEERS["generate"], "xgrammar": gone})
    figures, said = run("--parts", "plans", *FEW)
    assert figures["plans"]["left_out"] == {"xgrammar": ["no_such_package"]}
    assert "xgrammar was left out: no_such_package not installed" in said.out
    words = ["bench", "peers", "--parts", "plans", "--peers", "xgrammar", *FEW]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(
        InputError, match=r"no_such_package not installed; pip install -r config/requirements/peers\.txt"
    ):
        bench.main()


def test_trainers_have_no_use_for_a_trained_checkpoint(monkeypatch, picd_checkpoint):
    monkeypatch.setattr(sys, "argv", ["bench", "peers", "--parts", "trainers", "--model", str(picd_checkpoint)])
    with pytest.raises(InputError, match="trainers are timed on a backbone; give --parts plans"):
        bench.main()


def test_lark(small_encoder):
    text = (
        "# head\nroot ::= Token(5) steps-3\nsteps-3 ::= Token(1) Token(2) (first-other any-2)\n"
        "other ::=\n    Token(7) | # 家\n    Token(8)\n"
    )
    assert lark(text) == ("start: <[5]> steps_3\nsteps_3: <[1]> <[2]> (first_other any_2)\nother: <[7]> | <[8]>")
    whole = lark(ebnf("picd", has_order=True, encoder=small_encoder))
    assert "::=" not in whole and "#" not in whole and whole.startswith("start: <[")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_gguf_file_holds_weights_and_vocabulary(picd_checkpoint, tmp_path, dtype):
    gguf = pytest.importorskip("gguf")
    tokenizer, model = load_folder(picd_checkpoint, torch.float32)
    write_gguf(model, tokenizer, tmp_path / "model.gguf", dtype)
    read = gguf.GGUFReader(tmp_path / "model.gguf")
    tensors = {one.name: torch.tensor(one.data).float() for one in read.tensors}
    embedding = model.get_input_embeddings().weight.detach()
    assert torch.equal(tensors["token_embd.weight"], embedding.to(dtype).float())
    assert torch.equal(tensors["output_norm.weight"], model.base_model.norm.weight.detach())
    assert len(tensors) == len(model.state_dict()) - 1  # the head is the embedding
    tokens = read.fields["tokenizer.ggml.tokens"].contents()
    assert len(tokens) == len(embedding) and tokens[tokenizer.convert_tokens_to_ids("<T_1_a>")] == "<T_1_a>"


def test_servers(run, picd_checkpoint):
    """Of random weights, whose plans are valid by the grammar: what is counted is that all are answered."""
    figures, said = run("--parts", "servers", "--model", picd_checkpoint, "--peers", "generate", "--requests", 5,
                        "--rates", 8, "--seconds", 1)  # fmt: skip
    (one,) = figures["servers"]["servers"]["serve.sh"]
    assert one["requests"] == one["valid"] == one["statuses"]["200"] == 8 and 0 < one["p50"] <= one["p99"]
    assert "8/8" in said.out
    with pytest.raises(InputError, match="random weights never end an answer"):
        parts.measure_servers(Namespace(model=None))


def test_trainers_choose_from_the_same_few_rows_and_pairs(tmp_path, cot_csv, twins_jsonl):
    """Four times what one warm-up pair of steps and a timed one take; a file that has fewer gives all."""
    args = Namespace(csv=str(cot_csv), twins=str(twins_jsonl), batch_size=1, steps=1)
    rows, pairs = trainers._write_data(args, tmp_path)
    assert read_rows(rows) == read_rows(cot_csv)[:12] and read_pairs(pairs) == read_pairs(twins_jsonl)[:12]
    args.batch_size = 10_000
    assert read_rows(trainers._write_data(args, tmp_path)[0]) == read_rows(cot_csv)


def test_a_trainer_is_compared_with_the_first(monkeypatch):
    """One that takes twice the time of ours on the median step, and four times its memory."""
    monkeypatch.setattr(trainers, "in_fresh_process", lambda run, *args: run(*args))

    def ran(seconds, rise):
        return lambda *_: {"seconds": seconds, "samples_per_second": 1.0, "rise_gib": rise}

    ways = {"ours": (ran([3.0, 1.0, 2.0], 0.5), {}), "theirs": (ran([4.0, 9.0, 1.0], 2.0), {})}
    found = trainers._ways(Namespace(trainers=["ours", "theirs"]), "folder", ways)
    assert {name: (one["ratio"], one["memory_ratio"]) for name, one in found.items()} == {
        "ours": (1, 1),
        "theirs": (2, 4),
    }
    assert "ratio" not in trainers._ways(Namespace(trainers=["theirs"]), "folder", ways)["theirs"]


@pytest.mark.slow
def test_trainers(run, twins_jsonl):
    pytest.importorskip("trl")
    figures, _ = run("--parts", "trainers", "--steps", 2, "--batch_size", 2, "--twins", twins_jsonl)
    sft, dpo = figures["trainers"]["sft"], figures["trainers"]["dpo"]
    assert sft["finetune.py"]["ratio"] == dpo["align.py"]["ratio"] == 1
    for one in (*sft.values(), *dpo.values()):
        assert len(one["seconds"]) == 2 and one["samples_per_second"] > 0


@pytest.mark.slow
def test_a_trainer_alone(run, twins_jsonl):
    pytest.importorskip("trl")
    words = ("--steps", 2, "--batch_size", 2, "--twins", twins_jsonl, "--trainers", "DPOTrainer")
    figures, said = run("--parts", "trainers", *words)
    assert figures["trainers"]["sft"] == {} and list(figures["trainers"]["dpo"]) == ["DPOTrainer"]
    assert "samples a second" in said.err.partition("DPOTrainer: ")[2] and "align.py" not in said.out


def test_a_command_needs_nothing_of_the_others(monkeypatch):
    """The agent's tools have requirements of their own, which a machine for training may lack."""
    for name in [name for name in sys.modules if name.startswith(("stagent", "experiments.bench"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opening_hours", None)  # to import it fails
    from experiments.bench.__main__ import parse_arguments

    assert parse_arguments(["peers", "--parts", "plans"]).command == "peers"
    with pytest.raises(ModuleNotFoundError):
        parse_arguments(["funnel"])
