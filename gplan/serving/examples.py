"""Rows to try a server with: what its page opens with, and what is planned once before the first request."""

from pathlib import Path

from data_process.schema import Row, unlabelled
from data_process.usable import read_usable

COUNT = 20
SEED = 5  # of generated rows: none that training or scoring uses


def example_rows(path: str | None, bad_rows: str = "stop") -> tuple[str, list[Row]]:
    """``COUNT`` rows without their labels, and where they are from: ``("rows.csv", […])``, ``("generated rows", […])``.

    Args:
        path: GSISR CSV, of which rows are taken at even distances; None for generated rows.
        bad_rows: ``"stop"`` or ``"skip"``.

    Raises:
        InputError: the file can't be read as one.
    """
    if path:
        rows = read_usable(path, bad_rows, None).rows
        return Path(path).name, [unlabelled(row) for row in rows[:: max(1, len(rows) // COUNT)][:COUNT]]
    from gplan.world.rows import generate

    return "generated rows", [unlabelled(row) for row in generate(COUNT, SEED)]
