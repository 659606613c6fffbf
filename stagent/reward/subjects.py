"""Of what each claim of a text is said: the things, days, modes … that are named around it."""

import re
from typing import Any

from stagent.reward.evidence import KIND_OF
from stagent.reward.spoken import Mention, Reading, SpokenClaim, words_within

_TOWARDS = re.compile(r"[从去到往至]\s?$")
_PAST = re.compile(r"(?:经过|途经|经|走|顺路|路过|绕到)\s?$")
SIDE = ("leave", "pref", "own")  # what tells more of a way, and isn't what a value is said of
_OBLIQUE = re.compile(r"(?:[离距在从跟比近向经过]|靠近|挨着|附近的|您的|the|to|from|at)\s?$")


def attribute(reading: Reading) -> None:
    """Tells each claim what it is said of."""
    groups: dict[str, tuple[int, frozenset[str]]] = {}
    topic: tuple[int, frozenset[str]] | None = None  # the sentence's last thing that is no place beside another
    near: list[Mention] = []
    modes: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    main: frozenset[str] | None = None
    first = 0
    sentence = -1
    waiting: list[SpokenClaim] = []
    named: tuple[int, tuple[frozenset[str], ...]] = (-1, ())
    past = False
    events: list[Any] = sorted([*reading.mentions, *reading.claims], key=_order)
    for event in events:
        now = reading.sentences[event.clause]
        if now != sentence:
            if main is None and things:
                main = things
            sentence, topic, modes, things, first = now, None, frozenset(), frozenset(), event.clause
        if type(event) is Mention:
            slot, keys = event.slot, event.keys
            if slot == "mode":
                modes |= keys
            elif slot == "thing":
                things |= keys
                ends = (event.keys,) if _TOWARDS.search(reading.text, max(0, event.start - 2), event.start) else ()
                named = (event.clause, (*named[1], *ends) if named[0] == event.clause else ends)
                past = bool(_PAST.search(reading.text, max(0, event.start - 4), event.start))
                if not _OBLIQUE.search(reading.text, max(0, event.start - 5), event.start):
                    topic = (event.clause, keys if topic is None or topic[0] != event.clause else topic[1] | keys)
                elif topic is not None:
                    keys = keys | topic[1]
            last = groups.get(slot)
            groups[slot] = (event.clause, last[1] | keys if last is not None and last[0] == event.clause else keys)
            if slot not in SIDE:
                near = [*near, event] if near and near[0].clause == event.clause else [event]
            for claim in waiting:
                if claim.clause == event.clause:
                    claim.after[slot] = claim.after.get(slot, frozenset()) | keys
        else:
            event.groups = groups.copy()
            event.modes, event.first, event.named, event.past = modes, first, named[1], past
            event.things = things or main or frozenset()
            if near and near[0].clause == event.clause:
                event.near = tuple(near)
            waiting = [claim for claim in waiting if claim.clause == event.clause]
            waiting.append(event)
    if reading.layout.tables:
        _attribute_cells(reading)


def _attribute_cells(reading: Reading) -> None:
    """In a table a value is of what its own cell names, its row's first cell, and its column's head."""
    for claim in reading.claims:
        cell = reading.layout.cell(claim.start)
        if cell is None:
            continue
        heads = [each for each in reading.mentions if _within(each, cell.own) or _within(each, cell.head)]
        rows = [each for each in reading.mentions if _within(each, cell.row)]
        beside = [each for each in rows if _within(each, cell.first) or each.slot in ("ride", "day")]
        groups = {slot: group for slot, group in claim.groups.items() if slot not in ("thing", "ride", "own")}
        told: dict[str, frozenset[str]] = {}
        for mention in (*beside, *heads):
            told[mention.slot] = told.get(mention.slot, frozenset()) | mention.keys
        claim.groups = groups | {slot: (claim.clause, keys) for slot, keys in told.items()}
        claim.near, claim.after, claim.named, claim.cell = (), {}, (), True
        claim.things = told.get("thing", frozenset())
        if claim.fields is None:
            cues = [word.load["cue"] for word in words_within(reading, *cell.head) if "cue" in word.load]
            fields = frozenset(name for cue in cues for name in cue if KIND_OF.get(name) == claim.kind)
            claim.fields = fields or None


def _within(mention: Mention, span: tuple[int, int]) -> bool:
    return span[0] <= mention.start < span[1]


def _order(each: Any) -> tuple[int, bool]:
    return each.start, type(each) is SpokenClaim
