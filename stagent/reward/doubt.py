"""The benefit of the doubt: a value without a strict witness is vetoed only where the evidence speaks against it.

Free text leaves open of what a value is said, and how it came about. What is named nearest decides: where the evidence
knows the very field of it, another value is a contradiction; where it doesn't, the value is of something farther off.

    near       what is named nearest has the value, in whatever field
    reckoned   it follows from values that are told, or known of what is named (``stagent.reward.loose_rules``)
    elsewhere  another thing has it, or a text, and nothing near contradicts

The order is that of ``stagent.reward.scopes``: its clause, its sentence, its line, the lines before.
"""

import re
from collections.abc import Sequence

from stagent.reward.about import about, has_hours, names_step, same_side
from stagent.reward.counting import counts_rain
from stagent.reward.doubt_texts import by_user, fits, fits_value, in_texts, loosely
from stagent.reward.doubt_weather import OF_WEATHER, rain, sky, weather
from stagent.reward.doubt_words import address, elsewhere
from stagent.reward.evidence import Known
from stagent.reward.fields_told import (
    AGGREGATE,
    CERTAIN,
    OF_RIDES,
    decides,
    fields_of,
    is_asked,
    is_direct,
    is_second,
    may_be,
)
from stagent.reward.loose_money import equation, in_a_row
from stagent.reward.loose_rules import follows
from stagent.reward.loose_ways import along_road
from stagent.reward.operands import TOTAL
from stagent.reward.scopes import (
    MAIN,
    in_brackets_of,
    in_clause,
    in_line,
    in_sentence,
    is_its,
    oblique,
    scopes,
    topics_of,
)
from stagent.reward.score import Source, Witness
from stagent.reward.spoken import Mention, SpokenClaim
from stagent.reward.spoken_day import HOURS_FIELDS
from stagent.reward.witness import WORDED, Finder, WitnessSearch, source

_OF_TIME = frozenset(("duration", "clock"))
_FREELY = frozenset(("count", "days", "date", "age"))  # kinds that no word says to be reckoned
# Words of a value's own clause by which it is reckoned although the evidence knows another one.
_SURELY_RECKONED = re.compile(
    r"差|比|省|总(?:耗时|时间|用时|时长)|出门|加(?!油)|(?<!最)便宜|(?<!最)贵|[共合]计|一共|总共|加起来|来回|往返|[×*=+]"
    r"|[多少](?:花|走|付|出|了|要|不到|\d)|还剩|富余|提前|[早晚]到|再[开走骑]|相[隔距]|往前|间隔|缩短|一半|(?<!距)离.{0,6}(?:还有|只剩)"
)
_MOST = re.compile(r"最.{1,2}$")
_OF_HOURS = re.compile(r"\W{0,4}(?:开放|营业|时间|今天|今日|每天)")  # a line on the hours of what stands above it
_OF_STEPS = re.compile(r"等|候|间隔|换乘|其中|这段|那段|一段|最长|最后|再走|下车|出站|进站")
_WHOLE = re.compile(r"全程|一共|总共|合计|整[段趟个]|路上")
_ENTIRE = re.compile(r"全程[^，。；、]{0,8}$|全程.*需要约?\s?$")
_COUNTED_FROM = re.compile(r"[离距]\s?$")
_NOTHING_TO_PAY = ("不收", "免手续费", "退票免")

Place = tuple[int, Known]  # a step and its fact


def speaks_for(search: WitnessSearch, claim: SpokenClaim) -> Witness | None:
    """What speaks for a value in spite of all; None: the evidence speaks against it, or has it nowhere."""
    return _Doubt(search, claim).run()


class _Doubt:
    """One value on its way to a witness.

    Attributes:
        wanted: fields that it is by the words beside it; begins: its line's begin; clause: its clause's text.
        contradicted: what is named near has another value of the very field; by_ride: a train or flight has.
        elsewhere_too: it may be of what isn't named near.
    """

    def __init__(self, search: WitnessSearch, claim: SpokenClaim):
        self.search, self.claim, self.reading = search, claim, search.reading
        reading = search.reading
        self.facts = [(step, fact) for step, fact in search.grounds.of_kind(claim.kind)
                      if not isinstance(fact.value, str) and may_be(reading, claim, fact)]  # fmt: skip
        self.clause = reading.text[reading.starts[claim.clause] : reading.clause_end(claim.clause)]
        self.wanted = fields_of(reading, claim)
        self.begins = reading.layout.line(claim.start)[0]
        self.whole = bool(_WHOLE.search(reading.text, max(self.begins, claim.start - 20), claim.start))
        self.steps = bool(_OF_STEPS.search(self.clause)) or "stop_count" in self.wanted
        self.contradicted, self.elsewhere_too, self.by_ride = False, True, False

    def run(self) -> Witness | None:
        search, claim, reading = self.search, self.claim, self.reading
        most = _MOST.search(reading.text, max(0, claim.start - 4), claim.start)
        if claim.compared and self.wanted != {"traffic_delay_s"} and not most:
            return follows(search, claim)
        if claim.kind in ("duration", "distance") and not self._is_entire() and (found := along_road(search, claim)):
            return found
        if claim.kind == "money" and (total := equation(reading.text, self.begins, claim.start)) is not None:
            return loosely("reckoned") if fits_value(claim, total) else None
        free = claim.kind in ("money", "distance", "percent") and not self.wanted
        if (free or (claim.kind == "clock" and not claim.pair)) and (asked_for := by_user(search, claim)):
            return asked_for
        several = is_second(reading, claim) or AGGREGATE.search(self.clause)
        if not several and (near := self._near()):
            return near
        self._of_certain_field()
        return self._reckoned() if self.contradicted else self._reckoned() or self._elsewhere()

    def _is_entire(self) -> bool:
        """Whether it is of a whole way: 全程约 7.7 公里."""
        text, start = self.reading.text, self.claim.start
        return bool(_ENTIRE.search(text, max(self.begins, start - 20), start))

    def _near(self) -> Witness | None:
        """The value of what is named near, scope by scope, until one contradicts it."""
        for scope in scopes(self.reading, self.claim):
            topics = topics_of(self.reading, scope)
            alone = not self.whole and len({each.keys for each in topics}) == 1
            alone = alone and in_line(self.reading, self.claim, topics)
            for mention in (*topics, *(each for each in scope if each not in topics)):
                if hit := self._of(mention, topics, alone):
                    return loosely("near", source(*hit))
                if self.contradicted and alone:
                    break
            if self.contradicted or not self.elsewhere_too:
                break
        return None

    def _of(self, mention: Mention, topics: list[Mention], alone: bool) -> Place | None:
        """A fact of what is named that has the value; else what is known of it may contradict the value."""
        search, claim, reading, wanted = self.search, self.claim, self.reading, self.wanted
        own = [each for each in self.facts if about(search, mention, each[1]) and same_side(search, claim, each[1])
               and (".steps." not in each[1].path or self.steps or names_step(reading, claim, each[1]))]  # fmt: skip
        if mention not in topics and (others := self._topics_beside(mention)):
            own = [each for each in own if any(about(search, other, each[1]) for other in others)]
        asked = [each for each in own if is_asked(claim, wanted, each[1])]
        right_before = mention.slot == "ride" and 0 <= claim.start - mention.end <= 8
        sure = wanted <= CERTAIN or (right_before and wanted <= OF_RIDES)
        pool = asked if asked and wanted and sure else own
        if hit := next((each for each in pool if fits(claim, each[1])), None):
            return hit
        known = bool(asked)
        if wanted and wanted <= HOURS_FIELDS:
            same_line = mention.start >= self.begins or bool(_OF_HOURS.match(reading.text, self.begins))
            known = same_line and (known or has_hours(search, mention))
        decided = self._tight(mention)
        if not decided and known and mention in topics and mention.start < claim.start:
            decided = decides(claim, wanted, mention) or (alone and claim.kind not in _OF_TIME)
            its_ride = mention.slot == "ride" and mention is topics[0] and in_sentence(reading, claim, mention)
            if not decided and (alone or its_ride):
                self.elsewhere_too = False
        if decided and known:
            self.contradicted = True
            self.by_ride |= mention.slot == "ride"
        return None

    def _topics_beside(self, mention: Mention) -> list[Mention]:
        """What its sentence is about, beside what it only counts from: 芳邻酒馆 of 芳邻酒馆…，距鹿角影城 823 米."""
        reading, claim = self.reading, self.claim
        if not _COUNTED_FROM.search(reading.text, max(0, mention.start - 2), mention.start):
            return []
        named = [each for each in reading.mentions if each.slot in MAIN and each.start < claim.start
                 and not each.keys & mention.keys and in_sentence(reading, claim, each)]  # fmt: skip
        return [each for each in named if not oblique(reading, each)]

    def _tight(self, mention: Mention) -> bool:
        """Whether the value can be of nothing but what is named."""
        claim, reading = self.claim, self.reading
        if claim.compared:
            return False
        if mention.start > claim.start:
            return is_its(reading, claim, mention)
        if in_brackets_of(reading, claim, mention):
            return True
        if oblique(reading, mention) or not in_clause(reading, claim, mention):
            return False
        near = claim.kind not in _OF_TIME or claim.start - mention.end <= 8 or bool(claim.pair)
        return near or is_direct(reading, claim, self.wanted)

    def _of_certain_field(self) -> None:
        """A field that a word tells for certain must have the value somewhere."""
        if not self.contradicted and self.wanted and self.wanted <= CERTAIN:
            of_field = [fact for _, fact in self.facts if fact.field in self.wanted]
            self.contradicted = bool(of_field) and not any(fits(self.claim, fact) for fact in of_field)

    def _reckoned(self) -> Witness | None:
        """What it follows from: where it isn't to be looked up, or its clause says that it is reckoned."""
        claim, reading, clause, wanted = self.claim, self.reading, self.clause, self.wanted
        if clause.endswith(")") and claim.clause:  # within brackets what stands before them counts
            clause = reading.text[reading.starts[claim.clause - 1] : reading.clause_end(claim.clause)]
        total = bool(TOTAL.search(clause))
        moment = claim.kind == "clock" and not wanted & HOURS_FIELDS and not self.by_ride
        surely = moment or total or bool(_SURELY_RECKONED.search(clause))
        if self.contradicted and (not surely or (wanted & CERTAIN and not total)):
            return None
        if surely or claim.kind in _FREELY or not is_direct(reading, claim, wanted):
            return follows(self.search, claim)
        return None

    def _elsewhere(self) -> Witness | None:
        """The value of another thing, of a page, or in the user's words."""
        search, claim = self.search, self.claim
        if claim.kind == "money" and (found := in_a_row(search, claim)):
            return found
        if claim.kind != "days" and (asked_for := by_user(search, claim)):
            return asked_for
        if not self.elsewhere_too:
            return None
        for step, fact in self.facts:
            whole = ".steps." not in fact.path or fact.field == "stop_count"
            if whole and fits(claim, fact) and same_side(search, claim, fact):
                return loosely("elsewhere", source(step, fact))
        nothing = _NOTHING_TO_PAY if claim.kind == "money" else ("不含",) if claim.kind == "mass" else ()
        if not claim.value and any(search.grounds.has(word) for word in nothing):
            return loosely("elsewhere", Source(-1, "text", "0"))
        return None if claim.kind == "days" and counts_rain(self.clause) else in_texts(search, claim)


_KINDS = (
    "distance", "duration", "money", "rating", "temperature", "percent", "count", "clock", "mass", "level",
    "millimetre", "days", "age", "tenths", "date",
)  # fmt: skip
FINDERS: dict[str, Sequence[Finder]] = dict.fromkeys(_KINDS, (speaks_for,))
FINDERS |= dict.fromkeys(OF_WEATHER, (weather,)) | {"rain": (rain,), "word": (sky,), "address": (address,)}
FINDERS |= dict.fromkeys(WORDED - {"rain", "word"}, (elsewhere,))
