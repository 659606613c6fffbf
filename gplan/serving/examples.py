"""Rows to try a server with: what its page opens with, and what is planned once before the first request."""

from pathlib import Path

from data_process.schema import Row, read_rows, unlabelled

COUNT = 20
SEED = 5  # of generated rows: none that training or scoring uses


def example_rows(path: str | None) -> tuple[str, list[Row]]:
    """``COUNT`` rows without their labels, and where they are from: ``("rows.csv", […])``, ``("generated rows", […])``.

    Args:
        path: GSISR CSV, of which rows are taken at even distances; None for generated rows.

    Raises:
        InputError: the file can't be read as one.
    """
    if path:
        rows = read_rows(path)
        return Path(path).name, [unlabelled(row) for row in rows[:: max(1, len(rows) // COUNT)][:COUNT]]
    from gplan.world.rows import generate

    return "generated rows", [unlabelled(row) for row in generate(COUNT, SEED)]
