"""Claims in words: quotations, features, seats, highways, regions and comparisons, each true and false once."""

import pytest

from tests.stagent.reward.episodes import SHOPS, call, refused, search, trains


def shops_with_tags():
    first = {**SHOPS[0], "tags": ["停车方便", "可送货"], "reviews": ["药很全，店员也耐心"]}
    return call("map_search_places", [first, SHOPS[1]])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("济安药房可以送货。", []),
        ("济安药房有包间。", ["包间"]),
        ("济安药房没有包间。", []),
        ("济安药房提供免费停车。", ["免费停车"]),
        ("有人评价「药很全，店员也耐心」。", []),
        ("有人评价「药很全」。", []),
        ("有人评价「药不全，价格还贵」。", ["药不全，价格还贵"]),
        ("在地图里搜「药店 二十四小时」就行。", []),
    ],
)
def test_features_and_quotations(text, wrong):
    assert refused("推荐济安药房，320 米。" + text, shops_with_tags()) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("济安药房 320 米，同春堂 500 米，济安药房更近。", []),
        ("济安药房 320 米，同春堂 500 米，同春堂更近。", ["更近"]),
        ("同春堂比济安药房更便宜。", []),  # 40 against 56 yuan
        ("济安药房比同春堂更便宜。", ["更便宜"]),
        ("同春堂比济安药房评分更高。", ["更高"]),
        ("推荐济安药房，320 米，这样更近。", []),  # than what isn't said
    ],
)
def test_comparisons(text, wrong):
    assert [each[-len(wrong[0]) :] if wrong else each for each in refused(text, search())] == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("G12 二等座还有票。", []),
        ("G12 二等座已经卖光了。", ["卖光"]),
        ("望潮区的济安药房离您 320 米。", []),
    ],
)
def test_seats_and_regions(text, wrong):
    assert refused(text, trains(), search()) == wrong


def test_highways_of_a_way():
    roads = [{"road": "云集路", "road_class": "支路", "distance_m": 5087, "duration_s": 649}]
    calm = call("map_compute_routes", [{"mode": "driving", "distance_m": 5087, "duration_s": 649, "steps": roads}])
    assert refused("开车 5.1 公里，有一段要走高速。", calm) == ["有一段要走高速"]
    fast = [{**roads[0], "road_class": "高速公路"}]
    quick = call("map_compute_routes", [{"mode": "driving", "distance_m": 5087, "duration_s": 649, "steps": fast}])
    assert refused("开车 5.1 公里，有一段要走高速。", quick) == []
    assert refused("开车 5.1 公里，可以不走高速。", calm) == []
