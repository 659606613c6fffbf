"""A causal language model's forward that returns log-probabilities of what may be chosen at decisions.

Shapes: B rows, L positions, N decisions, C tokens that may be chosen at most, D hidden size.
"""

from types import MethodType

import torch
from transformers import PreTrainedModel


def attach_decision_log_probs(model: PreTrainedModel) -> None:
    """Lets ``model(input_ids=, mask=, position_ids=, sources=, allowed=, …)`` return ``decision_log_probs``;
    without ``allowed`` nothing changes.

    It must be the model's own forward, and one call of it: DDP, DeepSpeed and autocast wrap exactly that.
    """
    plain = model.forward

    def forward(
        self, input_ids=None, mask=None, position_ids=None, sources=None, allowed=None, temperature=1.0, **kwargs
    ):
        if allowed is None:
            return plain(input_ids=input_ids, position_ids=position_ids, **kwargs)
        hidden = self.base_model(
            input_ids=input_ids, attention_mask=mask, position_ids=position_ids, use_cache=False
        ).last_hidden_state
        weights = self.get_output_embeddings().weight
        return decision_log_probs(weights, hidden.flatten(0, 1)[sources], allowed, temperature)

    model.forward = MethodType(forward, model)


def decision_log_probs(
    weights: torch.Tensor, states_ND: torch.Tensor, allowed_NC: torch.Tensor, temperature: float
) -> torch.Tensor:
    """Log-probabilities among the allowed tokens at a temperature, (N, C), fp32; -inf where there is none (-1).

    Args:
        weights: the head's, (vocabulary, D); the planner's head has no bias either.
    """
    with torch.autocast(states_ND.device.type, enabled=False):  # as the planner: 16-bit logits tie where none are equal
        rows = weights[allowed_NC.clamp(min=0)].float()
        logits = torch.einsum("ncd,nd->nc", rows, states_ND.float()) / temperature
        return logits.masked_fill(allowed_NC < 0, float("-inf")).log_softmax(-1)
