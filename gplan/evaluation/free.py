"""Free greedy decoding by Hugging Face's generate: from a checkpoint and rows to response texts."""

import torch

from add_tokens.load import load_folder, longest_sequence
from config.stored import StoredSettings, stored_settings
from data_process.compression import MAX_BLOCKS
from data_process.encode import IGNORED, EncodedRow, RowEncoder
from data_process.response import parse_response, plan_text
from data_process.schema import LABEL, Row
from gplan.evaluation.predictions import Predictions
from gplan.metrics.placement import answer_tables, placement
from utils import InputError, say

# For a model that was not trained here and stores no limit of its own.
DEFAULT_RESPONSE_TOKENS = 256


def generate_predictions(args, *tables: list[Row]) -> Predictions | None:
    """The responses to each table's rows; None on every rank but the first.

    Prompt style and token limit are those that the checkpoint stores, if ``max_new_tokens`` doesn't say otherwise.

    Args:
        args: ``model``, ``batch_size``, ``dtype`` and ``max_new_tokens``.

    Raises:
        InputError: the folder holds no model that can be loaded.
    """
    device, dtype = placement(args.dtype)
    tokenizer, model = load_folder(args.model, dtype)
    model = model.to(device).eval()
    settings = stored_settings(args.model)
    encoder = RowEncoder.of(tokenizer, {"prompt_style": "full"} | settings)
    limit = args.max_new_tokens or settings.get("response_tokens", DEFAULT_RESPONSE_TOKENS)
    _warn_of_cuts(encoder, tables[0], settings, limit)
    prompts = [[encoder.prompt(row) for row in rows] for rows in tables]
    if (longest := max(len(ids) for table in prompts for ids in table) + limit) > longest_sequence(model.config):
        raise InputError(
            f"--model {args.model}: attends to {longest_sequence(model.config)} tokens, a prompt and its response may "
            f"take {longest}; give a model with more positions, rows with shorter histories, or less --max_new_tokens"
        )
    found = answer_tables(prompts, args.batch_size, len, lambda batch: greedy(model, encoder, batch, limit))
    if found is None:
        return None
    texts, cut = ([[one[i] for one in table] for table in found] for i in range(2))
    return Predictions(texts, settings.get("cot_mode") == "picd", cut=cut, limit=limit)


def _warn_of_cuts(encoder: RowEncoder, rows: list[Row], settings: StoredSettings, limit: int) -> None:
    """Says so if the model could not write the gold responses of some rows, however well it knew them."""
    lengths = gold_lengths(encoder, rows, settings)
    if over := sum(length > limit for length in lengths):
        say(
            f"warning: {over} of {len(rows)} gold responses are longer than the {limit} tokens that the model may "
            f"write, and will be cut; --max_new_tokens {max(lengths)} has room for all"
        )


def gold_lengths(encoder: RowEncoder, rows: list[Row], settings: StoredSettings) -> list[int]:
    """Tokens of each row's gold response as a checkpoint with these settings writes it, end token included.

    A label's reasoning counts where the model writes reasoning as text: always in cot_sft, in picd from the stage on
    that was reached. A label without any counts as its plan, behind the scaffold in picd.
    """
    mode = settings.get("cot_mode", "direct_sft")
    stage = 0 if mode == "cot_sft" else settings.get("stage", MAX_BLOCKS)
    lengths = []
    for row, encoded in zip(rows, encoder.encode(rows), strict=True):
        plan = parse_response(row[LABEL]).plan
        if isinstance(encoded, EncodedRow) and encoded.blocks and mode != "direct_sft":
            lengths.append(sum(label != IGNORED for label in encoder.lay_out(encoded, stage, mode).labels))
        elif mode == "picd":
            lengths.append(len(encoder.latent_response(plan)))
        else:
            lengths.append(len(encoder.text(plan_text(plan))) + 1)
    return lengths


@torch.no_grad()
def greedy(model, encoder: RowEncoder, prompts: list[list[int]], limit: int) -> list[tuple[str, bool]]:
    """The responses to a batch of prompts, decoded without the end token, and whether ``limit`` tokens cut them."""
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
    responses = output[:, longest:].tolist()
    return [(encoder.response_text(ids), encoder.end not in ids) for ids in responses]
