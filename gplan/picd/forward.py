"""A causal language model's forward that returns section sums in training and is itself otherwise."""

from types import MethodType

import torch
from transformers import PreTrainedModel

from gplan.picd.loss import section_sums


def attach_section_loss(model: PreTrainedModel) -> None:
    """Lets ``model(input_ids=, labels=, sections=)`` return ``section_sums``; without ``sections`` nothing changes.

    It must be the model's own forward, and one call of it: DDP, DeepSpeed and autocast wrap exactly that.

        hidden   h_0 h_1 … h_{L-2} h_{L-1}
        predicts x_1 x_2 … x_{L-1}            labels and sections (B, L) of x_0 … x_{L-1}
    """
    plain = model.forward

    def forward(self, input_ids=None, labels=None, sections=None, **kwargs):
        if sections is None:
            return plain(input_ids=input_ids, labels=labels, **kwargs)
        # No mask and no positions: rows are padded on the right, see ProgressiveCotDistillCollater.
        hidden: torch.Tensor = self.base_model(input_ids=input_ids, use_cache=False).last_hidden_state
        return section_sums(self.get_output_embeddings(), hidden[:, :-1], labels[:, 1:], sections[:, 1:])

    model.forward = MethodType(forward, model)
