"""Runs MobilityBench (arXiv 2602.22638) from your own copy of its rows: plays, scores by rule, prints a table.

    AGENT_URL=http://127.0.0.1:8000/v1 AGENT_MODEL=qwen python agent.py benchmark mobilitybench played.jsonl ROWS.csv

The tools are the benchmark's, as the rows' expected calls use them; they answer what a row has stored, and nothing
else. Episodes are written as they end, with a line of scores each in OUT.jsonl.scores.jsonl; the same command goes on
where one was stopped. Exit status: 0, 2 for what can't be used, 3 where episodes are missing.
"""

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from config.command_line import number
from data_process.files import write_jsonl
from gplan.llm.arguments import Llm, add_llm_arguments, llm_of
from gplan.llm.asking import INCOMPLETE
from gplan.llm.budget import Budget
from gplan.llm.journal import digest
from gplan.llm.paced import PacedEndpoint
from stagent.benchmarks.dialogue import HeadedSpeaker, converse
from stagent.benchmarks.figures import table_of
from stagent.benchmarks.mobility_prompts import UnderstandingForm, mobility_head
from stagent.benchmarks.mobility_rows import FIELDS, STORED, MobilityRow, read_mobility
from stagent.benchmarks.mobility_scores import MobilityScore, mobility_figures, mobility_score
from stagent.benchmarks.played import Job, ids_played, play_into
from stagent.benchmarks.stored_calls import StoredCalls, StoredTool, tools_of
from stagent.benchmarks.user_file import names_of
from stagent.queries.continued import GrowingFile, same_settings
from stagent.queries.interview import Interview
from stagent.queries.task import Context, Task, read_lines
from stagent.queries.taxonomy import OTHER
from stagent.queries.trajectory import trajectory_of
from stagent.rollout.live_episode import EpisodeLimits
from utils import say

_LIMITS = EpisodeLimits()
# A task needs a clock; no stored answer depends on it, and the agent is not told.
_CLOCK = "2026-01-05T09:00:00+08:00"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT.jsonl", help="an episode a line; continued where it is there")
    parser.add_argument("rows", type=Path, metavar="ROWS", help="your copy of its rows: .csv, .jsonl or .json")
    renamed = f"what the file calls a field: NAME=FIELD, NAME one of {', '.join(FIELDS)}"
    parser.add_argument("--field", action="append", default=[], metavar="NAME=FIELD", help=renamed)
    stored = f"the column with a tool's stored answer: TOOL=FIELD, TOOL one of {', '.join(STORED)}"
    parser.add_argument("--answer", action="append", default=[], metavar="TOOL=FIELD", help=stored)
    parser.add_argument("--first", type=number(int, 1), metavar="N", help="the first N rows alone")
    calls = f"calls of tools in an episode, at most [{_LIMITS.calls}]"
    parser.add_argument("--calls", type=number(int, 1), default=_LIMITS.calls, help=calls)
    seconds = f"after which an episode ends as it is [{_LIMITS.episode_seconds:g}]"
    parser.add_argument("--episode_seconds", type=number(float, 0.001), default=_LIMITS.episode_seconds, help=seconds)
    without = "ask the agent nothing about the queries: ID and IE stay without a number"
    parser.add_argument("--without_understanding", action="store_true", help=without)
    add_llm_arguments(parser, "agent", longest_answer=2_048)


def run(args: argparse.Namespace) -> int:
    agent = llm_of(args, "agent")
    agent.endpoint()  # what can't be asked is said before a file is read
    columns = {tool: (column,) for tool, column in names_of(args.answer, tuple(STORED), "--answer").items()}
    every = read_mobility(args.rows, names_of(args.field, FIELDS, "--field"), STORED | columns)
    tools, rows = tools_of(every), every[: args.first]
    if without := [call.tool for row in rows for call in row.calls if call.answer is None]:
        say(f"{args.rows}: {len(without)} expected calls have no stored answer ({', '.join(sorted(set(without)))})")
    version = digest([[row.query, row.calls] for row in rows])
    with GrowingFile(args.out) as out:
        settings = {"rows": version, "agent_model": agent.model, "calls": args.calls}
        same_settings(args.out, out.lines, settings)
        asyncio.run(_play(args, rows, tools, version, agent, out))
        scores = _scores(args, rows, tools, agent)
    write_jsonl(args.out.with_name(args.out.name + ".scores.jsonl"), (score.as_json() for score in scores))
    print(table_of(mobility_figures(scores)))
    say(f"{args.out}: {len(scores)} of {len(rows)} episodes")
    return 0 if len(scores) == len(rows) else INCOMPLETE


async def _play(
    args: argparse.Namespace,
    rows: Sequence[MobilityRow],
    tools: dict[str, StoredTool],
    version: str,
    agent: Llm,
    out: GrowingFile,
) -> None:
    played = ids_played(out)
    endpoint = PacedEndpoint(agent.endpoint(), agent.pace, Budget(agent.limits, []))
    limits = EpisodeLimits(args.calls, _LIMITS.call_seconds, args.episode_seconds)

    def job(row: MobilityRow) -> Job:
        async def play():
            task = task_of_row(row, version)
            dialogue = HeadedSpeaker(endpoint, lambda _: mobility_head(row, tools.values())).begin(task, 0)
            rollout = await converse(task, dialogue, agent.model, StoredCalls(tools, row, version), limits)
            tokens = {"tokens_in": dialogue.tokens_in, "tokens_out": dialogue.tokens_out}
            return rollout, {"name": "mobilitybench", "scenario": row.scenario, **tokens}

        return play

    try:
        await play_into(out, [job(row) for row in rows if row.id not in played], agent.concurrency)
    finally:
        await endpoint.close()


def task_of_row(row: MobilityRow, version: str) -> Task:
    """A row as a task, so that its episode is a trajectory like any other."""
    return Task(
        id=row.id,
        pattern="mobilitybench",
        split="held_out_kind",
        world="mobilitybench",
        version=version,
        context=Context(_CLOCK, row.city, ",".join(reversed(row.location.split(",")))),
        turns=(row.query,),
        primary=OTHER,
        difficulty=min(5, len(row.calls)),
        chain=tuple(call.tool for call in row.calls),
    )


def _scores(
    args: argparse.Namespace, rows: Sequence[MobilityRow], tools: dict[str, StoredTool], agent: Llm
) -> list[MobilityScore]:
    """A score for each row that was played, in the order of the rows."""
    lines: dict[str, Any] = {value["task"]["id"]: value for _, value in read_lines(args.out)}
    played = [row for row in rows if row.id in lines]
    understood: list[dict[str, Any] | None] = [None] * len(played)
    if played and not args.without_understanding:
        journal = args.out.with_name(args.out.name + ".journal.jsonl")
        form = UnderstandingForm(row.scenario for row in rows)
        understood = [finding.value for finding in Interview(form, agent, journal).ask(played)]
    return [
        mobility_score(
            row,
            trajectory_of(value := lines[row.id]),
            tools,
            ended=value["rollout"]["ended"],
            tokens=(value["benchmark"]["tokens_in"], value["benchmark"]["tokens_out"]),
            understood=answer,
        )
        for row, answer in zip(played, understood, strict=True)
    ]
