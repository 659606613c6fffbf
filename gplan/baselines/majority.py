"""The commonest plan of the training rows, whatever is asked."""

from collections import Counter
from collections.abc import Sequence

from data_process.schema import Row
from gplan.baselines.baseline import Baseline
from gplan.baselines.examples import LabelledRows
from gplan.baselines.vocabulary import Ids


class Majority(Baseline):
    """``Counter(plans).most_common(1)``; of equally common ones the first that occurs."""

    def fit(self, examples: LabelledRows) -> None:
        self._plan = Counter(examples.plans).most_common(1)[0][0]
        self.parameters = len(self._plan)

    def answer(self, rows: Sequence[Row]) -> list[Ids]:
        return [self._plan] * len(rows)
