"""All that an answer may rest on: the results before it, the context, and what the user said."""

import re
from collections.abc import Callable, Iterator, Sequence

from datetime import date
from functools import cached_property, lru_cache

from stagent.queries.task import Context
from stagent.reward.claims import Reading, SpokenClaim, read
from stagent.reward.evidence import HERE, Known, QuotedText, ResultFacts, Subject, context_facts
from stagent.reward.lexicon import Heads
from stagent.reward.plain import plain

# Sentences in texts of strangers that address whoever reads them: no evidence of anything.
_COMMANDS = ("助手", "ai ", "agent", "assistant", "机器人", "大模型", "系统指令", "系统提示", "忽略", "ignore", "instruction", "<system", "</",
             "admin", "outdated", "unsolved", "本页的价格")  # fmt: skip

_OF_PAGES = ("cabin", "thing", "ride", "line")


def _spoken_of(claim: SpokenClaim, active: frozenset[str]) -> frozenset[str]:
    """The things of a claim's own clause, where it names any."""
    return frozenset(key for mention in claim.near if mention.slot == "thing" for key in mention.keys) or active


@lru_cache(maxsize=1024)
def _read_again(text: str, names: tuple[Heads, ...], today: date) -> Reading:
    """A user's words as they are read beside some results: many rollouts have the same."""
    return read(text, names, today)


class Grounds:
    """Evidence for one answer.

    Args:
        results: of each call before the answer: its place in the trajectory's steps, and its facts.
        said: what the user has said so far.
    """

    def __init__(self, context: Context, results: Sequence[tuple[int, ResultFacts]], said: Sequence[str]):
        self.context = context
        self.today = date.fromisoformat(context.clock[:10])
        self.results = [(-1, context_facts(context)), *results]
        self.heads = [facts.heads for _, facts in self.results if facts.heads.by_pair]
        self._said = said
        self._things: dict[tuple, frozenset[str]] = {}
        self.now = context.clock[11:16]
        # keys of all that the conversation names so far; None: not looked at
        self.named: frozenset[str] | None = None
        self.strange: Callable[[], bool] = lambda: False
        self.earlier: list[Reading] = []  # answers before

    def has(self, text: str) -> bool:
        """Whether any result, the context or the user's words have a text, blanks aside."""
        text = text.replace(" ", "")
        return any(text in facts.tight for _, facts in self.results) or any(text in said for said in self.tight)

    def tells(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern is found in any of these, blanks aside."""
        return any(pattern.search(text) for text in (*(facts.tight for _, facts in self.results), *self.tight))

    @cached_property
    def asked(self) -> list[Reading]:
        """What the user said, read."""
        return [_read_again(text, tuple(self.heads), self.today) for text in self._said]

    @cached_property
    def said(self) -> list[str]:
        """What the user said, as plain text."""
        return [plain(text).text for text in self._said]

    @cached_property
    def tight(self) -> list[str]:
        """What the user said, without blanks."""
        return [said.replace(" ", "") for said in self.said]

    @cached_property
    def asked_of(self) -> dict[str, frozenset[str]]:
        """slot → keys that the user named."""
        found: dict[str, frozenset[str]] = {}
        for reading in self.asked:
            for mention in reading.mentions:
                found[mention.slot] = found.get(mention.slot, frozenset()) | mention.keys
        return found

    @cached_property
    def ways(self) -> frozenset[str]:
        """Departures and preferences of all routes: what can tell one from another."""
        found: set[str] = set()
        for _, facts in self.results:
            for _, (_, known) in facts.numbers.items():
                for fact in known:
                    for slot in ("leave", "pref"):
                        found |= fact.subject.slots.get(slot, frozenset())
        return frozenset(found)

    @cached_property
    def cities(self) -> frozenset[str]:
        """Names that are a city's or a district's too."""
        return frozenset(
            key for _, facts in self.results for keys in facts.names.values() for slot, key in keys if slot == "city"
        )

    @cached_property
    def passed(self) -> frozenset[str]:
        """Names of all places that routes pass on purpose and don't end at."""
        found: set[str] = set()
        ends: set[str] = set()
        for _, facts in self.results:
            for _, known in facts.numbers.values():
                for fact in known:
                    if fact.subject.via:
                        found |= self._at(fact.subject.via)
                        if ".legs." not in fact.path:
                            ends |= self._at(fact.subject.ends)
        return frozenset(found - ends)

    def _at(self, places: tuple[str, ...]) -> frozenset[str]:
        """Names of what lies at some coordinates."""
        found = self._things.get(places)
        if found is None:
            names: set[str] = set()
            for place in places:
                for _, facts in self.results:
                    names |= facts.places.get(place, frozenset())
            found = self._things[places] = frozenset(names)
        return found

    def things(self, subject: Subject) -> frozenset[str]:
        """Names of all places that facts are about: their own, and those at the ends of their way."""
        own = subject.slots.get("thing", frozenset())
        if not subject.ends:
            return own
        return own | self._at(subject.ends) if own else self._at(subject.ends)

    def between(self, kind: str, low: float, high: float) -> Iterator[tuple[int, Known]]:
        for step, facts in self.results:
            for fact in facts.between(kind, low, high):
                yield step, fact

    def words(self, kind: str) -> Iterator[tuple[int, Known]]:
        for step, facts in self.results:
            for fact in facts.words.get(kind, ()):
                yield step, fact

    def of_kind(self, kind: str) -> Iterator[tuple[int, Known]]:
        for step, facts in self.results:
            if kind in facts.numbers:
                for fact in facts.numbers[kind][1]:
                    yield step, fact
            for fact in facts.words.get(kind, ()):
                yield step, fact

    def quoted(self) -> Iterator[tuple[int, Known]]:
        """What notes and pages say, said by them."""
        for step, facts in self.results:
            if facts.read is None:
                facts.read = [fact for text in facts.texts if text.trusted for fact in self._quoted(text, facts)]
            for fact in facts.read:
                yield step, fact

    def _quoted(self, text: QuotedText, facts: ResultFacts) -> Iterator[Known]:
        reading = read(text.text, [facts.heads], self.today)
        head = read(text.head, [facts.heads], self.today).mentions if text.head else ()
        about: dict[str, frozenset[str]] = {}
        for mention in head:
            about[mention.slot] = about.get(mention.slot, frozenset()) | mention.keys
        weak = frozenset(key for mention in (*head, *reading.mentions) for key in mention.keys)
        for claim in reading.claims:
            start = reading.starts[claim.clause]
            sentence = reading.text[start : reading.clause_end(claim.clause)]
            if any(word in sentence for word in _COMMANDS):
                continue
            slots = {slot: keys for slot, (_, keys) in claim.groups.items() if slot in _OF_PAGES}
            for slot in ("thing", "line", "ride"):
                if slot in about:
                    slots[slot] = slots.get(slot, frozenset()) | about[slot]
            said = reading.text[claim.start : claim.end]
            yield Known("said", claim.kind, claim, Subject(slots, weak), text.path, said)

    def agrees(self, claim: SpokenClaim, fact: Known) -> bool:
        """Whether a fact is of what a claim is said of."""
        subject = fact.subject
        groups, after = claim.groups, claim.after
        own = subject.slots.get("thing")
        if (
            own
            and self.named is not None
            and fact.field != "said"
            and not own & self.named
            and (self.named or self.strange())
        ):
            return False  # what the conversation doesn't name can't be what it speaks of
        if ".steps." in fact.path and (claim.on_way or not self._on_step(claim, fact)):
            return False
        if claim.whole and ".legs." in fact.path:
            return False
        consumed = False
        for slot, keys in subject.slots.items():
            if slot == "thing":
                continue
            if slot in ("leave", "pref"):
                active = groups.get(slot)
                if claim.each:
                    continue
                wanted = active and frozenset(self.now if key == "now" else key for key in active[1]) & self.ways
                if wanted and not wanted & keys:
                    return False
                continue
            active = groups.get(slot)
            if active is None:
                if slot in after and keys & after[slot]:
                    consumed = True
                elif (asked := self.asked_of.get(slot)) and not keys & asked:
                    return False
                continue
            if keys & active[1]:
                consumed = True
            elif slot in after and active[0] != claim.clause and keys & after[slot]:
                consumed = True
            elif slot == "mode" and (
                active[0] != claim.clause and (keys & claim.modes or not claim.modes) or active[1] & subject.weak
            ):
                consumed = True
            elif slot in ("line", "road") and active[0] < claim.first:
                continue
            else:
                return False
        things = self.things(subject)
        if things:
            active = groups.get("thing")
            if active is not None and subject.ends and (elsewhere := _spoken_of(claim, active[1]) & self.passed):
                if not elsewhere & (self._at(subject.via) | things):
                    return False  # a way past another place than this one
            behind = after.get("thing")
            if active is not None and not things & active[1]:
                if not (behind and active[0] != claim.clause and things & behind) and not active[1] & subject.weak:
                    passing = subject.ends and active[1] & self._at(subject.via)
                    apart = (passing or active[0] < claim.first) and things & claim.things
                    if not apart and not (passing and claim.past):
                        return False
                consumed = True
            elif active is not None or (behind and things & behind):
                consumed = True
            ahead = behind and active is not None and active[0] != claim.clause and things & behind
            if "leave" in subject.slots and active is not None and not claim.each and not ahead:
                ends = things | self._at(subject.via) | subject.weak
                if not all(keys & ends for keys in claim.named if not keys & self.cities):
                    return False  # from here to there: both must be this way's
            own = groups.get("own")
            since = own and "leave" in subject.slots and own[0] >= claim.first and not behind
            since = since and (active is None or active[0] <= own[0])  # nothing was named after it
            if (
                own
                and (own[0] == claim.clause or since)
                and HERE not in own[1]
                and subject.ends
                and not own[1] & things
            ):
                return False
        if claim.near and not consumed and subject.via:
            consumed = any(mention.keys & self._at(subject.via) for mention in claim.near)
        if claim.near and not consumed:
            reach = subject.weak | things
            return any(mention.slot == "own" or mention.keys & reach for mention in claim.near)
        return True

    def _on_step(self, claim: SpokenClaim, fact: Known) -> bool:
        """Whether a claim's clause names the step of a way that a fact is of: its line, road or stops."""
        keys: set[str] = set(fact.subject.weak) - {"transit", "driving", "bicycling"}
        for slot in ("line", "road", "thing"):
            keys |= fact.subject.slots.get(slot, frozenset())
        if any(mention.keys & keys for mention in claim.near) or any(keys & behind for behind in claim.after.values()):
            return True
        line = claim.groups.get("line")
        return line is not None and line[0] >= claim.first and bool(line[1] & keys)
