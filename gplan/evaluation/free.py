"""Free greedy decoding by Hugging Face's generate: from a checkpoint and rows to response texts."""

import torch

from add_tokens.load import load_folder
from config.stored import stored_settings
from data_process.encode import RowEncoder
from data_process.schema import Row
from gplan.evaluation.predictions import Predictions
from gplan.metrics.placement import answer_tables, placement

# For a model that was not trained here and stores no limit of its own.
DEFAULT_RESPONSE_TOKENS = 256


def generate_predictions(args, *tables: list[Row]) -> Predictions | None:
    """The responses to each table's rows; None on every rank but the first.

    Prompt style and token limit are those that the checkpoint stores.

    Args:
        args: ``model``, ``batch_size`` and ``dtype``.

    Raises:
        InputError: the folder holds no model that can be loaded.
    """
    device, dtype = placement(args.dtype)
    tokenizer, model = load_folder(args.model, dtype)
    model = model.to(device).eval()
    settings = stored_settings(args.model)
    encoder = RowEncoder(tokenizer, settings.get("prompt_style", "full"))
    limit = settings.get("response_tokens", DEFAULT_RESPONSE_TOKENS)
    prompts = [[encoder.prompt(row) for row in rows] for rows in tables]
    texts = answer_tables(prompts, args.batch_size, len, lambda batch: greedy(model, encoder, batch, limit))
    return Predictions(texts, settings.get("cot_mode") == "picd") if texts is not None else None


@torch.no_grad()
def greedy(model, encoder: RowEncoder, prompts: list[list[int]], limit: int) -> list[str]:
    """The responses to a batch of prompts, up to the end token or ``limit`` tokens, decoded without the end token."""
    pad = encoder.tokenizer.pad_token_id
    longest = max(map(len, prompts))
    ids = torch.tensor([[pad] * (longest - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    output = model.generate(
        input_ids=ids.to(model.device),
        attention_mask=mask.to(model.device),
        max_new_tokens=limit,
        do_sample=False,
        use_cache=True,
        eos_token_id=encoder.end,
        pad_token_id=pad,
    )
    return [encoder.response_text(generated) for generated in output[:, longest:].tolist()]
