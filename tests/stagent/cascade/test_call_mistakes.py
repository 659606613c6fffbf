"""Which calls can go wrong and what can be passed over, of an answer made by hand."""

import random
from dataclasses import replace

from stagent.cascade.call_mistakes import WrongArgument, passed_over, shuffled, without, wrong_arguments
from stagent.queries.trajectory import UserStep
from tests.stagent.cascade.conftest import HERE, HOME, OTHER, PLACES, SHOP, THIRD


def values(options, call, name):
    return [option.value for option in options if (option.call, option.name) == (call, name)]


def with_arguments(trajectory, **arguments):
    """The trajectory whose first call has other arguments."""
    steps = list(trajectory.steps)
    steps[1] = replace(steps[1], **arguments)
    return replace(trajectory, steps=steps)


def test_arguments_become_what_lies_near_or_was_said(by_hand):
    options = wrong_arguments(by_hand, ["澜屿市", "霁川市"])
    assert values(options, 0, "center") == [HOME]  # the user's own place is the right one, results come later
    assert values(options, 0, "radius") == [1500, 6000]
    assert values(options, 0, "limit") == []
    assert values(options, 1, "origin") == [HOME, OTHER, THIRD]
    assert values(options, 1, "modes") == [["driving"], ["bicycling"], ["transit"]]
    near = values(options, 0, "query")
    assert "医院" in near and "药店" not in near


def test_dates_stay_within_what_tools_know(by_hand):
    def near(date):
        asked = with_arguments(
            by_hand,
            tool="weather_forecast_days",
            arguments={"location": "澜屿市", "date": date, "days": 2},
        )
        return wrong_arguments(asked, ["澜屿市", "霁川市"])

    assert values(near("2026-01-06"), 0, "date") == ["2026-01-05", "2026-01-07", "2026-01-08"]
    assert values(near("2026-01-20"), 0, "date") == ["2026-01-18", "2026-01-19"]
    assert values(near("2026-01-06"), 0, "location") == ["霁川市"]
    late = with_arguments(
        by_hand,
        tool="map_compute_routes",
        arguments={"origin": HERE, "destination": HOME, "departure_time": "2026-01-05T22:30:00+08:00"},
    )
    assert values(wrong_arguments(late, []), 0, "departure_time") == ["2026-01-05T23:30:00+08:00"]


def test_an_order_by_distance_needs_a_centre(by_hand):
    def orders(arguments):
        return values(wrong_arguments(with_arguments(by_hand, arguments=arguments), []), 0, "sort_by")

    assert orders({"query": "药店", "sort_by": "rating:d"}) == ["weight", "price:a", "price:d"]
    assert "distance" in orders({"query": "药店", "sort_by": "rating:d", "center": HERE})
    assert "rating:d" in orders({"query": "药店", "sort_by": "distance", "center": HERE})


def test_every_argument_has_its_turn_before_one_has_its_second():
    options = [*(WrongArgument(0, "center", n) for n in range(9)), WrongArgument(1, "radius", 1)]
    order = shuffled(options, random.Random(3))
    assert sorted(order) == sorted(options) and {option.name for option in order[:2]} == {"center", "radius"}


def test_the_right_one_is_passed_over(by_hand):
    assert passed_over(by_hand) == {"济安药房"}


def test_what_is_as_right_goes_with_it(by_hand):
    names = {"kind": "names", "any_of": ["济安药房", "同春堂"]}
    assert passed_over(replace(by_hand, task=replace(by_hand.task, expects=(names,)))) == {"济安药房", "同春堂"}
    every = names | {"any_of": [place["name"] for place in PLACES]}
    assert passed_over(replace(by_hand, task=replace(by_hand.task, expects=(every,)))) == frozenset()


def test_a_value_that_is_asked_for_tells_which_was_chosen(by_hand):
    value = {"kind": "value", "of": "distance", "any_of": [910]}
    assert passed_over(replace(by_hand, task=replace(by_hand.task, expects=(value,)))) == {"济安药房"}
    verdict = {"kind": "verdict", "value": True, "yes": ["有"], "no": ["没有"]}
    assert passed_over(replace(by_hand, task=replace(by_hand.task, expects=(verdict,)))) == frozenset()


def test_what_the_user_named_is_no_choice(by_hand):
    said = replace(by_hand, steps=[UserStep("济安药房走过去多久？"), *by_hand.steps[1:]])
    assert passed_over(said) == frozenset()
    looked_for = with_arguments(by_hand, arguments={"query": "济安药房"})
    assert passed_over(looked_for) == frozenset()


def test_items_are_left_out_where_others_are_left():
    content = {"items": PLACES, "note": "…"}
    assert without(content, {"济安药房"}) == {"items": PLACES[1:], "note": "…"}
    assert without(content, {place["name"] for place in PLACES}) == content
    chart = {"list_name": "药店榜", "entries": PLACES[:2]}
    assert without({"items": [chart]}, {"济安药房"}) == {"items": [chart | {"entries": PLACES[1:2]}]}
    assert without({"items": []}, {"济安药房"}) == {"items": []} and without({"reason": "…"}, {SHOP}) == {"reason": "…"}
