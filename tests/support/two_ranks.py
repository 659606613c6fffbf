"""Started under torchrun by the tests: trains as finetune.py does and writes down what a test wants to look into.

torchrun … tests/support/two_ranks.py TARGET --model … : every rank writes TARGET.<rank>.pt with
    gradients   of the first step (not under DeepSpeed, which keeps them to itself)
    resident    elements of parameters that this rank holds between steps, and ``total`` of the whole model
    logits      of the trained model for a fixed input
"""

import sys

import torch

from config.finetune_arguments import parse_arguments
from finetune import build_trainer, load_backbone, load_data
from tests.gplan.picd.test_trainer import KeepGradients

PROBE = torch.arange(40).reshape(2, 20)


def main() -> None:
    target, *words = sys.argv[1:]
    args = parse_arguments(words)
    model, encoder = load_backbone(args)
    trainer = build_trainer(args, model, encoder, *load_data(args, encoder))
    gradients = KeepGradients()
    if not args.deepspeed:
        trainer.add_callback(gradients)
    trainer.train(resume_from_checkpoint=args.resume_from_checkpoint)
    # Before anything gathers them: a model this small would stay whole after a forward pass.
    parameters = list(trainer.model.parameters())
    resident = sum(p.numel() + (p.ds_tensor.numel() if hasattr(p, "ds_tensor") else 0) for p in parameters)
    trainer.save_model()
    trainer.save_state()
    with torch.no_grad():
        trainer.model_wrapped.eval()
        logits = trainer.model_wrapped(input_ids=PROBE).logits.float()
    torch.save(
        {
            "gradients": gradients.steps[0] if gradients.steps else None,
            "resident": resident,
            "total": sum(getattr(p, "ds_numel", p.numel()) for p in parameters),
            "logits": logits,
        },
        f"{target}.{args.process_index}.pt",
    )
    trainer.accelerator.wait_for_everyone()
    trainer.accelerator.end_training()


if __name__ == "__main__":
    main()
