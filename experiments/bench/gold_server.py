"""serve.py with a planner that decides as rows' labels do: the server that ``bench serve --backbone`` loads.

    python -m experiments.bench.gold_server rows.csv --model FOLDER --examples rows.csv …        # serve.py's own flags

Requests are those rows; any other has no decisions here, and is the server's fault (500). All else is the server's:
reading, queue, batches, passes, the log.
"""

import sys
from pathlib import Path

from transformers import PreTrainedModel

import serve
from data_process.encode import RowEncoder
from data_process.schema import read_rows
from experiments.bench.decoders import GoldPlanner, gold_responses
from gplan.serving import process
from utils import door


def main() -> int:
    path = Path(sys.argv.pop(1))
    rows = read_rows(path)

    class LabelPlanner(GoldPlanner):
        def __init__(self, model: PreTrainedModel, encoder: RowEncoder, mode: str, **settings):
            super().__init__(gold_responses(encoder, rows, path), rows, model, encoder, mode, **settings)

    process.Planner = LabelPlanner
    return serve.main()


if __name__ == "__main__":
    sys.exit(door(main))
