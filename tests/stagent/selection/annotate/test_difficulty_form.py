"""The scorer's question, and every way in which a simulation or a score can be wrong."""

import pytest

from stagent.queries.interview import UnusableAnswer
from stagent.selection.annotate.difficulty_form import DifficultyForm, read_assessment, system_text
from stagent.selection.annotate.labels import Assessment, SimulatedStep
from stagent.selection.annotate.records import record_of
from stagent.tools.schemas import TOOLS

SEARCH = '<step id="1"><tool>map_search_places</tool><reason>找</reason><param name="query">药店</param></step>'
ROUTE = (
    '<step id="2"><tool>map_compute_routes</tool><param name="origin">$Context.location</param>'
    '<param name="destination">$Step1.items.0.location</param></step>'
)


def said(steps=SEARCH, score=1, feasibility="executable", info="false", tool="false", selection="easy"):
    return (
        f"<analysis><intent>找药店</intent><feasibility>{feasibility}</feasibility><missing></missing>"
        f'<simulation>{steps}</simulation><selection rating="{selection}">直白</selection>'
        '<quality rating="good">清楚</quality></analysis>\n'
        f"<response>\n* MissingInfo:[[{info}]]\n* MissingTool:[[{tool}]]\nRating:[[{score}]]\n</response>"
    )


def test_the_question_holds_every_tool_with_its_parameters():
    assert all(tool.name in system_text() and all(one.zh in system_text() for one in tool.parameters) for tool in TOOLS)
    chat = DifficultyForm().chat(record_of({"text": "找药店"}))
    assert chat[1]["content"] == "<context>没有上下文</context>\n<instruction>找药店</instruction>"


def test_the_form_in_the_question_is_a_right_answer():
    assert read_assessment(system_text()[system_text().rindex("<analysis>") :]).difficulty == 1


def test_a_dry_run_is_read_with_its_sources():
    assert read_assessment(said(SEARCH + ROUTE, 2)) == Assessment(
        2,
        "executable",
        (
            SimulatedStep("map_search_places", {"query": "药店"}),
            SimulatedStep(
                "map_compute_routes", {"origin": "$Context.location", "destination": "$Step1.items.0.location"}
            ),
        ),
    )
    assert read_assessment(said("", -1, "missing_information", "true")) == Assessment(-1, "missing_information")
    assert read_assessment(said("", 0, "no_tool_needed")) == Assessment(0, "no_tool_needed")


def test_a_coordinate_that_was_told_may_be_written():
    step = SEARCH.replace("</step>", '<param name="center">30.41200, 174.61800</param></step>')
    assert read_assessment(said(step), known="位置：30.41200,174.61800").difficulty == 1
    with pytest.raises(UnusableAnswer, match=r"30\.41200"):
        read_assessment(said(step), known="位置：30.1,174.6")


@pytest.mark.parametrize(
    ("answer", "reason", "named"),
    [
        (said() + "完", "answer.around", "完"),
        (said(feasibility="maybe"), "answer.value", "maybe"),
        (said(selection="trivial"), "answer.value", "trivial"),
        (said().replace("Rating:[[1]]", "Rating: 1"), "answer.shape", "Rating"),
        (said().replace("<missing></missing>", ""), "answer.shape", "missing"),
        (said(SEARCH.replace("map_search_places", "book_taxi")), "simulation.tool", "book_taxi"),
        (said(SEARCH.replace('"query"', '"words"')), "simulation.parameter", "words"),
        (said(SEARCH.replace('<param name="query">药店</param>', "")), "simulation.parameter", "query"),
        (said(SEARCH.replace("药店", "")), "simulation.parameter", "没有写来源"),
        (said(SEARCH.replace('id="1"', 'id="2"')), "simulation.steps", "2"),
        (said(SEARCH.replace("药店", "$Step1.items.0.name")), "simulation.source", "Step1"),
        (said(SEARCH + ROUTE.replace("$Step1.", "$Step3."), 2), "simulation.source", "Step3"),
        (said(SEARCH + ROUTE.replace("$Context.", "$User."), 2), "simulation.source", "User"),
        (said(SEARCH + ROUTE.replace("$Step1.items.0.location", "药店"), 2), "simulation.source", "药店"),
        (said(SEARCH + ROUTE.replace("$Step1.items.0.location", "$Context.location"), 2), "simulation.source", "都是"),
        (said(SEARCH + ROUTE, 4), "score.steps", "1 至 3"),
        (said(SEARCH, 3), "score.steps", "1 至 2"),
        (said("", 1), "simulation.steps", "至少一步"),
        (said(SEARCH, 0), "score.steps", "0"),
        (said(SEARCH, 0, "no_tool_needed"), "simulation.steps", "1 步"),
        (said("", 1, "missing_tool", tool="true"), "score.flags", "-1"),
        (said("", -1, "missing_tool"), "score.flags", "missing_tool"),
        (said(info="true"), "score.flags", "missing_information"),
        (said("<step>"), "answer.around", "simulation"),
    ],
)
def test_what_is_wrong_is_named(answer, reason, named):
    with pytest.raises(UnusableAnswer, match=named) as caught:
        read_assessment(answer)
    assert caught.value.reason == reason
