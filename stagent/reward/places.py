"""What lies where in the results of an episode, and what tells its ways from each other."""

from collections.abc import Sequence
from functools import cached_property

from stagent.reward.evidence import ResultFacts, Subject


class NamedPlaces:
    """Names of coordinates, cities, and of what ways pass."""

    def __init__(self, results: Sequence[tuple[int, ResultFacts]]):
        self._results = results
        self._at: dict[tuple[str, ...], frozenset[str]] = {(): frozenset()}

    def at(self, places: tuple[str, ...]) -> frozenset[str]:
        """Names of what lies at some coordinates."""
        found = self._at.get(places)
        if found is None:
            names: set[str] = set()
            for place in places:
                for _, facts in self._results:
                    names |= facts.places.get(place, frozenset())
            found = self._at[places] = frozenset(names)
        return found

    def things(self, subject: Subject) -> frozenset[str]:
        """Names of all things that facts are about: their own, and those at the ends of their way."""
        own = subject.slots.get("thing", frozenset())
        return own | self.at(subject.ends) if subject.ends else own

    @cached_property
    def ways(self) -> frozenset[str]:
        """Departures and preferences of all routes: what can tell one from another."""
        slots = [facts.ways for _, facts in self._results]
        return frozenset().union(*slots)

    @cached_property
    def cities(self) -> frozenset[str]:
        """Names that are a city's or a district's too."""
        return frozenset(
            key for _, facts in self._results for keys in facts.names.values() for slot, key in keys if slot == "city"
        )

    @cached_property
    def passed(self) -> frozenset[str]:
        """Names of all places that routes pass on purpose and none ends at."""
        found: set[str] = set()
        ends: set[str] = set()
        for _, facts in self._results:
            for way in facts.passing:
                found |= self.at(way.via)
                ends |= self.at(way.ends)
        return frozenset(found - ends)
