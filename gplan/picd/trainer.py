"""``WeightedLossTrainer``: transformers' Trainer with the section loss, the stage sampler and CALR."""

import torch
from torch.optim.lr_scheduler import LambdaLR
from transformers import TrainerCallback

from data_process.collate_fns import ProgressiveCotDistillCollater, split_off
from data_process.data_loader import CSVDataset
from data_process.encode import RowEncoder
from gplan.picd.calr import auto_target, learning_rate, polish_start
from gplan.picd.forward import FLEX, attach_section_loss
from gplan.picd.loss import section_counts, section_normalised_loss, section_weights
from gplan.training.muon import muon_adamw
from gplan.training.resumable import ResumableTrainer
from gplan.training.settings import store_settings
from utils import say

SECTION_NAMES = ("cot_loss", "json_loss")
# Of a log entry, and with "eval_" before of a validation; a mode without reasoning has no cot_loss.
FIGURES = ("loss", *SECTION_NAMES)
# Added up between two log entries: the losses of the steps, fully latent samples, samples, steps.
SUMS = (*FIGURES, "fully_latent", "samples", "steps")


class WeightedLossTrainer(ResumableTrainer):
    """Trains on ``CSVDataset`` with L of Eq. 5 over the global batch: all micro-batches of a step, all ranks.

    Every micro-batch gives sums of token losses; they are divided by the token counts of the whole global batch,
    so that loss and gradient don't depend on how it was cut. Each log entry holds ``loss``, ``cot_loss``,
    ``json_loss``, ``stage``, ``fully_latent`` (share of the samples) and ``learning_rate``.
    """

    def __init__(
        self,
        model,
        args,
        train_dataset: CSVDataset,
        data_collator: ProgressiveCotDistillCollater,
        encoder: RowEncoder,
        **kwargs,
    ):
        attach_section_loss(model)
        self.encoder = encoder
        data = {"train_dataset": train_dataset, "data_collator": data_collator, "processing_class": encoder.tokenizer}
        super().__init__(model=model, args=args, sums=len(SUMS), **data, **kwargs)
        if data_collator.share_prefix and args.device.type == "cuda":
            model.set_attn_implementation(FLEX)
        self._weights = torch.tensor([args.cot_weight, args.json_weight], device=args.device)
        self._stage = self._no_stage()

    # Data

    def grouping_lengths(self):
        if self.args.train_sampling_strategy != "group_by_length":
            return None
        return lambda epoch: self.train_dataset.lengths(epoch)[self.train_dataset.indices]

    # Saving

    def before_saving(self) -> None:
        """Stores what the model writes now: responses get shorter, stage by stage.

        In the middle of an epoch it may still write those of the one before.
        """
        step, data, mode = self.step_of_weights, self.train_dataset, self.args.cot_mode
        finished, begun = step // self.steps_per_epoch, -(-step // self.steps_per_epoch)
        epochs = {max(1, finished), max(1, begun)}
        longest = max(map(data.longest_response, epochs))
        store_settings(self.model, self.encoder, mode, longest, data.stage(min(epochs)))

    # Loss

    def split_batch(self, batch: dict) -> tuple[dict, dict]:
        return split_off(batch)

    def batch_counts(self, batch: dict) -> torch.Tensor:
        """Supervised tokens a section, (2,)."""
        return section_counts(batch["labels"], batch["sections"])

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        inputs, about = self.split_batch(inputs)
        sums, counts = model(**inputs), num_items_in_batch
        loss = (sums * section_weights(counts, self._weights)).sum()
        self._record(loss.detach(), sums.detach(), counts, about)
        return self.summed_over_ranks(loss)

    # Figures

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

    def logged_figures(self, sums: list[float]) -> dict[str, float]:
        loss, cot, json, latent, samples, steps = sums
        figures = {"loss": loss / steps, "cot_loss": cot / steps, "json_loss": json / steps}
        if self.args.cot_mode == "direct_sft":
            del figures["cot_loss"]
        figures |= {"stage": int(self._stage), "fully_latent": latent / max(samples, 1)}
        self._stage = self._no_stage()
        return figures

    def _no_stage(self) -> torch.Tensor:
        return torch.zeros((), dtype=torch.int64, device=self.args.device)

    def validation_sums(self, dataset) -> torch.Tensor:
        """Of fully latent rows (in cot_sft: text) the sums of token losses and the tokens, a section each, (2, 2)."""
        sums = torch.zeros(2, device=self.args.device)
        counts = torch.zeros(2, dtype=torch.int64, device=self.args.device)
        for inputs, _, section_sums in self.forwards(dataset):
            sums += section_sums
            counts += self.batch_counts(inputs)
        return torch.stack([sums.double(), counts.double()])

    def validation_figures(self, sums: torch.Tensor) -> dict[str, float]:
        totals, counts = sums[0].float(), sums[1].long()
        figures = {"loss": section_normalised_loss(totals, counts, self._weights).item()}
        for name, total, count in zip(SECTION_NAMES, totals.tolist(), counts.tolist(), strict=True):
            if count:
                figures[name] = total / count
        return figures

    # Optimizer and rate

    def create_optimizer(self, *args, **kwargs) -> torch.optim.Optimizer:
        if self.optimizer is None and self.args.muon:
            self.optimizer = muon_adamw(self.model, self.get_decay_parameter_names(self.model), self.args)
        return super().create_optimizer(*args, **kwargs)

    def create_scheduler(self, num_training_steps: int, optimizer=None) -> LambdaLR:
        if self.lr_scheduler is None:
            args, start = self.args, num_training_steps
            if args.lr_schedule == "calr":
                blocks = self.train_dataset.blocks[self.train_dataset.indices]
                target = auto_target(blocks) if args.calr_target == "auto" else int(args.calr_target)
                start = polish_start(target, self.steps_per_epoch, args.blocks_per_epoch)
                if start >= num_training_steps:
                    more = f"; --epochs {start // self.steps_per_epoch + 1} has one epoch of it"
                    say(
                        f"warning: CALR's polish phase (c* = {target}) would start at step {start} of "
                        f"{num_training_steps}: the rate stays at {args.learning_rate:g}{more * (args.max_steps <= 0)}"
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
                return rate / (args.learning_rate or 1)

            self.lr_scheduler = LambdaLR(optimizer or self.optimizer, factor)
            if not args.learning_rate:  # LambdaLR multiplies the first rate, and of 0 nothing can be made
                self.lr_scheduler.base_lrs = [1.0] * len(self.lr_scheduler.base_lrs)
            self._created_lr_scheduler = True
        return self.lr_scheduler


class SyncEpochCallback(TrainerCallback):
    """Says at the start of every epoch which stage it is.

    The stage itself travels with every sample, from the sampler on: no collator in a worker has to be told.
    """

    def __init__(self, trainer: WeightedLossTrainer):
        self.trainer = trainer

    def on_epoch_begin(self, args, state, control, **kwargs):
        epoch = state.global_step // self.trainer.steps_per_epoch
        if args.cot_mode == "picd":  # the one mode whose stage moves
            dataset = self.trainer.train_dataset
            stage = dataset.stage(epoch + 1)
            latent = (dataset.blocks[dataset.indices] <= stage).mean()
            say(f"epoch {epoch + 1}: stage {stage}, {latent:.0%} of the rows fully latent")
