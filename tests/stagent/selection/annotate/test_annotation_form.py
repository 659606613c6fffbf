"""The annotator's question, and every way in which an answer can be wrong."""

import pytest

from stagent.queries.interview import UnusableAnswer
from stagent.queries.taxonomy import AUXILIARY_IDS, LEAVES
from stagent.selection.annotate.annotation_form import AnnotationForm, read_annotation, system_text
from stagent.selection.annotate.labels import Annotation
from stagent.selection.annotate.records import record_of

NEAREST = "discovery.poi_search.spatial_optimized_poi_search"
ROUTE = "planning_and_decision.route_planning"


def said(primary=NEAREST, secondary="", auxiliary="", rest=""):
    return (
        f"<primary_intent>{primary}</primary_intent>\n<secondary_intents>{secondary}</secondary_intents>\n"
        f"<auxiliary_dimensions>{auxiliary}</auxiliary_dimensions>{rest}"
    )


def test_the_question_holds_the_whole_taxonomy_and_ends_in_the_instruction():
    chat = AnnotationForm().chat(record_of({"text": "找药店", "context": "在海边"}))
    assert all(name in chat[0]["content"] for name in (*AUXILIARY_IDS, *(leaf.id for leaf in LEAVES)))
    assert all(leaf.means in system_text() and leaf.unlike in system_text() for leaf in LEAVES)
    assert chat[1]["content"] == "<context>在海边</context>\n<instruction>找药店</instruction>"


def test_the_example_in_the_question_is_a_right_answer():
    example = system_text()[system_text().rindex("<primary_intent>") :]
    found = read_annotation(example)
    assert found.primary == NEAREST and found.temporal == {"departure": "temporal_constraints.specific_time"}


def test_an_answer_in_order_is_read():
    rest = "\n<temporal_details>\n<arrival>temporal_constraints.specific_time</arrival>\n</temporal_details>\n"
    answer = said(secondary=ROUTE, auxiliary="temporal_constraints.now budget_constraints.free", rest=rest)
    assert read_annotation(answer) == Annotation(
        NEAREST,
        (ROUTE,),
        ("temporal_constraints.now", "budget_constraints.free"),
        {"arrival": "temporal_constraints.specific_time"},
    )
    assert read_annotation(said("other_or_unclear")) == Annotation("other_or_unclear")


@pytest.mark.parametrize(
    ("answer", "reason", "named"),
    [
        (said() + "说明", "answer.around", "说明"),
        ("好的：" + said(), "answer.around", "好的"),
        (said("spatial_optimized_poi_search"), "answer.taxonomy", f"应为 {NEAREST}"),
        (said("discovery.cafes"), "answer.taxonomy", "discovery.cafes"),
        (said(f"{NEAREST} {ROUTE}"), "answer.shape", "2"),
        (said(""), "answer.shape", "0"),
        (said(secondary=" ".join(leaf.id for leaf in LEAVES[:4])), "answer.many", "4"),
        (said(secondary=NEAREST), "answer.repeated", NEAREST),
        (said(secondary="other_or_unclear"), "answer.taxonomy", "other_or_unclear"),
        (said(auxiliary="temporal_constraints.now temporal_constraints.now"), "answer.repeated", "now"),
        (said(auxiliary="nearby"), "answer.taxonomy", "spatial_constraints.within_city.nearby"),
        (said("other_or_unclear", secondary=ROUTE), "answer.other", "other_or_unclear"),
        (said(rest="<temporal_details></temporal_details>"), "answer.temporal", "空"),
        (said(rest="<temporal_details><departure></departure></temporal_details>"), "answer.temporal", "departure"),
        (said(rest="<temporal_details><departure>now</departure></temporal_details>"), "answer.temporal", "now"),
        (said(rest="<temporal_details><soon>x</soon></temporal_details>"), "answer.around", "soon"),
        (said().replace("<secondary_intents></secondary_intents>\n", ""), "answer.shape", "secondary_intents"),
        (said() + said(), "answer.shape", "两次"),
        ("<secondary_intents></secondary_intents>" + said().replace("<secondary_intents></secondary_intents>\n", ""),
         "answer.shape", "前面"),
        ("<primary_intent>x", "answer.around", "primary_intent"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(answer, reason, named):
    with pytest.raises(UnusableAnswer, match=named) as caught:
        read_annotation(answer)
    assert caught.value.reason == reason
