"""Aligns a PICD checkpoint with its context by SC-DPO: arguments → reference → twins → trainer → save.

bash align.sh                                                    # ./output on the twins of embedded rows
MODEL=./output TWINS=twins.jsonl bash align.sh                   # one's own
bash recipes/vanilla_dpo.sh                                      # what it is compared with
"""

import sys
from pathlib import Path

import torch

from add_tokens.extend import has_latents
from add_tokens.load import load_folder
from config.align_arguments import AlignArguments, parse_arguments
from config.training_arguments import recipe
from data_process.bad_rows import left_out
from data_process.encode import RowEncoder
from scdpo.pairs import PairCollater, PairDataset
from scdpo.reference import checkpoint_digest
from scdpo.run import OWN, bar_figures, draw_alignment, last_figures, name_of
from scdpo.trainer import ScDpoTrainer
from synthesis.embedded import embedded_twins
from training.checkpoint import output_folder
from training.entry import INTERRUPTED, prepare, train_and_save
from training.run import use_progress, write_card, write_manifest
from training.settings import planner_settings, run_settings
from utils import InputError, door, say


def main() -> int:
    args = parse_arguments()
    prepare(args, "bash align.sh")
    with output_folder(args.output_dir, args.resume_from_checkpoint) as checkpoint:
        return align(args, checkpoint)


def align(args: AlignArguments, checkpoint: str | None) -> int:
    """Aligns, from a checkpoint if there is one, and saves; returns the exit status."""
    model, encoder = load_reference(args)
    train_set, valid_set = load_twins(args, encoder)
    trainer = build_trainer(args, model, encoder, train_set, valid_set)

    def leave(folder: Path, metrics: dict) -> None:
        used, data = recipe(args), describe_data(train_set, valid_set)
        write_manifest(folder, used, data, metrics, checkpoint)
        write_card(folder, f"aligned with {name_of(args)}", last_figures(trainer.state), used, data)
        draw_alignment(folder, trainer.state.log_history, args)
        scored = f" TWINS={args.valid_twins}" if args.valid_twins else ""
        say(f"saved {folder}; score it with: MODEL={folder}{scored} bash test.sh")

    return train_and_save(trainer, checkpoint, leave)


def load_reference(args: AlignArguments):
    """The model to align (fp32), and the encoder of the prompts that it was trained with.

    Raises:
        InputError: no model there, or none that reasons in latents.
    """
    tokenizer, model = load_folder(args.model, torch.float32)
    settings = planner_settings(model)
    if not has_latents(tokenizer) or settings.get("cot_mode") != "picd":
        what = (
            f"was trained with {settings['cot_mode']}" if "cot_mode" in settings else "was not trained by finetune.py"
        )
        lacks = "" if has_latents(tokenizer) else " and has no latent tokens"
        raise InputError(
            f"--model {args.model}: {what}{lacks}; SC-DPO starts from a PICD checkpoint: make one with bash finetune.sh"
        )
    return model, RowEncoder(tokenizer, settings["prompt_style"])


def load_twins(args: AlignArguments, encoder: RowEncoder) -> tuple[PairDataset, PairDataset | None]:
    """Twins to train on and held-out ones where there are some; the embedded ones where none are named."""
    if args.twins is None:
        train, held_out = map(str, embedded_twins())
        args.twins, args.valid_twins = train, args.valid_twins or held_out
    limits = {"max_length": args.max_length, "overlong": args.overlong, "bad_rows": args.bad_rows}
    sets = [PairDataset(path, encoder, **limits) if path else None for path in (args.twins, args.valid_twins)]
    for dataset in filter(None, sets):
        say(f"{dataset.path}: {len(dataset) // 2} pairs{left_out(dataset, args.max_length)}")
    return sets[0], sets[1]


def build_trainer(args, model, encoder: RowEncoder, train_set: PairDataset, valid_set: PairDataset | None):
    """The trainer of an alignment, ready to train."""
    longest = max(planner_settings(model)["response_tokens"], train_set.longest_response)
    model.config.gplan = planner_settings(model) | {"response_tokens": longest}
    model.generation_config.max_new_tokens = longest
    args.eval_strategy = "epoch" if valid_set else "no"
    if len(train_set) < args.world_size:
        raise InputError(
            f"{train_set.path}: {len(train_set)} samples for {args.world_size} processes; start fewer (NPROC) or give "
            "more pairs"
        )
    settings = {
        "--twins": train_set.fingerprints["data"],
        "pairs": len(train_set) // 2,
        "tokenizer": train_set.fingerprints["tokenizer"],
        "code": train_set.fingerprints["code"],
        **run_settings(args, model, OWN),
        # Not its shape alone: the weights are the reference.
        "--model": checkpoint_digest(args.model),
    }
    trainer = ScDpoTrainer(
        model=model,
        args=args,
        train_dataset=train_set,
        eval_dataset=valid_set,
        data_collator=PairCollater(encoder, share_prompt=args.share_prompt),
        processing_class=encoder.tokenizer,
        settings=settings,
    )
    use_progress(trainer, bar_figures)
    return trainer


def describe_data(train_set: PairDataset, valid_set: PairDataset | None) -> dict:
    """What the manifest and the card say of the data."""
    described = {}
    for name, dataset in (("twins", train_set), ("valid_twins", valid_set)):
        if dataset:
            described |= {
                name: str(dataset.path),
                f"{name}_fingerprint": dataset.fingerprint,
                f"{name}_pairs": len(dataset) // 2,
                f"{name}_too_long": dataset.skipped,
                f"{name}_bad": dict(dataset.bad),
            }
    return described


if __name__ == "__main__":
    sys.exit(door(main, interrupted=INTERRUPTED))
