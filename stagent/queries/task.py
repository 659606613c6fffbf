"""A task: what a user says, where and when, and how an answer is checked. One JSON line a task.

{"format": 1, "id": "7-000012", "pattern": "nearest_open", "split": "train",
 "world": "sandbox", "version": "d9da…",
 "context": {"clock": "2026-01-05T09:00:00+08:00", "city": "澜屿市", "location": "30.41200,174.61800",
             "profile": {"家": "30.41,174.62"}},
 "turns": ["附近还开着的药店，最近的是哪家？"],
 "primary": "discovery.poi_search.spatial_optimized_poi_search", "secondary": [], "auxiliary": ["…"], "temporal": {},
 "difficulty": 1, "chain": ["map_search_places"], "unsolvable": "",
 "slots": {"category": "药店"}, "expects": [{"kind": "names", "any_of": ["济安药房"]}]}
"""

import json
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from data_process.files import write_jsonl
from stagent.queries.predicates import PredicateError, check_possible
from stagent.queries.taxonomy import AUXILIARY_IDS, BY_ID, MOST_SECONDARY, OTHER, TEMPORAL_IDS
from utils import InputError

FORMAT = 1
Split = Literal["train", "held_out_city", "held_out_kind"]
SPLITS: tuple[Split, ...] = ("train", "held_out_city", "held_out_kind")
# Why a task can't be solved: the user left something out, no tool does it, the world has no such data, nothing fits.
Unsolvable = Literal["", "missing_information", "missing_tool", "no_data", "nothing_found"]
UNSOLVABLE: tuple[Unsolvable, ...] = ("", "missing_information", "missing_tool", "no_data", "nothing_found")


@dataclass(frozen=True, slots=True)
class Context:
    """What the agent is told besides the words: evidence, like a result.

    Attributes:
        clock: ISO 8601 with offset; what tools take for now.
        city: where the user is; location: ``"lat,lon"`` with five decimals.
        profile: what is known of the user: ``{"家": "30.41200,174.62010", "出行": "带老人"}``. Coordinates are strings.
    """

    clock: str
    city: str
    location: str
    profile: dict[str, str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.clock)

    def text(self) -> str:
        """As a model reads it: ``现在：2026-01-05 09:00（星期一）；城市：澜屿市；位置：30.41200,174.61800；家：…``"""
        weekday = "一二三四五六日"[self.now.weekday()]
        known = "".join(f"；{name}：{value}" for name, value in self.profile.items())
        return f"现在：{self.now:%Y-%m-%d %H:%M}（星期{weekday}）；城市：{self.city}；位置：{self.location}{known}"


@dataclass(frozen=True, slots=True)
class Task:
    """A task, as the module's head shows it.

    Attributes:
        turns: what the user says; each but the first after the agent's answer to the one before.
        difficulty: -1 missing information or tool, 0 no tool, 1 to 5 by the calls that are really needed.
        chain: the tools of these calls, in order.
        expects: predicates (``stagent.queries.predicates``) of the answers; empty for what nobody checks.
    """

    id: str
    pattern: str
    split: Split
    world: str
    version: str
    context: Context
    turns: tuple[str, ...]
    primary: str
    difficulty: int
    secondary: tuple[str, ...] = ()
    auxiliary: tuple[str, ...] = ()
    temporal: dict[str, str] = field(default_factory=dict)
    chain: tuple[str, ...] = ()
    unsolvable: Unsolvable = ""
    slots: dict[str, Any] = field(default_factory=dict)
    expects: tuple[dict[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self)}


class TaskError(ValueError):
    """A task that can't be used; the message names the field and what is allowed."""


def task_of(value: Any) -> Task:
    """A task from JSON.

    Raises:
        TaskError
    """
    if not isinstance(value, dict):
        raise TaskError("no object")
    if value.get("format") != FORMAT:
        raise TaskError(f"format {value.get('format')!r}; this version reads {FORMAT}: make the tasks anew")
    names = {each.name for each in fields(Task)}
    given = {name: entry for name, entry in value.items() if name != "format"}
    if unknown := given.keys() - names:
        raise TaskError(f"unknown field {sorted(unknown)[0]!r}")
    needed = ("id", "pattern", "split", "world", "version", "context", "turns", "primary", "difficulty")
    if missing := [name for name in needed if name not in given]:
        raise TaskError(f"no field {missing[0]!r}")
    try:
        given["context"] = Context(**given["context"])
        if given["context"].now.tzinfo is None:
            raise ValueError("no offset")
    except (TypeError, ValueError) as error:
        raise TaskError(f"context: {error}; give clock (ISO 8601 with offset), city, location, profile") from None
    for name in ("turns", "secondary", "auxiliary", "chain", "expects"):
        entries = given.get(name, [])
        if not isinstance(entries, list) or not all(
            isinstance(each, dict if name == "expects" else str) for each in entries
        ):
            raise TaskError(f"{name}: {'a list of objects' if name == 'expects' else 'a list of texts'} is needed")
        given[name] = tuple(entries)
    _check(Task(**given))
    return Task(**given)


def _check(task: Task) -> None:
    if not task.turns or not all(turn.strip() for turn in task.turns):
        raise TaskError("turns: a text that isn't empty is needed")
    if type(task.difficulty) is not int or not -1 <= task.difficulty <= 5:
        raise TaskError(f"difficulty {task.difficulty!r}; a whole number from -1 to 5 is needed")
    check_annotation(task.primary, task.secondary, task.auxiliary, task.temporal)
    if task.split not in SPLITS:
        raise TaskError(f"split {task.split!r}; one of {', '.join(SPLITS)} is needed")
    if task.unsolvable not in UNSOLVABLE:
        raise TaskError(f"unsolvable {task.unsolvable!r}; empty or one of {', '.join(UNSOLVABLE[1:])} is needed")
    try:
        check_possible(task.expects, len(task.turns))
    except PredicateError as error:
        raise TaskError(f"expects: {error}") from None


def check_annotation(
    primary: str, secondary: Iterable[str], auxiliary: Iterable[str], temporal: dict[str, str]
) -> None:
    """Raises TaskError for what the taxonomy doesn't have."""
    secondary = tuple(secondary)
    for name, leaf in (("primary", primary), *(("secondary", leaf) for leaf in secondary)):
        if leaf not in BY_ID and (name, leaf) != ("primary", OTHER):
            raise TaskError(f"{name} {leaf!r}: not in the taxonomy (stagent/queries/taxonomy.py)")
    if len(secondary) > MOST_SECONDARY or len(set(secondary)) < len(secondary) or primary in secondary:
        raise TaskError(f"secondary: at most {MOST_SECONDARY} leaves, each once, without the primary one")
    if unknown := [each for each in auxiliary if each not in AUXILIARY_IDS]:
        raise TaskError(f"auxiliary {unknown[0]!r}: not in the taxonomy (stagent/queries/taxonomy.py)")
    for name, each in temporal.items():
        if name not in ("departure", "arrival") or each not in TEMPORAL_IDS:
            raise TaskError(f"temporal {name} {each!r}: departure and arrival are needed, of temporal_constraints")


def read_tasks(path: Path, *, world: Any = None) -> Iterator[Task]:
    """The tasks of a file, as they come.

    Args:
        world: the world they are to be run in; None: any.

    Raises:
        InputError: a line that is broken, no task, or of another world; names file and line.
    """
    for number, value in read_lines(path):
        try:
            task = task_of(value)
        except TaskError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
        if world is not None and (task.world, task.version) != (world.name, world.version):
            raise InputError(
                f"{path}, line {number}: a task of {task.world} {task.version}, but this world is {world.name} "
                f"{world.version}; make the tasks anew with: agent.py queries make"
            )
        yield task


def read_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """The values of a JSONL file, packed if it ends in ``.xz``, with line numbers from 1; empty lines are passed over.

    Raises:
        InputError: no such file, one that isn't packed or is cut off, or a line that is no JSON or no UTF-8; names file
            and line.
    """
    try:
        with lzma.open(path, "rb") if path.suffix == ".xz" else open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    yield number, json.loads(line)
                except (ValueError, RecursionError) as error:
                    what = "not UTF-8" if isinstance(error, UnicodeDecodeError) else "no JSON"
                    raise InputError(
                        f"{path}, line {number}: {what} ({str(error)[:80]}); mend or remove the line"
                    ) from None
    except (lzma.LZMAError, EOFError) as error:
        raise InputError(f"{path}: not a whole xz file ({error}); pack it again") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def write_tasks(path: Path, tasks: Iterable[Task]) -> int:
    """Writes a task a line; returns how many."""
    return write_jsonl(path, (task.as_json() for task in tasks))
