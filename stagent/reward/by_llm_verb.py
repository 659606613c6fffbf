"""Scores trajectories by a language model: three dimensions with quotes, and a veto for what is invented.

    JUDGE_URL=http://127.0.0.1:8000/v1 JUDGE_MODEL=qwen python agent.py reward judge solved.jsonl judged.jsonl

Every answer of the model is in the journal (OUT.jsonl.journal.jsonl) before it is used; a run that was stopped goes on:
give the same command again. Exit status: 0, 2 for what can't be used, 3 where some have no score yet.
"""

import argparse
from pathlib import Path
from statistics import fmean

from config.command_line import number
from data_process.files import write_jsonl
from gplan.llm.arguments import add_llm_arguments, llm_of
from gplan.llm.asking import INCOMPLETE
from stagent.queries.trajectory import read_trajectories
from stagent.reward.by_llm import LlmTrajectoryJudge
from utils import InputError, say

ROLE = "judge"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", type=Path, metavar="TRAJECTORIES.jsonl", help="episodes, a JSON object a line")
    parser.add_argument("output", type=Path, metavar="OUT.jsonl", help="the same lines with their scores")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="the model's answers [OUT.jsonl.journal.jsonl]")
    parser.add_argument(
        "--stop_after",
        type=number(int, 0),
        default=20,
        help="stop when so many answers in a row are refused for one reason; 0: never (default: 20)",
    )
    add_llm_arguments(parser, ROLE, longest_answer=800)


def run(args: argparse.Namespace) -> int:
    if args.input.resolve() == args.output.resolve():
        raise InputError(f"{args.output}: that is the input; name another output")
    llm = llm_of(args, ROLE, temperature=0)
    llm.endpoint()  # what can't be asked is said before anything is read
    journal = args.journal or args.output.with_name(args.output.name + ".journal.jsonl")
    trajectories = list(read_trajectories(args.input))
    scores = LlmTrajectoryJudge(llm, journal, stop_after=args.stop_after).score_all(trajectories)
    for trajectory, score in zip(trajectories, scores, strict=True):
        trajectory.score = score.as_json()
    write_jsonl(args.output, (trajectory.as_json() for trajectory in trajectories))
    rewards = [score.reward for score in scores if score.reward is not None]
    mean = f"mean reward {fmean(rewards):.3f}, " if rewards else ""
    vetoed, unscored = sum(bool(score.vetoed) for score in scores), len(scores) - len(rewards)
    say(f"{len(scores):,} trajectories by {llm.model}: {mean}{vetoed} vetoed, {unscored} unscored")
    return INCOMPLETE if unscored else 0
