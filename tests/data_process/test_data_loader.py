import csv
import json
import shutil

import numpy as np
import pytest
from transformers import AutoTokenizer

from add_tokens.extend import latent_tokens
from data_process import data_loader
from data_process.collate_fns import ProgressiveCotDistillCollater
from data_process.compression import scaffold
from data_process.data_loader import CSVDataset
from data_process.encode import IGNORED, RowEncoder
from data_process.response import parse_label, plan_text
from data_process.schema import LABEL, write_rows
from gplan.training.sampler import EpochSampler
from utils import InputError


@pytest.fixture(scope="module")
def encoder(small_tokenizer_folder):
    tokenizer = AutoTokenizer.from_pretrained(small_tokenizer_folder)
    tokenizer.add_tokens(latent_tokens())
    return RowEncoder(tokenizer, "compact")


def decoded_targets(trainer, epoch, expected_stage):
    """The decoded targets of an epoch, as the trainer's own loader yields them, all of them at that stage."""
    loader = trainer.get_train_dataloader()
    loader.set_epoch(epoch - 1)
    tokenizer = trainer.processing_class
    found = []
    for batch in loader:
        for labels, stage in zip(batch["labels"], batch["stages"], strict=True):
            assert stage == expected_stage
            found.append(tokenizer.decode(labels[labels != IGNORED]))
    end_workers(loader)
    return found


def end_workers(loader):
    """Now: as garbage in a cycle, which the trainer's loader is, persistent workers take five seconds each to end."""
    if iterator := loader.base_dataloader._iterator:
        iterator._shutdown_workers()


@pytest.mark.parametrize(("workers", "persistent"), [(0, False), (2, False), (2, True)])
@pytest.mark.parametrize(
    ("blocks_per_epoch", "stages"),
    [
        (1, {1: 0, 2: 1, 5: 4, 12: 11}),
        (2, {1: 0, 2: 2, 4: 6, 7: 11}),
        (4, {1: 0, 2: 4, 3: 8, 4: 11}),
        (12, {1: 0, 2: 11}),
    ],
)
def test_stage_reaches_every_target_through_the_training_loader(
    training, labelled_rows, workers, persistent, blocks_per_epoch, stages
):
    trainer = training(
        batch_size=4,
        dataloader_num_workers=workers,
        dataloader_persistent_workers=persistent,
        blocks_per_epoch=blocks_per_epoch,
    )
    for epoch, stage in stages.items():
        expected = []
        for row in labelled_rows[:24]:
            label = parse_label(row[LABEL])
            latent = min(stage, len(label.blocks))
            reasoning = "".join(scaffold(9)[: 3 * latent]) + "".join(block.source for block in label.blocks[latent:])
            expected.append(f"<THOUGHT>{reasoning}</THOUGHT>{plan_text(label.plan)}<|im_end|>")
        assert sorted(decoded_targets(trainer, epoch, stage)) == sorted(expected)


def test_persistent_workers_follow_the_epoch_of_one_loader(training):
    trainer = training(batch_size=8, dataloader_num_workers=2, dataloader_persistent_workers=True)
    loader = trainer.get_train_dataloader()
    stages = []
    for epoch in (1, 2, 5, 12):
        loader.set_epoch(epoch - 1)
        stages.append({int(stage) for batch in loader for stage in batch["stages"]})
    end_workers(loader)
    assert stages == [{0}, {1}, {4}, {11}]


def test_order_depends_on_seed_and_epoch_alone():
    def order(seed, epoch, multiple=1):
        sampler = EpochSampler(20, multiple, seed=seed)
        sampler.set_epoch(epoch - 1)
        return list(sampler)

    assert order(1, 3) == order(1, 3)
    assert order(1, 3) != order(1, 4) != order(2, 4)
    assert sorted(index for _, index in order(1, 3)) == list(range(20))
    assert {epoch for epoch, _ in order(1, 3)} == {3}
    # Filling up to whole global batches changes nothing before the end.
    assert order(1, 3, multiple=16)[:20] == order(1, 3)
    assert order(1, 3, multiple=16)[20:] == [(3, -1)] * 12


@pytest.mark.parametrize("grouped", [False, True])
def test_an_epoch_can_be_the_next_part_of_the_shuffled_file(grouped):
    lengths = (lambda epoch: np.arange(20)) if grouped else None

    def order(epoch, share, multiple=1):
        return [index for _, index in EpochSampler(20, multiple, seed=1, epoch=epoch, share=share, lengths=lengths)]

    # Three parts of eight: two and a half make up the first pass, then the second pass's order goes on.
    parts = [order(epoch, 8) for epoch in (1, 2, 3, 4, 5)]
    assert [len(part) for part in parts] == [8] * 5
    stream = [index for part in parts for index in part]
    assert len(set(stream[:16])) == 16  # nothing twice before everything once
    counts = np.bincount(stream, minlength=20)
    assert counts.tolist() == [2] * 20
    assert order(2, 8, multiple=6)[8:] == [-1] * 4
    # A share of all rows is a pass, in the order that it has without one.
    assert order(3, 20) == order(3, None)


def test_na_and_numbers_stay_text(encoder, labelled_rows, tmp_path):
    rows = [
        dict(
            next(row for row in labelled_rows if row["trigger_1"]),
            profile_feat_1="NA",
            profile_feat_2="007",
            trigger_1="null",
        )
    ]
    path = tmp_path / "na.csv"
    write_rows(path, rows)
    full = RowEncoder(encoder.tokenizer, "full")
    dataset = CSVDataset(path, full, "picd", max_length=10_000)
    text = full.tokenizer.decode(dataset[1, 0]["pieces"].user)
    assert "画像1：NA" in text
    assert "画像2：007" in text
    assert "订单类型：null" in text


def test_cache_is_reused_and_made_anew_when_anything_changes(encoder, labelled_rows, tmp_path, monkeypatch):
    path = tmp_path / "rows.csv"
    write_rows(path, labelled_rows[:4])
    CSVDataset(path, encoder, "picd", max_length=4096)

    monkeypatch.setattr(data_loader, "read_records", lambda *_: pytest.fail("the file was tokenised again"))
    CSVDataset(path, encoder, "direct_sft", max_length=4096)
    monkeypatch.undo()

    def fingerprints(encoder=encoder):
        return CSVDataset(path, encoder, "picd", max_length=4096).fingerprints

    first = fingerprints()
    assert first == fingerprints()
    assert first != fingerprints(RowEncoder(encoder.tokenizer, "full"))
    monkeypatch.setattr(CSVDataset, "FORMAT", CSVDataset.FORMAT + 1)
    assert first != fingerprints()
    monkeypatch.undo()
    write_rows(path, labelled_rows[1:5])
    assert first != fingerprints()


def test_lengths_are_those_of_the_laid_out_sequences(encoder, cot_csv):
    for mode in ("picd", "cot_sft", "direct_sft"):
        dataset = CSVDataset(cot_csv, encoder, mode, max_length=4096)
        for epoch in (1, 2, 5, 12, 13):
            stage = epoch - 1 if mode == "picd" else 0
            expected = [len(encoder.lay_out(dataset[epoch, i]["pieces"], stage, mode).ids) for i in range(len(dataset))]
            np.testing.assert_array_equal(dataset.lengths(epoch), expected)


def test_lengths_follow_the_blocks_per_epoch(encoder, cot_csv):
    dataset = CSVDataset(cot_csv, encoder, "picd", blocks_per_epoch=4, max_length=4096)
    for epoch, stage in ((1, 0), (2, 4), (3, 8), (4, 11)):
        assert dataset.stage(epoch) == stage
        expected = [len(encoder.lay_out(dataset[1, i]["pieces"], stage, "picd").ids) for i in range(len(dataset))]
        np.testing.assert_array_equal(dataset.lengths(epoch), expected)


def test_overlong_rows_are_an_error_or_left_out_and_counted(encoder, cot_csv):
    lengths = np.sort(CSVDataset(cot_csv, encoder, "picd", max_length=4096).lengths(1))
    limit = int(lengths[-4])
    over = int((lengths > limit).sum())
    with pytest.raises(InputError, match=rf"{over} of 24 rows .*--max_length {lengths[-1]} fits them all"):
        CSVDataset(cot_csv, encoder, "picd", max_length=limit)
    dataset = CSVDataset(cot_csv, encoder, "picd", max_length=limit, overlong="skip")
    assert (len(dataset), dataset.skipped) == (24 - over, over)
    longest = max(len(encoder.lay_out(dataset[1, i]["pieces"], 0, "picd").ids) for i in range(len(dataset)))
    assert longest <= limit


def test_missing_reasoning_names_the_command_that_writes_it(encoder, labelled_rows, tmp_path):
    rows = [dict(row) for row in labelled_rows[:3]]
    rows[1][LABEL] = plan_text(parse_label(rows[1][LABEL]).plan)
    path = tmp_path / "bare.csv"
    write_rows(path, rows)
    for mode in ("picd", "cot_sft"):
        with pytest.raises(InputError, match=r"row 1 \(line 3, id .*column raw_labels: no reasoning.*synthesis"):
            CSVDataset(path, encoder, mode, max_length=4096)
    assert len(CSVDataset(path, encoder, "direct_sft", max_length=4096)) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda label: label[:-5], "plan.truncated"),
        (lambda label: label.replace("<STEP_2>", "<STEP_3>"), "STEP_2"),
        (lambda label: label.replace("tool_9", "tool_99").replace("tool_5", "tool_99"), "schema.tool"),
        (lambda label: "oops" + label, "thought.text_before"),
    ],
)
def test_bad_label_is_refused_with_its_row(encoder, labelled_rows, tmp_path, change, message):
    rows = [dict(row) for row in labelled_rows[:3]]
    rows[2][LABEL] = change(rows[2][LABEL])
    path = tmp_path / "bad.csv"
    write_rows(path, rows)
    with pytest.raises(InputError, match=rf"row 2 .*column raw_labels.*{message}"):
        CSVDataset(path, encoder, "picd", max_length=4096)


def test_labels_with_quotes_backslashes_newlines_and_emoji_are_trained_on_unaltered(encoder, labelled_rows, tmp_path):
    strange = "他说\"走\"吧\\n，C:\\路径\n第二行\r\n\t😀👨‍👩‍👧，'单引号'，&lt;b&gt; \\u4e00"
    row = dict(labelled_rows[0])
    label = parse_label(row[LABEL])
    row[LABEL] = row[LABEL].replace(label.blocks[0].text, strange)
    path = tmp_path / "strange.csv"
    write_rows(path, [row])
    dataset = CSVDataset(path, encoder, "picd", max_length=4096)
    walk = encoder.lay_out(dataset[1, 0]["pieces"], 0, "picd")
    target = encoder.tokenizer.decode([label for label in walk.labels if label != IGNORED])
    assert target == row[LABEL] + "<|im_end|>"


def test_collator_lays_a_batch_out_as_drawn(encoder):
    from data_process.encode import EncodedRow

    encoder_ids = (encoder.open, encoder.close, encoder.end)
    collator = ProgressiveCotDistillCollater(encoder, "picd", multiple=8)
    row = EncodedRow(user=[5, 6], blocks=[[7], [8, 9], [10], [11], [12]], plan=[13, 14])
    batch = collator(
        [
            {"stage": 1, "row": 0, "pieces": row},
            {"stage": 1, "row": -1, "pieces": None},
        ]
    )
    opening, closing, end = encoder_ids
    prompt = [*encoder.prefix, 5, 6, *encoder.header]
    response = [opening, *encoder.latents[0], 8, 9, 10, 11, 12, closing, 13, 14, end]
    total = len(prompt) + len(response)
    padded = -(-total // 8) * 8
    pad = encoder.tokenizer.pad_token_id
    assert batch["input_ids"].tolist() == [
        prompt + response + [pad] * (padded - total),
        [end] + [pad] * (padded - 1),
    ]
    around = len(prompt), padded - total
    # 1 + 3 + 5 + 1 = 10 tokens of reasoning, 2 of plan and the end token.
    expected = [IGNORED] * around[0] + response + [IGNORED] * around[1]
    assert batch["labels"].tolist() == [expected, [IGNORED] * padded]
    expected = [0] * around[0] + [1] * 10 + [2] * 3 + [0] * around[1]
    assert batch["sections"].tolist() == [expected, [0] * padded]
    assert batch["lengths"].tolist() == [total, 1]
    assert batch["rows"].tolist() == [0, -1]
    assert batch["stages"].tolist() == [1, -1]
    assert batch["fully_latent"].tolist() == [0, 0]


def test_preview_prints_what_the_loader_yields(tiny_backbone, cot_csv, labelled_rows, capsys, monkeypatch):
    import finetune

    words = f"finetune.py --model {tiny_backbone} --train_csv {cot_csv} --prompt_style compact --use_cpu true"
    monkeypatch.setattr("sys.argv", [*words.split(), "--preview", "1,12", "--preview_rows", "2", "--json", "true"])
    finetune.main()
    shown = json.loads(capsys.readouterr().out)
    assert [(one["epoch"], one["row"]) for one in shown] == [(1, 0), (1, 1), (12, 0), (12, 1)]
    assert [set(one) for one in shown] == [{"epoch", "row", "target", "cot_tokens", "json_tokens"}] * 4
    for one in shown[:2]:
        assert one["target"] == labelled_rows[one["row"]][LABEL] + "<|im_end|>"
    steps = [len(parse_label(row[LABEL]).plan) for row in labelled_rows[:2]]
    assert [one["cot_tokens"] for one in shown[2:]] == [3 * (n + 2) + 2 for n in steps]


def test_preview_needs_no_weights(tiny_backbone, cot_csv, labelled_rows, tmp_path, capsys, monkeypatch):
    import finetune

    folder = shutil.copytree(tiny_backbone, tmp_path / "backbone")
    (folder / "model.safetensors").unlink()
    words = f"finetune.py --model {folder} --train_csv {cot_csv} --prompt_style compact --use_cpu true --preview 12"
    monkeypatch.setattr("sys.argv", [*words.split(), "--preview_rows", "1", "--json", "true"])
    finetune.main()
    (shown,) = json.loads(capsys.readouterr().out)
    label = parse_label(labelled_rows[0][LABEL])
    latents = "".join(scaffold(len(label.plan)))
    assert shown["target"] == f"<THOUGHT>{latents}</THOUGHT>{plan_text(label.plan)}<|im_end|>"


def test_preview_shows_the_stages_of_several_blocks_an_epoch(
    tiny_backbone, cot_csv, labelled_rows, capsys, monkeypatch
):
    import finetune

    words = f"finetune.py --model {tiny_backbone} --train_csv {cot_csv} --prompt_style compact --use_cpu true"
    more = ("--blocks_per_epoch", "4", "--preview", "1,2,4", "--preview_rows", "1")
    monkeypatch.setattr("sys.argv", [*words.split(), *more])
    finetune.main()
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if line.startswith("epoch")] == [
        "epoch 1, row 0: stage 0",
        "epoch 2, row 0: stage 4",
        "epoch 4, row 0: stage 11",
    ]
    # At stage 4 CONTEXT, STRATEGY, STEP_1 and STEP_2 are latent: twelve tokens, then the text of STEP_3.
    third = parse_label(labelled_rows[0][LABEL]).blocks[4].source
    assert f"<T_2_a><T_2_b><T_2_c>{third}" in next(line for line in shown[3:] if line.startswith("  cot"))


def test_the_whole_file_is_in_the_fingerprint(encoder, cot_csv, tmp_path):
    text = cot_csv.read_text(encoding="utf-8")
    with open(cot_csv, encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 25
    other = tmp_path / "other.csv"
    last = text.rindex("</STEP_1>")
    other.write_text(f"{text[:last]}。{text[last:]}", encoding="utf-8")
    first, second = (
        CSVDataset(path, encoder, "direct_sft", max_length=4096, bad_rows="skip") for path in (cot_csv, other)
    )
    assert first.fingerprint != second.fingerprint


def test_grouping_by_length_keeps_the_order_a_function_of_seed_and_epoch():
    lengths = np.random.default_rng(0).integers(50, 2000, 2500)

    def order(seed, epoch, multiple):
        sampler = EpochSampler(2500, multiple, seed=seed, lengths=lambda _: lengths)
        sampler.set_epoch(epoch - 1)
        return [index for _, index in sampler if index >= 0]

    first = order(1, 2, 16)
    assert sorted(first) == list(range(2500))
    # However many rows a micro-batch holds, on however many ranks.
    assert first == order(1, 2, 64) == order(1, 2, 1)
    assert first != order(1, 3, 16)
    assert first != order(2, 2, 16)
    padded = sum(lengths[first[start : start + 16]].max() * 16 for start in range(0, 2500, 16))
    mixed = EpochSampler(2500, 16, seed=1)
    mixed = [index for _, index in mixed if index >= 0]
    unsorted = sum(lengths[mixed[start : start + 16]].max() * 16 for start in range(0, 2500, 16))
    # Uniform lengths: the longest of 16 is 16/17 of the range above the least; grouped, hardly more than the mean.
    assert unsorted / lengths.sum() > 1.7
    assert padded / lengths.sum() < 1.1
