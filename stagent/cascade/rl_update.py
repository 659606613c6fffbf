"""One optimizer step of the RL stage: GSPO's loss over a batch of judged sequences, cut into micro-batches."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedModel

from stagent.cascade.policy_loss import PolicyFigures, gspo_loss
from stagent.cascade.recipe import CascadeRecipe
from stagent.cascade.rl_batch import Judgement, SequenceBatch, batch_of

MICRO = 32  # sequences of a micro-batch, those of like length together
_NORM = 1.0


class TokenLogits(NamedTuple):
    """Of the written ids of a batch: log-probability and entropy of the distribution they came from, (B, T)."""

    logps: Tensor
    entropy: Tensor


def token_logps(model: PreTrainedModel, batch: SequenceBatch, temperature: float = 1.0) -> TokenLogits:
    """Logits exist at written ids alone; elsewhere both are 0."""
    hidden_BTD = model.base_model(input_ids=batch.ids[:, :-1], use_cache=False).last_hidden_state
    logits_NV = model.get_output_embeddings()(hidden_BTD[batch.written]).float() / temperature
    logps_NV = logits_NV.log_softmax(-1)
    taken_N = logps_NV.gather(1, batch.ids[:, 1:][batch.written][:, None])[:, 0]
    with torch.no_grad():
        entropy_N = -(logps_NV.exp() * logps_NV).sum(-1)
    places = batch.written.nonzero(as_tuple=True)
    nothing = torch.zeros(batch.written.shape, device=hidden_BTD.device)
    return TokenLogits(nothing.index_put(places, taken_N), nothing.index_put(places, entropy_N))


def update(
    model: PreTrainedModel,
    reference: PreTrainedModel | None,
    optimizer: torch.optim.Optimizer,
    judged: Sequence[Judgement],
    pad: int,
    recipe: CascadeRecipe,
) -> PolicyFigures:
    """One step on judged sequences; the mean over all of them, however they are cut. Figures are their means.

    Raises:
        FloatingPointError: the gradient is not a number; the weights are as before.
    """
    model.train()
    optimizer.zero_grad()
    ordered = sorted(judged, key=lambda each: len(each.sequence.ids))
    parts = [ordered[place : place + MICRO] for place in range(0, len(ordered), MICRO)]
    found: list[tuple[int, PolicyFigures]] = []
    for part in parts:
        batch = SequenceBatch(*(each.to(model.device) for each in batch_of(part, pad)))
        with torch.no_grad():
            of_reference = token_logps(reference, batch).logps if reference is not None else None
        now = token_logps(model, batch)
        loss, figures = gspo_loss(
            now.logps,
            batch.logprobs,
            of_reference,
            batch.advantages,
            batch.written,
            low=recipe.clip_low,
            high=recipe.clip_high,
            beta=recipe.beta,
            entropy=now.entropy,
            sequences=len(judged),
        )
        loss.backward()
        found.append((len(part), figures))
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), _NORM)
    if not norm.isfinite():
        optimizer.zero_grad()
        raise FloatingPointError("the gradient of an RL step is not a number; lower rl_rate in the recipe")
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    model.eval()
    return PolicyFigures(
        *(sum(n * row[i] for n, row in found) / len(judged) for i in range(len(PolicyFigures._fields)))
    )
