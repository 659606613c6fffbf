"""Result files, what is rendered of them, and that the page and the READMEs are what they say."""

import argparse
import json
import re
import sys
from datetime import date
from pathlib import Path

import pytest

from experiments import results
from experiments.results import (
    PAGE,
    READMES,
    TABLED,
    Result,
    add,
    figure,
    markdown,
    measured_with,
    read_result,
    readme_block,
    with_tables,
)
from tests.conftest import ROOT
from utils import InputError, door

CONTENT = {
    "title": "Two ways",
    "command": ["bash finetune.sh"],
    "date": "2026-11-20",
    "commit": "abc1234",
    "machine": "2 cores",
    "seed": 7,
    "columns": {"way": None, "Acc@1": ".3f"},
    "rows": [{"way": "PICD", "Acc@1": {"value": 0.7, "low": 0.65, "high": 0.74}}, {"way": "none"}],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of results with one file, ``default``, its page and two READMEs."""
    monkeypatch.setattr(results, "ROOT", tmp_path)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(results, "PAGE", tmp_path / "results.md")
    monkeypatch.setattr(results, "TABLED", {tmp_path / "README.md": "en", tmp_path / "README_zh.md": "zh"})
    monkeypatch.setattr(results, "SECTIONS", {"All": ("default",)})
    (tmp_path / "default.json").write_text(json.dumps(CONTENT))
    for name in ("README.md", "README_zh.md"):
        (tmp_path / name).write_text("before\n<!-- results:default -->\nold\n<!-- /results -->\nafter\n")
    return tmp_path


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["results", *words])
    return door(results.main)


def test_page_and_readmes_are_what_the_files_say():
    texts = results.rendered()
    assert texts.keys() == {PAGE, *TABLED}
    for path, text in texts.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run python -m experiments.results"


def test_no_figure_of_the_readmes_table_is_typed_anywhere_else():
    (block,) = re.findall(r"<!-- results:.*?<!-- /results -->", READMES["en"].read_text(encoding="utf-8"), re.DOTALL)
    shown = set(re.findall(r"\b\d\.\d{3}\b", block)) - {"0.000", "0.999", "1.000"}  # 0.999 is AdamW's β₂ too
    assert len(shown) > 20
    # The log has tables of what was tried, whose figures may well be the same.
    for path in {*READMES.values(), *(ROOT / "docs").glob("*.md")} - {PAGE, ROOT / "docs" / "log.md"}:
        text = re.sub(r"<!-- results:.*?<!-- /results -->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        typed = {word for word in re.findall(r"(?<![\d.])\d?\.\d{3}\b", text) if f"0{word.lstrip('0')}" in shown}
        assert not typed, f"{path.name} types {typed}; link to results.md instead"


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (None, ".3f", ""),
        ("yes", None, "yes"),
        (0.69, ".3f", "0.690"),
        (5175, ",.0f", "5,175"),
        ([33, 22, 45], ",g", "33, 22, 45"),
        ({"low": 0.646, "high": 0.726}, ".3f", "0.646 to 0.726"),
        ({"value": 0.723, "low": 0.68, "high": 0.764}, ".3f", "0.723 (0.680 to 0.764)"),
        ({"value": 14.31, "p95": 19}, ".1f", "14.3 (19)"),
        ({"value": 0.74, "gap": 0.032, "error": 0.01}, ".3f", "0.740 (+0.032 ± 0.010)"),
        ({"value": -32.6, "error": 2.9}, ",g", "-32.6 ± 2.9"),
    ],
)
def test_a_figure_is_shown_with_what_belongs_to_it(value, form, shown):
    assert figure(value, form) == shown


def test_a_table_stands_or_lies():
    result = Result("two", **CONTENT)
    assert markdown(result).splitlines() == [
        "| way | Acc@1 |",
        "| --- | --- |",
        "| PICD | 0.700 (0.650 to 0.740) |",
        "| none |  |",
    ]
    assert markdown(result._replace(transposed=True)).splitlines() == [
        "| way | PICD | none |",
        "| --- | --- | --- |",
        "| Acc@1 | 0.700 (0.650 to 0.740) |  |",
    ]


def test_a_readme_shows_the_columns_that_are_named():
    result = Result("two", **CONTENT | {"columns": {"way": None, "Acc@1": ".3f"}, "readme": ["Acc@1"]})
    assert readme_block(result, "en").splitlines()[:2] == ["| Acc@1 |", "| --- |"]
    assert markdown(result).splitlines()[0] == "| way | Acc@1 |"


def test_a_readme_says_where_its_table_comes_from_in_its_language():
    result = Result("two", **CONTENT | {"seconds": 576.4, "memory_gib": 0.714, "columns": {"": None, "value": ".3f"}})
    result = result._replace(rows=[{"": "Acc@1", "value": {"low": 0.5, "high": 0.6}}])
    table = "| Acc@1 | 0.500 to 0.600 |"
    assert readme_block(result, "en").splitlines()[2:] == [
        table,
        "",
        "576 s of training, 0.71 GiB. Seed 7; 2 cores; 2026-11-20, commit `abc1234`.",
    ]
    assert readme_block(result, "zh").splitlines() == [
        "|  | 数值 |",
        "| --- | --- |",
        "| Acc@1 | 0.500 至 0.600 |",
        "",
        "训练 576 秒，内存 0.71 GiB；种子 7；2026-11-20，提交 `abc1234`。",
    ]


def test_writing_changes_what_stands_between_the_markers_and_check_says_so(folder, monkeypatch, capsys):
    assert run(monkeypatch, "--check") == 1
    assert "README.md: not up to date" in capsys.readouterr().err
    assert "old" in (folder / "README.md").read_text()
    assert run(monkeypatch) == 0
    text = (folder / "README.md").read_text()
    assert text.startswith("before\n<!-- results:default -->\n| way | Acc@1 |\n")
    assert text.endswith("<!-- /results -->\nafter\n") and "old" not in text
    assert '<a id="default"></a>\n### Two ways' in (folder / "results.md").read_text()
    assert run(monkeypatch, "--check") == 0


def test_a_marker_without_a_result_and_a_file_without_a_place_are_named(folder):
    with pytest.raises(InputError, match="results:other -->: no such result"):
        with_tables("<!-- results:other -->\n<!-- /results -->", [], "en")
    (folder / "other.json").write_text(json.dumps(CONTENT))
    with pytest.raises(InputError, match=r"other\.json: has no place on the page"):
        results.read_results()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": None}, "title is missing"),
        ({"sead": 42}, "sead is missing, of another type or unknown"),
        ({"rows": [{"way": "x", "Acc@2": 1}]}, "row 0, column 'Acc@2'"),
        ({"rows": [{"way": "x", "Acc@1": {"value": 1, "mean": 2}}]}, "row 0, column 'Acc@1'"),
    ],
)
def test_a_result_file_that_cannot_be_shown_is_refused(tmp_path, change, message):
    path = tmp_path / "two.json"
    path.write_text(json.dumps(CONTENT | change))
    with pytest.raises(InputError, match=message):
        read_result(path)


def leave_a_run(folder):
    """What test.py and finetune.py leave, as far as it is read, and where; Valid has no floors."""
    bounded = {"value": 0.7, "low": 0.65, "high": 0.74}
    floor = {"acc@1": 0.36}
    metrics = {
        "acc@1": bounded,
        "ndcg@3": None,
        "valid": {"value": 1.0, "low": 1.0, "high": 1.0},
        "rows": 500,
        "floors": {
            **dict.fromkeys(("majority_first_intent", "majority_plan", "tool_9_x3"), floor),
            "best_single_column": floor | {"column": "current_tag"},
        },
        "expected": {"acc@1": 0.71},
        "ceilings": {"acc@1": 0.76},
        "expert": {"acc@1": 0.78},
    }
    made = {"commit": "abc1234567", "cores": 2, "threads": 1, "machine": "x86_64", "devices": []}
    made["versions"] = {"torch": "2.13.0", "transformers": "5.23.0"}
    run = {"environment": made, "arguments": {"seed": 43}, "seconds": 576.4, "peak_memory": {"process_gib": 0.7}}
    folder.mkdir()
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "run.json").write_text(json.dumps(run))
    return {"metrics": str(folder / "metrics.json"), "run": str(folder / "run.json")}


def test_a_result_is_made_of_what_test_and_finetune_wrote(folder):
    paths = leave_a_run(folder / "output")
    args = {"name": "default", "title": None, "command": None, "machine": None, "date": "2026-11-25"}
    result = read_result(add(argparse.Namespace(**args, **paths)))
    assert (result.title, result.command) == ("Two ways", ["bash finetune.sh"])  # as before
    assert (result.commit, result.seed, result.seconds, result.memory_gib) == ("abc1234", 43, 576.4, 0.7)
    assert result.machine == "2 cores of x86_64, 1 thread, no GPU; torch 2.13.0, transformers 5.23.0"
    assert result.note == "500 held-out rows; best column: current_tag."
    run = json.loads(Path(paths["run"]).read_text())
    made = run["environment"] | {"commit": None, "threads": 2}  # code that is no checkout
    assert measured_with(made) == {
        "date": date.today().isoformat(),
        "commit": "unknown",
        "machine": "2 cores of x86_64, 2 threads, no GPU; torch 2.13.0, transformers 5.23.0",
    }
    lines = markdown(result).splitlines()
    assert lines[2] == "| Acc@1 | 0.700 | 0.650 to 0.740 | 0.360 | 0.360 | 0.360 | 0.360 | 0.710 | 0.760 | 0.780 |"
    assert lines[3] == "| Valid | 1.000 | 1.000 to 1.000 |  |  |  |  |  |  |  |"
    assert len(lines) == 4  # no NDCG@3: test.py had none
    with pytest.raises(InputError, match="a new result needs --title and --command"):
        add(argparse.Namespace(**args | {"name": "new"}, **paths))
