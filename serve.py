"""Serves a checkpoint over HTTP: plans that are valid by construction, requests batched, and a page to try it.

    python serve.py --model ./output                        # http://127.0.0.1:8000
    curl -d '{"currenttime": "2026-02-10 09:30:00", "current_city": "临沧市"}' http://127.0.0.1:8000/v1/plan

/docs describes the interface. With API_KEY set, requests must show it: Authorization: Bearer KEY.
"""

import contextlib
import logging
import sys

from config.serve_arguments import parse_arguments
from gplan.serving.examples import example_rows
from gplan.serving.listener import listen, url
from utils import door, say


def main() -> int:
    args = parse_arguments()
    logging.basicConfig(format="%(levelname)s: %(message)s")
    source, rows = example_rows(args.examples, args.bad_rows)
    # torch and FastAPI only now: what can be wrong above should be said at once
    from gplan.serving.process import greet, make_service, run

    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(listen(args.host, args.port))
        service = make_service(args, source, rows, opened)
        greet(args, url(args.host, listener))
        cut_off = run(service, listener)
    say(f"stopped; {cut_off} requests were cut off" if cut_off else "stopped")
    return 1 if cut_off else 0


if __name__ == "__main__":
    sys.exit(door(main))
