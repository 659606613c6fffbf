"""Where the sandbox's chance comes from: a seed and names, never the order in which things are asked for."""

import hashlib
import random


def dice(seed: int, *names: object) -> random.Random:
    """A generator of its own for whatever ``names`` name; equal seeds and names draw equal things."""
    return random.Random(":".join(map(str, (seed, *names))))


def share(seed: int, *names: object) -> float:
    """One number in [0, 1) for whatever ``names`` name."""
    text = ":".join(map(str, (seed, *names)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big") / 2**56


def gauss(seed: int, *names: object) -> float:
    """About normal, mean 0 and deviation 1, never beyond ±3.5: twelve halves of one digest."""
    text = ":".join(map(str, (seed, *names)))
    parts = hashlib.blake2b(text.encode(), digest_size=24).digest()
    return sum(int.from_bytes(parts[i : i + 2], "big") for i in range(0, 24, 2)) / 65535 - 6
