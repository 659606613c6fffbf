"""Serves a checkpoint over HTTP: plans that are valid by construction, requests batched, and a page to try it.

    python serve.py --model ./output                        # http://127.0.0.1:8000
    curl -d '{"currenttime": "2026-02-10 09:30:00", "current_city": "临沧市"}' http://127.0.0.1:8000/v1/plan

/docs describes the interface. With API_KEY set, requests must show it: Authorization: Bearer KEY.
"""

import contextlib
import logging
import os
import sys
from pathlib import Path

from config.serve_arguments import parse_arguments
from data_process.schema import LABEL, Row, read_rows
from utils import ROOT, InputError, door, say

EXAMPLES = 20
EXAMPLE_SEED = 5  # of generated rows: none that training or scoring uses


def main() -> int:
    args = parse_arguments()
    logging.basicConfig(format="%(levelname)s: %(message)s")
    check_checkpoint(args.model)
    # torch and FastAPI only now: what can be wrong above should be said at once
    from planner.process import listen, run

    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(listen(args.host, args.port))
        service = make_service(args, opened)
        greet(args, listener.getsockname()[1])
        cut_off = run(service, listener)
    say(f"stopped; {cut_off} requests were cut off" if cut_off else "stopped")
    return 1 if cut_off else 0


def check_checkpoint(folder: str) -> None:
    """What can be said of ``--model`` before anything is loaded: that it is not there."""
    if not (Path(folder) / "config.json").is_file():
        raise InputError(f"--model {folder}: no checkpoint there; make one first with: bash finetune.sh")


def make_service(args, opened: contextlib.ExitStack):
    """The service of the arguments; what has to be closed in the end goes into ``opened``."""
    from planner.api import MAX_ROWS
    from planner.batcher import Batcher
    from planner.metrics import Metrics
    from planner.plan_log import PlanLog
    from planner.process import load_planner
    from planner.server import Service

    source, rows = example_rows()
    metrics = Metrics()
    return Service(
        Batcher(lambda: load_planner(args), rows, args.queue, metrics),
        metrics,
        name=Path(args.model).resolve().name,
        arm=args.arm,
        timeout=args.timeout,
        max_length=args.max_length,
        max_rows=min(MAX_ROWS, args.queue),
        key=os.environ.get("API_KEY") or None,
        examples={"source": source, "rows": [without_label(row) for row in rows]},
        plan_log=opened.enter_context(PlanLog(args.plan_log)) if args.plan_log else None,
    )


def example_rows() -> tuple[str, list[Row]]:
    """Rows to try the server with, and where they are from: ``("generated rows", […])``."""
    shared = Path(os.environ.get("GSISR_SHARED", ROOT.parent / "shared"))
    for path in (shared / "gsisr" / "sample.csv", ROOT / "data_process" / "dataset" / "test.csv"):
        if path.is_file():
            rows = read_rows(path)
            return "real sample", rows[:: max(1, len(rows) // EXAMPLES)][:EXAMPLES]
    from synthesis.world import generate

    return "generated rows", generate(EXAMPLES, EXAMPLE_SEED)


def without_label(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != LABEL}


def greet(args, port: int) -> None:
    """Says where the server is, and what to know about that."""
    host = f"[{args.host}]" if ":" in args.host else args.host
    say(f"serving {args.model} at http://{host}:{port}")
    if args.host not in ("127.0.0.1", "::1", "localhost") and not os.environ.get("API_KEY"):
        say("warning: whoever reaches this address can ask; set API_KEY, or leave --host out")


if __name__ == "__main__":
    sys.exit(door(main))
