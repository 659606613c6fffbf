"""What DeepSpeed needs around transformers: a start without its traps, and whole matrices under ZeRO-3."""

import importlib.util
import json
import logging
import os
import warnings
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch

from utils import InputError


def prepare_deepspeed(path: str, *, cpu: bool) -> None:
    """Checks that DeepSpeed can run with the JSON file at ``path``, and on CPU starts its process group.

    Called before ``TrainingArguments`` reads the file, and so before a model is loaded under ``zero.Init``.

    Raises:
        InputError: no such file, no ZeRO configuration, one that replaces the recipe's optimizer or rate, DeepSpeed not
            installed, or a process not started by torchrun.
    """
    if not Path(path).is_file():
        raise InputError(f"--deepspeed {path}: no such file; config/ds_z3_bf16.json and config/ds_z1_bf16.json ship")
    try:
        zero_stage(path)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"--deepspeed {path}: no JSON with zero_optimization.stage in it ({error!r}); see config/ds_z3_bf16.json"
        ) from error
    settings = json.loads(Path(path).read_text(encoding="utf-8"))
    if sections := [name for name in ("optimizer", "scheduler") if name in settings]:
        raise InputError(
            f"--deepspeed {path}: its section {' and its section '.join(sections)} would replace the recipe's own "
            "(--optim, and the rate of --lr_schedule or --lr_scheduler_type); remove it from the file"
        )
    if settings.get("fp16", {}).get("enabled") is True:
        raise InputError(f'--deepspeed {path}: fp16 is not trained in here; use bf16: {{"enabled": "auto"}}')
    if importlib.util.find_spec("deepspeed") is None:
        raise InputError(
            f"--deepspeed {path}: DeepSpeed is not installed here; install it as config/requirements/deepspeed.txt "
            "says, or train without it (DS_CONFIG=none)"
        )
    if "WORLD_SIZE" not in os.environ:
        raise InputError(f"--deepspeed {path}: start with DS_CONFIG={path} bash finetune.sh, or with torchrun")
    # It calls collectives by names that torch has renamed: dozens of lines that no user can act on.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"torch\.distributed")
    import deepspeed

    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    if not cpu:
        return

    # Its shared-memory collectives would be compiled at the first start (over a minute, and needs a compiler).
    deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    # zero.Init asks for a process group before Trainer makes one, and would choose another backend.
    deepspeed.init_distributed(dist_backend="gloo", verbose=False)


def zero_stage(path: str | None) -> int:
    """The ZeRO stage of a DeepSpeed JSON file; 0 without one."""
    return json.loads(Path(path).read_text(encoding="utf-8"))["zero_optimization"]["stage"] if path else 0


def gathered(*parameters: torch.nn.Parameter) -> AbstractContextManager:
    """A context in which the parameters are whole on every rank; rank 0's changes reach all. Nothing without ZeRO-3."""
    if not any(hasattr(parameter, "ds_id") for parameter in parameters):
        return nullcontext()
    import deepspeed

    return deepspeed.zero.GatheredParameters(list(parameters), modifier_rank=0)
