"""The stages of a cascade, one after the other; each goes on where it was left, and is passed over where it is done."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path

from tqdm import tqdm

from data_process.cache import digest
from data_process.files import write_jsonl
from stagent.cascade.folder import CascadeFolder
from stagent.cascade.lessons import read_lessons, write_lessons
from stagent.cascade.mistakes import NO_MISTAKES, Mistakes
from stagent.cascade.pictures import draw_split, draw_stages
from stagent.cascade.policy import Policy, load_policy, new_policy, save_policy
from stagent.cascade.probing import Playground, probe, validate
from stagent.cascade.recipe import CascadeRecipe
from stagent.cascade.rl import RlStage, RlTasks
from stagent.cascade.sft import sft_arguments, train_on_lessons
from stagent.cascade.split import PARTS, split
from stagent.cascade.teacher import ErringTeacher
from stagent.queries.continued import GrowingFile
from stagent.queries.drawing import Drawn, draw_tasks
from stagent.queries.patterns.all import PATTERNS
from stagent.queries.scene import Gazetteer
from stagent.queries.task import Task, read_lines, read_tasks
from stagent.reward.verifier import Verifier
from stagent.rollout.compact.lesson import lesson
from stagent.rollout.compact.vocabulary import FILE, CompactVocabulary
from stagent.rollout.compact.words import WordCounts, names_of
from stagent.rollout.sequence import TokenSequence
from utils import InputError, say

WORDING = "plain"  # the teacher's: a small model learns what to say before it learns to say it in many ways


class CascadeRun:
    """One run of the cascade over a world.

    Args:
        draw: seed of tasks, teacher, weights and episodes.
    """

    def __init__(self, folder: CascadeFolder, gazetteer: Gazetteer, recipe: CascadeRecipe, draw: int):
        self.folder, self.gazetteer, self.recipe, self.draw = folder, gazetteer, recipe, draw
        self.ground = Playground(gazetteer.calls, Verifier(strict=True))

    def run(self, stage: str) -> int:
        """Runs one stage; returns the exit status."""
        return {
            "tasks": self.make_tasks,
            "seed": self.train_seed,
            "probe": self.probe,
            "sft": self.train_sft,
            "rl": self.train_rl,
        }[stage]()

    # Tasks

    def make_tasks(self) -> int:
        """The pool, the tasks to validate by, and the words of the pool's questions and of the expert's answers."""
        if self.folder.path(FILE).exists():
            return 0
        asyncio.run(self._make_tasks())
        return 0

    async def _make_tasks(self) -> None:
        tasks = []
        words, teacher = WordCounts(names_of(self.gazetteer)), self._teacher(NO_MISTAKES)
        count = self.recipe.seed_tasks + self.recipe.tasks
        with tqdm(total=count, desc="tasks", unit="task") as bar:
            async for drawn in self._drawn(count, 1):
                tasks.append(drawn.task.as_json())
                words.add((await teacher.answer(drawn.task, 0)).trajectory)
                bar.update()
        valid = [drawn.task.as_json() async for drawn in self._drawn(self.recipe.valid, 2)]
        write_jsonl(self.folder.path("tasks.jsonl"), tasks)
        write_jsonl(self.folder.path("valid.jsonl"), valid)
        words.vocabulary().save(self.folder.root)  # last: with it the stage is done

    def _drawn(self, count: int, what: int) -> AsyncIterator[Drawn]:
        return draw_tasks(self.gazetteer, PATTERNS, count, 10 * self.draw + what, ("train",))

    def _teacher(self, mistakes: Mistakes) -> ErringTeacher:
        return ErringTeacher(self.gazetteer, mistakes, self.draw, wording=WORDING)

    def tasks(self, name: str = "tasks.jsonl") -> list[Task]:
        self._need(self.folder.path(FILE), "tasks")
        return list(read_tasks(self.folder.path(name), world=self.gazetteer.world))

    def seed_tasks(self) -> list[Task]:
        """The first ones; tasks are drawn by chance, so that any are as good."""
        return self.tasks()[: self.recipe.seed_tasks]

    def _need(self, path: Path, stage: str) -> None:
        if not path.exists():
            raise InputError(f"{path}: isn't there yet; run the stage before: bash agent.sh train --stage {stage}")

    # Supervised stages

    def train_seed(self) -> int:
        """From random weights, on the best of the teacher's answers to each of the seed's tasks."""
        paths = [self.ask_teacher("seed", self.seed_tasks(), best=True)]
        start = partial(new_policy, CompactVocabulary.load(self.folder.root), self.draw)
        return self.learn("seed", start, self.read_lessons(paths), self.recipe.seed_epochs)

    def train_sft(self) -> int:
        """From the seed policy, on verified answers to what is certain, and the seed's lessons again."""
        seed = self.folder.policy("seed")
        self._need(seed, "seed")
        paths = [self.folder.lessons("seed"), self.ask_teacher("sft", self.part("certain"))]
        return self.learn("sft", partial(load_policy, seed), self.read_lessons(paths), self.recipe.sft_epochs)

    def ask_teacher(self, stage: str, tasks: Sequence[Task], *, best: bool = False) -> Path:
        """A file of lessons on tasks, made or gone on with.

        Args:
            best: the best of the recipe's ``seed_tries``; else the first that is good enough.
        """
        path = self.folder.lessons(stage)
        path.parent.mkdir(parents=True, exist_ok=True)
        teacher = self._teacher(self.recipe.mistakes)
        to_lesson = partial(lesson, vocabulary=CompactVocabulary.load(self.folder.root))
        how = {"tries": self.recipe.seed_tries if best else self.recipe.tries, "good": self.recipe.good, "best": best}
        with GrowingFile(path) as out:
            asyncio.run(write_lessons(tasks, teacher, self.ground.judge, to_lesson, out, **how))
        return path

    def read_lessons(self, paths: Sequence[Path]) -> list[TokenSequence]:
        """The lessons of files, in order; says what they took."""
        lines = [line for path in paths for line in read_lessons(path)]
        lessons = [each for _, _, each in lines if each is not None]
        if not lessons:
            raise InputError(f"{paths[-1]}: no verified answer among them; lower good in the recipe")
        answers = sum(count for _, count, _ in lines)
        say(f"{len(lessons)} lessons on {len(lines)} tasks, of {answers} answers of the teacher's")
        return lessons

    def learn(self, stage: str, start: Callable[[], Policy], lessons: Sequence[TokenSequence], epochs: int) -> int:
        """Trains a policy on lessons, and validates it; passed over where that is done. Returns the exit status."""
        target = self.folder.policy(stage)
        if not target.exists():
            run, recipe = self.folder.path(f"{stage}/run"), self.recipe
            args = sft_arguments(run, epochs=epochs, batch=recipe.batch, rate=recipe.rate, seed=self.draw)
            policy, known = start(), digest(json.dumps([each.ids for each in lessons]))
            if status := train_on_lessons(policy.model, lessons, policy.pad, args, known):
                return status
            save_policy(policy, target)
        self._validate(stage, target)
        return 0

    # Probe and split

    def probe(self) -> int:
        """The seed policy's tries of tasks that it wasn't taught, and the split by them, as a picture."""
        self._need(self.folder.policy("seed"), "seed")
        tasks = self.tasks()[self.recipe.seed_tasks :]
        path = self.folder.path("probe.jsonl")
        with GrowingFile(path) as out:
            if out.lines < len(tasks):
                speaker = partial(load_policy(self.folder.policy("seed")).speaker, "seed")
                asyncio.run(probe(tasks, self.recipe.samples, speaker, self.ground, out, self.draw, "probe"))
        parts = split(self.rewards(), self.recipe)
        say("split: " + ", ".join(f"{sum(part == each for part in parts.values())} {each}" for each in PARTS))
        draw_split(self.folder.path("split.png"), {task.id: task for task in tasks}, self.rewards(), parts)
        return 0

    def rewards(self) -> dict[str, list[float]]:
        """Of each probed task its tries, in the tasks' order."""
        self._need(self.folder.path("probe.jsonl"), "probe")
        found = {value["task"]: value["rewards"] for _, value in read_lines(self.folder.path("probe.jsonl"))}
        return {task.id: found[task.id] for task in self.tasks() if task.id in found}

    def part(self, name: str) -> list[Task]:
        """The tasks of a part of the split, in their order."""
        self._need(self.folder.path("split.png"), "probe")  # it is drawn when all are probed
        parts = split(self.rewards(), self.recipe)
        return [task for task in self.tasks() if parts.get(task.id) == name]

    # RL

    def train_rl(self) -> int:
        """From the SFT policy, on what is uncertain; not where the recipe has no steps of it."""
        self._need(self.folder.policy("sft"), "sft")
        if self.recipe.rl_steps:
            self.reinforce("rl", self.folder.policy("sft"), self.part("uncertain"), self.recipe)
        return 0

    def reinforce(self, stage: str, start: Path, tasks: Sequence[Task], recipe: CascadeRecipe) -> Path:
        """Trains a policy by RL on probed tasks, and validates it; returns the folder of the best one."""
        if not tasks:
            raise InputError(f"{self.folder.path('probe.jsonl')}: no task is uncertain; probe more of them")
        work = RlTasks(tasks, self.rewards(), self.tasks("valid.jsonl"))
        run = RlStage(self.folder.path(stage), load_policy(start), work, self.ground, recipe, self.draw)
        run.run()
        self._validate(stage, run.best())
        return run.best()

    # What stages are compared by

    def _validate(self, stage: str, policy: Path) -> None:
        """A line of ``stages.jsonl`` that isn't there yet, and the picture drawn anew."""
        path = self.folder.path("stages.jsonl")
        known = {value["stage"]: value for _, value in read_lines(path)} if path.exists() else {}
        if stage not in known:
            speaker = load_policy(policy).speaker(stage)
            found = asyncio.run(validate(self.tasks("valid.jsonl"), speaker, self.ground, self.draw))
            if found is None:
                judge = self.ground.judge.name
                raise InputError(
                    f"{policy}: too few episodes could be scored: {judge}, or a tool, fails; mend it, and start again"
                )
            known[stage] = {"stage": stage, **found._asdict()}
            write_jsonl(path, known.values())
        say(f"{stage}: validation reward {known[stage]['reward']:.3f}, vetoed {known[stage]['vetoed']:.3f}")
        draw_stages(self.folder.path("stages.png"), list(known.values()))
