"""TravelBench's queries from a user's files, one file a subset.

{"id": "…", "query": "…", "time": "2026-01-05 09:30", "context": "…", "user_profile": "…",
 "no_actionable": false, "missing_tool": true, "missing_info": false}

``query`` must be there; ``user_profile``, what the user's simulator knows and the agent does not, in multi-turn files
too. ``time`` is what tools take for now. The three flags are of unsolvable queries. A file that calls a field
otherwise is read with ``--field query=question``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from stagent.benchmarks.user_file import FileRow, file_rows
from stagent.queries.task import Context, Task, Unsolvable
from stagent.queries.taxonomy import OTHER
from stagent.worlds.protocol import ClockError, World

Subset = Literal["multi", "single", "unsolvable"]
SUBSETS: tuple[Subset, ...] = ("multi", "single", "unsolvable")
FIELDS = ("id", "query", "time", "context", "user_profile", "no_actionable", "missing_tool", "missing_info")
_SITUATION = "情况"  # the name under which the context stands in a task's profile


@dataclass(frozen=True, slots=True)
class TravelQuery:
    """One query.

    Attributes:
        context: what the agent is told; profile: what only the user's simulator knows.
    """

    subset: Subset
    task: Task
    context: str
    profile: str


def read_queries(
    files: Mapping[Subset, Path], names: Mapping[str, str], world: World, clock: datetime | None
) -> list[TravelQuery]:
    """The queries of all files.

    Args:
        clock: now, for all of them; None: each row's own, else the world's.

    Raises:
        InputError: names file, row, field and what is allowed.
    """
    return [query for subset, path in files.items() for query in _queries(subset, path, names, world, clock)]


def _queries(
    subset: Subset, path: Path, names: Mapping[str, str], world: World, clock: datetime | None
) -> Iterator[TravelQuery]:
    seen: dict[str, int] = {}
    for row in file_rows(path, names):
        query = _query(subset, row, world, clock)
        if (first := seen.setdefault(query.task.id, row.number)) != row.number:
            raise row.wrong("id", query.task.id.partition("/")[2], f"each once is needed; row {first} has it too")
        yield query


def _query(subset: Subset, row: FileRow, world: World, clock: datetime | None) -> TravelQuery:
    profile = row.words("user_profile")
    if subset == "multi" and not profile:
        raise row.wrong("user_profile", "not there, or empty", "what the user's simulator knows is needed")
    context = row.words("context")
    now = clock or row.moment("time", world.zone) or world.default_clock()
    try:
        world.check_clock(now)
    except ClockError as error:
        raise row.wrong("time", f"{now:%Y-%m-%d}", f"a day that the world knows: {error}; or give --clock") from None
    unsolvable = _unsolvable(row) if subset == "unsolvable" else ""
    name = row.given("id")
    task = Task(
        id=f"{subset}/{row.number if name is None else name}",
        pattern=f"travelbench_{subset}",
        split="held_out_kind",
        world=world.name,
        version=world.version,
        context=Context(now.isoformat(), "", "", {_SITUATION: context} if context else {}),
        turns=(row.text("query"),),
        primary=OTHER,
        difficulty=-1 if unsolvable else 1,
        unsolvable=unsolvable,
    )
    return TravelQuery(subset, task, context, profile)


def _unsolvable(row: FileRow) -> Unsolvable:
    """Why, in a task's words: no tool, else something left out by the user."""
    flags = {name: row.flag(name) for name in ("missing_tool", "missing_info", "no_actionable")}
    return "missing_tool" if flags["missing_tool"] else "missing_information"
