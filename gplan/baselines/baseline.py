"""What every baseline is: something that learns from rows with plans and answers rows without."""

from abc import ABC, abstractmethod
from argparse import Namespace
from collections.abc import Sequence

from data_process.schema import Row
from gplan.baselines.decode import Scorer, decode
from gplan.baselines.examples import LabelledRows
from gplan.baselines.vocabulary import Ids, Vocabulary


class Baseline(ABC):
    """``fit`` once, then ``answer``.

    Attributes:
        parameters: numbers that were learnt; for trees, their leaves' and splits'.

    Args:
        args: of the command line: ``sees``, ``decode``, ``k``, ``seed``, and the model's own from its YAML file.
    """

    parameters = 0

    def __init__(self, args: Namespace, vocabulary: Vocabulary):
        self.args, self.vocabulary = args, vocabulary

    @abstractmethod
    def fit(self, examples: LabelledRows) -> None:
        """Learns; what it stops by is a split of the examples themselves."""

    @abstractmethod
    def answer(self, rows: Sequence[Row]) -> list[Ids]:
        """A plan for each row, in numbers. Labels are not looked at."""


class NextIntent(Baseline):
    """A baseline that says how likely every next intent is, so that plans can be decoded in any way."""

    @abstractmethod
    def scorer(self, rows: Sequence[Row]) -> Scorer:
        """Log-probabilities of what may follow, for these rows."""

    def answer(self, rows: Sequence[Row]) -> list[Ids]:
        has_order = [bool(row["trigger_1"]) for row in rows]
        return decode(self.scorer(rows), has_order, self.vocabulary, self.args.decode, k=self.args.k)
