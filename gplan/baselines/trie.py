"""Plans as sequences of codes, and which code may follow: what a generative baseline's decoder is held to.

The library's intents are the leaves of a trie: each is a short sequence of codes, and none begins another.

    plan        (7, 9)
    codes       c7_1 c7_2 c7_3 | c9_1 c9_2 c9_3 | end
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from data_process.intents import MAX_PLAN
from gplan.baselines.vocabulary import Ids, Vocabulary

Codes = tuple[int, ...]


class CodeTrie:
    """The codes of the 148 intents, and what may follow those of a plan so far.

    Args:
        codes: of each intent, in the vocabulary's order.
        end: the code that ends a plan.
    """

    def __init__(self, codes: Sequence[Codes], end: int, vocabulary: Vocabulary):
        self.codes, self.end, self.vocabulary = list(codes), end, vocabulary
        self._intents = {one: number for number, one in enumerate(self.codes)}
        self._below: dict[Codes, list[int]] = defaultdict(list)
        for number, one in enumerate(self.codes):
            for length in range(len(one)):
                self._below[one[:length]].append(number)
        if len(self._intents) < len(self.codes) or self._below.keys() & self._intents.keys():
            raise ValueError("two intents have the same codes, or one's codes begin another's")
        self.longest = MAX_PLAN * max(map(len, self.codes)) + 1  # codes of a plan and its end
        self._following = lru_cache(maxsize=100_000)(self._following_of)

    def encode(self, plan: Ids) -> list[int]:
        """A plan's codes, its end among them."""
        return [code for number in plan for code in self.codes[number]] + [self.end]

    def read(self, codes: Sequence[int]) -> tuple[Ids, Codes]:
        """The intents that codes spell up to their end, and the codes of the one that is not whole."""
        plan, begun = [], ()
        for code in codes:
            if code == self.end:
                break
            begun = (*begun, code)
            if begun in self._intents:
                plan.append(self._intents[begun])
                begun = ()
        return tuple(plan), begun

    def following(self, codes: Sequence[int], *, rules: bool, has_order: bool) -> list[int]:
        """The codes that may come next, at least one.

        Args:
            rules: whether the rule filter's logic cuts the trie, or all of the library may follow at any place.
        """
        if self.end in codes:
            return [self.end]
        # A beam search fills its beams up with sequences of probability nought, which have left the trie.
        return self._following(*self.read(codes), rules, has_order) or [self.end]

    def _following_of(self, plan: Ids, begun: Codes, rules: bool, has_order: bool) -> list[int]:
        if rules:
            may = self.vocabulary.allowed(plan, has_order=has_order)
        else:
            # Without rules nothing else would end a plan of a model that never says so.
            may = np.full(len(self.vocabulary), len(plan) < MAX_PLAN)
            may[self.vocabulary.end] = True
        codes = {self.codes[number][len(begun)] for number in self._below.get(begun, ()) if may[number]}
        if not begun and may[self.vocabulary.end]:
            codes.add(self.end)
        return sorted(codes)
