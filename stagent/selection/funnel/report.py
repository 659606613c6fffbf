"""What went, and because of what: report.json, and report.html for people; one file, no scripts."""

from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from data_process.files import write_json, write_text
from stagent.queries.taxonomy import BY_ID
from stagent.selection.funnel.funnel import STAGES, Passed
from stagent.selection.funnel.lexical import Gone
from stagent.selection.funnel.pool import DIFFICULTIES, LEAF_IDS, line_numbers, text_at
from stagent.selection.funnel.sampling import lots

TEMPLATE = Path(__file__).with_name("report.html")
FORMAT = 1
_EXAMPLES = 3  # of a leaf and stage: the least near first, which tell most of a threshold
_MEANINGS = {
    "lexical": "the same numbers, names and dates, and nearly the same words",
    "semantic": "the same numbers, names and dates, and nearly the same vector, in one bucket",
    "geometric": "covered by another one of the bucket",
    "sampling": "not drawn, of a leaf and difficulty that has enough",
}


def report_of(pool: Path, passed: Passed, settings: dict[str, Any], seed: int) -> dict[str, Any]:
    """The report as JSON.

    Returns:
        ``{"format", "settings", "leaves": {id: {pool, lexical, …}}, "difficulties": {…}, "kept": {id: {"-1": 3, …}},
        "stages": [{"stage", "in", "out", "same", "seconds", "examples": [{"leaf", "text", "line", "near_to",
        "near_to_line", "similarity"}]}]}``
    """
    tables = [passed.table(number) for number in range(len(STAGES) + 1)]
    steps = ("pool", *STAGES)
    stages = []
    for number, stage in enumerate(STAGES, 1):
        gone = passed.gone.get(stage)
        entry = {"stage": stage, "in": int(tables[number - 1].sum()), "out": int(tables[number].sum())}
        entry |= {"seconds": passed.seconds.get(stage)}
        if gone is not None:
            entry |= {"same": int((gone.near >= 1).sum()), "examples": _examples(pool, passed, gone, seed)}
        stages.append(entry)
    present = [row for row in range(len(LEAF_IDS)) if tables[0][row].any()]
    return {
        "format": FORMAT,
        "settings": settings,
        "stages": stages,
        "leaves": {
            LEAF_IDS[row]: {step: int(table[row].sum()) for step, table in zip(steps, tables, strict=True)}
            for row in present
        },
        "difficulties": {
            str(level): {step: int(table[:, column].sum()) for step, table in zip(steps, tables, strict=True)}
            for column, level in enumerate(DIFFICULTIES)
        },
        "kept": {
            LEAF_IDS[row]: {str(level): int(tables[-1][row, column]) for column, level in enumerate(DIFFICULTIES)}
            for row in present
        },
        "read_seconds": passed.seconds["read"],
    }


def _examples(pool: Path, passed: Passed, gone: Gone, seed: int) -> list[dict[str, Any]]:
    """Of each leaf the least near and some others, those with other words before those with the same."""
    chosen: list[int] = []
    leaves = passed.leaves[gone.rows]
    by_near = np.lexsort((lots(gone.rows, seed), gone.near))
    by_chance = np.lexsort((lots(gone.rows, seed), gone.near >= 1))
    for leaf in np.unique(leaves):
        least = by_near[leaves[by_near] == leaf][:1]
        others = by_chance[leaves[by_chance] == leaf][:_EXAMPLES]
        chosen += list(dict.fromkeys([*least.tolist(), *others.tolist()]))[:_EXAMPLES]
    rows, of = gone.rows[chosen], gone.of[chosen]
    lines = line_numbers(pool, passed.offsets[np.concatenate([rows, of])].tolist())
    found = []
    for row, other, near in zip(rows, of, gone.near[chosen], strict=True):
        at, by = int(passed.offsets[row]), int(passed.offsets[other])
        found.append(
            {
                "leaf": LEAF_IDS[passed.leaves[row]],
                "text": text_at(pool, at),
                "line": lines[at],
                "near_to": text_at(pool, by),
                "near_to_line": lines[by],
                "similarity": round(float(near), 3),
            }
        )
    return found


def write_report(report: dict[str, Any], stem: Path) -> list[Path]:
    """Writes STEM.json and STEM.html."""
    paths = [stem.with_name(f"{stem.name}.{ending}") for ending in ("json", "html")]
    write_json(paths[0], report)
    write_text(paths[1], render_report(report))
    return paths


def render_report(report: dict[str, Any]) -> str:
    """The page; every text of it is escaped."""
    first = max(1, report["stages"][0]["in"])
    steps = "".join(_step(entry, first) for entry in report["stages"])
    settings = ", ".join(f"{name} {value}" for name, value in report["settings"].items() if value not in ("", None))
    names = {name: BY_ID[name].zh if name in BY_ID else "其他" for name in report["leaves"]}
    leaves = "".join(
        f'<tr><th title="{name}">{names[name]} <small>{name}</small></th>{_counts(counts)}</tr>'
        for name, counts in report["leaves"].items()
    )
    levels = "".join(f"<tr><th>{level}</th>{_counts(counts)}</tr>" for level, counts in report["difficulties"].items())
    kept = "".join(
        f'<tr><th title="{name}">{names[name]}</th>{"".join(f"<td>{count:,}</td>" for count in counts.values())}</tr>'
        for name, counts in report["kept"].items()
    )
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        settings=escape(settings),
        count=f"{report['stages'][0]['in']:,}",
        kept_count=f"{report['stages'][-1]['out']:,}",
        steps=steps,
        heads="".join(f"<th>{step}</th>" for step in ("pool", *STAGES)),
        leaves=leaves,
        levels=levels,
        difficulties="".join(f"<th>{level}</th>" for level in DIFFICULTIES),
        kept=kept,
        examples="".join(_cases(entry, names) for entry in report["stages"] if entry.get("examples")),
    )


def _step(entry: dict[str, Any], first: int) -> str:
    went = entry["in"] - entry["out"]
    same = f", {entry['same']:,} of them the same" if entry.get("same") else ""
    return (
        f'<div class="step"><b>{entry["stage"]}</b><div class="bar"><i style="width:{100 * entry["out"] / first:.2f}%">'
        f'</i><u style="width:{100 * went / first:.2f}%"></u></div><span>{entry["in"]:,} → {entry["out"]:,}</span>'
        f"<small>went: {_MEANINGS[entry['stage']]}{same}</small></div>"
    )


def _counts(counts: dict[str, int]) -> str:
    """Cells; a leaf of which a stage took most is marked by how pale its bar is."""
    pool = max(1, counts["pool"])
    return "".join(
        f'<td style="--part:{100 * count / pool:.1f}%"><span>{count:,}</span></td>' for count in counts.values()
    )


def _cases(entry: dict[str, Any], names: dict[str, str]) -> str:
    rows = "".join(
        f'<tr><td>{names[one["leaf"]]}</td><td class="text">{_text(one["text"])} <small>line {one["line"]}</small></td>'
        f'<td class="text">{_text(one["near_to"])} <small>line {one["near_to_line"]}</small></td>'
        f"<td>{one['similarity']:.3f}</td></tr>"
        for one in entry["examples"]
    )
    return (
        f'<h2>What went: {entry["stage"]}</h2><div class="wide"><table class="cases"><thead><tr><th>leaf</th>'
        f"<th>went</th><th>too near to</th><th>how near</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _text(text: str) -> str:
    return escape(text).replace("\n", "<br>")
