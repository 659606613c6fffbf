"""An expert's answers as damage looks at them: their facts, what the results have, and whether a change is a lie."""

from collections.abc import Iterator
from functools import cached_property

from stagent.queries.answer import Fact
from stagent.queries.trajectory import Trajectory
from stagent.reward.measure.known import KnownFacts, plain
from stagent.reward.measure.readings import NUMERIC, clock_minutes, date_number, read_value
from stagent.reward.measure.variant import PlacedFact, placed_facts

# What an answer works out: the only right value is the one that the expert has.
DERIVED = ("sum", "difference", "product", "end", "count", "ratio")
# How a context calls places: no names.
OWN_PLACES = ("家", "公司", "我的位置", "您的位置")


class ExpertAnswers:
    """The answers of one trajectory, with what is known of it; made once."""

    def __init__(self, trajectory: Trajectory):
        self.trajectory = trajectory
        self.placed = [placed for placed in placed_facts(trajectory) if placed.fact.text not in OWN_PLACES]
        self.today = trajectory.task.context.clock

    @cached_property
    def known(self) -> KnownFacts:
        return KnownFacts(self.trajectory)

    def of_entity(self, entity: str) -> Iterator[Fact]:
        """Values that the answers say of an entity: no names, and nothing that was worked out."""
        for placed in self.placed:
            fact = placed.fact
            if fact.entity == entity and fact.kind not in ("name", "number", "date") and fact.how not in DERIVED:
                yield fact

    def all_hold(self, entity: str, other: str) -> bool | None:
        """Whether what is said of an entity may hold of another; None: nothing is said, or the other isn't known."""
        said = list(self.of_entity(entity))
        if not said or not self.known.about(other):
            return None
        return all(self.known.may_hold(fact.kind, fact.text, other) for fact in said)

    def stays_true(self, placed: PlacedFact, text: str) -> bool:
        """Whether a fact may be true with another text in its place: better once too often than once too seldom."""
        fact, said = placed.fact, read_value(placed.fact.kind, text)
        if said is not None and said.may_mean(fact.kind, value_number(fact)):
            return True
        if said is None and fact.kind in NUMERIC:
            return True  # 不到 1 分钟: who knows
        if fact.how in DERIVED:
            return False
        if fact.kind == "date":
            return said is not None and self._date_holds(fact, said.value)
        if fact.kind in ("name", "number"):
            return plain(text) in self.known.everything
        return self.known.may_hold(fact.kind, text, fact.entity)

    def _date_holds(self, fact: Fact, day: float) -> bool:
        """A date stays true where what is said of it is true of the new one, or nothing is said that could be false."""
        days = {str(one.value) for one in self.known.values if one.kind == "date" and one.number() == day}
        return any(self.all_hold(fact.entity, other[:10]) is not False for other in days)


def value_number(fact: Fact) -> float:
    """A fact's value as ``readings.read_value`` would read it: clock times as minutes, dates as month × 100 + day."""
    if fact.kind == "clock":
        return clock_minutes(str(fact.value)) or 0
    if fact.kind == "date":
        return date_number(str(fact.value)) or 0
    return float(fact.value)
