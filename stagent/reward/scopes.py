"""What a value can be of, in a text: the things, trains and flights named around it, from near to far."""

import re
from collections.abc import Iterator

from stagent.reward.spoken import Mention, Reading, SpokenClaim

MAIN = ("thing", "ride")
# Before a thing that a value is counted from, leads to, or is compared with.
_OBLIQUE = re.compile(r"(?:[离距在从跟比近向经过去到往至和与]|靠近|挨着|附近的|您的)\s?$")
_FROM = re.compile(r"(?:[离距从跟比近和与]|靠近|挨着|附近的|您的)\s?$")
_ITS = re.compile(r"[(]|\s?(?:开?外|远|处)?的\s?")  # before what a value is of: 150 元（星塔）, 250 米外的百川简餐


def scopes(reading: Reading, claim: SpokenClaim) -> Iterator[list[Mention]]:
    """Things and rides that are named around a claim, from near to far: in its clause, its sentence, its line, in the
    list that it heads, before it. What is named behind it counts where nothing stands before it. An entry of a list
    that names a thing is of that thing."""
    layout = reading.layout
    named = [each for each in reading.mentions if each.slot in MAIN and not each.start <= claim.start < each.end]
    before = [each for each in named if each.start < claim.start][::-1]
    behind = [each for each in named if each.start > claim.start]
    if behind and is_its(reading, claim, behind[0]):
        yield behind[:1]
    if owner := next((each for each in before if in_brackets_of(reading, claim, each)), None):
        yield [owner]
    for within in (
        lambda each: in_clause(reading, claim, each),
        lambda each: in_sentence(reading, claim, each),
    ):
        found = [each for each in before if within(each)]
        if not any(not oblique(reading, each) for each in found):
            found += [each for each in behind if within(each)]
        yield found
    line = layout.number(claim.start)
    own = [each for each in before if layout.number(each.start) == line]
    yield own
    if own and layout.is_entry(claim.start):
        return
    yield _listed(reading, line, behind) if not own else []
    yield before


def nearest(reading: Reading, claim: SpokenClaim) -> Iterator[Mention]:
    """What ``scopes`` has, one after the other."""
    for scope in scopes(reading, claim):
        yield from scope


def _listed(reading: Reading, line: int, behind: list[Mention]) -> list[Mention]:
    """Things of the list's entries that follow a line."""
    layout, last = reading.layout, line
    while last + 1 < len(layout.lines) and layout.is_entry(layout.lines[last + 1][0]):
        last += 1
    return [each for each in behind if line < layout.number(each.start) <= last]


def in_clause(reading: Reading, claim: SpokenClaim, mention: Mention) -> bool:
    """Whether a name stands in a claim's clause, or ends there, as one with brackets does."""
    return mention.clause == claim.clause or mention.start < reading.starts[claim.clause] < mention.end


def in_sentence(reading: Reading, claim: SpokenClaim, mention: Mention) -> bool:
    return reading.sentences[mention.clause] == reading.sentences[claim.clause]


def in_line(reading: Reading, claim: SpokenClaim, scope: list[Mention]) -> bool:
    """Whether all of a scope stands before a claim in its line."""
    line = reading.layout.number(claim.start)
    return all(each.start < claim.start and reading.layout.number(each.start) == line for each in scope)


def sentence_start(reading: Reading, claim: SpokenClaim) -> int:
    return reading.starts[reading.sentences.index(reading.sentences[claim.clause])]


def is_its(reading: Reading, claim: SpokenClaim, mention: Mention) -> bool:
    """Whether a name right behind a value says of what it is."""
    return mention.start > claim.start and bool(_ITS.fullmatch(reading.text, claim.end, mention.start))


def in_brackets_of(reading: Reading, claim: SpokenClaim, mention: Mention) -> bool:
    """Whether a value stands in the brackets right behind a name: 济安药房（320 米，评分 4.8）."""
    behind = reading.text[mention.end : claim.start].lstrip(" *_")
    return behind.startswith("(") and ")" not in behind


def oblique(reading: Reading, mention: Mention) -> bool:
    return bool(_OBLIQUE.search(reading.text, max(0, mention.start - 4), mention.start))


def topics_of(reading: Reading, scope: list[Mention]) -> list[Mention]:
    """What a scope is about: what no value is counted from, and leads nowhere; else what it leads to."""
    main = [each for each in scope if not oblique(reading, each)]
    return main or [each for each in scope if not _FROM.search(reading.text, max(0, each.start - 4), each.start)]
