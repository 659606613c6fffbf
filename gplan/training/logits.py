"""Cross entropies of chosen positions from hidden states, without ever holding all their logits at once.

Shapes: N positions, D hidden size, V vocabulary.
"""

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

# Head and cross entropy run in this many pieces, recomputed in backward: the (N, V) logits never exist at once.
# Fixed, never a function of the data: under ZeRO-3 every rank must call the head equally often.
CHUNKS = 4


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
