"""A case sheet there and back: what spreadsheets do to it, hostile text, and cells that can't be used."""

import csv
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_process.response import parse_label, render_label
from data_process.schema import LABEL, write_rows
from gplan.synthesis.seeds import cases as seed_cases
from gplan.synthesis.seeds.case_check import described
from gplan.synthesis.seeds.sheet import SHEET_COLUMNS
from tests.support.sheets import HOSTILE, NAMES, PLAN, REASONS, ROW, edit, save, seeds_of, table


def test_the_sheet_is_what_excel_reads_and_nothing_in_it_runs(exported):
    path = exported()
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    header, *records = table(path)
    assert tuple(header) == SHEET_COLUMNS
    assert all(not field.lstrip().startswith(("=", "+", "-", "@")) for record in records for field in record)
    cells = dict(zip(header, records[0], strict=True))
    assert cells["case"] == "1 of 2"
    assert cells["name"] == described(ROW)["name"]
    assert cells["when"] == "2026年3月2日周一22点59分，夜里"
    assert cells["where"] == "在商场 p_1，南宁市；不在订单地点，与订单同城，身在外地"
    assert cells["filter"] == "通过"
    assert [cells[f"intent_{i}"] for i in range(1, 5)] == [
        "打车 当前位置→订单目的地",
        "订单提醒",
        "兴趣推荐 订单目的地 附近 美食",
        "",
    ]
    assert [cells[name] for name in NAMES] == REASONS
    hostile = dict(zip(header, records[1], strict=True))
    assert [hostile[name] for name in NAMES] == ["'=1+1", "'+a\nb", "“引号”，好", "'-1;\t2", "''@x"]


def smart_quoted(path, records):
    """As an editor with typographic quotes leaves it: no straight quote in the file."""
    lines = [",".join("“" + field.replace('"', "““") + "”" for field in record) for record in records]
    path.write_text("\n".join(lines), encoding="utf-8")


def with_sep_line(path, records):
    save(path, records, separator=";")
    path.write_bytes(b"\xef\xbb\xbfsep=;\r\n" + path.read_bytes()[3:])


RESAVED = {
    "excel, european": lambda path, records: save(path, records, separator=";"),
    "excel, unicode text": lambda path, records: save(path, records, separator="\t", encoding="utf-16"),
    "excel, chinese": lambda path, records: save(path, records, encoding="gb18030"),
    "excel, sep= line": with_sep_line,
    "no byte order mark": lambda path, records: save(path, records, encoding="utf-8", newline="\n"),
    "old mac": lambda path, records: save(path, records, newline="\r"),
    "all quoted": lambda path, records: save(path, records, quoting=csv.QUOTE_ALL),
    "smart quotes": smart_quoted,
    "columns at the end": lambda path, records: save(path, [[*record, "", ""] for record in records]),
    "columns reordered": lambda path, records: save(path, [record[::-1] for record in records]),
    "short lines": lambda path, records: save(path, [record[-1:] + record[:15] + record[15:-1] for record in records]),
    "empty lines": lambda path, records: save(path, [records[0], [], records[1], [""] * 35, *records[2:], [], []]),
    "heading in capitals": lambda path, records: save(
        path, [[f" {name.upper()} " for name in records[0]], *records[1:]]
    ),
    "line ends in cells": lambda path, records: save(
        path, [[field.replace("\n", "\r\n") for field in record] for record in records]
    ),
    "apostrophes taken for what they mean": lambda path, records: save(
        path,
        [
            [
                field[1:] if field.startswith("'") and name != "STEP_3" else field
                for name, field in zip(records[0], record, strict=True)
            ]
            for record in records
        ],
    ),
    "libreoffice, from .ods": lambda path, records: save(
        path, [[field.replace("\t", "") for field in record] for record in records]
    ),
    "space around cells": lambda path, records: save(
        path, [records[0], *([f"{field} " for field in record] for record in records[1:])]
    ),
}


@pytest.mark.parametrize("how", RESAVED)
def test_a_sheet_saved_by_a_spreadsheet_gives_the_same_seeds(how, exported, seeds_command, tmp_path):
    path = exported()
    assert seeds_command("import", path, tmp_path / "plain.jsonl", "--who", "a")[0] == 0
    RESAVED[how](path, table(path))
    code, out, err = seeds_command("import", path, tmp_path / "resaved.jsonl", "--who", "a")
    assert (code, err) == (0, "")
    assert "note:" not in out
    assert (tmp_path / "resaved.jsonl").read_bytes() == (tmp_path / "plain.jsonl").read_bytes()
    assert [(row, changes) for _, row, changes in seeds_of(tmp_path / "plain.jsonl")] == [(ROW, []), (HOSTILE, [])]


TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from("=+-@'\"“”;,\t\r\n，<>&"),
    max_size=12,
)


def is_reason(text):
    """What a label can hold as a reason: something, and no tag of the label's own."""
    return text.strip() and not re.search("</?(THOUGHT|CONTEXT|STRATEGY|STEP_)", text)


@given(
    fields=st.lists(TEXT, min_size=6, max_size=6),
    blocks=st.lists(TEXT.filter(is_reason), min_size=5, max_size=5),
    separator=st.sampled_from(",;\t"),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hostile_text_comes_back_to_the_character(tmp_path, fields, blocks, separator):
    named = dict(
        zip(("id", "current_tag", "current_poi_name", "trigger_4", "profile_feat_13", "trigger_3"), fields, strict=True)
    )
    row = ROW | named | {LABEL: render_label(list(zip(NAMES, blocks, strict=True)), PLAN)}
    path = tmp_path / "cases.csv"
    seed_cases.write_sheet(path, seed_cases.sheet_cells([seed_cases.propose(row)]))
    save(path, table(path), separator=separator)
    (case,), problems, remarks = seed_cases.read_cases(path)
    assert (problems, remarks) == ([], [])
    assert case.proposal == row
    assert case.label == row[LABEL]
    assert case.read_only == []


def test_smart_quotes_in_the_original_are_read_as_straight_ones(exported, seeds_command, tmp_path):
    path = exported([ROW])
    edit(path, 0, row=table(path)[1][-1].replace('"', "“"))
    assert seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    assert seeds_of(tmp_path / "seeds.jsonl")[0][1:] == (ROW, [])


def test_a_label_of_another_spacing_stays_to_the_character(exported, seeds_command, tmp_path):
    spaced = "\n".join(f"<{name}> {text}\r\n</{name}>" for name, text in zip(NAMES, REASONS, strict=True))
    label = f"<THOUGHT>{spaced}\n</THOUGHT>{json.dumps(PLAN, ensure_ascii=False, indent=1)}"
    path = exported([ROW | {LABEL: label}])
    save(path, [[field.strip().replace("\r\n", "\n") for field in record] for record in table(path)])
    assert seeds_command("import", path, tmp_path / "a.jsonl", "--who", "a")[0] == 0
    assert seeds_of(tmp_path / "a.jsonl")[0][1:] == (ROW | {LABEL: label}, [])
    # a corrected step is written anew, the text of the others stays
    edit(path, 0, STEP_1=" anew\r\n")
    assert seeds_command("import", path, tmp_path / "b.jsonl", "--who", "a")[0] == 0
    ((_, row, changes),) = seeds_of(tmp_path / "b.jsonl")
    texts = [f" {text}\r\n" for text in REASONS]
    assert [block.text for block in parse_label(row[LABEL]).blocks] == [*texts[:2], "anew", *texts[3:]]
    assert [(one["column"], one["before"], one["after"]) for one in changes] == [("STEP_1", texts[2], "anew")]


def test_no_cell_looks_like_a_number_or_a_date(exported, labelled_rows):
    """A spreadsheet would write 1E+11 for 100000000000 and a date in its own way."""
    header, *records = table(exported(labelled_rows))
    for record in records:
        # of hexadecimal digits alone, one digest in 300 would be a number
        assert record[header.index("check")].startswith("x")
        for field in record:
            assert not re.fullmatch(r"[-+\d.,:/ eE]+", field), field


def test_generated_rows_come_back_as_they_were(seeds_command, tmp_path, labelled_rows):
    write_rows(tmp_path / "rows.csv", labelled_rows)
    assert seeds_command("export", tmp_path / "rows.csv", tmp_path / "cases.csv", "--count", "99")[0] == 0
    assert seeds_command("import", tmp_path / "cases.csv", tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    wanted = [row for row in labelled_rows if described(row)]
    assert 30 < len(wanted) < 48
    assert [(row, changes) for _, row, changes in seeds_of(tmp_path / "seeds.jsonl")] == [(row, []) for row in wanted]
    before = (tmp_path / "seeds.jsonl").read_bytes()
    code, out, _ = seeds_command("import", tmp_path / "cases.csv", tmp_path / "seeds.jsonl", "--who", "b")
    assert code == 0
    assert f"unchanged {len(wanted):6d}" in out
    assert (tmp_path / "seeds.jsonl").read_bytes() == before


def test_all_bad_cells_are_named_at_once(exported, seeds_command, tmp_path):
    rows = [ROW | {"id": str(i), "current_poi_name": f"p_{i}"} for i in range(10, 17)]
    path = exported(rows)
    edit(path, 0, intent_2="咖啡", STEP_1="", verdict="maybe")
    edit(path, 1, intent_2="", STEP_5="and then")
    edit(path, 2, intent_1="兴趣推荐 前一位推荐结果 附近 美食")
    edit(path, 3, intent_2="周边公交")
    edit(path, 4, intent_3="订单提醒", CONTEXT="see <STEP_1>")
    edit(path, 5, intent_3="", STEP_3="")
    edit(path, 6, row=table(path)[7][-1].replace("南宁", "南京"), intent_1="走路")
    code, _, err = seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert code == 2
    assert not (tmp_path / "seeds.jsonl").exists()
    names = [described(row)["name"] for row in rows]
    lines = err.splitlines()
    for number, column, message in (
        (0, "intent_2", "'咖啡' is no service"),
        (0, "STEP_1", "is empty"),
        (0, "verdict", "'maybe' is no verdict; write keep"),
        (1, "intent_2", "is empty, but intent_3 is not"),
        (1, "STEP_5", "a step without an intent; empty it, or fill intent_5"),
        (2, "intent_1", "logic.unresolved_reference"),
        (3, "intent_2", "logic.mutually_exclusive"),
        (4, "intent_3", "logic.duplicate"),
        (4, "CONTEXT", "holds the tag <STEP_1>"),
        (5, "intent_3", "format.length: 2 intents"),
        (6, "row", "was altered, cut, or saved in another encoding"),
        (6, "intent_1", "'走路' is no service"),
    ):
        # the header is the spreadsheet's line 1
        place = f"row {number} (spreadsheet line {number + 2}, case {names[number]}), column {column}: {message}"
        assert sum(place in line for line in lines) == 1, place
    assert "cells to correct" in lines[-1]
    # one more than listed: with intent_2 gone there are two intents for the step in STEP_3
    assert len(lines) == 14


def test_an_order_place_needs_an_order(exported, seeds_command, tmp_path):
    row = ROW | {
        "trigger_1": "",
        "current_tag": "服务区",
        LABEL: '[{"工具名称":"tool_9"},{"工具名称":"tool_8"},{"工具名称":"tool_3"}]',
    }
    path = exported([row])
    edit(path, 0, intent_2="打车 当前位置→订单目的地")
    code, _, err = seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert (code, "column intent_2: logic.no_order" in err) == (2, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: [[*r[0], "my remarks"], *([*x, "see above"] for x in r[1:])], "unknown column 'my remarks'"),
        (lambda r: [[*r[0], ""], *([*x, "see above"] for x in r[1:])], "'see above' stands under no heading"),
        (lambda r: [r[0], *([*x, "", "see above"] for x in r[1:])], "'see above' stands under no heading"),
        (lambda r: [x[:-2] for x in r], "missing column row, check"),
        (lambda r: [[*x, x[0]] for x in r], "column case given twice"),
        (lambda r: [*r, r[1]], "stands in spreadsheet line 2 already"),
        (lambda r: r[:1], "a header but no cases"),
        (lambda r: [], "missing column"),
        (lambda r: [r[0], [x.replace("hotel-", "hotel-0") if i == 1 else x for i, x in enumerate(r[1])], *r[2:]],
         "is not the name of this row"),
        # two rows whose originals were swapped
        (lambda r: [r[0], [*r[1][:-2], *r[2][-2:]], [*r[2][:-2], *r[1][-2:]]], "is not the name of this row"),
        (lambda r: [r[0], *([*x[:-1], x[-1][:900]] for x in r[1:])], "was altered, cut"),
    ],
)  # fmt: skip
def test_a_damaged_sheet_is_refused_by_name(change, message, exported, seeds_command, tmp_path):
    path = exported()
    save(path, change(table(path)))
    code, _, err = seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert (code, message in err) == (2, True), err
    assert "Traceback" not in err
    assert not (tmp_path / "seeds.jsonl").exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04 and more", "a workbook, not CSV; save the sheet as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0 and more", "a workbook"),
        (b"\xff\xff\xff", "neither UTF-8, UTF-16 nor GB18030"),
        ("name".encode("utf-16-le"), "neither UTF-8"),
        (b'"case","name\n1,2', "text line 2 is not CSV"),
    ],
)
def test_another_kind_of_file_is_refused(data, message, seeds_command, tmp_path):
    (tmp_path / "cases.csv").write_bytes(data)
    code, _, err = seeds_command("import", tmp_path / "cases.csv", tmp_path / "seeds.jsonl", "--who", "a")
    assert (code, message in err) == (2, True), err


def test_a_sheet_that_lost_letters_to_an_encoding_is_refused(exported, seeds_command, tmp_path):
    path = exported([ROW | {"current_poi_name": "茶馆 \U0001f600"}])
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode("gbk", "replace"))  # as Chinese Excel does
    code, _, err = seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert (code, "saved in another encoding" in err) == (2, True)
    # Latin letters for the bytes of UTF-8
    path = exported([ROW])
    path.write_bytes(path.read_bytes().decode("cp1252", "replace").encode())
    code, _, err = seeds_command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert code == 2


def test_nothing_that_people_wrote_is_overwritten(exported, seeds_command, tmp_path):
    path = exported()
    before = path.read_bytes()
    code, _, err = seeds_command("export", tmp_path / "picked.csv", path)
    assert (code, "--force" in err, path.read_bytes() == before) == (2, True, True)
    (tmp_path / "page.html").write_text("mine")
    code, _, err = seeds_command(
        "export", tmp_path / "picked.csv", tmp_path / "b.csv", "--html", tmp_path / "page.html"
    )
    assert (code, (tmp_path / "page.html").read_text()) == (2, "mine")
    assert seeds_command("export", tmp_path / "picked.csv", tmp_path / "b.csv", "--html", tmp_path / "b.csv")[0] == 2
    assert not (tmp_path / "b.csv").exists()
