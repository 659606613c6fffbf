"""What a trajectory is worth: three dimensions, their weights, and a veto.

{"judge": "verifier", "version": 1, "reward": 0.86, "unscored": "",
 "weights": {"planning": 0.3, "fidelity": 0.5, "presentation": 0.2},
 "dimensions": {"planning": {"score": 1.0, "reasons": ["3 of 3 predicates met"]}, "fidelity": {…}, "presentation": {…}},
 "vetoed": [],
 "claims": [{"answer": 0, "start": 12, "end": 18, "text": "约 11 分钟", "kind": "duration", "value": 649,
             "entity": "澜屿站", "holds": true, "why": "",
             "witness": {"how": "given", "facts": [{"step": 2, "path": "items.0.duration_s", "text": "649"}]}}],
 "predicates": [{"predicate": {"kind": "names", …}, "met": true, "why": ""}]}
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from stagent.queries.trajectory import Trajectory

# "reasoning and proactive planning", "information fidelity and integration", "presentation and service loop"
DIMENSIONS = ("planning", "fidelity", "presentation")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value stands: the place of a step in the trajectory's ``steps`` (-1: the context), and the path in it."""

    step: int
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Witness:
    """What supports a claim: the value itself (``given``), or the values it follows from by a rule."""

    how: str
    facts: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim of an answer and whether it holds.

    Attributes:
        answer: which of the trajectory's answers, from 0; start, end: characters in its text.
        why: of one that doesn't hold: what the evidence has instead, in a sentence (Chinese).
    """

    answer: int
    start: int
    end: int
    text: str
    kind: str
    value: Any
    entity: str
    holds: bool
    why: str = ""
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension's score in [0, 1], and why."""

    score: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A predicate of the task and whether the answers meet it."""

    predicate: dict[str, Any]
    met: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class TrajectoryScore:
    """A trajectory's score.

    Attributes:
        reward: in [0, 1], 0 where anything was vetoed; None: unscored, for the reason in ``unscored``.
        vetoed: why the reward is 0, a sentence for each reason; empty: it isn't.
    """

    judge: str
    version: int
    reward: float | None
    weights: dict[str, float] = field(default_factory=dict)
    dimensions: dict[str, Dimension] = field(default_factory=dict)
    vetoed: tuple[str, ...] = ()
    claims: tuple[JudgedClaim, ...] = ()
    predicates: tuple[Judged, ...] = ()
    unscored: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class TrajectoryJudge(Protocol):
    """What scores trajectories: the verifier, or a language model."""

    name: str

    def score(self, trajectory: Trajectory) -> TrajectoryScore: ...
