"""Annotates instructions: a primary leaf of the taxonomy, up to three more, constraints, times of leaving and arriving.

    python agent.py queries annotate queries.jsonl annotated.jsonl
    TEACHER_URL=http://127.0.0.1:8000/v1 TEACHER_MODEL=qwen python agent.py queries annotate q.jsonl a.jsonl --by llm

A line is an object with text, or with turns; it gets the fields primary, secondary, auxiliary, temporal, annotator, and
keeps all others. A run that was stopped goes on: give the same command again. Exit status: 0, 2 for what can't be used,
3 where a model left lines without an annotation.
"""

import argparse

from stagent.selection.annotate.annotation_form import AnnotationForm
from stagent.selection.annotate.labelling import Labels, add_labelling_arguments, run_labelling
from stagent.selection.annotate.labels import ANNOTATION
from stagent.selection.annotate.rules import ANNOTATOR, annotate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_labelling_arguments(parser, longest_answer=400)


def run(args: argparse.Namespace) -> int:
    labels = Labels("annotator", ANNOTATION, AnnotationForm(), lambda record: annotate(record.text), ANNOTATOR)
    return run_labelling(args, labels)
