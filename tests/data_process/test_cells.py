"""Cells that another program rewrote: read where they have one meaning, refused where not, at every entrance alike."""

import csv
import json
import os
import subprocess
import sys

import pytest

from data_process.cells import read_cells
from data_process.schema import COLUMNS, LABEL, read_rows, write_rows
from data_process.twins import SIDES, read_pairs, write_pairs
from gplan.serving.wire import ApiError, parse_rows
from tests.conftest import ROOT, SHARED
from utils import InputError

TIME = "2026-02-10 00:19:07"


def read(column, text):
    row, rewritten, errors = read_cells({column: text})
    assert rewritten == ([] if row[column] == text else [column])
    return row[column], [error.column for error in errors]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026/2/10 0:19", "2026-02-10 00:19:00"),  # Excel in China
        ("2026-2-10 0:19:07", TIME),
        ("2026-02-10T00:19:07", TIME),
        ("2026-02-10T00:19:07.000000000", TIME),  # numpy
        ("2026-02-10 00:19:07.9", TIME),  # within the second: no rounding into the next
        ("2026-02-10 00:19:07+08:00", TIME),  # all of the data is in one time zone
        ("2026年2月10日 0:19", "2026-02-10 00:19:00"),
        ("２０２６-０２-１０ ００：１９：０７", TIME),
        (f"  {TIME}\u3000", TIME),
        (f"\ufeff{TIME}\u200b", TIME),
        (f"'{TIME}", TIME),
        (f'="{TIME}"', TIME),
        ("2024-02-29 23:59:59", "2024-02-29 23:59:59"),
        ("NaT", ""),
    ],
)
def test_times_with_one_meaning(text, meant):
    assert read("currenttime", text) == (meant, [])


@pytest.mark.parametrize(
    "text",
    [
        "46063.0132",  # Excel's day number: of 1900 or of 1904?
        "1770653947",  # a Unix time: in which zone?
        "10/2/2026 0:19",  # October or February?
        "2026-02-10 12:19 AM",
        "2026-02-10T00:19:07Z",  # eight hours from the clock on the wall
        "2026-02-10 00:19:07-05:00",
        "2026-02-30 00:19:07",
        "2026-02-29 00:19:07",
        "2026-02-10 24:00:00",
        "2026-02-10 00:60:00",
        "########",
        "noon",
        "2026-02-10",  # of a request: a day is no moment
    ],
)
def test_times_with_none_or_several(text):
    assert read("currenttime", text) == (text, ["currenttime"])


def test_a_date_alone_is_an_orders_day():
    assert read("trigger_6", "2026/2/10") == ("2026-02-10 00:00:00", [])


@pytest.mark.parametrize(
    ("text", "meant"),
    [("1.0", "1"), ("0.0", "0"), ("TRUE", "1"), ("False", "0"), ("是", "1"), ("１", "1"), (" 0", "0"), ("nan", "")],
)
def test_flags_with_one_meaning(text, meant):
    assert read("holidayflag", text) == (meant, [])


@pytest.mark.parametrize("text", ["2", "0.5", "-1", "yes?", "春节"])
def test_what_is_no_flag(text):
    assert read("weekendflag", text)[1] == ["weekendflag"]


@pytest.mark.parametrize(
    ("column", "text", "meant"),
    [
        ("trigger_4", "p_853573", "p_853573"),
        ("trigger_4", "p_853573.0", "p_853573"),
        ("profile_feat_6", "ｐ_１２", "p_12"),
        ("current_poi_name", "虹桥站", "虹桥站"),  # rows that are not anonymised have names
        ("profile_feat_1", "2.0", "2"),  # a column of whole numbers with gaps, by pandas
        ("profile_feat_12", "4|2", "4|2"),
        ("current_city", " 西安市 ", "西安市"),
        ("trigger_1", "nan", ""),
        ("trigger_1", "null", "null"),
        ("trigger_5", "NULL", ""),
        ("current_tag", "NA", "NA"),  # a word as well
        ("short_term_behavior_seq", "在２月９日周一20点", "在2月9日周一20点"),
    ],
)
def test_other_cells_with_one_meaning(column, text, meant):
    assert read(column, text) == (meant, [])


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("trigger_4", "p_1E+05"),
        ("profile_feat_8", "p_1.5"),
        ("current_poi_name", "p_1,549,497"),
        ("short_term_behavior_seq", "在2月9日周一20点act_4了位于异地行中车站入口的p_3.4E+04"),
        ("long_term_behavior", "住宅区的p_1E+06act_4&act_7了6次"),
    ],
)
def test_ids_that_lost_their_digits(column, text):
    assert read(column, text) == (text, [column])


def test_labels_are_not_touched():
    assert read(LABEL, " [1] ") == (" [1] ", [])


def test_real_rows_are_as_they_were():
    if not (SHARED / "gsisr").is_dir():
        pytest.skip("no real rows here")
    with open(SHARED / "gsisr" / "sample.csv", encoding="utf-8-sig", newline="") as file:
        raw = list(csv.DictReader(file))
    assert len(raw) == 500
    for row in raw:
        assert read_cells(row) == (row, [], [])


@pytest.mark.parametrize("name", ["world12_excel.csv", "world12_spaces.csv"])
def test_rewritten_files_are_read_as_the_original(name):
    """The one that Excel saved lost the seconds; nothing else differs from the file that it was made of."""
    if not (SHARED / "cases").is_dir():
        pytest.skip("no cases here")
    rows, original = read_rows(SHARED / "cases" / name), read_rows(SHARED / "cases" / "world12.csv")
    times = ("currenttime", "trigger_5", "trigger_6", "trigger_7")
    for row, wanted in zip(rows, original, strict=True):
        for column in COLUMNS:
            given, meant = (one[column].strip() for one in (row, wanted))
            assert given == (f"{meant[:-2]}00" if name == "world12_excel.csv" and column in times and meant else meant)


@pytest.fixture
def excel(labelled_rows, tmp_path):
    """Six rows, two of which Excel has saved: ``excel.csv``, with what it could not know in ``bad.csv``."""
    rows = [dict(row) for row in labelled_rows[:6]]
    rows[1] |= {"currenttime": "2026/2/10 0:19", "weekendflag": "FALSE"}
    rows[4] |= {"currenttime": "2026/2/11 8:05"}
    write_rows(tmp_path / "excel.csv", rows)
    rows[2] |= {"trigger_4": "p_1E+05"}
    write_rows(tmp_path / "bad.csv", rows)
    return tmp_path


def run(*words, cwd):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment, check=False)


COMMANDS = {
    "augment": ("-m", "gplan.synthesis", "augment", "{}", "out.csv", "--teacher", "rules", "--replace"),
    "triggers": ("-m", "gplan.synthesis", "triggers", "{}", "out.csv"),
    "twins": ("-m", "gplan.synthesis", "twins", "{}", "out.jsonl"),
    "generate": ("-m", "gplan.synthesis", "generate", "{}", "folder"),
    "export": ("-m", "gplan.synthesis", "seeds", "export", "{}", "cases.csv"),
    "split": ("-m", "data_process.split", "{}", "a.csv", "b.csv", "--valid_rows", "1"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_say_what_they_read_and_refuse_the_rest(name, excel):
    words = COMMANDS[name]
    good = run(*(word.format("excel.csv") for word in words), cwd=excel)
    assert good.returncode == 0, good.stderr
    said = "excel.csv: 3 cells of 2 rows were rewritten by another program, and read as meant (2 currenttime, 1 weekend"
    assert said in good.stderr
    for path in excel.iterdir():
        if path.name not in ("excel.csv", "bad.csv"):
            path.rename(excel / f"first_{path.name}")
    bad = run(*(word.format("bad.csv") for word in words), cwd=excel)
    assert bad.returncode == 2 and "Traceback" not in bad.stderr
    line = bad.stderr.splitlines()[-1]
    assert "bad.csv: row 2 (line 4, id 100002), column trigger_4: 'p_1E+05' is no POI's id" in line
    assert "1 of 6 rows are bad (1 cell.poi), listed in " in line and "--bad_rows skip" in line
    assert {path.name for path in excel.iterdir() if not path.name.startswith("first_")} == {"excel.csv", "bad.csv"}
    skipped = run(*(word.format("bad.csv") for word in words), "--bad_rows", "skip", cwd=excel)
    assert skipped.returncode == 0, skipped.stderr
    assert "bad.csv: 1 of 6 rows can't be used and are left out (1 cell.poi); listed in " in skipped.stderr
    listing = skipped.stderr.split("listed in ")[1].splitlines()[0]
    (entry,) = map(json.loads, (excel / listing).read_text(encoding="utf-8").splitlines())
    assert (entry["row"], entry["line"], entry["column"], entry["reason"]) == (2, 4, "trigger_4", "cell.poi")


def test_pairs_are_read_alike(excel, labelled_rows, twins_jsonl, capsys):
    pairs = read_pairs(twins_jsonl)[:2]
    rows = {side: getattr(pairs[0], side) for side in SIDES}
    moved = {side: row | {"weekendflag": f"{row['weekendflag']}.0"} for side, row in rows.items()}
    write_pairs(excel / "pairs.jsonl", [pairs[0]._replace(**moved), pairs[1]])
    read = read_pairs(excel / "pairs.jsonl")
    assert read == pairs
    assert "2 cells of 1 rows were rewritten" in capsys.readouterr().err
    moved = {side: getattr(pairs[0], side) | {"trigger_4": "p_1E+05"} for side in SIDES}
    write_pairs(excel / "pairs.jsonl", [pairs[0]._replace(**moved)])
    with pytest.raises(InputError, match=r"row 0 \(line 1.*column anchor.trigger_4: 'p_1E\+05' is no POI's id"):
        read_pairs(excel / "pairs.jsonl")


def test_the_server_reads_alike():
    row = {"currenttime": "2026/2/10 0:19", "current_city": " 西安市", "weekendflag": "TRUE"}
    (read_row,), listed, rewritten = parse_rows(json.dumps(row).encode())
    assert (read_row["currenttime"], read_row["current_city"], read_row["weekendflag"]) == (
        "2026-02-10 00:19:00",
        "西安市",
        "1",
    )
    assert (listed, rewritten) == (False, 3)
    with pytest.raises(ApiError) as caught:
        parse_rows(json.dumps(row | {"trigger_4": "p_1E+05", "currenttime": "noon"}).encode())
    assert [one["field"] for one in caught.value.content["error"]["details"]] == ["currenttime", "trigger_4"]


def test_the_filter_lists_rows_that_cannot_be_read_with_the_others(excel):
    found = run("-m", "data_process.rule_filter", "bad.csv", "--json", cwd=excel)
    assert found.returncode == 0, found.stderr
    result = json.loads(found.stdout)
    assert (result["rows"], result["passed"], result["reasons"]) == (6, 5, {"cell.poi": 1})
    assert result["rejected"] == [{"row": 2, "id": "100002", "reason": "cell.poi"}]
