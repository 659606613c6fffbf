"""``--teacher replay JOURNAL``: the answers of another journal, by what they are about; nobody is asked."""

from collections.abc import Iterator
from pathlib import Path

from gplan.llm.journal import Entry, digest, read_journal
from gplan.synthesis.teachers.jobs import Job
from gplan.synthesis.teachers.teacher import AtOnce


class ByReplay(AtOnce):
    """Rows may stand in another order than they did there, or be fewer.

    Raises:
        InputError: no journal at the path.
    """

    name = "replay"

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._by_source: dict[str, list[Entry]] = {}
        for entry in _one_row_each(read_journal(journal)):
            if entry.answered:
                self._by_source.setdefault(entry.source, []).append(entry)

    def request(self, job: Job) -> str:
        return digest(["replay", str(self._journal.resolve()), job.source])

    def entries(self, job: Job) -> list[Entry]:
        spent = {"tries": 0, "tokens_in": 0, "tokens_out": 0, "seconds": 0.0}  # by the other journal, not here
        identity = {"row": job.number, "id": job.row["id"], "request": self.request(job), "teacher": self.name}
        return [entry._replace(**identity, **spent) for entry in self._by_source.get(job.source, [])]


def _one_row_each(entries: list[Entry]) -> Iterator[Entry]:
    """The entries of the first row of each source: equal requests were answered once each."""
    rows: dict[str, int] = {}
    return (entry for entry in entries if rows.setdefault(entry.source, entry.row) == entry.row)
