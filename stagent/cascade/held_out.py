"""Held-out tasks: of cities, and of kinds, that no stage has seen; and the episodes that agents play on them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from stagent.cascade.agent_figures import AgentFigures, agent_figures
from stagent.cascade.probing import Playground, ScoredRollout, tries
from stagent.queries.drawing import draw_tasks
from stagent.queries.patterns.all import PATTERNS
from stagent.queries.scene import Gazetteer
from stagent.queries.task import Split, Task
from stagent.rollout.speaker import Speaker

SPLITS: tuple[Split, ...] = ("held_out_city", "held_out_kind")
DRAW = 2027  # the same tasks for every run, and none of a run's own


class HeldOut(NamedTuple):
    """Tasks by split, and what they are played in."""

    tasks: Mapping[Split, list[Task]]
    ground: Playground


async def held_out_tasks(gazetteer: Gazetteer, count: int) -> dict[Split, list[Task]]:
    """So many tasks of each split, always the same ones."""
    tasks: dict[Split, list[Task]] = {}
    for place, split in enumerate(SPLITS):
        drawn = draw_tasks(gazetteer, PATTERNS, count, DRAW + place, (split,))
        tasks[split] = [each.task async for each in drawn]
    return tasks


async def play_held_out(held_out: HeldOut, split: Split, speaker: Speaker, samples: int) -> list[ScoredRollout]:
    """Every task so many times, with the same seeds for every agent."""
    tasks = held_out.tasks[split]
    return [each async for each in tries(tasks, samples, speaker, held_out.ground, "held out")]


def parted(episodes: list[ScoredRollout]) -> dict[str, dict[str, AgentFigures]]:
    """Figures by class (level 1 of the taxonomy) and by difficulty."""
    by_class: dict[str, list[ScoredRollout]] = {}
    by_difficulty: dict[str, list[ScoredRollout]] = {}
    for each in episodes:
        by_class.setdefault(each.task.primary.partition(".")[0], []).append(each)
        by_difficulty.setdefault(str(each.task.difficulty), []).append(each)
    return {
        "class": {name: agent_figures(own) for name, own in sorted(by_class.items())},
        "difficulty": {
            name: agent_figures(own) for name, own in sorted(by_difficulty.items(), key=lambda e: int(e[0]))
        },
    }


def as_json(figures: AgentFigures) -> dict[str, Any]:
    """Plain JSON; a figure without any unit is None."""
    return {
        name: (None if value.count == 0 else value._asdict()) if hasattr(value, "_asdict") else value
        for name, value in figures._asdict().items()
    }
