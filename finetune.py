"""Trains a planner with Progressive Implicit CoT Distillation: arguments → model → data → trainer → save.

bash finetune.sh                                                        # embedded backbone and rows
MODEL=/models/Qwen3-1.7B TRAIN_CSV=cot_train.csv bash finetune.sh       # a GPU node
python finetune.py --preview 1,2,5,12                                   # what the loader yields, then leave
"""

import sys
from pathlib import Path

import torch

from add_tokens.extend import extend
from add_tokens.load import load_folder
from config.finetune_arguments import FinetuneArguments, parse_arguments
from config.training_arguments import recipe
from data_process.bad_rows import left_out
from data_process.collate_fns import ProgressiveCotDistillCollater
from data_process.compression import FULLY_LATENT_EPOCH
from data_process.data_loader import CSVDataset
from data_process.encode import RowEncoder
from data_process.preview import preview
from picd.checkpoint import picd_settings, store_settings
from picd.run import bar_figures, draw_training, last_figures
from picd.trainer import SyncEpochCallback, WeightedLossTrainer
from synthesis.embedded import PROMPT_STYLE, embedded_backbone, embedded_rows
from training.checkpoint import output_folder
from training.entry import INTERRUPTED, prepare, train_and_save
from training.run import use_progress, write_card, write_manifest
from training.settings import planner_settings
from utils import ROOT, InputError, door, say

PUBLIC_DATA = ROOT / "data_process" / "dataset"


def main() -> int:
    args = parse_arguments()
    prepare(args, "bash finetune.sh")
    if args.preview:
        _, encoder = load_backbone(args)
        train_set, _ = load_data(args, encoder)
        preview(train_set, ProgressiveCotDistillCollater(encoder, args.cot_mode), args)
        return 0
    with output_folder(args.output_dir, args.resume_from_checkpoint) as checkpoint:
        return train(args, checkpoint)


def train(args: FinetuneArguments, checkpoint: str | None) -> int:
    """Trains, from a checkpoint if there is one, and saves; returns the exit status."""
    model, encoder = load_backbone(args)
    train_set, valid_set = load_data(args, encoder)
    trainer = build_trainer(args, model, encoder, train_set, valid_set)

    def leave(folder: Path, metrics: dict) -> None:
        used, data = recipe(args), describe_data(train_set, valid_set)
        write_manifest(folder, used, data, metrics, checkpoint)
        write_card(folder, f"trained with {args.cot_mode}", last_figures(trainer.state), used, data)
        draw_training(folder, trainer.state.log_history, f"{args.cot_mode}, {args.lr_schedule} rate")
        say(f"saved {folder}; score it with: MODEL={folder} bash test.sh")

    return train_and_save(trainer, checkpoint, leave)


def load_backbone(args: FinetuneArguments):
    """The model (fp32) and the encoder, with an extended tokenizer, for the prompt style the model is used with."""
    path = args.model or embedded_backbone()
    # fp32 weights even where the files hold bf16: at 5e-6 an update would vanish in bf16's rounding.
    tokenizer, model = load_folder(path, torch.float32)
    if args.cot_mode != "direct_sft":
        added = extend(tokenizer, model, seed=args.seed)
        say(f"{added} latent and wrapper tokens added" if added else "the checkpoint knows the latent tokens already")
    stored = planner_settings(model).get("prompt_style")
    style = args.prompt_style or stored or ("full" if args.model else PROMPT_STYLE)
    return model, RowEncoder(tokenizer, style)


def load_data(args: FinetuneArguments, encoder: RowEncoder) -> tuple[CSVDataset, CSVDataset | None]:
    """Training rows, and validation rows where there are some; each from its argument, the public data or the world."""
    train, valid = args.train_csv, args.valid_csv
    if train is None and (PUBLIC_DATA / "train.csv").is_file():
        train = str(PUBLIC_DATA / "train.csv")
    if valid is None and (PUBLIC_DATA / "test.csv").is_file():
        valid = str(PUBLIC_DATA / "test.csv")
    if train is None:
        train, held_out = embedded_rows()
        valid = valid or held_out
    limits = {"max_length": args.max_length, "overlong": args.overlong, "bad_rows": args.bad_rows}
    sets = [CSVDataset(path, encoder, args.cot_mode, **limits) if path else None for path in (train, valid)]
    for dataset in filter(None, sets):
        say(f"{dataset.path}: {len(dataset)} rows{left_out(dataset, args.max_length)}")
    return sets[0], sets[1]


def build_trainer(args, model, encoder: RowEncoder, train_set: CSVDataset, valid_set: CSVDataset | None):
    """The trainer of a run, ready to train."""
    store_settings(model, encoder, args.cot_mode, train_set)
    args.eval_strategy = "epoch" if valid_set else "no"
    if len(train_set) < args.world_size:
        raise InputError(
            f"{train_set.path}: {len(train_set)} rows for {args.world_size} processes; start fewer (NPROC) or give more"
        )
    trainer = WeightedLossTrainer(
        model=model,
        args=args,
        train_dataset=train_set,
        eval_dataset=valid_set,
        data_collator=ProgressiveCotDistillCollater(encoder, args.cot_mode),
        processing_class=encoder.tokenizer,
        settings=picd_settings(args, model, encoder, train_set),
    )
    trainer.add_callback(SyncEpochCallback(trainer))
    use_progress(trainer, bar_figures)
    return trainer


def describe_data(train_set: CSVDataset, valid_set: CSVDataset | None) -> dict:
    """What the manifest and the card say of the data."""
    described = {}
    for name, dataset in (("train", train_set), ("valid", valid_set)):
        if dataset:
            described |= {
                f"{name}_csv": str(dataset.path),
                f"{name}_fingerprint": dataset.fingerprint,
                f"{name}_rows": len(dataset),
                f"{name}_rows_too_long": dataset.skipped,
                f"{name}_rows_bad": dict(dataset.bad),
            }
    longest = int(train_set.response_lengths(FULLY_LATENT_EPOCH)[train_set.indices].max())
    return described | {"longest_response_tokens": longest}


if __name__ == "__main__":
    sys.exit(door(main, interrupted=INTERRUPTED))
