"""Learning-rate schedules: CALR (GPlan, Eq. 4), and the two single-phase ones it is compared with."""

import math
from typing import Literal

import numpy as np

from data_process.compression import epochs_until

Schedule = Literal["calr", "cosine", "constant"]
# ``auto``: the smallest stage at which this share of the training samples is fully latent. The paper's percentile
# did not survive in its text; on the released labels (B = 6 to 8) this one gives 7.
TARGET_SHARE = 0.9


def auto_target(blocks: np.ndarray) -> int:
    """c* from the number of blocks B of every training sample: the smallest c with P(B <= c) >= 0.9.

    ``auto_target([6] * 89 + [7] * 10 + [8]) == 7``
    """
    ordered = np.sort(np.asarray(blocks))
    return int(ordered[math.ceil(TARGET_SHARE * len(ordered)) - 1])


def polish_start(target: int, steps_per_epoch: int, blocks_per_epoch: int = 1) -> int:
    """t*, the first step (from 0) behind ⌈c* / N⌉ + 1 epochs, the last of which is the first at stage c* or more.

    ``polish_start(9, 100) == 1000``, ``polish_start(9, 100, 2) == 600``

    Args:
        target: c*, in blocks.
        blocks_per_epoch: N; 1 in the paper, where t* is the first step of epoch c* + 2.
    """
    return epochs_until(target, blocks_per_epoch) * steps_per_epoch


def learning_rate(
    step: int,
    total: int,
    schedule: Schedule,
    *,
    peak: float,
    warmup: int = 0,
    polish: float = 0.0,
    start: int = 0,
) -> float:
    """The rate η(t) of step t = 0 … T - 1.

    calr:      η_s until t*, then η_p · ½ (1 + cos(π (t - t*) / (T - t*))): a jump down at t*, then a cosine to 0.
    cosine:    η_s · ½ (1 + cos(π (t - W) / (T - W))) over all steps after the warm-up W.
    constant:  η_s.

    Args:
        step: t.
        total: T, steps of the whole run.
        schedule: which of the three.
        peak: η_s.
        warmup: W, steps of linear warm-up from η_s / W; the last of them is at η_s.
        polish: η_p (calr).
        start: t* (calr); from T on there is no polish phase.
    """
    if schedule == "calr" and start <= step:
        return polish * _cosine(step - start, total - start)
    if step < warmup:
        return peak * (step + 1) / warmup
    if schedule == "cosine":
        return peak * _cosine(step - warmup, total - warmup)
    return peak


def _cosine(step: int, total: int) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(step / total, 1.0))) if total > 0 else 0.0
