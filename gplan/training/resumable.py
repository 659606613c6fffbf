"""``ResumableTrainer``: transformers' Trainer whose runs can be cut off anywhere and continued to the same end."""

import math
import os
import shutil
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from accelerate.utils import gather_object
from transformers import Trainer, TrainerCallback
from transformers.trainer import TRAINING_ARGS_NAME

from data_process.compression import FULLY_LATENT_EPOCH
from gplan.training.checkpoint import PARTIAL, STATE, finish, read_record, saving
from gplan.training.sampler import EpochSampler
from utils import say

ROWS_NAMED = 20


class ResumableTrainer(Trainer, ABC):
    """Saves whole checkpoints, stops on SIGTERM or Ctrl-C after a save, stops on a loss that is not a number.

    It logs and validates by sums, which make the same figures however a global batch is cut. A subclass gives
    ``compute_loss``, in which it adds to ``window`` and to ``step_losses``, and the methods under "For a subclass to
    give".

    Args:
        settings: what a continued run must have in common with the run it continues.
        sums: how many sums make a log entry's figures.

    Attributes:
        stopped_by: name of the signal that ended ``train`` early, else None.
        sample_name: what a sample's number counts in its file, for messages.
        window: (sums,), float64: this rank's share of the sums since the last log entry; it outlives a resume.
        step_losses: of the current step, each micro-batch's samples by number and its losses, one number or more.
    """

    sample_name = "row"
    # A loss here is divided by the global batch's counts already: Trainer must not divide by accumulation steps again.
    loss_is_scaled_for_ga = True

    def __init__(self, *args, settings: dict, sums: int, **kwargs):
        super().__init__(*args, **kwargs)
        # Older 5.x decide by this flag instead of loss_is_scaled_for_ga.
        self.model_accepts_loss_kwargs = True
        self.settings = settings
        self.stopped_by: str | None = None
        self.window = torch.zeros(sums, dtype=torch.float64, device=self.args.device)
        self.step_losses: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.grad_norm: float | torch.Tensor = 0.0
        self.signals: list[str] = []
        self._saving_into: Path | None = None
        self._best_step: int | None = None
        self._resumed_from: str | None = None
        self.train_sampler: EpochSampler | None = None
        self.add_callback(_StepGuard(self))

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the whole run."""
        return (
            self.args.max_steps if self.args.max_steps > 0 else self.steps_per_epoch * int(self.args.num_train_epochs)
        )

    @property
    def samples_per_epoch(self) -> int:
        """Samples of one epoch."""
        return min(self.args.rows_per_epoch or len(self.train_dataset), len(self.train_dataset))

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps of one epoch."""
        batches = math.ceil(self.samples_per_epoch / (self.args.train_batch_size * self.args.world_size))
        return math.ceil(batches / self.args.gradient_accumulation_steps)

    def train(self, resume_from_checkpoint: str | None = None, **kwargs):
        self._resumed_from = resume_from_checkpoint
        with caught_signals() as self.signals:
            return super().train(resume_from_checkpoint=resume_from_checkpoint, **kwargs)

    def exit_status(self) -> int:
        """0, or for a run stopped by a signal 128 plus its number, as a shell has it; says how to go on then."""
        if not self.stopped_by:
            return 0
        where = f"{self.args.output_dir}/checkpoint-{self.state.global_step}"
        go_on = "to go on, start again with the same settings and RESUME=auto (--resume auto)"
        if self.args.save_only_model:
            go_on = "it holds weights alone (--save_only_model), from which no run is gone on with"
        say(
            f"stopped by {self.stopped_by} after step {self.state.global_step} of {self.state.max_steps}, saved as "
            f"{where}; {go_on}"
        )
        return 128 + signal.Signals[self.stopped_by]

    # For a subclass to give

    @abstractmethod
    def split_batch(self, batch: dict) -> tuple[dict, dict]:
        """A collator's batch as what the model takes, and what is said about its samples."""

    @abstractmethod
    def batch_counts(self, batch: dict) -> torch.Tensor:
        """What a micro-batch adds to the global batch's counts, which ``compute_loss`` divides by; int64."""

    @abstractmethod
    def logged_figures(self, sums: list[float]) -> dict[str, float]:
        """A log entry's figures from the sums of all ranks since the last one."""

    @abstractmethod
    def validation_sums(self, dataset) -> torch.Tensor:
        """This rank's share of the sums that ``validation_figures`` takes."""

    @abstractmethod
    def validation_figures(self, sums: torch.Tensor) -> dict[str, float]:
        """The figures of held-out data from the sums of all ranks; ``loss`` among them."""

    # Figures

    def _get_num_items_in_batch(self, batch_samples: list[dict], device) -> torch.Tensor:
        """The counts of the whole global batch: what Trainer hands to ``compute_loss``."""
        counts = sum(self.batch_counts(batch).to(device) for batch in batch_samples)
        return self.accelerator.reduce(counts, "sum")

    def summed_over_ranks(self, loss: torch.Tensor) -> torch.Tensor:
        """The loss whose gradients add up over the ranks: DDP and DeepSpeed average them, but counts are global."""
        return loss * self.args.world_size

    @torch.no_grad()
    def forwards(self, dataset) -> Iterator[tuple[dict, dict, torch.Tensor]]:
        """Inputs, what is said about them, and the model's output for them, batch by batch of this rank."""
        # While it trains, the model that training wraps: under ZeRO-3 no other has its weights.
        model = self.model_wrapped if self.is_in_train else self.accelerator.prepare_model(self.model, None, True)
        model.eval()
        for batch in self.get_eval_dataloader(dataset):
            inputs, about = self.split_batch(self._prepare_inputs(batch))
            yield inputs, about, model(**inputs)

    def evaluate(self, eval_dataset=None, ignore_keys=None, metric_key_prefix="eval"):
        """The figures of held-out data, logged with the prefix."""
        dataset = self.eval_dataset if eval_dataset is None else eval_dataset
        sums = self.accelerator.reduce(self.validation_sums(dataset), "sum")
        metrics = {f"{metric_key_prefix}_{name}": value for name, value in self.validation_figures(sums).items()}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs:
            logs |= self.logged_figures(self.accelerator.reduce(self.window, "sum").tolist())
            self.window = torch.zeros_like(self.window)
        super().log(logs, start_time)

    # Data

    def _get_train_sampler(self, train_dataset=None) -> EpochSampler:
        size, multiple = len(self.train_dataset), self.args.train_batch_size * self.args.world_size
        self.train_sampler = EpochSampler(
            size, multiple, seed=self.args.seed, lengths=self.grouping_lengths(), share=self.samples_per_epoch
        )
        return self.train_sampler

    def _get_eval_sampler(self, eval_dataset) -> EpochSampler:
        multiple = self.args.eval_batch_size * self.args.world_size
        return EpochSampler(len(eval_dataset), multiple, seed=None, epoch=FULLY_LATENT_EPOCH)

    def grouping_lengths(self) -> Callable[[int], np.ndarray] | None:
        """What ``EpochSampler`` groups samples by; None for a plain random order."""
        return None

    # Saving

    def before_saving(self) -> None:
        """Called before a model is saved: a subclass can write into its config what holds of it as it is now."""

    @property
    def step_of_weights(self) -> int:
        """The step that the model's weights are of: the last one, or the best where that was loaded at the end."""
        return self._best_step or self.state.global_step

    def _load_best_model(self) -> None:
        super()._load_best_model()
        self._best_step = self.state.best_global_step

    def _run_epoch(self, *args, **kwargs):
        # A run that was continued at its end: transformers would take one step more.
        if self.state.global_step >= self.state.max_steps:
            self.control.should_training_stop = True
            return None
        return super()._run_epoch(*args, **kwargs)

    def _get_output_dir(self, trial) -> str:
        return str(self._saving_into or super()._get_output_dir(trial))

    def _save_checkpoint(self, model, trial) -> None:
        self.before_saving()
        folder, name = Path(self.args.output_dir), f"checkpoint-{self.state.global_step}"
        best = str(folder / f"checkpoint-{step}") if (step := self.state.best_global_step) else None
        window = self.accelerator.reduce(self.window, "sum").tolist()
        with saving(folder, f"{folder / name}"), self._partial_folder() as partial:
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()  # every rank has written its part
            # transformers has named the folder that is being written, which is gone in a moment.
            self.state.best_model_checkpoint = best if best == str(folder / name) or Path(best or "").is_dir() else None
            if self.args.should_save:
                self.state.save_to_json(str(partial / name / STATE))
                finish(partial / name, folder / name, self.settings, window, self.args.save_total_limit, best)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Saves model and tokenizer; into ``args.output_dir`` file by file when all are written."""
        if _internal_call or output_dir is not None:
            super().save_model(output_dir, _internal_call)
            return
        self.before_saving()
        folder = Path(self.args.output_dir)
        with saving(folder, f"the model in {folder}"), self._partial_folder() as partial:
            super().save_model(str(partial / "model"))
            if self.args.should_save:
                # config.json last: with it the folder is a checkpoint.
                for path in sorted((partial / "model").iterdir(), key=lambda path: path.name == "config.json"):
                    os.replace(path, folder / path.name)

    def _save(self, output_dir: str | None = None, state_dict=None) -> None:
        super()._save(output_dir, state_dict)
        # The arguments stand in the manifest as JSON; a pickle of them serves nobody.
        pickle = Path(output_dir or self.args.output_dir) / TRAINING_ARGS_NAME
        if self.args.should_save:
            pickle.unlink(missing_ok=True)

    @contextmanager
    def _partial_folder(self) -> Iterator[Path]:
        """An empty folder to write into, gone afterwards; every rank is inside at the same time."""
        partial = Path(self.args.output_dir) / PARTIAL
        if self.args.should_save:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
        self.accelerator.wait_for_everyone()
        self._saving_into = partial
        try:
            yield partial
        finally:
            self._saving_into = None
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            shutil.rmtree(partial, ignore_errors=True)

    # Steps

    def _get_grad_norm(self, model, grad_norm=None):
        self.grad_norm = super()._get_grad_norm(model, grad_norm)
        return self.grad_norm

    def check_step(self) -> str | None:
        """After a step, on all ranks alike: the signal to stop by, if any rank received one.

        Raises:
            FloatingPointError: a loss or the gradient is not a number; the message names the rows.
        """
        losses, self.step_losses = self.step_losses, []
        finite = bool(torch.cat([loss.flatten() for _, loss in losses]).isfinite().all())
        finite = finite and math.isfinite(self.grad_norm)
        signals = [signal.SIGTERM.name, signal.SIGINT.name]
        received = [name in self.signals for name in signals]
        flags = torch.tensor([not finite, *received], dtype=torch.int32, device=self.args.device)
        bad, *stops = self.accelerator.reduce(flags, "sum").tolist()
        if bad:
            raise FloatingPointError(self._bad_step(losses))
        return next((name for name, stop in zip(signals, stops, strict=True) if stop), None)

    def _bad_step(self, losses: list[tuple[torch.Tensor, torch.Tensor]]) -> str:
        guilty = [row for rows, loss in losses if not loss.isfinite().all() for row in rows.tolist() if row >= 0]
        taken = [row for rows, _ in losses for row in rows.tolist() if row >= 0]
        # A list in a list: gather_object joins the ranks' lists.
        guilty, taken = (sorted({row for rows in gather_object([part]) for row in rows}) for part in (guilty, taken))
        where = "loss" if guilty else "gradient"
        rows = guilty or taken
        named = ", ".join(map(str, rows[:ROWS_NAMED])) + (
            f" and {len(rows) - ROWS_NAMED} more" * (len(rows) > ROWS_NAMED)
        )
        return (
            f"the {where} of step {self.state.global_step} is not a number, at {self.sample_name} {named} of the "
            f"training file ({len(rows)} of the step's {len(taken)}); nothing of this step is saved: look at them, or "
            "lower --learning_rate, and go on from the last checkpoint with --resume auto"
        )

    def restore_window(self) -> None:
        """Takes up the log entry that was open when the checkpoint was saved."""
        if self._resumed_from and self.args.process_index == 0:
            saved = read_record(self._resumed_from)["window"]
            self.window += torch.tensor(saved, dtype=self.window.dtype, device=self.window.device)


class _StepGuard(TrainerCallback):
    """Stops all ranks together, and lets a checkpoint that is saved at an epoch's end hold the validation there.

    It also sets the sampler's epoch, because accelerate does not reach it through the loader of a run that is resumed
    in the middle of an epoch on several ranks.
    """

    def __init__(self, trainer: ResumableTrainer):
        self.trainer = trainer
        self.save_at_end = False

    def on_train_begin(self, args, state, control, **kwargs):
        self.trainer.restore_window()

    def on_epoch_begin(self, args, state, control, **kwargs):
        self.trainer.train_sampler.set_epoch(state.global_step // self.trainer.steps_per_epoch)

    def on_step_end(self, args, state, control, **kwargs):
        stop = self.trainer.check_step()
        if stop and state.global_step < state.max_steps:
            self.trainer.stopped_by = stop
            control.should_training_stop = control.should_save = True
        if state.global_step % self.trainer.steps_per_epoch == 0:
            # Validation comes after the last step's save: wait for it.
            self.save_at_end, control.should_save = control.should_save, False
        return control

    def on_epoch_end(self, args, state, control, **kwargs):
        if self.trainer.stopped_by and state.global_step % self.trainer.steps_per_epoch:
            # Left in the middle: saved already, and not an epoch's end at all.
            control.should_log = control.should_evaluate = control.should_save = False
        control.should_save, self.save_at_end = control.should_save or self.save_at_end, False
        return control


@contextmanager
def caught_signals() -> Iterator[list[str]]:
    """A list to which the names of SIGTERM and SIGINT are added as they arrive, instead of their usual effect.

    Outside torchrun, which repeats a Ctrl-C to its processes, a second Ctrl-C interrupts at once.
    """
    caught: list[str] = []

    def note(number, frame):
        if number == signal.SIGINT and caught and "TORCHELASTIC_RUN_ID" not in os.environ:
            raise KeyboardInterrupt
        caught.append(signal.Signals(number).name)

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
