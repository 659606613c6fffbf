"""Intents as numbers, and which of them the rules let follow."""

from typing import Literal

import numpy as np

from data_process.intents import (
    EXCLUSIVE_TOOLS,
    MAX_PLAN,
    MIN_PLAN,
    ORDER_PLACE,
    PREVIOUS,
    TOOL_KEY,
    TOOLS,
    Intent,
    Plan,
    all_intents,
)

Kind = Literal["intents", "tools"]
Ids = tuple[int, ...]


class Vocabulary:
    """Numbers for the 148 intents of the library, or for the ten tools alone; ``end`` is the number behind the last.

    ``Vocabulary("tools").ids([{"工具名称": "tool_9"}]) == (8,)``
    """

    def __init__(self, kind: Kind):
        self.kind = kind
        self.intents: list[Intent] = all_intents() if kind == "intents" else [{TOOL_KEY: name} for name in TOOLS]
        self.end = len(self.intents)
        self._ids = {self._key(one): number for number, one in enumerate(self.intents)}
        self._exclusive = self._where(lambda one: one[TOOL_KEY] in EXCLUSIVE_TOOLS)
        self._refers = self._where(lambda one: PREVIOUS in one.values())
        self._order = self._where(lambda one: ORDER_PLACE in one.values())

    def __len__(self) -> int:
        """Choices at a decision: every intent, and the end."""
        return self.end + 1

    def ids(self, plan: Plan) -> Ids:
        """The numbers of a plan that passed the schema."""
        return tuple(self._ids[self._key(one)] for one in plan)

    def plan(self, ids: Ids) -> Plan:
        """The plan of numbers; of tools alone its intents have no parameters."""
        return [dict(self.intents[number]) for number in ids]

    def allowed(self, ids: Ids, *, has_order: bool) -> np.ndarray:
        """Which choices the rule filter's logic lets follow, bool, (148 + 1,). At least one does, always."""
        mask = np.ones(len(self), dtype=bool)
        if len(ids) == MAX_PLAN:
            mask[: self.end] = False
            return mask
        mask[self.end] = len(ids) >= MIN_PLAN
        mask[list(ids)] = False
        if not ids:
            mask[self._refers] = False
        if self._exclusive[list(ids)].any():
            mask[self._exclusive] = False
        if not has_order:
            mask[self._order] = False
        return mask

    def _key(self, one: Intent) -> frozenset:
        return frozenset(one.items()) if self.kind == "intents" else frozenset({(TOOL_KEY, one[TOOL_KEY])})

    def _where(self, holds) -> np.ndarray:
        return np.array([*map(holds, self.intents), False])
