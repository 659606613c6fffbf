"""``ScDpoTrainer``: transformers' Trainer with the loss of SC-DPO over pairs of counterfactual twins."""

from collections.abc import Iterator
from pathlib import Path

import torch
from transformers import TrainerCallback

from config.zero import zero_stage
from scdpo.log_probs import attach_response_log_probs
from scdpo.loss import TERMS, sc_dpo_loss
from scdpo.pairs import PairCollater, PairDataset
from scdpo.reference import read_reference, reference_key, write_reference
from training.trainer import ResumableTrainer
from utils import InputError, say

# A log entry's figures, each a mean over samples: the loss and its terms; r⁺, r⁻ and their difference; the share with
# r⁺ > r⁻; log π_θ(y⁺) - log π_ref(y⁺) in nats.
FIGURES = ("loss", *TERMS, "chosen_reward", "rejected_reward", "margin", "accuracy", "drift")
WEIGHTS = (
    "anchor_margin",
    "anchor_weight",
    "gap_low",
    "gap_high",
    "low_weight",
    "high_weight",
    "center",
    "center_weight",
)


class ScDpoTrainer(ResumableTrainer):
    """Aligns a PICD model on ``PairDataset`` (GPlan, Eq. 6 to 13); the reference is the model it starts from.

    The loss is the mean over the samples of the global batch, however that is cut into micro-batches and ranks. Each
    log entry holds ``FIGURES`` and ``learning_rate``. ``settings["--model"]`` names the reference's weights.
    """

    sample_name = "pair"
    # The loss is divided by the global number of samples already: Trainer must not divide by accumulation steps again.
    loss_is_scaled_for_ga = True

    def __init__(self, model, args, train_dataset: PairDataset, data_collator: PairCollater, **kwargs):
        attach_response_log_probs(model)
        super().__init__(model=model, args=args, train_dataset=train_dataset, data_collator=data_collator, **kwargs)
        # Older 5.x decide by this flag instead of loss_is_scaled_for_ga.
        self.model_accepts_loss_kwargs = True
        # (samples, 2), fp32, by the name of the dataset: log π_ref of chosen and rejected response.
        self.reference: dict[str, torch.Tensor] = {}
        self._reset_window()
        self.add_callback(_ReferenceFirst(self))

    # Reference

    def prepare_reference(self) -> None:
        """Reads the reference's log-probabilities, or computes them with the model as it is now.

        Raises:
            InputError: a continued run's are gone, or they are not numbers.
        """
        checkpoint = self.settings["--model"]
        layout = "shared" if self.data_collator.share_prompt else "apart"
        numerics = {"bf16": self.args.bf16, "prompt": layout, "zero": zero_stage(self.args.deepspeed)}
        for name, dataset in (("train", self.train_dataset), ("eval", self.eval_dataset)):
            if dataset is None:
                continue
            key, folder = reference_key(checkpoint, dataset, numerics), Path(self.args.output_dir)
            values = read_reference(key, name, len(dataset), folder)
            found = torch.tensor(values is not None, dtype=torch.int32, device=self.args.device)
            if self.accelerator.reduce(found, "sum") != self.args.world_size:
                if self.state.global_step:
                    raise InputError(
                        f"--resume: the reference's log-probabilities of {dataset.path} are neither in the cache nor "
                        f"in {folder}, and the model is no longer the reference; start anew in another folder"
                    )
                say(f"the reference's log-probabilities of {len(dataset)} samples of {dataset.path}")
                values = self._log_probs(dataset).cpu()
            if bad := dataset.pairs_of((~values.isfinite().all(1)).nonzero().flatten().tolist()):
                raise InputError(
                    f"{dataset.path}: under --model {self.args.model} the responses of {len(bad)} pairs have no "
                    f"probability that is a number (pair {bad[0]} is the first): its weights are no good; give another"
                )
            if self.args.should_save:
                write_reference(key, name, values, folder)
            self.reference[name] = values.to(self.args.device)

    def _log_probs(self, dataset: PairDataset) -> torch.Tensor:
        """log π of the model as it is now, (samples, 2), fp32; the same on every rank."""
        found = torch.zeros(len(dataset), 2, device=self.args.device)
        for samples, _, log_probs in self._forwards(dataset):
            found[samples] = log_probs
        return self.accelerator.reduce(found, "sum")

    @torch.no_grad()
    def _forwards(self, dataset: PairDataset) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Samples, their pairs and log-probabilities, batch by batch of this rank, fillers left out."""
        model = self.model_wrapped
        model.eval()
        for batch in self.get_eval_dataloader(dataset):
            batch = self._prepare_inputs(batch)
            samples, pairs = (batch.pop(name) for name in PairCollater.ABOUT)
            log_probs = model(**batch)
            real = samples >= 0
            yield samples[real], pairs[real], log_probs[real]
        model.train()

    # Loss

    def _get_num_items_in_batch(self, batch_samples: list[dict], device) -> torch.Tensor:
        """Samples in the whole global batch: what Trainer hands to ``compute_loss``."""
        count = sum((batch["samples"] >= 0).sum().to(device) for batch in batch_samples)
        return self.accelerator.reduce(count, "sum")

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        samples, pairs = (inputs.pop(name) for name in PairCollater.ABOUT)
        real = samples >= 0
        # A filler has no response: both its log-probabilities are 0, and so is what is made of them below.
        log_probs = model(**inputs)
        reference = torch.where(real[:, None], self.reference["train"][samples.clamp(min=0)], 0)
        figures = self._figures(log_probs, reference)
        losses = torch.where(real, figures["loss"], 0)
        self.window += _sums(figures, real)
        for pair, loss in zip(pairs.split(1), losses.detach().split(1), strict=True):
            self.step_losses.append((pair, loss))
        # DDP and DeepSpeed average gradients over the ranks; the count is global, so a sum is wanted.
        return losses.sum() / num_items_in_batch * self.args.world_size

    def _figures(self, log_probs: torch.Tensor, reference: torch.Tensor) -> dict[str, torch.Tensor]:
        """Each sample's ``FIGURES``, from log π_θ and log π_ref of chosen and rejected response, (B, 2)."""
        chosen, rejected = (self.args.beta * (log_probs - reference)).unbind(1)  # (6, 7)
        terms = sc_dpo_loss(chosen, rejected, **{name: getattr(self.args, name) for name in WEIGHTS})
        return {
            "loss": terms.pop("total"),
            **terms,
            "chosen_reward": chosen,
            "rejected_reward": rejected,
            "margin": chosen - rejected,
            "accuracy": (chosen > rejected).to(chosen.dtype),
            "drift": (log_probs - reference)[:, 0],
        }

    def evaluate(self, eval_dataset=None, ignore_keys=None, metric_key_prefix="eval"):
        """The same figures on held-out twins."""
        sums = torch.zeros_like(self.window)
        for samples, _, log_probs in self._forwards(eval_dataset or self.eval_dataset):
            figures = self._figures(log_probs, self.reference["eval"][samples])
            sums += _sums(figures, torch.ones_like(samples, dtype=torch.bool))
        metrics = _means(self.accelerator.reduce(sums, "sum"), f"{metric_key_prefix}_")
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    # Logging

    def _reset_window(self) -> None:
        # Sums of FIGURES since the last log entry, and the number of samples.
        self.window = torch.zeros(len(FIGURES) + 1, dtype=torch.float64, device=self.args.device)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs:
            logs |= _means(self.accelerator.reduce(self.window, "sum"))
            self._reset_window()
        super().log(logs, start_time)


class _ReferenceFirst(TrainerCallback):
    """The reference is computed when the model is wrapped, as it will be in training, and before its first step."""

    def __init__(self, trainer: ScDpoTrainer):
        self.trainer = trainer

    def on_train_begin(self, args, state, control, **kwargs):
        self.trainer.prepare_reference()


def _sums(figures: dict[str, torch.Tensor], real: torch.Tensor) -> torch.Tensor:
    """The sum of each figure over the samples that are no fillers, and their number; float64, (len(FIGURES) + 1,)."""
    table = torch.stack([figures[name].detach() for name in FIGURES] + [torch.ones_like(figures["loss"].detach())])
    return torch.where(real, table, 0).to(torch.float64).sum(1)


def _means(sums: torch.Tensor, prefix: str = "") -> dict[str, float]:
    *totals, count = sums.tolist()
    return {f"{prefix}{name}": total / count for name, total in zip(FIGURES, totals, strict=True)}
