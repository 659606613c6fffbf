"""The latent scaffold and the curriculum: which blocks are latent at which stage, as pure functions.

A block is CONTEXT, STRATEGY or STEP_i; compressed, it becomes a fixed triplet of latent tokens (GPlan, section
4.1.2, K = 3; ``LatentForm`` has other numbers, to see what three are worth). The *stage* is the number of leading
blocks compressed; it follows from the epoch alone, in one function.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeVar

from data_process.intents import MAX_PLAN

Piece = TypeVar("Piece")

CotMode = Literal["picd", "cot_sft", "direct_sft", "latent"]
# What a checkpoint writes; "latent" is a way to train one that writes as picd's do.
COT_MODES = ("picd", "cot_sft", "direct_sft")

LATENTS_PER_BLOCK = 3
# What the latents of a block are told apart by: as many as there can be.
LETTERS = "abcde"
MAX_BLOCKS = MAX_PLAN + 2
# From this epoch on every sample of a picd run is fully latent.
FULLY_LATENT_EPOCH = MAX_BLOCKS + 1


class LatentForm(NamedTuple):
    """How reasoning looks once it is latent; the paper's by default.

    Attributes:
        per_block: K, latent tokens of a block, 1 to 5.
        interleaved: the latents of STEP_i stand right before intent i, not all in front of the plan: ours, for
            comparison.
    """

    per_block: int = LATENTS_PER_BLOCK
    interleaved: bool = False


def block_latents(block: int, count: int = LATENTS_PER_BLOCK) -> tuple[str, ...]:
    """The latent tokens of block 0 (CONTEXT), 1 (STRATEGY), 2 (STEP_1) … 10 (STEP_9).

    ``block_latents(2) == ("<T_1_a>", "<T_1_b>", "<T_1_c>")``
    """
    stem = ("THOUGHT_CONTEXT", "THOUGHT_STRATEGY")[block] if block < 2 else f"T_{block - 1}"
    return tuple(f"<{stem}_{letter}>" for letter in LETTERS[:count])


def scaffold(steps: int, count: int = LATENTS_PER_BLOCK) -> list[str]:
    """The latent tokens of a plan of ``steps`` intents, in order: K · (steps + 2) names (Eq. 2)."""
    return [name for block in range(steps + 2) for name in block_latents(block, count)]


def stage_of_epoch(epoch: int, mode: CotMode, blocks_per_epoch: int = 1) -> int:
    """The stage c(e) = N · (e - 1) of epoch e = 1, 2, … in picd; text stays text in cot_sft (stage 0 always), and
    latent has none from the first step on: the control that tells what distilling text is good for.

    ``[stage_of_epoch(e, "picd") for e in (1, 2, 12, 13)] == [0, 1, 11, 12]``
    ``[stage_of_epoch(e, "picd", 4) for e in (1, 2, 3, 4)] == [0, 4, 8, 12]``

    Args:
        blocks_per_epoch: N, blocks that turn latent from one epoch to the next; 1 in the paper.
    """
    if mode == "latent":
        return MAX_BLOCKS
    return blocks_per_epoch * (epoch - 1) if mode == "picd" else 0


def epochs_until(blocks: int, blocks_per_epoch: int) -> int:
    """⌈blocks / N⌉ + 1: the first epoch of picd whose stage is so many blocks or more.

    ``[epochs_until(12, n) for n in (1, 2, 4, 5, 12)] == [13, 7, 4, 4, 2]``
    """
    return -(-blocks // blocks_per_epoch) + 1


def compress(blocks: Sequence[Piece], latents: Sequence[Piece], stage: int) -> list[Piece]:
    """The blocks with the first min(stage, B) of them replaced, each whole, by its latent form.

    ``compress(["ctx", "str", "s1"], ["L0", "L1", "L2"], 2) == ["L0", "L1", "s1"]``
    """
    compressed = min(stage, len(blocks))
    return [*latents[:compressed], *blocks[compressed:]]
