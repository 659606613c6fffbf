"""torchrun, as a shell wants it: a signal ends it with 128 + its number, a failed process with that process's status.

torchrun itself answers both with a page of traceback and status 1, below the one line that says what happened.
"""

import logging
import os
import sys

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import parse_args, run


def main() -> int:
    # of processes that it stops and of those that failed: the lines below say it
    logging.getLogger("torch.distributed.elastic.multiprocessing.api").setLevel(logging.CRITICAL)
    try:
        run(parse_args(sys.argv[1:]))
    except SignalException as stop:
        return 128 + stop.sigval
    except ChildFailedError as failed:
        rank, failure = failed.get_first_failure()
        status = failure.exitcode if failure.exitcode >= 0 else 128 - failure.exitcode
        # What could not be used (2) has been said by the first process, and what was stopped by a signal has said so.
        if status != 2 and (status < 128 or failure.exitcode < 0):
            print(f"process {rank} ended with status {status}; see what it said above", file=sys.stderr)
        return status
    return 0


if __name__ == "__main__":
    # the scripts' own folder is no place to import from: a module of a name like theirs would be found first
    sys.path = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]
    sys.exit(main())
