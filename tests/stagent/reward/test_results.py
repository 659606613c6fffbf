"""What a result tells: values with their paths and what they are of; read once for all who have it."""

from stagent.queries.trajectory import CallStep
from stagent.reward.results import context_facts, facts_of, spellings
from stagent.tools.validate import ArgumentProblem
from tests.stagent.reward.episodes import CLOCK, pages, search, task, trains, way, weather


def values(step: CallStep, kind: str) -> list[tuple]:
    return [(fact.field, fact.value, fact.path) for fact in facts_of(step).facts if fact.kind == kind]


def test_values_and_paths():
    assert ("distance_m", 320, "items.0.distance_m") in values(search(), "distance")
    assert ("rating", 4.3, "items.1.rating") in values(search(), "rating")
    assert ("open_now", False, "items.1.open_now") in values(search(), "open")
    # 08:30 and 21:30 as minutes of the day
    assert {(field, value) for field, value, path in values(search(), "clock") if path == "items.0.hours_today"} == {
        ("hours_open", 510),
        ("hours_close", 1290),
    }
    assert ("fare_yuan", 448.5, "items.0.fares.1.fare_yuan") in values(trains(), "money")


def test_of_what():
    fare = next(fact for fact in facts_of(trains()).facts if fact.value == 448.5)
    assert fare.subject.slots == {"ride": {"G12"}, "day": {"2026-01-06"}, "cabin": {"一等座"}}
    high = next(fact for fact in facts_of(weather()).facts if fact.field == "high_c" and fact.value == 15)
    assert high.subject.slots["day"] == {"2026-01-06"} and "霁川" in high.subject.slots["city"]
    lasts = next(fact for fact in facts_of(way("30.41400,174.61800", 649, 5087)).facts if fact.kind == "duration")
    assert lasts.subject.ends == ("30.41200,174.61800", "30.41400,174.61800")


def test_spellings():
    assert {"三刻咖啡(弄潮大道店)", "三刻咖啡弄潮大道店", "三刻咖啡", "弄潮大道店"} <= set(
        spellings("三刻咖啡（弄潮大道店）", "thing")
    )
    assert {"澜屿市", "澜屿"} == set(spellings("澜屿市", "city"))
    assert "画井站" in set(spellings("画井地铁站", "thing"))


def test_read_once():
    assert facts_of(search()) is facts_of(search())
    assert facts_of(search()) is not facts_of(search(center="30.41000,174.62000"))


def test_an_error_tells_what_is_allowed_and_not_what_was_asked():
    problem = ArgumentProblem("region", "没有“青屿市”这个区域", "澜屿市、霁川市")._asdict()
    content = {"error": {"tool": "map_search_places", "problems": [problem]}, "clock": CLOCK}
    step = CallStep("map_search_places", {"region": "青屿市"}, CLOCK, "error", content, "调用有误：没有“青屿市”")
    assert "霁川市" in facts_of(step).tight and "青屿市" not in facts_of(step).tight


def test_texts_of_strangers_are_kept_apart():
    found = facts_of(pages())
    assert [text.path for text in found.texts if text.trusted] == ["items.0.title", "items.0.excerpt"]
    assert [text.trusted for text in facts_of(search()).texts if text.path.endswith("reviews.0")] == [False]


def test_the_context_is_evidence():
    facts = context_facts(task().context)
    assert facts.places["30.41000,174.62000"] == {"家"}
    assert ("city", "澜屿市") in facts.names["澜屿"]
