"""What decides a funnel's result: kept in the work folder, so that a run that was killed goes on as it began."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from data_process.files import write_json, write_text
from utils import InputError

FORMAT = 1  # of the work folder; another number: begin anew
_OF_THE_DRAW = ("keep", "missing", "chat")  # which is made anew each time: nothing that is kept depends on them


@dataclass(frozen=True, slots=True)
class FunnelSettings:
    """Each field is the flag of its name.

    Attributes:
        lexical: share of shingles from which two texts are the same.
        semantic: cosine from which they mean the same.
        share: of each bucket, how much the geometric stage leaves.
        keep: how many texts in all; 0: all that are left.
        floor: of each leaf at least.
        missing, chat: shares of what is kept for difficulty -1 and 0.
        embedder: a model's folder, embedder_url and embedder_model an endpoint; empty: character n-grams.
    """

    lexical: float
    semantic: float
    share: float
    keep: int
    floor: int
    missing: float
    chat: float
    seed: int
    embedder: str = ""
    embedder_url: str = ""
    embedder_model: str = ""

    def check(self) -> None:
        """Raises InputError for what makes no sense."""
        for name in ("lexical", "semantic", "share"):
            if not 0 < (value := getattr(self, name)) <= 1:
                raise InputError(f"--{name} {value}: give a number above 0, at most 1")
        for name in ("missing", "chat"):
            if not 0 <= (value := getattr(self, name)) <= 1:
                raise InputError(f"--{name} {value}: give a share from 0 to 1")
        if self.missing + self.chat > 1:
            raise InputError(f"--missing {self.missing} and --chat {self.chat} are more than all; give less")
        for name in ("keep", "floor", "seed"):
            if (value := getattr(self, name)) < 0:
                raise InputError(f"--{name} {value}: give a number from 0")
        if self.embedder and self.embedder_url:
            raise InputError("--embedder and --embedder_url: give one of them")
        if self.embedder and not (Path(self.embedder) / "config.json").is_file():
            raise InputError(f"--embedder {self.embedder}: no config.json; name the folder of a transformer")
        if self.embedder_url and not self.embedder_url.startswith(("http://", "https://")):
            raise InputError(f"--embedder_url {self.embedder_url}: an address like https://host/v1 is needed")
        if self.embedder_url and not self.embedder_model:
            raise InputError("--embedder_url: name the model too, with --embedder_model (EMBEDDER_MODEL)")


def begin(folder: Path, pool: Path, names: Iterable[str], settings: FunnelSettings) -> None:
    """Makes a work folder, or finds one that was begun with the same pool, names and settings; what only the last draw
    needs may be another.

    Raises:
        InputError: another one; names what differs.
    """
    named = "\n".join(sorted(set(names))) + "\n"
    wanted = {
        "format": FORMAT,
        "pool": _digest(pool),
        "names": hashlib.sha256(named.encode()).hexdigest(),
        **asdict(settings),
    }
    path = folder / "settings.json"
    if path.is_file():
        try:
            begun = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            begun = {}
        for name, value in wanted.items():
            if name not in _OF_THE_DRAW and begun.get(name) != value:
                shown = f"--{name} {value}" if name in asdict(settings) else f"another {name}"
                before = f" {begun.get(name)}" if name in asdict(settings) else ""
                raise InputError(f"{folder}: {shown}, but it was begun with{before or ' one'}; name another --work")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "names.txt", named)
    write_json(path, wanted)


def stored(folder: Path) -> FunnelSettings:
    """The settings of a work folder."""
    content = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    return FunnelSettings(**{name: content[name] for name in FunnelSettings.__slots__})


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()
