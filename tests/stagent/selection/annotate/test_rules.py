"""The rules on what people say, and their files."""

from pathlib import Path

import pytest

from stagent.queries.task import check_annotation
from stagent.queries.taxonomy import AUXILIARY_IDS, LEAVES, OTHER
from stagent.selection.annotate.difficulty_rules import assess
from stagent.selection.annotate.meanings import read
from stagent.selection.annotate.records import record_of
from stagent.selection.annotate.rules import annotate, best_leaf, constraints, cues, implied
from stagent.selection.annotate.vocabulary import MEANINGS
from stagent.tools.schemas import BY_NAME

TAILS = {leaf.id.rsplit(".", 1)[-1]: leaf.id for leaf in LEAVES} | {OTHER: OTHER}


def said(name):
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            leaf, level, text = line.split("\t")
            yield TAILS[leaf], int(level), text


@pytest.mark.parametrize("name", ["said.tsv", "said_later.tsv"])
def test_leaves_and_difficulties_of_what_people_say(name):
    """Both files were looked at while the rules were written: a floor, no estimate."""
    rows = list(said(name))
    right = sum(annotate(text).primary == leaf for leaf, _, text in rows)
    near = sum(abs(assess(record_of({"text": text})).difficulty - level) <= 1 for _, level, text in rows)
    assert right / len(rows) >= 0.93 and near / len(rows) >= 0.85
    assert {leaf for leaf, _, _ in rows} == {*TAILS.values()}


def test_the_files_use_names_that_something_means():
    leaves = {*TAILS.values()}
    assert cues().keys() == leaves and implied().keys() <= leaves and constraints().keys() <= {*AUXILIARY_IDS}
    used = {name for lines in cues().values() for cue in lines for name in cue.needed | cue.unwanted}
    used |= {name for ways in constraints().values() for needed, unwanted in ways for name in needed | unwanted}
    assert used <= MEANINGS
    of_leaves = {f"is_{tail}" for tail in TAILS}
    others = {name for ways in implied().values() for needed, unwanted in ways for name in needed | unwanted}
    assert others <= MEANINGS | of_leaves


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("和朋友在海图美术馆附近找个火锅店", "和朋友在N附近找个K"),
        ("从望潮公园到澜屿站", "从N到N"),
        ("去澜屿第二人民医院", "去N"),
        ("澜屿火锅店", "CK"),
        ("晚晴公园几点关门", "N几点关门"),
        ("沙鸥区评分最高的面馆", "D评分最高的K"),
        ("书店集合", "K集合"),
    ],
)
def test_places_are_found_without_a_list_of_names(text, shape):
    assert read(text).shape == shape


def test_what_a_name_is_made_of_means_nothing():
    assert "rail" not in read("霜原铁路博物馆在哪").meanings
    assert "rail" in read("坐火车去霜原").meanings


def test_every_annotation_is_of_the_taxonomy_and_every_chain_of_the_tools():
    for _, _, text in (*said("said.tsv"), *said("said_later.tsv")):
        found = annotate(text)
        check_annotation(found.primary, found.secondary, found.auxiliary, found.temporal)
        for number, step in enumerate(assess(record_of({"text": text})).steps, 1):
            tool = BY_NAME[step.tool]
            assert (
                {one.name for one in tool.parameters if one.required}
                <= step.sources.keys()
                <= {one.name for one in tool.parameters}
            )
            assert all(f"$Step{later}" not in source for source in step.sources.values() for later in range(number, 9))


@pytest.mark.parametrize("text", ["", "。。。", "asdkfj qwoeiu", "😀😀", "\u200b", "的的的的", "嗯" * 19_000])
def test_nonsense_is_other(text):
    assert best_leaf(read(text))[0] == OTHER


def test_constraints_and_ends_of_a_trip():
    found = annotate("明天下午三点前要开车赶到澜屿站，现在出发来得及吗")
    assert found.temporal == {
        "arrival": "temporal_constraints.specific_time",
        "departure": "temporal_constraints.now",
    }
    assert {"temporal_constraints.tomorrow", "temporal_constraints.specific_time"} <= {*found.auxiliary}
    cheap = annotate("附近人均五十元以内、评分4.5以上的川菜馆")
    assert {
        "spatial_constraints.within_city.nearby",
        "budget_constraints.upper_limit",
        "preference_constraints.rating",
    } <= {*cheap.auxiliary}


def test_a_dry_run_takes_places_from_searches_and_the_context():
    steps = assess(record_of({"text": "从我家到望潮公园怎么走", "context": "位置：30.1,174.6；家：30.2,174.7"})).steps
    assert [step.tool for step in steps] == ["map_search_places", "map_compute_routes"]
    assert assess(record_of({"text": "从我家到望潮公园怎么走", "context": "位置：30.1,174.6"})).feasibility == (
        "missing_information"
    )
