"""What a checkpoint says of itself: the entry ``gplan`` of its ``config.json``, read without loading the model."""

import json
from pathlib import Path
from typing import TypedDict

from data_process.compression import CotMode
from utils import InputError


class StoredSettings(TypedDict, total=False):
    """All three of a checkpoint that was trained here, none of any other model.

    ``{"cot_mode": "picd", "prompt_style": "compact", "response_tokens": 306}``; the last is the longest response, in
    tokens, that it was trained to write: the limit for generation.
    """

    cot_mode: CotMode
    prompt_style: str
    response_tokens: int


def stored_settings(folder: str | Path) -> StoredSettings:
    """What the checkpoint in a folder says of itself; empty if it says nothing, or nothing that can be read."""
    try:
        settings = json.loads((Path(folder) / "config.json").read_bytes())["gplan"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return settings if isinstance(settings, dict) else {}


def trained_settings(folder: str | Path) -> StoredSettings:
    """The same of a checkpoint that must have been trained here.

    Raises:
        InputError: it says nothing.
    """
    settings = stored_settings(folder)
    if missing := StoredSettings.__annotations__.keys() - settings.keys():
        what = f"no {', '.join(sorted(missing))} in its gplan settings" if settings else "no gplan settings"
        raise InputError(f"--model {folder}: config.json has {what}; give a checkpoint of finetune.sh")
    return settings
