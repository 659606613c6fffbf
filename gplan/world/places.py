"""Which places a person can be put at: POI, tag, city and district that belong together by a file's own rows."""

import random
from collections import defaultdict
from collections.abc import Iterable

from data_process.schema import Row
from data_process.situation import long_term, short_term
from gplan.world.geography import Poi

# Where a person is moved, with weights: to their order, to where another row of the file is in their city or the
# order's, to their home or work, anywhere.
MOVES = {"order": 30, "near": 30, "order_city": 16, "home": 8, "work": 6, "far": 10}
MOVES_IN_CITY = {"order": 30, "near": 50, "home": 5, "work": 5}


def current_place(row: Row) -> Poi:
    """Where the person of a row is; unknown parts are empty."""
    return Poi(row["current_poi_name"], row["current_tag"], row["current_city"], row["current_district"])


def with_place(row: Row, poi: Poi) -> Row:
    """The row with the person at another place, nothing else changed."""
    return {
        **row,
        "current_poi_name": poi.name,
        "current_tag": poi.tag,
        "current_city": poi.city,
        "current_district": poi.district,
    }


class Atlas:
    """The places of a file: all where somebody is, and for each person their order's place, home and work.

    Nothing is put together by guess. The tag of an order's place, a home or a work place is the one that the person's
    own histories give it; the city and district of a home (``惠州市惠阳区``, written as one) are a pair that some row
    of the file has in two columns.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        seen: dict[Poi, None] = {}
        districts: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for row in rows:
            poi = current_place(row)
            if all(poi):
                seen[poi] = None
            for city, district in ((poi.city, poi.district), (row["trigger_2"], row["trigger_3"])):
                if city and district:
                    districts[city + district].add((city, district))
        self.seen = frozenset(seen)
        self.in_city: dict[str, list[Poi]] = defaultdict(list)
        for poi in seen:
            self.in_city[poi.city].append(poi)
        self._all = list(seen)
        self._districts = {name: pairs.pop() for name, pairs in districts.items() if len(pairs) == 1}

    def own(self, row: Row) -> dict[str, Poi]:
        """The person's places of which all parts are known, by ``order``, ``home`` and ``work``.

        -> ``{"order": Poi("p_7", "商务酒店", "郑州市", "中牟县"), "home": Poi("p_1", "住宅区", "青岛市", "黄岛区")}``
        """
        tags = {place.poi: place.tag for place in long_term(row["long_term_behavior"])}
        tags |= {one.poi: one.tag for one in short_term(row["short_term_behavior_seq"])}
        areas = {
            "order": (row["trigger_4"], (row["trigger_2"], row["trigger_3"])),
            "home": (row["profile_feat_6"], self._districts.get(row["profile_feat_7"])),
            "work": (row["profile_feat_8"], self._districts.get(row["profile_feat_9"])),
        }
        found = {
            name: Poi(poi, tags[poi], *area) for name, (poi, area) in areas.items() if area and poi and poi in tags
        }
        return {name: poi for name, poi in found.items() if all(poi)}

    def holds(self, poi: Poi, row: Row) -> bool:
        """Whether the parts of a place belong together, for this person."""
        return poi in self.seen or poi in self.own(row).values()

    def draw(self, row: Row, rng: random.Random, *, in_city: bool) -> Poi | None:
        """A place to put the person of a row at, maybe in their city only; None if the move that was drawn has none.

        Moves that change what a person needs come more often than chance would bring them: a random place of
        the file is in another city nearly always, where neither the order nor the journey make sense.
        """
        moves = MOVES_IN_CITY if in_city else MOVES
        move = rng.choices(tuple(moves), tuple(moves.values()))[0]
        if move in ("order", "home", "work"):
            return self.own(row).get(move)
        city = {"near": row["current_city"], "order_city": row["trigger_2"]}.get(move)
        pool = self._all if city is None else self.in_city.get(city)
        return rng.choice(pool) if pool else None
