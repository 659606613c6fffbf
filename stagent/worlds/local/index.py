"""Places by category, name, tag and address: which of them a query means."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from stagent.worlds.local.categories import WITHIN, WORDS, plain
from stagent.worlds.local.place import MapPlace
from stagent.worlds.local.words import take_apart

# How well a place fits a query, by what fits.
EXACT, KIND, PREFIX, PART, WORDS_OF_IT, ADDRESS = 1.0, 0.9, 0.8, 0.7, 0.6, 0.5
_SIMILAR = 0.6  # of names that share this share of their pairs of characters (Dice); of a typo or two
_NOTHING = np.zeros(0, np.int64)


@dataclass(slots=True)
class Matches:
    """Places that a query means.

    Attributes:
        rows: (n,) ascending indices into ``PlaceIndex.places``. fit: (n,) how well, 0 to 1.
        similar: no place fits the whole query; these have similar names.
        hints: conditions of the query that were left out -> what to use for them.
    """

    rows: np.ndarray
    fit: np.ndarray
    similar: bool = False
    hints: dict[str, str] = field(default_factory=dict)


class PlaceIndex:
    """Finds places by text.

    Args:
        places: of all cities.
        regions: words for regions -> city, district ("" for a whole city), as ``Regions.words`` gives them.

    Attributes:
        places: by id, so that rows in ascending order are in the order of ids.
        lat, lon, rating, average_cost, price: (N,) NaN where not known.
        quality: (N,) 0 to 1, from the rating and how many gave it; unknown is middling.
    """

    def __init__(self, places: Sequence[MapPlace], regions: Mapping[str, tuple[str, str]]):
        self.places = sorted(places, key=lambda place: place.id)
        self._regions = regions
        self.lat, self.lon = (np.array([place.at[axis] for place in self.places], float) for axis in (0, 1))
        self.rating, self.average_cost, self.price = (
            np.array([getattr(place, key) for place in self.places], float)  # None becomes NaN
            for key in ("rating", "average_cost", "price")
        )
        self.quality = _quality(self.places, self.rating)
        self._city = _groups((place.city, row) for row, place in enumerate(self.places))
        self._district = _groups(((place.city, place.district), row) for row, place in enumerate(self.places))
        own = _groups((place.category, row) for row, place in enumerate(self.places))
        self._category = {
            key: np.sort(np.concatenate([own.get(kind, _NOTHING) for kind in kinds])) for key, kinds in WITHIN.items()
        }
        self._tags = _groups((plain(tag), row) for row, place in enumerate(self.places) for tag in place.tags)
        self._names = Texts(
            (plain(name), row) for row, place in enumerate(self.places) for name in (place.name, *place.other_names)
        )
        self._addresses = Texts((plain(place.address), row) for row, place in enumerate(self.places) if place.address)

    def region(self, city: str, district: str = "") -> np.ndarray:
        """(N,) whether a place lies in a city, or in a district of it."""
        inside = np.zeros(len(self.places), bool)
        inside[self._district.get((city, district), _NOTHING) if district else self._city.get(city, _NOTHING)] = True
        return inside

    def match(self, query: str) -> Matches:
        """Places that the whole query means: a category, a tag, a name, an address, or words of several of these.

        Only where there are none: places whose names are similar to the query.
        """
        text = plain(query)
        fit = np.zeros(len(self.places))
        hints: dict[str, str] = {}
        self._raise(fit, self._names.equal(text), EXACT)
        self._raise(fit, self._tags.get(text, _NOTHING), KIND)
        if text in WORDS:
            self._raise(fit, self._category[WORDS[text]], KIND)
        else:
            self._raise(fit, self._names.containing(text), PART)
            self._raise(fit, self._names.beginning(text), PREFIX)
            self._raise(fit, self._addresses.containing(text), ADDRESS)
            rows, hints = self._words(text)
            self._raise(fit, rows, WORDS_OF_IT)
        rows = np.flatnonzero(fit)
        if len(rows) or text in WORDS:
            return Matches(rows, fit[rows], hints=hints)
        rows, alike = self._names.similar(text, _SIMILAR)
        return Matches(rows, alike * ADDRESS, similar=True, hints=hints)

    @staticmethod
    def _raise(fit: np.ndarray, rows: np.ndarray, to: float) -> None:
        fit[rows] = np.maximum(fit[rows], to)

    def _words(self, text: str) -> tuple[np.ndarray, dict[str, str]]:
        """Places to which every word of the query applies, and the conditions among the words, which can't be read."""
        words = take_apart(text, self._regions, self._tags)
        if not words.categories and not words.rest:
            return _NOTHING, words.hints
        applies = np.ones(len(self.places), bool)
        groups = [self._category[key] for key in words.categories]
        for rest in words.rest:
            named = [self._names.containing(rest), self._addresses.containing(rest), self._tags.get(rest, _NOTHING)]
            groups.append(np.concatenate(named))
        for rows in groups:
            one = np.zeros(len(applies), bool)
            one[rows] = True
            applies &= one
        for region in words.regions:
            applies &= self.region(*self._regions[region])
        return np.flatnonzero(applies), words.hints


def _groups(pairs: Iterable[tuple]) -> dict:
    """``[("a", 0), ("b", 1), ("a", 2)]`` → ``{"a": [0, 2], "b": [1]}`` as arrays."""
    groups = defaultdict(list)
    for key, row in pairs:
        groups[key].append(row)
    return {key: np.array(rows, np.int64) for key, rows in groups.items()}


def _quality(places: Sequence[MapPlace], rating: np.ndarray) -> np.ndarray:
    """A rating counts as if 20 more visitors had given 3.8, so that one visitor's 5.0 isn't the best of all."""
    count = np.array([place.review_count or 0 for place in places], float)
    known = np.where(np.isnan(rating), 3.8, rating)
    return ((known * count + 3.8 * 20) / (count + 20) - 1) / 4


class Texts:
    """Short texts of rows, found by their characters and pairs of characters. A row may have several texts."""

    def __init__(self, pairs: Iterable[tuple[str, int]]):
        listed = list(pairs)
        self._texts = [text for text, _ in listed]
        self._rows = np.array([row for _, row in listed], np.int64)
        self._length = np.array([max(1, len(text) - 1) for text in self._texts], float)
        self._equal = _groups(listed)
        self._having = _groups((part, at) for at, text in enumerate(self._texts) for part in _parts(text))

    def equal(self, text: str) -> np.ndarray:
        """Rows one of whose texts is this."""
        return self._equal.get(text, _NOTHING)

    def containing(self, text: str) -> np.ndarray:
        """Rows one of whose texts contains this."""
        return self._rows[[at for at in self._candidates(text) if text in self._texts[at]]]

    def beginning(self, text: str) -> np.ndarray:
        """Rows one of whose texts begins with this."""
        return self._rows[[at for at in self._candidates(text) if self._texts[at].startswith(text)]]

    def similar(self, text: str, least: float) -> tuple[np.ndarray, np.ndarray]:
        """Rows (ascending) with texts that share pairs of characters with this, and their Dice coefficients."""
        pairs = _parts(text) if len(text) < 2 else {part for part in _parts(text) if len(part) == 2}
        found = [self._having[pair] for pair in sorted(pairs) if pair in self._having]
        if not found:
            return _NOTHING, np.zeros(0)
        shared = np.bincount(np.concatenate(found), minlength=len(self._texts))
        dice = 2 * shared / (len(pairs) + self._length)
        near = np.flatnonzero(dice >= least)
        rows, inverse = np.unique(self._rows[near], return_inverse=True)
        alike = np.zeros(len(rows))
        np.maximum.at(alike, inverse, np.minimum(dice[near], 1))
        return rows, alike

    def _candidates(self, text: str) -> list[int]:
        """Texts that have the rarest pair of characters of this one."""
        parts = [text] if len(text) < 2 else [text[at : at + 2] for at in range(len(text) - 1)]
        listed = [self._having.get(part, _NOTHING) for part in parts]
        return min(listed, key=len).tolist()


def _parts(text: str) -> set[str]:
    """Characters and pairs of characters: ``"abc"`` → a, b, c, ab, bc."""
    return {*text, *(text[at : at + 2] for at in range(len(text) - 1))}
