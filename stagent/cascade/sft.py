"""Supervised training on lessons, on the project's ``ResumableTrainer``: the loss is on what the agent wrote alone."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import MethodType

import torch
from transformers import PreTrainedModel

from config.training_arguments import RunArguments
from data_process.encode import IGNORED
from gplan.training.checkpoint import output_folder, refuse_changes
from gplan.training.logits import token_losses
from gplan.training.muon import muon_adamw
from gplan.training.records import use_progress
from gplan.training.resumable import ResumableTrainer
from gplan.training.session import prepare
from gplan.training.settings import run_settings
from stagent.cascade.lesson_sets import LessonSet, collate
from stagent.rollout.sequence import TokenSequence


def attach_written_losses(model: PreTrainedModel) -> None:
    """Lets ``model(input_ids=, labels=)`` return -log p of each written token, (N,); without labels nothing changes.

    It must be the model's own forward, and one call of it: DDP, DeepSpeed and autocast wrap exactly that. There is no
    mask: rows are padded on the right, so plainly causal attention is right, and faster.
    """
    plain = model.forward

    def forward(self, input_ids=None, labels=None, **kwargs):
        if labels is None:
            return plain(input_ids=input_ids, **kwargs)
        hidden_BTD = self.base_model(input_ids=input_ids, use_cache=False).last_hidden_state
        wanted_BT = labels[:, 1:]
        written_BT = wanted_BT != IGNORED
        return token_losses(self.get_output_embeddings(), hidden_BTD[:, :-1][written_BT], wanted_BT[written_BT])

    model.forward = MethodType(forward, model)


class LessonTrainer(ResumableTrainer):
    """Minimises the mean loss of the tokens that the agent wrote, over the global batch.

    ``loss`` of a log entry is that mean since the last one, in nats a token.
    """

    sample_name = "lesson"

    def __init__(self, model: PreTrainedModel, args: RunArguments, lessons: LessonSet, pad: int, *, settings: dict):
        attach_written_losses(model)
        super().__init__(
            model=model,
            args=args,
            train_dataset=lessons,
            data_collator=partial(collate, pad=pad),
            settings=settings,
            sums=2,
        )
        use_progress(self, lambda logs: {"loss": f"{logs['loss']:.4f}"} if "loss" in logs else {})

    def grouping_lengths(self):
        return lambda epoch: self.train_dataset.lengths

    def create_optimizer(self, model=None):
        if self.optimizer is None and not self.is_deepspeed_enabled:
            self.optimizer = muon_adamw(self.model, self.get_decay_parameter_names(self.model), self.args)
        return super().create_optimizer()

    def split_batch(self, batch: dict) -> tuple[dict, dict]:
        return {name: batch[name] for name in ("input_ids", "labels")}, {"lessons": batch["lessons"]}

    def batch_counts(self, batch: dict) -> torch.Tensor:
        """Tokens that the agent wrote."""
        return (batch["labels"][:, 1:] != IGNORED).sum()

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        inputs, about = self.split_batch(inputs)
        losses_N = model(**inputs)
        total, count = losses_N.sum(), torch.tensor(len(losses_N), device=losses_N.device)
        self.window += torch.stack([total.detach().double(), count.double()])
        self.step_losses.append((about["lessons"], total.detach()[None]))
        return self.summed_over_ranks(total / num_items_in_batch)

    def logged_figures(self, sums: list[float]) -> dict[str, float]:
        return {"loss": sums[0] / max(sums[1], 1)}

    def validation_sums(self, dataset) -> torch.Tensor:
        raise NotImplementedError("stages are judged by episodes, not by a loss")

    def validation_figures(self, sums: torch.Tensor) -> dict[str, float]:
        raise NotImplementedError


def sft_arguments(folder: Path, *, epochs: int, batch: int, rate: float, seed: int) -> RunArguments:
    """A run's arguments: the rate rises over a twentieth of the steps and falls to 0 in a line."""
    return RunArguments(
        output_dir=str(folder),
        num_train_epochs=epochs,
        per_device_train_batch_size=batch,
        learning_rate=rate,
        lr_scheduler_type="linear",
        warmup_steps=0.05,
        weight_decay=0.05,
        adam_beta2=0.99,
        eval_strategy="no",
        save_strategy="epoch",
        save_total_limit=1,
        gradient_checkpointing=False,
        report_to="none",
        disable_tqdm=False,
        seed=seed,
    )


def train_on_lessons(
    model: PreTrainedModel, lessons: Sequence[TokenSequence], pad: int, args: RunArguments, data: str
) -> int:
    """Trains a model on lessons, from the newest checkpoint in the run's folder if there is one.

    Args:
        data: digest of the lessons: a run is gone on with on the same alone.

    Returns:
        The exit status: 0, or 128 and the number of the signal that stopped it, with all saved.

    Raises:
        InputError: the folder's run is another.
        FloatingPointError: a loss that is not a number.
    """
    prepare(args, "bash agent.sh train")
    with output_folder(args.output_dir, "auto") as checkpoint:
        settings = run_settings(args, model, ()) | {"lessons": data}
        if checkpoint:
            refuse_changes(checkpoint, settings)
        trainer = LessonTrainer(model, args, LessonSet(lessons), pad, settings=settings)
        trainer.train(resume_from_checkpoint=checkpoint)
        return trainer.exit_status()
