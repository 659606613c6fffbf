"""Rows, and the sheet made of them, as tests of seed cases read and write it: by the csv module alone."""

import csv
import io

from data_process.intents import intent
from data_process.response import render_label
from data_process.schema import COLUMNS, LABEL
from gplan.synthesis.seeds.seed_file import read_seeds

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
    "current_poi_name": '@p\t";,',
    "trigger_4": "'p_2\n<script>alert(1)</script>",
    LABEL: render_label(list(zip(NAMES, ["=1+1", "+a\nb", "“引号”，好", "-1;\t2", "'@x"], strict=True)), PLAN),
}


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
