"""Trains and flights as patterns draw them and as answers say them."""

from datetime import datetime
from typing import Any, NamedTuple

from stagent.queries.answer import Piece
from stagent.queries.episode import Episode, Unsolved
from stagent.queries.pattern import Slots
from stagent.queries.patterns.days import called_city, draw_day, other_city, short_city
from stagent.queries.patterns.manner import Manner, called, word
from stagent.queries.scene import Scene

Item = dict[str, Any]
TRAINS, FLIGHTS = "travel_search_trains", "travel_search_flights"
# Where people of a map without trains may want to go.
_ELSEWHERE = ("斯德哥尔摩", "柏林", "巴黎", "东京", "上海")
_SAID = {TRAINS: ("火车票", "火车票", "高铁票", "车票"), FLIGHTS: ("机票", "机票", "飞机票")}
_NONE = [
    "没有",
    "无票",
    "售罄",
    "卖完",
    "售完",
    "查不到",
    "没找到",
    "未找到",
    "不开行",
    "不开",
    "已发车",
    "已全部出发",
    "停运",
]


class Offer(NamedTuple):
    """A class of a train or a flight on one day."""

    number: str
    cabin: str
    fare: float
    seats: int
    departure: datetime
    arrival: datetime
    date: str
    seconds: int
    from_station: str
    to_station: str
    carrier: str

    @property
    def clocks(self) -> tuple[str, str]:
        """``("09:40", "12:01")``"""
        return f"{self.departure:%H:%M}", f"{self.arrival:%H:%M}"


def offers(content: dict[str, Any]) -> list[Offer]:
    """All classes of all trains or flights of a result, by departure."""
    return [
        Offer(
            item["number"],
            fare["cabin"],
            fare["fare_yuan"],
            fare["seats_left"],
            datetime.fromisoformat(item["departure"]),
            datetime.fromisoformat(item["arrival"]),
            item["date"],
            item["duration_s"],
            item["from_station"],
            item["to_station"],
            item["carrier"],
        )
        for item in content["items"]
        for fare in item["fares"]
    ]


def shortened(content: dict[str, Any]) -> bool:
    """Whether a result had no room for all it should say: then nobody can know what is cheapest."""
    return "omitted" in content or any("omitted" in item for item in content.get("items", []))


def draw_journey(scene: Scene, tool: str, least: int = 1, most: int = 10) -> Slots | None:
    """A journey from the user's city: cities, words for them and the tickets, and a day; None: nothing goes there.

    ``{"tool": …, "origin": "澜屿市", "destination": "霁川市", "from": "", "to": "霁川", "ticket": "火车票", "day": …}``
    ``from`` is "" where the user's own city goes without saying.
    """
    here, rng = scene.city.name, scene.rng
    if scene.gazetteer.knows(tool):
        destination = other_city(scene)
        if destination is None or not (numbers := scene.gazetteer.numbers(tool, here, destination)):
            return None
        ticket = rng.choice(_SAID[tool])
        if ticket == "高铁票" and not all(number[0] in "GD" for number in numbers):
            ticket = "火车票"
        to = called_city(scene, destination)
    else:
        destination = to = rng.choice(_ELSEWHERE)
        ticket = rng.choice(("火车票" if tool == TRAINS else "机票",))
    start = called_city(scene, here) if rng.random() < 0.5 else ""
    return {
        "tool": tool,
        "origin": here,
        "destination": destination,
        "from": f"从{start}" if start else "",
        "start": start,
        "to": to,
        "ticket": ticket,
    } | draw_day(scene, least, most)


def nothing(reason: str = "nothing_found") -> dict[str, Any]:
    return {"kind": "unsolved", "reason": reason, "words": _NONE}


async def true_offers(slots: Slots, scene: Scene, **more: Any) -> list[Offer] | None:
    """All that there is on the day, also sold out; None: it can't be known in one result, or at all."""
    content = await scene.ask(
        slots["tool"], origin=slots["origin"], destination=slots["destination"], date=slots["date"], **more
    )
    return None if "items" not in content or shortened(content) else offers(content)


async def found_offers(slots: Slots, episode: Episode, **more: Any) -> list[Offer]:
    """The same as the expert finds it.

    Raises:
        Unsolved: there is nothing.
    """
    kind = "火车" if slots["tool"] == TRAINS else "航班"
    content = await episode.call(
        slots["tool"],
        f"查{slots['day']}{short_city(slots['origin'])}到{short_city(slots['destination'])}的{kind}",
        origin=slots["origin"],
        destination=slots["destination"],
        date=slots["date"],
        **more,
    )
    if not content["items"]:
        raise Unsolved(content.get("note") or f"没有查到{kind}。")
    return offers(content)


def cheapest(found: list[Offer], seats: int = 1) -> list[Offer]:
    """Those of the least fare that have seats left; [] where none has."""
    free = [offer for offer in found if offer.seats >= seats]
    least = min((offer.fare for offer in free), default=None)
    return [offer for offer in free if offer.fare == least]


def times(offer: Offer, m: Manner) -> list[Piece]:
    """``09:40出发，12:01到达``, with the day where it arrives on the next one."""
    leave, arrive = (m.fact("clock", clock, offer.number) for clock in offer.clocks)
    overnight = "次日" if offer.arrival.date() > offer.departure.date() else ""
    return m.say(
        "{leave}出发，{overnight}{arrive}到", "{leave}开，{overnight}{arrive}到达",
        leave=leave, arrive=arrive, overnight=overnight,
    )  # fmt: skip


def ride(offer: Offer, m: Manner) -> dict[str, Piece | list[Piece]]:
    """The parts of a sentence about an offer."""
    return {
        "number": m.fact("number", offer.number, offer.number),
        "cabin": word(offer.cabin, offer.number),
        "fare": m.fact("money", offer.fare, offer.number),
        "seats": m.count(offer.seats, offer.number),
        "times": times(offer, m),
        "stations": [called(offer.from_station), "到", called(offer.to_station)],
    }


def ends(slots: Slots) -> dict[str, Piece]:
    """Both cities as an answer says them."""
    return {"origin": called(slots["origin"]), "destination": called(slots["destination"])}
