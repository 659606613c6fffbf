"""Aligns a PICD checkpoint with its context by SC-DPO: arguments → reference → twins → trainer → save.

bash align.sh                                                    # ./output on the twins of embedded rows
MODEL=./output TWINS=twins.jsonl bash align.sh                   # one's own
bash align.sh experiments/recipes/vanilla_dpo.yaml               # what it is compared with
"""

import sys
from functools import partial
from shlex import quote

import torch

from add_tokens.extend import has_latents
from add_tokens.load import load_folder
from config.align_arguments import AlignArguments, parse_arguments
from config.stored import stored_settings, warn_of_text
from data_process.compression import MAX_BLOCKS
from data_process.encode import RowEncoder
from gplan.scdpo.figures import bar_figures, draw_alignment, name_of
from gplan.scdpo.pairs import PairCollater, PairDataset
from gplan.scdpo.settings import sc_dpo_settings
from gplan.scdpo.trainer import FIGURES, ScDpoTrainer
from gplan.starter.rows import twins
from gplan.training.checkpoint import output_folder
from gplan.training.logits import check_model
from gplan.training.records import Records, describe_data, use_progress
from gplan.training.session import INTERRUPTED, fit_length, load_sets, prepare, train_and_save
from gplan.training.settings import store_settings
from utils import InputError, door


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
    records = Records(
        title=f"aligned with {name_of(args)}",
        data=describe_data("pairs", {"twins": train_set, "valid_twins": valid_set}),
        figures=FIGURES,
        draw=partial(draw_alignment, args=args),
        variables=f" TWINS={quote(str(valid_set.path))}" if valid_set else "",
    )
    return train_and_save(trainer, checkpoint, records)


def load_reference(args: AlignArguments):
    """The model to align (fp32), and the encoder of the prompts that it was trained with.

    Raises:
        InputError: no model there, or none that reasons in latents.
    """
    tokenizer, model = load_folder(args.model, torch.float32)
    settings = stored_settings(args.model)
    if not has_latents(tokenizer) or settings.get("cot_mode") != "picd":
        what = (
            f"was trained with {settings['cot_mode']}" if "cot_mode" in settings else "was not trained by finetune.py"
        )
        lacks = "" if has_latents(tokenizer) else " and has no latent tokens"
        raise InputError(
            f"--model {args.model}: {what}{lacks}; SC-DPO starts from a PICD checkpoint: make one with bash finetune.sh"
        )
    warn_of_text(args.model, settings, "alignment")
    encoder = RowEncoder.of(tokenizer, settings)
    check_model(model, encoder.header)
    fit_length(args, model.config)
    return model, encoder


def load_twins(args: AlignArguments, encoder: RowEncoder) -> tuple[PairDataset, PairDataset | None]:
    """Twins to train on, and held-out ones where there are some."""
    paths = twins(args.twins, args.valid_twins)
    return load_sets(args, paths, partial(PairDataset, encoder=encoder), "pairs")


def build_trainer(
    args: AlignArguments, model, encoder: RowEncoder, train_set: PairDataset, valid_set: PairDataset | None
):
    """The trainer of an alignment, ready to train."""
    stored = stored_settings(args.model)
    longest = max(stored["response_tokens"], train_set.longest_response)
    store_settings(model, encoder, "picd", longest, stored.get("stage", MAX_BLOCKS))
    trainer = ScDpoTrainer(
        model=model,
        args=args,
        train_dataset=train_set,
        eval_dataset=valid_set,
        data_collator=PairCollater(encoder, share_prompt=args.share_prompt),
        processing_class=encoder.tokenizer,
        settings=sc_dpo_settings(args, model, train_set),
    )
    use_progress(trainer, bar_figures)
    return trainer


if __name__ == "__main__":
    sys.exit(door(main, interrupted=INTERRUPTED))
