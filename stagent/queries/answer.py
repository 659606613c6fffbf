"""Answers of the rule expert: text in pieces, so that each fact in it is known as one, and can be said otherwise.

    ["从这里开车去", Fact("澜屿站", "name", "澜屿站"), "要", Fact("约 11 分钟", "duration", 649, "澜屿站"), "。"]
    → 从这里开车去澜屿站要约 11 分钟。

A fact is one value of an entity. Damage and rephrasing (``stagent.reward.measure``) work on facts, not on the text, so
that they share no blind spot with whoever reads the text.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

# Kind -> unit of ``Fact.value``.
KINDS = {
    "name": "",  # of a place, a city, a road, a line, a station: str
    "number": "",  # of a train or a flight, "G12": str
    "distance": "m",
    "duration": "s",
    "clock": "HH:MM",  # str; of a moment on the day that ``day`` or the context says
    "date": "YYYY-MM-DD",
    "money": "yuan",
    "rating": "of 5",
    "temperature": "°C",
    "percent": "%",
    "count": "",  # seats, stops, transfers, reviews, air quality index: int
    "open": "",  # whether a place is open at the moment in question: bool
    "coordinate": "lat,lon",
    "phone": "",
    "hours": "",  # opening hours as results write them: "10:00-14:00,17:00-22:00", "休息", "全天"
    "word": "",  # any other text of a result: a condition of the weather, a category, an address, a cabin
    "mass": "kg",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One value in an answer.

    Attributes:
        text: how it is said here: ``约 11 分钟``.
        kind: of ``KINDS``; value: in that kind's unit.
        entity: of what it is said: a place's name, a train's number, a date, a mode; "" for the answer's one subject.
        how: "given": a result or the context has it; or how it follows: sum, difference, product, end (departure +
            duration), least, most, count, ratio.
    """

    text: str
    kind: str
    value: Any
    entity: str = ""
    how: str = "given"


Piece = str | Fact


def text_of(pieces: Sequence[Piece]) -> str:
    return "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)


def pieces_as_json(pieces: Sequence[Piece]) -> list[str | dict[str, Any]]:
    return [piece if isinstance(piece, str) else asdict(piece) for piece in pieces]


def pieces_of(values: Sequence[str | dict[str, Any]]) -> list[Piece]:
    return [value if isinstance(value, str) else Fact(**value) for value in values]
