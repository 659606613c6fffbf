"""The rows to try a server with: those of a file at even distances, or generated ones; never with their labels."""

import pytest

from data_process.schema import COLUMNS, LABEL, read_rows, write_rows
from gplan.serving.examples import example_rows
from utils import InputError


@pytest.fixture
def numbered(labelled_rows, tmp_path):
    """A CSV of so many rows, whose ids count from 0."""

    def write(count: int) -> str:
        path = tmp_path / "rows.csv"
        write_rows(path, [labelled_rows[i % len(labelled_rows)] | {"id": str(i)} for i in range(count)])
        return str(path)

    return write


@pytest.mark.parametrize(
    ("count", "expected"),
    [(3, range(3)), (20, range(20)), (39, range(20)), (47, range(0, 40, 2)), (60, range(0, 60, 3))],
)
def test_rows_of_a_file_at_even_distances(numbered, count, expected):
    path = numbered(count)
    source, rows = example_rows(path)
    assert source == "rows.csv"
    assert [row["id"] for row in rows] == [str(i) for i in expected]
    whole = read_rows(path)
    for row in rows:
        assert whole[int(row["id"])][LABEL]
        assert row == {name: whole[int(row["id"])][name] for name in COLUMNS if name != LABEL}


def test_generated_rows_are_the_same_every_time():
    source, rows = example_rows(None)
    assert (source, len(rows)) == ("generated rows", 20)
    assert not any(LABEL in row for row in rows)
    assert example_rows(None) == (source, rows)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.csv: no such file"):
        example_rows(str(tmp_path / "nothing.csv"))
