"""Lets a model behind an OpenAI-compatible endpoint answer tasks by calling the tools: a trajectory for each.

    AGENT_URL=http://127.0.0.1:8000/v1 AGENT_MODEL=qwen python agent.py rollout play tasks.jsonl played.jsonl

Tools are called in process, or with --mcp at a server of agent.py serve (its key: MCP_API_KEY). Episodes are written as
they end. A run that was stopped plays what is missing: give the same command again. Exit status: 0, 2 for what can't be
used, 3 where a budget left tasks unanswered.
"""

import argparse
import asyncio
import os
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from config.command_line import number
from gplan.llm.arguments import Llm, add_llm_arguments, llm_of
from gplan.llm.asking import INCOMPLETE
from gplan.llm.budget import Budget
from gplan.llm.paced import BudgetReached, PacedEndpoint
from stagent.queries.continued import GrowingFile, same_settings
from stagent.queries.opening import open_gazetteer
from stagent.queries.task import Task, read_lines, read_tasks
from stagent.rollout.endpoint_speaker import EndpointSpeaker
from stagent.rollout.live_episode import EpisodeLimits, ToolCalls
from stagent.rollout.mcp_calls import McpCalls
from stagent.rollout.play import play_all
from stagent.rollout.sequence import seed_of
from stagent.worlds.opening import add_world_arguments
from utils import InputError, say

ROLE = "agent"
_LIMITS = EpisodeLimits()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tasks", type=Path, metavar="TASKS.jsonl", help="tasks, of the verb queries make")
    parser.add_argument("out", type=Path, metavar="OUT.jsonl", help="a trajectory a line; continued where it is there")
    parser.add_argument("--samples", type=number(int, 1), default=1, help="episodes of each task [1]")
    calls = f"calls of tools in an episode, at most [{_LIMITS.calls}]"
    parser.add_argument("--calls", type=number(int, 1), default=_LIMITS.calls, help=calls)
    seconds = f"after which a tool counts as unavailable [{_LIMITS.call_seconds:g}]"
    parser.add_argument("--call_seconds", type=number(float, 0.001), default=_LIMITS.call_seconds, help=seconds)
    seconds = f"after which an episode ends as it is, waiting for --rpm included [{_LIMITS.episode_seconds:g}]"
    parser.add_argument("--episode_seconds", type=number(float, 0.001), default=_LIMITS.episode_seconds, help=seconds)
    parser.add_argument("--mcp", metavar="URL", help="call the tools of this server: http://127.0.0.1:8100/mcp")
    add_world_arguments(parser)
    add_llm_arguments(parser, ROLE, longest_answer=2_048)


def run(args: argparse.Namespace) -> int:
    llm = llm_of(args, ROLE)
    llm.endpoint()  # what can't be asked is said before a world is opened
    limits = EpisodeLimits(args.calls, args.call_seconds, args.episode_seconds)
    with open_gazetteer(args) as gazetteer, GrowingFile(args.out) as out:
        tasks = list(read_tasks(args.tasks, world=gazetteer.world))
        if not tasks:
            raise InputError(f"{args.tasks}: empty; tasks are made by: agent.py queries make")
        settings = {"tasks": [task.id for task in tasks], "samples": args.samples, "agent_model": llm.model}
        same_settings(args.out, out.lines, settings)
        jobs = [(task, seed_of(0, task.id, sample)) for task in tasks for sample in range(args.samples)]
        played = {(value["task"]["id"], value["rollout"]["seed"]) for _, value in read_lines(args.out)}
        left = [(task, seed) for task, seed in jobs if (task.id, seed) not in played]
        calls = McpCalls(args.mcp, gazetteer.world, os.environ.get("MCP_API_KEY")) if args.mcp else gazetteer.calls
        ended = asyncio.run(_play(left, llm, calls, limits, out)) if left else Counter()
    say(f"{args.out}: {out.lines} of {len(jobs)} episodes; now " + ", ".join(f"{n} {how}" for how, n in ended.items()))
    return 0 if out.lines == len(jobs) else INCOMPLETE


async def _play(
    jobs: list[tuple[Task, int]], llm: Llm, calls: ToolCalls, limits: EpisodeLimits, out: GrowingFile
) -> Counter[str]:
    """Plays and writes; how many ended in which way. Raises InputError where the endpoint gave no answer."""
    ended: Counter[str] = Counter()
    if isinstance(calls, McpCalls):
        await calls.check()
    endpoint = PacedEndpoint(llm.endpoint(), llm.pace, Budget(llm.limits, []))
    episodes = play_all(jobs, EndpointSpeaker(endpoint), lambda _: calls, limits, llm.concurrency)
    try:
        with tqdm(total=len(jobs), desc="episodes", unit="episode") as bar:
            async for rollout in episodes:
                if rollout.ended == "no reply":
                    why = f"task {rollout.trajectory.task.id}: {rollout.problem}"
                    raise InputError(f"{why}; {out.lines} episodes are kept: the same command plays the others")
                out.append(rollout.as_json())
                out.flush()
                ended[rollout.ended] += 1
                bar.update()
    except BudgetReached:
        say("the budget is spent: the same command with a higher one plays the others")
    finally:
        await episodes.aclose()
        await endpoint.close()
    return ended
