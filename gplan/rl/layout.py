"""Responses to prompts as one batch, with the decisions that they came by and what else could have been chosen.

row       │ prompt │ response 1 … │ response 2 … │ pad      equal responses of a row stand there once
segments    0        1              2              3
positions   0 … p-1  p …            p …            0
"""

from collections.abc import Sequence
from typing import NamedTuple

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


class Asked(NamedTuple):
    """A prompt, different responses to it, and each one's decisions."""

    prompt: list[int]
    responses: list[list[int]]
    decisions: list[list[Decided]]


def lay_out(rows: Sequence[Asked], pad: int, *, multiple: int = 8) -> dict[str, torch.Tensor]:
    """What ``attach_decision_log_probs`` takes, for B rows, R responses in all and N decisions in all, int64.

    ``input_ids``, ``segments``, ``position_ids``: (B, L).
    ``sources``: (N,), the positions that the decisions follow, counted through ``input_ids`` row by row.
    ``allowed``: (N, C), -1 behind each decision's own.
    ``chosen``: (N,), places in ``allowed``.
    ``owners``: (N,), each decision's response, 0 … R - 1, row by row.
    """
    lines, segments, positions = [], [], []
    for prompt, responses, _ in rows:
        lines.append([*prompt, *(token for response in responses for token in response)])
        parts = [[number] * len(part) for number, part in enumerate((prompt, *responses))]
        segments.append([number for part in parts for number in part])
        p = len(prompt)
        positions.append([*range(p), *(place for each in responses for place in range(p, p + len(each)))])
    length = -(-max(map(len, lines)) // multiple) * multiple
    sources, allowed, chosen, owners, owner = [], [], [], [], 0
    for number, (prompt, responses, decided) in enumerate(rows):
        begin = len(prompt)
        for response, decisions in zip(responses, decided, strict=True):
            for place, tokens, which in decisions:
                before = begin + place - 1 if place else len(prompt) - 1
                sources.append(number * length + before)
                allowed.append(tokens)
                chosen.append(which)
                owners.append(owner)
            begin += len(response)
            owner += 1
    most = max(map(len, allowed), default=1)
    last = 1 + max(len(row.responses) for row in rows)
    return {
        "input_ids": _padded(lines, length, pad),
        "segments": _padded(segments, length, last),
        "position_ids": _padded(positions, length, 0),
        "sources": torch.tensor(sources, dtype=torch.int64),
        "allowed": _padded(allowed, most, -1),
        "chosen": torch.tensor(chosen, dtype=torch.int64),
        "owners": torch.tensor(owners, dtype=torch.int64),
    }


def _padded(lines: list[list[int]], length: int, value: int) -> torch.Tensor:
    padded = [[*line, *[value] * (length - len(line))] for line in lines]
    return torch.tensor(padded, dtype=torch.int64).reshape(len(lines), length)
