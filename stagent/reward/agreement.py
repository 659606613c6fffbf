"""Whether a fact is of what a claim is said of: every slot that both have must agree.

claim 11 分钟, said of thing 澜屿站, mode driving        fact duration_s of a route from here to 澜屿站, by car: yes
                                                         fact duration_s of a route from here to 霁川站: no
                                                         fact duration_s of a step of the first: not without its road
"""

from stagent.reward.evidence import HERE, Known, Subject
from stagent.reward.places import NamedPlaces
from stagent.reward.spoken import Mention, SpokenClaim

_NONE: frozenset[str] = frozenset()
# Modes of whole ways, which no step is told from another by.
_OF_WAYS = frozenset(("transit", "driving", "bicycling"))


class SubjectAgreement:
    """Compares claims of one answer with facts.

    Args:
        places: what lies where; asked_of: slot → keys that the user named; now: ``"09:00"``.

    Attributes:
        named: things that the conversation names so far; None: not looked at.
        strange: the answer has letters that nothing explains: a place may be named that nobody knows.
    """

    def __init__(self, places: NamedPlaces, asked_of: dict[str, frozenset[str]], now: str):
        self.places, self._asked_of, self._now = places, asked_of, now
        self.named: frozenset[str] | None = None
        self.strange = False

    def holds(self, claim: SpokenClaim, fact: Known) -> bool:
        subject = fact.subject
        if not self._spoken_of(fact) or not self._whole_enough(claim, fact):
            return False
        reached = self._slots(claim, subject)
        if reached is None:
            return False
        things = self.places.things(subject)
        if things:
            found = self._things(claim, subject, things)
            if found is None or not self._from_and_to(claim, subject, things):
                return False
            reached |= found
        near = [mention for mention in claim.near if not _neutral(mention, subject)]
        if not near or reached:
            return True
        reach = subject.weak | things | self.places.at(subject.via)
        return any(mention.slot == "own" or mention.keys & reach for mention in near)

    def _spoken_of(self, fact: Known) -> bool:
        """What the conversation doesn't name can't be what it speaks of."""
        own = fact.subject.slots.get("thing")
        if not own or self.named is None or fact.field == "said":
            return True
        return bool(own & self.named) or not (self.named or self.strange)

    def _whole_enough(self, claim: SpokenClaim, fact: Known) -> bool:
        """A step counts where its line, road or stops are named, a leg where no whole way is spoken of."""
        if ".steps." in fact.path:
            return not claim.on_way and (_names_step(claim, fact.subject) or _does_step(claim, fact.subject))
        return not (claim.whole and ".legs." in fact.path)

    def _slots(self, claim: SpokenClaim, subject: Subject) -> bool | None:
        """Whether a ride, day, mode … that is named is the fact's; None: one is another's."""
        reached = False
        for slot, keys in subject.slots.items():
            active = claim.groups.get(slot)
            behind = claim.after.get(slot, _NONE)
            if slot == "thing":
                continue
            if slot in ("leave", "pref"):
                if active is not None and not claim.each and self._another_way(active[1], keys):
                    return None
            elif active is None:
                if behind:
                    if not keys & behind:
                        return None
                    reached = True
                elif (asked := self._asked_of.get(slot)) and not keys & asked:
                    return None
            elif keys & active[1] or (active[0] != claim.clause and keys & behind) or _by_mode(claim, subject, slot):
                reached = True
            elif slot not in ("line", "road") or active[0] >= claim.first:
                return None
        return reached

    def _another_way(self, spoken: frozenset[str], keys: frozenset[str]) -> bool:
        """Whether a departure or preference is named that some way has, but not this one."""
        known = frozenset(self._now if key == "now" else key for key in spoken) & self.places.ways
        return bool(known) and not known & keys

    def _things(self, claim: SpokenClaim, subject: Subject, things: frozenset[str]) -> bool | None:
        """Whether a thing that is named is the fact's; None: it is another's."""
        active, behind = claim.groups.get("thing"), claim.after.get("thing", _NONE)
        if active is None:
            return None if behind and not behind & (things | subject.weak) else bool(behind)
        via = self.places.at(subject.via)
        if subject.ends:
            own = frozenset(key for mention in claim.near if mention.slot == "thing" for key in mention.keys)
            elsewhere = (own or active[1]) & self.places.passed
            if elsewhere and not elsewhere & (via | things):
                return None  # a way past another place than this one
        if things & active[1] or active[1] & subject.weak or (active[0] != claim.clause and things & behind):
            return True
        passing = bool(active[1] & via)
        if (passing or active[0] < claim.first) and things & claim.things:
            return True
        asked = self._asked_of.get("thing", _NONE)
        return True if passing and (claim.past or things & asked) else None

    def _from_and_to(self, claim: SpokenClaim, subject: Subject, things: frozenset[str]) -> bool:
        """Of a way: both places from and to which it is said to lead are its own."""
        active, behind, own = claim.groups.get("thing"), claim.after.get("thing", _NONE), claim.groups.get("own")
        way = "leave" in subject.slots
        ahead = active is not None and active[0] != claim.clause and things & behind
        if way and active is not None and not claim.each and not ahead:
            ends = things | self.places.at(subject.via) | subject.weak
            if not all(keys & ends for keys in claim.named if not keys & self.places.cities):
                return False
        if own is None or not subject.ends or HERE in own[1] or own[1] & things:
            return True
        since = way and own[0] >= claim.first and not behind and (active is None or active[0] <= own[0])
        return own[0] != claim.clause and not since


def _neutral(mention: Mention, subject: Subject) -> bool:
    """A day beside what has none, and a street, tell nothing against a fact."""
    if mention.slot == "day":
        return "day" not in subject.slots
    return mention.slot == "word" and all(key.endswith("号") for key in mention.keys)


def _by_mode(claim: SpokenClaim, subject: Subject, slot: str) -> bool:
    """步行 782 米 within a journey by bus, and the fare behind it, are the journey's."""
    if slot != "mode":
        return False
    clause, keys = claim.groups[slot]
    before = clause != claim.clause and (bool(subject.slots[slot] & claim.modes) or not claim.modes)
    return before or bool(keys & subject.weak)


_DONE = {"walking": "walking", "waiting": "waiting", "bus": "riding", "metro": "riding"}


def _does_step(claim: SpokenClaim, subject: Subject) -> bool:
    """Whether a claim's clause says what is done on a step of a way by public transit: 走, 等, 坐."""
    if "transit" not in subject.slots.get("mode", _NONE):
        return False
    return any(_DONE.get(key) in claim.doing for key in subject.weak)


def _names_step(claim: SpokenClaim, subject: Subject) -> bool:
    """Whether a claim's clause names a step of a way: its line, road or stops."""
    keys = subject.weak - _OF_WAYS
    for slot in ("line", "road", "thing"):
        keys |= subject.slots.get(slot, _NONE)
    if any(mention.keys & keys for mention in claim.near) or any(keys & behind for behind in claim.after.values()):
        return True
    line = claim.groups.get("line")
    return line is not None and line[0] >= claim.first and bool(line[1] & keys)
