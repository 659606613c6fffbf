"""``ScDpoTrainer``: transformers' Trainer with the loss of SC-DPO over pairs of counterfactual twins."""

from pathlib import Path

import torch
from transformers import TrainerCallback

from config.zero import zero_stage
from data_process.encode import IGNORED
from gplan.scdpo.forward import attach_response_log_probs
from gplan.scdpo.loss import TERMS, WEIGHTS, sc_dpo_loss, sft_loss
from gplan.scdpo.pairs import PairCollater, PairDataset
from gplan.scdpo.reference import read_reference, reference_key, write_reference
from gplan.training.resumable import ResumableTrainer
from utils import InputError, say

# A log entry's figures, each a mean over samples: the loss and its terms; r⁺, r⁻ and their difference; the share with
# r⁺ > r⁻; log π_θ(y⁺) - log π_ref(y⁺) in nats.
FIGURES = ("loss", *TERMS, "chosen_reward", "rejected_reward", "margin", "accuracy", "drift")


class ScDpoTrainer(ResumableTrainer):
    """Aligns a PICD model on ``PairDataset`` (GPlan, Eq. 6 to 13); the reference is the model it starts from.

    The loss is the mean over the samples of the global batch, however that is cut into micro-batches and ranks. Each
    log entry holds ``FIGURES`` and ``learning_rate``. ``settings["--model"]`` names the reference's weights.
    """

    sample_name = "pair"

    def __init__(self, model, args, train_dataset: PairDataset, data_collator: PairCollater, **kwargs):
        attach_response_log_probs(model)
        data = {"train_dataset": train_dataset, "data_collator": data_collator}
        super().__init__(model=model, args=args, sums=len(FIGURES) + 1, **data, **kwargs)
        # (samples, 2), fp32, by the name of the dataset: log π_ref of chosen and rejected response.
        self.reference: dict[str, torch.Tensor] = {}
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
        values = torch.zeros(len(dataset), 2, device=self.args.device)
        for _, about, log_probs in self.forwards(dataset):
            real = about["samples"] >= 0
            values[about["samples"][real]] = log_probs[real]
        return self.accelerator.reduce(values, "sum")

    # Loss

    def split_batch(self, batch: dict) -> tuple[dict, dict]:
        about = {name: batch[name] for name in PairCollater.ABOUT}
        return {name: tensor for name, tensor in batch.items() if name not in about}, about

    def batch_counts(self, batch: dict) -> torch.Tensor:
        """Samples that are no fillers."""
        return (batch["samples"] >= 0).sum()

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        inputs, about = self.split_batch(inputs)
        real = about["samples"] >= 0
        figures = self._figures(model(**inputs), inputs["targets"], about["samples"], "train")
        self.window += _sums(figures, real)
        losses = torch.where(real, figures["loss"], 0)
        for pair, loss in zip(about["pairs"].split(1), losses.detach().split(1), strict=True):
            self.step_losses.append((pair, loss))
        return self.summed_over_ranks(losses.sum() / num_items_in_batch)

    # Figures

    def _figures(
        self, log_probs: torch.Tensor, targets: torch.Tensor, samples: torch.Tensor, dataset: str
    ) -> dict[str, torch.Tensor]:
        """Each sample's ``FIGURES``, (B,), from log π_θ of chosen and rejected response, (B, 2).

        Args:
            targets: their tokens, (B, 2, R), -100 behind their ends.
            samples: their numbers in the dataset, ``"train"`` or ``"eval"``; -1 for a filler.
        """
        # A filler has no response: both its log-probabilities are 0, and so is what is made of them here.
        reference = torch.where((samples >= 0)[:, None], self.reference[dataset][samples.clamp(min=0)], 0)
        chosen, rejected = (self.args.beta * (log_probs - reference)).unbind(1)  # (6, 7)
        terms = sc_dpo_loss(chosen, rejected, **{weight: getattr(self.args, weight) for weight in WEIGHTS})
        loss = terms.pop("total")
        if self.args.loss == "sft":
            loss = sft_loss(log_probs[:, 0], (targets[:, 0] != IGNORED).sum(-1))
        return {
            "loss": loss,
            **terms,
            "chosen_reward": chosen,
            "rejected_reward": rejected,
            "margin": chosen - rejected,
            "accuracy": (chosen > rejected).to(chosen.dtype),
            "drift": (log_probs - reference)[:, 0],
        }

    def logged_figures(self, sums: list[float]) -> dict[str, float]:
        *totals, count = sums
        return {name: total / count for name, total in zip(FIGURES, totals, strict=True)}

    def validation_sums(self, dataset) -> torch.Tensor:
        sums = torch.zeros_like(self.window)
        for inputs, about, log_probs in self.forwards(dataset):
            figures = self._figures(log_probs, inputs["targets"], about["samples"], "eval")
            sums += _sums(figures, about["samples"] >= 0)
        return sums

    def validation_figures(self, sums: torch.Tensor) -> dict[str, float]:
        return self.logged_figures(sums.tolist())


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
