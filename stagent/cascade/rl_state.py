"""What an RL run that was stopped goes on from: policy, optimizer, where it is. Safetensors and JSON, no pickle."""

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from data_process.files import whole, write_json
from stagent.cascade.policy import Policy, load_policy, save_policy


@dataclass(slots=True)
class RlState:
    """Where a run is.

    Attributes:
        step: steps done; best, best_step: the highest validation reward, and when.
        rewards: of each task's latest tries, by its id.
        ended: why the run is over; empty: it isn't.
    """

    step: int = 0
    best: float = -1.0
    best_step: int = 0
    rewards: dict[str, list[float]] = field(default_factory=dict)
    ended: str = ""


def save_state(folder: Path, state: RlState, policy: Policy, optimizer: torch.optim.Optimizer) -> None:
    """Writes ``state-000010``, and then removes the ones before it."""
    target = folder / f"state-{state.step:06d}"
    if target.exists():  # of a run that was killed behind it
        return
    with whole(target) as partial:
        partial.mkdir()
        save_policy(policy, partial / "policy")
        values = optimizer.state_dict()["state"]
        tensors = {f"{number}.{name}": value for number, each in values.items() for name, value in each.items()}
        save_file(tensors, partial / "optimizer.safetensors")
        write_json(partial / "state.json", asdict(state))
    for older in _states(folder)[:-1]:
        shutil.rmtree(older)


def load_state(folder: Path) -> tuple[RlState, Policy, dict[int, dict[str, torch.Tensor]]] | None:
    """State, policy and the optimizer's tensors by the parameter's number; None: nothing was saved."""
    if not (states := _states(folder)):
        return None
    state = RlState(**json.loads((states[-1] / "state.json").read_text(encoding="utf-8")))
    tensors: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in load_file(states[-1] / "optimizer.safetensors").items():
        number, _, key = name.partition(".")
        tensors.setdefault(int(number), {})[key] = value
    return state, load_policy(states[-1] / "policy"), tensors


def _states(folder: Path) -> list[Path]:
    """Whole ones, the latest last."""
    return sorted(path for path in folder.glob("state-*") if path.name[6:].isdigit())
