"""Scores how hard instructions are: -1 missing information or tool, 0 no tool, 1 to 5 by the calls that are needed.

    python agent.py queries score queries.jsonl scored.jsonl
    TEACHER_URL=http://127.0.0.1:8000/v1 TEACHER_MODEL=qwen python agent.py queries score q.jsonl s.jsonl --by llm

A line is an object with text, or with turns, and perhaps a context; it gets the fields difficulty, chain (the tools),
simulation (each call with where its parameters come from), feasibility, scorer, and keeps all others. A run that was
stopped goes on: give the same command again. Exit status: 0, 2 for what can't be used, 3 where a model left lines
without a score.
"""

import argparse

from stagent.selection.annotate.difficulty_form import DifficultyForm
from stagent.selection.annotate.difficulty_rules import SCORER, assess
from stagent.selection.annotate.labelling import Labels, add_labelling_arguments, run_labelling
from stagent.selection.annotate.labels import DIFFICULTY


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_labelling_arguments(parser, longest_answer=2000)


def run(args: argparse.Namespace) -> int:
    labels = Labels("scorer", DIFFICULTY, DifficultyForm(), assess, SCORER)
    return run_labelling(args, labels)
