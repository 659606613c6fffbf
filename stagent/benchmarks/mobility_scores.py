"""MobilityBench's families of metrics (arXiv 2602.22638), by rule, from an episode and its row.

    understanding  ID   the intent named is the row's           IE     all that a query says was extracted
    planning       DEC-P, DEC-R   precision, recall of steps, each as often as it is taken
    tool use       TS-P, TS-R     precision, recall of the tools chosen       SC     calls that fit their schema
    decision       DR   an answer was delivered                 FPR    and it is right
    efficiency     IT, OT         tokens in, tokens out

What a step is and when an answer is right is ours, and said in docs/deviations.md.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from stagent.benchmarks.answers import plain as bare_text
from stagent.benchmarks.figures import BenchmarkFigure, mean_figure, share_figure
from stagent.benchmarks.mobility_rows import ROUTES, MobilityRow
from stagent.benchmarks.stored_calls import StoredTool, expected_call, schema_problems
from stagent.benchmarks.travel_scores import UNSOLVED
from stagent.queries.trajectory import Trajectory
from stagent.reward.plain import plain
from stagent.reward.values import values

_STEPS = {
    **dict.fromkeys(("query_poi", "reverse_geocoding"), "locate"),
    **dict.fromkeys(ROUTES, "route"),
    "search_around_poi": "search",
    "traffic_info": "traffic",
    "weather_query": "weather",
}
_ANY_DAY = date(2026, 1, 5)  # distances and durations need none
_SHORTEST = 2  # characters of a stored text that an answer must repeat
# Where Amap's route answers stand, for vehicles and on foot, and for transit.
_WAYS = ("paths", "transits")


@dataclass(frozen=True, slots=True)
class MobilityScore:
    """One row, scored; None: it can't be said, and is not counted.

    Attributes:
        fitting: for each call whether it fits its tool's schema.
        delivered: DR; passed: FPR.
    """

    id: str
    family: str
    scenario: str
    ended: str
    step_precision: float
    step_recall: float
    tool_precision: float
    tool_recall: float
    fitting: tuple[bool, ...]
    delivered: bool
    passed: bool | None
    tokens_in: int
    tokens_out: int
    intent: bool | None = None
    extraction: bool | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def precision_recall(made: Iterable[str], wanted: Iterable[str]) -> tuple[float, float]:
    """Of two bags: ``precision_recall("aab", "abb") == (2 / 3, 2 / 3)``. Nothing made where nothing is wanted: 1, 1."""
    done, needed = Counter(made), Counter(wanted)
    both = (done & needed).total()
    return both / done.total() if done else float(not needed), both / needed.total() if needed else float(not done)


def mobility_score(
    row: MobilityRow,
    trajectory: Trajectory,
    tools: dict[str, StoredTool],
    *,
    ended: str,
    tokens: tuple[int, int],
    understood: dict[str, Any] | None,
) -> MobilityScore:
    """What an episode is worth. ``understood``: the answer to ``UnderstandingForm``, None: none that can be used."""
    made = [call.tool for call in trajectory.calls() if call.tool]
    wanted = [call.tool for call in row.calls]
    steps = precision_recall((_STEPS.get(each, each) for each in made), (_STEPS.get(each, each) for each in wanted))
    chosen = precision_recall(set(made), set(wanted))
    answer = trajectory.answers()[-1].text if trajectory.answers() else ""
    delivered = ended == "answered" and bool(answer.strip()) and UNSOLVED not in answer.casefold()
    return MobilityScore(
        id=row.id,
        family=row.family,
        scenario=row.scenario,
        ended=ended,
        step_precision=steps[0],
        step_recall=steps[1],
        tool_precision=chosen[0],
        tool_recall=chosen[1],
        fitting=tuple(
            bool(call.tool) and not schema_problems(tools, call.tool, call.arguments) for call in trajectory.calls()
        ),
        delivered=delivered,
        passed=passes(row, trajectory, answer if delivered else ""),
        tokens_in=tokens[0],
        tokens_out=tokens[1],
        intent=None if understood is None else understood["scenario"] == row.scenario,
        extraction=None if understood is None else _slots(understood) == _slots(row.slots),
    )


def _slots(said: dict[str, Any]) -> tuple[Any, ...]:
    """Start, transit in order, end, preferences in any order, as they are compared."""
    transit = [bare_text(each) for each in said["transit"]]
    return bare_text(said["start"]), transit, bare_text(said["end"]), {bare_text(each) for each in said["strategies"]}


def passes(row: MobilityRow, trajectory: Trajectory, answer: str) -> bool | None:
    """Whether an answer is right: the last expected call was made and answered, and the answer says what is stored for
    it. None: nothing is stored that an answer can be compared with; that is so of a row, whatever an agent does."""
    if not row.calls:
        return None
    last = row.calls[-1]
    said = agrees(last.answer, answer)
    if said is None:
        return None
    made = (call for call in trajectory.calls() if call.tool == last.tool and call.outcome == "found")
    return said and any(expected_call([last], call.tool, call.arguments) for call in made)


def agrees(stored: Any, answer: str) -> bool | None:
    """Whether an answer says what is stored: of a route the distance or the duration of one of its ways, within the
    digits shown; of a text that text. None: neither a route nor a text."""
    if isinstance(stored, str) and len(bare_text(stored)) >= _SHORTEST:
        return bare_text(stored) in bare_text(answer)
    ways = route_sizes(stored)
    if not ways:
        return None
    said = [value for value in values(plain(answer).text, _ANY_DAY) if value.kind in ("distance", "duration")]
    return any(value.low <= size <= value.high for value in said for kind, size in ways if kind == value.kind)


def route_sizes(stored: Any) -> list[tuple[str, float]]:
    """``[("distance", 150123.0), ("duration", 11517.0), …]`` in metres and seconds of a stored route's ways."""
    route = stored.get("route", stored) if isinstance(stored, dict) else {}
    sizes = []
    for way in (each for name in _WAYS for each in (route.get(name) if isinstance(route, dict) else None) or []):
        if not isinstance(way, dict):
            continue
        cost = way.get("cost") if isinstance(way.get("cost"), dict) else {}
        for kind, size in (("distance", way.get("distance")), ("duration", cost.get("duration", way.get("duration")))):
            try:
                sizes.append((kind, float(size)))
            except (TypeError, ValueError):
                continue
    return sizes


def mobility_figures(scores: Sequence[MobilityScore]) -> list[BenchmarkFigure]:
    """The table: every family of metrics over all rows, then decisions by family of intents."""
    fitting = [fits for each in scores for fits in each.fitting]
    figures = [
        share_figure("understanding", "ID", [each.intent for each in scores]),
        share_figure("understanding", "IE", [each.extraction for each in scores]),
        mean_figure("planning", "DEC-P", [each.step_precision for each in scores]),
        mean_figure("planning", "DEC-R", [each.step_recall for each in scores]),
        mean_figure("tool use", "TS-P", [each.tool_precision for each in scores]),
        mean_figure("tool use", "TS-R", [each.tool_recall for each in scores]),
        share_figure("tool use", "SC", fitting),
        share_figure("decision", "DR", [each.delivered for each in scores]),
        share_figure("decision", "FPR", [each.passed for each in scores]),
        mean_figure("efficiency", "IT, tokens", [each.tokens_in for each in scores]),
        mean_figure("efficiency", "OT, tokens", [each.tokens_out for each in scores]),
    ]
    for family in sorted({each.family for each in scores}):
        part = [each for each in scores if each.family == family]
        figures.append(share_figure(family, "DR", [each.delivered for each in part]))
        figures.append(share_figure(family, "FPR", [each.passed for each in part]))
    return figures
