"""The report of a synthesis: its funnel, the reasons of rejection, and what the accepted rows look like."""

from pathlib import Path

from data_process.schema import Row
from utils import write_json


def write_report(
    *,
    folder: str | Path,
    funnel: dict[str, int],
    reasons: dict[str, int],
    accepted: list[Row],
    real_sample: Path | None,
) -> None:
    """Writes ``synthesis_report.json`` into the folder."""
    write_json(Path(folder) / "synthesis_report.json", {"funnel": funnel, "reasons": reasons})
