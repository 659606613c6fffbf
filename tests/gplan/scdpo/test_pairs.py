"""Twins as samples and batches, and the log-probabilities that a model gives their responses."""

import json

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from data_process.encode import RowEncoder
from data_process.twins import read_pairs
from gplan.scdpo.forward import attach_response_log_probs
from gplan.scdpo.pairs import PairCollater, PairDataset
from utils import InputError


@pytest.fixture(scope="module")
def encoder(picd_checkpoint):
    return RowEncoder(AutoTokenizer.from_pretrained(picd_checkpoint), "compact")


@pytest.fixture(scope="module")
def dataset(twins_jsonl, encoder):
    return PairDataset(twins_jsonl, encoder, max_length=2560)


def collate(encoder, samples, *, share_prompt):
    batch = PairCollater(encoder, share_prompt=share_prompt)(samples)
    return batch, {name: tensor for name, tensor in batch.items() if name not in PairCollater.ABOUT}


def test_each_side_prefers_its_own_plan(dataset, encoder, twins_jsonl):
    pairs = read_pairs(twins_jsonl)
    assert len(dataset) == 2 * len(pairs) == 24
    for number, pair in enumerate(pairs):
        ours, theirs = pair.plans
        for side, (row, chosen, rejected) in enumerate(((pair.anchor, ours, theirs), (pair.twin, theirs, ours))):
            sample = dataset[1, 2 * number + side]
            assert (sample["sample"], sample["pair"]) == (2 * number + side, number)
            assert [*encoder.prefix, *sample["user"], *encoder.header] == encoder.prompt(row)
            for name, plan in (("chosen", chosen), ("rejected", rejected)):
                scaffold = "<THOUGHT><THOUGHT_CONTEXT_a><THOUGHT_CONTEXT_b><THOUGHT_CONTEXT_c>"
                text = encoder.tokenizer.decode(sample[name])
                assert text.startswith(scaffold)
                assert text.count("_a>") == len(plan) + 2
                reasoning, _, rest = text.partition("</THOUGHT>")
                assert json.loads(rest.removesuffix("<|im_end|>")) == plan
                assert f"<T_{len(plan)}_c>" in reasoning
                assert f"<T_{len(plan) + 1}_a>" not in reasoning


def test_layouts_of_a_batch_to_the_last_number(encoder):
    prefix, header = len(encoder.prefix), len(encoder.header)
    p = prefix + 1 + header
    sample = {"sample": 4, "pair": 2, "user": [7], "chosen": [11, 12, 13], "rejected": [21, 22]}
    filler = {"sample": -1, "pair": -1, "user": [], "chosen": [], "rejected": []}
    shared, _ = collate(encoder, [sample, filler], share_prompt=True)
    length = -(-(p + 5) // 8) * 8
    prompt = [*encoder.prefix, 7, *encoder.header]
    pad = encoder.tokenizer.pad_token_id
    assert shared["input_ids"][0].tolist() == [*prompt, 11, 12, 13, 21, 22, *[pad] * (length - p - 5)]
    assert shared["segments"][0].tolist() == [0] * p + [1] * 3 + [2] * 2 + [3] * (length - p - 5)
    places = [*range(p), p, p + 1, p + 2, p, p + 1, *[0] * (length - p - 5)]
    assert shared["position_ids"][0].tolist() == places
    targets = [[[11, 12, 13], [21, 22, -100]], [[-100] * 3] * 2]
    assert shared["targets"].tolist() == targets
    assert shared["sources"].tolist() == [[[p - 1, p, p + 1], [p - 1, p + 3, 0]], [[0] * 3] * 2]
    assert (shared["samples"].tolist(), shared["pairs"].tolist()) == ([4, -1], [2, -1])

    apart, _ = collate(encoder, [filler, sample], share_prompt=False)
    length = -(-(p + 3) // 8) * 8
    assert apart["input_ids"].shape == (4, length)
    assert apart["input_ids"][2, : p + 3].tolist() == [*prompt, 11, 12, 13]
    assert apart["input_ids"][3, : p + 2].tolist() == [*prompt, 21, 22]
    assert apart["targets"].tolist() == targets[::-1]
    at, below = 2 * length + p - 1, 3 * length + p - 1
    assert apart["sources"][1].tolist() == [[at, at + 1, at + 2], [below, below + 1, 0]]
    assert "segments" not in apart


@pytest.mark.parametrize("share_prompt", [True, False])
def test_log_probabilities_equal_one_response_at_a_time_with_all_logits(
    picd_checkpoint, dataset, encoder, share_prompt
):
    model = AutoModelForCausalLM.from_pretrained(picd_checkpoint)
    samples = [dataset[1, index] for index in (0, 5, 6)]
    expected = torch.zeros(3, 2)
    with torch.no_grad():
        for i, sample in enumerate(samples):
            for j, name in enumerate(("chosen", "rejected")):
                prompt = [*encoder.prefix, *sample["user"], *encoder.header]
                scores = model(torch.tensor([prompt + sample[name]])).logits[0].log_softmax(-1)
                for k, token in enumerate(sample[name]):
                    expected[i, j] += scores[len(prompt) - 1 + k, token]
        attach_response_log_probs(model)
        _, inputs = collate(encoder, samples, share_prompt=share_prompt)
        found = model(**inputs)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-4)


def test_both_layouts_give_the_same_gradient(picd_checkpoint, dataset, encoder):
    gradients = []
    for share_prompt in (True, False):
        model = AutoModelForCausalLM.from_pretrained(picd_checkpoint)
        attach_response_log_probs(model)
        _, inputs = collate(encoder, [dataset[1, index] for index in range(4)], share_prompt=share_prompt)
        chosen, rejected = model(**inputs).unbind(1)
        (chosen - 2 * rejected).sum().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    assert (gradients[0] - gradients[1]).norm() / gradients[1].norm() < 1e-5


def test_head_runs_at_response_positions_only(picd_checkpoint, dataset, encoder):
    model = AutoModelForCausalLM.from_pretrained(picd_checkpoint)
    attach_response_log_probs(model)
    rows = []
    model.lm_head.register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))
    batch, inputs = collate(encoder, [dataset[1, 0], dataset[1, 3]], share_prompt=True)
    with torch.no_grad():
        model(**inputs)
    assert sum(rows) == (batch["targets"] != -100).sum()


def rewritten(path, target, change):
    """A twins file with ``change`` made to its second line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    one = json.loads(lines[1])
    lines[1] = change(one) or json.dumps(one, ensure_ascii=False)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


BAD = {
    "pair.json": lambda one: "{",
    "pair.side": lambda one: one.pop("twin") and None,
    "pair.equal_plans": lambda one: one["twin"].update(raw_labels=one["anchor"]["raw_labels"]),
    "schema.tool": lambda one: one["anchor"].update(
        raw_labels='[{"工具名称":"tool_11"}' + ',{"工具名称":"tool_9"}' * 2 + "]"
    ),
}


@pytest.mark.parametrize("reason", BAD)
def test_bad_pairs_stop_the_run_or_are_left_out_by_name(twins_jsonl, encoder, tmp_path, reason):
    path = rewritten(twins_jsonl, tmp_path / "twins.jsonl", BAD[reason])
    with pytest.raises(InputError, match=rf"twins.jsonl: row 1 \(line 2.*1 of 12 rows are bad \(1 {reason}\)"):
        PairDataset(path, encoder, max_length=2560)
    rest = PairDataset(path, encoder, max_length=2560, bad_rows="skip")
    assert len(rest) == 22
    assert rest.bad == {reason: 1}
    # Numbers stay those of the file.
    assert [rest[1, index]["pair"] for index in (0, 1, 2, 3)] == [0, 0, 2, 2]
    listed = [json.loads(line) for line in rest.bad_rows_file.read_text().splitlines()]
    assert [(one["row"], one["line"], one["reason"]) for one in listed] == [(1, 2, reason)]


def test_pairs_that_do_not_fit_stop_the_run_or_are_counted(twins_jsonl, encoder, dataset):
    constant = len(encoder.prefix) + len(encoder.header)
    lengths = []
    for number in range(12):
        sides = [dataset[1, 2 * number + side] for side in (0, 1)]
        lengths.append(
            constant + max(len(one["user"]) for one in sides) + len(sides[0]["chosen"] + sides[0]["rejected"])
        )
    longest = max(lengths)
    assert len(PairDataset(twins_jsonl, encoder, max_length=longest)) == 24
    long = sum(length > longest - 1 for length in lengths)
    with pytest.raises(InputError, match=rf"{long} of 12 pairs are longer .* --max_length {longest} fits them all"):
        PairDataset(twins_jsonl, encoder, max_length=longest - 1)
    rest = PairDataset(twins_jsonl, encoder, max_length=longest - 1, overlong="skip")
    assert (len(rest), rest.skipped) == (24 - 2 * long, long)
