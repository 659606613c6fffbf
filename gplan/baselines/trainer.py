"""One trainer for every baseline in torch: the project's ``ResumableTrainer``, stopped early by held-out training rows.

What a baseline gives, whatever its model is (an encoder of its own, a T5 in a wrapper):

1. ``build``: makes the ``nn.Module``; called after the seeds are set. Its ``forward(**batch)`` returns ``losses_B``,
   the sum of the losses of each sample's decisions, and ``counts_B``, how many decisions those are. In training mode
   ``losses_B`` is what is minimised, in evaluation mode it must be the negative log-likelihood of the samples' plans as
   they are decoded, without chance: by it the run is stopped. What is drawn in training comes from torch's own
   generators, whose state a checkpoint holds. Modules that share tensors (T5's embeddings) are saved once.
2. ``items``: a sample of any kind for every example, in their order; ``fit`` parts them as ``examples.split`` does, so
   that what a model makes of training rows alone (a vocabulary) can come from the same part.
3. ``collate``: from a list of items to ``batch``, a dictionary of tensors; a function of the items alone.

``fit`` returns the module with its best weights, in evaluation mode, on the device it was trained on. What it asks of
``args``: ``model``, ``sees``, ``ids``, ``seed``, ``output_dir``, ``checkpoint`` and, of the model's YAML file,
``held_out``, ``epochs``, ``batch_size``, ``rate``, ``weight_decay``, ``warmup`` and ``patience``.

    items = [(input_ids, labels), …]
    model = fit(lambda: Small(vocabulary), items, pad, args, data_digest(examples))
"""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import Dataset
from transformers import EarlyStoppingCallback

from config.training_arguments import RunArguments
from data_process.cache import digest
from data_process.schema import VISIBLE
from data_process.tokenised import FILLER
from gplan.baselines.examples import LabelledRows, split_numbers
from gplan.baselines.options import model_defaults
from gplan.training.checkpoint import refuse_changes
from gplan.training.records import use_progress
from gplan.training.resumable import ResumableTrainer
from gplan.training.session import prepare
from utils import InputError

Collate = Callable[[list], dict[str, torch.Tensor]]
# Validation keeps no gradients: more samples fit.
EVAL_BATCH = 256


class Samples(Dataset):
    """A part of the items by the sampler's ``(epoch, index)``, each with its number among all of them.

    None for what fills up the last batch.
    """

    def __init__(self, items: Sequence, numbers: list[int]):
        self.items, self.numbers = items, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, key: tuple[int, int]) -> tuple | None:
        _, index = key
        return None if index == FILLER else (self.numbers[index], self.items[self.numbers[index]])


class BaselineTrainer(ResumableTrainer):
    """Minimises the mean loss of a batch's decisions; one process, one batch a step.

    ``loss`` of a log entry is the mean since the last one, of a validation that of all held-out decisions.
    """

    sample_name = "example"

    def __init__(self, model: nn.Module, args: RunArguments, collate: Collate, **kwargs):
        def collate_samples(samples: list[tuple | None]) -> dict:
            taken = [sample for sample in samples if sample is not None]
            return {"examples": torch.tensor([i for i, _ in taken]), **collate([item for _, item in taken])}

        super().__init__(model=model, args=args, data_collator=collate_samples, sums=2, **kwargs)

    def split_batch(self, batch: dict) -> tuple[dict, dict]:
        return {name: value for name, value in batch.items() if name != "examples"}, {"rows": batch["examples"]}

    def batch_counts(self, batch: dict) -> torch.Tensor:
        """Samples: decisions are counted by the model, which may draw those that it is asked about."""
        return torch.tensor(len(batch["examples"]))

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        inputs, about = self.split_batch(inputs)
        losses_B, counts_B = model(**inputs)
        self.window += _totals(losses_B.detach(), counts_B)
        self.step_losses.append((about["rows"], losses_B.detach()))
        return losses_B.sum() / counts_B.sum()

    def logged_figures(self, sums: list[float]) -> dict[str, float]:
        return {"loss": sums[0] / max(sums[1], 1)}

    def validation_sums(self, dataset) -> torch.Tensor:
        """Loss and decisions, (2,), float64."""
        return torch.stack([_totals(*output) for *_, output in self.forwards(dataset)]).sum(0)

    def validation_figures(self, sums: torch.Tensor) -> dict[str, float]:
        return {"loss": (sums[0] / sums[1]).item()}

    def _save(self, output_dir: str | None = None, state_dict: dict | None = None) -> None:
        if state_dict is None:
            # safetensors takes no tensor twice; loading fills all of its names through the one that is there.
            state_dict, places = {}, set()
            for name, tensor in self.model.state_dict().items():
                place = (tensor.data_ptr(), tensor.shape)
                if not tensor.numel() or place not in places:
                    state_dict[name] = tensor
                places.add(place)
        super()._save(output_dir, state_dict)

    def _run_epoch(self, *args, **kwargs):
        # A run that was cut after it had been stopped early: nothing is left to learn.
        if any(
            stopper.has_waited_enough for stopper in self.callback_handler.callbacks if isinstance(stopper, Stopper)
        ):
            self.control.should_training_stop = True
            return None
        return super()._run_epoch(*args, **kwargs)


def _totals(losses_B: torch.Tensor, counts_B: torch.Tensor) -> torch.Tensor:
    return torch.stack([losses_B.double().sum(), counts_B.double().sum()])


class Stopper(EarlyStoppingCallback):
    """Early stopping whose patience outlives a resume.

    Not by transformers' own way, which takes up the request to stop of the signal that cut the run, too.
    """

    @property
    def has_waited_enough(self) -> bool:
        return self.early_stopping_patience_counter >= self.early_stopping_patience

    def on_train_begin(self, args, state, control, **kwargs):
        kept = state.stateful_callbacks[type(self).__name__]["attributes"]
        self.early_stopping_patience_counter = kept["early_stopping_patience_counter"]
        if state.best_global_step:  # the folder may have been moved since
            state.best_model_checkpoint = f"{args.output_dir}/checkpoint-{state.best_global_step}"


def fit(
    build: Callable[[], nn.Module],
    items: Sequence,
    collate: Collate,
    args: Namespace,
    data: str,
) -> nn.Module:
    """Trains what ``build`` makes until the held-out loss has not fallen for ``args.patience`` epochs.

    Args:
        items: one for every example; some of them to stop by.
        data: digest of what the model learns from; a run is gone on with on the same alone.

    Raises:
        InputError: ``args.checkpoint`` is of another run, or a setting that nothing can be trained with.
        FloatingPointError: a loss that is not a number.
        SystemExit: a signal has stopped the run; what is to be said is said.
    """
    if args.patience < 1:
        raise InputError(f"--patience {args.patience}: 1 or more is needed")
    settings = {name: getattr(args, name) for name in ("model", "sees", "ids", "seed", *model_defaults(args.model))}
    settings["training data"] = data
    if args.checkpoint:
        refuse_changes(args.checkpoint, settings)
    arguments = run_arguments(args)
    prepare(arguments, f"CUDA_VISIBLE_DEVICES=0 python -m gplan.baselines {args.model}")
    learn, stop = (Samples(items, part) for part in split_numbers(len(items), args.held_out, args.seed))
    trainer = BaselineTrainer(
        build(), arguments, collate, train_dataset=learn, eval_dataset=stop, settings=settings,
        callbacks=[Stopper(args.patience)],
    )  # fmt: skip
    use_progress(trainer, lambda logs: {"loss": f"{logs['loss']:.4f}"} if "loss" in logs else {})
    try:
        trainer.train(resume_from_checkpoint=args.checkpoint)
    except FloatingPointError as error:
        raise FloatingPointError(str(error).replace("--learning_rate", "--rate")) from error
    if trainer.stopped_by:
        sys.exit(trainer.exit_status())
    return trainer.model.eval()


def run_arguments(args: Namespace) -> RunArguments:
    """The command line's arguments as those of a training run."""
    return RunArguments(
        output_dir=str(Path(args.output_dir)),
        seed=args.seed,
        num_train_epochs=args.epochs,
        per_device_train_batch_size=args.batch_size,
        per_device_eval_batch_size=EVAL_BATCH,
        learning_rate=args.rate,
        weight_decay=args.weight_decay,
        warmup_steps=args.warmup,
        # No decay: where a run ends is not known before.
        lr_scheduler_type="constant_with_warmup",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,  # with one the newest is removed at the end, and a run cut after it goes back to the best
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        report_to="none",
        disable_tqdm=False,
    )


def data_digest(examples: LabelledRows) -> str:
    """A short name for what a model learns from: requests and plans, in their order."""
    requests = [[row[name] for name in VISIBLE] for row in examples.rows]
    return digest(json.dumps([requests, examples.plans], ensure_ascii=False))
