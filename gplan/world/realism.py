"""How far the world is from a real GSISR file: distributions of plans, fill rates, and what is learnable.

    python -m gplan.world --compare REAL.csv [--json]
    python -m gplan.world --forest TRAIN.csv VALID.csv          # the forest alone, on two files

Acc@1 stands for the share of rows whose first intent is named right. scikit-learn is needed for the forest
and is imported here alone.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from data_process.features import features
from data_process.intents import TOOL_KEY, Plan, render_plan
from data_process.response import LabelError, parse_response
from data_process.schema import COLUMNS, LABEL, VISIBLE, Row
from data_process.usable import read_usable
from utils import InputError

WORLD_ROWS = 5000
# The forest is grown on this many world rows and tried on as many, near the size of the real file.
FOREST_ROWS = 1000


class Measure(NamedTuple):
    """One line of the comparison: the world's value, the real file's, and the bound that the world keeps."""

    name: str
    world: float
    real: float | None
    bound: str
    ok: bool


def total_variation(left: Counter, right: Counter) -> float:
    """Half the L1 distance of two counts' shares: ``total_variation(Counter("aab"), Counter("ab"))`` = 1/6."""
    n, m = left.total(), right.total()
    return sum(abs(left[key] / n - right[key] / m) for key in left.keys() | right.keys()) / 2


def compare(world: Sequence[Row], real: Sequence[Row]) -> list[Measure]:
    """All measures of world rows against real rows. Takes some seconds: two forests are grown.

    Raises:
        InputError: scikit-learn is missing.
    """
    world, plans_of_world = _planned(world)
    real, plans_of_real = _planned(real)
    plans = [plans_of_world, plans_of_real]
    measures = []
    for name, count in (
        ("plan length, total variation", lambda plan: [len(plan)]),
        ("tools, total variation", lambda plan: [one[TOOL_KEY] for one in plan]),
        ("first tool, total variation", lambda plan: [plan[0][TOOL_KEY]]),
    ):
        distance = total_variation(*(Counter(key for plan in side for key in count(plan)) for side in plans))
        measures.append(Measure(name, distance, None, "<= 0.10", distance <= 0.10))
    longest = [sum(len(plan) > 6 for plan in side) / len(side) for side in plans]
    measures.append(Measure("plans beyond 6 intents", *longest, "0.01 to 0.03", 0.01 <= longest[0] <= 0.03))
    fills = {
        column: [sum(bool(row[column]) for row in rows) / len(rows) for rows in (world, real)] for column in COLUMNS
    }
    worst = max(fills, key=lambda column: abs(fills[column][0] - fills[column][1]))
    apart = abs(fills[worst][0] - fills[worst][1])
    measures.append(Measure(f"fill rate, worst ({worst})", *fills[worst], "within 0.15", apart <= 0.15))
    return measures + _learnable(world, real, plans)


def _learnable(world: Sequence[Row], real: Sequence[Row], plans: list[list[Plan]]) -> list[Measure]:
    firsts = [[render_plan(plan[:1]) for plan in side] for side in plans]
    floors = [Counter(side).most_common(1)[0][1] / len(side) for side in firsts]
    # The real file is too small for halves.
    real_folds = _folds(len(real), 5)
    columns = [best_column(world, firsts[0], _halves(world)), best_column(real, firsts[1], real_folds)]
    forests = [
        forest_accuracy(world, firsts[0], _halves(world[: 2 * FOREST_ROWS])),
        forest_accuracy(real, firsts[1], real_folds),
    ]
    ceiling = first_intent_ceiling(world[: 2 * FOREST_ROWS])
    gain = columns[0][1] - columns[0][2]
    return [
        Measure("Acc@1, floor (most common first intent)", *floors, "-", True),
        Measure(f"Acc@1, best column ({columns[0][0]})", columns[0][1], columns[1][1], "floor + 0.08", gain <= 0.08),
        Measure("Acc@1, forest on comparisons", *forests, "0.50 to 0.70", 0.5 <= forests[0] <= 0.7),
        Measure("Acc@1, ceiling", ceiling, None, "<= 0.90", ceiling <= 0.9),
    ]


def _has_plan(row: Row) -> None:
    if problems := parse_response(row[LABEL]).problems:
        raise LabelError(problems[0], f"the label does not parse ({', '.join(problems)})")


def _planned(rows: Sequence[Row]) -> tuple[list[Row], list[Plan]]:
    """The rows whose label holds a plan, and those plans."""
    pairs = [(row, plan) for row in rows if (plan := parse_response(row[LABEL]).plan)]
    if not pairs:
        raise InputError(f"no row has a plan in {LABEL}; compare with a labelled file")
    return [row for row, _ in pairs], [plan for _, plan in pairs]


def _folds(rows: int, count: int) -> list[tuple[list[int], list[int]]]:
    return [([i for i in range(rows) if i % count != k], list(range(k, rows, count))) for k in range(count)]


def _halves(rows: Sequence[Row]) -> list[tuple[list[int], list[int]]]:
    """First half and second half, the second without people of the first."""
    half = len(rows) // 2
    known = {row["id"] for row in rows[:half]}
    return [(list(range(half)), [i for i in range(half, len(rows)) if rows[i]["id"] not in known])]


def best_column(
    rows: Sequence[Row], first: Sequence[str], folds: list[tuple[list[int], list[int]]]
) -> tuple[str, float, float]:
    """The single column that says most: its name, its Acc@1, and the floor's on the same test rows.

    Each value is answered with its commonest first intent in the training part, an unseen value with the
    commonest of all.
    """
    scores: Counter = Counter()
    floor, tests = 0, 0
    for train, test in folds:
        common = Counter(first[i] for i in train).most_common(1)[0][0]
        floor += sum(first[i] == common for i in test)
        tests += len(test)
        for column in VISIBLE:
            seen: dict[str, Counter] = {}
            for i in train:
                seen.setdefault(rows[i][column], Counter())[first[i]] += 1
            answer = {value: counts.most_common(1)[0][0] for value, counts in seen.items()}
            scores[column] += sum(answer.get(rows[i][column], common) == first[i] for i in test)
    name, hits = scores.most_common(1)[0]
    return name, hits / tests, floor / tests


def forest_accuracy(rows: Sequence[Row], first: Sequence[str], folds: list[tuple[list[int], list[int]]]) -> float:
    """Acc@1 of a random forest (300 trees) on ``features``, over the test parts of the folds."""
    try:
        from sklearn.ensemble import RandomForestClassifier
    except ImportError as error:
        raise InputError("--compare needs scikit-learn; pip install -r config/requirements/baselines.txt") from error
    used = sorted({i for fold in folds for part in fold for i in part})
    table = {i: features(rows[i]) for i in used}
    hits = tests = 0
    for train, test in folds:
        forest = RandomForestClassifier(300, random_state=0, n_jobs=1)
        forest.fit([table[i] for i in train], [first[i] for i in train])
        guesses = forest.predict([table[i] for i in test])
        hits += sum(guess == first[i] for guess, i in zip(guesses, test, strict=True))
        tests += len(test)
    return hits / tests


def first_intent_ceiling(rows: Sequence[Row]) -> float:
    """The Acc@1 that no planner can beat in the long run: the mean of the expert's largest first probability."""
    from gplan.world.decisions import choices, view

    return sum(max(p for _, p in choices(view(row), [])) for row in rows) / len(rows)


def report(real_path: str, seed: int, as_json: bool, bad_rows: str = "stop") -> int:
    """Prints the comparison of a fresh world with a real file; 0 if all bounds hold, else 1."""
    from gplan.world.rows import generate

    real = read_usable(real_path, bad_rows, None).rows
    measures = compare(generate(WORLD_ROWS, seed), real)
    failed = [one for one in measures if not one.ok]
    if as_json:
        print(json.dumps({"rows": WORLD_ROWS, "seed": seed, "measures": [one._asdict() for one in measures]}))
        return 1 if failed else 0
    print(f"world (seed {seed}, {WORLD_ROWS} rows) against {real_path} ({len(real)} rows)")
    print(f"{'':44s}{'world':>8s}{'real':>8s}  bound")
    for one in measures:
        beside = "" if one.real is None else f"{one.real:8.3f}"
        print(f"{one.name:44s}{one.world:8.3f}{beside:>8s}  {one.bound:14s} {'ok' if one.ok else 'FAIL'}")
    return 1 if failed else 0


def forest_report(train: str, valid: str, bad_rows: str = "stop") -> str:
    """Acc@1 of the forest on one file, grown on another, in a line.

    Raises:
        InputError: a file that can't be read, a label that does not parse, or scikit-learn is missing.
    """
    parts = [read_usable(path, bad_rows, None, _has_plan).rows for path in (train, valid)]
    rows, plans = _planned([row for part in parts for row in part])
    first = [render_plan(plan[:1]) for plan in plans]
    border = len(parts[0])
    accuracy = forest_accuracy(rows, first, [(list(range(border)), list(range(border, len(rows))))])
    return f"Acc@1 of the forest: {accuracy:.3f} on {len(rows) - border} rows, grown on {border}"
