"""What the entry script of every trainer does before, around and after its own work."""

from collections.abc import Callable, Iterable

from torch.utils.data import Dataset
from transformers import PretrainedConfig, set_seed
from transformers.integrations import get_reporting_integration_callbacks
from transformers.trainer_utils import IntervalStrategy
from transformers.utils import logging

from add_tokens.load import longest_sequence
from config.training_arguments import RunArguments
from data_process.bad_rows import left_out
from gplan.training.checkpoint import is_finished, refuse_changes
from gplan.training.records import Records
from gplan.training.resumable import ResumableTrainer
from utils import InputError, say

# What Ctrl-C says where the trainer has not caught it itself; for ``utils.door``.
INTERRUPTED = "interrupted; RESUME=auto continues from the newest checkpoint, if one was saved"


def prepare(args: RunArguments, command: str) -> None:
    """Seeds, and quietens transformers.

    Raises:
        InputError: a report target that isn't installed, or one process sees several GPUs; ``command`` is how to start
            one a GPU.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()  # of loading and saving; training has its own
    set_seed(args.seed)
    try:
        for callback in get_reporting_integration_callbacks(args.report_to):
            callback()
    except (ImportError, RuntimeError, ValueError) as error:
        raise InputError(
            f"--report_to {','.join(args.report_to)}: {error}; install it, or give --report_to none"
        ) from error
    if args.n_gpu > 1:
        raise InputError(f"{args.n_gpu} GPUs in one process would run DataParallel; start with: {command}")


def fit_length(args: RunArguments, config: PretrainedConfig) -> None:
    """Lowers ``--max_length`` to what the model attends to: beyond, positions have no meaning for it."""
    if (longest := longest_sequence(config)) < args.max_length:
        say(f"the model attends to {longest} tokens: --max_length {args.max_length} becomes {longest}")
        args.max_length = longest


def load_sets(
    args: RunArguments, paths: Iterable[str | None], load: Callable[..., Dataset], unit: str
) -> tuple[Dataset, Dataset | None]:
    """The data to train on, and held-out data where there is a path; says what each holds.

    Args:
        paths: of both files.
        load: from a path to its dataset, with keywords ``max_length``, ``overlong`` and ``bad_rows``.
        unit: what a line of the files is: rows, pairs.

    Raises:
        InputError: fewer samples than processes, or validation asked for without held-out data.
    """
    limits = {"max_length": args.max_length, "overlong": args.overlong, "bad_rows": args.bad_rows}
    train_set, valid_set = (load(path, **limits) if path else None for path in paths)
    for dataset in filter(None, (train_set, valid_set)):
        if dataset.rewritten:
            say(dataset.rewritten)
        say(f"{dataset.path}: {len(dataset.indices)} {unit}{left_out(dataset, args.max_length)}")
    if len(train_set) < args.world_size:
        raise InputError(
            f"{train_set.path}: {len(train_set)} samples for {args.world_size} processes; start fewer (NPROC) or give "
            f"more {unit}"
        )
    if valid_set is None and args.validates_if_it_can:
        args.eval_strategy = IntervalStrategy.NO
    if valid_set is None and args.eval_strategy != IntervalStrategy.NO:
        raise InputError(
            f"--eval_strategy {args.eval_strategy.value}: nothing to validate on; name held-out {unit} or leave it out"
        )
    return train_set, valid_set


def train_and_save(trainer: ResumableTrainer, checkpoint: str | None, records: Records) -> int:
    """Trains, from a checkpoint if there is one, saves, and leaves the records; returns the exit status.

    Raises:
        InputError: the checkpoint is not of such a run.
    """
    if checkpoint:
        refuse_changes(checkpoint, trainer.settings)
        if is_finished(checkpoint, trainer.total_steps):
            say(f"{checkpoint}: the run is finished, with {trainer.total_steps} steps; nothing is left to do")
            return 0
    result = trainer.train(resume_from_checkpoint=checkpoint)
    if not trainer.stopped_by:
        trainer.save_model()
        trainer.save_state()
        if trainer.is_world_process_zero():
            records.write(trainer, result.metrics, checkpoint)
    # Ranks leave together: one that finds its peer gone can abort in gloo's threads.
    trainer.accelerator.wait_for_everyone()
    trainer.accelerator.end_training()
    return trainer.exit_status()
