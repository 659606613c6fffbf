"""Several reviewers' sheets become one seeds file, and nobody's correction gets lost without a word.

The rule, case by case:

1. A case whose plan and reasons a sheet does not correct leaves what others made of it.
2. A corrected one replaces plan and reasons as a whole (a step belongs to its intent, so cells of two people can't be
   mixed). The later import wins; what it replaces of somebody else's is said and stays in ``changes``.
3. A reviewer's newer sheet is their word: it also takes their own earlier corrections back.
4. ``drop`` beats ``keep``, for keep is what a sheet says before anyone has read it; only who dropped a case takes it
   back. Dropped cases stand in ``SEEDS.jsonl.dropped.jsonl``.
5. Notes are added.
"""

from pathlib import Path
from typing import NamedTuple

from data_process.schema import LABEL, DataError
from synthesis.case_cells import same_text
from synthesis.case_check import DROP, KEEP, LABEL_COLUMNS, Case, label_cells
from synthesis.seeds import CHANGE, Seed, seed_of_line, write_seeds

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
        before = kept.get(case.name) or gone.get(case.name) or _proposed(case)
        seed = _with_note(before, case, me, when)
        if not case.keep:
            # What was corrected before the case was dropped may break any rule, but stays on record.
            proposed = label_cells(case.proposal[LABEL])
            edited = tuple(name for name in LABEL_COLUMNS if not same_text(proposed[name], case.cells[name]))
            seed = _recorded(seed, case.cells, edited, me, when)
            if case.name not in gone:
                seed = _changed(seed, me, when, "verdict", KEEP, DROP)
            gone[case.name] = seed
            kept.pop(case.name, None)
            outcome["dropped"].append(case.name)
            continue
        if case.name in gone:
            by = _last(seed, ("verdict",))
            if by != me:
                gone[case.name] = seed
                remarks.append(f"{case.name}: was dropped by {by} and stays dropped; only {by} takes it back")
                outcome["dropped"].append(case.name)
                continue
            seed = _changed(seed, me, when, "verdict", DROP, KEEP)
            del gone[case.name]
        seed = _relabelled(seed, case, me, when, remarks)
        known = case.name in kept
        kept[case.name] = seed
        outcome["new" if not known else "unchanged" if seed == before else "corrected"].append(case.name)
    return Merged(list(kept.values()), list(gone.values()), outcome, remarks)


def read_dropped(path: Path) -> list[Seed]:
    """The dropped cases of earlier imports; their labels may break any rule."""
    if not path.is_file():
        return []
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 ({error.reason}); save it as UTF-8, or remove it") from error
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
    """Rules 1 to 3: the seed with the case's plan and reasons, if the case has a say."""
    corrected = case.label != case.proposal[LABEL]
    by = _last(seed, LABEL_COLUMNS)
    if case.label == seed.row[LABEL] or not (corrected or by == who):
        return seed
    if by not in (None, who):
        remarks.append(f"{seed.name}: {who}'s correction replaces {by}'s; both stand in its changes")
    seed = _recorded(seed, case.cells, LABEL_COLUMNS, who, when)
    return seed._replace(row={**seed.row, LABEL: case.label})


def _recorded(seed: Seed, cells: dict[str, str], columns: tuple[str, ...], who: str, when: str) -> Seed:
    """The seed with a change on record for each of the columns in which its label differs from the cells."""
    now = label_cells(seed.row[LABEL])
    known = {
        (one["who"], one["column"], one["before"], one["after"]) for one in seed.changes[-len(LABEL_COLUMNS) - 2 :]
    }
    for name in columns:
        if not same_text(now[name], cells[name]) and (who, name, now[name], cells[name]) not in known:
            seed = _changed(seed, who, when, name, now[name], cells[name])
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
