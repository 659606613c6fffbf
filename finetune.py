"""Trains a planner with Progressive Implicit CoT Distillation: arguments → model → data → trainer → save.

bash finetune.sh                                                        # embedded backbone and rows
MODEL=/models/Qwen3-1.7B TRAIN_CSV=cot_train.csv bash finetune.sh       # a GPU node
python finetune.py --preview 1,2,5,12                                   # what the loader yields, then leave
"""

import sys
from functools import partial
from pathlib import Path

import torch

from add_tokens.extend import add_latents, extend
from add_tokens.load import check_config, load_folder, load_tokenizer
from config.finetune_arguments import FinetuneArguments, parse_arguments
from config.stored import stored_settings
from data_process.collate_fns import ProgressiveCotDistillCollater
from data_process.compression import LatentForm
from data_process.data_loader import CSVDataset
from data_process.encode import RowEncoder
from data_process.preview import preview
from gplan.picd.figures import bar_figures, draw_training
from gplan.picd.settings import picd_settings
from gplan.picd.trainer import FIGURES, SyncEpochCallback, WeightedLossTrainer
from gplan.starter.backbone import PROMPT_STYLE, embedded_backbone
from gplan.starter.rows import training_rows
from gplan.training.checkpoint import output_folder
from gplan.training.compiled import compile_layers
from gplan.training.logits import check_model
from gplan.training.records import Records, describe_data, use_progress
from gplan.training.session import INTERRUPTED, fit_length, load_sets, prepare, train_and_save
from utils import door, is_main_process, say


def main() -> int:
    args = parse_arguments()
    prepare(args, "bash finetune.sh")
    if args.preview:
        encoder = load_encoder(args)
        train_set, _ = load_data(args, encoder)
        if is_main_process():
            preview(train_set, ProgressiveCotDistillCollater(encoder, args.cot_mode), args)
        return 0
    with output_folder(args.output_dir, args.resume_from_checkpoint) as checkpoint:
        return train(args, checkpoint)


def train(args: FinetuneArguments, checkpoint: str | None) -> int:
    """Trains, from a checkpoint if there is one, and saves; returns the exit status."""
    model, encoder = load_backbone(args)
    train_set, valid_set = load_data(args, encoder)
    trainer = build_trainer(args, model, encoder, train_set, valid_set)
    records = Records(
        title=f"trained with {args.cot_mode}",
        data=describe_data("rows", {"train_csv": train_set, "valid_csv": valid_set}),
        figures=FIGURES,
        draw=partial(draw_training, title=f"{args.cot_mode}, {args.lr_schedule} rate"),
    )
    return train_and_save(trainer, checkpoint, records)


def load_backbone(args: FinetuneArguments):
    """The model (fp32) and the encoder, with an extended tokenizer, for the prompt style the model is used with."""
    path = Path(args.model or embedded_backbone())
    # fp32 weights even where the files hold bf16: at 5e-6 an update would vanish in bf16's rounding.
    tokenizer, model = load_folder(path, torch.float32)
    if uses_latents(args):
        added = extend(tokenizer, model, seed=args.seed, count=args.latents_per_block)
        say(f"{added} latent and wrapper tokens added" if added else "the checkpoint knows the latent tokens already")
    encoder = RowEncoder(tokenizer, prompt_style(args, path), args.fillers, latent_form(args))
    check_model(model, encoder.header)
    fit_length(args, model.config)
    return model, encoder


def load_encoder(args: FinetuneArguments) -> RowEncoder:
    """The encoder alone: a look at rows needs no weights, which take gigabytes in fp32."""
    path = Path(args.model or embedded_backbone())
    config = check_config(path)
    tokenizer = load_tokenizer(path)
    if uses_latents(args):
        add_latents(tokenizer, args.latents_per_block)
    fit_length(args, config)
    return RowEncoder(tokenizer, prompt_style(args, path), args.fillers, latent_form(args))


def latent_form(args: FinetuneArguments) -> LatentForm:
    return LatentForm(args.latents_per_block, args.interleaved)


def uses_latents(args: FinetuneArguments) -> bool:
    return args.cot_mode != "direct_sft" or args.fillers > 0


def prompt_style(args: FinetuneArguments, path: Path) -> str:
    """The style that is asked for, else the one that the checkpoint was trained with, else the backbone's."""
    stored = stored_settings(path).get("prompt_style")
    return args.prompt_style or stored or ("full" if args.model else PROMPT_STYLE)


def load_data(args: FinetuneArguments, encoder: RowEncoder) -> tuple[CSVDataset, CSVDataset | None]:
    """Training rows, and validation rows where there are some."""
    paths = training_rows(args.train_csv, args.valid_csv)
    load = partial(CSVDataset, encoder=encoder, mode=args.cot_mode, blocks_per_epoch=args.blocks_per_epoch)
    return load_sets(args, paths, load, "rows")


def build_trainer(
    args: FinetuneArguments, model, encoder: RowEncoder, train_set: CSVDataset, valid_set: CSVDataset | None
):
    """The trainer of a run, ready to train."""
    if args.compile_layers:
        compile_layers(model)
    trainer = WeightedLossTrainer(
        model=model,
        args=args,
        train_dataset=train_set,
        eval_dataset=valid_set,
        data_collator=ProgressiveCotDistillCollater(encoder, args.cot_mode, share_prefix=args.share_prefix),
        encoder=encoder,
        settings=picd_settings(args, model, encoder, train_set),
    )
    trainer.add_callback(SyncEpochCallback(trainer))
    use_progress(trainer, bar_figures)
    return trainer


if __name__ == "__main__":
    sys.exit(door(main, interrupted=INTERRUPTED))
