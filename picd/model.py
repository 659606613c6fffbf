"""A causal language model's forward that returns section sums in training and is itself otherwise."""

from types import MethodType

import torch
from transformers import PreTrainedModel

from picd.loss import section_sums


def attach_section_loss(model: PreTrainedModel) -> None:
    """Lets ``model(…, labels=, sections=)`` return ``section_sums``; without ``sections`` nothing changes.

    It must be the model's own forward, and one call of it: DDP, DeepSpeed and autocast wrap exactly that.

        hidden   h_0 … h_{L-R-1} … h_{L-2} h_{L-1}
        predicts             x_{L-R} … x_{L-1}          = labels (B, R)
    """
    plain = model.forward

    def forward(self, input_ids=None, attention_mask=None, position_ids=None, labels=None, sections=None, **kwargs):
        if sections is None:
            return plain(
                input_ids=input_ids,
                attention_mask=attention_mask,
                position_ids=position_ids,
                labels=labels,
                **kwargs,
            )
        output = self.base_model(
            input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, use_cache=False
        )
        tail: torch.Tensor = output.last_hidden_state[:, -labels.shape[1] - 1 : -1]
        return section_sums(self.get_output_embeddings(), tail, labels, sections)

    model.forward = MethodType(forward, model)
