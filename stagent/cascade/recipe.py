"""The numbers of a cascade, all of them ours where the paper gives none (docs/deviations.md)."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from stagent.cascade.mistakes import Mistakes, mistakes_of
from utils import InputError


@dataclass(frozen=True, slots=True)
class CascadeRecipe:
    """What is trained on, and how. The defaults are the embedded run's, for two CPU cores.

    Attributes:
        seed_tasks: for the seed SFT (a tenth of all in the paper); seed_tries: the teacher's answers to each, of which
            the best is taken (8).
        tasks: the pool that is probed, split and learnt from after that; valid: tasks of the same kinds and cities that
            stages are compared by.
        good: reward from which on an answer counts as verified; tries: answers asked for until there is one.
        samples: K, the policy's own tries of each task of the pool.
        trivial, noise, still: μ from which on, up to which, and σ² under which a task teaches nothing (.95, .05, .01).
        seed_epochs, sft_epochs, batch, rate: of supervised training, with Muon.
        rl_steps: 0 ends the cascade before; rl_tasks: groups a step; group: G, episodes of each; rl_updates: optimizer
            steps a batch of episodes; rl_rate: of AdamW; beta: weight of the divergence from the start.
        clip_low, clip_high: of GSPO's ratio; ten times its paper's: short sequences, whose mean moves more.
        chosen_by: which tasks RL takes first: potential, σ²·μ, or random.
        validate_every, probe_every: steps; 0: never. collapse: the loss of validation reward that ends RL.
    """

    seed_tasks: int = 2000
    seed_tries: int = 8
    tasks: int = 3000
    valid: int = 256
    good: float = 0.9
    tries: int = 8
    samples: int = 8
    trivial: float = 0.95
    noise: float = 0.05
    still: float = 0.01
    seed_epochs: int = 6
    sft_epochs: int = 6
    batch: int = 16
    rate: float = 6e-3
    rl_steps: int = 80
    rl_tasks: int = 16
    group: int = 8
    rl_updates: int = 2
    rl_rate: float = 2e-4
    beta: float = 1e-3
    clip_low: float = 3e-3
    clip_high: float = 4e-3
    chosen_by: str = "potential"
    validate_every: int = 10
    probe_every: int = 40
    collapse: float = 0.1
    mistakes: Mistakes = field(default_factory=Mistakes)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_SHARES = ("good", "trivial", "noise", "collapse", "clip_low", "clip_high")
_MAY_BE_0 = ("rl_steps", "beta", "validate_every", "probe_every", "noise", "still")
_AT_LEAST_2 = ("samples", "group")  # one episode has nothing to be compared with
CHOICES = ("potential", "random")


def recipe_of(values: Any, where: str) -> CascadeRecipe:
    """A recipe from a mapping; what it doesn't name keeps its default.

    Args:
        where: the file: what an error begins with.

    Raises:
        InputError: an unknown name or a value that can't be; names it.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"{where}: a mapping is expected, such as tasks: 4000")
    known = {each.name: each.default for each in fields(CascadeRecipe)}
    given: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise InputError(f"{where}, {name}: no such entry; one of {', '.join(known)} is needed")
        given[name] = _checked(name, value, known[name], where)
    return CascadeRecipe(**given)


def _checked(name: str, value: Any, default: Any, where: str) -> Any:
    if default is MISSING:
        return mistakes_of(value, f"{where}, {name}")
    if isinstance(default, str):
        if value not in CHOICES:
            raise InputError(f"{where}, {name}: {value!r}; one of {', '.join(CHOICES)} is needed")
        return value
    wanted = int if isinstance(default, int) else float
    if isinstance(value, str) and wanted is float:  # YAML takes 1e-4 for a text
        with suppress(ValueError):
            value = float(value)
    above = wanted is float and name not in _MAY_BE_0  # 0 itself can't be
    least = 2 if name in _AT_LEAST_2 else 0 if wanted is float or name in _MAY_BE_0 else 1
    most = 1 if name in _SHARES else float("inf")
    fits = isinstance(value, int | float if wanted is float else int) and not isinstance(value, bool)
    if not fits or not least <= value <= most or value == float("inf") or (above and value == 0):
        what = "a whole number" if wanted is int else "a number"
        bounds = (f" above {least}" if above else f" of at least {least}") + (", at most 1" if most == 1 else "")
        raise InputError(f"{where}, {name}: {value!r}; {what}{bounds} is needed")
    return wanted(value)


def read_recipe(path: Path | None) -> CascadeRecipe:
    """A recipe from a YAML file; the defaults where there is none.

    Raises:
        InputError: no such file, no YAML, or as ``recipe_of``.
    """
    if path is None:
        return CascadeRecipe()
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}; name a YAML file") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path}: no YAML ({str(error)[:200]})") from None
    return recipe_of({} if values is None else values, str(path))
