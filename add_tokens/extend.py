"""Adds the 33 latents and the two ``<THOUGHT>`` wrappers to a tokenizer, and rows for them to a model.

They are ordinary added tokens (``special=False``), so that decoding with ``skip_special_tokens`` still shows
them. Qwen3's embedding has 151,936 rows for 151,669 tokenizer entries: the 35 fit into the spare rows. A matrix
never shrinks; one without room is enlarged to a multiple of 128.
"""

import json
from pathlib import Path

import torch
from tokenizers import AddedToken
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from config.zero import gathered
from data_process.compression import LATENTS_PER_BLOCK, scaffold
from data_process.intents import MAX_PLAN
from data_process.response import CLOSE, OPEN

LATENT_FILE = Path(__file__).with_name("extended_cot_vocabs.json")
# Standard deviation of a new row around the old mean, as a share of the old rows' own.
NOISE = 0.1


def latent_tokens(count: int = LATENTS_PER_BLOCK) -> list[str]:
    """The 35 added tokens: ``<THOUGHT>``, ``</THOUGHT>``, then the 33 latents in scaffold order.

    Args:
        count: latents of a block; beyond three the others follow behind all, so that the 35 keep their ids.
    """
    tokens = [OPEN, CLOSE, *json.loads(LATENT_FILE.read_text(encoding="utf-8"))]
    return [*tokens, *(name for name in scaffold(MAX_PLAN, count) if name not in tokens)]


def has_latents(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the tokenizer already holds all 35."""
    return tokenizer.get_added_vocab().keys() >= set(latent_tokens())


def add_latents(tokenizer: PreTrainedTokenizerBase, count: int = LATENTS_PER_BLOCK) -> list[str]:
    """Makes a tokenizer know the latent tokens; returns those that were new to it."""
    known = set(tokenizer.get_vocab())
    new = [token for token in latent_tokens(count) if token not in known]
    # Nothing is stripped or normalised around them: their text is exact.
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in new])
    return new


def extend(
    tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, *, seed: int, count: int = LATENTS_PER_BLOCK
) -> int:
    """Makes tokenizer and model know the 35 tokens, more where a block has more than three latents.

    Returns how many were new (0 for an extended checkpoint).

    New rows of the embedding, and of the head where it isn't tied to it, start at the mean of the rows in use
    plus small seeded noise: near zero logits for words never seen would be the likeliest of all otherwise.
    """
    used = len(tokenizer)
    new = add_latents(tokenizer, count)
    rows = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        model.resize_token_embeddings(len(tokenizer), pad_to_multiple_of=128, mean_resizing=False)
    if new:
        ids = {tokenizer.convert_tokens_to_ids(token) for token in new}
        # Rows that only fill up the enlarged matrix too: resizing drew them from the generator of the process.
        ids = torch.tensor(sorted(ids | set(range(rows, model.get_input_embeddings().num_embeddings))))
        generator = torch.Generator().manual_seed(seed)
        matrices = [model.get_input_embeddings().weight]
        head = model.get_output_embeddings().weight
        if head is not matrices[0]:
            matrices.append(head)
        for matrix in matrices:
            with gathered(matrix):
                _fill(matrix, ids, used, generator)
    return len(new)


@torch.no_grad()
def _fill(matrix: torch.Tensor, ids: torch.Tensor, used: int, generator: torch.Generator) -> None:
    """matrix: (V, D); rows ``ids`` become mean + NOISE · std · N(0, 1) of the first ``used`` rows."""
    old = matrix[:used].float()
    noise = torch.randn(len(ids), matrix.shape[1], generator=generator).to(matrix.device)
    matrix[ids.to(matrix.device)] = (old.mean(0) + NOISE * old.std(0) * noise).to(matrix.dtype)
