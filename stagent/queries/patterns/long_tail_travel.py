"""Instructions about journeys that few p"
"eople combine so: tickets with weather, with rules, with the way to a station."""

import re
from typing import Any

from stagent.queries.answer import Fact
from stagent.queries.episode import Episode
from stagent.queries.pattern import QueryPattern, Slots, Truth
from stagent.queries.patterns.anchors import find_place
from stagent.queries.patterns.days import called_city, day_labels, draw_day, other_city, short_city
from stagent.queries.patterns.journeys import route, said_clock, said_value, true_place, true_route
from stagent.queries.patterns.manner import Manner, called, word
from stagent.queries.patterns.rides import (
    FLIGHTS,
    TRAINS,
    cheapest,
    draw_journey,
    ends,
    found_offers,
    ride,
    true_offers,
)
from stagent.queries.patterns.tickets import said_numbers
from stagent.queries.patterns.weather import rains
from stagent.queries.scene import Scene
from stagent.worlds.sandbox.policies import AIRLINES

_PRICING = "dynamic_information.dynamic_pricing_and_availability"
_WEATHER = "dynamic_information.realtime_weather"
_MODES = "planning_and_decision.solution_comparison.transportation_mode_comparison"
_RULES = "rules_and_policies.travel_policies"
_SCHEDULES = "dynamic_information.realtime_traffic_and_transit.public_transit_schedules_and_routes"
_INTERCITY = "spatial_constraints.intercity"
_BAGGAGE = re.compile(r"经济舱免费托运 (\d+) 公斤")


def _baggage_query(carrier: str) -> str:
    return f"{carrier} 行李 托运"


def _baggage_page(content: dict[str, Any], carrier: str) -> str | None:
    """What the page about an airline's baggage says; None: it isn't among the results."""
    return next((item["excerpt"] for item in content["items"] if item["title"].startswith(f"{carrier}行李")), None)


class FlyOrTrainWithBag(QueryPattern):
    """Whether the plane or the train is cheaper, and how much baggage the cheapest flight's airline takes free."""

    name = "fly_or_train_with_bag"
    leaf = _MODES
    held_out = True
    long_tail = True
    wordings = (
        (
            "{day}{from}去{to}，飞机和火车哪个便宜？最便宜的那班飞机经济舱能免费托运多少行李",
            "{from}去{to}，{day}出发，坐火车便宜还是坐飞机便宜，如果坐最便宜的航班，经济舱托运行李免费(几公斤|"
            "额度是多少)",
            "比一下{day}{from}到{to}的火车票和机票最低价，顺便查查最便宜那个航班的航空公司经济舱免费托运几公斤",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = draw_journey(scene, FLIGHTS)
        if slots is None or not scene.gazetteer.numbers(TRAINS, slots["origin"], slots["destination"]):
            return None
        return slots

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        flights = cheapest(await true_offers(slots, scene) or [])
        trains = cheapest(await true_offers(slots | {"tool": TRAINS}, scene) or [])
        if not flights or not trains or flights[0].fare == trains[0].fare:
            return None
        if len({offer.carrier for offer in flights}) > 1:
            return None
        pages = await scene.ask("web_search", query=_baggage_query(flights[0].carrier))
        if _baggage_page(pages, flights[0].carrier) is None:
            return None  # it was published later
        sides = [["飞机", "航班", "机票"], ["火车", "高铁"]]
        kilos = AIRLINES[flights[0].carrier].bags_kg[0]
        free = (
            said_value("mass", kilos)
            if kilos
            else {"kind": "text", "all_of": [["不含", "另购", "没有免费", "不免费", "不能免费", "需另", "要另"]]}
        )
        return Truth(
            (
                {"kind": "choice", "winner": sides[flights[0].fare > trains[0].fare], "among": sides},
                said_value("money", flights[0].fare),
                said_value("money", trains[0].fare),
                free,
            ),
            secondary=(_PRICING, _RULES),
            auxiliary=(*day_labels(slots), _INTERCITY, "budget_constraints.cheapest"),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        flight = cheapest(await found_offers(slots, episode))[0]
        train = cheapest(await found_offers(slots | {"tool": TRAINS}, episode))[0]
        pages = await episode.call("web_search", "查航空公司的行李规定", query=_baggage_query(flight.carrier))
        page = _baggage_page(pages, flight.carrier) or ""
        m = Manner(episode)
        carrier, free = called(flight.carrier), _BAGGAGE.search(page)
        rule = word("票价不含免费托运行李，托运需另购行李额", flight.carrier)
        bags = m.say("{carrier}的{rule}。", carrier=carrier, rule=rule)
        if free:
            kilos = Fact(f"{free[1]} 公斤", "mass", int(free[1]), flight.carrier)
            bags = m.say("{carrier}经济舱可以免费托运 {kilos}。", carrier=carrier, kilos=kilos)
        low, high, names = (
            (flight, train, ("坐飞机", "火车")) if flight.fare < train.fare else (train, flight, ("坐火车", "飞机"))
        )
        episode.answer(
            *m.say(
                "{name}更便宜：{day} {number} {cabin}{fare}，{times}；",
                "{day}{name}便宜，最低是 {number} {cabin}{fare}，{times}；",
                name=names[0],
                day=m.day(low.date),
                **ride(low, m),
            ),
            *m.say("{name}最低是 {number} {cabin}{fare}。", name=names[1], **ride(high, m)),
            *bags,
        )


class DryDayTicket(QueryPattern):
    """The first dry day at a city, and the cheapest train there on that day."""

    name = "dry_day_ticket"
    leaf = _PRICING
    long_tail = True
    wordings = (
        (
            "想从明天起{span}天里挑{to}最早一个没有雨雪的日子，{from}坐火车过去，那天最便宜的票多少钱",
            "明天开始{span}天内，{to}第一个不下雨也不下雪的是哪天？查一下那天{from}去{to}最便宜的火车票",
            "{from}去{to}，火车，从明天起的{span}天里选最早的不下雨雪的一天，最低票价(多少|是哪班车)",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        slots = draw_journey(scene, TRAINS)
        if slots is None or not scene.gazetteer.knows(TRAINS):
            return None
        return slots | draw_day(scene, 1, 1) | {"day": "明天", "span": scene.rng.randint(3, 7)}

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        forecast = await scene.ask(
            "weather_forecast_days", location=slots["destination"], date=slots["date"], days=slots["span"]
        )
        dry = next((item["date"] for item in forecast["items"] if not rains(item)), None)
        best = cheapest(await true_offers(slots | {"date": dry}, scene) or []) if dry else []
        if not best:
            return None
        return Truth(
            (said_value("date", dry), said_value("money", best[0].fare), said_numbers(best)),
            secondary=(_WEATHER,),
            auxiliary=(_INTERCITY, "budget_constraints.cheapest", "temporal_constraints.fuzzy_time.flexible"),
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        forecast = await episode.call(
            "weather_forecast_days",
            f"先看{short_city(slots['destination'])}哪天没有雨雪",
            location=slots["destination"],
            date=slots["date"],
            days=slots["span"],
        )
        dry = next(item for item in forecast["items"] if not rains(item))
        m = Manner(episode)
        best = cheapest(await found_offers(slots | {"date": dry["date"], "day": m.day(dry["date"]).text}, episode))[0]
        episode.answer(
            *m.say(
                "{day}{destination}没有雨雪，白天{weather}，是其中最早的；当天最低价是 {number} 的{cabin}，"
                "{fare}，{times}，余票 {seats} 张。",
                day=m.day(dry["date"]),
                weather=word(dry["condition_day"], dry["date"]),
                **ends(slots),
                **ride(best, m),
            )
        )


class PickUpAtStation(QueryPattern):
    """When to leave by car to be at the station as somebody's train arrives."""

    name = "pick_up_at_station"
    leaf = "planning_and_decision.route_planning"
    long_tail = True
    wordings = (
        (
            "{guest}{day}坐{number}从{start}过来，我从{from}开车去车站接，要在车到站时到，最晚几点出发",
            "{day}去接{guest}，坐的是{start}来的{number}，我从{from}开车，几点走能在火车到站前赶到",
            "{number}{day}从{start}开过来，{guest}在车上，我从{from}开车去车站接人，最晚几点动身",
        ),
    )

    def draw(self, scene: Scene) -> Slots | None:
        away = other_city(scene)
        numbers = away and scene.gazetteer.numbers(TRAINS, away, scene.city.name)
        if not numbers:
            return None
        known = ["", *(name for name in ("家", "公司") if name in scene.context.profile)]
        at = scene.rng.choice(known)
        return {
            "tool": TRAINS,
            "origin": away,
            "destination": scene.city.name,
            "start": called_city(scene, away),
            "number": scene.rng.choice(numbers),
            "at": at,
            "from": at or scene.rng.choice(("我这里", "现在的位置")),
            "guest": scene.rng.choice(("朋友", "我爸妈", "客户", "同学", "表弟")),
        } | draw_day(scene, 1, 6)

    async def truth(self, slots: Slots, scene: Scene) -> Truth | None:
        found = [offer for offer in await true_offers(slots, scene) or [] if offer.number == slots["number"]]
        if not found or found[0].arrival.date() != found[0].departure.date() or found[0].arrival.hour < 6:
            return None
        station = await true_place(scene, found[0].to_station)
        start = scene.context.profile.get(slots["at"], scene.context.location)
        arrival = found[0].arrival.isoformat()
        way = await true_route(scene, start, station["location"], arrival_time=arrival) if station else None
        if way is None:
            return None
        return Truth(
            (
                said_clock(way["departure"]),
                said_value("clock", found[0].clocks[1]),
                {"kind": "text", "all_of": [[found[0].to_station]]},
            ),
            secondary=(_SCHEDULES,),
            auxiliary=day_labels(slots),
            temporal={"arrival": "temporal_constraints.specific_time"},
        )

    async def solve(self, slots: Slots, episode: Episode) -> None:
        own = next(offer for offer in await found_offers(slots, episode) if offer.number == slots["number"])
        station = await find_place(own.to_station, episode, "找到达的车站")
        start = episode.context.profile.get(slots["at"], episode.context.location)
        way = await route(
            episode, start, station["location"], thought="按到站时间倒推", arrival_time=own.arrival.isoformat()
        )
        m = Manner(episode)
        episode.answer(
            *m.say(
                "最晚{leave}从{start}出发。{number} {day}{arrive}到{station}，开车过去要{time}。",
                "{number} {day}{arrive}到达{station}；从{start}开车要{time}，所以最晚{leave}动身。"
                "(路上留点余量更稳妥。|)",
                leave=m.fact("clock", way["departure"][11:16], station["name"]),
                start=slots["at"] or "您现在的位置",
                number=m.fact("number", own.number, own.number),
                day=m.day(slots["date"]),
                arrive=m.fact("clock", own.clocks[1], own.number),
                station=called(own.to_station),
                time=m.fact("duration", way["duration_s"], station["name"]),
            )
        )


LONG_TAIL_TRAVEL = (FlyOrTrainWithBag(), DryDayTicket(), PickUpAtStation())
