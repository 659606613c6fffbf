"""Pages about places: guides to sights, notices of opening, visits to restaurants, hotels, shops, stations."""

import random
import re
from collections.abc import Iterator

from stagent.worlds.local.categories import CATEGORIES, ancestors
from stagent.worlds.local.place import MapPlace
from stagent.worlds.sandbox.chance import dice
from stagent.worlds.sandbox.country import CityPlan
from stagent.worlds.sandbox.names import person
from stagent.worlds.sandbox.pages import Page, earlier
from stagent.worlds.sandbox.rankings import score
from stagent.worlds.sandbox.sights import SIGHTS

_VISITS = {"food": 62, "lodging": 26, "shopping": 20, "leisure": 20, "sport": 8, "health": 8}  # pages a city of scale 1
_OPENINGS = {
    "food": (
        "{who}在{district}住了八年，说起{name}，第一句是“先别点太多”。",
        "下班路过{street}，闻着味道就拐进了{name}。",
        "这一期走访的{category}是{name}，三个人点了一桌。",
        "{name}藏在{street}，门脸不大，里面坐得满满当当。",
    ),
    "lodging": (
        "在{city}住了三晚{name}，把优点和缺点都记下来。",
        "{name}在{district}，出门就是{street}，行李多的人会喜欢。",
        "编辑部这次试住的{category}是{name}。",
    ),
    "": (
        "{who}推荐的去处：{district}的{name}。",
        "周末想换个地方，不妨去{street}的{name}。",
        "{name}在{district}开了些年头，附近的人都认得。",
    ),
}
_ADVICE = ("上午光线好，下午人少。", "想避开人流，开门后第一个小时最好。", "带孩子的家庭请留出两个小时。")
_CLOSINGS = (
    "以上信息由编辑到店核对，出发前仍建议再确认一次。",
    "如果信息有变，欢迎来信更正。",
    "照片摄于清晨，人少。",
    "本文没有收取任何费用。",
)


def facts(place: MapPlace) -> str:
    """What a page tells of a place, a line each; equal to what the map says, a test compares."""
    lines = [f"地址：{place.city}{place.address}"]
    if place.hours:
        lines.append(f"营业时间：{place.hours.text()}")
    if place.price is not None:
        lines.append(f"价格：{place.price:.0f} 元" if place.price else "价格：免费")
    if place.average_cost is not None:
        lines.append(f"人均：{place.average_cost:.0f} 元")
    if place.rating is not None:
        lines.append(f"评分：{place.rating}（{place.review_count} 条评价）")
    if place.phone:
        lines.append(f"电话：{place.phone}")
    return "\n".join(lines)


def place_pages(plan: CityPlan, places: list[MapPlace], lines_at: dict[str, list[str]], seed: int) -> Iterator[Page]:
    """All pages about a city's places; ``lines_at``: of a place's id the stops close to it."""
    by_name = {place.name: place for place in places}
    for number, sight in enumerate(SIGHTS[plan.name]):
        yield from _sight_pages(plan, by_name[sight.name], sight.words, number, lines_at, seed)
    for spot in [*plan.stations, *([plan.airport] if plan.airport else [])]:
        yield _station_page(plan, by_name[spot.name], lines_at, seed)
    yield from _visits(plan, places, lines_at, seed)


def _sight_pages(
    plan: CityPlan, place: MapPlace, words: str, number: int, lines_at: dict[str, list[str]], seed: int
) -> Iterator[Page]:
    rng = dice(seed, "guide", place.id)
    near = lines_at.get(place.id, [])
    way = f"坐公共交通可到{near[0]}下车。" if near else "附近没有公交站，建议打车或骑车。"
    slug = f"{plan.key}/sights/{number + 1}"
    ticket = "免费开放，不用预约" if not place.price else f"门票 {place.price:.0f} 元，现场与线上同价"
    advice = rng.choice(_ADVICE)
    body = f"{place.name}在{plan.name}{place.district}。{words}。{ticket}。{way}{advice}\n{facts(place)}"
    yield Page(f"{place.name}游玩攻略", "慢走地图", slug, earlier(seed, slug), body)
    slug = f"{plan.key}/notice/{number + 1}"
    opening = place.hours.text() if place.hours else "全天"
    body = (
        f"为方便市民和游客安排行程，现将{place.name}的开放时间公布如下：{opening}。"
        f"{'逢法定节假日按节假日时间开放。' if place.hours and place.hours.holiday else '法定节假日不另行调整。'}"
        f"{'停止入场时间为闭门前三十分钟。' if place.price else '进入无需门票。'}咨询电话 {place.phone}。"
    )
    yield Page(f"{place.name}开放时间公告", "沧瀛旅行", slug, earlier(seed, slug), body)
    if place.price:
        slug = f"{plan.key}/tickets/{number + 1}"
        body = (
            f"{place.name}成人票 {place.price:.0f} 元。身高一米二以下的儿童免票，"
            "六岁至十四岁儿童与六十五岁以上老人半价，"
            f"即 {place.price / 2:g} 元。购票后当日有效，离场后不能再次进入。退票须在入场前办理，不收手续费。"
        )
        yield Page(f"{place.name}门票与优惠政策", "沧瀛旅行", slug, earlier(seed, slug), body)


def _station_page(plan: CityPlan, place: MapPlace, lines_at: dict[str, list[str]], seed: int) -> Page:
    near = lines_at.get(place.id, [])
    slug = f"{plan.key}/stations/{place.id}"
    kind = (
        "值机柜台在出发层，到达层设有出租车上客区"
        if place.category == "airport"
        else "进站口与出站口分开，站前设有出租车上客区"
    )
    body = (
        f"{place.name}位于{plan.name}{place.district}。{kind}。"
        f"{'接驳站点：' + '、'.join(near[:4]) + '。' if near else '站前没有公交，请预约出租车。'}\n{facts(place)}"
    )
    return Page(f"{place.name}交通指南：怎么去、怎么走", "差旅手册", slug, earlier(seed, slug), body)


def _visits(plan: CityPlan, places: list[MapPlace], lines_at: dict[str, list[str]], seed: int) -> Iterator[Page]:
    """Visits to the best rated places of each kind, and to a few that are not."""
    rng = dice(seed, "visits", plan.name)
    curated = {sight.name for sight in SIGHTS[plan.name]}
    for top, count in _VISITS.items():
        fitting = [
            place
            for place in places
            if ancestors(place.category)[-1] == top and place.rating is not None and place.name not in curated
        ]
        fitting.sort(key=lambda place: (-score(place), place.id))
        count = round(count * plan.scale)
        chosen = fitting[: count // 2] + rng.sample(fitting[count // 2 :], min(count - count // 2, len(fitting) // 2))
        for place in chosen:
            yield _visit(plan, place, top, lines_at.get(place.id, []), rng, seed)


def _visit(plan: CityPlan, place: MapPlace, top: str, near: list[str], rng: random.Random, seed: int) -> Page:
    slug = f"{plan.key}/visit/{place.id}"
    words = {
        "who": person(rng),
        "name": place.name,
        "city": plan.name[:2],
        "district": place.district,
        "street": re.match(r"\D+", place.address.removeprefix(place.district)).group(),
        "category": CATEGORIES[place.category].zh,
    }
    opening = rng.choice(_OPENINGS.get(top, _OPENINGS[""])).format(**words)
    verdict = (
        "去过的人大多会再去。"
        if place.rating >= 4.5
        else "口碑不错，偶有抱怨。"
        if place.rating >= 4.0
        else "评价有好有坏，去之前先看看别人怎么说。"
        if place.rating >= 3.5
        else "评分不高，编辑这次的体验也一般。"
    )
    tags = f"可留意：{'、'.join(place.tags[:3])}。" if place.tags else ""
    way = f"离{near[0]}不远。" if near else ""
    site = "吃在沧瀛" if top == "food" else "城里城外"
    title = rng.choice(("探店：{name}", "{name}值得去吗", "{city}{category}笔记：{name}")).format(**words)
    body = f"{opening}{verdict}{tags}{way}\n{facts(place)}\n{rng.choice(_CLOSINGS)}"
    return Page(title, site, slug, earlier(seed, slug), body)
