"""A vocabulary of the drawn ways."""

import pytest

from stagent.rollout.compact.words import WordCounts, names_of

SEEN = 25  # times that each way is counted: as if a training set had repeated its words so often


@pytest.fixture(scope="session")
def vocabulary(gazetteer, drawn):
    counts = WordCounts(names_of(gazetteer))
    for _ in range(SEEN):
        for each in drawn:
            counts.add(each.trajectory)
    return counts.vocabulary()
