"""What the entry script of every trainer does before, around and after its own work."""

from collections.abc import Callable
from pathlib import Path

from transformers import TrainingArguments, set_seed
from transformers.utils import logging

from training.checkpoint import refuse_changes
from training.trainer import ResumableTrainer
from utils import InputError

# What Ctrl-C says where the trainer has not caught it itself; for ``utils.door``.
INTERRUPTED = "interrupted; RESUME=auto continues from the newest checkpoint, if one was saved"


def prepare(args: TrainingArguments, command: str) -> None:
    """Seeds, and quietens transformers.

    Raises:
        InputError: one process sees several GPUs; ``command`` is how to start one a GPU.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()  # of loading and saving; training has its own
    set_seed(args.seed)
    if args.n_gpu > 1:
        raise InputError(f"{args.n_gpu} GPUs in one process would run DataParallel; start with: {command}")


def train_and_save(trainer: ResumableTrainer, checkpoint: str | None, leave: Callable[[Path, dict], None]) -> int:
    """Trains, from a checkpoint if there is one, and saves; returns the exit status.

    Args:
        leave: writes what else a finished run leaves in its folder, given that and the metrics of ``train``; called by
            the first process.

    Raises:
        InputError: the checkpoint is not of such a run.
    """
    if checkpoint:
        refuse_changes(checkpoint, trainer.settings)
    result = trainer.train(resume_from_checkpoint=checkpoint)
    if not trainer.stopped_by:
        trainer.save_model()
        trainer.save_state()
        if trainer.is_world_process_zero():
            leave(Path(trainer.args.output_dir), result.metrics)
    # Ranks leave together: one that finds its peer gone can abort in gloo's threads.
    trainer.accelerator.wait_for_everyone()
    trainer.accelerator.end_training()
    return trainer.exit_status()
