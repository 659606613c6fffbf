"""Seed cases there and back: what spreadsheets do to a sheet, cells that can't be used, reviewers, and the page."""

import csv
import io
import json
import re
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synthesize
from data_process.intents import all_intents, intent, render_plan
from data_process.response import parse_label, render_label
from data_process.rule_filter import checked_label
from data_process.schema import COLUMNS, LABEL, DataError, read_rows, write_rows
from data_process.situation import situation
from synthesis import seed_cases
from synthesis.case_cells import guard, intent_cell, parse_intent, unguard
from synthesis.case_check import described
from synthesis.case_sheet import SHEET_COLUMNS
from synthesis.case_words import timeline
from synthesis.seeds import SEEDS, read_seeds
from tests.conftest import ROOT

PLAN = [intent("tool_1", "当前位置", "订单目的地"), intent("tool_8"), intent("tool_5", "订单目的地", "附近", "美食")]
REASONS = ["人在外地。", "先到店。", "不在订单地点。", "下单不久。", "正值饭点。"]
NAMES = ["CONTEXT", "STRATEGY", "STEP_1", "STEP_2", "STEP_3"]
ROW = dict.fromkeys(COLUMNS, "") | {
    "id": "7",
    "profile_feat_5": "惠州市",
    "currenttime": "2026-03-02 22:59:00",
    "current_poi_name": "p_1",
    "current_tag": "商场",
    "current_city": "南宁市",
    "trigger_1": "酒店",
    "trigger_2": "南宁市",
    "trigger_4": "p_2",
    LABEL: render_label(list(zip(NAMES, REASONS, strict=True)), PLAN),
}
HOSTILE = ROW | {
    "id": "=1+1",
    "current_tag": "=HYPERLINK(“x”)",
    "current_poi_name": '@p";,\t',
    "trigger_4": "'p_2\n<script>alert(1)</script>",
    LABEL: render_label(list(zip(NAMES, ["=1+1", "+a\nb", "“引号”，好", "-1;\t2", "'@x"], strict=True)), PLAN),
}


@pytest.fixture
def command(monkeypatch, capsys):
    """Calls synthesize.py seeds in this process: ``command("export", …) -> (exit status, stdout, stderr)``."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["synthesize.py", "seeds", *map(str, words)])
        code = synthesize.main()
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def exported(command, tmp_path):
    """Exports rows, by default ROW and HOSTILE; returns the path of the sheet."""

    def export(rows=(ROW, HOSTILE)):
        write_rows(tmp_path / "picked.csv", list(rows))
        assert command("export", tmp_path / "picked.csv", tmp_path / "cases.csv", "--force")[0] == 0
        return tmp_path / "cases.csv"

    return export


def table(path):
    """The sheet by the csv module alone, header first."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def save(path, records, *, separator=",", newline="\r\n", encoding="utf-8-sig", quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO()
    if newline != "\r\n":
        quoting = csv.QUOTE_ALL  # the csv module would leave the other kinds of line end in a field unquoted
    csv.writer(text, delimiter=separator, lineterminator=newline, quoting=quoting).writerows(records)
    path.write_bytes(text.getvalue().encode(encoding))


def edit(path, case, **cells):
    """Writes cells of the case with that number, from 0."""
    records = table(path)
    for name, text in cells.items():
        records[case + 1][records[0].index(name)] = text
    save(path, records)


def seeds_of(path):
    return [(one.name, one.row, one.changes) for one in read_seeds(path)]


# Cells


def test_every_intent_has_its_own_cell_and_comes_back():
    cells = [intent_cell(one) for one in all_intents()]
    assert len(set(cells)) == 148
    assert [parse_intent(cell) for cell in cells] == all_intents()
    assert cells[0] == "打车 当前位置→当前位置"
    assert "兴趣推荐 当前位置 附近 美食" in cells


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("打车 当前位置->家", intent("tool_1", "当前位置", "家")),
        ("打车　当前位置　＝＞　家", intent("tool_1", "当前位置", "家")),
        ("打车：当前位置－＞家", intent("tool_1", "当前位置", "家")),
        ("“打车 当前位置 —> 家”", intent("tool_1", "当前位置", "家")),
        ("TOOL_1(当前位置,家)", intent("tool_1", "当前位置", "家")),
        ("导航 当前位置⇒家", intent("tool_2", "当前位置", "家")),
        ("tool_5 当前位置、附近、美食", intent("tool_5", "当前位置", "附近", "美食")),
        ("\ufeff查天气\u200b ", intent("tool_9")),
        ("单ＰＯＩ真实到店展示", intent("tool_6")),
    ],
)
def test_an_intent_may_be_written_in_many_ways(text, expected):
    assert parse_intent(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("飞行 当前位置→家", "'飞行' is no service"),
        ("tool_11", "no service"),
        ("→", "no service"),
        ("打车 当前位置", "takes 2 values (起始位置、终点位置), not 1; write it like 打车 当前位置→当前位置"),
        ("查天气 附近", "takes 0 values (none), not 1"),
        ("打车 家→当前位置", "起始位置 '家' is not one of 当前位置、前一位推荐结果、订单目的地"),
        ("附近单POI推荐 咖啡", "the nearest is 美食"),
        ('{"工具名称": "tool_9"}', "no service"),
    ],
)
def test_what_is_no_intent_is_refused_with_what_to_write(text, message):
    with pytest.raises(ValueError) as error:
        parse_intent(text)
    assert message in str(error.value)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])) | st.text("'’=+-@ \t\r\n＝x", max_size=6))
def test_no_cell_begins_like_a_formula_and_each_comes_back(text):
    cell = guard(text)
    assert unguard(cell) == text
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
    assert not cell.startswith(("\t", "\r", "\n"))


# There and back


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
def test_a_sheet_saved_by_a_spreadsheet_gives_the_same_seeds(how, exported, command, tmp_path):
    path = exported()
    assert command("import", path, tmp_path / "plain.jsonl", "--who", "a")[0] == 0
    RESAVED[how](path, table(path))
    code, out, err = command("import", path, tmp_path / "resaved.jsonl", "--who", "a")
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


def test_smart_quotes_in_the_original_are_read_as_straight_ones(exported, command, tmp_path):
    path = exported([ROW])
    edit(path, 0, row=table(path)[1][-1].replace('"', "“"))
    assert command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    assert seeds_of(tmp_path / "seeds.jsonl")[0][1:] == (ROW, [])


def test_a_label_of_another_spacing_stays_to_the_character(exported, command, tmp_path):
    spaced = "\n".join(f"<{name}> {text}\r\n</{name}>" for name, text in zip(NAMES, REASONS, strict=True))
    label = f"<THOUGHT>{spaced}\n</THOUGHT>{json.dumps(PLAN, ensure_ascii=False, indent=1)}"
    path = exported([ROW | {LABEL: label}])
    save(path, [[field.strip().replace("\r\n", "\n") for field in record] for record in table(path)])
    assert command("import", path, tmp_path / "a.jsonl", "--who", "a")[0] == 0
    assert seeds_of(tmp_path / "a.jsonl")[0][1:] == (ROW | {LABEL: label}, [])
    # a corrected step is written anew, the text of the others stays
    edit(path, 0, STEP_1=" anew\r\n")
    assert command("import", path, tmp_path / "b.jsonl", "--who", "a")[0] == 0
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


def test_generated_rows_come_back_as_they_were(command, tmp_path, labelled_rows):
    write_rows(tmp_path / "rows.csv", labelled_rows)
    assert command("export", tmp_path / "rows.csv", tmp_path / "cases.csv", "--count", "99")[0] == 0
    assert command("import", tmp_path / "cases.csv", tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    wanted = [row for row in labelled_rows if described(row)]
    assert 30 < len(wanted) < 48
    assert [(row, changes) for _, row, changes in seeds_of(tmp_path / "seeds.jsonl")] == [(row, []) for row in wanted]
    before = (tmp_path / "seeds.jsonl").read_bytes()
    code, out, _ = command("import", tmp_path / "cases.csv", tmp_path / "seeds.jsonl", "--who", "b")
    assert code == 0
    assert f"unchanged {len(wanted):6d}" in out
    assert (tmp_path / "seeds.jsonl").read_bytes() == before


# What cannot be used


def test_all_bad_cells_are_named_at_once(exported, command, tmp_path):
    rows = [ROW | {"id": str(i), "current_poi_name": f"p_{i}"} for i in range(10, 17)]
    path = exported(rows)
    edit(path, 0, intent_2="咖啡", STEP_1="", verdict="maybe")
    edit(path, 1, intent_2="", STEP_5="and then")
    edit(path, 2, intent_1="兴趣推荐 前一位推荐结果 附近 美食")
    edit(path, 3, intent_2="周边公交")
    edit(path, 4, intent_3="订单提醒", CONTEXT="see <STEP_1>")
    edit(path, 5, intent_3="", STEP_3="")
    edit(path, 6, row=table(path)[7][-1].replace("南宁", "南京"), intent_1="走路")
    code, _, err = command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
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


def test_an_order_place_needs_an_order(exported, command, tmp_path):
    row = ROW | {
        "trigger_1": "",
        "current_tag": "服务区",
        LABEL: '[{"工具名称":"tool_9"},{"工具名称":"tool_8"},{"工具名称":"tool_3"}]',
    }
    path = exported([row])
    edit(path, 0, intent_2="打车 当前位置→订单目的地")
    code, _, err = command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
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
def test_a_damaged_sheet_is_refused_by_name(change, message, exported, command, tmp_path):
    path = exported()
    save(path, change(table(path)))
    code, _, err = command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
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
def test_another_kind_of_file_is_refused(data, message, command, tmp_path):
    (tmp_path / "cases.csv").write_bytes(data)
    code, _, err = command("import", tmp_path / "cases.csv", tmp_path / "seeds.jsonl", "--who", "a")
    assert (code, message in err) == (2, True), err


def test_a_sheet_that_lost_letters_to_an_encoding_is_refused(exported, command, tmp_path):
    path = exported([ROW | {"current_poi_name": "p_1 \U0001f600"}])
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode("gbk", "replace"))  # as Chinese Excel does
    code, _, err = command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert (code, "saved in another encoding" in err) == (2, True)
    # Latin letters for the bytes of UTF-8
    path = exported([ROW])
    path.write_bytes(path.read_bytes().decode("cp1252", "replace").encode())
    code, _, err = command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert code == 2


def test_nothing_that_people_wrote_is_overwritten(exported, command, tmp_path):
    path = exported()
    before = path.read_bytes()
    code, _, err = command("export", tmp_path / "picked.csv", path)
    assert (code, "--force" in err, path.read_bytes() == before) == (2, True, True)
    (tmp_path / "page.html").write_text("mine")
    code, _, err = command("export", tmp_path / "picked.csv", tmp_path / "b.csv", "--html", tmp_path / "page.html")
    assert (code, (tmp_path / "page.html").read_text()) == (2, "mine")
    assert command("export", tmp_path / "picked.csv", tmp_path / "b.csv", "--html", tmp_path / "b.csv")[0] == 2
    assert not (tmp_path / "b.csv").exists()


# Corrections and reviewers


def test_a_correction_keeps_who_when_and_what(exported, command, tmp_path):
    path = exported()
    edit(path, 0, intent_2="查天气", STEP_2="出门要看天气。", note="订单刚下，不必提醒", corrected_by="李雷")
    edit(path, 0, intent_4="写评价", STEP_4="吃完再评。")
    code, out, _ = command("import", path, tmp_path / "seeds.jsonl", "--who", "韩梅梅")
    assert code == 0
    assert "2 seeds, 1 with changes" in out
    first, second = read_seeds(tmp_path / "seeds.jsonl")
    label = parse_label(first.row[LABEL])
    assert render_plan(label.plan) == render_plan([PLAN[0], intent("tool_9"), PLAN[2], intent("tool_10")])
    texts = [REASONS[0], REASONS[1], REASONS[2], "出门要看天气。", REASONS[4], "吃完再评。"]
    assert [block.text for block in label.blocks] == texts
    assert {name: value for name, value in first.row.items() if name != LABEL} == {
        name: value for name, value in ROW.items() if name != LABEL
    }
    assert [(one["who"], one["column"], one["before"], one["after"]) for one in first.changes] == [
        ("李雷", "note", "", "订单刚下，不必提醒"),
        ("李雷", "intent_2", "订单提醒", "查天气"),
        ("李雷", "intent_4", "", "写评价"),
        ("李雷", "STEP_2", "下单不久。", "出门要看天气。"),
        ("李雷", "STEP_4", "", "吃完再评。"),
    ]
    assert all(one["when"].endswith("+00:00") for one in first.changes)
    assert second.row == HOSTILE
    # the same sheet again
    before = (tmp_path / "seeds.jsonl").read_bytes()
    assert command("import", path, tmp_path / "seeds.jsonl", "--who", "韩梅梅")[0] == 0
    assert (tmp_path / "seeds.jsonl").read_bytes() == before


def test_a_formula_typed_as_a_reason_is_text(exported, command, tmp_path):
    path = exported()
    edit(path, 0, CONTEXT="'=SUM(A1)", STRATEGY="=2")
    assert command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    blocks = parse_label(read_seeds(tmp_path / "seeds.jsonl")[0].row[LABEL]).blocks
    assert [blocks[0].text, blocks[1].text] == ["=SUM(A1)", "=2"]


def sheet_of(path, tmp_path, reviewer, *edits):
    """A copy of the export with that reviewer's edits."""
    copy = tmp_path / f"{reviewer}.csv"
    copy.write_bytes(path.read_bytes())
    for case, cells in edits:
        edit(copy, case, **cells)
    return copy


def test_reviewers_corrections_are_put_together(exported, command, tmp_path):
    rows = [ROW | {"id": str(i), "current_poi_name": f"p_{i}"} for i in range(10, 14)]
    path, seeds = exported(rows), tmp_path / "seeds.jsonl"
    a = sheet_of(
        path, tmp_path, "a", (0, {"STEP_1": "A"}), (1, {"STEP_1": "A", "STEP_2": "A"}), (3, {"verdict": "drop"})
    )
    b = sheet_of(path, tmp_path, "b", (1, {"STEP_1": "B"}), (2, {"verdict": "删除", "note": "太少见"}))
    assert command("import", a, seeds, "--who", "a")[0] == 0
    code, out, _ = command("import", b, seeds, "--who", "b")
    assert code == 0
    names = [described(row)["name"] for row in rows]
    found = {one.name: one for one in read_seeds(seeds)}
    # b did not touch the first: a's word stays. The second is b's as a whole, a's part of it stays on record.
    texts = {name: [block.text for block in parse_label(found[name].row[LABEL]).blocks[2:4]] for name in found}
    assert texts == {names[0]: ["A", REASONS[3]], names[1]: ["B", REASONS[3]]}
    assert [(one["who"], one["column"], one["after"]) for one in found[names[1]].changes] == [
        ("a", "STEP_1", "A"),
        ("a", "STEP_2", "A"),
        ("b", "STEP_1", "B"),
        ("b", "STEP_2", REASONS[3]),
    ]
    assert f"{names[1]}: b's correction replaces a's" in out
    # keep is what b's sheet said before anyone read it
    assert f"{names[3]}: stays dropped, by a" in out
    assert f"dropped        2  {names[2]}, {names[3]}" in out
    dropped = [json.loads(line) for line in (tmp_path / "seeds.jsonl.dropped.jsonl").read_text("utf-8").splitlines()]
    assert {one["name"] for one in dropped} == {names[2], names[3]}
    note = next(one["changes"] for one in dropped if one["name"] == names[2])
    assert [(one["column"], one["after"]) for one in note] == [("note", "太少见"), ("verdict", "drop")]


def test_a_fresh_export_takes_no_earlier_correction_back(exported, command, tmp_path):
    path, seeds = exported(), tmp_path / "seeds.jsonl"
    a = sheet_of(path, tmp_path, "a", (0, {"STEP_1": "A"}), (1, {"verdict": "drop"}))
    assert command("import", a, seeds, "--who", "a")[0] == 0
    before = seeds.read_bytes()
    code, out, _ = command("import", path, seeds, "--who", "a")
    names = [described(row)["name"] for row in (ROW, HOSTILE)]
    assert (code, seeds.read_bytes() == before) == (0, True)
    assert f"{names[0]}: not corrected in this sheet, so a's earlier correction stays" in out
    assert f"{names[1]}: stays dropped, by a" in out
    # what b corrects in a dropped case is on record, and the case can be let in again by hand
    b = sheet_of(path, tmp_path, "b", (1, {"STEP_1": "B"}))
    assert command("import", b, seeds, "--who", "b")[0] == 0
    gone = tmp_path / "seeds.jsonl.dropped.jsonl"
    changes = json.loads(gone.read_text("utf-8"))["changes"]
    assert [(one["who"], one["column"], one["after"]) for one in changes] == [
        ("a", "verdict", "drop"),
        ("b", "STEP_1", "B"),
    ]
    gone.unlink()
    assert command("import", b, seeds, "--who", "b")[0] == 0
    assert [one.name for one in read_seeds(seeds)] == names
    # corrections there and back and there again are three changes
    for text in ("C", "D", "C"):
        assert command("import", sheet_of(path, tmp_path, "a", (0, {"STEP_1": text})), seeds, "--who", "a")[0] == 0
    assert [one["after"] for one in read_seeds(seeds)[0].changes] == ["A", "C", "D", "C"]


def test_what_was_corrected_before_it_was_dropped_stays_on_record(exported, command, tmp_path):
    path = exported()
    edit(path, 0, verdict="drop", intent_1="骑车去", STEP_1="")
    assert command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    (dropped,) = [json.loads(one) for one in (tmp_path / "seeds.jsonl.dropped.jsonl").read_text("utf-8").splitlines()]
    assert [(one["column"], one["before"], one["after"]) for one in dropped["changes"]] == [
        ("intent_1", "打车 当前位置→订单目的地", "骑车去"),
        ("STEP_1", REASONS[2], ""),
        ("verdict", "keep", "drop"),
    ]
    assert dropped["row"] == ROW
    before = (tmp_path / "seeds.jsonl.dropped.jsonl").read_bytes()
    assert command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    assert (tmp_path / "seeds.jsonl.dropped.jsonl").read_bytes() == before


def test_what_is_not_taken_over_is_said(exported, command, tmp_path):
    rows = [ROW | {"id": str(i), "current_poi_name": f"p_{i}"} for i in range(10, 13)]
    path = exported(rows)
    edit(path, 0, where="在家", filter="不通过吧")
    save(path, [record for i, record in enumerate(table(path)) if i != 2])
    code, out, _ = command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert code == 0
    name = described(rows[0])["name"]
    assert f"{name} (spreadsheet line 2): column where is for reading only" in out
    assert f"{name} (spreadsheet line 2): column filter is for reading only" in out
    assert "cases 2 are not in the sheet" in out


def test_every_case_dropped_leaves_no_seeds(exported, command, tmp_path):
    path = exported([ROW])
    edit(path, 0, verdict="drop")
    code, _, err = command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert (code, "no seed would be left" in err) == (2, True)
    assert not list(tmp_path.glob("seeds*"))


# What is exported


def test_a_row_without_a_usable_plan_gets_the_rules():
    own = seed_cases.propose(ROW)
    assert own.row == ROW
    bare = seed_cases.propose(ROW | {LABEL: render_plan(PLAN)})
    assert (bare.plan, bare.opinion) == (PLAN, "通过")
    assert parse_label(bare.row[LABEL]).plan == PLAN
    assert len(parse_label(bare.row[LABEL]).blocks) == 5
    for label, opinion in (
        ("", "没有原计划，这里是规则给出的计划"),
        ("[", "原计划不可用：标注读不出计划（format.json），这里是规则给出的计划"),
        ('[{"工具名称":"tool_11"}]', "原计划不可用：意图数不在3到9之间（format.length），这里是规则给出的计划"),
    ):
        made = seed_cases.propose(ROW | {LABEL: label})
        assert made.opinion == opinion
        assert checked_label(made.row).blocks


def test_a_request_is_one_case_however_often_it_stands_there(exported, command, tmp_path):
    """Ids repeat and so do requests; the first one counts. A row without a trigger is no case."""
    path = exported([ROW, ROW | {"id": "8", LABEL: ""}, ROW | {"trigger_1": "其他"}, HOSTILE])
    assert [record[0] for record in table(path)] == ["case", "1 of 2", "2 of 2"]
    assert command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    assert [one.row for one in read_seeds(tmp_path / "seeds.jsonl")] == [ROW, HOSTILE]
    write_rows(tmp_path / "none.csv", [ROW | {"trigger_1": "其他"}])
    code, _, err = command("export", tmp_path / "none.csv", tmp_path / "other.csv")
    assert (code, "no row has a trigger" in err) == (2, True)


def test_a_plan_against_the_rules_is_shown_for_a_person_to_correct(exported, command, tmp_path):
    twice = [PLAN[0], PLAN[1], PLAN[1]]
    path = exported([ROW | {LABEL: render_plan(twice)}])
    header, cells = table(path)
    assert cells[header.index("filter")] == "未通过：有两个相同的意图（logic.duplicate）"
    code, _, err = command("import", path, tmp_path / "seeds.jsonl", "--who", "a")
    assert (code, "column intent_3: logic.duplicate" in err) == (2, True)
    edit(path, 0, intent_3="查天气")
    assert command("import", path, tmp_path / "seeds.jsonl", "--who", "a")[0] == 0
    assert parse_label(read_seeds(tmp_path / "seeds.jsonl")[0].row[LABEL]).plan == [*PLAN[:2], intent("tool_9")]


def test_the_choice_is_diverse_and_the_same_every_time(labelled_rows):
    proposals = [seed_cases.propose(row) for row in labelled_rows if described(row)]
    chosen = seed_cases.choose(proposals, 20, seed=0)
    assert [one.row for one in chosen] == [one.row for one in seed_cases.choose(proposals, 20, seed=0)]
    assert [one.row for one in chosen] != [one.row for one in seed_cases.choose(proposals, 20, seed=1)]
    values = {described(one.row)["trigger"] for one in chosen}
    assert values == {described(one.row)["trigger"] for one in proposals}
    assert [proposals.index(one) for one in chosen] == sorted(proposals.index(one) for one in chosen)
    assert seed_cases.choose(proposals, 999, seed=0) == proposals


def test_what_the_choice_lacks_is_taken_before_more_of_the_same():
    usual = [seed_cases.propose(ROW | {"id": str(i), "current_poi_name": f"p_{i}"}) for i in range(10, 29)]
    plan = [intent("tool_9"), *PLAN[1:], intent("tool_3")]
    rare = seed_cases.propose(
        ROW | {"trigger_1": "加油", "currenttime": "2026-03-02 08:00:00", LABEL: render_plan(plan)}
    )
    for seed in range(20):
        # of 20 rows one is another kind, another first intent, another length, another time of day
        assert rare in seed_cases.choose([*usual, rare], 2, seed)


# The page


def test_the_timeline_is_in_order_and_says_no_minutes_it_does_not_know(command, tmp_path):
    behaviours = "在3月2日周一20点act_2了位于异地行中高铁站的p_9, 在3月2日周一22点act_5了位于本地旅馆的p_2"
    times = {"trigger_5": "2026-03-02 22:30:00", "trigger_6": "2026-03-02 00:00:00", "trigger_7": "2026-03-03 00:00:00"}
    row = ROW | times | {"short_term_behavior_seq": behaviours}
    assert [(one.kind, one.words) for one in timeline(row)] == [
        ("start", "入住"),
        ("past", "异地行中 高铁站"),
        ("past", "本地 旅馆（订单地点）"),
        ("made", "下单"),
        ("now", "现在打开首页"),
        ("end", "离店"),
    ]
    write_rows(tmp_path / "rows.csv", [row])
    assert command("export", tmp_path / "rows.csv", tmp_path / "c.csv", "--html", tmp_path / "c.html")[0] == 0
    shown = re.findall(r'<span class="time">([^<]*)</span>', (tmp_path / "c.html").read_text(encoding="utf-8"))
    assert shown == [
        "3月2日周一 · 今天",
        "3月2日周一20点 · 约2小时前",
        "3月2日周一22点 · 约59分钟前",
        "3月2日周一22点30分 · 29分钟前",
        "3月2日周一22点59分",
        "3月3日周二 · 明天",
    ]
    # what can't be read stands last, as it is
    unread = timeline(row | {"trigger_5": "yesterday"})[-1]
    assert (unread.time, unread.words, unread.detail) == (None, "下单", "yesterday")


def test_the_page_shows_what_rows_say_and_runs_none_of_it(command, tmp_path):
    evil = "<script>alert(1)</script>\"'&amp;$count"
    blocks = list(zip(NAMES, [f"{name} {evil}" for name in NAMES], strict=True))
    row = ROW | dict.fromkeys((name for name in COLUMNS if name != LABEL), evil)
    row |= {"trigger_1": "酒店", "currenttime": evil, LABEL: render_label(blocks, PLAN)}
    row["short_term_behavior_seq"] = f"在3月2日周一22点act_2了位于本地{evil}的p_1"
    write_rows(tmp_path / "rows.csv", [row, ROW])
    assert command("export", tmp_path / "rows.csv", tmp_path / "c.csv", "--html", tmp_path / "c.html")[0] == 0
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert page.count("<script") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;amp;$count" in page
    assert "<script>alert" not in page
    for outside in ("http:", "https:", "src=", "@import", "url("):
        assert outside not in page.replace(" script-src", ""), outside
    # the case as a person reads it
    for words in ("打车", "订单提醒", "当前位置", "2026年3月2日周一22点59分", "身在外地", *REASONS, "规则检查：通过"):
        assert words in page
    assert page.count("<article ") == 2
    # every icon that is used is drawn
    assert all(f'<symbol id="{name}"' in page for name in ("tool_1", "tool_8", "tool_5", "tool_10"))


def test_the_pages_own_script_is_the_one_its_policy_allows(command, tmp_path):
    import base64
    import hashlib

    write_rows(tmp_path / "rows.csv", [ROW])
    assert command("export", tmp_path / "rows.csv", tmp_path / "c.csv", "--html", tmp_path / "c.html")[0] == 0
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    script = page.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


# The seeds that ship


def test_the_shipped_seeds_are_what_their_recipe_makes(command, tmp_path):
    """recipes/seeds.sh in this process; if the world or the rule teacher changed, run that recipe."""
    from synthesis.triggers import pick_file
    from synthesis.world import write_world

    recipe = (ROOT / "recipes" / "seeds.sh").read_text(encoding="utf-8")
    assert all(words in recipe for words in ("ROWS:-1200", "WORLD_SEED:-5", "COUNT:-40", "--who rules"))
    write_world(tmp_path / "rows.csv", 1200, 5)
    pick_file(tmp_path / "rows.csv", tmp_path / "picked.csv", force=False)
    assert command("export", tmp_path / "picked.csv", tmp_path / "cases.csv", "--count", "40")[0] == 0
    assert command("import", tmp_path / "cases.csv", tmp_path / "seeds.jsonl", "--who", "rules")[0] == 0
    assert (tmp_path / "seeds.jsonl").read_bytes() == SEEDS.read_bytes()


def test_a_record_of_changes_that_says_too_little_is_refused(tmp_path):
    seed = json.loads(SEEDS.read_text(encoding="utf-8").splitlines()[0])
    change = dict.fromkeys(("who", "when", "column", "before", "after"), "x")
    path = tmp_path / "seeds.jsonl"
    path.write_text(json.dumps(seed | {"changes": [change]}), encoding="utf-8")
    assert read_seeds(path)[0].changes == [change]
    for changes in ([{"who": "a"}], "a", [change | {"when": 1}]):
        path.write_text(json.dumps(seed | {"changes": changes}), encoding="utf-8")
        with pytest.raises(DataError, match="changes must be a list of who, when, column, before, after"):
            read_seeds(path)


def test_the_shipped_seeds_are_sound_and_diverse():
    seeds = read_seeds()
    labels = [checked_label(one.row) for one in seeds]
    assert len(seeds) == 40
    assert not any(one.changes for one in seeds)  # written by rules: nobody's corrections
    assert {one.trigger for one in seeds} == {"arrival", "ride", "hotel", "ticket", "fuel", "charging"}
    assert {len(label.plan) for label in labels} == set(range(3, 10))
    assert len({render_plan(label.plan[:1]) for label in labels}) >= 15
    assert len({situation(one.row).day_part for one in seeds}) == 7
    # of other people than the embedded default's rows
    from synthesis.embedded import TEST_SEED, TRAIN_SEED
    from synthesis.world import generate

    for seed in (TRAIN_SEED, TEST_SEED):
        other = {row["short_term_behavior_seq"] for row in generate(300, seed)}
        assert not other & {one.row["short_term_behavior_seq"] for one in seeds if one.row["short_term_behavior_seq"]}


def test_real_rows_make_cases(command, tmp_path, real_csv):
    code, _, _ = command("export", real_csv, tmp_path / "c.csv", "--count", "60", "--html", tmp_path / "c.html")
    assert code == 0
    code, out, err = command("import", tmp_path / "c.csv", tmp_path / "s.jsonl", "--who", "a")
    assert (code, err) == (0, "")
    assert "note:" not in out
    rows = {row["id"]: row for row in read_rows(real_csv)}
    for seed in read_seeds(tmp_path / "s.jsonl"):
        assert {**seed.row, LABEL: ""} == {**rows[seed.row["id"]], LABEL: ""}
        assert parse_label(seed.row[LABEL]).plan == json.loads(rows[seed.row["id"]][LABEL])
