"""Does the planner answer as token-by-token decoding does? On every row of a file:

    python -m gplan.planner agreement --model output --csv rows.csv [--dtype bf16]

Compares with Hugging Face's generate held to the same automaton (``prefix_allowed_tokens_fn``), and with free greedy
decoding wherever that happens to keep to the automaton. Sums taken in another order differ by rounding, so a row that
differs where the two best tokens' logits lie within 1e-4 is excepted and counted.
"""

import argparse
import json
from typing import NamedTuple

import torch
from tqdm import tqdm
from transformers import PreTrainedModel
from transformers.utils import logging

from add_tokens.load import load_folder
from data_process.encode import RowEncoder
from data_process.schema import Row
from data_process.usable import add_bad_rows, read_usable
from gplan.metrics.placement import placement
from gplan.planner.decode import Planner
from gplan.planner.grammar import Grammar
from gplan.planner.request import Answer

NEAR_TIE = 1e-4  # of logits
_LONGEST_PLAN = 512  # tokens; more than nine intents and a scaffold take


class Generated(NamedTuple):
    """What generate wrote: ids with the end token, and at each place the lead of the best allowed logit on the next."""

    ids: list[int]
    leads: list[float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="./output", help="checkpoint folder")
    parser.add_argument("--csv", required=True, help="GSISR rows; labels are not looked at")
    add_bad_rows(parser)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--dtype", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON and nothing else")


def run(args: argparse.Namespace) -> int:
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    figures = compare(args.model, read_usable(args.csv, args.bad_rows, None).rows, args.dtype, args.batch_size)
    print(json.dumps(figures) if args.json else text(figures))
    return 1 if figures["constrained_differs"] or figures["free_differs"] else 0


def compare(folder: str, rows: list[Row], dtype: str, batch_size: int) -> dict:
    """Counts of rows: those that agree, differ at a near tie, or differ otherwise (in fp32 that would be a defect)."""
    device, kind = placement(dtype)
    planner = Planner.load(folder, dtype=kind, device=device, slots=batch_size)
    answers = planner.plan(rows)
    model = load_folder(folder, kind)[1].to(device).eval()
    figures = {"rows": len(rows), "constrained_same": 0, "constrained_near_tie": 0, "constrained_differs": 0}
    figures |= {"free_accepted": 0, "free_same": 0, "free_near_tie": 0, "free_differs": 0}
    for start in tqdm(range(0, len(rows), batch_size), desc="generating", unit="batch"):
        batch = rows[start : start + batch_size]
        for held, name in ((planner.grammar, "constrained"), (None, "free")):
            responses = generate(model, planner.encoder, batch, planner.limit, held)
            for row, answer, other in zip(batch, answers[start:], responses, strict=False):
                if held or planner.grammar.accepts(other.ids, has_order=bool(row["trigger_1"])):
                    figures["free_accepted"] += not held
                    figures[f"{name}_{verdict(answer, other)}"] += 1
    return figures


def verdict(answer: Answer, other: Generated) -> str:
    """``same``, or at the first token that differs ``near_tie`` or ``differs``."""
    for mine, token, lead in zip(answer.ids, other.ids, other.leads, strict=False):
        if mine != token:
            return "near_tie" if lead < NEAR_TIE else "differs"
    return "same" if len(answer.ids) == len(other.ids) else "differs"


def generate(
    model: PreTrainedModel, encoder: RowEncoder, rows: list[Row], limit: int, grammar: Grammar | None
) -> list[Generated]:
    """Greedy decoding by Hugging Face, token by token, held to the grammar or free."""
    prompts = [encoder.prompt(row) for row in rows]
    longest = max(map(len, prompts))
    pad = encoder.tokenizer.pad_token_id
    barred = grammar.control - {grammar.close} if grammar else ()
    anything = [token for token in range(len(encoder.tokenizer)) if token not in barred]

    def allowed(batch: int, ids: torch.Tensor) -> list[int]:
        state = grammar.after(ids[longest:].tolist(), has_order=bool(rows[batch]["trigger_1"]))
        if state is None or state.node == grammar.final:
            return [pad]  # behind the end token, where generate waits for the batch's longest
        if grammar.is_free(state):
            return [grammar.close] if ids.shape[0] - longest >= limit else anything
        return grammar.allowed(state)

    output = model.generate(
        input_ids=torch.tensor([[pad] * (longest - len(prompt)) + prompt for prompt in prompts], device=model.device),
        attention_mask=torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]).to(
            model.device
        ),
        prefix_allowed_tokens_fn=allowed if grammar else None,
        max_new_tokens=limit + (_LONGEST_PLAN if grammar else 0),
        do_sample=False,
        eos_token_id=encoder.end,
        pad_token_id=pad,
        return_dict_in_generate=True,
        output_scores=True,
    )
    best = torch.stack([scores.float().topk(2).values for scores in output.scores], dim=1)  # (B, T, 2)
    leads = (best[..., 0] - best[..., 1]).tolist()
    responses = []
    for ids, lead in zip(output.sequences[:, longest:].tolist(), leads, strict=True):
        end = ids.index(encoder.end) + 1 if encoder.end in ids else len(ids)
        responses.append(Generated(ids[:end], lead[:end]))
    return responses


def text(figures: dict) -> str:
    """What is printed."""
    return "\n".join(
        [
            "{rows} rows".format(**figures),
            "held to the automaton: {constrained_same} the same, {constrained_near_tie} differ at a near tie, "
            "{constrained_differs} differ".format(**figures),
            "free: {free_accepted} keep to the automaton; of these {free_same} the same, {free_near_tie} differ at a "
            "near tie, {free_differs} differ".format(**figures),
        ]
    )
