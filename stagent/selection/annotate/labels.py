"""What is said of an instruction: its place in the taxonomy, and how hard it is."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Feasibility = Literal["executable", "missing_information", "missing_tool", "no_tool_needed"]
FEASIBILITIES: tuple[Feasibility, ...] = ("executable", "missing_information", "missing_tool", "no_tool_needed")
# What a record gets from an annotator, and from a scorer.
ANNOTATION = ("primary", "secondary", "auxiliary", "temporal", "annotator")
DIFFICULTY = ("difficulty", "chain", "simulation", "feasibility", "scorer")


@dataclass(frozen=True, slots=True)
class Annotation:
    """An instruction's place in the taxonomy; the fields are ``stagent.queries.task.Task``'s.

    Attributes:
        primary: a leaf, or ``other_or_unclear``; secondary: at most three other leaves, the most important first.
        auxiliary: the constraints that it states; temporal: of departure and arrival, where it says when.
    """

    primary: str
    secondary: tuple[str, ...] = ()
    auxiliary: tuple[str, ...] = ()
    temporal: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        return {
            "primary": self.primary,
            "secondary": list(self.secondary),
            "auxiliary": list(self.auxiliary),
            "temporal": dict(self.temporal),
        }


class SimulatedStep(NamedTuple):
    """A call of the dry run.

    Attributes:
        sources: parameter -> where its value comes from: ``$Context.location``, ``$Step1.items.0.location``, or a
            value that the words say.
    """

    tool: str
    sources: dict[str, str]


@dataclass(frozen=True, slots=True)
class Assessment:
    """How hard an instruction is, and the dry run that says so.

    Attributes:
        difficulty: -1 missing information or tool, 0 no tool, 1 to 5.
    """

    difficulty: int
    feasibility: Feasibility
    steps: tuple[SimulatedStep, ...] = ()

    def fields(self) -> dict[str, Any]:
        return {
            "difficulty": self.difficulty,
            "chain": [step.tool for step in self.steps],
            "simulation": [{"tool": step.tool, "parameters": step.sources} for step in self.steps],
            "feasibility": self.feasibility,
        }
