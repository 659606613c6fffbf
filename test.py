"""Scores a checkpoint, or a file of predictions, against a GSISR file.

    python test.py --model ./output --valid_csv valid.csv
    python test.py --predictions predictions.jsonl --valid_csv valid.csv --json
    python test.py --model ./output --valid_csv valid.csv --twins twins.jsonl
    python test.py --model ./output --valid_csv valid.csv --decode planner --judge rules
    torchrun --nproc_per_node 2 test.py --model ./output --valid_csv valid.csv

Writes predictions.jsonl, metrics.json and confusion.png into --output_dir, with --twins twin_predictions.jsonl too,
and prints a table.
"""

import json
import sys
from functools import partial

from config.test_arguments import parse_arguments
from data_process.files import check_writable, write_json
from gplan.evaluation.answers import get_answers
from gplan.evaluation.gold import read_gold
from gplan.evaluation.report import score, write_report
from gplan.evaluation.table import samples_text, table_text
from gplan.judge.arguments import add_judge_arguments, judge_of
from gplan.judge.judged import judge_gold
from gplan.metrics.scores import Costs
from gplan.starter.rows import held_out_rows
from utils import door


def main() -> int:
    args = parse_arguments(more=[partial(add_judge_arguments, default=None)])
    folder = check_writable(args.output_dir, "--output_dir")  # now, and not when all rows have been answered
    judge = judge_of(args, folder) if args.judge else None
    gold = read_gold(held_out_rows(args.valid_csv), args.twins, bad_rows=args.bad_rows, folder=folder)
    answers = get_answers(args, gold)
    if answers is None:  # under torchrun the first process alone gathers and scores
        return 0
    costs = Costs(args.sub_tool_cost, args.sub_param_cost, args.insert_delete_cost)
    report = score(gold, answers, costs=costs, seed=args.seed)
    names = write_report(folder, gold, answers, report)
    if args.judge:  # when what was answered is on the disk
        report.summary.update(judge_gold(judge, gold, report.scores.responses, seed=args.seed))
        write_json(folder / "metrics.json", report.summary)
    if args.json:
        print(json.dumps(report.summary, ensure_ascii=False))
        return 0
    print(f"{table_text(report.summary)}\nceilings: {report.note}")
    print(samples_text(args.samples, args.seed, gold, report.scores), end="")
    print(f"\nwritten to {args.output_dir}: {', '.join(names)}")
    return 0


if __name__ == "__main__":
    sys.exit(door(main))
