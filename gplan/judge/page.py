"""judge_report.html: what two models differ on, plans, scores and evidence side by side; one file, no scripts."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

from data_process.response import Response
from data_process.schema import Row
from gplan.evaluation.table import intent_words, situation_line
from gplan.judge.paired import Paired
from gplan.judge.rubric import AXES, OVERALL, Evidence, Judgement, Verdict
from gplan.judge.scores import TITLES, score_row

TEMPLATE = Path(__file__).with_name("page.html")


class JudgedAnswer(NamedTuple):
    """One model's answer to a row, and how it was judged."""

    response: Response
    judgement: Judgement


class Difference(NamedTuple):
    """A row that two models' answers are judged differently on."""

    number: int
    row: Row
    first: JudgedAnswer
    second: JudgedAnswer

    @property
    def distance(self) -> float:
        """How far apart the scores are, all axes together; a side without a score counts as far."""
        pairs = [(self.first.judgement[axis].score, self.second.judgement[axis].score) for axis in AXES]
        return sum(4.0 if None in pair else abs(pair[0] - pair[1]) for pair in pairs)


def render_page(
    first: str, second: str, judge: str, paired: Sequence[Paired], differing: Sequence[Difference], shown: int
) -> str:
    """The whole page; every text of it is escaped."""
    rows = "".join(
        f"<tr><th>{TITLES[one.name]}</th><td>{one.first:.3f}</td><td>{one.second:.3f}</td>"
        f"<td><b>{one.difference:+.3f}</b></td><td>{one.low:+.3f} to {one.high:+.3f}</td>"
        f"<td>{one.wins:,} / {one.ties:,} / {one.losses:,}</td></tr>"
        for one in paired
    )
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        first=escape(first),
        second=escape(second),
        judge=escape(judge),
        rows=rows,
        count=f"{len(differing):,}",
        shown=f"{min(shown, len(differing)):,}",
        cases="\n".join(map(_case, differing[:shown])),
    )


def _case(one: Difference) -> str:
    return (
        f'<article class="case"><div class="head"><span class="nr">row {one.number}</span>'
        f"<span>{escape(situation_line(one.row))}</span></div>"
        f'<div class="sides">{_side("A", one.first)}{_side("B", one.second)}</div></article>'
    )


def _side(name: str, answered: JudgedAnswer) -> str:
    scores = score_row(answered.judgement)
    plan = "".join(f"<li>{escape(intent_words(one))}</li>" for one in answered.response.plan) or "<li>—</li>"
    axes = "".join(_axis(axis, answered.judgement[axis]) for axis in AXES)
    whole = "—" if scores[OVERALL] is None else f"{scores[OVERALL]:.2f}"
    return f'<section><h2>{name} <span class="score">{whole}</span></h2><ol class="plan">{plan}</ol>{axes}</section>'


def _axis(axis: str, verdict: Verdict) -> str:
    score = f'<span class="why">{escape(verdict.reason)}</span>' if verdict.score is None else f"{verdict.score:g}"
    marks = "".join(map(_mark, verdict.evidence))
    return f'<div class="axis"><b>{TITLES[axis]}</b> <span class="score">{score}</span><ul>{marks}</ul></div>'


def _mark(one: Evidence) -> str:
    kind, sign = ("good", "+") if one.sign > 0 else ("bad", "−")
    return f'<li class="{kind}">{sign} {one.intent}: {escape(one.fact)}</li>'
