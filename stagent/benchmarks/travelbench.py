"""Runs TravelBench (arXiv 2512.22673) from your own copy of its files: plays, judges, prints a table.

    AGENT_URL=… AGENT_MODEL=… SIMULATOR_URL=… SIMULATOR_MODEL=… JUDGE_URL=… JUDGE_MODEL=… \\
        python agent.py benchmark travelbench played.jsonl --multi M.jsonl --single S.jsonl --unsolvable U.jsonl

The ten tools answer from a world (``--world live`` or a record, ``--replay``). Episodes are written as they end, marks
stand in OUT.jsonl.journal.jsonl before they are used, and OUT.jsonl.scores.jsonl has a line an episode; the same
command goes on where one was stopped. Without a judge only unsolvable queries are scored. Exit status: 0, 2 for what
can't be used, 3 where episodes or marks are missing.
"""

import argparse
import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from config.command_line import number
from data_process.files import write_jsonl
from gplan.llm.arguments import Llm, add_llm_arguments, llm_of
from gplan.llm.asking import INCOMPLETE
from gplan.llm.budget import Budget
from gplan.llm.journal import digest
from gplan.llm.paced import PacedEndpoint
from stagent.benchmarks.dialogue import HeadedSpeaker, converse, one_turn
from stagent.benchmarks.figures import table_of
from stagent.benchmarks.played import Job, ids_played, play_into
from stagent.benchmarks.travel_judge import JudgedEpisode, TravelMarksForm, TravelMetaForm
from stagent.benchmarks.travel_prompts import agent_head
from stagent.benchmarks.travel_queries import FIELDS, SUBSETS, TravelQuery, read_queries
from stagent.benchmarks.travel_scores import (
    TravelScore,
    mean_mark,
    travel_figures,
    unsolved_any,
    unsolved_first,
)
from stagent.benchmarks.travel_user import TravelUser
from stagent.benchmarks.user_file import names_of
from stagent.queries.continued import GrowingFile, same_settings
from stagent.queries.interview import Interview
from stagent.queries.task import read_lines
from stagent.queries.trajectory import trajectory_of
from stagent.rollout.live_episode import EpisodeLimits
from stagent.tools.calls import Calls
from stagent.worlds.opening import add_world_arguments, clock_of, open_world
from utils import InputError, say

_LIMITS = EpisodeLimits(calls=20)
_TURNS = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT.jsonl", help="an episode a line; continued where it is there")
    for subset in SUBSETS:
        parser.add_argument(f"--{subset}", type=Path, metavar="FILE", help=f"its {subset} queries: .jsonl, .json, .csv")
    renamed = f"what the files call a field: NAME=FIELD, NAME one of {', '.join(FIELDS)}"
    parser.add_argument("--field", action="append", default=[], metavar="NAME=FIELD", help=renamed)
    calls = f"calls of tools in an episode, at most [{_LIMITS.calls}]"
    parser.add_argument("--calls", type=number(int, 1), default=_LIMITS.calls, help=calls)
    parser.add_argument("--turns", type=number(int, 1), default=_TURNS, help=f"of a user, at most [{_TURNS}]")
    seconds = f"after which an episode ends as it is [{_LIMITS.episode_seconds:g}]"
    parser.add_argument("--episode_seconds", type=number(float, 0.001), default=_LIMITS.episode_seconds, help=seconds)
    add_world_arguments(parser)
    add_llm_arguments(parser, "agent", longest_answer=4_096)
    for role, what in (
        ("simulator", "plays the user"),
        ("judge", "marks episodes"),
        ("meta", "marks the judge's marks; the judge where it is not given"),
    ):
        for name in ("url", "model"):
            variable = f"{role}_{name}".upper()
            default = os.environ.get(variable, "")
            parser.add_argument(f"--{role}_{name}", default=default, help=f"the model that {what} ({variable})")


def run(args: argparse.Namespace) -> int:
    files = {subset: path for subset in SUBSETS if (path := getattr(args, subset))}
    if not files:
        raise InputError("no queries: name your copy's files with --multi, --single or --unsolvable")
    agent = llm_of(args, "agent")
    simulator, judge, meta = (_other(agent, args, role) for role in ("simulator", "judge", "meta"))
    if "multi" in files and not simulator.model:
        raise InputError("--multi needs a model that plays the user: set SIMULATOR_URL and SIMULATOR_MODEL")
    for llm in (agent, *(each for each in (simulator, judge, meta) if each.model)):
        llm.endpoint()  # what can't be asked is said before a world is opened
    world = open_world(args)
    if world.name == "sandbox":
        say("the sandbox is an invented country that no query of theirs knows: --world live, or a record with --replay")
    queries = read_queries(files, names_of(args.field, FIELDS, "--field"), world, clock_of(args, world))
    with GrowingFile(args.out) as out:
        same_settings(args.out, out.lines, _settings(args, queries, agent, simulator))
        asyncio.run(_play(args, queries, agent, simulator, Calls(world), out))
        scores = _scores(args, queries, judge, meta if meta.model else judge)
    write_jsonl(args.out.with_name(args.out.name + ".scores.jsonl"), (score.as_json() for score in scores))
    print(table_of(travel_figures(scores)))
    left = len(queries) - len(scores)
    unscored = sum(score.score is None for score in scores if score.subset != "unsolvable")
    say(f"{args.out}: {len(scores)} of {len(queries)} episodes, {unscored} unscored by {judge.model or 'no judge'}")
    return INCOMPLETE if left or unscored else 0


def _other(agent: Llm, args: argparse.Namespace, role: str) -> Llm:
    """Another role's model, asked at the agent's pace; judges at temperature 0."""
    options = dict(agent.options) if role == "simulator" else agent.options | {"temperature": 0}
    url, model = getattr(args, f"{role}_url"), getattr(args, f"{role}_model")
    return agent._replace(role=role, url=url, model=model, options=options)


def _settings(args: argparse.Namespace, queries: Sequence[TravelQuery], agent: Llm, simulator: Llm) -> dict[str, Any]:
    """What a run that is continued must have in common; not the time of a live world, which is never the same."""
    asked = [[each.task.id, *each.task.turns, each.context, each.profile] for each in queries]
    return {
        "queries": digest(asked),
        "world": [queries[0].task.world, queries[0].task.version],
        "clock": args.clock,
        "agent_model": agent.model,
        "simulator_model": simulator.model,
        "calls": args.calls,
        "turns": args.turns,
    }


async def _play(
    args: argparse.Namespace, queries: Sequence[TravelQuery], agent: Llm, simulator: Llm, calls: Calls, out: GrowingFile
) -> None:
    played = ids_played(out)
    budget = Budget(agent.limits, [])  # one for both
    asked = {llm.role: PacedEndpoint(llm.endpoint(), llm.pace, budget) for llm in (agent, simulator) if llm.model}
    limits = EpisodeLimits(args.calls, _LIMITS.call_seconds, args.episode_seconds)

    def job(query: TravelQuery) -> Job:
        async def play():
            multi = query.subset == "multi"
            speaker = HeadedSpeaker(asked["agent"], lambda task: agent_head(task, asking=multi))
            user = TravelUser(asked["simulator"], query, args.turns).next_words if multi else one_turn
            dialogue = speaker.begin(query.task, 0)
            rollout = await converse(query.task, dialogue, speaker.name, calls, limits, user)
            return rollout, {"name": "travelbench", "subset": query.subset}

        return play

    try:
        await play_into(out, [job(each) for each in queries if each.task.id not in played], agent.concurrency)
    finally:
        for endpoint in asked.values():
            await endpoint.close()


def _scores(args: argparse.Namespace, queries: Sequence[TravelQuery], judge: Llm, meta: Llm) -> list[TravelScore]:
    """A score for each episode that was played, in the order of the queries."""
    profiles = {query.task.id: query.profile if query.subset == "multi" else "" for query in queries}
    place = {query.task.id: number for number, query in enumerate(queries)}
    lines = sorted((value for _, value in read_lines(args.out)), key=lambda value: place[value["task"]["id"]])
    episodes = [JudgedEpisode(trajectory_of(value), profiles[value["task"]["id"]]) for value in lines]
    plain = [_unjudged(value, episode) for value, episode in zip(lines, episodes, strict=True)]
    wanted = [
        number
        for number, (score, episode) in enumerate(zip(plain, episodes, strict=True))
        if score.subset != "unsolvable" and episode.trajectory.answers()
    ]
    if not judge.model or not wanted:
        return plain
    journal = args.out.with_name(args.out.name + ".journal.jsonl")
    marked = Interview(TravelMarksForm(), judge, journal, unit="episode").ask([episodes[each] for each in wanted])
    usable = [(each, finding.value) for each, finding in zip(wanted, marked, strict=True) if finding.accepted]
    trusted = Interview(TravelMetaForm(), meta, journal, unit="judgement").ask(
        [episodes[each]._replace(marks=marks) for each, marks in usable]
    )
    for each, finding in zip(wanted, marked, strict=True):
        plain[each] = replace(plain[each], reason="" if finding.accepted else f"judge: {finding.reason}")
    for (each, marks), finding in zip(usable, trusted, strict=True):
        reason = "" if finding.accepted else f"meta: {finding.reason}"
        plain[each] = replace(plain[each], mean=mean_mark(marks), marks=marks, meta=finding.value, reason=reason)
    return plain


def _unjudged(value: dict[str, Any], episode: JudgedEpisode) -> TravelScore:
    """What is known without a judge: an episode without an answer has earned nothing."""
    trajectory = episode.trajectory
    silent = not trajectory.answers() and value["benchmark"]["subset"] != "unsolvable"
    return TravelScore(
        id=trajectory.task.id,
        subset=value["benchmark"]["subset"],
        ended=value["rollout"]["ended"],
        calls=len(trajectory.calls()),
        errors=sum(call.outcome == "error" for call in trajectory.calls()),
        unsolved_first=unsolved_first(trajectory),
        unsolved_any=unsolved_any(trajectory),
        mean=1.0 if silent else None,
        meta=5 if silent else None,
        reason="no answer" if silent else "no judge",
    )
