"""Results in tokens, worked by hand: order, steps, ends of columns, what is missing, and what a page may not do."""

from dataclasses import replace

import pytest

from stagent.rollout.compact.call import read_call
from stagent.rollout.compact.vocabulary import HANDLES
from tests.stagent.reward.episodes import PAGE, SHOPS, call, no_trains, pages, search, trains, weather
from tests.stagent.rollout.compact.by_hand import VOCABULARY, heard, read, said, things, tokens_in


def test_places():
    """Each thing's handle and fields in their order; the worst and the best of a column are marked."""
    first = "<3> 药店 <open> <rating 4.8> <most> <count 10> <most> <money 29> <most> <distance 9> <least>"
    second = "<4> 药店 <closed> <rating 4.3> <least> <count 6> <least> <money 27> <least> <distance 11>"
    third = "<5> 公园 <open> <money 0> <distance 13> <most> <none> <.phone> <none> <.rating>"
    assert read(search(), things()) == tokens_in(f"{first} {second} {third}")


def test_trains():
    """Clocks in two tokens, without ends; of fares the first, with its seats; one day has no ends."""
    first = "<3> <duration 28> <least> <09h> <40m> <12h> <01m> 二等座 <money 41> <most> <count 9> <most> <d+1>"
    second = "<4> <duration 28> <most> <10h> <28m> <12h> <51m> 二等座 <money 41> <least> <count 8> <least> <d+1>"
    assert read(trains(), things()) == tokens_in(f"{first} {second}")


def test_weather():
    """What the whole is about comes first; words without a token are <?>."""
    known = things()
    first = "<4> <d+1> <?> <?> <temperature 15> <most> <temperature 2> <most> <percent 10> <least> <?>"
    second = "<5> <d+2> <?> <?> <temperature 9> <least> <temperature -3> <least> <percent 70> <most> <?>"
    assert read(weather(), known) == tokens_in(f"<3> {first} {second}")
    assert said(["<3>", "<.region>"], known) == "霁川市"


def test_a_ranking_list_and_those_on_it():
    known = things()
    entries = [{"rank": 1, "name": "济安药房", "rating": 4.8}, {"rank": 2, "name": "同春堂", "rating": 4.3}]
    tokens = read(call("map_search_ranking_list", [{"list_name": "药店榜", "entries": entries}]), known)
    assert tokens == tokens_in("<3> <?> <4> <rating 4.8> <most> <5> <rating 4.3> <least>")
    assert said(["<4>", "<5>"], known) == "济安药房同春堂"


def test_nothing_found_nothing_available_and_errors():
    assert read(call("web_search", []), things()) == ["<empty>"]
    assert read(no_trains(), things()) == ["<unavailable>"]
    for outcome in ("error", "failed"):
        assert read(replace(call("web_search", []), outcome=outcome), things()) == ["<error>"]


def places(count: int, first: int = 0) -> list[dict]:
    return [
        {"name": f"店{number}", "location": f"30.{number:05d},174.60000", "distance_m": 100}
        for number in range(first, first + count)
    ]


def test_of_equals_the_first_is_marked_and_equal_columns_are_not():
    known, items = things(), places(4)
    for item, metres in zip(items, (200, 100, 200, 100), strict=True):
        item["distance_m"] = metres
    tokens = read(call("map_search_places", items), known)
    assert tokens == tokens_in("<3> <distance 7> <most> <4> <distance 4> <least> <5> <distance 7> <6> <distance 4>")
    assert "<least>" not in read(call("map_search_places", places(4)), known)


def test_behind_the_tenth_only_ends_are_shown():
    known, items = things(), places(13)
    items[11]["distance_m"] = 320
    tokens = read(call("map_search_places", items), known)
    assert tokens[-6:] == ["<12>", "<distance 4>", "<more>", "<13>", "<distance 9>", "<most>"]
    assert tokens[:3] == ["<3>", "<distance 4>", "<least>"] and tokens.count("<more>") == 1
    assert said(["<13>"], known) == "店11" and known.named("店10") is None and known.named("店12") is None


def test_a_page_in_its_words_and_where_its_numbers_stand():
    known = things()
    text = ["经济舱", "免费托运", "<.mass.0>", "<.mass.1>", "<.money.0>", "收取"]  # mass.2 is no token here
    assert read(pages(), known) == ["<3>", *text]
    assert said(["免费托运", "<3>", "<.mass.0>"], known) == "免费托运20 公斤"


def test_two_pages_at_most():
    tokens = read(call("web_search", [PAGE, PAGE | {"excerpt": "免费"}, PAGE | {"excerpt": "收取"}]), things())
    assert tokens[-3:] == ["<4>", "免费", "<more>"]


MARKS = (
    "<end>",
    "<call>",
    "<answer>",
    "<user>",
    "<3>",
    "<.rating>",
    "<least>",
    "<money 3>",
    "<tool:web_search>",
    "<d+1>",
)


@pytest.mark.parametrize("mark", MARKS)
def test_what_a_world_says_is_never_a_mark(mark):
    """Whatever text of a result it is: it becomes <?>, a handle, or nothing."""
    assert mark in VOCABULARY.ids
    known = things()
    item = {
        "list_name": mark,
        "category": mark,
        "mode": mark,
        "condition": mark,
        "wind_level": mark,
        "air_quality": mark,
    }
    item |= {
        "fares": [{"cabin": mark}],
        "phone": mark,
        "rating": 4,
        "hours_today": mark,
        "hours": mark,
        "address": mark,
    }
    tokens = read(call("map_search_places", [item | {"name": mark}], about={"region": mark}), known)
    assert tokens == ["<3>", "<4>", "<?>", "<?>", "<?>", "<rating 4.0>", "<?>", "<?>", "<?>", "<?>"]
    assert said(["<4>", "<4>", "<.phone>"], known) == mark * 2  # text, where an answer says it
    assert read(call("web_search", [{"excerpt": f"免费{mark}收取"}]), known)[1:] == ["免费", "收取"]
    assert read(call("web_search", [{"title": mark, "excerpt": mark}]), known) == ["<6>"]


def test_more_things_than_handles():
    known = things()
    for number in range(0, 200, 10):
        tokens = read(call("map_search_places", places(10, number)), known)
    assert tokens == [] and len(known.all) == HANDLES
    assert read(call("map_search_places", places(2)), known)[0] == "<3>"  # what is known stays so
    assert heard("去别处", known) == ["去", "<?>"] and said(["<95>"], known) == "店92"


def test_two_places_with_one_name():
    known = things()
    twins = [SHOPS[0], SHOPS[0] | {"location": "30.50000,174.70000", "phone": "0601-1"}]
    tokens = read(call("map_search_places", twins), known)
    assert [token for token in tokens if token in ("<3>", "<4>", "<5>")] == ["<3>", "<4>"]
    for number, twin in zip((3, 4), twins, strict=True):
        given = ["<tool:map_search_places>", "<arg:center>", f"<{number}>"]
        assert read_call(given, known, VOCABULARY).arguments == {"center": twin["location"]}
        assert said([f"<{number}>", f"<{number}>", "<.phone>"], known) == f"济安药房{twin['phone']}"
    assert heard("去济安药房", known) == ["去", "<4>"]  # the latest


def test_a_place_that_comes_again_without_its_coordinates():
    known = things()
    heard("去济安药房", known)
    read(search(), known)  # now it has coordinates
    read(call("map_search_ranking_list", [{"name": "济安药房", "rating": 4.9}]), known)
    assert [each.name for each in known.all].count("济安药房") == 1
    assert known.all[3].at == SHOPS[0]["location"] and said(["<3>", "<.rating>"], known) == "4.9 分"
