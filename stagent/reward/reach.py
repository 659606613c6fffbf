"""Of what else a claim may be said, where the text leaves it open, from near to far.

A value in a clause that names a thing is that thing's alone, one in a table its row's and column's. Elsewhere it is of
what its sentence is about; only where the sentence names nothing may it be of what the line or the answer is about, and
only where a clause names another cabin, mode or day than before is it no longer of what was named with the former.

    "火车最低 78.5 元：硬座，K1106。图快的话，二等座 289.5 元"    289.5: not of K1106, since 二等座 turns to another
"""

import re
from collections.abc import Iterator

from stagent.reward.spoken import Mention, Reading, SpokenClaim

_MAIN = ("thing", "ride")
_TURNING = ("cabin", "mode", "day", "pref", "line", "leave")
# Before a thing that a value is counted from or leads to.
_OBLIQUE = re.compile(r"(?:[离距在从跟比近向经过去到往至和与]|靠近|挨着|附近的|您的)\s?$")
_FROM = re.compile(r"(?:[离距跟比]|靠近|挨着|附近的)\s?$")
# Before a cabin that a ride is compared with or changed for.
_AWAY = re.compile(r"(?:比|换成?|改[坐乘]|就算坐|高铁|动车|火车)\s?$")
_CLASS = re.compile(r"[gdkztc]\s?字头|[gdkz] ?字|高铁|动车|飞机|火车|普速")
_OF_WAYS = frozenset(("toll_yuan", "traffic_delay_s"))
Groups = dict[str, tuple[int, frozenset[str]]]


def others(reading: Reading, claim: SpokenClaim) -> Iterator[Groups]:
    """Other subjects of a claim, as ``SpokenClaim.groups`` has them."""
    if claim.cell:
        return
    start, _ = reading.layout.line(claim.start)
    if _named_before_bracket(reading, claim):
        return
    before = [each for each in reading.mentions if start <= each.start <= claim.start]
    own = [each for each in before if each.clause == claim.clause]
    sentence = [each for each in before if reading.sentences[each.clause] == reading.sentences[claim.clause]]
    if _turns(reading, claim, own):
        yield _groups(own)
    if not any(each.slot == "ride" for each in own) and _of_class(reading, claim):
        turned = {slot: group for slot, group in _groups(own).items() if slot != "ride"}
        for slot in ("thing", "city"):
            if slot in claim.groups:
                yield {slot: claim.groups[slot], **turned}
        yield turned
    if any(each.slot in _MAIN for each in own) or any(slot in claim.after for slot in _MAIN):
        return
    rest = {slot: group for slot, group in claim.groups.items() if slot not in _MAIN}
    near = {slot: group for slot, group in _groups(sentence).items() if slot not in _MAIN}
    scope = [each for each in sentence if each.slot in _MAIN]
    seen: list[frozenset[str]] = []
    if not scope:
        if claim.fields and claim.fields <= _OF_WAYS:
            yield rest
            yield near
        if not any(each.slot in _MAIN for each in reading.mentions):
            yield near
    if not scope:
        if any(each.slot == "word" for each in own):
            yield rest  # of what is of that kind
        if ahead := _ahead(reading, claim, before):
            yield {**rest, **ahead}
            yield {**near, **ahead}
        if sentence and _turns(reading, claim, sentence):
            yield near
    for mention in reversed(scope) if scope else _far(reading, claim, before):
        beside = _OBLIQUE if scope else _FROM
        if mention.keys in seen or beside.search(reading.text, max(0, mention.start - 4), mention.start):
            continue
        seen.append(mention.keys)
        for sides in (rest, near):
            yield {**sides, mention.slot: (mention.clause, mention.keys)}


def _turns(reading: Reading, claim: SpokenClaim, own: list[Mention]) -> bool:
    """Whether a clause names a cabin, mode, day … other than the one that was named before it."""
    for mention in own:
        if mention.slot in _TURNING:
            last = [each for each in reading.mentions if each.slot == mention.slot and each.clause < claim.clause]
            if last and not last[-1].keys & mention.keys:
                return True
            if mention.slot == "cabin" and _AWAY.search(reading.text, max(0, mention.start - 4), mention.start):
                return True
    return False


def _of_class(reading: Reading, claim: SpokenClaim) -> bool:
    """Whether a clause, or the one before its bracket, speaks of a class of rides: ``G 字头更快（一小时四十分）``."""
    begins = reading.starts[claim.clause]
    if begins and reading.text[begins - 1] == "(":
        begins = reading.starts[claim.clause - 1]
    return bool(_CLASS.search(reading.text, begins, claim.start))


def _named_before_bracket(reading: Reading, claim: SpokenClaim) -> bool:
    """Whether a claim stands in brackets right behind a name: ``济安药房（320 米，评分 4.8）``."""
    start, _ = reading.layout.line(claim.start)
    opens = reading.text.rfind("(", start, claim.start)
    if opens < 0 or ")" in reading.text[opens : claim.start]:
        return False
    behind = reading.text[start:opens].rstrip(" *_")
    return any(each.slot in _MAIN and each.end == start + len(behind) for each in reading.mentions)


def _ahead(reading: Reading, claim: SpokenClaim, before: list[Mention]) -> Groups:
    """What a line names behind a value where it names no thing before it: ``最低 78.5 元：硬座，K1106``."""
    sentence = reading.sentences[claim.clause]
    if any(each.slot in _MAIN and reading.sentences[each.clause] == sentence for each in before):
        return {}
    _, end = reading.layout.line(claim.start)
    behind = [each for each in reading.mentions
              if claim.end <= each.start < end and reading.sentences[each.clause] == sentence]  # fmt: skip
    if not any(each.slot in _MAIN for each in behind):
        return {}
    told: dict[str, frozenset[str]] = {}
    for mention in behind:
        told[mention.slot] = told.get(mention.slot, frozenset()) | mention.keys
    return {slot: (claim.clause, keys) for slot, keys in told.items()}


def _groups(mentions: list[Mention]) -> Groups:
    """The last of each slot, those of one clause together."""
    found: Groups = {}
    for mention in mentions:
        last = found.get(mention.slot)
        keys = last[1] | mention.keys if last is not None and last[0] == mention.clause else mention.keys
        found[mention.slot] = (mention.clause, keys)
    return found


def _far(reading: Reading, claim: SpokenClaim, before: list[Mention]) -> Iterator[Mention]:
    """Where a sentence names no thing: its line's things, the entry's head first, else what the answer is about."""
    line = [each for each in before if each.slot in _MAIN]
    if line:
        yield line[0]
        yield from reversed(line)
        return
    earlier = [each for each in reading.mentions if each.slot in _MAIN and each.end <= claim.start]
    if earlier:
        yield earlier[0]
        last = reading.layout.number(earlier[-1].start)
        for mention in reversed(earlier):
            if reading.layout.number(mention.start) == last:
                yield mention
