"""The synthesis report as a page: a funnel, the reasons, and bars of two sides, as inline SVG in one HTML file."""

from html import escape
from typing import NamedTuple

# Sized for a phone: text in an SVG shrinks with it.
_WIDTH, _BAR = 400, 9
_STYLE = """
:root { --ink: #1d2433; --soft: #5d677a; --line: #e2e6ee; --paper: #fff; --ground: #f3f5f9; --ours: #2459d8;
  --real: #9aa6bd; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf2; --soft: #a3adc0; --line: #333b4d; --paper: #1c2230;
  --ground: #131824; --ours: #86a9ff; --real: #67738c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "PingFang SC",
  "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; overflow-wrap: anywhere; }
main { max-width: 1080px; margin: auto; padding: 20px 14px 50px; }
h1 { font-size: 22px; margin: 0 0 2px; } h2 { font-size: 16px; margin: 0; }
p { margin: 0 0 12px; color: var(--soft); }
.grid { columns: 2 400px; column-gap: 16px; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px;
  margin-bottom: 16px; break-inside: avoid; }
svg { width: 100%; height: auto; display: block; font: 13px system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif; }
text { fill: var(--ink); } text.value { fill: var(--soft); font-size: 11px; }
.ours { fill: var(--ours); } .real { fill: var(--real); }
.key i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin: 0 5px 0 12px; }
.key i:first-child { margin-left: 0; }
"""


class Bars(NamedTuple):
    """One chart: what each key is called, in order, and the counts of both sides by key (``beside`` may be None)."""

    title: str
    names: dict[str, str]
    pair: dict  # accepted, beside, total_variation
    note: str


def render_page(report: dict, charts: list[Bars]) -> str:
    """The whole page of what ``synthesis_report.json`` holds; every text of it is escaped."""
    beside, accepted = report["beside"], report["accepted"]["rows"]
    funnel = report["funnel"]
    first = next(iter(funnel.values()), 0)
    sections = [
        _section("Funnel", "rows at each step, and their share of the first", _single(funnel, first)),
        _section(
            "Why rows fell",
            "share of the first step's rows" if report["reasons"] else "none fell",
            _single(report["reasons"], first),
        ),
        *(_chart(one) for one in charts),
    ]
    chars = report["reasoning_chars"]
    words = f" Reasoning: {chars['mean']} characters on average, {chars['min']} to {chars['max']}." if chars else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Synthesis report</title><style>{_STYLE}</style></head><body><main>
<h1>Synthesis report</h1>
<p>{accepted:,} rows accepted.{words}</p>
<p class="key"><i style="background:var(--ours)"></i>accepted here <i style="background:var(--real)"></i>beside:
{escape(beside["source"])}, {beside["rows"]:,} rows. Total variation: half the sum of the differences of shares, 0 for
equal distributions, 1 for disjoint ones.</p>
<div class="grid">{"".join(sections)}</div></main></body></html>
"""


def _section(title: str, note: str, drawing: str) -> str:
    return f"<section><h2>{escape(title)}</h2><p>{escape(note)}</p>{drawing}</section>"


def _chart(chart: Bars) -> str:
    distance = chart.pair["total_variation"]
    notes = [f"total variation {distance:.3f}" if distance is not None else "", chart.note]
    sides = [("ours", chart.pair["accepted"])]
    if chart.pair["beside"] is not None:
        sides.append(("real", chart.pair["beside"]))
    rows = []
    for key, name in chart.names.items():
        counts = [(side, one.get(key, 0), max(1, sum(one.values()))) for side, one in sides]
        rows.append((name, [(side, count, count / total) for side, count, total in counts]))
    return _section(chart.title, "; ".join(filter(None, notes)), _draw(rows))


def _single(counts: dict[str, int], total: int) -> str:
    return _draw([(name, [("ours", count, count / max(1, total))]) for name, count in counts.items()])


def _draw(rows: list[tuple[str, list[tuple[str, int, float]]]]) -> str:
    """Rows of bars, their lengths by share, the longest as wide as the text beside it allows.

    兴趣推荐 tool_5
    ▇▇▇▇▇▇▇▇▇▇▇ 39.4 %  (1,610)
    ▇▇▇▇▇▇▇▇▇▇ 39.5 %  (1,744)
    """
    if not rows:
        return ""
    longest = max(share for _, sides in rows for *_, share in sides) or 1
    drawn, y = [], 0
    for name, sides in rows:
        drawn.append(f'<text x="0" y="{y + 14}">{escape(name)}</text>')
        y += 19
        for side, count, share in sides:
            width = round((_WIDTH - 110) * share / longest, 1)
            drawn.append(f'<rect class="{side}" x="0" y="{y}" width="{width}" height="{_BAR}" rx="2"/>')
            value = f"{share:.1%}  ({count:,})"
            drawn.append(f'<text class="value" x="{width + 6}" y="{y + _BAR}">{value}</text>')
            y += _BAR + 3
        y += 6
    return f'<svg viewBox="0 0 {_WIDTH} {y}" role="img">{"".join(drawn)}</svg>'
