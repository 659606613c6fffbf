"""Where a cascade keeps what it made, stage by stage, and what it was made with.

recipe.json              numbers, seed and world: another run is refused
tasks.jsonl valid.jsonl  the pool, and what stages are compared by
compact.json             the small model's words
seed/ sft/               lessons.jsonl  run/ (checkpoints of training)  policy/ (the stage's model)
probe.jsonl split.png    the seed policy's tries, and what they say of the tasks
rl/                      log.jsonl  state-…/  best-…/
stages.jsonl stages.png  validation reward by stage
"""

import json
from pathlib import Path
from typing import Any

from data_process.files import write_json
from utils import InputError

STAGES = ("tasks", "seed", "probe", "sft", "rl")


class CascadeFolder:
    """The paths of one run.

    Raises:
        InputError: the folder can't be made, or holds a run with other numbers.
    """

    def __init__(self, root: Path, settings: dict[str, Any]):
        self.root = root
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"--out {root}: {error.strerror}; name a folder that can be written") from None
        path = root / "recipe.json"
        if not path.exists():
            if any(path.suffix != ".partial" for path in root.iterdir()):  # one is what a kill leaves of recipe.json
                raise InputError(f"--out {root}: there are files of something else; name another folder")
            write_json(path, settings)
        self._compare(path, json.loads(json.dumps(settings)))

    def _compare(self, path: Path, settings: dict[str, Any]) -> None:
        try:
            made = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: {error}; name another folder") from None
        if not isinstance(made, dict):
            raise InputError(f"{path}: no JSON object; name another folder")
        for name in sorted(settings.keys() | made.keys()):
            begun, now = made.get(name), settings.get(name)
            if begun != now:
                raise InputError(
                    f"{path}: begun with {name} {begun!r}, now it is {now!r}; give the same, or another --out"
                )

    def path(self, name: str) -> Path:
        return self.root / name

    def policy(self, stage: str) -> Path:
        """The model of a supervised stage."""
        return self.root / stage / "policy"

    def lessons(self, stage: str) -> Path:
        return self.root / stage / "lessons.jsonl"
