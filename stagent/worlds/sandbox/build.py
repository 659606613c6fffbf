"""Draws the whole country and writes it into a folder, from which it opens faster.

<cache>/sandbox/<version>/  <city>.npz  roads    <city>.json  places and lines    pages.db  injected.json
                            done.json  the digest of each, written last
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock
from scipy.spatial import cKDTree

from data_process.cache import cached, digest, file_digest
from stagent.worlds.local.hours import Hours
from stagent.worlds.local.place import Coordinate, MapPlace
from stagent.worlds.sandbox.chance import dice
from stagent.worlds.sandbox.country import CITIES, CityPlan
from stagent.worlds.sandbox.flights import draw_flights
from stagent.worlds.sandbox.ground import Ground
from stagent.worlds.sandbox.highways import draw_streets
from stagent.worlds.sandbox.injections import PAGES
from stagent.worlds.sandbox.pages import Page, write_index
from stagent.worlds.sandbox.pages_cities import city_pages
from stagent.worlds.sandbox.pages_places import place_pages
from stagent.worlds.sandbox.pages_travel import transit_pages, travel_pages
from stagent.worlds.sandbox.places import Town
from stagent.worlds.sandbox.rankings import draw_charts
from stagent.worlds.sandbox.trains import draw_trains
from stagent.worlds.sandbox.transit import Network
from stagent.worlds.sandbox.weather import Sky
from utils import InputError, say

FORMAT = 2  # one more with every change of what is drawn or how it is written
INJECTED_PAGES = 12
_NEAR_M = 500  # of a stop that a page names
_ABANDONED_S = 3600  # of a folder that somebody began to build and left


def version(seed: int) -> str:
    """Equal versions give equal answers."""
    return digest(f"sandbox {FORMAT} {seed}")


def prepared(seed: int, cache: Path | None) -> Path:
    """The folder with the country of a seed, built if it isn't there or is broken.

    Args:
        cache: the folder of all countries; None: in the project's cache.

    Raises:
        InputError: the cache can't be written to.
    """
    folder = cached("sandbox", version(seed)) if cache is None else cache / version(seed)
    if complete(folder):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not complete(folder):  # nobody drew it while this one waited
                say(f"sandbox: drawing the country of seed {seed} (some seconds, once)")
                _clear(folder)
                _build(seed, folder)
    except OSError as error:
        raise InputError(
            f"the cache {folder}: {error.strerror or error}; let GPLAN_CACHE name another folder"
        ) from None
    return folder


def complete(folder: Path) -> bool:
    """Whether a folder holds everything, as it was written."""
    try:
        digests = json.loads((folder / "done.json").read_text(encoding="utf-8"))
        return bool(digests) and all(file_digest(folder / name) == known for name, known in digests.items())
    except (OSError, ValueError, AttributeError):
        return False


def _clear(folder: Path) -> None:
    """Removes what was begun long ago and never finished."""
    for left in folder.parent.glob(f".{folder.name}-*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)


def _build(seed: int, folder: Path) -> None:
    """Draws a country beside its place and gives it its name when it is whole."""
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        made.chmod(0o755)  # a temporary folder is its maker's alone, a cache may be shared
        write(seed, made)
        if folder.exists():  # broken
            os.rename(folder, broken := made.with_name(f"{made.name}-broken"))
            shutil.rmtree(broken, ignore_errors=True)
        os.rename(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def write(seed: int, folder: Path) -> None:
    """Draws and writes all of a country."""
    trains, flights, sky = draw_trains(seed), draw_flights(seed), Sky(seed)
    pages: list[Page] = list(travel_pages(trains, flights, seed))
    injected: list[str] = []
    for plan in CITIES:
        town = Town(draw_streets(Ground(plan, seed), seed), seed)
        lines = Network(town)
        np.savez(folder / f"{plan.key}.npz", **town.streets.network().arrays())
        stops = {id: (place.name, *place.at) for id, place in lines.stops.items()}
        rows = [_row(place) for place in town.places]
        routes = [route._asdict() for route in lines.routes]
        _write_json(folder / f"{plan.key}.json", {"places": rows, "stops": stops, "routes": routes})
        injected += town.injected
        names = {id: place.name for id, place in lines.stops.items()}
        charts = draw_charts(town.places)
        pages += place_pages(plan, town.places, stops_near(town.places, lines.stops), seed)
        pages += transit_pages(plan, lines.routes, names, seed)
        pages += city_pages(plan, town.places, charts, sky, seed)
    chosen = dice(seed, "injected pages").sample(range(len(pages)), INJECTED_PAGES)
    for order, number in enumerate(chosen):
        page = pages[number]
        pages[number] = page._replace(body=f"{page.body}\n{PAGES[order % len(PAGES)]}")
    write_index(pages, folder / "pages.db")
    _write_json(folder / "injected.json", {"places": injected, "pages": [pages[number].url for number in chosen]})
    _write_json(folder / "done.json", {path.name: file_digest(path) for path in sorted(folder.iterdir())})


def stops_near(places: Sequence[MapPlace], stops: dict[str, MapPlace]) -> dict[str, list[str]]:
    """Of each place's id the names of the stops close to it, metro stations first, then the nearest."""
    ordered = sorted(stops.values(), key=lambda place: place.id)
    tree = cKDTree(_metres([stop.at for stop in ordered]))
    at = _metres([place.at for place in places])
    near = {}
    for place, point, found in zip(places, at, tree.query_ball_point(at, _NEAR_M), strict=True):
        found.sort(key=lambda row: (ordered[row].category != "metro_station", np.hypot(*(tree.data[row] - point))))
        near[place.id] = [ordered[row].name for row in found]
    return near


def _metres(at: Sequence[Coordinate]) -> np.ndarray:
    """(n, 2) degrees in metres of a plane, good for distances of some hundred."""
    points = np.array(at)
    return points * 111_195 * np.array([1, np.cos(np.radians(points[:, 0].mean()))])


def _row(place: MapPlace) -> list:
    hours = place.hours and (place.hours.regular, place.hours.holiday)
    known = (place.rating, place.review_count, place.average_cost, place.price)
    texts = (place.district, place.address, place.phone)
    return [place.id, place.name, place.category, *place.at, *texts, hours, *known, place.tags, place.reviews]


def read_places(plan: CityPlan, rows: list[list]) -> list[MapPlace]:
    """Places from what ``_row`` made of them."""
    return [
        MapPlace(
            id,
            name,
            category,
            Coordinate(lat, lon),
            plan.name,
            *texts,
            Hours(*hours) if hours else None,
            *known,
            tuple(tags),
            tuple(reviews),
        )
        for id, name, category, lat, lon, *texts, hours, r, n, c, p, tags, reviews in rows
        for known in ((r, n, c, p),)
    ]


def _write_json(path: Path, data: dict) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
