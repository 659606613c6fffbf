"""``bench latency``: responses have their real lengths, generate runs as fast as it can, figures are what they say."""

import json
import shutil

import pytest
import torch

import experiments.bench.__main__ as bench
from add_tokens.load import load_folder
from data_process.encode import RowEncoder
from data_process.intents import render_plan
from data_process.response import parse_label
from data_process.schema import LABEL, read_rows, write_rows
from experiments.bench import floor, latency
from experiments.bench.backbones import SHAPES
from experiments.bench.decoders import Generate, GoldPlanner, Timed, gold_responses
from experiments.bench.floor import touched_bytes
from experiments.bench.latency import mean_ratio, same_ids
from gplan.evaluation.free import greedy
from gplan.planner.decode import Planner
from tests.conftest import tiny_qwen3
from utils import door

WAYS = ["direct_sft", "cot_sft", "picd", "picd_static", "planner_plain", "planner"]


@pytest.fixture(scope="module")
def quick():
    """A backbone of one layer, and a bandwidth that is known at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SHAPES, "small", SHAPES["small"] | {"num_hidden_layers": 1})
        patch.setitem(floor._BYTES, "cpu", 1 << 20)
        yield


@pytest.fixture(scope="module")
def words(quick, cot_csv, small_tokenizer_folder):
    flags = f"--csv {cot_csv} --tokenizer {small_tokenizer_folder} --prompt_style compact --device cpu --static_cache"
    sizes = "--requests 3 --warm_up 4 --batch_rows 5 --batch_sizes 1 3"
    return ["latency", *flags.split(), *sizes.split()]


@pytest.fixture(scope="module")
def figures(words):
    return latency.measure(bench.parse_arguments(words))


@pytest.fixture(scope="module")
def loaded(picd_checkpoint):
    tokenizer, model = load_folder(picd_checkpoint, torch.float32)
    return RowEncoder(tokenizer, "compact"), model


@pytest.fixture
def checkpoint(loaded):
    """The tiny checkpoint: the encoder, and a model whose attention is as it was loaded."""
    yield loaded
    loaded[1].set_attn_implementation("sdpa")


def test_every_way_answers_in_the_length_of_the_label(figures, checkpoint, cot_csv):
    encoder = checkpoint[0]
    rows = [read_rows(cot_csv)[i] for i in figures["rows"]]
    labels = [parse_label(row[LABEL]) for row in rows]
    plans = [len(encoder.text(render_plan(label.plan))) + 1 for label in labels]  # and the end token
    latents = [2 + 3 * (2 + len(label.plan)) + plan for label, plan in zip(labels, plans, strict=True)]
    texts = [2 + sum(len(encoder.text(block.source)) for block in label.blocks) for label in labels]
    ways = figures["ways"]
    assert list(ways) == WAYS and len(rows) == 3
    assert ways["direct_sft"]["tokens"] == plans
    assert ways["cot_sft"]["tokens"] == [text + plan for text, plan in zip(texts, plans, strict=True)]
    assert all(ways[name]["tokens"] == latents for name in WAYS[2:])
    for name in WAYS[:4]:
        assert ways[name]["passes"] == ways[name]["tokens"]
        assert ways[name]["prompt"] == [len(encoder.prompt(row)) for row in rows]
    for name in WAYS[4:]:
        assert ways[name]["prompt"] == [len(encoder.prompt(row)) - len(encoder.prefix) for row in rows]


def test_passes_of_the_planner_are_the_decisions_on_the_labels_way_and_drafts_save_some(figures, checkpoint, cot_csv):
    encoder = checkpoint[0]
    planner = GoldPlanner({}, [], checkpoint[1], encoder, "picd", slots=1)
    rows = read_rows(cot_csv)
    decisions, options = [], []
    for row in [rows[i] for i in figures["rows"]]:
        state = planner.grammar.start(has_order=bool(row["trigger_1"]))
        allowed = []
        for token in encoder.latent_response(parse_label(row[LABEL]).plan):
            allowed.append(len(planner.grammar.allowed(state)))
            state = planner.grammar.advance(state, token)
        decisions.append(sum(count > 1 for count in allowed))
        options.append(sum(count for count in allowed if count > 1))
    plain, drafted = figures["ways"]["planner_plain"], figures["ways"]["planner"]
    assert plain["passes"] == decisions
    assert plain["head_rows"] == drafted["head_rows"] == options
    assert all(one <= other for one, other in zip(drafted["passes"], decisions, strict=True))
    assert len(figures["cold_passes"]) == 4 and sum(drafted["passes"]) < sum(decisions)


def test_figures_follow_from_the_seconds(figures, checkpoint):
    ways, read = figures["ways"], figures["bandwidth"]
    base = sum(ways["direct_sft"]["seconds"])
    for one in ways.values():
        seconds, ratio = one["seconds"], one["ratio"]
        assert one["mean"] == pytest.approx(sum(seconds) / 3)
        assert one["p50"] == sorted(seconds)[1] <= one["p95"] <= max(seconds)
        assert ratio["value"] == pytest.approx(sum(seconds) / base)
        assert ratio["low"] <= ratio["value"] <= ratio["high"]
        assert all(0 < first < whole for first, whole in zip(one["prefill"], seconds, strict=True))
    speed = figures["speed_up"]
    assert speed["value"] == pytest.approx(sum(ways["picd"]["seconds"]) / sum(ways["planner"]["seconds"]))
    # One layer of 128 channels, MLP of 384, 4 heads and 2 of keys and values, 32 each; norms; and the whole head.
    body = 128 * (2 * 4 * 32 + 2 * 2 * 32) + 3 * 128 * 384 + 2 * 32 + 3 * 128
    vocabulary = figures["parameters"]["embedding"] // 128
    passes = sum(ways["picd"]["passes"]) / 3
    assert ways["picd"]["floor"] == pytest.approx(4 * passes * (body + 128 * vocabulary) / read)
    assert ways["planner"]["floor"] < ways["planner_plain"]["floor"] < ways["picd"]["floor"]
    assert [one["size"] for one in figures["throughput"]] == [1, 3]
    assert all(one["generate"] > 0 and one["planner"] > 0 for one in figures["throughput"])
    assert [one["bound"] for one in figures["bounds"]] == ["< 1"]
    assert figures["same"] is None


def test_bounds_are_those_of_the_model_and_device(figures):
    def promised(backbone, device):
        return [one["bound"] for one in latency.bounds(figures | {"settings": figures["settings"] | both})]

    for backbone, device, expected in (
        ("90m", "cpu", [">= 2", "< 1"]),
        ("90m", "cuda", ["< 1"]),
        ("1.7b", "cuda", [">= 5", "< 1", "<= 60"]),
    ):
        both = {"backbone": backbone, "device": device}
        assert promised(backbone, device) == expected


def test_a_gold_planner_is_the_planner_but_for_the_label(checkpoint, cot_csv):
    """Given as labels what the planner itself plans, it answers the same in the same passes, drafts included."""
    encoder, model = checkpoint
    rows = read_rows(cot_csv)[:8]
    own = Planner(model, encoder, "picd", slots=3).plan(rows)
    rows = [row | {LABEL: render_plan(one.plan)} for row, one in zip(rows, own, strict=True)]
    golds = {row[LABEL]: {"picd": one.ids} for row, one in zip(rows, own, strict=True)}
    forced = GoldPlanner(golds, rows, model, encoder, "picd", slots=3).plan(rows)
    assert [(one.ids, one.plan, one.forward_passes) for one in forced] == [
        (one.ids, one.plan, one.forward_passes) for one in own
    ]
    # And other labels are followed.
    rows = read_rows(cot_csv)[8:16]
    golds = gold_responses(encoder, rows, "x.csv")
    forced = GoldPlanner(golds, rows, model, encoder, "picd", slots=3).plan(rows)
    assert [one.ids for one in forced] == [encoder.latent_response(parse_label(row[LABEL]).plan) for row in rows]


def test_generate_runs_with_sdpa_without_a_mask_and_asks_for_the_last_position_alone(checkpoint, cot_csv, monkeypatch):
    encoder, model = checkpoint
    rows = read_rows(cot_csv)[:1]
    attention = torch.nn.functional.scaled_dot_product_attention
    calls, heads = [], []

    def counted(query, *rest, **settings):
        calls.append((query.shape[2], settings.get("attn_mask"), settings["is_causal"]))
        return attention(query, *rest, **settings)

    monkeypatch.setattr("torch.nn.functional.scaled_dot_product_attention", counted)
    hook = model.lm_head.register_forward_pre_hook(lambda _, inputs: heads.append(tuple(inputs[0].shape)))
    golds = gold_responses(encoder, rows, "x.csv")
    found = Generate(model, encoder, "direct_sft", limit=9, golds=golds)(rows[0])
    hook.remove()
    length = len(golds[rows[0][LABEL]]["direct_sft"])
    assert len(found.ids) == found.passes == length
    assert heads == [(1, 1, 64)] * length
    # Two layers: the prompt in one pass, causal; then one token at a time.
    assert calls == [(found.prompt, None, True)] * 2 + [(1, None, False)] * (2 * (length - 1))


def test_generate_refuses_the_planners_model(checkpoint, labelled_rows):
    encoder, model = checkpoint
    generate = Generate(model, encoder, "picd", limit=9, golds=None)
    Planner(model, encoder, "picd", slots=1)
    with pytest.raises(RuntimeError, match="gplan_slots attention, not with sdpa"):
        generate(labelled_rows[0])


def test_batches_of_generate_are_those_that_test_py_scores(checkpoint, cot_csv):
    encoder, model = checkpoint
    rows = read_rows(cot_csv)[:3]
    prompts = [encoder.prompt(row) for row in rows]
    generate = Generate(model, encoder, "picd", limit=12, golds=None)
    found = generate.batch(rows, prompts)
    assert [encoder.response_text(ids) for ids in found] == [text for text, _ in greedy(model, encoder, prompts, 12)]
    assert len({len(prompt) for prompt in prompts}) > 1 and generate(rows[0]).ids == found[0]


def test_trained_checkpoints_answer_as_they_like(quick, picd_checkpoint, cot_csv, tmp_path):
    """Random weights never end a response: generate writes to its limit, the planner a plan."""
    folders = []
    for mode in ("picd", "direct_sft"):
        folders.append(shutil.copytree(picd_checkpoint, tmp_path / mode))
        config = json.loads((folders[-1] / "config.json").read_text())
        config["gplan"] |= {"cot_mode": mode, "response_tokens": 5 if mode == "picd" else 3}
        (folders[-1] / "config.json").write_text(json.dumps(config))
    words = f"--csv {cot_csv} --device cpu --requests 2 --warm_up 0 --batch_sizes --model {folders[0]} {folders[1]}"
    figures = latency.measure(bench.parse_arguments(["latency", *words.split()]))
    ways = figures["ways"]
    assert list(ways) == ["direct_sft", "picd", "planner_plain", "planner"]
    assert (ways["direct_sft"]["tokens"], ways["picd"]["tokens"]) == ([3, 3], [5, 5])
    assert all(count > 30 for count in ways["planner"]["tokens"])
    assert figures["same"] == {"requests": 2, "accepted": 0, "equal": 0}
    assert figures["throughput"] == [] and "Rows a second" not in latency.text(figures)


def test_same_ids_counts_what_the_grammar_accepts(checkpoint, cot_csv):
    encoder, model = checkpoint
    planner = Planner(model, encoder, "picd", slots=1)
    rows = read_rows(cot_csv)[:4]
    golds = [encoder.latent_response(parse_label(row[LABEL]).plan) for row in rows]
    free = [golds[0], golds[1][:-1], golds[2], golds[3]]  # the second one was cut off
    planned = [golds[0], golds[1], golds[2][:9], golds[3]]
    found = {
        name: [Timed(ids, 1.0, 0.5, 1, 1, 1) for ids in some] for name, some in (("picd", free), ("planner", planned))
    }
    assert same_ids(planner.grammar, rows, found) == {"requests": 4, "accepted": 3, "equal": 2}


def test_ratio_and_weights_by_hand():
    assert mean_ratio([2, 4], [1, 2]) == {"value": 2.0, "low": 2.0, "high": 2.0}
    ratio = mean_ratio([1, 3], [1, 1])  # draws of two requests: 1, 2 or 3
    assert (ratio["value"], ratio["low"], ratio["high"]) == (2.0, 1.0, 3.0)
    response = Timed([1], 1.0, 0.5, prompt=9, passes=5, head_rows=7)
    # One layer: attention 32 x (2 x 2 x 16 + 2 x 16), MLP 3 x 32 x 64, norms 2 x 16 and 3 x 32.
    body = 32 * (2 * 2 * 16 + 2 * 16) + 3 * 32 * 64 + 2 * 16 + 3 * 32
    for tied in (True, False):
        model = tiny_qwen3(100, tie_word_embeddings=tied)
        assert touched_bytes(model, response) == 4 * (5 * body + 7 * 32)
    assert touched_bytes(model.bfloat16(), response) == 2 * (5 * body + 7 * 32)


def test_what_is_printed_is_what_the_json_holds(words, figures, monkeypatch, tmp_path, capsys):
    target = tmp_path / "latency.json"
    monkeypatch.setattr(latency, "measure", lambda args: figures)
    monkeypatch.setattr("sys.argv", ["bench", *words, "--json", str(target)])
    assert door(bench.main) == 0
    written = json.loads(target.read_text(encoding="utf-8"))
    assert capsys.readouterr().out == latency.text(written) + "\n" == latency.text(figures) + "\n"
    assert written["environment"]["versions"]["torch"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--csv {plain} --tokenizer {tokenizer}", "plain.csv: row 0, column raw_labels: no reasoning"),
        ("--csv {csv} --model {picd} --requests 21", "24 rows; --warm_up and --requests or --batch_rows need 25"),
        ("--csv {csv} --model {picd} --batch_sizes 5 --batch_rows 4", "--batch_sizes goes up to 5"),
        ("--csv {csv} --model {picd} --batch_sizes 0", "--batch_sizes start at 1"),
        ("--csv {csv} --model {picd} --tokenizer {picd}", "leave out --tokenizer, --prompt_style"),
        ("--csv {csv} --model {backbone}", "no gplan settings"),
        ("--csv {csv} --model {picd} {picd}", "a second picd checkpoint"),
    ],
)
def test_bad_input_is_one_line(
    line, message, cot_csv, small_tokenizer_folder, picd_checkpoint, tiny_backbone, tmp_path, monkeypatch, capsys
):
    plain = [row | {LABEL: render_plan(parse_label(row[LABEL]).plan)} for row in read_rows(cot_csv)[:4]]
    write_rows(tmp_path / "plain.csv", plain)
    line = line.format(
        csv=cot_csv,
        plain=tmp_path / "plain.csv",
        tokenizer=small_tokenizer_folder,
        picd=picd_checkpoint,
        backbone=tiny_backbone,
    )
    words = f"--device cpu --warm_up 4 --requests 1 --batch_rows 4 --batch_sizes 1 {line}"
    monkeypatch.setattr("sys.argv", ["bench", "latency", *words.split()])
    assert door(bench.main) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and message in error
