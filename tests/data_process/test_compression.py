import json
from pathlib import Path

import pytest

from add_tokens.extend import LATENT_FILE, latent_tokens
from data_process.compression import MAX_BLOCKS, block_latents, compress, epochs_until, scaffold, stage_of_epoch

BLOCKS = ["ctx", "str", "s1", "s2", "s3"]
LATENTS = [f"L{i}" for i in range(MAX_BLOCKS)]


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (0, ["ctx", "str", "s1", "s2", "s3"]),
        (1, ["L0", "str", "s1", "s2", "s3"]),
        (4, ["L0", "L1", "L2", "L3", "s3"]),
        (5, ["L0", "L1", "L2", "L3", "L4"]),
        (12, ["L0", "L1", "L2", "L3", "L4"]),
    ],
)
def test_leading_blocks_turn_latent_in_order(stage, expected):
    assert compress(BLOCKS, LATENTS, stage) == expected


def test_thirteen_epochs_cover_the_longest_plan_and_leave_one_more():
    stages = [stage_of_epoch(epoch, "picd") for epoch in range(1, 14)]
    assert stages == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    # B = 11 is fully latent at epoch 12 for the first time.
    assert stages.index(11) + 1 == 12
    assert {stage_of_epoch(epoch, "cot_sft") for epoch in range(1, 14)} == {0}


@pytest.mark.parametrize(
    ("blocks_per_epoch", "stages"),
    [(2, [0, 2, 4, 6, 8, 10, 12]), (4, [0, 4, 8, 12]), (5, [0, 5, 10, 15]), (12, [0, 12])],
)
def test_several_blocks_an_epoch_reach_the_longest_plan_in_as_many_fewer(blocks_per_epoch, stages):
    epochs = range(1, len(stages) + 1)
    assert [stage_of_epoch(epoch, "picd", blocks_per_epoch) for epoch in epochs] == stages
    # The first stage of 12 or more, and of every lesser number: found by trying the stages one after the other.
    for blocks in range(13):
        first = next(epoch for epoch, stage in zip(epochs, stages, strict=True) if stage >= blocks)
        assert epochs_until(blocks, blocks_per_epoch) == first
    # Where nothing turns latent, nothing turns latent faster.
    assert {stage_of_epoch(epoch, "cot_sft", blocks_per_epoch) for epoch in epochs} == {0}
    assert {stage_of_epoch(epoch, "latent", blocks_per_epoch) for epoch in epochs} == {11}


def test_latent_has_no_text_from_the_first_epoch_on():
    assert [stage_of_epoch(epoch, "latent") for epoch in (1, 2, 13)] == [11, 11, 11]


def test_scaffold_of_four_steps_has_eighteen_latents_in_order():
    names = scaffold(4)
    assert len(names) == 18
    assert names[:4] == ["<THOUGHT_CONTEXT_a>", "<THOUGHT_CONTEXT_b>", "<THOUGHT_CONTEXT_c>", "<THOUGHT_STRATEGY_a>"]
    assert names[-3:] == ["<T_4_a>", "<T_4_b>", "<T_4_c>"]
    assert block_latents(10) == ("<T_9_a>", "<T_9_b>", "<T_9_c>")


def test_vocabulary_file_holds_the_33_names_of_the_rule():
    names = json.loads(Path(LATENT_FILE).read_text(encoding="utf-8"))
    stems = ["THOUGHT_CONTEXT", "THOUGHT_STRATEGY", *(f"T_{i}" for i in range(1, 10))]
    assert names == [f"<{stem}_{letter}>" for stem in stems for letter in "abc"]
    assert len(names) == 33
    assert len(set(latent_tokens())) == 35
