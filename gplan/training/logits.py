"""Cross entropies of chosen positions from hidden states, without ever holding all their logits at once.

Shapes: N positions, D hidden size, V vocabulary.
"""

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from utils import InputError

# Head and cross entropy run in this many pieces, recomputed in backward: the (N, V) logits never exist at once.
# Fixed, never a function of the data: under ZeRO-3 every rank must call the head equally often.
CHUNKS = 4
# Of the largest logit, fp32: sums in another order (seen: 1e-6).
TOLERANCE = 1e-3


def token_losses(head, hidden_ND: torch.Tensor, labels_N: torch.Tensor, chunks: int = CHUNKS) -> torch.Tensor:
    """-log p of each label given the state that predicts it, fp32, (N,).

    Args:
        head: module from (N, D) to logits (N, V).
    """
    losses = [
        checkpoint(_losses, head, hidden, labels, use_reentrant=False)
        for hidden, labels in zip(hidden_ND.tensor_split(chunks), labels_N.tensor_split(chunks), strict=True)
    ]
    return torch.cat(losses)


def _losses(head, hidden_ND, labels_N):
    return F.cross_entropy(head(hidden_ND).float(), labels_N, reduction="none")


@torch.no_grad()
def check_model(model: PreTrainedModel, ids: list[int]) -> None:
    """Raises InputError unless head and base model make the model's own logits, under a mask of four dimensions too.

    Losses here apply the head to the base model's states. A family that scales or caps its logits in between, or that
    reads a mask in its own way, would be trained as another model than it is asked as. Weights that ZeRO-3 has parted
    are not looked at.

    Args:
        ids: some tokens, at least two.
    """
    if any(hasattr(parameter, "ds_id") for parameter in model.parameters()):
        return
    ids_1L = torch.tensor([ids], device=model.device)
    causal = torch.ones(1, 1, len(ids), len(ids), dtype=torch.bool, device=model.device).tril()
    own = model(input_ids=ids_1L, use_cache=False).logits
    head = model.get_output_embeddings()
    for mask in (None, causal):
        states = model.base_model(input_ids=ids_1L, attention_mask=mask, use_cache=False).last_hidden_state
        distance = ((head(states) - own).abs().max() / own.abs().max()).item()
        if distance > TOLERANCE:
            raise InputError(
                f"--model: a {model.config.model_type} can't be trained here: its logits are not its head's of its "
                f"last states{'' if mask is None else ' under a mask'} ({distance:.1%} off); give a model of another "
                "family, like Qwen3 or Llama"
            )
