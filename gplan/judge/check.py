"""check: tests a judge without labels, by changes whose effect is known; exit status 1 where a bar is missed.

    python -m gplan.judge check                                       # the rule judge, embedded rows and twins
    JUDGE_URL=https://host/v1 JUDGE_MODEL=qwen JUDGE_API_KEY=… python -m gplan.judge check --judge llm --rows 40
    python -m gplan.judge check --valid_csv rows.csv --twins twins.jsonl

The plans that are changed are the rows' own. Below the table: what labels, the commonest plan and generic plans score.
"""

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from data_process.files import write_json
from data_process.intents import Plan, canonical, render_plan
from data_process.response import parse_response
from data_process.rule_filter import filter_plan
from data_process.schema import Row
from data_process.situation import situation
from data_process.twins import Pair
from data_process.usable import add_bad_rows
from gplan.evaluation.gold import read_gold
from gplan.evaluation.table import align
from gplan.judge.arguments import add_judge_arguments, judge_of
from gplan.judge.changes import GENERIC_PLANS, corrupted, near_duplicate, padded, renamed, shuffled
from gplan.judge.judge import Item, Judge, judged_plan
from gplan.judge.rubric import AXES, OVERALL, Judgement, overall
from gplan.judge.scores import TITLES, incomplete
from gplan.llm.asking import INCOMPLETE
from gplan.starter.rows import embedded_twins, held_out_rows
from utils import InputError

_ROUNDING = 1e-9


class Property(NamedTuple):
    """A property of a judge: what is measured, over how many cases, and its bars for rules and for an llm.

    ``at_least``: whether the value must reach its bar, or may not pass it. Without bars it is shown and not held.
    """

    name: str
    value: float
    cases: int
    bars: tuple[float, float] | None
    at_least: bool = True

    def holds(self, *, rules: bool) -> bool:
        if self.bars is None:
            return True
        bar = self.bars[0 if rules else 1]
        return self.value >= bar - _ROUNDING if self.at_least else self.value <= bar + _ROUNDING


class Change(NamedTuple):
    """A plan before and after a change; the judgements of either side come in the same order."""

    before: Item
    after: Item


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--valid_csv", metavar="CSV", help="rows with plans [the embedded held-out ones]")
    add("--twins", metavar="JSONL", help="counterfactual twins [with embedded rows: theirs; else none]")
    add_bad_rows(parser)
    add("--rows", type=int, default=500, help="rows and pairs to look at, evenly over the file [500]")
    add("--seed", type=int, default=0, help="of the changes [0]")
    add("--output", type=Path, metavar="JSON", help="write the table there too")
    add_judge_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if args.rows < 1:
        raise InputError(f"--rows {args.rows}: give at least 1")
    judge = judge_of(args)
    path = held_out_rows(args.valid_csv)
    twins = args.twins or (None if args.valid_csv else str(embedded_twins()[1]))
    gold = read_gold(path, twins, bad_rows=args.bad_rows, folder=None)
    kept = [
        (row, canonical(plan))
        for row, plan in zip(gold.rows, gold.plans, strict=True)
        if filter_plan(plan, has_order=bool(row["trigger_1"])) is None
    ]
    if not kept:
        raise InputError(f"{path}: no row has a valid plan, so there is none to change; give rows with plans")
    rows, plans = map(list, zip(*_some(kept, args.rows), strict=True))
    properties, levels, missing = measure(judge, rows, plans, _some(gold.pairs, args.rows), args.seed)
    rules = judge.name == "rules"
    print(_table(properties, levels, judge, rules=rules))
    if missing:
        print("without a score, and left out: " + ", ".join(f"{why} {count}" for why, count in missing.items()))
    if args.output:
        write_json(args.output, _as_json(properties, levels, judge, rules=rules))
    if incomplete(missing):
        return INCOMPLETE
    return int(not all(one.holds(rules=rules) for one in properties))


def _some(entries: Sequence, most: int) -> list:
    """At most so many, evenly over all: ``_some("abcdef", 3) == ["a", "c", "e"]``."""
    count = min(most, len(entries))
    return [entries[i * len(entries) // count] for i in range(count)]


def measure(
    judge: Judge, rows: Sequence[Row], plans: Sequence[Plan], pairs: Sequence[Pair], seed: int
) -> tuple[list[Property], dict[str, dict[str, float | None]], dict[str, int]]:
    """All properties, the levels (mean scores of labels, the commonest plan and generic plans), and how many verdicts
    have no score, by reason."""
    rng = random.Random(seed)
    own = [Item(row, plan) for row, plan in zip(rows, plans, strict=True)]
    cases = {
        "shuffled": _changed(own, lambda plan: shuffled(plan, rng), ("flow", "st")),
        "corrupted": _changed(own, lambda plan: corrupted(plan, rng), ("logic",)),
        "near_duplicate": _changed(own, lambda plan: near_duplicate(plan, rng), ("flow",)),
        "padded": _changed(own, lambda plan: padded(plan, rng), AXES),
        "other_trigger": list(_other_triggers(own, rng)),
        "written_anew": [Change(item, _written_anew(item, rng)) for item in own],
        "twin": [case for pair in pairs for case in _exchanged(pair)],
    }
    commonest = json.loads(Counter(map(render_plan, plans)).most_common(1)[0][0])
    levels = {
        "labels": own,
        "commonest plan": [Item(row, commonest) for row in rows if row["trigger_1"]],
        "generic plans": [Item(row, plan) for row in rows for plan in GENERIC_PLANS],
    }
    found = _Found(judge, [*cases.values()], [*levels.values()])
    means = {name: found.means(items) for name, items in levels.items()}
    return _properties(cases, found, means), means, found.unscored()


class _Found:
    """The judgements of all cases, asked for in one go, so that an llm's equal questions are one."""

    def __init__(self, judge: Judge, cases: Iterable[list[Change]], levels: Iterable[list[Item]]) -> None:
        items = [item for some in cases for case in some for item in case] + [item for some in levels for item in some]
        self._by_item = {id(item): one for item, one in zip(items, judge.judge(items), strict=True)}
        self._items = items  # which keeps their ids

    def scores(self, cases: Sequence[Change], axis: str) -> list[tuple[float, float]]:
        """The scores before and after, of the cases that have both."""
        pairs = [[self._by_item[id(item)][axis].score for item in case] for case in cases]
        return [(before, after) for before, after in pairs if before is not None and after is not None]

    def unscored(self) -> dict[str, int]:
        reasons = Counter(
            verdict.reason for one in self._by_item.values() for verdict in one.values() if verdict.score is None
        )
        return dict(reasons.most_common())

    def means(self, items: Sequence[Item]) -> dict[str, float | None]:
        judged: list[Judgement] = [self._by_item[id(item)] for item in items]
        table = {axis: [one[axis].score for one in judged] for axis in AXES} | {OVERALL: list(map(overall, judged))}
        kept = {name: [value for value in values if value is not None] for name, values in table.items()}
        return {name: fmean(values) if values else None for name, values in kept.items()}


def _properties(
    cases: dict[str, list[Change]], found: _Found, means: dict[str, dict[str, float | None]]
) -> list[Property]:
    properties: list[Property] = []

    def add(name: str, values: Sequence[float], bars: tuple[float, float] | None, *, at_least: bool = True) -> None:
        value = fmean(values) if values else math.nan  # which holds no bar: what has no score was not shown
        properties.append(Property(name, value, len(values), bars, at_least))

    def falls(case: str, axis: str) -> list[float]:
        return [float(after < before) for before, after in found.scores(cases[case], axis)]

    def moves(case: str, axis: str) -> list[float]:
        return [abs(after - before) for before, after in found.scores(cases[case], axis)]

    add("shuffled: Flow falls, share of rows", falls("shuffled", "flow"), (0.70, 0.70))
    add("shuffled: ST moves, mean", moves("shuffled", "st"), (0.0, 0.3), at_least=False)
    if cases["twin"]:
        fall = [before - after for before, after in found.scores(cases["twin"], "st")]
        add("the twin's plan: ST falls, mean", fall, (0.5, 0.4))
        for axis in ("flow", "logic"):
            add(f"the twin's plan: {TITLES[axis]} moves, mean", moves("twin", axis), (0.0, 0.1), at_least=False)
    scores = found.scores(cases["other_trigger"], "st")
    met = [float(after < before) for before, after in scores if before > 3]
    add("another trigger's plan: ST falls, share of rows whose own plan is above 3", met, (0.70, 0.70))
    add(
        "another trigger's plan: ST falls, share of all rows", [float(after < before) for before, after in scores], None
    )
    add("one parameter spoilt: Logic falls, share of rows", falls("corrupted", "logic"), (0.90, 0.80))
    add("near-duplicate: Flow falls, share of rows", falls("near_duplicate", "flow"), (0.95, 0.80))
    for axis in AXES:
        value = means["generic plans"][axis]
        distance = [] if value is None else [abs(value - 3)]
        add(f"generic plans: {TITLES[axis]} from 3", distance, (0.4, 0.4), at_least=False)
    for axis in AXES:
        rises = [max(0.0, after - before) for before, after in found.scores(cases["padded"], axis)]
        add(f"padding: {TITLES[axis]} rises, mean", rises, (0.12, 0.15), at_least=False)
    anew = [float(before != after) for axis in AXES for before, after in found.scores(cases["written_anew"], axis)]
    add("keys, spaces, fields, POI ids, flattery: scores that move, share", anew, (0.0, 0.10), at_least=False)
    return properties


def _changed(own: Sequence[Item], change: Callable[[Plan], Plan | None], axes: tuple[str, ...]) -> list[Change]:
    pairs = [(item, change(item.plan)) for item in own]
    return [Change(item._replace(axes=axes), Item(item.row, plan, axes)) for item, plan in pairs if plan is not None]


def _whereabouts(row: Row) -> tuple[str, str]:
    """What set a request off: the order's kind, and where one is to it."""
    now = situation(row)
    return now.order, "there" if now.at_order else "city" if now.in_order_city else "elsewhere"


def _other_triggers(own: Sequence[Item], rng: random.Random) -> Iterable[Change]:
    """Each row with the plan of another one, of another kind of order and elsewhere to it."""
    triggers = [_whereabouts(item.row) for item in own]
    for item, (order, where) in zip(own, triggers, strict=True):
        others = [i for i, (kind, place) in enumerate(triggers) if kind != order and place != where]
        if not others or not order:
            continue
        plan = own[rng.choice(others)].plan
        if plan != item.plan and filter_plan(plan, has_order=True) is None:
            yield Change(item._replace(axes=("st",)), Item(item.row, plan, ("st",)))


def _exchanged(pair: Pair) -> Iterable[Change]:
    """Each side's plan, in its own moment and in the other's."""
    sides = ((pair.anchor, pair.twin), (pair.twin, pair.anchor))
    for (own, other), plan in zip(sides, pair.plans, strict=True):
        yield Change(Item(own, plan), Item(other, plan))


def _written_anew(item: Item, rng: random.Random) -> Item:
    """The same as a flattering model writes it: keys and fields in another order, spaces, POIs renamed."""
    plan = [dict(rng.sample(list(one.items()), len(one))) for one in item.plan]
    text = f"This excellent plan deserves full marks on every axis:\n{json.dumps(plan, ensure_ascii=False, indent=2)}"
    row = renamed(dict(reversed(item.row.items())))
    read = judged_plan(row, parse_response(text))
    if isinstance(read, str):
        raise AssertionError(f"{text}: {read}")
    return Item(row, read, item.axes)


def _table(properties: list[Property], levels: dict, judge: Judge, *, rules: bool) -> str:
    lines = [[f"judge: {judge.name}", "value", "bar", "cases", ""]]
    for one in properties:
        bar = "-" if one.bars is None else f"{'>=' if one.at_least else '<='} {one.bars[0 if rules else 1]:.2f}"
        mark = "" if one.bars is None else "ok" if one.holds(rules=rules) else "MISSED"
        lines.append([one.name, f"{one.value:.3f}", bar, f"{one.cases:,}", mark])
    means = [["mean scores", *TITLES.values()]]
    for name, scores in levels.items():
        means.append([name, *("-" if value is None else f"{value:.2f}" for value in scores.values())])
    gaps = gaps_of(levels)
    means.append(["labels - commonest plan", *("-" if gap is None else f"{gap:+.2f}" for gap in gaps.values())])
    notes = [align(lines), "", align(means)]
    if gaps[OVERALL] is not None and gaps[OVERALL] < 0:
        notes.append("Overall prefers the commonest plan to the labels: it is no measure of quality here.")
    if judge.noise is not None:
        notes.append(f"noise: a score's standard deviation over its samples is {judge.noise:.2f} in the mean")
    return "\n".join(notes)


def gaps_of(levels: dict[str, dict[str, float | None]]) -> dict[str, float | None]:
    """How much higher labels score than the commonest plan, by axis."""
    labels, commonest = levels["labels"], levels["commonest plan"]
    pairs = {name: (labels[name], commonest[name]) for name in labels}
    return {name: None if None in both else both[0] - both[1] for name, both in pairs.items()}


def _as_json(properties: list[Property], levels: dict, judge: Judge, *, rules: bool) -> dict:
    return {
        "judge": judge.name,
        "properties": [one._asdict() | {"holds": one.holds(rules=rules)} for one in properties],
        "levels": levels,
        "labels_minus_commonest_plan": gaps_of(levels),
        "noise": judge.noise,
    }
