"""Which rows a command takes where none are named: the public files if somebody put them there, else embedded ones."""

from utils import ROOT

# Where the released train.csv and test.csv are looked for.
PUBLIC = ROOT / "data_process" / "dataset"


def training_rows(train: str | None, valid: str | None) -> tuple[str, str | None]:
    """Paths of rows to train on, and of held-out ones.

    Args:
        train: the user's file. Embedded rows are never held out beside it: they are of another world.
        valid: the user's file; ``""``: none beside a file to train on.
    """
    train = train or public("train.csv")
    if valid is None:
        valid = public("test.csv")
    if train is None:
        train, held_out = _embedded()
        valid = valid or held_out
    return train, valid


def held_out_rows(valid: str | None) -> str:
    """Path of rows to score on; ``valid`` is the user's file."""
    return valid or public("test.csv") or _embedded()[1]


def twins(train: str | None, valid: str | None) -> tuple[str, str | None]:
    """Paths of twins to train on, and of held-out ones, as ``training_rows`` has them."""
    if train is None:
        from synthesis.embedded import embedded_twins

        train, held_out = map(str, embedded_twins())
        valid = valid or held_out
    return train, valid


def public(name: str) -> str | None:
    """The path of a public file, where it is there."""
    path = PUBLIC / name
    return str(path) if path.is_file() else None


def _embedded() -> tuple[str, str]:
    # Here, because it needs torch and transformers: who names rows may have neither.
    from synthesis.embedded import embedded_rows

    train, held_out = embedded_rows()
    return str(train), str(held_out)
