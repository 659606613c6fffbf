"""How figures are printed: aligned columns, and every bound beside the value it is for."""

import textwrap
from collections.abc import Sequence
from typing import Literal


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, the first to the left and the others to the right.

    ``aligned([("a", "b"), ("long", "1.5")])`` -> ``"a       b\\nlong  1.5"``
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def notes(terms: dict[str, str]) -> str:
    """What the terms of a table mean, a paragraph each: ``notes({"real": "share …"})`` -> ``"real: share …"``."""
    return "\n".join(
        textwrap.fill(f"{term}: {meaning}", 110, subsequent_indent="  ", break_long_words=False)
        for term, meaning in terms.items()
    )


def bound(what: str, value: float, relation: Literal["<=", ">=", "<"], limit: float) -> dict:
    """A figure that is promised, and whether the promise holds."""
    holds = {"<=": value <= limit, ">=": value >= limit, "<": value < limit}[relation]
    return {"what": what, "value": value, "bound": f"{relation} {limit:g}", "holds": holds}


def bounds_text(bounds: Sequence[dict]) -> str:
    """One line a bound: ``holds   load from the cache, s: 1.2 (bound < 5)``."""
    return "\n".join(
        f"{'holds ' if one['holds'] else 'MISSED'}  {one['what']}: {one['value']:.4g} (bound {one['bound']})"
        for one in bounds
    )
