"""The reference's log-probabilities: computed once for each checkpoint, twins file and code, then read.

They are stored in the cache, for the next run from the same checkpoint, and in the run's own folder, because a
continued run no longer has the reference's weights in its model.
"""

from pathlib import Path

import torch
import transformers
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from data_process.cache import cached, digest
from data_process.files import whole
from gplan.scdpo.pairs import PairDataset

# Raised whenever the same weights, pair and numerics give other log-probabilities: after a change of ``PairCollater``,
# ``log_probs`` or ``gplan.training.logits`` beyond rounding.
FORMAT = 1


def reference_key(checkpoint: str, dataset: PairDataset, numerics: dict) -> str:
    """What the log-probabilities follow from, in one name.

    Args:
        checkpoint: ``checkpoint_digest`` of the reference.
        numerics: settings that change their rounding: precision, layout of the batch, ZeRO stage.
    """
    versions = torch.__version__, transformers.__version__, FORMAT
    return digest(repr((checkpoint, dataset.fingerprint, sorted(numerics.items()), versions)))


def read_reference(key: str, name: str, samples: int, run_folder: Path) -> torch.Tensor | None:
    """log π_ref of chosen and rejected response of each sample, (samples, 2); None if it is stored nowhere."""
    for path in (_cached(key), run_folder / _own(name)):
        try:
            with safe_open(path, "pt") as file:
                values = file.get_tensor("log_probs")
                if (file.metadata() or {}).get("key") == key and values.shape == (samples, 2):
                    return values
        except (OSError, SafetensorError):
            continue
    return None


def write_reference(key: str, name: str, values: torch.Tensor, run_folder: Path) -> None:
    """Stores the values in the cache and in the run's folder, each file whole or not at all."""
    for path in (_cached(key), run_folder / _own(name)):
        with whole(path) as partial:
            save_file({"log_probs": values.contiguous()}, partial, metadata={"key": key})


def _cached(key: str) -> Path:
    return cached("reference", f"{key}.safetensors")


def _own(name: str) -> str:
    return f"reference_{name}.safetensors"
