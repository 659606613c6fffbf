"""``WeightedLossTrainer``: transformers' Trainer with the section loss, the stage sampler and CALR."""

import torch
from torch.optim.lr_scheduler import LambdaLR
from transformers import TrainerCallback

from data_process.collate_fns import ProgressiveCotDistillCollater, split_off
from data_process.compression import MAX_BLOCKS, stage_of_epoch
from data_process.data_loader import CSVDataset
from picd.calr import auto_target, learning_rate, polish_start
from picd.loss import section_counts, section_normalised_loss, section_weights
from picd.model import attach_section_loss
from training.trainer import ResumableTrainer
from utils import say

SECTION_NAMES = ("cot_loss", "json_loss")


class WeightedLossTrainer(ResumableTrainer):
    """Trains on ``CSVDataset`` with L of Eq. 5 over the global batch: all micro-batches of a step, all ranks.

    Every micro-batch gives sums of token losses; they are divided by the token counts of the whole global batch,
    so that loss and gradient don't depend on how it was cut. Each log entry holds ``loss``, ``cot_loss``,
    ``json_loss``, ``stage``, ``fully_latent`` (share of the samples) and ``learning_rate``.
    """

    # The loss is divided by global counts already: Trainer must not divide by accumulation steps again.
    loss_is_scaled_for_ga = True

    def __init__(self, model, args, train_dataset: CSVDataset, data_collator: ProgressiveCotDistillCollater, **kwargs):
        attach_section_loss(model)
        super().__init__(model=model, args=args, train_dataset=train_dataset, data_collator=data_collator, **kwargs)
        # Older 5.x decide by this flag instead of loss_is_scaled_for_ga.
        self.model_accepts_loss_kwargs = True
        self._weights = torch.tensor([args.cot_weight, args.json_weight], device=args.device)
        self._reset_window()

    # Data

    def grouping_lengths(self):
        if self.args.train_sampling_strategy != "group_by_length":
            return None
        return lambda epoch: self.train_dataset.lengths(epoch)[self.train_dataset.indices]

    # Loss

    def _get_num_items_in_batch(self, batch_samples: list[dict], device) -> torch.Tensor:
        """Supervised tokens a section in the whole global batch, (2,): what Trainer hands to ``compute_loss``."""
        counts = sum(
            section_counts(batch["labels"].to(device), batch["sections"].to(device)) for batch in batch_samples
        )
        return self.accelerator.reduce(counts, "sum")

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        inputs, about = split_off(inputs)
        sums, counts = model(**inputs), num_items_in_batch
        loss = (sums * section_weights(counts, self._weights)).sum()
        self._record(loss.detach(), sums.detach(), counts, about)
        # DDP and DeepSpeed average gradients over the ranks; the counts are global, so a sum is wanted.
        return loss * self.args.world_size

    def evaluate(self, eval_dataset=None, ignore_keys=None, metric_key_prefix="eval"):
        """Section losses of the validation rows, fully latent (in cot_sft: text)."""
        model = self.model_wrapped if self.is_in_train else self.accelerator.prepare_model(self.model, None, True)
        model.eval()
        sums = torch.zeros(2, device=self.args.device)
        counts = torch.zeros(2, dtype=torch.int64, device=self.args.device)
        with torch.no_grad():
            for batch in self.get_eval_dataloader(eval_dataset):
                batch, _ = split_off(self._prepare_inputs(batch))
                sums += model(**batch)
                counts += section_counts(batch["labels"], batch["sections"])
        sums, counts = self.accelerator.reduce(sums, "sum"), self.accelerator.reduce(counts, "sum")
        metrics = {f"{metric_key_prefix}_loss": section_normalised_loss(sums, counts, self._weights).item()}
        for name, total, count in zip(SECTION_NAMES, sums.tolist(), counts.tolist(), strict=True):
            if count:
                metrics[f"{metric_key_prefix}_{name}"] = total / count
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    # Logging

    def _reset_window(self) -> None:
        # [Σ loss, Σ cot_loss, Σ json_loss, fully latent samples, samples, steps] since the last log entry.
        self.window = torch.zeros(6, dtype=torch.float64, device=self.args.device)
        self._stage = torch.zeros((), dtype=torch.int64, device=self.args.device)

    def _record(self, loss: torch.Tensor, sums: torch.Tensor, counts: torch.Tensor, about: dict) -> None:
        # On the device throughout: a copy to the host would stall the GPU at every micro-batch.
        cot, json = (sums / counts.clamp(min=1)).unbind()
        rows = about["rows"]
        # A step is counted once, by one rank's first micro-batch.
        first = torch.full_like(loss, self.args.process_index == 0 and not self.step_losses)
        parts = [loss, cot, json, about["fully_latent"].sum(), (rows >= 0).sum(), first]
        self.window += torch.stack([part.to(torch.float64) for part in parts])
        self._stage = torch.maximum(self._stage, about["stages"].max())
        self.step_losses.append((rows, sums))

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs:
            loss, cot, json, latent, samples, steps = self.accelerator.reduce(self.window, "sum").tolist()
            logs |= {"loss": loss / steps, "cot_loss": cot / steps, "json_loss": json / steps}
            logs |= {"stage": int(self._stage), "fully_latent": latent / max(samples, 1)}
            if self.args.cot_mode == "direct_sft":
                del logs["cot_loss"]
            self._reset_window()
        super().log(logs, start_time)

    # Learning rate

    def create_scheduler(self, num_training_steps: int, optimizer=None) -> LambdaLR:
        if self.lr_scheduler is None:
            args, start = self.args, num_training_steps
            if args.lr_schedule == "calr":
                blocks = self.train_dataset.blocks[self.train_dataset.indices]
                target = auto_target(blocks) if args.calr_target == "auto" else int(args.calr_target)
                start = polish_start(target, self.steps_per_epoch)
                if start >= num_training_steps:
                    say(
                        f"warning: CALR's polish phase (c* = {target}) would start at step {start} of "
                        f"{num_training_steps}: the rate stays at {args.learning_rate:g}"
                    )
            warmup = args.get_warmup_steps(num_training_steps)

            def factor(step: int) -> float:
                rate = learning_rate(
                    step,
                    num_training_steps,
                    args.lr_schedule,
                    peak=args.learning_rate,
                    warmup=warmup,
                    polish=args.polish_lr,
                    start=start,
                )
                return rate / args.learning_rate

            self.lr_scheduler = LambdaLR(optimizer or self.optimizer, factor)
            self._created_lr_scheduler = True
        return self.lr_scheduler


class SyncEpochCallback(TrainerCallback):
    """Says at the start of every epoch which stage it is, and keeps the collator in step with it.

    The stage itself travels with every sample, from the sampler on.
    """

    def __init__(self, trainer: WeightedLossTrainer):
        self.trainer = trainer

    def on_epoch_begin(self, args, state, control, **kwargs):
        epoch = state.global_step // self.trainer.steps_per_epoch
        self.trainer.data_collator.epoch = epoch + 1
        if args.cot_mode == "picd":
            stage = min(stage_of_epoch(epoch + 1, args.cot_mode), MAX_BLOCKS)
            dataset = self.trainer.train_dataset
            latent = (dataset.blocks[dataset.indices] <= stage).mean()
            say(f"epoch {epoch + 1}: stage {stage}, {latent:.0%} of the rows fully latent")
