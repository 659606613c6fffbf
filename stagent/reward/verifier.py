"""The embedded judge: reads answers, looks for the witness of every claim, and needs no language model.

Trajectory ─► for each answer: grounds before it ─► reading ─► claims judged ─► predicates ─► dimensions ─► reward
"""

from collections.abc import Sequence

from stagent.queries.trajectory import AnswerStep, CallStep, Trajectory, UserStep
from stagent.reward.arguments import made_up
from stagent.reward.claims import read
from stagent.reward.dimensions import LONGEST, fidelity, focused, planning, presentation
from stagent.reward.evidence import ResultFacts
from stagent.reward.grounds import Grounds
from stagent.reward.names import names_something
from stagent.reward.predicates_met import AnswerRead, judge_predicate
from stagent.reward.results import facts_of
from stagent.reward.score import Judged, JudgedClaim, TrajectoryScore
from stagent.reward.spoken import Reading
from stagent.reward.veto import judge_claims
from stagent.reward.weights import weights_of

VERSION = 2
_UNSOLVED = "[unsolved]"


class Verifier:
    """Scores trajectories by rules; holds no state but facts of results, which are kept for all.

    Args:
        strict: veto every value whose witness isn't found, not only what the evidence speaks against: for policies that
            write as the rule expert does (docs/agent.md has what each costs).
    """

    def __init__(self, strict: bool = False):
        self.strict = strict
        self.name = "strict verifier" if strict else "verifier"

    def score(self, trajectory: Trajectory) -> TrajectoryScore:
        """A trajectory's score; never raises for what an answer says."""
        return _Scoring(trajectory, self).run()


class _Scoring:
    """One trajectory on its way to a score."""

    def __init__(self, trajectory: Trajectory, verifier: Verifier):
        self.trajectory, self.task, self.verifier = trajectory, trajectory.task, verifier
        self.results: list[tuple[int, ResultFacts]] = []
        self.said: list[str] = []
        self.claims: list[JudgedClaim] = []
        self.vetoed: list[str] = []
        self.against: list[str] = []
        self.readings: list[Reading] = []
        self.answered: list[AnswerRead] = []
        self.unread = 0
        self.hedged = False
        self.mentioned: set[str] = set()

    def run(self) -> TrajectoryScore:
        task = self.task
        since: list[CallStep] = []
        grounds: Grounds | None = None
        for number, step in enumerate(self.trajectory.steps):
            if isinstance(step, UserStep):
                self.said.append(step.text)
                grounds = None
            elif isinstance(step, CallStep):
                grounds = grounds or Grounds(task.context, self.results, self.said)
                vetoed, against = made_up(step, grounds)
                self.vetoed += vetoed
                self.against += against
                self.results.append((number, facts_of(step)))
                since.append(step)
                grounds = None
            else:
                self._answer(step, since)
                since = []
        predicates = self._predicates()
        return self._score(predicates)

    def _answer(self, step: AnswerStep, since: Sequence[CallStep]) -> None:
        number = len(self.readings)
        grounds = Grounds(self.task.context, self.results, self.said)
        text = step.text[:LONGEST]
        reading = read(text, grounds.heads, grounds.today)
        grounds.earlier = list(self.readings)
        mentioned = {key for mention in reading.mentions if mention.slot == "thing" for key in mention.keys}
        self.mentioned |= mentioned | grounds.asked_of.get("thing", frozenset())
        agreement = grounds.agreement
        agreement.named, agreement.strange = frozenset(self.mentioned), not self.mentioned and names_something(reading)
        judged, unsure = judge_claims(number, text, reading, grounds, self.verifier.strict)
        unavailable = any(facts.unavailable for _, facts in self.results)
        for claim, hedge in zip(judged, unsure, strict=True):
            if claim.holds:
                continue
            if unavailable and hedge:
                self.hedged = True
            else:
                self.vetoed.append(f"“{claim.text}”：{claim.why}")
        self.claims += judged
        self.unread += len(reading.plain.unread)
        self.readings.append(reading)
        named = {mention.keys for mention in reading.mentions if mention.slot in ("thing", "ride")}
        texts = [facts.tight for _, facts in self.results]
        places = frozenset(key for _, facts in self.results for keys in facts.places.values() for key in keys)
        whole = len(step.text) <= LONGEST and focused(reading.text, len(named), len(judged), texts, _empty(reading))
        asked = frozenset(key for keys in grounds.asked_of.values() for key in keys)
        self.answered.append(AnswerRead(reading, places, bool(since), whole, asked))

    def _predicates(self) -> tuple[Judged, ...]:
        judged = []
        turns = len(self.task.turns)
        for predicate in self.task.expects:
            turn = predicate.get("turn", -1) % turns
            answered = self.answered[turn] if turn < len(self.answered) else AnswerRead(None, frozenset(), False)
            judged.append(judge_predicate(predicate, answered))
        return tuple(judged)

    def _score(self, predicates: tuple[Judged, ...]) -> TrajectoryScore:
        task, calls = self.task, self.trajectory.calls()
        weights = weights_of(task.primary)
        vetoed = list(self.vetoed)
        texts = [reading.text for reading in self.readings]
        questions = [step.text for step in self.trajectory.steps if isinstance(step, UserStep)]
        gave_up = bool(texts) and _UNSOLVED in texts[-1]
        if gave_up and not task.unsolvable:
            vetoed.append("能够解决的任务，却回答“[Unsolved]”")
        if len(texts) < len(task.turns) or not texts[-1].strip():
            vetoed.append("没有回答")
        dimensions = {
            "planning": planning(task, predicates, calls, self.against, _recovered(calls)),
            "fidelity": fidelity(task, predicates, self.claims, self.unread, self.hedged, bool(calls)),
            "presentation": presentation(questions, texts, predicates),
        }  # fmt: skip
        reward = 0.0 if vetoed else round(sum(weights[name] * dimensions[name].score for name in weights), 4)
        return TrajectoryScore(
            judge=self.verifier.name,
            version=VERSION,
            reward=reward,
            weights=weights,
            dimensions=dimensions,
            vetoed=tuple(vetoed),
            claims=tuple(self.claims),
            predicates=predicates,
        )


def _empty(reading: Reading) -> int:
    """How many sentences of some length neither name nor claim anything."""
    said = {reading.sentences[each.clause] for each in (*reading.claims, *reading.mentions)}
    lengths: dict[int, int] = {}
    for clause, sentence in enumerate(reading.sentences):
        lengths[sentence] = lengths.get(sentence, 0) + reading.clause_end(clause) - reading.starts[clause]
    return sum(length > 5 and sentence not in said for sentence, length in lengths.items())


def _recovered(calls: Sequence[CallStep]) -> bool | None:
    """Whether something else was tried after an empty result; None: there was none."""
    for number, call in enumerate(calls):
        if call.outcome == "empty":
            return any(later.outcome == "found" or later.arguments != call.arguments for later in calls[number + 1 :])
    return None
