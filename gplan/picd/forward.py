"""A causal language model's forward that returns section sums in training and is itself otherwise."""

from types import MethodType

import torch
from transformers import PreTrainedModel

from gplan.picd.loss import section_sums
from gplan.training.segments import segment_blocks, segment_mask

# transformers' name of the attention that takes a mask as blocks.
FLEX = "flex_attention"


def attach_section_loss(model: PreTrainedModel) -> None:
    """Lets ``model(input_ids=, labels=, sections=, …)`` return ``section_sums``; without ``sections`` nothing changes.

    It must be the model's own forward, and one call of it: DDP, DeepSpeed and autocast wrap exactly that. A packed
    batch (``segments``) is for flex attention, which ``set_attn_implementation(FLEX)`` gives a model on CUDA; elsewhere
    its mask is whole.

        hidden   h_0 h_1 … h_{L-2} h_{L-1}
        predicts x_1 x_2 … x_{L-1}            labels and sections (B, L) of x_0 … x_{L-1}
    """
    plain = model.forward

    def forward(self, input_ids=None, labels=None, sections=None, segments=None, position_ids=None, **kwargs):
        if sections is None:
            return plain(input_ids=input_ids, labels=labels, position_ids=position_ids, **kwargs)
        # Rows padded on the right need neither mask nor positions, see ProgressiveCotDistillCollater.
        mask = None
        if segments is not None:
            flex = self.config._attn_implementation == FLEX
            mask = segment_blocks(segments) if flex else segment_mask(segments)
        hidden: torch.Tensor = self.base_model(
            input_ids=input_ids, attention_mask=mask, position_ids=position_ids, use_cache=False
        ).last_hidden_state
        return section_sums(self.get_output_embeddings(), hidden[:, :-1], labels[:, 1:], sections[:, 1:])

    model.forward = MethodType(forward, model)
