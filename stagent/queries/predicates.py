"""How an answer is checked: predicates as plain JSON, several right answers where there are several.

    {"kind": "names", "any_of": ["济安药房", "同春堂"], "least": 1, "only": true, "also": ["澜屿站"]}
        the answer names ``least`` (1) different ones of ``any_of``; ``only``: and, of all the places that results
        named, none that is in neither ``any_of`` nor ``also`` (a start, an end, a name of the question)
    {"kind": "value", "of": "duration", "any_of": [649], "within": 60, "entity": "澜屿站"}
        it says a value of this kind (``stagent.queries.answer.KINDS``, in its unit) that is one of ``any_of`` give or
        take ``within`` (0) or the digits shown; ``entity`` (""): of which it must be said
    {"kind": "verdict", "value": true, "yes": ["来得及", "赶得上"], "no": ["来不及", "赶不上"]}
        it affirms or denies, in any of these words
    {"kind": "choice", "winner": ["济安药房"], "among": [["济安药房"], ["同春堂"]]}
        of the named alternatives (each with its spellings) it recommends this one
    {"kind": "sequence", "stops": [["望潮公园"], ["海味小馆", "渔家小馆"]]}
        it names one of each set, all different, in this order
    {"kind": "text", "all_of": [["免费", "不收费"], ["身份证"]]}
        it says one of each set of phrases
    {"kind": "unsolved", "reason": "missing_information", "words": ["目的地", "去哪"]}
        it says "[Unsolved]", or asks or says what is missing in one of these words
    {"kind": "chat"}
        it says something, and no tool was called for it

Each may have ``"turn"``: which of the user's turns the answer follows, from 0; -1 (the default) is the last.
"""

from collections.abc import Sequence
from typing import Any

# Kind -> its keys with their types; a key with a default may be left out.
_KEYS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "names": {"any_of": list, "least": int, "only": bool, "also": list},
    "value": {"of": str, "any_of": list, "within": (int, float), "entity": str},
    "verdict": {"value": bool, "yes": list, "no": list},
    "choice": {"winner": list, "among": list},
    "sequence": {"stops": list},
    "text": {"all_of": list},
    "unsolved": {"reason": str, "words": list},
    "chat": {},
}
_NEEDED = {
    "names": ("any_of",),
    "value": ("of", "any_of"),
    "verdict": ("value", "yes", "no"),
    "choice": ("winner", "among"),
    "sequence": ("stops",),
    "text": ("all_of",),
    "unsolved": ("reason", "words"),
    "chat": (),
}


class PredicateError(ValueError):
    """A predicate that is malformed, or that no answer can meet."""


def check_possible(expects: Sequence[dict[str, Any]], turns: int) -> None:
    """Raises PredicateError for a predicate that is malformed, that no answer can meet, or for two that exclude each
    other."""
    asked: dict[int, set[str]] = {}
    for predicate in expects:
        kind = predicate.get("kind")
        if kind not in _KEYS:
            raise PredicateError(f"kind {kind!r}; one of {', '.join(_KEYS)} is needed")
        keys = _KEYS[kind]
        for key in _NEEDED[kind]:
            if key not in predicate:
                raise PredicateError(f"{kind}: no {key}")
        for key, value in predicate.items():
            if key in ("kind", "turn"):
                continue
            if key not in keys:
                raise PredicateError(f"{kind}: unknown key {key!r}")
            wanted = keys[key]
            if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
                raise PredicateError(f"{kind}.{key}: {value!r} is of the wrong type")
        turn = predicate.get("turn", -1)
        if type(turn) is not int or not -turns <= turn < turns:
            raise PredicateError(f"turn {turn!r}; the task has {turns}")
        asked.setdefault(turn % turns, set()).add(kind)
        _check_one(kind, predicate)
    for kinds in asked.values():
        if "unsolved" in kinds and kinds - {"unsolved"}:
            raise PredicateError(f"unsolved excludes {', '.join(sorted(kinds - {'unsolved'}))}")


def _check_one(kind: str, predicate: dict[str, Any]) -> None:
    if kind == "names":
        least = predicate.get("least", 1)
        if not 1 <= least <= len(set(predicate["any_of"])):
            raise PredicateError(f"names: {least} of {len(set(predicate['any_of']))} names can't be met")
    elif kind == "value" and not predicate["any_of"]:
        raise PredicateError("value: any_of is empty, so no answer can meet it")
    elif kind == "verdict" and (not predicate["yes"] or not predicate["no"]):
        raise PredicateError("verdict: words for yes and for no are needed")
    elif kind == "choice":
        spellings = [set(each) for each in predicate["among"]]
        if sum(bool(each & set(predicate["winner"])) for each in spellings) != 1 or len(spellings) < 2:
            raise PredicateError("choice: the winner must be one of two or more alternatives")
    elif kind in ("sequence", "text"):
        sets = predicate["stops" if kind == "sequence" else "all_of"]
        if not sets or not all(isinstance(each, list) and each for each in sets):
            raise PredicateError(f"{kind}: an empty set can't be met")
        if kind == "sequence" and not _distinct(sets):
            raise PredicateError("sequence: there aren't enough different names for its stops")
    elif kind == "unsolved" and not predicate["words"]:
        raise PredicateError("unsolved: words for what is missing are needed")


def _distinct(sets: Sequence[Sequence[str]]) -> bool:
    """Whether each set can give a name that no other gives: a matching of stops and names."""
    owner: dict[str, int] = {}

    def place(stop: int, seen: set[str]) -> bool:
        for name in sets[stop]:
            if name not in seen:
                seen.add(name)
                if name not in owner or place(owner[name], seen):
                    owner[name] = stop
                    return True
        return False

    return all(place(stop, set()) for stop in range(len(sets)))
