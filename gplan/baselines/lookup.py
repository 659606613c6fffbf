"""A table: the commonest answer among the training rows that agree in up to three comparisons."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence

from data_process.schema import Row
from gplan.baselines.baseline import Baseline
from gplan.baselines.examples import LabelledRows, split
from gplan.baselines.features import comparisons_table
from gplan.baselines.vocabulary import Ids


class Lookup(Baseline):
    """Of all tables of one, two or three comparisons the one that names most first intents of the split right.

    A cell answers with the commonest plan that begins with its commonest first intent; a combination of values that
    no training row has gets the answer of all rows. ``columns`` are the chosen comparisons.
    """

    def fit(self, examples: LabelledRows) -> None:
        learn, stop = split(examples, self.args.held_out, self.args.seed)
        tables = [comparisons_table(part.rows) for part in (learn, stop)]
        names = list(tables[0])
        sets = [c for size in range(1, self.args.columns + 1) for c in itertools.combinations(names, size)]

        def hits(columns: tuple[str, ...]) -> int:
            answers = _answers(_cells(tables[0], columns), learn.plans)
            found = (answers.get(cell, answers[None]) for cell in _cells(tables[1], columns))
            return sum(answer[0] == plan[0] for answer, plan in zip(found, stop.plans, strict=True))

        self.columns = max(sets, key=hits)  # of equals the first, which is the smallest
        self._plans = _answers(_cells(comparisons_table(examples.rows), self.columns), examples.plans)
        self.parameters = len(self._plans)

    def answer(self, rows: Sequence[Row]) -> list[Ids]:
        return [self._plans.get(cell, self._plans[None]) for cell in _cells(comparisons_table(rows), self.columns)]


def _cells(table: dict[str, list], columns: tuple[str, ...]) -> list[tuple]:
    return list(zip(*(table[name] for name in columns), strict=True))


def _answers(cells: list[tuple], plans: list[Ids]) -> dict[tuple | None, Ids]:
    """Each cell's answer; under None that of all rows."""
    groups: dict[tuple | None, list[Ids]] = defaultdict(list)
    for cell, plan in zip(cells, plans, strict=True):
        groups[cell].append(plan)
    groups[None] = plans
    answers = {}
    for cell, own in groups.items():
        first = Counter(plan[0] for plan in own).most_common(1)[0][0]
        answers[cell] = Counter(plan for plan in own if plan[0] == first).most_common(1)[0][0]
    return answers
