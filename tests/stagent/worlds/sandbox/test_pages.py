"""Pages: found by two characters, true to the tables, dated, and some of them hostile."""

import re
from datetime import date, datetime

import pytest

from stagent.worlds.sandbox.country import CITIES, ZONE
from stagent.worlds.sandbox.injections import PAGES
from stagent.worlds.sandbox.pages import terms
from stagent.worlds.sandbox.policies import AIRLINES
from stagent.worlds.sandbox.sights import FESTIVALS
from stagent.worlds.sandbox.timetables import METRO_FARES, METRO_MOST

YEAR_END = datetime(2026, 12, 31, 20, tzinfo=ZONE)


@pytest.fixture(scope="module")
def pages(world):
    return world.pages.all()


def test_there_are_some_thousand_that_stand_once(pages):
    assert len(pages) >= 1500 and len({page.url for page in pages}) == len(pages)
    assert all(page.url.partition("/")[2].split("/")[1].endswith(".example") for page in pages)
    assert all(0 < len(page.body) < 2500 and page.title for page in pages)
    assert all(date(2025, 1, 1) <= date.fromisoformat(page.published) <= date(2026, 12, 31) for page in pages)


def test_terms():
    assert terms("地铁票价 A380！") == ["地铁", "铁票", "票价", "a380"]
    assert terms("车") == ["车"] and terms("，。") == []


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("霁川地铁票价", "霁川地铁票价与公交票价说明"),
        ("白鹭航空 宠物", "白鹭航空能带宠物吗：宠物运输规定"),
        ("请问小帆航空的退票手续费是多少", "小帆航空退票与改签规定"),
        ("火车退票", "沧瀛铁路退票手续费怎么算"),
        ("望潮阁门票", "望潮阁门票与优惠政策"),
        ("霜原冰灯节什么时候", "霜原冰灯节时间地点公布"),
        ("鹭汀市概况", "鹭汀市概况：第一次来要知道什么"),
        ("霁川到澜屿火车", "霁川到澜屿坐火车要多久、多少钱"),
        ("铁路行李", "坐火车能带多少行李"),
        ("Lanyu metro fares", "Lanyu for visitors: metro, buses, fares, what to see"),
    ],
)
def test_a_question_finds_its_page_first(ask, query, title):
    assert ask("web_search", query=query).items[0]["title"] == title


def test_queries_of_two_characters_and_of_one(ask):
    for query in ("退票", "夏天", "地铁", "温泉", "砚"):
        items = ask("web_search", query=query).items
        assert items
        assert all(query in item["title"] + item["excerpt"] for item in items[:2])


@pytest.mark.parametrize("query", ["量子计算机", "xyzzy", "？！", '"OR" *', "title:NEAR(", "\x00"])
def test_what_no_page_is_about_finds_nothing(ask, query):
    assert ask("web_search", query=query).items == []


def test_a_page_is_found_from_its_day_on(ask):
    query = "澜屿大潮节时间地点"
    title = "澜屿大潮节时间地点公布"  # of 2026-09-26, told 35 days before
    for clock, there in ((datetime(2026, 8, 21, 23, tzinfo=ZONE), False), (datetime(2026, 8, 22, tzinfo=ZONE), True)):
        found = ask("web_search", query=query, clock=clock).items
        assert (title in [item["title"] for item in found]) == there
    assert all(item["published"] <= "2026-01-05" for item in ask("web_search", query="假期景点开放安排").items)


def test_excerpts_are_short_and_of_the_page(ask, pages):
    bodies = {page.url: page.body for page in pages}
    for query in ("沿线车站 首班 末班", "退票", "澜屿 火锅", "国庆节假期景点开放"):
        for item in ask("web_search", query=query, clock=YEAR_END).items:
            assert len(item["excerpt"]) <= 282 and item["excerpt"].strip("…") in bodies[item["url"]]


def test_what_a_page_says_of_a_place_is_what_the_map_says(ask, pages):
    """Every line of facts, against the place of that address as a search gives it."""
    compared = 0
    told = [page for page in pages if "\n地址：" in page.body]
    assert len(told) > 900
    for page in told[::4]:
        facts = dict(
            line.split("：", 1)
            for line in page.body.split("\n")
            if re.match(r"^(地址|营业时间|价格|人均|评分|电话)：", line)
        )
        city = facts["地址"][:3]
        place = next(
            item
            for item in ask("map_search_places", query=facts["地址"][3:], region=city, limit=20).items
            if city + item["address"] == facts["地址"] and item["phone"] == facts["电话"]
        )
        assert place["name"] in page.title
        said = {
            "营业时间": place.get("hours"),
            "价格": {None: None, 0: "免费"}.get(place.get("price_yuan"), f"{place.get('price_yuan')} 元"),
            "人均": place.get("average_cost_yuan") and f"{place['average_cost_yuan']} 元",
            "评分": f"{place['rating']}（{place['review_count']} 条评价）",
        }
        for key, value in said.items():
            assert facts.get(key) == value, page
            compared += value is not None
    assert compared > 600


def test_tickets_and_opening_notices_are_true(ask, pages):
    checked = 0
    for page in pages:
        for ending in ("门票与优惠政策", "开放时间公告"):
            if not page.title.endswith(ending):
                continue
            name = page.title.removesuffix(ending)
            place = next(item for item in ask("map_search_places", query=name).items if item["name"] == name)
            if ending == "门票与优惠政策":
                assert f"成人票 {place['price_yuan']} 元" in page.body
                assert f"即 {place['price_yuan'] / 2:g} 元" in page.body
            else:
                assert f"：{place['hours']}。" in page.body and place["phone"] in page.body
            checked += 1
    assert checked > 120


def test_holiday_notices_say_what_the_hours_say(ask, pages):
    checked = 0
    for page in pages:
        match = re.search(r"放假首日（(\d{4}-\d\d-\d\d)）", page.body)
        if not match or match[1] not in ("2026-02-15", "2026-10-01"):
            continue
        clock = datetime.fromisoformat(f"{match[1]}T09:00:00+08:00")
        for line in page.body.split("\n")[1:]:
            name, _, hours = line.partition("：")
            if name == "当日不办公":
                continue
            found = ask("map_search_places", query=name, clock=clock).items
            if not line.startswith(tuple(PAGES)) and found:
                place = next((item for item in found if item["name"] == name), None)
                assert place is None or place["hours_today"] == hours, line
                checked += place is not None
    assert checked > 150


def test_pages_about_trains_name_trains_that_run(ask, pages):
    checked = 0
    for page in pages:
        match = re.match(r"(..)到(..)坐火车", page.title)
        if not match:
            continue
        asked = {"origin": match[1], "destination": match[2], "date": date(2026, 1, 9)}
        midnight = datetime(2026, 1, 9, tzinfo=ZONE)
        items = [
            item
            for day in (date(2026, 1, 9), date(2026, 1, 10), date(2026, 1, 12))
            for item in ask("travel_search_trains", clock=midnight, **asked | {"date": day}).items
        ]
        if "没有直达" in page.body:
            assert items == []
            continue
        number, hours, minutes = re.search(r"最快的是 (\w+) 次，.*?，(\d+) 小时 (\d+) 分", page.body).groups()
        spent = 60 * (60 * int(hours) + int(minutes))
        assert spent == min(item["duration_s"] for item in items if item["number"] == number)
        fastest = next(item for item in items if item["number"] == number)
        for fare in fastest["fares"]:
            assert f"{fare['cabin']} {fare['fare_yuan']:g} 元" in page.body
        first = re.search(r"最早一班是 (\w+) 次，([\d:]+) 从(\w+站)开", page.body).groups()
        seen = {(item["number"], item["departure"][11:16], item["from_station"]) for item in items}
        assert first in seen or first[0] not in {number for number, _, _ in seen}
        checked += 1
    assert checked > 30


def test_rules_of_carriers_are_told_as_they_are(ask):
    for name, rules in AIRLINES.items():
        text = "".join(
            item["excerpt"] for item in ask("web_search", query=f"{name} 行李规定", clock=YEAR_END).items[:1]
        )
        assert f"不超过 {rules.cabin_kg} 公斤" in text and f"每公斤 {rules.excess_yuan} 元" in text
        text = ask("web_search", query=f"{name}能带宠物吗", clock=YEAR_END).items[0]["excerpt"]
        assert (f"每笼 {rules.pets} 元" in text) if rules.pets else ("不承运宠物" in text)
        text = ask("web_search", query=f"{name}值机几点截止", clock=YEAR_END).items[0]["excerpt"]
        assert f"起飞前 {rules.closes_min} 分钟" in text


def test_fares_are_told_as_they_are_charged(ask):
    for plan in CITIES:
        text = ask("web_search", query=f"{plan.name[:2]}地铁票价与公交票价说明", clock=YEAR_END).items[0]["excerpt"]
        for km, yuan in METRO_FARES:
            assert f"{km} 公里以内 {yuan} 元" in text
        assert f"{METRO_MOST} 元封顶" in text


def test_festivals_are_told_with_place_and_price(ask):
    for festival in FESTIVALS:
        page = ask("web_search", query=f"{festival.city[:2]}{festival.name}时间地点", clock=YEAR_END).items[0]
        assert f"{festival.first} 至 {festival.last}" in page["excerpt"]
        place = next(
            item for item in ask("map_search_places", query=festival.place).items if item["name"] == festival.place
        )
        assert place["district"] + place["name"] in page["excerpt"]
        # and it is open then
        clock = datetime.fromisoformat(f"{festival.first}T12:00:00+08:00")
        there = next(
            i for i in ask("map_search_places", query=festival.place, clock=clock).items if i["name"] == festival.place
        )
        assert there.get("hours_today", "全天") != "休息", festival


def test_some_pages_try_to_instruct_and_are_named(world, pages):
    hostile = {page.url for page in pages if any(text in page.body for text in PAGES)}
    assert hostile == {url for url in world.injected if url.startswith("https://")} and len(hostile) == 12
