"""Reinforcement learning on plans: draws plans by the planner, rewards them, makes the better ones likelier.

python -m gplan.rl                                                          # ./output on embedded rows and twins
python -m gplan.rl --model output --train_csv train.csv --twins twins.jsonl --valid_csv test.csv
torchrun --nproc_per_node 8 -m gplan.rl --model output --train_csv train.csv
"""

import sys
from functools import partial
from shlex import quote

import torch

from add_tokens.load import load_folder
from config.stored import trained_settings, warn_of_text
from data_process.encode import RowEncoder
from gplan.planner.grammar import Grammar
from gplan.rl.arguments import RlArguments, parse_arguments
from gplan.rl.figures import bar_figures, draw_rewards
from gplan.rl.plan_rows import PlanRows
from gplan.rl.rewards import DEFAULT, WITH_TWINS, parse_rewards
from gplan.rl.settings import rl_settings
from gplan.rl.trainer import FIGURES, PlanTrainer, collate
from gplan.starter.rows import public, training_rows, twins
from gplan.training.checkpoint import output_folder
from gplan.training.logits import check_model
from gplan.training.records import Records, describe_data, use_progress
from gplan.training.session import INTERRUPTED, fit_length, load_sets, prepare, train_and_save
from utils import InputError, door


def main() -> int:
    args = parse_arguments()
    prepare(args, "torchrun --nproc_per_node GPUS -m gplan.rl")
    with output_folder(args.output_dir, args.resume_from_checkpoint) as checkpoint:
        return learn(args, checkpoint)


def learn(args: RlArguments, checkpoint: str | None) -> int:
    """Learns, from a checkpoint if there is one, and saves; returns the exit status."""
    model, grammar, encoder = load_policy(args)
    train_set, valid_set = load_rows(args, encoder, grammar)
    choose_rewards(args, train_set)
    trainer = build_trainer(args, model, encoder, grammar, train_set, valid_set)
    twins_scored = f" TWINS={quote(valid_set.twins)}" if valid_set and valid_set.twins else ""
    records = Records(
        title=f"reinforced by {args.rewards}",
        data=describe_data("rows", {"train_csv": train_set, "valid_csv": valid_set}),
        figures=FIGURES,
        draw=partial(draw_rewards, args=args),
        variables=twins_scored,
    )
    return train_and_save(trainer, checkpoint, records)


def load_policy(args: RlArguments):
    """The model to train (fp32), its grammar, and the encoder of the prompts that it was trained with.

    Raises:
        InputError: no model there, none that was trained here, or one that reasons in free text.
    """
    tokenizer, model = load_folder(args.model, torch.float32)
    stored = trained_settings(args.model)
    if stored["cot_mode"] == "cot_sft":
        raise InputError(
            f"--model {args.model}: was trained with cot_sft, whose reasoning is free text, so that its plans have no "
            "probability that could be computed; give a picd or direct_sft checkpoint"
        )
    warn_of_text(args.model, stored, "reinforcement learning")
    encoder = RowEncoder.of(tokenizer, stored)
    check_model(model, encoder.header)
    fit_length(args, model.config)
    return model, Grammar(encoder, stored["cot_mode"]), encoder


def load_rows(args: RlArguments, encoder: RowEncoder, grammar: Grammar) -> tuple[PlanRows, PlanRows | None]:
    """Rows and twins to learn from, and held-out ones where there are some.

    Raises:
        InputError: held-out twins without held-out rows.
    """
    paths = training_rows(args.train_csv, args.valid_csv)
    if not (args.train_csv or public("train.csv") or args.twins):  # the embedded rows have twins
        args.twins, args.valid_twins = twins(None, args.valid_twins)
    if args.valid_twins and not paths[1]:
        raise InputError(f"--valid_twins {args.valid_twins}: beside --valid_csv alone; name held-out rows too")
    sides = iter((args.twins, args.valid_twins))

    def load(path: str, **limits) -> PlanRows:
        return PlanRows(path, encoder, next(sides), response=grammar.longest, **limits)

    return load_sets(args, paths, load, "rows")


def choose_rewards(args: RlArguments, train_set: PlanRows) -> None:
    """Settles ``--rewards`` where it is left open.

    Raises:
        InputError: twins have a weight, and there are none.
    """
    args.rewards = args.rewards or (WITH_TWINS if train_set.pairs else DEFAULT)
    if parse_rewards(args.rewards).get("twin_margin") and not train_set.pairs:
        raise InputError(
            f"--rewards {args.rewards}: twin_margin has a weight, and no row has a twin; give --twins, made by "
            "python -m gplan.synthesis twins, or leave it out"
        )


def build_trainer(
    args: RlArguments, model, encoder: RowEncoder, grammar: Grammar, train_set: PlanRows, valid_set: PlanRows | None
) -> PlanTrainer:
    """The trainer of a run, ready to train."""
    trainer = PlanTrainer(
        model=model,
        args=args,
        train_dataset=train_set,
        eval_dataset=valid_set,
        data_collator=collate,
        encoder=encoder,
        grammar=grammar,
        settings=rl_settings(args, model, train_set),
    )
    use_progress(trainer, bar_figures)
    return trainer


if __name__ == "__main__":
    sys.exit(door(main, interrupted=INTERRUPTED))
