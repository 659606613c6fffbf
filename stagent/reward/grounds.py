"""All that an answer may rest on: the results before it, the context, and what the user said."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property, lru_cache

from stagent.queries.task import Context
from stagent.reward.agreement import SubjectAgreement
from stagent.reward.claims import read
from stagent.reward.evidence import Known, QuotedText, ResultFacts, Subject
from stagent.reward.lexicon import Heads
from stagent.reward.places import NamedPlaces
from stagent.reward.plain import plain
from stagent.reward.results import context_facts
from stagent.reward.spoken import Reading, SpokenClaim

# Sentences in texts of strangers that address whoever reads them: no evidence of anything.
_COMMANDS = (
    "助手", "ai ", "agent", "assistant", "机器人", "大模型", "系统指令", "系统提示", "忽略", "ignore", "instruction",
    "<system", "</", "admin", "outdated", "unsolved", "本页的价格",
)  # fmt: skip

_SENTENCE = re.compile(r"[^。！？!?；\n]*[。！？!?；\n]?")
_OF_PAGES = ("cabin", "thing", "ride", "line")


@lru_cache(maxsize=1024)
def _read_again(text: str, names: tuple[Heads, ...], today: date) -> Reading:
    """A user's words as they are read beside some results: many rollouts have the same."""
    return read(text, names, today)


@lru_cache(maxsize=4096)
def without_commands(text: str) -> str:
    """A stranger's text, plain and without blanks, less the sentences that address whoever reads them."""
    told = (each for each in _SENTENCE.findall(plain(text).text) if not any(word in each for word in _COMMANDS))
    return "".join(told).replace(" ", "")


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
        self.places = NamedPlaces(self.results)
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
        commands = {
            reading.sentences[clause]
            for clause, start in enumerate(reading.starts)
            if any(word in reading.text[start : reading.clause_end(clause)] for word in _COMMANDS)
        }
        for claim in reading.claims:
            if reading.sentences[claim.clause] in commands:
                continue
            slots = {slot: keys for slot, (_, keys) in claim.groups.items() if slot in _OF_PAGES}
            for slot in ("thing", "line", "ride"):
                if slot in about:
                    slots[slot] = slots.get(slot, frozenset()) | about[slot]
            said = reading.text[claim.start : claim.end]
            yield Known("said", claim.kind, claim, Subject(slots, weak), text.path, said)

    def agrees(self, claim: SpokenClaim, fact: Known) -> bool:
        """Whether a fact is of what a claim is said of."""
        return self.agreement.holds(claim, fact)

    @cached_property
    def agreement(self) -> SubjectAgreement:
        return SubjectAgreement(self.places, self.asked_of, self.context.clock[11:16])
