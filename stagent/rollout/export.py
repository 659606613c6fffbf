"""Trajectories as plain chat with tools, an object a line, for any trainer that reads OpenAI's messages.

{"messages": [{"role": "system", "content": "你是地图助手。…"}, {"role": "user", "content": "附近的药店"},
              {"role": "assistant", "content": "", "reasoning_content": "…", "tool_calls": [{"type": "function",
               "function": {"name": "map_search_places", "arguments": "{\"query\": \"药店\"}"}}]},
              {"role": "tool", "content": "1. 名称：济安药房；…"}, {"role": "assistant", "content": "最近的是…"}],
 "tools": [{"type": "function", "function": {"name": "map_search_places", "parameters": {…}}}, …]}

Loss on the assistant's messages alone is the trainer's to take: what a tool said is no example of anything.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.command_line import number
from data_process.files import write_jsonl
from stagent.queries.task import read_lines
from stagent.queries.trajectory import CallStep, Trajectory, UserStep, read_trajectories
from stagent.rollout.briefing import briefing_of
from stagent.tools.json_schema import LANGUAGES, Language, openai_tools
from utils import InputError, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("trajectories", type=Path, metavar="TRAJECTORIES.jsonl", help="episodes, a JSON object a line")
    parser.add_argument("out", type=Path, metavar="OUT.jsonl", help="chat with tools, a JSON object a line")
    least = "only those with at least this reward, of scored ones"
    parser.add_argument("--least", type=number(float, 0), metavar="REWARD", help=least)
    parser.add_argument("--language", choices=LANGUAGES, default="zh", help="of the tools' descriptions")


def run(args: argparse.Namespace) -> int:
    if args.out.resolve() == args.trajectories.resolve():
        raise InputError(f"{args.out}: that is the input; name another output")
    if next(read_lines(args.trajectories), None) is None:
        raise InputError(f"{args.trajectories}: empty; trajectories are made by: agent.py queries solve")
    left: Counter[str] = Counter()
    count = write_jsonl(args.out, _chosen(args.trajectories, args.least, args.language, left))
    why = "".join(f", {number} left out: {reason}" for reason, number in left.items())
    say(f"{args.out}: {count} conversations{why}")
    return 0


def _chosen(path: Path, least: float | None, language: Language, left: Counter[str]) -> Iterator[dict[str, Any]]:
    tools = openai_tools(language)
    for place, trajectory in enumerate(read_trajectories(path), 1):
        if least is not None:
            if trajectory.score is None:
                raise InputError(f"{path}, trajectory {place}: has no score; first: agent.py reward score")
            if (trajectory.score.get("reward") or 0.0) < least:
                left[f"reward below {least:g}"] += 1
                continue
        if not trajectory.answers():
            left["no answer"] += 1
        elif any(not step.tool for step in trajectory.calls()):
            left["a call that can't be read"] += 1
        else:
            yield {"messages": messages_of(trajectory), "tools": tools}


def messages_of(trajectory: Trajectory) -> list[dict[str, Any]]:
    """A trajectory's messages. Arguments are JSON in a text, so that a column of them has one type."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": briefing_of(trajectory.task.context)}]
    for step in trajectory.steps:
        if isinstance(step, UserStep):
            messages.append({"role": "user", "content": step.text})
            continue
        thought = {"reasoning_content": step.thought} if step.thought else {}
        if isinstance(step, CallStep):
            function = {"name": step.tool, "arguments": json.dumps(step.arguments, ensure_ascii=False)}
            calls = [{"type": "function", "function": function}]
            messages.append({"role": "assistant", "content": "", **thought, "tool_calls": calls})
            messages.append({"role": "tool", "content": step.text})
        else:
            messages.append({"role": "assistant", "content": step.text, **thought})
    return messages
