"""Muon for the matrices of a model's layers, AdamW for all else, as one optimizer.

Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon; with the scale of Liu et al. 2025, arXiv 2502.16982) steps
along the momentum made orthogonal, so that no direction of a matrix is left behind. torch.optim.Muon takes the same
steps in bf16, which is twice as slow on a CPU.
"""

import math

import torch
from transformers import PreTrainedModel

MOMENTUM = 0.95
# Newton-Schulz, as published: five steps of X ← aX + b(XXᵀ)X + c(XXᵀ)²X bring all singular values near 1.
A, B, C = 3.4445, -4.775, 2.0315
STEPS = 5
_LEAST_NORM = 1e-7
# A step's root mean square is that of AdamW's, so that both take one rate and one decay.
_AS_ADAMW = 0.2


class MuonAdamW(torch.optim.Optimizer):
    """Steps of Muon for ``matrices``, of AdamW for ``others``; the same rate for both.

    Args:
        matrices: parameters of two dimensions.
        others: parameter groups of AdamW, each with its weight decay.
        weight_decay: of the matrices.
        adamw: further arguments of AdamW.
    """

    def __init__(
        self, matrices: list[torch.nn.Parameter], others: list[dict], *, lr: float, weight_decay: float, **adamw
    ):
        super().__init__([{"params": matrices, "weight_decay": weight_decay}], {"lr": lr})
        self._adamw = torch.optim.AdamW(others, lr=lr, **adamw)
        self.param_groups += self._adamw.param_groups
        self._share()

    def load_state_dict(self, state_dict: dict) -> None:
        super().load_state_dict(state_dict)
        self._share()

    def _share(self) -> None:
        """One state and one list of groups: what schedulers change and checkpoints hold is what AdamW sees."""
        self._adamw.state, self._adamw.param_groups = self.state, self.param_groups[1:]

    @torch.no_grad()
    def step(self, closure=None) -> None:
        self._adamw.step()
        group = self.param_groups[0]
        for matrix in group["params"]:
            if matrix.grad is None:
                continue
            state = self.state[matrix]
            if not state:
                state["momentum"] = torch.zeros_like(matrix)
            momentum = state["momentum"]
            momentum.lerp_(matrix.grad, 1 - MOMENTUM)
            update = orthogonal(matrix.grad.lerp(momentum, MOMENTUM))
            matrix.mul_(1 - group["lr"] * group["weight_decay"])
            matrix.add_(update, alpha=-group["lr"] * _AS_ADAMW * math.sqrt(max(matrix.shape)))


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """The matrix with its singular values brought near 1, about .7 to 1.2; (M, N) → (M, N)."""
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    wide = wide / wide.norm().clamp(min=_LEAST_NORM)
    for _ in range(STEPS):
        gram = wide @ wide.T
        wide = torch.addmm(wide, torch.addmm(gram, gram, gram, beta=B, alpha=C), wide, beta=A)
    return wide.T if matrix.shape[0] > matrix.shape[1] else wide


def muon_adamw(model: PreTrainedModel, decayed: list[str], args) -> MuonAdamW:
    """The optimizer of a model: Muon for every matrix but embedding and head.

    Args:
        decayed: names of the parameters that weight decay is for.
        args: the run's TrainingArguments.
    """
    tables = {model.get_input_embeddings().weight, model.get_output_embeddings().weight}
    matrices, others = [], ({"params": [], "weight_decay": args.weight_decay}, {"params": [], "weight_decay": 0.0})
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2 and parameter not in tables:
            matrices.append(parameter)
        else:
            others[name not in decayed]["params"].append(parameter)
    return MuonAdamW(
        matrices,
        [group for group in others if group["params"]],
        lr=args.learning_rate,
        weight_decay=args.weight_decay,
        betas=(args.adam_beta1, args.adam_beta2),
        eps=args.adam_epsilon,
        fused=True,
    )
