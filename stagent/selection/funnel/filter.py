"""Chooses instructions worth training on: no near duplicates, few that say alike, every leaf and difficulty.

A line is an object with text (or turns), primary, secondary and difficulty; all else of it is kept. Names of places
must be known, as texts that differ in them are different ones: they are those of a world, or a file's.
RAY_ADDRESS: the same jobs on a Ray cluster. A run that was killed goes on where it was; its work folder may be removed
in the end.
"""

import argparse
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from stagent.selection.funnel.funnel import run_funnel, write_kept
from stagent.selection.funnel.report import report_of, write_report
from stagent.selection.funnel.runner import open_runner
from stagent.selection.funnel.settings import FunnelSettings
from stagent.worlds.opening import add_world_arguments, open_world
from stagent.worlds.protocol import World
from utils import InputError, say

NGRAMS_NEAR, MODELS_NEAR = 0.85, 0.92


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("pool", type=Path, metavar="IN.jsonl")
    add("out", type=Path, metavar="OUT.jsonl")
    add("--keep", type=int, default=0, help="texts in all; unset: all that the stages leave")
    add("--floor", type=int, default=20, help="of each leaf at least, as far as it has them (default: 20)")
    add("--missing", type=float, default=0.1, help="share of what is kept for difficulty -1 (default: 0.1)")
    add("--chat", type=float, default=0.05, help="share of what is kept for difficulty 0 (default: 0.05)")
    add("--lexical", type=float, default=0.7, help="share of shingles from which texts are the same (default: 0.7)")
    add(
        "--semantic",
        type=float,
        help=f"cosine from which texts mean the same ({NGRAMS_NEAR} of n-grams, {MODELS_NEAR} of models)",
    )
    add("--share", type=float, default=0.5, help="what the geometric stage leaves of a bucket (default: 0.5)")
    add("--names", type=Path, metavar="FILE", help="names of places, a line each; unset: those of the world")
    add("--embedder", default="", metavar="FOLDER", help="a transformer for the semantic stage; unset: n-grams")
    add("--embedder_url", default=os.environ.get("EMBEDDER_URL", ""), help="OpenAI-compatible, https://host/v1")
    add("--embedder_model", default=os.environ.get("EMBEDDER_MODEL", ""), help="the model's name there")
    add("--work", type=Path, metavar="FOLDER", help="where stages leave their results; OUT.jsonl.work")
    add("--report", type=Path, metavar="STEM", help="STEM.json and STEM.html; OUT.report")
    add("--workers", type=int, default=min(2, os.cpu_count() or 1), help="processes (default: 2)")
    add("--draw", type=int, default=0, metavar="SEED", help="of everything that is drawn; 0")
    add_world_arguments(parser)


def run(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    settings.check()
    if args.workers < 1:
        raise InputError(f"--workers {args.workers}: give 1 or more")
    if args.out.resolve() == args.pool.resolve():
        raise InputError(f"{args.out}: is the pool itself; name another file")
    folder = (args.work or args.out.with_name(f"{args.out.name}.work")).absolute()
    names = list(names_of(args))
    runner = open_runner(args.workers)
    try:
        passed = run_funnel(args.pool, folder, names, settings, runner)
    finally:
        runner.close()
    count = write_kept(args.pool, passed, args.out)
    stem = args.report or args.out.with_name(f"{args.out.name.removesuffix('.jsonl')}.report")
    paths = write_report(report_of(args.pool, passed, asdict(settings), settings.seed), stem)
    say(f"kept {count:,} of {len(passed.fates):,}: {args.out}; report: {', '.join(map(str, paths))}")
    return 0


def settings_of(args: argparse.Namespace) -> FunnelSettings:
    """The settings that the flags name."""
    models = bool(args.embedder or args.embedder_url)
    return FunnelSettings(
        lexical=args.lexical,
        semantic=args.semantic if args.semantic is not None else MODELS_NEAR if models else NGRAMS_NEAR,
        share=args.share,
        keep=args.keep,
        floor=args.floor,
        missing=args.missing,
        chat=args.chat,
        seed=args.draw,
        embedder=args.embedder,
        embedder_url=args.embedder_url,
        embedder_model=args.embedder_model,
    )


def names_of(args: argparse.Namespace) -> Iterator[str]:
    """Names of places, of ``--names`` or of the world.

    Raises:
        InputError: a world without a list of them.
    """
    if args.names:
        try:
            yield from args.names.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"--names {args.names}: {error}") from None
        return
    yield from names_of_world(open_world(args))


def names_of_world(world: World) -> Iterator[str]:
    """All that a user can name there: cities, districts, places, each with its other names."""
    if not hasattr(world, "cities"):
        raise InputError(f"--world {world.name}: it has no list of places; give their names with --names FILE")
    for city in world.cities:
        yield from (city.name, *city.aliases)
        for district, others in city.districts.items():
            yield from (district, *others)
        for place in city.places:
            yield from (place.name, *place.other_names)
    for flight in getattr(world, "flights", ()):  # a sandbox has carriers
        yield flight.carrier
