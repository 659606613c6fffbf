"""What a checkpoint says of itself: the entry ``gplan`` of its ``config.json``, read without loading the model."""

import json
from pathlib import Path
from typing import TypedDict

from data_process.compression import MAX_BLOCKS, CotMode
from utils import InputError, say


class StoredSettings(TypedDict, total=False):
    """The first three of every checkpoint that was trained here, none of any other model.

    ``{"cot_mode": "picd", "prompt_style": "compact", "response_tokens": 306, "stage": 11}``. ``response_tokens`` is the
    longest response, in tokens, that it was trained to write: the limit for generation. ``stage`` is the one that a
    picd checkpoint has reached: below 11, its reasoning is text in part. ``fillers`` are tokens that say nothing, fed
    behind every prompt; ``latents`` says how reasoning looks (``LatentForm``), where it isn't as in the paper.
    """

    cot_mode: CotMode
    prompt_style: str
    response_tokens: int
    stage: int
    fillers: int
    latents: dict[str, int | bool]


NEEDED = ("cot_mode", "prompt_style", "response_tokens")
# Channels: the embedded backbone has 128, the smallest pretrained language model of use some 576.
SMALL_WIDTH = 256


def stored_settings(folder: str | Path) -> StoredSettings:
    """What the checkpoint in a folder says of itself; empty if it says nothing, or nothing that can be read."""
    settings = _config(folder).get("gplan")
    return settings if isinstance(settings, dict) else {}


def is_small(folder: str | Path) -> bool:
    """Whether a checkpoint was made from the embedded backbone, whose rates would ruin a pretrained model.

    Its compact prompt alone doesn't say so: a real backbone can be trained with that too.
    """
    width = _config(folder).get("hidden_size")
    return stored_settings(folder).get("prompt_style") == "compact" and isinstance(width, int) and width <= SMALL_WIDTH


def _config(folder: str | Path) -> dict:
    try:
        config = json.loads((Path(folder) / "config.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def trained_settings(folder: str | Path) -> StoredSettings:
    """The same of a checkpoint that must have been trained here.

    Raises:
        InputError: it says nothing.
    """
    settings = stored_settings(folder)
    if missing := set(NEEDED) - settings.keys():
        what = f"no {', '.join(sorted(missing))} in its gplan settings" if settings else "no gplan settings"
        raise InputError(f"--model {folder}: config.json has {what}; give a checkpoint of finetune.sh")
    return settings


def warn_of_text(folder: str | Path, settings: StoredSettings, what: str) -> None:
    """Says so where a checkpoint still writes reasoning as text and ``what`` has it write latents."""
    stage = settings.get("stage", MAX_BLOCKS)
    if settings.get("cot_mode") == "picd" and stage < MAX_BLOCKS:
        say(
            f"warning: --model {folder} was trained up to stage {stage} of {MAX_BLOCKS}: part of its reasoning is "
            f"text, and {what} has it write latents only, which it has not learnt; train it on (RESUME=auto)"
        )
