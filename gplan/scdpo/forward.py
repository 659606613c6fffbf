"""A causal language model's forward that returns the log-probability of two responses to a prompt.

Shapes: B samples, L positions, R tokens of the longest response, N targets, D hidden size.
"""

from types import MethodType

import torch
from transformers import PreTrainedModel

from data_process.encode import IGNORED
from gplan.training.logits import token_losses
from gplan.training.segments import segment_mask


def attach_response_log_probs(model: PreTrainedModel) -> None:
    """Lets ``model(input_ids=, sources=, targets=, …)`` return ``response_log_probs``; otherwise nothing changes.

    It must be the model's own forward, and one call of it: DDP, DeepSpeed and autocast wrap exactly that.
    """
    plain = model.forward

    def forward(self, input_ids=None, sources=None, targets=None, segments=None, position_ids=None, **kwargs):
        if targets is None:
            return plain(input_ids=input_ids, position_ids=position_ids, **kwargs)
        # Without segments no mask: rows are padded on the right, so plainly causal attention is right, and faster.
        mask = None if segments is None else segment_mask(segments)
        hidden = self.base_model(
            input_ids=input_ids, attention_mask=mask, position_ids=position_ids, use_cache=False
        ).last_hidden_state
        return response_log_probs(self.get_output_embeddings(), hidden, sources, targets)

    model.forward = MethodType(forward, model)


def response_log_probs(head, hidden: torch.Tensor, sources_B2R: torch.Tensor, targets_B2R: torch.Tensor):
    """Sums of the targets' log-probabilities, fp32, (B, 2): logits exist at the responses' positions only.

    Args:
        head: module from (N, D) to logits.
        hidden: (any, L, D); ``sources`` count its positions row by row.
        sources_B2R: which position predicts each target.
        targets_B2R: the tokens of both responses, -100 where a response has ended.
    """
    wanted = targets_B2R != IGNORED
    losses_N = token_losses(head, hidden.flatten(0, 1)[sources_B2R[wanted]], targets_B2R[wanted])
    losses_B2R = torch.zeros(targets_B2R.shape, dtype=losses_N.dtype, device=losses_N.device)
    return -losses_B2R.masked_scatter(wanted, losses_N).sum(-1)
