import math

import pytest

from gplan.picd.calr import auto_target, learning_rate, polish_start


def test_calr_at_every_step_of_a_small_run():
    # 10 steps, 2 an epoch, c* = 2: t* is the first step of epoch 4, step 6. Warm-up of 2 steps to 1.0, polish 0.4.
    expected = [
        0.5,  # warm-up: half of the way
        1.0,  # the last warm-up step is at the peak
        1.0,
        1.0,  # epochs 1 to c* + 1 at the structure rate
        1.0,
        1.0,
        0.4,  # t*: the jump down from the structure rate to the polish rate
        0.4 * 0.5 * (1 + math.cos(math.pi * 1 / 4)),  # 0.341421
        0.4 * 0.5,  # half of the cosine
        0.4 * 0.5 * (1 + math.cos(math.pi * 3 / 4)),  # 0.058579
    ]
    start = polish_start(2, 2)
    assert start == 6
    got = [learning_rate(t, 10, "calr", peak=1.0, warmup=2, polish=0.4, start=start) for t in range(10)]
    assert got == pytest.approx(expected, abs=1e-12)


def test_calr_without_room_for_polish_stays_at_the_structure_rate():
    assert [learning_rate(t, 4, "calr", peak=1.0, polish=0.1, start=4) for t in range(4)] == [1.0] * 4


@pytest.mark.parametrize(
    ("target", "blocks_per_epoch", "epochs"),
    [
        (9, 1, 10),  # the paper: epochs 1 to c* + 1 at the structure rate
        (9, 2, 6),  # stages 0 2 4 6 8 10: the sixth epoch is the first at 9 or more
        (8, 2, 5),  # stages 0 2 4 6 8
        (9, 4, 4),  # stages 0 4 8 12
        (8, 4, 3),  # stages 0 4 8
        (9, 12, 2),
        (0, 4, 1),
    ],
)
def test_polish_starts_behind_the_first_epoch_that_reaches_the_target(target, blocks_per_epoch, epochs):
    assert polish_start(target, 100, blocks_per_epoch) == 100 * epochs


def test_the_single_phase_schedules():
    assert [learning_rate(t, 4, "constant", peak=2.0, warmup=1) for t in range(4)] == [2.0] * 4
    got = [learning_rate(t, 5, "cosine", peak=1.0, warmup=1) for t in range(5)]
    assert got == pytest.approx([1.0, 1.0, 0.853553, 0.5, 0.146447], abs=1e-6)


@pytest.mark.parametrize(
    ("blocks", "target"),
    [
        ([6] * 90 + [7] * 10, 6),  # exactly 90 % at 6
        ([6] * 89 + [7] * 11, 7),  # one row short of it
        ([6] * 596 + [7] * 398 + [8] * 6, 7),  # the released labels
        ([5], 5),
    ],
)
def test_auto_target_covers_nine_tenths_of_the_samples(blocks, target):
    assert auto_target(blocks) == target
