"""Several reviewers' sheets become one seeds file, and nobody's correction gets lost without a word.

The rule, case by case:

1. A case whose plan and reasons a sheet does not correct leaves what was made of it before, by whomever: the sheet may
   be a fresh export, which knows nothing of earlier corrections.
2. A corrected one replaces plan and reasons as a whole (a step belongs to its intent, so cells of two people can't be
   mixed). The later import wins; what it replaces of somebody else's is said and stays in ``changes``.
3. ``drop`` is final, for ``keep`` is what a sheet says before anyone has read it. Dropped cases stand, with all that
   people wrote about them, in ``SEEDS.jsonl.dropped.jsonl``; removing a line there lets the case in again.
4. Notes are added.
"""

from pathlib import Path
from typing import NamedTuple

from data_process.schema import LABEL
from gplan.synthesis.seeds.case_check import DROP, KEEP, LABEL_COLUMNS, Case, label_cells
from gplan.synthesis.seeds.cells import same_text
from gplan.synthesis.seeds.seed_file import CHANGE, Seed, seed_of_line, write_seeds
from utils import InputError

DROPPED_SUFFIX = ".dropped.jsonl"


class Merged(NamedTuple):
    """Seeds and dropped cases after an import, names by what became of them, and what people should know."""

    seeds: list[Seed]
    dropped: list[Seed]
    outcome: dict[str, list[str]]  # new, corrected, unchanged, dropped -> names
    remarks: list[str]


def merge(seeds: list[Seed], dropped: list[Seed], cases: list[Case], who: str, when: str) -> Merged:
    """Puts the cases of one sheet into what earlier sheets left; seeds keep their order, new ones follow."""
    kept = {seed.name: seed for seed in seeds}
    gone = {seed.name: seed for seed in dropped}
    outcome: dict[str, list[str]] = {"new": [], "corrected": [], "unchanged": [], "dropped": []}
    remarks: list[str] = []
    for case in cases:
        me = case.who or who
        before = gone.get(case.name) or kept.get(case.name) or _proposed(case)
        seed = _with_note(before, case, me, when)
        if case.keep and case.name not in gone:
            seed = _relabelled(seed, case, me, when, remarks)
            what = "new" if case.name not in kept else "unchanged" if seed == before else "corrected"
            kept[case.name] = seed
        else:
            what = "dropped"
            seed = _on_record(seed, case, me, when)
            if case.keep:
                by = _last(seed, ("verdict",)) or "an earlier import"
                remarks.append(f"{case.name}: stays dropped, by {by}; to let it in again remove its dropped line")
            elif case.name not in gone:
                seed = _changed(seed, me, when, "verdict", KEEP, DROP)
            gone[case.name] = seed
            kept.pop(case.name, None)
        outcome[what].append(case.name)
    return Merged(list(kept.values()), list(gone.values()), outcome, remarks)


def read_dropped(path: Path) -> list[Seed]:
    """The dropped cases of earlier imports; their labels may break any rule."""
    if not path.is_file():
        return []
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason}); save it as UTF-8, or remove it") from error
    return [seed_of_line(line, f"{path}: line {number}") for number, line in enumerate(lines, start=1) if line.strip()]


def write_dropped(path: Path, dropped: list[Seed]) -> None:
    """Writes the dropped cases, whole or not at all; no file where there are none."""
    if dropped:
        write_seeds(path, dropped)
    else:
        path.unlink(missing_ok=True)


def _proposed(case: Case) -> Seed:
    return Seed(case.name, case.name.partition("-")[0], case.proposal, [])


def _relabelled(seed: Seed, case: Case, who: str, when: str, remarks: list[str]) -> Seed:
    """Rules 1 and 2: the seed with the case's plan and reasons, if the sheet corrected them."""
    if case.label == seed.row[LABEL]:
        return seed
    by = _last(seed, LABEL_COLUMNS)
    if case.label == case.proposal[LABEL]:
        if by == who:
            remarks.append(f"{seed.name}: not corrected in this sheet, so {who}'s earlier correction stays")
        return seed
    if by not in (None, who):
        remarks.append(f"{seed.name}: {who}'s correction replaces {by}'s; both stand in its changes")
    now = label_cells(seed.row[LABEL])
    for name in LABEL_COLUMNS:
        if not same_text(now[name], case.cells[name]):
            seed = _changed(seed, who, when, name, now[name], case.cells[name])
    return seed._replace(row={**seed.row, LABEL: case.label})


def _on_record(seed: Seed, case: Case, who: str, when: str) -> Seed:
    """A dropped case with what the sheet corrected in it: that may break any rule and changes no label."""
    proposed = label_cells(case.proposal[LABEL])
    known = {(one["who"], one["column"], one["after"]) for one in seed.changes}
    for name in LABEL_COLUMNS:
        text = case.cells[name]
        if not same_text(proposed[name], text) and (who, name, text) not in known:
            seed = _changed(seed, who, when, name, proposed[name], text)
    return seed


def _with_note(seed: Seed, case: Case, who: str, when: str) -> Seed:
    known = {(one["who"], one["after"]) for one in seed.changes if one["column"] == "note"}
    if not case.note or (who, case.note) in known:
        return seed
    return _changed(seed, who, when, "note", "", case.note)


def _changed(seed: Seed, who: str, when: str, column: str, before: str, after: str) -> Seed:
    change = dict(zip(CHANGE, (who, when, column, before, after), strict=True))
    return seed._replace(changes=[*seed.changes, change])


def _last(seed: Seed, columns: tuple[str, ...]) -> str | None:
    """Who changed one of these columns last."""
    return next((one["who"] for one in reversed(seed.changes) if one["column"] in columns), None)
