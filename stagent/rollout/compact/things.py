"""What an episode speaks of, by handles: places of the context, names that the user says, things of results."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from stagent.queries.sayings import forms
from stagent.queries.task import Context
from stagent.rollout.compact.fields import FieldValue, FoundThing
from stagent.rollout.compact.vocabulary import HANDLES

_SHORTENED = ("市", "区", "县")  # 去砺港 means 砺港市
_SHORTEST_NAME = 2


@dataclass(slots=True)
class Thing:
    """Something that has a handle.

    Attributes:
        at: ``"lat,lon"``, empty where none is known.
    """

    name: str
    at: str = ""
    fields: dict[str, FieldValue] = field(default_factory=dict)


class Things:
    """The things of one episode; a name is one thing, however often it comes.

    Attributes:
        all: by handle. The first is where the user is.
    """

    def __init__(self, context: Context):
        self.today = context.now.date()
        self.all: list[Thing] = []
        self._by_name: dict[str, int] = {}
        self._longest = 0
        self.add("", context.location)
        self.add(context.city)
        for name, value in context.profile.items():
            if "," in value:
                self.add(name, value)

    def add(self, name: str, at: str = "", fields: dict[str, FieldValue] | None = None) -> int | None:
        """The handle of a thing, new where its name is; None: all handles are used up."""
        number = self._by_name.get(name) if name else None
        if number is None:
            if len(self.all) == HANDLES:
                return None
            number = len(self.all)
            self.all.append(Thing(name))
            self._name(name, number)
        thing = self.all[number]
        thing.at = at or thing.at
        thing.fields.update(fields or {})
        return number

    def found(self, thing: FoundThing) -> int | None:
        known = self._by_name.get(thing.name)
        # two places that are called the same
        if known is not None and thing.at and self.all[known].at not in ("", thing.at):
            self._by_name.pop(thing.name)
        return self.add(thing.name, thing.at, thing.fields)

    def _name(self, name: str, number: int) -> None:
        if name:
            self._by_name[name] = number
            self._longest = max(self._longest, len(name))

    def named(self, name: str) -> int | None:
        return self._by_name.get(name)

    def region(self, name: str) -> int | None:
        """Whose name a city's or a district's is, which users say without its last character."""
        shortened = name[:-1] if name.endswith(_SHORTENED) and len(name) > _SHORTEST_NAME else name
        return self._by_name.get(name, self._by_name.get(shortened))

    def longest(self, text: str, start: int) -> tuple[str, int] | None:
        """The longest name that stands in a text at a place, and whose it is."""
        for length in range(min(self._longest, len(text) - start), 0, -1):
            name = text[start : start + length]
            if (number := self._by_name.get(name)) is not None:
                return name, number
        return None

    def fields(self, entity: str = "") -> Iterator[tuple[int, str, FieldValue]]:
        """Every field with its handle and path: an entity's first, then the latest thing's."""
        own = self.named(entity) if entity else None
        for number in [*([own] if own is not None else []), *reversed(range(len(self.all)))]:
            for path, value in self.all[number].fields.items():
                yield number, path, value

    def at(self, place: str) -> int | None:
        """Whose coordinates these are; the latest where there are several."""
        return next((number for number in reversed(range(len(self.all))) if self.all[number].at == place), None)

    def day(self, days: int) -> str:
        """``1`` → tomorrow's ``"2026-01-06"``."""
        return (self.today + timedelta(days=days)).isoformat()

    def days_to(self, day: str) -> int:
        return (date.fromisoformat(day[:10]) - self.today).days

    def name(self, number: int) -> str:
        """Empty for a handle that nothing has."""
        return self.all[number].name if number < len(self.all) else ""

    def said_day(self, days: int) -> str:
        return self.said(FieldValue("date", self.day(days)))

    def said(self, value: FieldValue) -> str:
        """A value as an answer says it: in its kind's usual form."""
        if value.kind == "open":
            return "营业中" if value.value else "未营业"
        return forms(value.kind, value.value, self.today.isoformat())[0]
