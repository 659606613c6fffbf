"""The RL stage on a local policy: the smallest loop around GSPO's loss, beside TRL's trainer for real models.

groups of episodes ─► verifier ─► advantages ─► a few updates ─► the next groups, by the policy as it is now
                                     └ a group without spread is left out and counted

Every step ends in a log line; every so many the policy is validated and all is saved, so that a killed run goes on
from there. The best policy is kept; where validation falls too far below it, the stage ends and says so.
"""

import asyncio
import copy
import json
import random
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from stagent.cascade.policy import Policy, save_policy
from stagent.cascade.policy_loss import PolicyFigures
from stagent.cascade.probing import Playground, ScoredRollout, Validation, tries, validate
from stagent.cascade.recipe import CascadeRecipe
from stagent.cascade.rl_batch import Judgement, group_figures, judgements
from stagent.cascade.rl_state import RlState, load_state, save_state
from stagent.cascade.rl_update import update
from stagent.cascade.split import by_potential, split
from stagent.queries.continued import GrowingFile
from stagent.queries.task import Task
from utils import InputError, say

LOG, BEST = "log.jsonl", "best"


class RlTasks(NamedTuple):
    """What the stage works on.

    Attributes:
        train: the uncertain ones; rewards: of the probe's tries, by the task's id; valid: to choose the best by.
    """

    train: Sequence[Task]
    rewards: dict[str, list[float]]
    valid: Sequence[Task]


class RlStage:
    """A run in a folder, gone on with where it was.

    Args:
        start: the policy to begin with, and to keep near to.
    """

    def __init__(
        self, folder: Path, start: Policy, tasks: RlTasks, ground: Playground, recipe: CascadeRecipe, seed: int
    ):
        self.folder, self.tasks, self.ground, self.recipe, self.seed = folder, tasks, ground, recipe, seed
        folder.mkdir(parents=True, exist_ok=True)
        found = load_state(folder)
        self.state = found[0] if found else RlState(rewards=dict(tasks.rewards))
        self.policy = found[1] if found else Policy(copy.deepcopy(start.model), start.vocabulary)
        self.reference = start.model.eval() if recipe.beta else None
        self.optimizer = torch.optim.AdamW(self.policy.model.parameters(), lr=recipe.rl_rate, weight_decay=0.0)
        if found:
            self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": found[2]})
        self.speaker = self.policy.speaker("rl")

    def run(self) -> RlState:
        """Trains to the end; the best policy is in ``best``."""
        with GrowingFile(self.folder / LOG) as log, asyncio.Runner() as runner:
            log.keep(self._lines_so_far(log))
            if not self.state.step and not log.lines:
                self._save(runner, log)
            while self.state.step < self.recipe.rl_steps and not self.state.ended:
                self._step(runner, log)
        say(f"{self.folder}: {self.state.ended or 'done'}; best at step {self.state.best_step}, {self.state.best:.3f}")
        return self.state

    def _lines_so_far(self, log: GrowingFile) -> int:
        """Lines of the steps that the saved state has; what was logged behind it is done again."""
        with open(log.path, encoding="utf-8") as file:
            return sum(json.loads(line)["step"] <= self.state.step for line in file) if self.state.step else 0

    def _step(self, runner: asyncio.Runner, log: GrowingFile) -> None:
        step = self.state.step + 1
        groups = runner.run(self._groups(self._next_tasks(step), step))
        judged = judgements(groups)
        figures = self._updates(judged, step)
        for group in groups:
            if rewards := [s.score.reward for s in group if s.score.reward is not None]:
                self.state.rewards[group[0].task.id] = rewards
        self.state.step = step
        entry = {"step": step, **group_figures(groups)._asdict(), "sequences": len(judged), **figures}
        every, probe = self.recipe.validate_every, self.recipe.probe_every
        if probe and step % probe == 0 and step < self.recipe.rl_steps:
            entry |= runner.run(self._probe_again(step))
        if step == self.recipe.rl_steps or (every and step % every == 0):
            self._save(runner, log, entry)
        else:
            log.append(entry)
            log.flush()

    def _updates(self, judged: Sequence[Judgement], step: int) -> dict[str, float]:
        """The optimizer's steps on one batch; the last one's figures: there the policy is no longer that which drew."""
        order = random.Random(f"rl-{self.seed}-{step}").sample(judged, len(judged))
        figures = None
        for number in range(self.recipe.rl_updates):
            if part := order[number :: self.recipe.rl_updates]:
                figures = update(self.policy.model, self.reference, self.optimizer, part, self.policy.pad, self.recipe)
        self.speaker.engine.forget()
        return figures._asdict() if figures else PolicyFigures(0.0, 1.0, 0.0, 0.0)._asdict()

    def _next_tasks(self, step: int) -> list[Task]:
        """The step's tasks: the uncertain ones in turn, in the order of the recipe, pass by pass."""
        parts = split(self.state.rewards, self.recipe)
        tasks = {task.id: task for task in self.tasks.train}
        names = [name for name in tasks if parts.get(name) in ("certain", "uncertain")] or list(tasks)
        passed, place = divmod((step - 1) * self.recipe.rl_tasks, len(names))
        if self.recipe.chosen_by == "potential":
            names = by_potential(self.tasks.rewards, names)
        else:
            random.Random(f"order-{self.seed}-{passed}").shuffle(names)
        # no task twice in a step: its episodes would be the same again
        count = min(self.recipe.rl_tasks, len(names))
        return [tasks[names[(place + number) % len(names)]] for number in range(count)]

    async def _groups(self, tasks: Sequence[Task], step: int) -> list[list[ScoredRollout]]:
        groups: dict[str, list[ScoredRollout]] = defaultdict(list)
        async for scored in tries(tasks, self.recipe.group, self.speaker, self.ground, self.seed, "rl", step):
            groups[scored.task.id].append(scored)
        return [sorted(groups[name], key=lambda each: each.number) for name in sorted(groups)]

    async def _probe_again(self, step: int) -> dict[str, Any]:
        """The rewards of all of the stage's tasks, by the policy as it is now; the share that can still teach it."""
        found: dict[str, list[float]] = defaultdict(list)
        async for scored in tries(
            self.tasks.train, self.recipe.group, self.speaker, self.ground, self.seed, "again", step
        ):
            if scored.score.reward is not None:
                found[scored.task.id].append(scored.score.reward)
        self.state.rewards |= {name: sorted(each) for name, each in found.items()}
        parts = split({task.id: self.state.rewards[task.id] for task in self.tasks.train}, self.recipe)
        return {"learnable": sum(part in ("certain", "uncertain") for part in parts.values()) / len(parts)}

    def _save(self, runner: asyncio.Runner, log: GrowingFile, entry: dict[str, Any] | None = None) -> None:
        """Validates, keeps the policy if it is the best, and saves all."""
        reward, vetoed, _ = self._validate(runner)
        state = self.state
        if reward > state.best:
            state.best, state.best_step = reward, state.step
            target = self.folder / f"{BEST}-{state.step:06d}"
            if not target.exists():
                save_policy(self.policy, target)
        elif state.best - reward > self.recipe.collapse:
            state.ended = (
                f"stopped at step {state.step}: the validation reward fell from {state.best:.3f} to {reward:.3f}"
            )
        log.append((entry or {"step": 0}) | {"valid_reward": reward, "valid_vetoed": vetoed})
        log.flush()
        save_state(self.folder, state, self.policy, self.optimizer)
        self.speaker = self.policy.speaker("rl")  # as a run has it that goes on from here: sums in the same order
        for path in self.folder.glob(f"{BEST}-*"):
            if path != self.best():
                shutil.rmtree(path)

    def _validate(self, runner: asyncio.Runner) -> Validation:
        """Raises InputError: no episode could be scored: there is nothing to choose the best by."""
        found = runner.run(validate(self.tasks.valid, self.speaker, self.ground, self.seed))
        if found is None:
            raise InputError(
                f"{self.folder}: too few episodes of validation could be scored after step {self.state.step}: "
                f"{self.ground.judge.name}, or a tool, fails; mend it, and the same command goes on from the last save"
            )
        return found

    def best(self) -> Path:
        """The folder of the best policy so far."""
        return self.folder / f"{BEST}-{self.state.best_step:06d}"
