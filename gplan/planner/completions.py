"""Requests for an engine that serves a checkpoint behind OpenAI's completions endpoint, as vLLM does.

    python -m gplan.planner completions --model output --csv rows.csv > requests.jsonl

One line a row, the body of a ``POST /v1/completions``. It holds the row's prompt as token ids, for in a text an engine
would take a marker's name, which a POI may have, for the marker; and the grammar of the plans that are valid for it.
The text that comes back is what ``test.py --predictions`` scores.
"""

import argparse
import json
from collections.abc import Iterator

from config.stored import StoredSettings
from data_process.compression import scaffold
from data_process.encode import RowEncoder
from data_process.intents import MAX_PLAN, render_plan
from data_process.schema import Row
from data_process.usable import add_bad_rows, read_usable
from gplan.planner.ebnf import ebnf, load_encoder
from gplan.planner.grammar import LIBRARY

SERVED_NAME = "gplan"  # vllm serve output --served-model-name gplan


def bodies(rows: list[Row], encoder: RowEncoder, settings: StoredSettings) -> Iterator[dict]:
    """The request body of each row, for a checkpoint that stores these settings.

    ``{"model": "gplan", "prompt": [151644, …], "max_tokens": 306, "temperature": 0, "structured_outputs":
    {"grammar": "root ::= …"}, "spaces_between_special_tokens": False}``
    """
    mode = settings["cot_mode"]
    grammars = {has_order: ebnf(mode, has_order=has_order, encoder=encoder) for has_order in (True, False)}
    # The grammar ends a response; the limit has to leave room for the longest one: wrappers, reasoning, plan, end.
    reasoning = settings["response_tokens"] if mode == "cot_sft" else len(scaffold(MAX_PLAN, encoder.form.per_block))
    plan = max(len(ids) for ids in encoder.texts([render_plan([intent] * MAX_PLAN) for intent in LIBRARY]))
    for row in rows:
        yield {
            "model": SERVED_NAME,
            "prompt": encoder.prompt(row),
            "max_tokens": 2 + reasoning + plan + 1,
            "temperature": 0,
            "structured_outputs": {"grammar": grammars[bool(row["trigger_1"])]},
            "spaces_between_special_tokens": False,  # else vLLM may put some between latents
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="checkpoint folder, the one that is served")
    parser.add_argument("--csv", required=True, help="GSISR CSV")
    add_bad_rows(parser)


def run(args: argparse.Namespace) -> int:
    for body in bodies(read_usable(args.csv, args.bad_rows, None).rows, *load_encoder(args.model)):
        print(json.dumps(body, ensure_ascii=False))
    return 0
