"""``finetune.py --preview``: what the training loader yields, decoded, before any training."""

import json

import numpy as np
from torch.utils.data import DataLoader

from data_process.collate_fns import ProgressiveCotDistillCollater
from data_process.compression import FULLY_LATENT_EPOCH
from data_process.data_loader import CSVDataset
from data_process.encode import COT, IGNORED, JSON
from utils import InputError


def preview(dataset: CSVDataset, collator: ProgressiveCotDistillCollater, args) -> None:
    """Prints the targets of the first rows at the epochs of ``--preview``, and the set's length statistics.

    With ``--json``: a list of ``{"epoch", "row", "target", "cot_tokens", "json_tokens"}`` and nothing else.
    """
    try:
        epochs = [int(word) for word in args.preview.split(",")]
    except ValueError:
        epochs = [0]
    if min(epochs) < 1:
        raise InputError(f"--preview {args.preview}: epochs from 1, separated by commas")
    rows = range(min(args.preview_rows, len(dataset)))
    shown = targets(dataset, collator, [(epoch, index) for epoch in epochs for index in rows], args)
    if args.json:
        keys = ("epoch", "row", "target", "cot_tokens", "json_tokens")
        print(json.dumps([{key: one[key] for key in keys} for one in shown], ensure_ascii=False))
        return
    for one in shown:
        print(f"epoch {one['epoch']}, row {one['row']}: stage {one['stage']}")
        print(f"  cot  ({one['cot_tokens']:4d} tokens) {one['cot'] or '-'}")
        print(f"  json ({one['json_tokens']:4d} tokens) {one['json']}")
    print(length_table(dataset, args.max_length))


def targets(dataset: CSVDataset, collator, keys: list[tuple[int, int]], args) -> list[dict]:
    """The supervised tokens of the samples ``(epoch, index)``, decoded, through a loader as training builds it."""
    loader = DataLoader(
        dataset,
        batch_size=args.per_device_train_batch_size,
        sampler=keys,
        collate_fn=collator,
        num_workers=args.dataloader_num_workers,
    )
    decode = collator.encoder.tokenizer.decode
    shown = []
    for batch in loader:
        for labels, sections, stage in zip(batch["labels"], batch["sections"], batch["stages"], strict=True):
            epoch, index = keys[len(shown)]
            cot, plan = labels[sections == COT], labels[sections == JSON]
            shown.append(
                {
                    "epoch": epoch,
                    "row": int(dataset.indices[index]),
                    "stage": int(stage),
                    "target": decode(labels[labels != IGNORED]),
                    "cot": decode(cot),
                    "json": decode(plan),
                    "cot_tokens": len(cot),
                    "json_tokens": len(plan),
                }
            )
    return shown


def length_table(dataset: CSVDataset, limit: int) -> str:
    """Lengths of the whole set, rows that don't fit included and bad ones not, as text and fully latent."""
    lines = [f"{'tokens':24s}{'mean':>8s}{'p95':>8s}{'max':>8s}   over {limit}"]
    for name, epoch in (("stage 0 (text)", 1), ("fully latent", FULLY_LATENT_EPOCH)):
        lengths = dataset.lengths(epoch)[dataset.usable]
        over = np.count_nonzero(lengths > limit)
        figures = f"{lengths.mean():8.1f}{np.percentile(lengths, 95):8.0f}{lengths.max():8d}"
        lines.append(f"{name:24s}{figures}   {over} of {lengths.size} rows")
    return "\n".join(lines)
