"""Ranking lists: of the region and category that was asked for, in the order of ratings that many gave."""

from datetime import datetime

import pytest

from stagent.worlds.local.categories import WITHIN
from stagent.worlds.local.place import Coordinate, MapPlace
from stagent.worlds.protocol import ArgumentError
from stagent.worlds.sandbox.country import ZONE
from stagent.worlds.sandbox.rankings import score


def lists(ask, query, region, **more):
    return ask("map_search_ranking_list", query=query, region=region, **more)


def test_score_by_hand():
    def place(rating, count):
        return MapPlace("x", "x", "cafe", Coordinate(30, 170), "y", rating=rating, review_count=count)

    assert score(place(4.9, 0)) == pytest.approx(4.1)
    assert score(place(4.7, 150)) == pytest.approx((4.7 + 4.1) / 2)
    assert score(place(4.6, 1350)) == pytest.approx(0.9 * 4.6 + 0.1 * 4.1)


@pytest.mark.parametrize(
    ("query", "category"),
    [("火锅", "hotpot"), ("咖啡馆排行榜", "cafe"), ("民宿", "guest_house"), ("好玩的景点", "sight")],
)
def test_ranks_follow_ratings_and_review_counts(ask, places, query, category):
    chart = lists(ask, query, "霁川市", max_items=10).items[0]
    own = [place for place in places.values() if place.city == "霁川市" and place.category in WITHIN[category]]
    own = [place for place in own if place.rating is not None]
    own.sort(key=lambda p: (-(p.review_count * p.rating + 150 * 4.1) / (p.review_count + 150), p.id))
    assert [entry["id"] for entry in chart["entries"]] == [place.id for place in own[: len(chart["entries"])]]
    assert [entry["rank"] for entry in chart["entries"]] == list(range(1, len(chart["entries"]) + 1))
    for entry in chart["entries"]:
        place = places[entry["id"]]
        assert (entry["name"], entry["rating"]) == (place.name, place.rating)
        assert entry["location"] == f"{place.at.lat:.5f},{place.at.lon:.5f}"
        assert f"{place.review_count:,} 条评价" in entry["reason"]
        assert entry.get("average_cost_yuan") == place.average_cost


def test_a_district_has_lists_of_its_own(ask, places):
    chart = lists(ask, "必吃榜", "望潮区", max_items=10).items[0]
    assert chart["list_name"] == "望潮区必吃榜" and chart["region"] == "望潮区"
    assert {places[entry["id"]].district for entry in chart["entries"]} == {"望潮区"}


def test_lists_are_renewed_each_month(ask):
    for clock, day in (
        (datetime(2026, 3, 1, tzinfo=ZONE), "2026-03-01"),
        (datetime(2026, 3, 31, 23, tzinfo=ZONE), "2026-03-01"),
    ):
        assert lists(ask, "火锅", "澜屿市", clock=clock).items[0]["updated"] == day


def test_a_wide_word_gives_several_lists_and_says_how_many(ask):
    found = lists(ask, "美食", "澜屿市", max_lists=4, max_items=2)
    assert len(found.items) == 4 and all(len(chart["entries"]) == 2 for chart in found.items)
    assert found.items[0]["list_name"] == "澜屿市必吃榜" and "列出前 4 个" in found.note
    assert len(lists(ask, "排行榜", "澜屿市", max_lists=10).items) == 10


def test_without_a_list_those_that_exist_are_named(ask):
    found = lists(ask, "航天飞机", "鹿野县")
    assert found.items == [] and "鹿野县必吃榜" in found.note
    wider = lists(ask, "网球", "澜屿市")
    assert wider.items[0]["list_name"] == "澜屿市运动榜" and "更大类别" in wider.note
    with pytest.raises(ArgumentError) as error:
        lists(ask, "火锅", "东京")
    assert error.value.parameter == "region" and "澜屿市" in error.value.allowed
