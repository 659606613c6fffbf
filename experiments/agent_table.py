"""The cascade's table: three draws, each stage beside what it must beat, on held-out tasks.

    python -m experiments.agent_table                        # all rows, into ./agent_runs
    python -m experiments.agent_table --draws 0 --controls   # one draw, its stages alone
    python -m experiments.agent_table --write                # experiments/results/agent.json, agent_steps.json

Two tables: every agent's figures (``agent``), and what each step and each choice of the cascade is worth, draw by draw
(``agent_steps``).

Controls, each with the numbers of the cascade: RL without SFT 2; RL on tasks chosen at random instead of by σ²·μ; a
random split of the learnable tasks in two halves instead of the certainty split; plain SFT on as many lessons as the
cascade learnt from, on everything that the teacher can answer, and on as many answers of the teacher's as the cascade
took, unless these are all. A run that was stopped goes on.
"""

import argparse
import random
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from config.command_line import number
from experiments.results import FOLDER as RESULTS
from experiments.results import markdown, measured_with, read_result, write_result
from stagent.cascade import evaluate
from stagent.cascade.folder import STAGES, CascadeFolder
from stagent.cascade.lessons import read_lessons
from stagent.cascade.policy import load_policy, new_policy
from stagent.cascade.recipe import read_recipe
from stagent.cascade.run import CascadeRun
from stagent.queries.scene import Gazetteer
from stagent.rollout.compact.vocabulary import CompactVocabulary
from stagent.rollout.sequence import TokenSequence
from stagent.worlds.sandbox.world import SandboxWorld
from utils import Parser, door, environment, say

WORLD_SEED, COUNT = 7, 1000
TAUGHT, ALL = ("seed", "sft"), "controls/all"  # stages that the teacher is asked in; its answers to every task
COLUMNS = (
    "reward",
    "full",
    "vetoed",
    "precision_first",
    "recall_first",
    "precision_any",
    "recall_any",
    "power",
    "gave_up",
)
PLAIN = ("errors", "calls", "characters", "commonest", "gamed")
_T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # Student's, by the number of draws


def main() -> int:
    parser = Parser(
        prog="python -m experiments.agent_table",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--draws", type=number(int, 0), nargs="+", default=[0, 1, 2], help="seeds [0 1 2]")
    parser.add_argument("--controls", nargs="*", choices=CONTROLS, help="these controls alone; none: no control")
    parser.add_argument("--recipe", type=Path, metavar="YAML", help="numbers other than the defaults'")
    parser.add_argument("--count", type=number(int, 1), default=COUNT, help=f"held-out tasks of each split [{COUNT}]")
    parser.add_argument("--folder", type=Path, default=Path("agent_runs"), help="takes everything [agent_runs]")
    parser.add_argument("--write", action="store_true", help="write experiments/results/agent.json")
    args = parser.parse_args()
    wanted = list(CONTROLS) if args.controls is None else args.controls
    for draw in args.draws:
        if status := run_draw(args, draw, wanted):
            return status
    found = figures_of(args)
    for name, about, rows in (
        ("agent", _ABOUT, rows_of(found)),
        ("agent_steps", _ABOUT_STEPS, steps_of(found)),
    ):
        target = (RESULTS if args.write else args.folder.resolve()) / f"{name}.json"
        write_result(target, _described(args, about), rows)
        print(markdown(read_result(target)))
    return 0


def run_draw(args: Namespace, draw: int, controls: list[str]) -> int:
    """Trains what is missing of a draw, and scores it."""
    recipe, out = read_recipe(args.recipe), args.folder / f"draw-{draw}"
    gazetteer = Gazetteer(SandboxWorld.open(WORLD_SEED, None))
    settings = {"world": f"{gazetteer.world.name} {gazetteer.world.version}", "--draw": draw, **recipe.as_json()}
    run = CascadeRun(CascadeFolder(out, settings), gazetteer, recipe, draw)
    for stage in STAGES:
        if status := run.run(stage):
            return status
    for name in controls:
        say(f"draw {draw}: {name}")
        if status := CONTROLS[name](run, f"controls/{name}"):
            return status
    return evaluate.score(out, gazetteer, args.count)


# Controls


def rl_without_sft(run: CascadeRun, stage: str) -> int:
    run.reinforce(stage, run.folder.policy("seed"), run.part("uncertain"), run.recipe)
    return 0


def rl_on_random_tasks(run: CascadeRun, stage: str) -> int:
    recipe = replace(run.recipe, chosen_by="random")
    run.reinforce(stage, run.folder.policy("sft"), run.part("uncertain"), recipe)
    return 0


def random_split(run: CascadeRun, stage: str) -> int:
    """The learnable tasks in two halves by chance: one to be taught, one to be explored."""
    learnable = run.part("certain") + run.part("uncertain")
    random.Random(f"halves-{run.draw}").shuffle(learnable)
    half = len(run.part("certain"))
    paths = [run.folder.lessons("seed"), run.ask_teacher(f"{stage}/sft", learnable[:half])]
    seed = partial(load_policy, run.folder.policy("seed"))
    if status := run.learn(f"{stage}/sft", seed, run.read_lessons(paths), run.recipe.sft_epochs):
        return status
    run.reinforce(stage, run.folder.policy(f"{stage}/sft"), learnable[half:], run.recipe)
    return 0


def sft_on_all(run: CascadeRun, stage: str) -> int:
    return _plain(run, stage, run.read_lessons([run.ask_teacher(ALL, run.tasks())]))


def sft_on_as_many_answers(run: CascadeRun, stage: str) -> int:
    """Verified answers to task after task, until as many were asked for as the cascade took."""
    every = list(read_lessons(run.ask_teacher(ALL, run.tasks())))
    asked = list(accumulate(count for _, count, _ in every))
    left = sum(count for name in TAUGHT for _, count, _ in read_lessons(run.folder.lessons(name)))
    if left >= asked[-1]:
        say(f"{stage}: the cascade asked for {left} answers, all tasks take {asked[-1]}: it is SFT on all")
        return 0
    taken = sum(total <= left for total in asked)
    return _plain(run, stage, [each for _, _, each in every[:taken] if each])


def sft_on_as_many_lessons(run: CascadeRun, stage: str) -> int:
    """Of all tasks, whatever the policy makes of them, as many lessons as the cascade learnt from."""
    every = run.read_lessons([run.ask_teacher(ALL, run.tasks())])
    count = len(run.read_lessons([run.folder.lessons(name) for name in TAUGHT]))
    return _plain(run, stage, random.Random(f"lessons-{run.draw}").sample(every, min(count, len(every))))


def _plain(run: CascadeRun, stage: str, lessons: list[TokenSequence]) -> int:
    """From random weights, as many epochs as seed and SFT 2 together."""
    start = partial(new_policy, CompactVocabulary.load(run.folder.root), run.draw)
    return run.learn(stage, start, lessons, run.recipe.seed_epochs + run.recipe.sft_epochs)


CONTROLS: dict[str, Callable[[CascadeRun, str], int]] = {
    "RL without SFT 2": rl_without_sft,
    "RL, random tasks": rl_on_random_tasks,
    "random split": random_split,
    "SFT, as many lessons": sft_on_as_many_lessons,
    "SFT on all": sft_on_all,
    "SFT, as many answers": sft_on_as_many_answers,
}


# The tables

Figures = dict[tuple[str, str], dict[int, dict[str, Any]]]  # (split, agent) -> draw -> figures
# What is worth how much: agent, what it is compared with, least gain in reward that was hoped for.
STEPS = (
    ("SFT 2", "seed SFT", 0.10),
    ("+ RL", "SFT 2", 0.03),
    ("+ RL, likeliest", "SFT 2, likeliest", None),
    ("SFT 2", "SFT, as many lessons", None),
    *(("+ RL", name, None) for name in CONTROLS),
    ("SFT on all", "SFT, as many lessons", None),
)
_COMPARED = ("reward", "vetoed", "gave_up")
_ABOUT = {
    "title": "The cascade's stages on held-out tasks, beside controls, floors and expert",
    "columns": {"agent": None, "tasks": None, "draws": "d"} | dict.fromkeys((*COLUMNS, *PLAIN), ".3f"),
    "note": "means over draws, and Student's 95 % interval over them",
    "readme": ["agent", "tasks", "draws", "reward", "full", "vetoed", "gave_up", "calls", "gamed"],
}
_ABOUT_STEPS = {
    "title": "What a step of the cascade is worth, and each of its choices",
    "columns": {"agent": None, "less": None, "tasks": None, "draws": "d", "reward": ".3f", "bar": None, "met": None}
    | {"vetoed": ".3f", "gave_up": ".3f"},
    "note": "differences of the same draw on the same tasks: their mean, and Student's 95 % interval over draws",
}


def figures_of(args: Namespace) -> Figures:
    found: Figures = {}
    for draw in args.draws:
        for split, rows in evaluate.rows_of(args.folder / f"draw-{draw}").items():
            for row in rows:
                found.setdefault((split, row["agent"]), {})[draw] = row["figures"]
    return found


def rows_of(found: Figures) -> list[dict[str, Any]]:
    """A row an agent and split."""
    rows = sorted(found.items(), key=lambda each: each[0][0])
    return [_row(agent, split, list(draws.values())) for (split, agent), draws in rows]


def _row(agent: str, split: str, draws: list[dict[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {"agent": agent, "tasks": _words(split), "draws": len(draws)}
    for name in COLUMNS:
        means = [each[name]["mean"] for each in draws if each[name] is not None]
        row |= {name: _mean(means)} if means else {}
    return row | {name: fmean(each[name] for each in draws) for name in PLAIN}


def steps_of(found: Figures) -> list[dict[str, Any]]:
    """A row a comparison and split, over the draws that have both agents."""
    rows = []
    for split in evaluate.SPLITS:
        for agent, other, bar in STEPS:
            ones, others = found.get((split, agent), {}), found.get((split, other), {})
            both = [(one, others[draw]) for draw, one in ones.items() if draw in others]
            if not both:
                continue
            gains = {name: [one[name]["mean"] - two[name]["mean"] for one, two in both] for name in _COMPARED}
            row = {"agent": agent, "less": other, "tasks": _words(split), "draws": len(both)}
            row |= {name: _mean(each) for name, each in gains.items()}
            if bar is not None and split == "held_out_city":
                row |= {"bar": f"≥ {bar:.2f}", "met": "yes" if fmean(gains["reward"]) >= bar else "no"}
            rows.append(row)
    return rows


def _words(split: str) -> str:
    return split.replace("_", " ")


def _mean(values: list[float]) -> float | dict[str, float]:
    if len(values) < 2:
        return values[0]
    return {"value": fmean(values), "error": _T_95.get(len(values), 1.96) * stdev(values) / len(values) ** 0.5}


def _described(args: Namespace, about: dict[str, Any]) -> dict[str, Any]:
    made, changed = environment(), "".join(f" --{name} {value}" for name, value in _changed(args))
    return {
        "title": about["title"],
        "command": [f"python -m experiments.agent_table{changed} --write"],
        **measured_with(made),
        "seed": args.draws,
        "columns": about["columns"],
        "note": f"{args.count} tasks of each split; {about['note']}.",
    } | {name: value for name, value in about.items() if name == "readme"}


def _changed(args: Namespace) -> list[tuple[str, Any]]:
    """Flags on which the figures hang, where they aren't the default."""
    given = {"recipe": args.recipe, "count": args.count if args.count != COUNT else None}
    return [(name, value) for name, value in given.items() if value is not None]


if __name__ == "__main__":
    sys.exit(door(main))
