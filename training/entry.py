"""What the entry script of every trainer does before and around its own work."""

from collections.abc import Callable

from transformers import TrainingArguments, set_seed
from transformers.utils import logging

from data_process.schema import DataError
from utils import say


def prepare(args: TrainingArguments, command: str) -> None:
    """Seeds, and quietens transformers.

    Raises:
        DataError: one process sees several GPUs; ``command`` is how to start one a GPU.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()  # of loading and saving; training has its own
    set_seed(args.seed)
    if args.n_gpu > 1:
        raise DataError(f"{args.n_gpu} GPUs in one process would run DataParallel; start with: {command}")


def cli(main: Callable[[], int]) -> int:
    """``main`` as a shell sees it: what can't be used is one line on stderr and exit code 2."""
    try:
        return main()
    except (DataError, FloatingPointError) as error:
        say(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        say("interrupted; RESUME=auto continues from the newest checkpoint, if one was saved")
        return 130
