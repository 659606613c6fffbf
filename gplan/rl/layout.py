"""Plans drawn for rows as one batch: a tree behind each prompt, in which what plans begin with alike stands once.

    row        │ prompt │ a b │ c d e │ f g │ pad       plans abcde and abfg: they part behind b
    positions    0 … p-1  p     p+2     p+2
    sees         prompt and the tokens on its own way

A decision is a token behind which the grammar allows several: it has what could have been chosen, how many plans came
by, and the advantages of those that went on each way.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from gplan.planner.grammar import Grammar


class Decided(NamedTuple):
    """A decision of a response: before which of its tokens, among which tokens, and which of those it was."""

    place: int
    allowed: list[int]
    chosen: int


def decisions_of(grammar: Grammar, ids: Sequence[int], *, has_order: bool) -> list[Decided]:
    """The decisions of a whole response: where the grammar allows several tokens.

    ``[Decided(26, [301, 302], 1), …]``: token 26 is 302, and could have been 301.
    """
    found, state = [], grammar.start(has_order=has_order)
    for place, token in enumerate(ids):
        allowed = grammar.allowed(state)
        if len(allowed) > 1:
            found.append(Decided(place, allowed, allowed.index(token)))
        state = grammar.advance(state, token)
    return found


class DrawnPlan(NamedTuple):
    """A response to a prompt, how often it was drawn, and the sum of those plans' advantages."""

    ids: list[int]
    decisions: list[Decided]
    count: int = 1
    advantage: float = 0.0


class Tree:
    """Responses to one prompt.

    Attributes:
        ids: the prompt, then every token of the tree behind the one that it follows.
        parents: the place before each, -1 of the first.
        decisions: by the place that they follow, what is allowed there.
        advantages, counts: the same, of each way and of all.
    """

    def __init__(self, prompt: Sequence[int], responses: Sequence[DrawnPlan]):
        self.ids, self.parents = list(prompt), list(range(-1, len(prompt) - 1))
        self.decisions: dict[int, list[int]] = {}
        self.advantages: dict[int, list[float]] = {}
        self.counts: dict[int, int] = {}
        self._places: dict[tuple[int, int], int] = {}
        for response in responses:
            self._add(response, len(prompt) - 1)

    def _add(self, response: DrawnPlan, root: int) -> None:
        way = [root]
        for token in response.ids:
            step = way[-1], token
            if step not in self._places:
                self._places[step] = len(self.ids)
                self.ids.append(token)
                self.parents.append(way[-1])
            way.append(self._places[step])
        for place, allowed, chosen in response.decisions:
            at = way[place]
            self.decisions.setdefault(at, allowed)
            self.advantages.setdefault(at, [0.0] * len(allowed))[chosen] += response.advantage
            self.counts[at] = self.counts.get(at, 0) + response.count

    def __len__(self) -> int:
        return len(self.ids)

    def positions(self) -> list[int]:
        """How many tokens each has before it on its way."""
        found: list[int] = []
        for parent in self.parents:
            found.append(found[parent] + 1 if parent >= 0 else 0)
        return found

    def seen(self, length: int) -> np.ndarray:
        """Who is seen by whom, bool, (length, length); padding sees itself."""
        mask = np.eye(length, dtype=bool)
        for place, parent in enumerate(self.parents):
            if parent >= 0:
                mask[place] |= mask[parent]
        return mask


def lay_out(trees: Sequence[Tree], pad: int, *, multiple: int = 8) -> dict[str, torch.Tensor]:
    """B trees with N decisions in all, C ways at most.

        ``input_ids``, ``position_ids``: (B, L), int64; ``mask``: (B, 1, L, L), bool.
        ``sources``: (N,), int64, the places that the decisions follow, counted through ``input_ids`` row by row.
        ``allowed``: (N, C), int64, -1 behind each decision's own.
        ``advantages``: (N, C), fp32; ``counts``: (N,), fp32; ``rows``: (N,), int64, each decision's row.

    The first five are what ``attach_decision_log_probs`` takes.
    """
    length = -(-max(map(len, trees)) // multiple) * multiple
    found = [(number, at, tree) for number, tree in enumerate(trees) for at in tree.decisions]
    most = max((len(tree.decisions[at]) for _, at, tree in found), default=1)

    def table(lines: list[list], width: int, value: float, dtype: torch.dtype) -> torch.Tensor:
        padded = [[*line, *[value] * (width - len(line))] for line in lines]
        return torch.tensor(padded, dtype=dtype).reshape(len(lines), width)

    return {
        "input_ids": table([tree.ids for tree in trees], length, pad, torch.int64),
        "position_ids": table([tree.positions() for tree in trees], length, 0, torch.int64),
        "mask": torch.from_numpy(np.stack([tree.seen(length) for tree in trees])[:, None]),
        "sources": torch.tensor([number * length + at for number, at, _ in found], dtype=torch.int64),
        "allowed": table([tree.decisions[at] for _, at, tree in found], most, -1, torch.int64),
        "advantages": table([tree.advantages[at] for _, at, tree in found], most, 0, torch.float32),
        "counts": torch.tensor([tree.counts[at] for _, at, tree in found], dtype=torch.float32),
        "rows": torch.tensor([number for number, *_ in found], dtype=torch.int64),
    }
