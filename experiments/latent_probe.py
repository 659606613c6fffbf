"""Can a step's intent be read back from its latents' states? A linear probe, per layer, on tool and tag.

python -m experiments.latent_probe --model output                       # a checkpoint whose reasoning is latent
python -m experiments.latent_probe --csv output_tables/held_out.csv --rows 4000 \\
  --model output_tables/4?/latents_3 --textless output_tables/4?/latents_alone --write

A row's own plan is laid out fully latent behind its prompt; the states at T_i's latents, put together, are what the
probe sees, and intent i's tool and tag what it says. The latents are the same for all rows, so what tells plans apart
in their states has come from the prompt. Beside it the same on the prompt's last state, on the first layer, which is
the embedding, and the commonest answer of step i. Every step has a probe of its own. Rows are parted in halves: one to
fit, one to score.
Folders of one kind are seeds: figures are means, in brackets the difference to the first line, seed by seed.
"""

import argparse
import shlex
import sys
from collections import Counter
from typing import NamedTuple

import numpy as np
import torch

from add_tokens.load import load_folder
from config.command_line import number
from config.stored import trained_settings
from data_process.encode import RowEncoder
from data_process.intents import TAG, TOOL_KEY, Plan
from data_process.schema import Row
from experiments.results import FOLDER as RESULTS
from experiments.results import Result, markdown, measured_with, write_result
from experiments.table.figures import cells_of
from gplan.evaluation.gold import read_gold
from gplan.starter.rows import embedded_held_out
from utils import InputError, Parser, door, environment, say

WANTED = {"tool": TOOL_KEY, "tag": TAG}
BATCH = 32
# Of the ridge that fits the probe, relative to the mean square of what it sees. From a tenth of it to three times it
# the accuracies of 4,000 rows stay within .015.
RIDGE = 0.1


class Seen(NamedTuple):
    """What was seen at the steps of some rows, S of them: states by layer (S, D), step numbers and answers."""

    latents: dict[int, np.ndarray]
    prompt: dict[int, np.ndarray]
    steps: np.ndarray
    answers: dict[str, np.ndarray]


def main() -> int:
    parser = Parser(
        prog="python -m experiments.latent_probe",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", nargs="+", required=True, metavar="FOLDER", help="fully latent checkpoints, by seed")
    parser.add_argument(
        "--textless", nargs="+", default=[], metavar="FOLDER", help="the same, trained without reasoning text"
    )
    parser.add_argument("--csv", help="GSISR rows; unset: the embedded held-out ones")
    parser.add_argument("--rows", type=number(int, 20), default=1000, help="of them [1000]")
    parser.add_argument("--write", action="store_true", help="write experiments/results/latent_probe.json")
    args = parser.parse_args()
    gold = read_gold(args.csv or str(embedded_held_out()), None)
    rows, plans = gold.rows[: args.rows], gold.plans[: args.rows]
    groups = {"PICD": args.model, "without text": args.textless}
    found = {name: [probe(folder, rows, plans) for folder in folders] for name, folders in groups.items() if folders}
    lines = merged(found)
    head = about(len(rows), args)
    if args.write:
        write_result(RESULTS / "latent_probe.json", head, lines)
    print(markdown(Result("latent_probe", rows=lines, **head)))
    return 0


def merged(groups: dict[str, list[dict[str, dict[str, float]]]]) -> list[dict]:
    """Table lines of what ``probe`` found, ``groups``: kind of checkpoint -> seeds -> figures by what is seen."""
    names = list(next(iter(groups.values()))[0])
    cells = {
        (place, seed, seed): {
            f"{group}: {what}": found[seed][name][what]
            for group, found in groups.items()
            if seed < len(found)
            for what in WANTED
        }
        for place, name in enumerate(names)
        for seed in range(max(map(len, groups.values())))
    }
    return [{"seen": name} | line for name, line in zip(names, cells_of(cells), strict=True)]


def about(rows: int, args: argparse.Namespace) -> dict:
    made, groups = environment(), ["PICD"] + ["without text"] * bool(args.textless)
    return {
        "title": "A step's tool and tag, read back from the states at its latents",
        "command": [shlex.join(["python", "-m", "experiments.latent_probe", *sys.argv[1:]])],
        **measured_with(made),
        "note": f"Accuracy of a linear probe over the steps of {rows:,} rows, half of them to fit it; "
        f"{len(args.model)} seeds.",
        "columns": {"seen": None} | {f"{group}: {what}": ".3f" for group in groups for what in WANTED},
    }


def probe(folder: str, rows: list[Row], plans: list[Plan]) -> dict[str, dict[str, float]]:
    """Accuracies by what is seen, of tool and of tag: ``{"latents, layer 4": {"tool": 0.91, "tag": 0.84}, …}``.

    Raises:
        InputError: no checkpoint whose reasoning is latent.
    """
    tokenizer, model = load_folder(folder, torch.float32)
    stored = trained_settings(folder)
    if stored["cot_mode"] != "picd":
        raise InputError(f"--model {folder}: was trained with {stored['cot_mode']}; give a checkpoint with latents")
    say(f"{folder}: states of {len(rows)} rows")
    seen = see(model.eval(), RowEncoder.of(tokenizer, stored), rows, plans)
    fitted = np.arange(len(seen.steps)) < len(seen.steps) // 2
    figures = {"commonest of the step": {what: _commonest(seen, what, fitted) for what in WANTED}}
    for name, states in (("prompt's last state", seen.prompt), ("latents", seen.latents)):
        for layer, values in states.items():
            figures[f"{name}, layer {layer}"] = {what: _read(values, seen, what, fitted) for what in WANTED}
    return figures


@torch.inference_mode()
def see(model, encoder: RowEncoder, rows: list[Row], plans: list[Plan]) -> Seen:
    """The states of every layer at each step's latents, and at the prompt's end."""
    device, latents, prompts, steps = model.device, {}, {}, []
    answers: dict[str, list[str]] = {what: [] for what in WANTED}
    pairs = list(zip(rows, plans, strict=True))
    for begin in range(0, len(pairs), BATCH):
        some = pairs[begin : begin + BATCH]
        lines = [(encoder.prompt(row), encoder.latent_response(plan)) for row, plan in some]
        length = max(len(prompt) + len(response) for prompt, response in lines)
        pad = encoder.tokenizer.pad_token_id
        ids = [[*prompt, *response, *[pad] * (length - len(prompt) - len(response))] for prompt, response in lines]
        found = model(torch.tensor(ids, device=device), output_hidden_states=True, use_cache=False).hidden_states
        for number_, ((prompt, response), (_, plan)) in enumerate(zip(lines, some, strict=True)):
            for step, intent in enumerate(plan):
                own = encoder.latents[step + 2]
                at = [len(prompt) + response.index(token) for token in own]
                steps.append(step)
                for what, key in WANTED.items():
                    answers[what].append(intent.get(key, ""))
                for layer, states in enumerate(found):
                    latents.setdefault(layer, []).append(states[number_, at].flatten().cpu().numpy())
                    prompts.setdefault(layer, []).append(states[number_, len(prompt) - 1].cpu().numpy())
    return Seen(
        {layer: np.stack(values) for layer, values in latents.items()},
        {layer: np.stack(values) for layer, values in prompts.items()},
        np.array(steps),
        {what: np.array(values) for what, values in answers.items()},
    )


def _commonest(seen: Seen, what: str, fitted: np.ndarray) -> float:
    """Accuracy of each step's commonest answer."""
    answers = seen.answers[what]
    best = {step: Counter(answers[fitted & (seen.steps == step)]).most_common(1) for step in set(seen.steps.tolist())}
    told = [best[step][0][0] if best[step] else None for step in seen.steps[~fitted].tolist()]
    return float(np.mean(answers[~fitted] == np.array(told)))


def _read(states: np.ndarray, seen: Seen, what: str, fitted: np.ndarray) -> float:
    """Accuracy of linear probes, one a step: the prompt's one state may say another thing of each."""
    right = 0
    for step in np.unique(seen.steps):
        fit, score = (part & (seen.steps == step) for part in (fitted, ~fitted))
        if fit.any() and score.any():
            found = _linear(states[fit], seen.answers[what][fit], states[score])
            right += int(np.sum(found == seen.answers[what][score]))
    return right / int(np.sum(~fitted))


def _linear(states: np.ndarray, answers: np.ndarray, others: np.ndarray) -> np.ndarray:
    """What a ridge classifier, one column a class, in closed form, says of other states."""
    classes, numbers = np.unique(answers, return_inverse=True)
    mean, scale = states.mean(0), states.std(0) + 1e-6
    own, other = (np.pad((part - mean) / scale, ((0, 0), (0, 1)), constant_values=1) for part in (states, others))
    gram = own.T @ own + RIDGE * len(own) * np.eye(own.shape[1])
    weights = np.linalg.solve(gram, own.T @ np.eye(len(classes))[numbers])
    return classes[(other @ weights).argmax(1)]


if __name__ == "__main__":
    sys.exit(door(main))
