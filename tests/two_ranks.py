"""Started under torchrun by test_trainer: trains as finetune.py does and keeps the first step's gradients."""

import sys

import torch

from config.arguments import parse_arguments
from finetune import build_trainer, load_backbone, load_data
from tests.test_trainer import KeepGradients


def main() -> None:
    target, *words = sys.argv[1:]
    args = parse_arguments(words)
    model, encoder = load_backbone(args)
    trainer = build_trainer(args, model, encoder, *load_data(args, encoder))
    gradients = KeepGradients()
    trainer.add_callback(gradients)
    trainer.train(resume_from_checkpoint=args.resume_from_checkpoint)
    trainer.save_state()
    if trainer.is_world_process_zero():
        torch.save(gradients.steps[0], target)
    trainer.accelerator.wait_for_everyone()
    trainer.accelerator.end_training()


if __name__ == "__main__":
    main()
