"""Figures stand in result files; the page of results and the README's table are made from them.

    python -m experiments.results                 # writes docs/results.md, and the tables in READMEs and other pages
    python -m experiments.results --check         # status 1 if one of them is not what the files say
    python -m experiments.results add default --metrics test_results/metrics.json --run output/run.json

One file a table, ``experiments/results/NAME.json``:

    {"title": "…", "command": ["bash finetune.sh", …], "date": "2026-11-20", "commit": "f330cbc", "machine": "…",
     "seed": 42, "columns": {"way": null, "Acc@1": ".3f"}, "rows": [{"way": "PICD", "Acc@1": 0.708}, …]}

A column's value is the format of its figures, null for text. A figure is a number, a list of them, or one with what
belongs to it (``FIGURES``). ``transposed`` shows a row as a column. ``seconds`` and ``memory_gib`` of a training,
``note``, and ``readme``, the columns that a README shows, may be left out.
"""

import argparse
import json
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from data_process.files import write_text
from gplan.evaluation.table import BOUNDS
from utils import ROOT, InputError, Parser, door, say

FOLDER = ROOT / "experiments" / "results"
PAGE = ROOT / "docs" / "results.md"
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README_zh.md"}
# Pages with tables between markers, and their language.
TABLED = {path: language for language, path in READMES.items()} | {
    ROOT / "docs" / name: "en" for name in ("agent.md", "cascade.md", "rl.md", "speed.md")
}
# Every result file, in the page's order.
SECTIONS = {
    "The embedded default": ("default", "default_left", "five_commands", "decoding", "preset"),
    "Baselines": ("table_1", "table_1_sample", "grids"),
    "Reasoning and schedules": ("table_2", "table_3", "table_6", "latent_probe"),
    "Alignment": ("table_4", "table_5", "table_5_sample", "alignment_sweep", "alignment_real"),
    "The judge": ("judge_check",),
    "What a plan takes": (
        "agreement",
        "agreement_cuda",
        "latency_small",
        "latency_89m",
        "latency_1_7b",
        "latency_4b",
        "throughput",
        "throughput_1_7b",
        "peers_plans",
        "peers_plans_90m",
    ),
    "Serving": ("serving", "serving_1_7b", "serving_soak", "serving_hostile", "peers_servers"),
    "STAgent": (
        "tools",
        "annotator",
        "funnel",
        "verifier",
        "verifier_strict",
        "verifier_kinds",
        "gaming",
        "rollout",
        "agent_steps",
        "agent",
    ),
    "Speed of training": (
        "training_20m",
        "training_89m",
        "training_1_7b",
        "training_4b",
        "zero_4b",
        "prefix_1_7b",
        "sharing",
        "sharing_1_7b",
        "threads",
        "data",
        "peers_trainers",
        "peers_trainers_90m",
    ),
    "Data": ("world", "twins", "triggers", "lengths", "data_tools", "fuzz"),
}
# What a figure can hold, and how it is shown: ``{"value": 0.688, "low": 0.646, "high": 0.726}``.
FIGURES = {
    frozenset({"low", "high"}): "{low} to {high}",
    frozenset({"value", "low", "high"}): "{value} ({low} to {high})",
    frozenset({"value", "p95"}): "{value} ({p95})",
    frozenset({"value", "error"}): "{value} ± {error}",
    frozenset({"value", "gap"}): "{value} ({gap})",
    frozenset({"value", "gap", "error"}): "{value} ({gap} ± {error})",
}
_NEEDED = {"title": str, "command": list, "date": str, "commit": str, "machine": str, "columns": dict, "rows": list}
_OPTIONAL = ("seed", "seconds", "memory_gib", "note", "transposed", "readme")
# The table of ``add``: lines by their names in metrics.json, and columns of floors.
_METRICS = {
    "acc@1": "Acc@1",
    "ndcg@3": "NDCG@3, as released",
    "ndcg@3_unique": "NDCG@3-unique",
    "nes": "NES",
    "valid": "Valid",
    "latent_valid": "Latent-Valid",
    "context_responsiveness": "context responsiveness",
    "first_intent_flip": "first-intent flip",
}
_FLOORS = {
    "majority_first_intent": "majority first intent",
    "majority_plan": "majority plan",
    "tool_9_x3": "tool_9 × 3",
    "best_single_column": "best column",
}
_COLUMNS = ("value", "95 % interval", *_FLOORS.values(), "expected", "ceiling", "expert")
_CHINESE = {
    "value": "数值",
    "95 % interval": "95% 区间",
    "majority first intent": "最常见首意图",
    "majority plan": "最常见计划",
    "tool_9 × 3": "tool_9 三次",
    "best column": "最佳单列",
    "ceiling": "上限",
    "expected": "期望",
    "expert": "专家",
    "NDCG@3, as released": "NDCG@3（公开版算法）",
    "context responsiveness": "情境响应度",
    "first-intent flip": "首意图变化率",
    "way": "方法",
    "expected Acc@1": "期望 Acc@1",
    "responsiveness": "情境响应度",
    "expected NES": "期望 NES",
    "commonest": "最常见计划占比",
    "PICD, mbr": "PICD，mbr 解码",
    "PICD, best of 8": "PICD，8 个中取最可能者",
    "PICD, as many seconds as with RL": "PICD，训练与加上强化学习同样久",
    "PICD + RL": "PICD + 强化学习",
    "PICD + RL, rows alone": "PICD + 强化学习，不用孪生样本",
    "Direct-SFT + RL": "Direct-SFT + 强化学习",
    "Direct-SFT, mbr": "Direct-SFT，mbr 解码",
    "PICD + SFT on pairs": "PICD + 在同样的对上做普通训练",
    "commonest plan": "最常见计划",
    "trees": "树模型",
    "trees, mbr": "树模型，mbr 解码",
    "commonest first intent": "最常见首意图",
    "commonest plan of these rows": "这些行上的最常见计划",
    "labels of these rows": "这些行的标签",
    "ceiling: expected": "上限：期望",
    "ceiling: the expert's likeliest plans": "上限：专家最可能的计划",
    " to ": " 至 ",
}


_HEAD = """\
# Results

Made from `experiments/results/*.json` by `python -m experiments.results`; don't edit. A figure stands here and nowhere
else; other pages link to it. A table's commit is the one that was measured or, of 2026-11-20, the one that
wrote its figures down. What the metrics mean: [scoring](scoring.md). What did not work, and why: [log](log.md)."""


class Result(NamedTuple):
    """A result file; its fields are those of the JSON."""

    name: str
    title: str
    command: list[str]
    date: str
    commit: str
    machine: str
    columns: dict[str, str | None]
    rows: list[dict[str, Any]]
    seed: int | list[int] | None = None
    seconds: float | None = None
    memory_gib: float | None = None
    note: str = ""
    transposed: bool = False
    readme: list[str] | None = None


def read_result(path: Path) -> Result:
    """The result in a file.

    Raises:
        InputError: it can't be read, lacks a key, has one that is not known, or a figure that can't be shown.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        wrong = [name for name, kind in _NEEDED.items() if not isinstance(content.get(name), kind)]
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: no result file ({error}); see experiments/results.py for its form") from error
    wrong += [name for name in content if name not in (*_NEEDED, *_OPTIONAL)]
    if wrong:
        raise InputError(f"{path}: {wrong[0]} is missing, of another type or unknown; see experiments/results.py")
    result = Result(path.stem, **content)
    for number, row in enumerate(result.rows):
        for name, value in row.items():
            try:
                figure(value, result.columns[name])
            except (KeyError, ValueError, TypeError) as error:
                raise InputError(
                    f"{path}: row {number}, column {name!r}: can't be shown ({error!r}); correct it"
                ) from error
    return result


def read_results() -> list[Result]:
    """All results, in the page's order.

    Raises:
        InputError: a file that ``SECTIONS`` names is not there, or one that is there has no place in it.
    """
    names = [name for section in SECTIONS.values() for name in section]
    for path in sorted(FOLDER.glob("*.json")):
        if path.stem not in names:
            raise InputError(f"{path}: has no place on the page; name it in SECTIONS of experiments/results.py")
    return [read_result(FOLDER / f"{name}.json") for name in names]


def figure(value: Any, form: str | None) -> str:
    """A cell: ``figure({"value": 0.7, "low": 0.65, "high": 0.74}, ".2f") == "0.70 (0.65 to 0.74)"``.

    A gap has its sign, and a p95 no more digits than it needs: ``figure({"value": 14.31, "p95": 19}, ".1f")`` is
    ``"14.3 (19)"``. Text and null are as they are: ``"yes"``, ``""``.

    Raises:
        ValueError, KeyError: a figure of no known form.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(figure(part, form) for part in value)
    if isinstance(value, dict):
        forms = {"gap": f"+{form}", "p95": ",g"}
        return FIGURES[frozenset(value)].format(
            **{name: format(part, forms.get(name, form)) for name, part in value.items()}
        )
    return format(value, form)


def markdown(result: Result) -> str:
    """The table of a result."""
    cells = [[figure(row.get(name), form) for name, form in result.columns.items()] for row in result.rows]
    table = pd.DataFrame(cells, columns=list(result.columns))
    if result.transposed:
        names = table.columns[0]
        table = table.set_index(names).T.rename_axis(names).reset_index()
    lines = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def made_by(result: Result) -> str:
    """Where a table comes from, in a line: seed, machine, date and commit."""
    seeds = _seeds(result)
    seed = f"Seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}; " if seeds else ""
    return f"{seed}{result.machine}; {result.date}, commit `{result.commit}`."


def _seeds(result: Result) -> list[int]:
    return result.seed if isinstance(result.seed, list) else [result.seed] if result.seed is not None else []


def page(results: list[Result]) -> str:
    """``docs/results.md``: every table with its command, and what it was measured on and at."""
    by_name = {result.name: result for result in results}
    parts = [_HEAD]
    for section, names in SECTIONS.items():
        parts.append(f"## {section}")
        for result in map(by_name.__getitem__, names):
            commands = "\n".join(result.command)
            parts += [f'<a id="{result.name}"></a>\n### {result.title}', markdown(result)]
            parts += [f"{_training(result)}{result.note}".strip() or "", made_by(result), f"```bash\n{commands}\n```"]
    return "\n\n".join(filter(None, parts)) + "\n"


def _training(result: Result) -> str:
    return f"{result.seconds:,.0f} s of training, {result.memory_gib:.2f} GiB. " if result.seconds else ""


def readme_block(result: Result, language: str) -> str:
    """What stands between a README's markers: the table and a line under it."""
    shown = {name: result.columns[name] for name in result.readme or result.columns}
    table = markdown(result._replace(columns=shown))
    if language == "en":
        return f"{table}\n\n{_training(result)}{made_by(result)}"
    for word, chinese in _CHINESE.items():
        table = table.replace(f"| {word} |", f"| {chinese} |") if word.strip() == word else table.replace(word, chinese)
    training = f"训练 {result.seconds:,.0f} 秒，内存 {result.memory_gib:.2f} GiB；" if result.seconds else ""
    return f"{table}\n\n{training}种子 {'、'.join(map(str, _seeds(result)))}；{result.date}，提交 `{result.commit}`。"


def with_tables(text: str, results: list[Result], language: str) -> str:
    """A README's text whose marked tables are the results': ``<!-- results:default -->`` … ``<!-- /results -->``.

    Raises:
        InputError: a marker names no result.
    """
    by_name = {result.name: result for result in results}

    def block(found: re.Match) -> str:
        if found[1] not in by_name:
            raise InputError(f"<!-- results:{found[1]} -->: no such result; see experiments/results/")
        return f"<!-- results:{found[1]} -->\n{readme_block(by_name[found[1]], language)}\n<!-- /results -->"

    return re.sub(r"<!-- results:(\S+) -->\n.*?<!-- /results -->", block, text, flags=re.DOTALL)


def rendered() -> dict[Path, str]:
    """Every file that holds figures, as it must be."""
    results = read_results()
    texts = {path: with_tables(path.read_text(encoding="utf-8"), results, lang) for path, lang in TABLED.items()}
    return {PAGE: page(results), **texts}


def scored(metrics: dict) -> list[dict]:
    """The rows of a table of what ``test.py`` wrote: a line a metric, with floors and ceiling where it has them."""
    rows = []
    for name, shown in _METRICS.items():
        if not (found := metrics.get(name)):
            continue
        row = {"": shown, "value": found["value"], "95 % interval": {end: found[end] for end in ("low", "high")}}
        floors = {title: metrics["floors"][floor].get(name) for floor, title in _FLOORS.items()}
        bounds = floors | {title: (metrics.get(key) or {}).get(name) for title, key in BOUNDS.items()}
        rows.append(row | {title: value for title, value in bounds.items() if value is not None})
    return rows


def add(args: argparse.Namespace) -> Path:
    """Writes a result file from a ``metrics.json`` and the ``run.json`` of its checkpoint; title and command stay."""
    path = FOLDER / f"{args.name}.json"
    old = read_result(path) if path.exists() else None
    if not old and not (args.title and args.command):
        raise InputError(f"{path}: a new result needs --title and --command")
    metrics, run = (_json(name) for name in (args.metrics, args.run))
    try:
        made, machine = run["environment"], args.machine or machine_of(run["environment"])
        column = metrics["floors"]["best_single_column"]["column"]
        content = {
            "title": args.title or old.title,
            "command": args.command or old.command,
            "date": args.date,
            "commit": _short(made["commit"]),
            "machine": machine,
            "seed": run["arguments"]["seed"],
            "seconds": run["seconds"],
            "memory_gib": run["peak_memory"]["process_gib"],
            "note": f"{metrics['rows']} held-out rows; best column: {column}.",
            "columns": {"": None, **dict.fromkeys(_COLUMNS, ".3f")},
        }
        rows = scored(metrics)
    except (KeyError, TypeError) as error:
        raise InputError(f"{args.metrics}, {args.run}: no metrics.json and run.json ({error!r})") from error
    write_result(path, content, rows)
    return path


def machine_of(made: dict) -> str:
    """Cores, threads, devices and versions out of ``utils.environment``, in a line."""
    devices = ", ".join(made["devices"]) or "no GPU"
    versions = ", ".join(f"{name} {made['versions'][name]}" for name in ("torch", "transformers"))
    threads = f"{made['threads']} thread{'s' * (made['threads'] != 1)}"
    return f"{made['cores']} cores of {made['machine']}, {threads}, {devices}; {versions}"


def measured_with(made: dict) -> dict[str, str]:
    """Of a result measured now: date, commit and machine, out of ``utils.environment``."""
    return {"date": date.today().isoformat(), "commit": _short(made["commit"]), "machine": machine_of(made)}


def _short(commit: str | None) -> str:
    return commit[:7] if commit else "unknown"  # where the code is no checkout


def write_result(path: Path, content: dict, rows: list[dict]) -> None:
    """Writes a result file for people and for git: a row a line."""
    head = json.dumps(content, ensure_ascii=False, indent=2).removesuffix("\n}")
    body = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
    write_text(path, f'{head},\n  "rows": [\n{body}\n  ]\n}}\n')


def _json(path: str) -> dict:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error})") from error


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(
        prog="python -m experiments.results", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, and say whether all is up to date")
    commands = parser.add_subparsers(dest="action", metavar="add")
    adding = commands.add_parser("add", help="make a result file of what test.py and finetune.py wrote")
    adding.add_argument("name", help="of the result: default")
    adding.add_argument("--metrics", required=True, help="metrics.json of test.py")
    adding.add_argument("--run", required=True, help="run.json of the checkpoint")
    adding.add_argument("--title", help="unset: as in the file that is there")
    adding.add_argument("--command", nargs="+", help="what was run, a line each; unset: as in the file that is there")
    adding.add_argument("--machine", help="what it ran on; unset: what run.json says")
    adding.add_argument("--date", default=date.today().isoformat(), help="of the run; unset: today")
    return parser.parse_args(argv)


def main() -> int:
    args = parse_arguments()
    if args.action:
        say(f"wrote {add(args)}")
    old = {path: path.read_text(encoding="utf-8") if path.exists() else "" for path in (PAGE, *TABLED)}
    stale = {path: text for path, text in rendered().items() if text != old[path]}
    for path, text in stale.items():
        if not args.check:
            write_text(path, text)
        what = "not up to date; run python -m experiments.results" if args.check else "written"
        say(f"{path.relative_to(ROOT)}: {what}")
    return int(bool(args.check and stale))


if __name__ == "__main__":
    sys.exit(door(main))
