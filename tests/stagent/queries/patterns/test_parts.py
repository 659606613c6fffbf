"""What patterns share: words for kinds, conditions, choices, hours, spacing."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from stagent.queries.patterns.anchors import spaced
from stagent.queries.patterns.conditions import fits
from stagent.queries.patterns.filtered import open_at
from stagent.queries.patterns.kinds import ALL_KINDS
from stagent.queries.patterns.policies import _rail_tier
from stagent.queries.patterns.reputation import honest_reviews
from stagent.queries.patterns.right import chosen
from stagent.queries.patterns.telling import Teller
from stagent.worlds.local.categories import WORDS, plain
from stagent.worlds.local.hours import Hours
from stagent.worlds.local.place import Coordinate, MapPlace
from stagent.worlds.sandbox.injections import REVIEWS


def test_every_word_for_a_kind_means_it_in_a_search_and_is_no_tag(gazetteer):
    tags = {plain(tag) for place in gazetteer.world.index.places for tag in place.tags}
    for kind in ALL_KINDS:
        for word in kind.words:
            assert WORDS[plain(word)] == kind.category and plain(word) not in tags, word


@pytest.mark.parametrize(
    ("hours", "minute", "opened"),
    [
        ("10:00-14:00,17:00-22:00", 15 * 60, False),
        ("10:00-14:00,17:00-22:00", 17 * 60, True),
        ("10:00-14:00,17:00-22:00", 22 * 60, False),
        ("17:00-02:00", 23 * 60 + 30, True),
        ("17:00-02:00", 60, False),  # after midnight of the same day: the evening is still to come
        ("08:00-24:00", 23 * 60 + 59, True),
        ("全天", 0, True),
        ("休息", 12 * 60, False),
        ("", 12 * 60, False),
    ],
)
def test_open_at(hours, minute, opened):
    assert open_at(hours, minute) is opened


def test_chosen_counts_equals_as_one_alternative():
    assert chosen(["甲"], ["甲", "乙"]) == {"kind": "choice", "winner": ["甲"], "among": [["甲"], ["乙"]]}
    assert chosen(["甲", "乙"], ["甲", "乙", "丙"])["among"] == [["甲", "乙"], ["丙"]]
    alone = chosen(["甲"], ["甲"], ["站"])
    assert alone == {"kind": "names", "any_of": ["甲"], "least": 1, "only": True, "also": ["站"]}


def test_what_isnt_known_fits_no_condition():
    now = datetime(2026, 1, 5, 12)
    place = MapPlace("1", "甲", "cafe", Coordinate(30, 174), "澜屿市", rating=4.5, hours=Hours("Mo-Su 10:00-20:00"))
    wanted = {"rating": 4.5, "price_max": None, "price_of": "average_cost", "open": True}
    assert fits(place, wanted, now)
    assert not fits(place, wanted | {"rating": 4.6}, now)
    assert not fits(place, wanted | {"price_max": 50}, now)
    assert not fits(place, wanted, now.replace(hour=21))


def test_reviews_that_address_machines_are_left_out():
    kept = "老板记得常客的口味，吃得像在家里。"
    assert honest_reviews({"reviews": [*REVIEWS, kept]}) == [kept]


@pytest.mark.parametrize(("hours", "tier"), [(192, 0), (191, 1), (49, 1), (48, 2), (24, 2), (23.9, 3)])
def test_rail_refund_tiers(hours, tier):
    assert _rail_tier(timedelta(hours=hours)) == tier


def test_blanks_stand_before_digits_alone():
    assert spaced("Amos Rex") == "Amos Rex " and spaced("澜屿站") == "澜屿站"
    episode = SimpleNamespace(task=SimpleNamespace(id="1"), context=SimpleNamespace(clock="2026-01-05T09:00:00+08:00"))
    for number in range(30):
        episode.task.id = str(number)
        lead, fact = Teller(episode).said("距离", "distance", 320 + number, "甲")
        assert (lead == "距离 ") == fact.text[0].isdigit() and fact.value == 320 + number
        assert Teller(episode).said("，", "distance", 320, "甲")[0] == "，"
