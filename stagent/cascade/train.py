"""Trains an agent by the cascade: seed SFT, probe and split, SFT on what is certain, RL on what isn't.

    bash agent.sh train                          # all of it, into agent_output
    bash agent.sh train --stage probe            # one stage; those before it must be there
    bash agent.sh train --recipe my.yaml --out other --draw 2

The teacher is the rule expert with seeded mistakes. A run that was stopped, or killed, goes on where it was: give the
same command again.
"""

import argparse
from pathlib import Path

from config.command_line import number
from stagent.cascade.folder import STAGES, CascadeFolder
from stagent.cascade.recipe import read_recipe
from stagent.cascade.run import CascadeRun
from stagent.queries.opening import open_gazetteer
from stagent.worlds.opening import add_world_arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("agent_output"), help="the run's folder [agent_output]")
    parser.add_argument("--recipe", type=Path, metavar="YAML", help="numbers other than the defaults'")
    parser.add_argument("--stage", choices=STAGES, help="this stage alone; all")
    parser.add_argument("--draw", type=number(int, 0), default=0, metavar="SEED", help="of tasks, teacher, weights [0]")
    add_world_arguments(parser)


def run(args: argparse.Namespace) -> int:
    recipe = read_recipe(args.recipe)
    with open_gazetteer(args) as gazetteer:
        world = gazetteer.world
        settings = {"world": f"{world.name} {world.version}", "--draw": args.draw, **recipe.as_json()}
        cascade = CascadeRun(CascadeFolder(args.out, settings), gazetteer, recipe, args.draw)
        for stage in [args.stage] if args.stage else STAGES:
            if status := cascade.run(stage):
                return status
    return 0
