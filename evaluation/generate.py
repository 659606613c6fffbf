"""From a checkpoint and rows to response texts: free greedy decoding, on one process or under torchrun."""

import os

import torch
import torch.distributed as dist
from tqdm import tqdm
from transformers.utils import logging

from add_tokens.load import load_folder
from data_process.encode import RowEncoder
from data_process.schema import Row
from utils import is_main_process

# For a model that was not trained here and stores no limit of its own.
DEFAULT_RESPONSE_TOKENS = 256
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def generate_predictions(args, *tables: list[Row]) -> tuple[list[list[str]], bool] | None:
    """The response texts of each table's rows in order, and whether the model was trained to write latents.

    Prompt style and token limit are read from the checkpoint (``config.gplan``). Batches are cut from the rows of one
    table, sorted by length, before they are dealt out to the ranks, so a batch, and with it every figure, is the same
    on any number of processes, and whatever else is answered. None on every rank but the first.

    Args:
        args: ``model``, ``batch_size`` and ``dtype`` (``auto``: bf16 on CUDA, fp32 elsewhere).

    Raises:
        DataError: the folder holds no model that can be loaded.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if torch.cuda.is_available() else "cpu"
    dtype = args.dtype if args.dtype != "auto" else "bf16" if torch.cuda.is_available() else "fp32"

    tokenizer, model = load_folder(args.model, DTYPES[dtype])
    model = model.to(device).eval()
    settings = getattr(model.config, "gplan", None) or {}
    encoder = RowEncoder(tokenizer, settings.get("prompt_style", "full"))
    limit = settings.get("response_tokens", DEFAULT_RESPONSE_TOKENS)

    # A request is named by its table and its row there.
    prompts = {(t, r): encoder.prompt(row) for t, rows in enumerate(tables) for r, row in enumerate(rows)}
    batches = []
    for t, rows in enumerate(tables):
        order = sorted(((t, r) for r in range(len(rows))), key=lambda name: -len(prompts[name]))
        batches += [order[start : start + args.batch_size] for start in range(0, len(order), args.batch_size)]
    texts: dict[tuple[int, int], str] = {}
    mine = batches[rank::world]
    with tqdm(total=sum(map(len, mine)), desc="generating", unit="row", disable=not is_main_process()) as bar:
        for batch in mine:
            answers = greedy(model, encoder, [prompts[name] for name in batch], limit)
            texts.update(zip(batch, answers, strict=True))
            bar.update(len(batch))
    texts = _gather(texts, rank, world)
    if texts is None:
        return None
    found = [[texts[t, r] for r in range(len(rows))] for t, rows in enumerate(tables)]
    return found, settings.get("cot_mode") == "picd"


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
    answers = []
    for generated in output[:, longest:].tolist():
        end = generated.index(encoder.end) if encoder.end in generated else len(generated)
        answers.append(encoder.tokenizer.decode(generated[:end], clean_up_tokenization_spaces=False))
    return answers


def _gather(texts: dict[tuple[int, int], str], rank: int, world: int) -> dict[tuple[int, int], str] | None:
    if world == 1:
        return texts
    # gloo even on GPUs: only Python objects travel.
    dist.init_process_group("gloo")
    parts = [None] * world if rank == 0 else None
    dist.gather_object(texts, parts)
    dist.barrier()  # ranks leave together: one that finds its peer gone can abort in gloo's threads
    dist.destroy_process_group()
    return {name: text for part in parts for name, text in part.items()} if rank == 0 else None
