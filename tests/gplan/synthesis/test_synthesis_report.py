"""The synthesis report: figures by hand, beside a real file's or the published ones, and a page that runs nothing."""

import json
import re
from html.parser import HTMLParser

import pytest

from data_process.intents import intent
from data_process.response import render_label
from data_process.schema import COLUMNS, LABEL, write_rows
from gplan.synthesis.distributions import PUBLISHED_LENGTHS, PUBLISHED_TOOLS, write_report
from utils import InputError

WEATHER, ORDER, STORE = intent("tool_9"), intent("tool_8"), intent("tool_6")
FOOD = intent("tool_5", "当前位置", "附近", "美食")
BLOCKS = [("CONTEXT", "甲"), ("STRATEGY", "乙"), *((f"STEP_{i}", "丙") for i in range(1, 4))]


def row(plan, blocks=()):
    return dict.fromkeys(COLUMNS, "") | {LABEL: render_label(list(blocks), plan)}


# 3 intents with reasoning, twice; 4 without, once
ACCEPTED = [row([WEATHER, ORDER, FOOD], BLOCKS), row([STORE, ORDER, FOOD], BLOCKS), row([WEATHER, ORDER, FOOD, STORE])]
FUNNEL = {"requests": 10, "answered": 8, "accepted": 3}
REASONS = {"logic.duplicate": 1, "format.length": 4}


def report(folder, accepted=ACCEPTED, real=None, **more):
    return write_report(folder=folder, funnel=FUNNEL, reasons=REASONS, accepted=accepted, real_sample=real, **more)


def test_counts_and_distances_beside_a_real_file(tmp_path):
    real = [row([WEATHER, ORDER, FOOD, STORE])] * 3 + [row([STORE, ORDER, FOOD])] + [row([]) | {LABEL: "broken"}]
    write_rows(tmp_path / "real.csv", real)
    result = report(tmp_path, real=tmp_path / "real.csv")
    assert json.loads((tmp_path / "synthesis_report.json").read_text(encoding="utf-8")) == result
    assert result["funnel"] == FUNNEL
    assert list(result["reasons"]) == ["format.length", "logic.duplicate"]  # the commonest first
    assert result["accepted"] == {"rows": 3, "unreadable": 0}
    assert result["beside"] == {"source": "real.csv", "rows": 5, "unreadable": 1}
    lengths, tools, first = (result["distributions"][name] for name in ("plan_length", "tools", "first_intent"))
    # shares of length 3 and 4: 2/3, 1/3 here, 1/4, 3/4 there
    assert (lengths["accepted"], lengths["beside"]) == ({"3": 2, "4": 1}, {"4": 3, "3": 1})
    assert lengths["total_variation"] == pytest.approx(2 / 3 - 1 / 4, abs=1e-4)
    # of 10 intents 2 weather, 3 order, 3 food, 2 store; of 15: 3, 4, 4, 4
    assert tools["accepted"] == {"tool_8": 3, "tool_5": 3, "tool_9": 2, "tool_6": 2}
    assert tools["total_variation"] == pytest.approx(2 * (0.3 - 4 / 15), abs=1e-4)
    assert first["accepted"] == {"查天气": 2, "单POI真实到店展示": 1}
    assert first["total_variation"] == pytest.approx(3 / 4 - 2 / 3, abs=1e-4)
    # <CONTEXT>甲</CONTEXT> 20, <STRATEGY>乙</STRATEGY> 22, three times <STEP_1>丙</STEP_1> 18
    assert result["reasoning_chars"] == {"rows": 2, "mean": 96.0, "min": 96, "median": 96, "max": 96}


def test_without_a_real_file_the_published_counts_stand_beside(tmp_path):
    result = report(tmp_path)
    assert PUBLISHED_LENGTHS.total() == 1000
    assert PUBLISHED_TOOLS.total() == 4410
    # intents by length, counted the other way: 596 * 4 + 398 * 5 + 6 * 6
    assert sum(int(length) * rows for length, rows in PUBLISHED_LENGTHS.items()) == 4410
    lengths = result["distributions"]["plan_length"]
    # 3 does not occur there, 4 is 0.596 there and 1/3 here: what lies over the other side is 2/3
    assert lengths["total_variation"] == pytest.approx(2 / 3, abs=1e-4)
    first = result["distributions"]["first_intent"]
    assert (first["beside"], first["total_variation"]) == (None, None)
    assert first["published_share"] == {"打车 当前位置→订单目的地": 0.365}
    page = (tmp_path / "synthesis_report.html").read_text(encoding="utf-8")
    assert "published of real rows: 打车 当前位置→订单目的地 36.5%" in page


def bars(page, title):
    """Names and values of a chart's bars, by their text."""
    section = next(part for part in page.split("<section>") if part.startswith(f"<h2>{title}</h2>"))
    return re.findall(r"<text [^>]*>([^<]*)</text>", section), re.findall(r'width="([\d.]+)"', section)


def test_the_page_shows_the_figures(tmp_path):
    report(tmp_path)
    page = (tmp_path / "synthesis_report.html").read_text(encoding="utf-8")
    texts, widths = bars(page, "Funnel")
    assert texts == ["requests", "100.0%  (10)", "answered", "80.0%  (8)", "accepted", "30.0%  (3)"]
    assert [float(width) / float(widths[0]) for width in widths] == pytest.approx([1, 0.8, 0.3], abs=0.01)
    texts, reasons = bars(page, "Why rows fell")
    assert texts == ["format.length", "40.0%  (4)", "logic.duplicate", "10.0%  (1)"]
    assert reasons[0] == widths[0]  # a chart's longest bar takes the whole width
    assert page.count("total variation 0.667") == 1
    lengths = bars(page, "Plan length")[0]
    assert lengths[:6] == ["3 intents", "66.7%  (2)", "0.0%  (0)", "4 intents", "33.3%  (1)", "59.6%  (596)"]
    assert bars(page, "Reasoning")[0] == ["90 to 99", "100.0%  (2)"]


def test_many_first_intents_are_summed_up(tmp_path):
    from data_process.intents import all_intents

    rows = [row([one, *[other for other in (WEATHER, ORDER, STORE) if other != one]]) for one in all_intents()[:40]]
    report(tmp_path, accepted=rows)
    texts, _ = bars((tmp_path / "synthesis_report.html").read_text(encoding="utf-8"), "First intent")
    assert len(texts) == 2 * 15
    assert texts[-2:] == ["others", "65.0%  (26)"]  # 40 less the 14 shown


def test_nothing_accepted_is_a_report_too(tmp_path):
    result = report(tmp_path, accepted=[])
    assert result["accepted"]["rows"] == 0
    assert result["reasoning_chars"] is None
    assert result["distributions"]["tools"]["total_variation"] is None
    assert "0 rows accepted" in (tmp_path / "synthesis_report.html").read_text(encoding="utf-8")
    empty = write_report(folder=tmp_path, funnel={"requests": 0}, reasons={}, accepted=[], real_sample=None)
    assert empty["funnel"] == {"requests": 0}


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_the_page_is_one_file_and_escapes_what_it_is_given(tmp_path):
    evil = "<script>alert(1)</script>\"'&"
    real = tmp_path / "<img src=x>.csv"
    write_rows(real, [row([WEATHER, ORDER, STORE])])
    write_report(folder=tmp_path, funnel={evil: 3}, reasons={evil: 2}, accepted=ACCEPTED, real_sample=real)
    page = (tmp_path / "synthesis_report.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in tags.found}
    assert not [name for _, attributes in tags.found for name in attributes if name in ("src", "href")]
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;") == 2
    assert "&lt;img src=x&gt;.csv" in page
    assert "url(" not in page


def test_a_real_file_that_cannot_be_read_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        report(tmp_path, real=tmp_path / "absent.csv")
    assert not list(tmp_path.iterdir())


def test_plans_of_real_rows_agree_with_the_published_ones(tmp_path, real_csv):
    """Half of the public file: its shares lie near the published ones of the whole."""
    from data_process.schema import read_rows

    result = report(tmp_path, accepted=read_rows(real_csv))
    assert result["distributions"]["plan_length"]["total_variation"] < 0.02
    assert result["distributions"]["tools"]["total_variation"] < 0.02
    assert result["reasoning_chars"] is None
