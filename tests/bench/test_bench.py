"""``bench``: its variants compute the same thing, the baseline is what it is said to be, and figures reach the JSON."""

import json
import mmap
import os

import pytest
import torch

import experiments.bench.__main__ as bench
from data_process.encode import COT, JSON
from experiments.bench import align, data, train
from experiments.bench.batches import at_quantiles, epoch_batches, epoch_tokens
from experiments.bench.bounds import aligned
from experiments.bench.memory import in_fresh_process, private, reset_peak
from experiments.bench.variants import Variant, Workbench, full_section_sums, ladder
from utils import InputError, door

LENGTH = 320  # the small tokenizer's compact rows take about 180


@pytest.fixture(scope="module")
def words(cot_csv, small_tokenizer_folder):
    """Flags of a run in seconds: the shape of the small backbone over the small tokenizer's 3,000 words."""
    return (
        f"--csv {cot_csv} --tokenizer {small_tokenizer_folder} --prompt_style compact --device cpu "
        f"--max_length {LENGTH} --batch_size 2"
    ).split()


@pytest.fixture(scope="module")
def workbench(words):
    return Workbench(bench.parse_arguments(["train", *words]))


@pytest.fixture
def keys(workbench):
    """The two rows whose lengths differ most: the shorter one is padded in every variant."""
    order = workbench.rows.lengths(1).argsort()
    return [(1, int(order[0])), (1, int(order[-1]))]


@pytest.fixture
def in_this_process(monkeypatch):
    """Measurements run here: starting a dozen interpreters is what takes long."""
    for module in (train, data):
        monkeypatch.setattr(module, "in_fresh_process", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(train, "stay_within_memory", lambda: None)


def relative(one, other):
    return ((one - other).norm() / other.norm()).item()


def uncompiled() -> list[Variant]:
    """All variants but those that torch.compile takes half a minute for."""
    return [variant for variant in ladder(checkpointing=True, cuda=True) if not variant.compiled]


def test_losses_and_gradients_of_all_variants_agree(workbench, keys):
    found = {}
    for variant in uncompiled():
        loss = workbench.loss(workbench.batch(keys, variant), variant)
        parameters = list(workbench.model.parameters())
        gradient = torch.cat([one.flatten() for one in torch.autograd.grad(loss, parameters)])
        found[variant.name] = loss.detach(), gradient
    assert len(found) == 7
    for loss, gradient in found.values():
        assert relative(loss, found["baseline"][0]) < 1e-4
        assert relative(gradient, found["baseline"][1]) < 1e-4


def test_full_section_sums_equal_one_row_at_a_time_without_padding(workbench, keys):
    baseline = ladder(checkpointing=True)[0]
    expected = torch.zeros(2)
    with torch.no_grad():
        found = full_section_sums(workbench.model, workbench.batch(keys, baseline))
        for key in keys:
            walk = workbench.rows.encoder.lay_out(workbench.rows[key]["pieces"], 0, "picd")
            scores = workbench.model(input_ids=torch.tensor([walk.ids])).logits[0].log_softmax(-1)
            for position, (token, section) in enumerate(zip(walk.ids, walk.sections, strict=True)):
                if section in (COT, JSON):
                    expected[section - 1] -= scores[position - 1, token]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=0)


@pytest.mark.parametrize("number", range(7))
def test_a_variant_does_what_its_row_of_the_table_says(workbench, keys, number):
    variant = uncompiled()[number]
    batch = workbench.batch(keys, variant)
    body, head, masks = [], [], []
    attention = workbench.model.model.layers[0].self_attn
    hooks = [
        attention.register_forward_pre_hook(lambda _, __, k: masks.append(k["attention_mask"]), with_kwargs=True),
        workbench.model.model.layers[0].mlp.register_forward_pre_hook(lambda _, inputs: body.append(inputs[0].shape)),
        workbench.model.lm_head.register_forward_pre_hook(lambda _, inputs: head.append(inputs[0].shape)),
    ]
    workbench.loss(batch, variant).backward()
    for hook in hooks:
        hook.remove()
    workbench.optimizer.zero_grad()
    longest = -(-workbench.rows.lengths(1).max() // 8) * 8
    shape = (2, LENGTH if variant.full_length else longest, 128)
    if variant.shared:
        prefix, lengths = len(workbench.rows.encoder.prefix), workbench.rows.lengths(1)
        tokens = sum(int(lengths[index]) for _, index in keys) - prefix
        shape = (1, -(-tokens // 128) * 128, 128)
    # A checkpointed layer is computed twice.
    assert body == [shape] * (2 if variant.checkpointing else 1)
    assert all((mask is not None) == (variant.masked or variant.shared) for mask in masks) and masks
    if variant.full_logits:
        assert head == [shape]
    else:
        supervised = (batch["labels"] >= 0).sum()
        assert sum(part[0] for part in head) == 2 * supervised  # its pieces are computed twice as well


def test_a_shared_prefix_counts_once(workbench, keys):
    shared = next(variant for variant in uncompiled() if variant.shared)
    packed, padded = workbench.batch(keys, shared), workbench.batch(keys, ladder(checkpointing=True)[1])
    prefix, model = len(workbench.rows.encoder.prefix), workbench.model
    _, real, flops = train._work(workbench, padded)
    _, real_shared, flops_shared = train._work(workbench, packed)
    assert real - real_shared == prefix  # of two rows one finds it computed
    body = model.num_parameters() - model.get_input_embeddings().weight.numel()
    shape = model.config
    attention = 6 * shape.num_hidden_layers * shape.num_attention_heads * shape.head_dim
    assert flops - flops_shared == pytest.approx(6 * body * prefix + attention * prefix**2, rel=1e-6)


def test_the_ladder_changes_one_part_at_a_time():
    for checkpointing, ours in ((True, "tail logits"), (False, "no checkpointing")):
        variants = {variant.name: variant for variant in ladder(checkpointing)}
        for variant in list(variants.values())[1:]:
            below = variants[variant.over]
            assert sum(one != other for one, other in zip(variant[2:], below[2:], strict=True)) == 1
        assert variants["bucketing"].over == ours
        assert variants[ours].checkpointing == checkpointing


def test_batches_of_an_epoch_hold_every_row_once_and_tokens_are_counted_exactly(workbench):
    rows = workbench.rows
    batches = epoch_batches(rows, 5, epoch=1, seed=0, grouped=False)
    indices = [index for batch in batches for _, index in batch]
    assert len(batches) == 4  # 24 rows: the last four are no full batch
    assert len(set(indices)) == 20
    tokens = epoch_tokens(rows, 5, epoch=1, seed=0)
    variant = ladder(checkpointing=True)[2]
    laid_out = [workbench.batch(batch, variant) for batch in batches]
    assert tokens["random"] == sum(batch["input_ids"].numel() for batch in laid_out)
    assert tokens["random_real"] == sum(batch["lengths"].sum() for batch in laid_out)
    assert tokens["grouped"] <= tokens["random"]
    assert at_quantiles(list("abcdef"), 3) == ["b", "d", "f"]


def test_train_prints_what_its_json_holds(words, in_this_process, monkeypatch, tmp_path, capsys):
    target = tmp_path / "train.json"
    monkeypatch.setattr("sys.argv", ["bench", "train", *words, "--rounds", "2", "--json", str(target)])
    assert door(bench.main) == 0
    figures = json.loads(target.read_text(encoding="utf-8"))
    printed = capsys.readouterr().out
    assert printed == train.text(figures) + "\n"
    assert set(figures["variants"]) == {variant.name for variant in ladder(checkpointing=False)}
    assert figures["ours"] == "no checkpointing"
    assert figures["loss_difference"] < 1e-4
    assert [one["bound"] for one in figures["bounds"]] == ["<= 0.0001", ">= 2.5", "<= 0.5"]
    assert f"{figures['variants']['baseline']['samples_per_second']:.3f}" in printed
    assert figures["environment"]["versions"]["torch"]
    for one in figures["variants"].values():
        assert len(one["seconds"]) == 2
        assert one["tokens_real"] <= one["tokens_computed"]


def test_data_prints_what_its_json_holds(words, in_this_process, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("GPLAN_CACHE", os.environ["GPLAN_CACHE"])  # the command sets another one
    target = tmp_path / "data.json"
    monkeypatch.setattr("sys.argv", ["bench", "data", *words, "--rows", "50", "--json", str(target)])
    assert door(bench.main) == 0
    figures = json.loads(target.read_text(encoding="utf-8"))
    assert capsys.readouterr().out == data.text(figures) + "\n"
    assert figures["loader_batches"] == 25
    assert figures["filter_passed"] == 50
    assert len(figures["bounds"]) == 4


def test_align_prints_what_its_json_holds(twins_jsonl, small_tokenizer_folder, monkeypatch, tmp_path, capsys):
    target = tmp_path / "align.json"
    flags = f"--twins {twins_jsonl} --tokenizer {small_tokenizer_folder} --prompt_style compact --device cpu --rounds 2"
    monkeypatch.setattr("sys.argv", ["bench", "align", *flags.split(), "--json", str(target)])
    assert door(bench.main) == 0
    figures = json.loads(target.read_text(encoding="utf-8"))
    assert capsys.readouterr().out == align.text(figures) + "\n"
    apart, shared = (figures["layouts"][name] for name in ("apart", "shared"))
    assert len(apart["seconds"]) == len(shared["seconds"]) == 2
    assert shared["tokens"] < apart["tokens"]
    # The same samples in both, whose log-probabilities are some -600: rounding, and not nothing by chance.
    assert 0 <= figures["difference"] < 1e-4
    low, high = figures["ratio_range"]
    assert low <= figures["ratio"] <= high


def test_memory_is_measured_in_a_process_of_its_own(words):
    args = bench.parse_arguments(["train", *words])
    figures = in_fresh_process(train.memory_of, args, ladder(checkpointing=True)[0])
    # At least the logits of one step, their log-softmax and its gradient: 2 rows x LENGTH x 3,000 words, fp32.
    assert figures["rise_gib"] > 3 * 2 * LENGTH * 3000 * 4 / 2**30
    assert len(figures["losses"]) == 2


def test_a_process_that_is_killed_is_bad_input_not_a_traceback():
    with pytest.raises(InputError, match="smaller --batch_size"):
        in_fresh_process(os._exit, 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("train --tokenizer /nowhere", "/nowhere: no tokenizer.json"),
        ("data --rows 11 --batch_size 2", "12 are needed"),
        ("train --csv {csv} --tokenizer {tokenizer} --prompt_style compact --batch_size 20", "24 rows are too few"),
        ("data --csv /nowhere.csv", "no such file"),
    ],
)
def test_bad_input_is_one_line(line, message, in_this_process, cot_csv, small_tokenizer_folder, monkeypatch, capsys):
    monkeypatch.setenv("GPLAN_CACHE", os.environ["GPLAN_CACHE"])
    line = line.format(csv=cot_csv, tokenizer=small_tokenizer_folder)
    monkeypatch.setattr("sys.argv", ["bench", *line.split(), "--device", "cpu"])
    assert door(bench.main) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error


def test_private_memory_counts_what_is_allocated():
    reset_peak()
    before = private()
    with mmap.mmap(-1, 32 << 20) as block:  # pages of its own: malloc can hand out what another test gave back
        for _ in range(32):
            block.write(os.urandom(1 << 20))
        assert 30 << 20 < private() - before < 40 << 20


def test_columns_are_aligned():
    assert aligned([("a", "b"), ("long", "1.5")]) == "a       b\nlong  1.5"
