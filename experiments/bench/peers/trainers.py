"""The second part of ``bench peers``: steps of finetune.py and align.py beside TRL's SFTTrainer and DPOTrainer.

Every trainer is the real one, in a process of its own, on the same weights and the same ids: what TRL would tokenise is
given to it tokenised. A step's time runs from the end of the step before, loader and optimizer included.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
from transformers import TrainerCallback

from config import align_arguments, finetune_arguments
from data_process.encode import IGNORED
from data_process.schema import read_rows, write_rows
from data_process.twins import read_pairs, write_pairs
from experiments.bench.backbones import build, preset
from experiments.bench.memory import in_fresh_process, peak, reset_peak, resident
from experiments.bench.peers.decoders import missing, refuse_missing
from utils import say

GIB = 2**30
WARM_UP = 2  # steps: AdamW's moments come into being in the first
# TRL's ways to batch sequences of different lengths. Its DPOTrainer has padding alone in 1.16.
SFT_WAYS = {
    "SFTTrainer, padded": {},
    "SFTTrainer, padded, by length": {"train_sampling_strategy": "group_by_length"},
    "SFTTrainer, padding-free": {"padding_free": True, "max_length": None},
}
DPO_WAYS = {"DPOTrainer": {}}
TRAINERS = ("finetune.py", *SFT_WAYS, "align.py", *DPO_WAYS)


class StepTimes(TrainerCallback):
    """Seconds of each step, and the most memory that was resident, of a run."""

    def __init__(self):
        self.ends: list[float] = []

    def on_train_begin(self, args, state, control, **kwargs):
        reset_peak()

    def on_step_end(self, args, state, control, **kwargs):
        if args.device.type == "cuda":  # a step has ended when its kernels have
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())

    @property
    def seconds(self) -> list[float]:
        return [end - begin for begin, end in zip(self.ends[WARM_UP - 1 :], self.ends[WARM_UP:], strict=False)]


def measure_trainers(args: argparse.Namespace) -> dict:
    """Samples a second and memory of each way, for SFT and DPO.

    Raises:
        InputError: TRL is asked for by name and not installed.
    """
    if args.peers and "trl" in args.peers:
        refuse_missing("trl", ("trl",))
    elif gone := missing(("trl",)):
        say("TRL's trainers are left out: trl not installed")
        return {"left_out": {"trl": gone}}
    from importlib.metadata import version

    with tempfile.TemporaryDirectory() as folder:
        args.csv, args.twins = _write_data(args, Path(folder))  # first: a wrong path is said before anything is built
        in_fresh_process(_write_backbone, args, folder)
        found = {
            "sft": _ways(args, folder, {"finetune.py": (_finetune, {})} | {n: (_sft, w) for n, w in SFT_WAYS.items()}),
            "dpo": _ways(args, folder, {"align.py": (_align, {})} | {n: (_dpo, w) for n, w in DPO_WAYS.items()}),
        }
    return found | {"left_out": {}, "versions": {"trl": version("trl")}}


def _write_data(args: argparse.Namespace, folder: Path) -> tuple[str, str]:
    """The first rows and pairs, four times what the steps take: all choose from as many, and none prepares more."""
    count = 4 * args.batch_size * (args.steps + WARM_UP)
    write_rows(folder / "rows.csv", read_rows(args.csv)[:count])
    write_pairs(folder / "pairs.jsonl", read_pairs(args.twins)[:count])
    return str(folder / "rows.csv"), str(folder / "pairs.jsonl")


def _ways(args: argparse.Namespace, folder: str, ways: dict) -> dict[str, dict]:
    found = {}
    for name, (run, settings) in ways.items():
        if name in args.trainers:
            one = found[name] = in_fresh_process(run, args, folder, settings)
            # A run that is cut off has not been for nothing.
            rate = "{samples_per_second:.2f} samples a second, {rise_gib:.2f} GiB"
            say(f"{name}: {one.get('problem') or rate.format(**one)}")
    own = found.get(next(iter(ways)), {})
    for one in found.values():
        if "seconds" in one and own:
            one["ratio"] = median(one["seconds"]) / median(own["seconds"])
            one["memory_ratio"] = one["rise_gib"] / own["rise_gib"]
    return found


def _write_backbone(args: argparse.Namespace, folder: str) -> None:
    """The backbone as both kinds of checkpoint: ``folder/model``, with what a picd run would have stored in it."""
    from gplan.training.settings import store_settings

    model, encoder = build(args)
    store_settings(model, encoder, "picd", 512, 11)
    model.save_pretrained(Path(folder) / "model")
    encoder.tokenizer.save_pretrained(Path(folder) / "model")


def _words(args: argparse.Namespace, folder: str, *more: object) -> list[str]:
    checkpointing = preset(args.backbone)["gradient_checkpointing"]
    words = ["--model", Path(folder) / "model", "--output_dir", Path(folder) / "out", "--report_to", "none"]
    words += ["--disable_tqdm", "true", "--save_strategy", "no", "--eval_strategy", "no", "--seed", args.seed]
    words += ["--max_steps", args.steps + WARM_UP, "--batch_size", args.batch_size, "--learning_rate", 1e-4]
    words += ["--gradient_checkpointing", str(checkpointing).lower(), "--logging_steps", 1000]
    return list(map(str, [*words, *(["--use_cpu", "true"] if args.device == "cpu" else []), *more]))


def _sft_arguments(args: argparse.Namespace, folder: str) -> finetune_arguments.FinetuneArguments:
    """Text in every epoch, AdamW for everything: what both trainers can do."""
    flags = ("--cot_mode", "cot_sft", "--train_csv", args.csv, "--muon", "false", "--valid_csv", "")
    given = finetune_arguments.parse_arguments(_words(args, folder, *flags))
    given.prompt_style = args.prompt_style or ("full" if args.tokenizer else "compact")
    return given


def _timed(trainer, before: int, count: int) -> dict:
    times = StepTimes()
    trainer.add_callback(times)
    trainer.train()
    on_gpu = torch.cuda.is_available() and trainer.args.device.type == "cuda"
    rise = torch.cuda.max_memory_allocated() if on_gpu else peak() - before
    return {"seconds": times.seconds, "samples_per_second": count / median(times.seconds), "rise_gib": rise / GIB}


def _finetune(args: argparse.Namespace, folder: str, _: dict) -> dict:
    import finetune

    given = _sft_arguments(args, folder)
    before = resident()
    model, encoder = finetune.load_backbone(given)
    trainer = finetune.build_trainer(given, model, encoder, *finetune.load_data(given, encoder))
    return _timed(trainer, before, args.batch_size)


def _sft(args: argparse.Namespace, folder: str, settings: dict) -> dict:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    import finetune

    given = _sft_arguments(args, folder)
    before = resident()
    model, encoder = finetune.load_backbone(given)
    rows, _ = finetune.load_data(given, encoder)
    walks = [encoder.lay_out(rows[1, number]["pieces"], 0, "cot_sft") for number in range(len(rows))]
    data = Dataset.from_list(
        [{"input_ids": one.ids, "completion_mask": [int(x != IGNORED) for x in one.labels]} for one in walks]
    )
    own = {"max_length": given.max_length, "completion_only_loss": True} | settings
    config = SFTConfig(**_common(given, args), **own)
    try:
        trainer = SFTTrainer(model=model, args=config, train_dataset=data, processing_class=encoder.tokenizer)
        return _timed(trainer, before, args.batch_size)
    except (ValueError, ImportError, RuntimeError) as error:
        return {"problem": f"{type(error).__name__}: {str(error)[:300]}"}


def _align(args: argparse.Namespace, folder: str, _: dict) -> dict:
    import align

    given = align_arguments.parse_arguments(_words(args, folder, "--twins", args.twins, "--valid_twins", ""))
    before = resident()
    model, encoder = align.load_reference(given)
    trainer = align.build_trainer(given, model, encoder, *align.load_twins(given, encoder))
    return _timed(trainer, before, args.batch_size)


def _dpo(args: argparse.Namespace, folder: str, settings: dict) -> dict:
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    import align

    class Tokenised(DPOTrainer):
        """Its ids are given."""

        def _prepare_dataset(self, dataset, *_):
            return dataset

    given = align_arguments.parse_arguments(_words(args, folder, "--twins", args.twins, "--valid_twins", ""))
    before = resident()
    model, encoder = align.load_reference(given)
    pairs, _ = align.load_twins(given, encoder)
    samples = [pairs[1, number] for number in range(len(pairs))]
    data = Dataset.from_list(
        [
            {
                "prompt_ids": [*encoder.prefix, *one["user"], *encoder.header],
                "chosen_ids": one["chosen"],
                "rejected_ids": one["rejected"],
            }
            for one in samples
        ]
    )
    config = DPOConfig(
        **_common(given, args), max_length=None, beta=given.beta, precompute_ref_log_probs=True, **settings
    )
    try:
        trainer = Tokenised(model=model, args=config, train_dataset=data, processing_class=encoder.tokenizer)
        return _timed(trainer, before, args.batch_size)
    except (ValueError, ImportError, RuntimeError) as error:
        return {"problem": f"{type(error).__name__}: {str(error)[:300]}"}


def _common(given, args: argparse.Namespace) -> dict:
    """What TRL's trainers have in common with ours."""
    names = ("output_dir", "max_steps", "per_device_train_batch_size", "learning_rate", "weight_decay", "adam_beta2",
             "gradient_checkpointing", "bf16", "use_cpu", "seed", "optim", "max_grad_norm")  # fmt: skip
    shared = {name: getattr(given, name) for name in names}
    return shared | {
        "report_to": "none",
        "save_strategy": "no",
        "disable_tqdm": True,
        "logging_steps": 1000,
        "lr_scheduler_type": "constant",
    }
