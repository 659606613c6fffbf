"""Misspelt variables: ``MODLE=… bash finetune.sh`` would train the small backbone instead, for hours.

    python scripts/variables.py MODEL TRAIN_CSV …     # the names that the script reads; status 2 for MODLE

A variable of the environment counts as misspelt if it is one slip (a letter too many, missing, other, or two that
changed places) from a name of this script, and no name of any script. GPLAN_IGNORE="NPROCS MODELS" lets some pass.
"""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def one_slip(a: str, b: str) -> bool:
    """``one_slip("MODLE", "MODEL") and one_slip("EPOCH", "EPOCHS") and not one_slip("MODEL", "MODEL")``"""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        swapped = a[:start] + a[start + 1 : start + 2] + a[start : start + 1] + a[start + 2 :]
        return a[start + 1 :] == b[start + 1 :] or swapped == b
    short, long = sorted((a, b), key=len)
    return short[start:] == long[start + 1 :]


def main() -> int:
    names = sys.argv[1:]
    scripts = (path.read_text(encoding="utf-8") for path in ROOT.glob("*.sh"))
    known = {*names, *(name for text in scripts for name in re.findall(r'^([A-Z0-9_]+)="\$\{', text, re.M))}
    known |= set(os.environ.get("GPLAN_IGNORE", "").split())
    status = 0
    for variable in sorted(os.environ.keys() - known):
        if meant := [name for name in names if len(name) > 3 and one_slip(variable, name)]:
            print(
                f"error: {variable} is set, and nothing reads it; is it {meant[0]}? Rename it, or let it pass with "
                f"GPLAN_IGNORE={variable}",
                file=sys.stderr,
            )
            status = 2
    return status


if __name__ == "__main__":
    sys.exit(main())
