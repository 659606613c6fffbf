"""Confusions as pictures: SVG in one page that needs nothing else, made without a drawing library."""

from collections.abc import Sequence
from html import escape

from stagent.selection.annotate.agreement import Confusion

_CELL, _FONT = 26, 11


def svg(table: Confusion, labels: Sequence[str], *, rows: str, columns: str) -> str:
    """A confusion: darker is a larger share of its row, the number counts; the diagonal is framed.

    Args:
        labels: how the table's names are written, in their order.
        rows, columns: who gave which.
    """
    left = 16 + max((_width(label) for label in labels), default=0)
    size = _CELL * len(table.names)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + size + 60}" height="{left + size + 40}" '
        f'font-size="{_FONT}" font-family="sans-serif">'
    ]
    for row, (label, counts) in enumerate(zip(labels, table.counts, strict=True)):
        y, total = left + row * _CELL, sum(counts)
        parts.append(f'<text x="{left - 6}" y="{y + 17}" text-anchor="end">{escape(label)}</text>')
        parts.append(f'<text x="{left + size + 8}" y="{y + 17}" fill="#666">{total}</text>')
        for column, count in enumerate(counts):
            x, part = left + column * _CELL, count / total if total else 0.0
            frame = "#333" if row == column else "#ddd"
            title = f"{label} → {labels[column]}: {count}"
            parts.append(
                f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" fill="{_colour(part, row == column)}" '
                f'stroke="{frame}" stroke-width="{1 if row == column else 0.5}"><title>{escape(title)}</title></rect>'
            )
            if count:
                ink = "white" if part > 0.6 else "black"
                parts.append(
                    f'<text x="{x + _CELL / 2}" y="{y + 17}" text-anchor="middle" fill="{ink}" '
                    f'pointer-events="none">{count}</text>'
                )
    for column, label in enumerate(labels):
        x = left + column * _CELL + 17
        parts.append(f'<text transform="translate({x},{left - 6}) rotate(-90)">{escape(label)}</text>')
    parts.append(
        f'<text x="{left}" y="{left + size + 18}" fill="#666">rows: {escape(rows)}; columns: {escape(columns)}'
    )
    parts.append("</text></svg>")
    return "".join(parts)


def page(title: str, sections: Sequence[tuple[str, str]]) -> str:
    """A page of headings and what stands below them (HTML)."""
    body = "".join(f"<h2>{escape(heading)}</h2>{inside}" for heading, inside in sections)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        "<style>body{font:14px sans-serif;margin:24px;max-width:1200px}table{border-collapse:collapse}"
        "td,th{padding:3px 10px;text-align:left;border-bottom:1px solid #ddd}svg{max-width:100%;height:auto}</style>"
        f"<h1>{escape(title)}</h1>{body}</html>\n"
    )


def table(lines: Sequence[Sequence[str]]) -> str:
    """A table, the first line its head."""
    head, *rest = lines
    rows = ["".join(f"<th>{escape(cell)}</th>" for cell in head)]
    rows += ["".join(f"<td>{escape(cell)}</td>" for cell in line) for line in rest]
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def _width(label: str) -> int:
    """Pixels, rather too many: a Chinese character is as wide as two letters."""
    return sum(_FONT if ord(character) > 0x2E7F else 7 for character in label)


def _colour(part: float, right: bool) -> str:
    """White to green on the diagonal, white to red beside it."""
    end = (24, 110, 60) if right else (190, 40, 30)
    red, green, blue = (round(255 + (to - 255) * part) for to in end)
    return f"#{red:02x}{green:02x}{blue:02x}"
