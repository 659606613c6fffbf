"""The world: a generator of GSISR rows for development, tests and small-scale experiments.

    python -m gplan.world --rows 5000 --seed 1 --out world.csv
    python -m gplan.world --compare real.csv [--json]

A row comes out of a life. A person (``people.py``: home, job, car, tastes) leaves home for another city of
``geography.py``; on the way or there they hold an order, and at some moment they open the homepage:

    at home ──── leaving ──── in the other city ───────────── now
      habits      station      sights, meals,    order made ┄┄ on the way to it, at it, elsewhere
      (本地)      (异地行前)     fuel (异地行中)    (trigger)

The short history is the last ten things they did on that line, the long one where they spend their days, the
trigger the order they hold. The plan is drawn from the expert (``expert.py``), who sees the finished row only.
No row, name or number of a place is taken from real data; shares follow statistics measured on it.
"""

import random
from datetime import datetime
from pathlib import Path

from data_process.almanac import is_holiday
from data_process.files import write_json
from data_process.intents import render_plan
from data_process.schema import COLUMNS, TIME_FORMAT, Row, write_rows
from gplan.world.expert import sample_plan
from gplan.world.histories import long_history, short_history
from gplan.world.people import make_person
from gplan.world.trips import CHARGE, FUEL, HOTEL, OTHER, TICKET, Visit, draw_visit

# Raised whenever the same seed gives other rows, or the expert other plans.
WORLD_VERSION = 3
META_SUFFIX = ".meta.json"
# The world's own training and held-out rows, of different people: what the other stages take where no rows are named.
# Sized so that 13 epochs take some minutes on two cores; see docs/log.md.
TRAIN_ROWS, TEST_ROWS = 2400, 500
TRAIN_SEED, TEST_SEED = 1, 2


def generate(rows: int, seed: int) -> list[Row]:
    """That many rows of the world of that seed, labels included; a longer file starts with a shorter one's rows."""
    made, person = [], make_person(seed, 0)
    for number in range(rows):
        rng = random.Random(f"request {seed} {number}")
        # A few people come back, with their number: ids repeat, as in the real file.
        if number and rng.random() >= 0.01:
            person = make_person(seed, number)
        row = _row(rng, draw_visit(rng, person))
        row["raw_labels"] = render_plan(sample_plan(row, rng))
        made.append(row)
    return made


def _row(rng: random.Random, visit: Visit) -> Row:
    """The request as a row without its plan: all columns but ``raw_labels``, in order."""
    person, order, now = visit.person, visit.order, visit.now
    unknown_time = {HOTEL: 0.12, FUEL: 0.11, CHARGE: 0.16, TICKET: 0.1, OTHER: 0.4}[order.kind]
    values = {
        "id": str(100_000 + person.number),
        **person.profile,
        "short_term_behavior_seq": short_history(rng, visit),
        "long_term_behavior": long_history(rng, visit),
        "currenttime": _clock(now),
        "holidayflag": str(int(is_holiday(now.date()))),
        "weekendflag": str(int(now.weekday() >= 5)),
        "current_poi_name": visit.here.name,
        "current_tag": visit.here.tag,
        "current_city": visit.here.city,
        "current_district": visit.here.district,
        "trigger_1": order.kind,
        "trigger_2": order.poi.city,
        "trigger_3": order.poi.district,
        "trigger_4": order.poi.name,
        "trigger_5": "" if rng.random() < unknown_time else _clock(order.made),
        "trigger_6": _clock(order.start),
        "trigger_7": _clock(order.end) if order.end else "",
        "raw_labels": "",
    }
    return {column: values[column] for column in COLUMNS}


def _clock(time: datetime) -> str:
    return time.strftime(TIME_FORMAT)


def write_world(path: str | Path, rows: int, seed: int) -> None:
    """Writes the rows to ``path``, and version, seed and number of rows to ``path`` + ``.meta.json``.

    The metadata is what lets an evaluation know that the labels come from the expert, so that it can
    compute ceilings with ``plan_distribution``.

    Raises:
        OSError: the path can't be written.
    """
    write_rows(path, generate(rows, seed))
    meta = {"world_version": WORLD_VERSION, "seed": seed, "rows": rows}
    write_json(f"{path}{META_SUFFIX}", meta)
