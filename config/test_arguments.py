"""The arguments of ``test.py``. Shell variable X of ``test.sh`` is the flag ``--x``."""

import argparse
from collections.abc import Callable, Sequence

from config.command_line import number
from data_process.usable import add_bad_rows
from utils import Parser


def parse_arguments(
    argv: list[str] | None = None, more: Sequence[Callable[[argparse.ArgumentParser], None]] = ()
) -> argparse.Namespace:
    """The arguments from the command line; each of ``more`` adds flags of a stage that config can't know."""
    parser = Parser(description="Score a checkpoint or a predictions file.")
    parser.add_argument("--model", default="./output", help="checkpoint folder (not looked at with --predictions)")
    parser.add_argument("--predictions", help="JSONL with row and text a line: scored without a model")
    parser.add_argument(
        "--valid_csv",
        help="GSISR CSV with the gold labels; unset: data_process/dataset/test.csv if it is there, else the "
        "generated held-out rows",
    )
    parser.add_argument("--twins", help="JSONL of counterfactual twins: adds context responsiveness")
    parser.add_argument("--twin_predictions", help="with --predictions: JSONL with pair, side and text for --twins")
    parser.add_argument(
        "--decode",
        choices=("free", "planner", "mbr", "best_of"),
        help="how the checkpoint answers; free (the default): token by token, whatever it writes; planner: valid plans "
        "alone, and forward passes are counted; mbr: of the k best valid plans the one of highest expected NES; "
        "best_of: of k valid plans that are drawn the likeliest",
    )
    parser.add_argument("--k", type=number(int, 2), default=8, help="mbr, best_of: plans among which one is chosen")
    add_bad_rows(parser)
    parser.add_argument("--output_dir", default="./test_results", help="where the files are written")
    parser.add_argument("--batch_size", type=number(int, 1), default=64, help="requests a batch when generating")
    parser.add_argument(
        "--max_new_tokens",
        type=number(int, 1),
        help="free decoding: tokens of the longest response [what the checkpoint stores: the longest of its training]",
    )
    parser.add_argument("--dtype", choices=("auto", "fp32", "bf16"), default="auto", help="auto: bf16 on CUDA only")
    parser.add_argument(
        "--latent",
        choices=("auto", "yes", "no"),
        default="auto",
        help="whether a predictions file is from a latent model; auto: if any text holds a latent token",
    )
    parser.add_argument("--samples", type=number(int, 0), default=3, help="readable samples to print")
    parser.add_argument("--sub_tool_cost", type=number(float, 0), default=1.0, help="NES: another tool")
    parser.add_argument("--sub_param_cost", type=number(float, 0), default=0.3, help="NES: another parameter")
    parser.add_argument("--insert_delete_cost", type=number(float, 0), default=1.0, help="NES: insertion or deletion")
    parser.add_argument("--seed", type=number(int, 0), default=0, help="of the bootstrap and the samples")
    parser.add_argument("--json", action="store_true", help="print the metrics as JSON and nothing else")
    for add in more:
        add(parser)
    args = parser.parse_args(argv)
    if bool(args.twin_predictions) != bool(args.predictions and args.twins):
        parser.error("--predictions and --twins need --twin_predictions beside them, and it needs both")
    if args.predictions and args.decode:
        parser.error(f"--decode {args.decode}: --predictions are answers already; give one of the two")
    return args
