"""Scores the policies of a cascade on held-out tasks, beside the expert and what any agent must beat.

    bash agent.sh test                       # the policies in agent_output
    bash agent.sh test --out other --count 200

Held-out cities and, apart from them, held-out kinds of tasks that no stage has seen. Each policy plays each task four
times as it was trained to, and once by its likeliest ids. Figures are written as they are made: a run that was stopped
goes on with what is missing. Exit status: 0, 2 for what can't be used.
"""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from config.command_line import number
from stagent.cascade.agent_figures import POWER, agent_figures
from stagent.cascade.agent_table import draw_rows, table_of
from stagent.cascade.floors import AlwaysUnsolved, FirstResult
from stagent.cascade.held_out import SPLITS, HeldOut, as_json, held_out_tasks, parted, play_held_out
from stagent.cascade.policy import load_policy, new_policy
from stagent.cascade.probing import Playground
from stagent.queries.continued import GrowingFile, same_settings
from stagent.queries.opening import open_gazetteer
from stagent.queries.scene import Gazetteer
from stagent.queries.task import read_lines
from stagent.reward.verifier import Verifier
from stagent.rollout.compact.vocabulary import CompactVocabulary
from stagent.rollout.expert_speaker import WaySpeaker, expert_way
from stagent.rollout.speaker import Speaker
from stagent.worlds.opening import add_world_arguments
from utils import InputError, say

FIGURES = "held_out.jsonl"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("agent_output"), help="the run's folder [agent_output]")
    parser.add_argument("--count", type=number(int, 1), default=500, help="tasks of each split [500]")
    add_world_arguments(parser)


def run(args: argparse.Namespace) -> int:
    policies_of(args.out)  # what can't be scored is said before a world is opened
    with open_gazetteer(args) as gazetteer:
        return score(args.out, gazetteer, args.count)


def score(folder: Path, gazetteer: Gazetteer, count: int) -> int:
    """Plays what the folder's file of figures doesn't have yet, prints the tables and draws the pictures."""
    ground = Playground(gazetteer.calls, Verifier(strict=True))
    held_out = HeldOut(asyncio.run(held_out_tasks(gazetteer, count)), ground)
    with GrowingFile(folder / FIGURES) as out:
        settings = {"world": f"{gazetteer.world.name} {gazetteer.world.version}", "--count": count}
        same_settings(out.path, out.lines, settings)
        known = {(value["agent"], value["split"]): value["policy"] for _, value in read_lines(out.path)}
        for name, policy, speaker, samples in agents(folder, policies_of(folder), gazetteer):
            for split in SPLITS:
                if known.get((name, split)) != policy:  # RL may have found a better one since
                    say(f"{name} on {count} tasks of {split}")
                    row = row_of(split, held_out, speaker(), samples)
                    out.append({"agent": name, "policy": policy, "split": split} | row)
                    out.flush()
    for split, own in rows_of(folder).items():
        print(f"\n## {split}, {count} tasks\n\n{table_of(own)}")
        draw_rows(folder / f"{split}.png", own, f"{count} tasks, {split}")
    say(f"pictures: {', '.join(str(folder / f'{split}.png') for split in SPLITS)}")
    return 0


def rows_of(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """By split the newest row of each agent."""
    newest = {(value["split"], value["agent"]): value for _, value in read_lines(folder / FIGURES)}
    return {split: [row for (of, _), row in newest.items() if of == split] for split in SPLITS}


def policies_of(folder: Path) -> dict[str, Path]:
    """The stages' policies that are there, and those under ``controls``, by their names.

    Raises:
        InputError: there is none.
    """
    found = {"seed SFT": folder / "seed", "SFT 2": folder / "sft", "+ RL": folder / "rl"}
    found |= {path.name: path for path in sorted((folder / "controls").glob("*"))}
    there = {name: policy for name, path in found.items() if (policy := _policy_in(path))}
    if not there:
        raise InputError(f"--out {folder}: no policy there; train one with: bash agent.sh train --out {folder}")
    return there


def _policy_in(folder: Path) -> Path | None:
    """Of a supervised stage its policy, of RL the best one (two, of a run that was killed in between: the later)."""
    best = sorted(folder.glob("best-*"))
    policy = folder / "policy"
    return best[-1] if best else policy if policy.exists() else None


def agents(
    folder: Path, policies: dict[str, Path], gazetteer: Gazetteer
) -> Iterator[tuple[str, str, Callable[[], Speaker], int]]:
    """Name, policy (empty where there is none), speaker and tries a task of every row."""
    yield "always [Unsolved]", "", AlwaysUnsolved, 1
    yield "first result", "", FirstResult, 1
    yield "untrained", "", partial(_untrained, folder), 1
    for name, path in policies.items():
        policy = str(path.relative_to(folder))
        yield name, policy, partial(_speaker, path, 1.0), POWER
        yield f"{name}, likeliest", policy, partial(_speaker, path, 0.0), 1
    yield "rule expert", "", lambda: WaySpeaker("rule expert", expert_way(gazetteer)), 1


def _untrained(folder: Path) -> Speaker:
    """Random weights; noise needs no long messages to be worth nothing, and they would take most of the time."""
    return new_policy(CompactVocabulary.load(folder), 0).speaker("untrained", most=32)


def _speaker(path: Path, temperature: float) -> Speaker:
    return load_policy(path).speaker(path.name, temperature=temperature)


def row_of(split: str, held_out: HeldOut, speaker: Speaker, samples: int) -> dict[str, Any]:
    """A line of the file: all figures, and those by class and difficulty."""
    episodes = asyncio.run(play_held_out(held_out, split, speaker, samples))
    by = {what: {key: as_json(each) for key, each in own.items()} for what, own in parted(episodes).items()}
    return {"samples": samples, "figures": as_json(agent_figures(episodes)), "by": by}
