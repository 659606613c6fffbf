"""Rows and plans so far as numbers for tables and trees, by what a model may see."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zlib import crc32

import numpy as np

from data_process.features import UNKNOWN, features
from data_process.intents import TOOL_KEY, TOOLS, VALUES
from data_process.schema import CONTEXT, TRIGGER, Row
from data_process.situation import PHASES, PLACE_KINDS, long_term, parse_time, place_kind, short_term, situation
from gplan.baselines.vocabulary import Ids, Vocabulary

_KINDS = tuple(kind for kind, _ in PLACE_KINDS)
_CODES = tuple(f"profile_feat_{i}" for i in (1, 2, 3, 4, 10, 11, 12))
_TIMES = ("currenttime", "trigger_5", "trigger_6", "trigger_7")
_RAW = ("profile_feat_5", "profile_feat_6", "profile_feat_8", *(n for n in (*CONTEXT, *TRIGGER) if n not in _TIMES))
# Times are hours from here on: float32 holds them to the minute.
_EPOCH = datetime(2026, 1, 1)
# Entries of a history that are looked at.
ENTRIES = 10


def row_features(rows: Sequence[Row], sees: str) -> np.ndarray:
    """Rows as numbers, float32, (rows, F).

    Args:
        sees: ``plan``: nothing, F = 0. ``history``: profile codes, the last ten behaviours, the ten places.
            ``context``: those, and every field of context and trigger as it stands: equal texts are equal numbers
            whatever column they stand in, times are hours. ``comparisons``: ``data_process.features``.
    """
    made = {"plan": lambda row: [], "history": _history, "context": _context, "comparisons": _comparisons}[sees]
    return np.array([made(row) for row in rows], dtype=np.float32).reshape(len(rows), -1)


def _comparisons(row: Row) -> list[float]:
    now = situation(row)
    return [*features(row), now.at_home, now.at_work, row["holidayflag"] == "1"]


def _history(row: Row) -> list[float]:
    behaviours = short_term(row["short_term_behavior_seq"])[-ENTRIES:][::-1]  # the newest first
    places = long_term(row["long_term_behavior"])[:ENTRIES]
    counts = Counter(place_kind(one.tag) for one in behaviours)
    late = [v for one in behaviours for v in (_KINDS.index(place_kind(one.tag)), PHASES.index(one.phase), one.hour)]
    often = [v for one in places for v in (_KINDS.index(place_kind(one.tag)), one.count)]
    codes = [float(row[name]) if row[name].isdecimal() else _code(row[name]) for name in _CODES]
    return [
        *codes,
        *(late + [UNKNOWN] * (3 * ENTRIES - len(late))),
        *(often + [UNKNOWN] * (2 * ENTRIES - len(often))),
        *(counts[kind] for kind in _KINDS),
    ]


def _context(row: Row) -> list[float]:
    times = []
    for name in _TIMES:
        time = parse_time(row[name])
        times += [(time - _EPOCH).total_seconds() / 3600, time.hour] if time else [UNKNOWN, UNKNOWN]
    return [*_history(row), *times, *(_code(row[name]) for name in _RAW)]


def _code(text: str) -> float:
    """A text as a number below 2²⁴, which float32 holds exactly; the same in every process."""
    return float(crc32(text.encode()) & 0xFFFFFF) if text else UNKNOWN


def plan_features(plans: Sequence[Ids], vocabulary: Vocabulary) -> np.ndarray:
    """Plans so far as numbers, float32, (plans, G): length, first, last, last but one, and all that they hold."""
    table = _intent_table(vocabulary)
    nothing = np.zeros(table.shape[1], dtype=np.float32)
    made = np.empty((len(plans), 1 + 4 * len(nothing)), dtype=np.float32)
    for i, plan in enumerate(plans):
        last = table[plan[-1]] if plan else nothing
        before = table[plan[-2]] if len(plan) > 1 else nothing
        first = table[plan[0]] if plan else nothing
        made[i] = np.concatenate(([len(plan)], first, last, before, table[list(plan)].sum(0) if plan else nothing))
    return made


def _intent_table(vocabulary: Vocabulary) -> np.ndarray:
    """Each intent's tool and values, one number each: 10 + 3 + 7 + 3 + 10, (intents, 33)."""
    columns = [(TOOL_KEY, tool) for tool in TOOLS] + [
        (key, value) for key, values in VALUES.items() for value in values
    ]
    return np.array([[one.get(key) == value for key, value in columns] for one in vocabulary.intents], dtype=np.float32)


def comparisons_table(rows: Sequence[Row]) -> dict[str, list]:
    """The comparisons of ``situation`` as few values each, for a table to look up; hours in classes of the prompt."""
    found = [situation(row) for row in rows]
    edges = (-24, -6, -1, 0, 2, 6, 24)
    columns: dict[str, list] = {}
    for name in found[0]._fields:
        values = [getattr(one, name) for one in found]
        if name.startswith("hours"):
            values = [None if hours is None else int(np.searchsorted(edges, hours, side="right")) for hours in values]
        columns[name] = values
    return columns
