"""What a planner checkpoint says of itself, and which folder a run may write to or continue from."""

from pathlib import Path

from transformers import GenerationConfig, PreTrainedModel

from data_process.compression import FULLY_LATENT_EPOCH, CotMode
from data_process.data_loader import CSVDataset
from data_process.encode import RowEncoder
from data_process.schema import DataError
from picd.run import MANIFEST, STATE

# Files of which any one says that a run lives in the folder.
_TRACES = ("config.json", STATE, MANIFEST)


def store_settings(model: PreTrainedModel, encoder: RowEncoder, mode: CotMode, train_set: CSVDataset) -> None:
    """Writes into the model's configs what scoring and serving need to use it as it was trained.

    ``config.gplan`` holds ``cot_mode``, ``prompt_style`` and ``response_tokens``, the longest response of the
    training rows as the finished model writes it: the limit for generation.
    """
    longest = int(train_set.response_lengths(FULLY_LATENT_EPOCH)[train_set.indices].max())
    model.config.gplan = {"cot_mode": mode, "prompt_style": encoder.prompt_style, "response_tokens": longest}
    model.generation_config = GenerationConfig(
        do_sample=False,
        eos_token_id=encoder.end,
        pad_token_id=encoder.tokenizer.pad_token_id,
        max_new_tokens=longest,
    )


def planner_settings(model: PreTrainedModel) -> dict:
    """What ``store_settings`` wrote; empty for a model that was not trained here."""
    return getattr(model.config, "gplan", None) or {}


def checkpoint_to_resume(args) -> str | None:
    """The checkpoint folder that ``--resume`` means, None for a fresh run.

    Raises:
        DataError: nothing complete to resume from.
    """
    wanted = args.resume_from_checkpoint
    if wanted is None:
        return None
    if wanted.lower() not in ("auto", "true", "1"):
        if not (Path(wanted) / STATE).is_file():
            raise DataError(f"--resume {wanted}: no complete checkpoint there ({STATE} is missing)")
        return wanted
    # The state is written last: a checkpoint without it was cut off while it was saved.
    found = [path for path in Path(args.output_dir).glob("checkpoint-*") if (path / STATE).is_file()]
    if not found:
        raise DataError(f"--resume auto: no complete checkpoint in {args.output_dir}; start without --resume")
    return str(max(found, key=lambda path: int(path.name.rpartition("-")[2])))


def free_output_folder(args, resume: str | None) -> None:
    """Raises DataError if a fresh run would write over another one."""
    folder = Path(args.output_dir)
    if resume is None and (any((folder / name).exists() for name in _TRACES) or any(folder.glob("checkpoint-*"))):
        raise DataError(
            f"--output_dir {folder} already holds a run; give another folder, remove it, or continue it with "
            "--resume auto (RESUME=auto)"
        )
