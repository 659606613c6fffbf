"""Reading and writing GSISR files: text stays text, and what is wrong is refused with file, row and column."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_process.cells import CODES, FLAGS, HISTORIES, POIS, TIMES, read_cells
from data_process.schema import COLUMNS, read_columns, read_rows, write_rows
from utils import InputError

EMPTY = dict.fromkeys(COLUMNS, "")
FULL = ["x", *[""] * 30, "x"]
HEADER = ",".join(COLUMNS) + "\n"


def write(path: Path, *records: list[str], header=COLUMNS) -> Path:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *records])
    return path


def test_there_are_32_columns():
    assert len(COLUMNS) == 32
    assert COLUMNS[0] == "id" and COLUMNS[-1] == "raw_labels" and COLUMNS[15] == "short_term_behavior_seq"


WORDS = [name for name in COLUMNS if name not in (*TIMES, *FLAGS, *POIS, *CODES, *HISTORIES)]
characters = st.characters(exclude_categories=("Cs",), exclude_characters="\ufeff\0")
fields = st.text(characters, max_size=8) | st.sampled_from(
    ["NA", "null", "007", "1.0", "", " ", '"', '""', "a,b", "\n", "\r", "\r\n", "a\rb", "😀", "e\u0301", "\\", "'"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(fields, min_size=32, max_size=32), min_size=1, max_size=3))
def test_rows_come_back_as_written(tmp_path_factory, records):
    """Words in columns of words, whatever they hold; blanks around them are no part of them (data_process.cells)."""
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    rows = [dict.fromkeys(COLUMNS, "") | dict(zip(WORDS, record, strict=False)) for record in records]
    rows = [row | read_cells(row).row for row in rows]
    write_rows(path, rows)
    assert read_rows(path) == rows
    assert read_columns(path, ("raw_labels", "id")) == [(row["raw_labels"], row["id"]) for row in rows]


def test_written_lines_end_in_newlines(tmp_path):
    path = tmp_path / "rows.csv"
    write_rows(path, [EMPTY | {"id": "1"}, EMPTY | {"id": "2", "raw_labels": '["a"]'}])
    assert path.read_bytes().count(b"\r") == 0
    assert path.read_text().splitlines()[2].endswith(',"[""a""]"')


def test_columns_in_another_order_and_a_byte_order_mark(tmp_path):
    path = write(tmp_path / "rows.csv", ["label", *[""] * 30, "7"], header=tuple(reversed(COLUMNS)))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\n\n")
    assert read_rows(path)[0]["id"] == "7"
    assert list(read_rows(path)[0]) == list(COLUMNS)
    assert len(read_rows(path)) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["the first line is empty"]),
        ("\n" + HEADER, ["the first line is empty"]),
        (HEADER, ["no rows"]),
        (",".join(COLUMNS[:-1]) + "\n", ["missing column raw_labels"]),
        (",".join((*COLUMNS, "extra")) + "\n", ["unknown column 'extra';"]),
        (",".join((*COLUMNS, "id")) + "\n", ["column id given twice"]),
        ("\ufeff" * 2 + HEADER, [r"unknown column '\ufeffid'"]),  # open() takes off one byte order mark
        (",".join((*COLUMNS, '"a\nb"', "c" * 99)) + "\n", [rf"unknown column 'a\nb', '{'c' * 40}';"]),
        (",".join((*COLUMNS, *"abcdefg")) + "\n", ["unknown column 'a', 'b', 'c', 'd', 'e', …;"]),
        (
            HEADER + ",".join(FULL) + "\n" + ",".join(FULL[:31]) + "\n",
            ["row 1 (line 3, id x)", "31 fields"],
        ),
        (HEADER + ",".join([*FULL, "y"]) + "\n", ["row 0 (line 2, id x)", "33 fields"]),
        (HEADER + ",".join(FULL[:31]) + ',"open\n', ["row 0", "not CSV"]),
        (HEADER + ",".join(FULL[:31]) + ',"a"b\n', ["row 0", "not CSV"]),
        ('"id"x' + HEADER, ["the header is not CSV"]),
        (HEADER + (",".join(FULL) + "\n") * 2 + "y" * 131_073, ["row 2", "close every quote", "131,072 characters"]),
    ],
)
def test_files_that_are_refused(tmp_path, content, words):
    path = tmp_path / "rows.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_rows(path)
    assert all(word in str(error.value) for word in [str(path), *words])


def test_a_header_of_thousands_of_columns_is_refused_at_once(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(",".join(f"c{i}" for i in range(30_000)))  # comparing each with each took ten seconds
    began = time.process_time()
    with pytest.raises(InputError, match="missing column id"):
        read_rows(path)
    assert time.process_time() - began < 1


def test_bytes_that_are_not_utf8(tmp_path):
    path = write(tmp_path / "rows.csv", FULL)
    start = path.stat().st_size
    path.write_bytes(path.read_bytes() + "酒店".encode("gbk"))
    with pytest.raises(InputError, match=f"byte {start} \\(line 3\\)"):
        read_rows(path)


def test_the_longest_field(tmp_path):
    row = EMPTY | {"raw_labels": "长\n" * 65_536}
    write_rows(tmp_path / "rows.csv", [row])
    assert read_rows(tmp_path / "rows.csv") == [row]


def test_no_such_file(tmp_path):
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(InputError, match="no such file"):
            read_rows(path)
